//! Models into modules and executables, and out again.

mod common;

use common::{Bundle, CAT, HOST, TINY, Work, failed_in_one_line, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

#[test]
fn a_model_goes_into_a_module_and_comes_out() {
    let work = Work::new();
    fs::write(work.path("notice"), "Made of noise.\n").unwrap();
    let embed = |out| {
        work.run(&[
            "embed",
            TINY,
            "-o",
            out,
            "--name",
            "mine",
            "--license",
            "MIT",
            "--notice",
            "notice",
        ])
    };
    embed("one.wasm");
    embed("two.wasm");
    assert_eq!(work.read("one.wasm"), work.read("two.wasm"));
    let info = work.run(&["info", "one.wasm", "--verify"]);
    assert!(info.contains("name           mine\n"), "{info}");
    assert!(info.contains("verified"), "{info}");
    assert_eq!(
        work.run(&["info", "--license", "one.wasm"]),
        "Made of noise.\n"
    );

    let licence = work.run(&["extract-model", "one.wasm", "-o", "model"]);
    assert_eq!(licence, "Made of noise.\n");
    assert!(work.run(&["info", "model"]).contains("mine"));
    work.run(&["embed", "model", "-o", "three.wasm"]);
    assert_eq!(work.read("three.wasm"), work.read("one.wasm"));
    // Also into a module that carries another one.
    work.run(&["embed", TINY, "-o", "other.wasm"]);
    work.run(&[
        "embed",
        "model",
        "--module",
        "other.wasm",
        "-o",
        "four.wasm",
    ]);
    assert_eq!(work.read("four.wasm"), work.read("one.wasm"));
}

#[test]
fn an_executable_of_its_own_runs_and_makes_others() {
    let work = Work::new();
    work.run(&["embed", TINY, "-o", "mine", "--native"]);
    let mode = fs::metadata(work.path("mine"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    let run = |args: &[&str]| {
        let output = Command::new(work.path("mine"))
            .args(args)
            .env_clear()
            .env("AKIO_CACHE", work.path("cache"))
            .current_dir(work.0.dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output.stdout
    };
    // What it prints is the head of the model.
    work.run(&["extract-model", "mine", "-o", "model"]);
    assert_eq!(run(&[]), work.read("model")[..8]);
    run(&["embed", "model", "--native", "-o", "again"]);
    assert_eq!(work.read("again"), work.read("mine"));
    work.run(&["embed", TINY, "-o", "a.wasm"]);
    run(&["embed", TINY, "-o", "b.wasm"]);
    assert_eq!(work.read("a.wasm"), work.read("b.wasm"));
}

#[test]
fn a_model_comes_out_of_an_executable_for_any_system() {
    let work = Work::new();
    work.run(&["embed", TINY, "-o", "module.wasm"]);
    work.run(&["extract-model", "module.wasm", "-o", "expected"]);
    for magic in [&b"\x7fELF"[..], b"MZ", b"\xcf\xfa\xed\xfe"] {
        fs::write(work.path("host"), magic).unwrap();
        let bundling = ["--bundle", "module.wasm", "-o", "program", "--host", "host"];
        let bundled = Command::new(HOST)
            .args(bundling)
            .current_dir(work.0.dir.path())
            .output()
            .unwrap();
        assert!(bundled.status.success(), "{}", stderr(&bundled));
        work.run(&["extract-model", "program", "-o", "model"]);
        assert_eq!(work.read("model"), work.read("expected"));
        let facts = work.run(&["info", "--verify", "program"]);
        assert!(facts.contains("\nverified "), "{facts}");
    }
}

#[test]
fn what_cannot_be_embedded_is_one_line_and_leaves_nothing() {
    let work = Work::new();
    fs::write(
        work.path("text"),
        "not a model, but long enough for one to begin",
    )
    .unwrap();
    fs::write(work.path("cut.gguf"), &fs::read(TINY).unwrap()[..1000]).unwrap();
    fs::write(work.path("latin1"), b"\xff").unwrap();
    work.run(&["embed", TINY, "-o", "good.wasm"]);
    let mut damaged = work.read("good.wasm");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(work.path("damaged.wasm"), damaged).unwrap();
    let before = work.names();
    for (code, args) in [
        (2, &["embed", "text", "-o", "out"][..]),
        (2, &["embed", "cut.gguf", "-o", "out"]),
        (2, &["embed", "damaged.wasm", "-o", "out"]),
        (2, &["embed", TINY, "--module", "text", "-o", "out"]),
        (2, &["extract-model", "text", "-o", "out"]),
        (2, &["extract-model", "damaged.wasm", "-o", "out"]),
        (2, &["info", "text"]),
        (3, &["embed", "missing", "-o", "out"]),
        (3, &["embed", TINY, "-o", "no/such/folder/out"]),
        (3, &["embed", TINY, "--native", "-o", "no/such/folder/out"]),
        (3, &["info", "missing"]),
        (1, &["embed", "good.wasm", "--name", "other", "-o", "out"]),
        (1, &["embed", TINY, "--system", "latin1", "-o", "out"]),
        (1, &["embed", TINY]),
        (1, &["extract-model"]),
    ] {
        let output = work.try_run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).starts_with("akio: "), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    assert_eq!(work.names(), before);

    let other = Bundle::new(CAT);
    failed_in_one_line(&other.run(&["embed", TINY, "-o", "out"]), "--module");
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let work = Work::new();
    for native in [false, true] {
        fs::write(work.path("out"), "old").unwrap();
        let before = work.names();
        let mut args = vec!["embed", TINY, "-o", "out"];
        if native {
            args.push("--native");
        }
        // As on a full disk, some bytes are written before one is refused.
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(&work.0.program)
            .args(args)
            .current_dir(work.0.dir.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(
            stderr(&output).contains("File too large"),
            "{}",
            stderr(&output)
        );
        assert_eq!(work.read("out"), b"old");
        assert_eq!(work.names(), before);
    }
}

#[test]
fn help_has_examples() {
    let work = Work::new();
    for command in ["embed", "extract-model"] {
        let help = work.run(&[command, "--help"]);
        assert!(help.contains("Example"), "{help}");
    }
    assert!(!Path::new("my-akio.wasm").exists());
}
