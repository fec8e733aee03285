//! The command as a person types it: files, messages, exit codes.

mod common;

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Output},
};

use akio_pack::{PackToolError, files, module::MARKER};
use wasm_encoder::{ConstExpr, DataSection, MemorySection, MemoryType, Module};

fn akio_pack(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_akio-pack"))
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap()
}

fn success(dir: &Path, args: &[&str]) -> String {
    let output = akio_pack(dir, args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// One line on stderr, nothing on stdout, the expected exit code.
#[track_caller]
fn failure(dir: &Path, args: &[&str], code: i32) -> String {
    let output = akio_pack(dir, args);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    message
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn module() -> Vec<u8> {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    module.section(&memories);
    let mut data = DataSection::new();
    data.active(
        0,
        &ConstExpr::i32_const(16),
        [&MARKER[..], &[0xFF; 16]].concat(),
    );
    module.section(&data);
    module.finish()
}

#[test]
fn pack_inject_extract_info() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("small.gguf"), common::gguf("llama", |_| {})).unwrap();
    fs::write(dir.join("empty.wasm"), module()).unwrap();
    fs::write(dir.join("NOTICE"), "made here").unwrap();

    let pack = [
        "pack",
        "small.gguf",
        "-o",
        "small.akio",
        "--name",
        "tiny",
        "--notice",
        "NOTICE",
        "--args",
        "agent -n '20'",
        "--tools",
        "calculate",
    ];
    assert_eq!(success(dir, &pack), "");
    success(
        dir,
        &[
            "inject",
            "empty.wasm",
            "small.akio",
            "-o",
            "full.wasm",
            "--limit-module",
            "1MiB",
        ],
    );
    success(dir, &["extract", "full.wasm", "-o", "again.akio"]);
    assert_eq!(
        fs::read(dir.join("small.akio")).unwrap(),
        fs::read(dir.join("again.akio")).unwrap()
    );

    // The other forms are made of a packed model, wherever it lies.
    success(dir, &["object", "full.wasm", "-o", "small.o"]);
    success(dir, &["constants", "small.akio", "-o", "small.rs"]);
    assert!(fs::read(dir.join("small.o")).unwrap().starts_with(b"\0asm"));
    let source = fs::read_to_string(dir.join("small.rs")).unwrap();
    assert!(source.contains("pub static MODEL: Model"));
    let message = failure(dir, &["constants", "small.gguf", "-o", "other.rs"], 2);
    assert!(message.contains("not a packed akio model"), "{message}");

    let info = success(dir, &["info", "--verify", "full.wasm"]);
    assert_eq!(info, success(dir, &["info", "--verify", "small.akio"]));
    for line in [
        "name           tiny",
        "license        cc0-1.0",
        "architecture   llama",
        "arguments      agent -n 20 --tools=calculate",
        "verified",
    ] {
        assert!(
            info.lines().any(|found| found.starts_with(line)),
            "{line}\n{info}"
        );
    }
    // A model may also come out of another module, and replace the one in its own.
    success(
        dir,
        &["inject", "full.wasm", "full.wasm", "-o", "full.wasm"],
    );
    assert_eq!(success(dir, &["info", "full.wasm", "--verify"]), info);
    assert_eq!(
        names(dir),
        [
            "NOTICE",
            "again.akio",
            "empty.wasm",
            "full.wasm",
            "small.akio",
            "small.gguf",
            "small.o",
            "small.rs"
        ]
    );
}

#[test]
fn failures_say_what_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("small.gguf"), common::gguf("llama", |_| {})).unwrap();
    fs::write(
        dir.join("half.gguf"),
        &common::gguf("llama", |_| {})[..9000],
    )
    .unwrap();
    fs::write(dir.join("empty.wasm"), module()).unwrap();
    success(dir, &["pack", "small.gguf", "-o", "small.akio"]);
    let mut damaged = fs::read(dir.join("small.akio")).unwrap();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    fs::write(dir.join("damaged.akio"), damaged).unwrap();
    let before = names(dir);

    assert!(failure(dir, &["pack", "small.gguf"], 1).contains("--output"));
    assert!(failure(dir, &["pack", "small.gguf", "-o", "x", "--wat"], 1).contains("--wat"));
    let size = [
        "inject",
        "empty.wasm",
        "small.akio",
        "-o",
        "x",
        "--limit-module",
        "big",
    ];
    assert!(failure(dir, &size, 1).contains("512MiB"));
    assert!(failure(dir, &["pack", "small.akio", "-o", "x"], 2).contains("not a GGUF model"));
    assert!(failure(dir, &["pack", "half.gguf", "-o", "x"], 2).contains("truncated"));
    assert!(failure(dir, &["info", "small.gguf"], 2).contains("not a packed akio model"));
    assert!(failure(dir, &["info", "--verify", "damaged.akio"], 2).contains("sha256"));
    assert!(
        failure(dir, &["inject", "empty.wasm", "damaged.akio", "-o", "x"], 2).contains("sha256")
    );
    assert!(
        failure(dir, &["inject", "small.akio", "small.akio", "-o", "x"], 2).contains("WebAssembly")
    );
    assert!(failure(dir, &["extract", "empty.wasm", "-o", "x"], 2).contains("carries no model"));
    let limit = [
        "inject",
        "empty.wasm",
        "small.akio",
        "-o",
        "x",
        "--limit-module",
        "9KiB",
    ];
    assert!(failure(dir, &limit, 2).contains("at most 9216"));
    assert!(failure(dir, &["pack", "absent.gguf", "-o", "x"], 3).contains("'absent.gguf'"));
    assert!(failure(dir, &["pack", "small.gguf", "-o", "absent/x"], 3).contains("'absent/x'"));
    assert_eq!(names(dir), before);
}

#[test]
fn a_file_that_the_system_stops_leaves_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("small.gguf"), common::gguf("llama", |_| {})).unwrap();
    fs::write(dir.join("empty.wasm"), module()).unwrap();
    success(dir, &["pack", "small.gguf", "-o", "small.akio"]);
    success(
        dir,
        &["inject", "empty.wasm", "small.akio", "-o", "full.wasm"],
    );
    fs::write(dir.join("out"), "old").unwrap();
    let before = names(dir);
    for args in [
        &["pack", "small.gguf", "-o", "out"][..],
        &["inject", "empty.wasm", "small.akio", "-o", "out"],
        &["extract", "full.wasm", "-o", "out"],
    ] {
        // As on a full disk, some bytes are written before one is refused.
        let output = Command::new("sh")
            .current_dir(dir)
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_akio-pack"))
            .args(args)
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {message}");
        assert!(
            message.contains("error: cannot write 'out': File too large"),
            "{args:?}: {message}"
        );
        assert_eq!(names(dir), before, "{args:?}");
        assert_eq!(fs::read(dir.join("out")).unwrap(), b"old", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_cannot_be_written_is_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("small.gguf"), common::gguf("llama", |_| {})).unwrap();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let command = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_akio-pack"));
        command.current_dir(dir).args(args);
        command
    };
    // What was to be said is lost, but not what was to be done.
    let packed = command(&["pack", "small.gguf", "-o", "small.akio"])
        .stderr(full())
        .status();
    assert_eq!(packed.unwrap().code(), Some(0));

    let told = command(&["info", "small.akio"]).stdout(full()).output();
    let told = told.unwrap();
    let message = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(3), "{message}");
    assert!(
        message.starts_with("error: cannot write to stdout: No space left"),
        "{message}"
    );

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let unread = command(&["info", "small.akio"]).stdout(writer).output();
    let unread = unread.unwrap();
    assert_eq!((unread.status.code(), &*unread.stderr), (Some(0), &b""[..]));
}

#[test]
fn what_killed_processes_left_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let others = [
        "other.1.part",
        "out.1.wasm.part",
        "out.part",
        "out.x.part",
        "out..part",
    ];
    for name in others.iter().chain(&["out.1.part", "out.2.part"]) {
        fs::write(dir.join(name), "half").unwrap();
    }
    fs::write(dir.join("small.gguf"), common::gguf("llama", |_| {})).unwrap();
    success(dir, &["pack", "small.gguf", "-o", "out"]);
    let mut kept = [&others[..], &["out", "small.gguf"]].concat();
    kept.sort();
    assert_eq!(names(dir), kept);

    // Another process writes the same file while this one does.
    files::write(&dir.join("out"), |out| -> Result<(), PackToolError> {
        let own = names(dir);
        success(dir, &["pack", "small.gguf", "-o", "out"]);
        assert_eq!(names(dir), own);
        out.write_all(b"half").unwrap();
        success(dir, &["pack", "small.gguf", "-o", "out"]);
        assert_eq!(names(dir), own);
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read(dir.join("out")).unwrap(), b"half");
    assert_eq!(names(dir), kept);
}
