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
fn a_model_that_has_been_packed_takes_other_texts() {
    let work = Work::new();
    fs::write(work.path("notice"), "Made of noise.\n").unwrap();
    let said = [
        "--name",
        "mine",
        "--notice",
        "notice",
        "--args",
        "chat -t 0",
    ];
    work.run(&["embed", TINY, "-o", "first.wasm"]);
    work.run(&[&["embed", "first.wasm", "-o", "one.wasm"][..], &said].concat());
    work.run(&[&["embed", TINY, "-o", "two.wasm"][..], &said].concat());
    assert_eq!(work.read("one.wasm"), work.read("two.wasm"));
    // What is not said anew stays.
    work.run(&["embed", "one.wasm", "-o", "three.wasm", "--args="]);
    let info = work.run(&["info", "three.wasm", "--verify"]);
    assert!(info.contains("name           mine\n"), "{info}");
    assert!(!info.contains("arguments"), "{info}");
}

#[test]
fn a_model_brings_arguments() {
    let work = Work::new();
    for (file, args, shown) in [
        ("tools", &["--tools", "calculate"][..], "--tools=calculate"),
        (
            "both",
            &["--args", "agent -n 9", "--tools", "calculate,recall"],
            "agent -n 9 --tools=calculate,recall",
        ),
        (
            "quotes",
            &["--args", r#"chat -s 'Say "no".' --stop "a b" -r \#"#],
            r##"chat -s "Say \"no\"." --stop "a b" -r "#""##,
        ),
    ] {
        for out in [file, "again"] {
            work.run(&[&["embed", TINY, "-o", out][..], args].concat());
        }
        assert_eq!(work.read(file), work.read("again"));
        let info = work.run(&["info", file]);
        assert!(
            info.contains(&format!("\narguments      {shown}\n")),
            "{info}"
        );
    }
    // As they are in a module, they are in an executable.
    work.run(&["embed", "both", "--native", "-o", "mine"]);
    work.run(&["extract-model", "mine", "-o", "of-mine"]);
    work.run(&["extract-model", "both", "-o", "of-both"]);
    assert_eq!(work.read("of-mine"), work.read("of-both"));
}

#[test]
fn a_model_cannot_bring_what_grants() {
    let work = Work::new();
    let before = work.names();
    for (args, part) in [
        (&["--args", "--dir ."][..], "--dir is for whoever runs it"),
        (&["--args=--dir=.:rw"], "--dir is for whoever runs it"),
        (&["--args", "--env HOME"], "--env is for whoever runs it"),
        (&["--args", "--max-memory 1G"], "--max-memory is for"),
        (&["--args=--timeout=1h"], "--timeout is for"),
        (&["--args", "--key-file k"], "--key-file is for"),
        (
            &["--args", "agent --yes"],
            "--yes allows what would be asked",
        ),
        (&["--args", "agent -y"], "--yes allows what would be asked"),
        (&["--args", "agent --memory m"], "names a file or a folder"),
        (&["--args", "chat --session s"], "names a file or a folder"),
        (&["--args", "-f secret"], "names a file or a folder"),
        (&["--args", "serve"], "'serve' is no flag"),
        (&["--args", "hello"], "'hello' is no flag"),
        (&["--args", "-t warm"], "warm"),
        (&["--args", "-s 'open"], "a quotation has no end"),
        (&["--tools", "fly"], "fly"),
        (
            &["--tools", "all", "--web", "page"],
            "a page has no command line",
        ),
        (
            &["--args", "-t 0", "--html", "page"],
            "a page has no command line",
        ),
    ] {
        for model in [TINY, "guest.wasm"] {
            let output = work.try_run(&[&["embed", model, "-o", "out"], args].concat());
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(said.contains(part), "{args:?}: {said}");
        }
    }
    assert_eq!(work.names(), before);
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
        (2, &["embed", "damaged.wasm", "--name", "a", "-o", "out"]),
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
