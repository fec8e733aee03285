//! Models that only who has the key can read and run.

mod common;

use common::{TINY, Work, stderr, stdout};
use std::fs;
use std::process::{Command, Output, Stdio};

const KEY: &str = "thirty-two bytes that are no word";

/// A folder with a program that carries a sealed model, the model as it was, and its key.
fn sealed() -> Work {
    let work = Work::new();
    fs::write(work.path("key"), KEY).unwrap();
    work.run(&[
        "embed",
        TINY,
        "-o",
        "open",
        "--native",
        "--name",
        "confidential",
    ]);
    work.run(&["extract-model", "open", "-o", "model"]);
    work.run(&[
        "embed",
        "model",
        "-o",
        "sealed",
        "--native",
        "--seal",
        "--key-file",
        "key",
    ]);
    work
}

/// Runs the program with the sealed model where there is no terminal to ask on.
fn run(work: &Work, args: &[&str], passphrase: Option<&str>) -> Output {
    Command::new("setsid")
        .arg("--wait")
        .arg(work.path("sealed"))
        .args(args)
        .env_clear()
        .env("AKIO_CACHE", &work.0.cache)
        .envs(passphrase.map(|passphrase| ("AKIO_PASSPHRASE", passphrase)))
        .current_dir(work.0.dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn refused(output: &Output, part: &str) {
    let line = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(
        line.starts_with("akio: ") && line.contains(part),
        "{line:?} without {part:?}"
    );
    assert_eq!(line.lines().count(), 1, "{line:?}");
    assert_eq!(stdout(output), "");
}

/// Whether any stretch of the model stands in these bytes; runs of zeros and the letters in their order, as tables
/// of any program have them, are no secret.
fn shows(bytes: &[u8], model: &[u8]) -> bool {
    const STRETCH: usize = 32;
    let counts = |stretch: &[u8]| {
        stretch
            .windows(2)
            .all(|pair| pair[0].checked_add(1) == Some(pair[1]))
    };
    let stretches: std::collections::HashSet<&[u8]> = model
        .chunks_exact(STRETCH)
        .filter(|stretch| stretch.iter().filter(|byte| **byte == 0).count() < STRETCH / 2)
        .filter(|stretch| !counts(stretch))
        .collect();
    bytes
        .windows(STRETCH)
        .any(|window| stretches.contains(window))
}

#[test]
fn it_runs_with_the_key_and_is_never_on_the_disk_in_the_clear() {
    let work = sealed();
    let model = work.read("model");
    assert!(shows(&work.read("open"), &model));
    assert!(!shows(&work.read("sealed"), &model));
    for (args, passphrase) in [
        (&["--key-file", "key"][..], None),
        (&["--key-file=key"], None),
        (&[], Some(KEY)),
    ] {
        let output = run(&work, args, passphrase);
        // What the guest prints is the head of the model.
        assert_eq!((&output.stdout[..], stderr(&output)), (&model[..8], ""));
    }
    let cached = work.0.cached();
    assert_eq!(cached.len(), 1);
    assert!(!shows(&fs::read(&cached[0]).unwrap(), &model));
}

#[test]
fn without_the_key_it_yields_nothing() {
    let work = sealed();
    fs::write(work.path("other key"), "another secret").unwrap();
    let other = ["--key-file", "other key"];
    refused(&run(&work, &[], None), "give its key with --key-file");
    refused(&run(&work, &other, None), "another passphrase or key");
    refused(
        &run(&work, &[], Some("another secret")),
        "another passphrase or key",
    );
    refused(&run(&work, &["serve"], None), "the model is sealed");
    for command in ["extract-model", "embed"] {
        let args = [command, "sealed", "-o", "out"];
        refused(&run(&work, &args, None), "the model is sealed");
        refused(
            &run(&work, &[&args[..], &other].concat(), None),
            "another passphrase or key",
        );
    }
    assert!(!work.path("out").exists());
    let info = run(&work, &["info", "sealed"], None);
    let model = work.read("model");
    assert_eq!(
        stdout(&info),
        format!(
            "sealed         only its key file or its passphrase opens it\nbytes          {}\n",
            model.len()
        )
    );
    let license = run(&work, &["info", "sealed", "--license"], None);
    assert_eq!(license.stdout, info.stdout);
}

#[test]
fn with_the_key_it_is_a_model_like_any_other() {
    let work = sealed();
    let info = run(&work, &["info", "sealed", "--verify"], Some(KEY));
    assert!(
        stdout(&info).contains("name           confidential\n"),
        "{}",
        stderr(&info)
    );
    run(
        &work,
        &[
            "extract-model",
            "sealed",
            "-o",
            "again",
            "--key-file",
            "key",
        ],
        None,
    );
    assert!(work.read("again") == work.read("model"));
    // Others are made with it too; the same model is sealed anew each time.
    let output = run(
        &work,
        &["embed", "sealed", "-o", "second", "--native", "--seal"],
        Some(KEY),
    );
    assert_eq!(stderr(&output), "");
    assert!(work.read("second") != work.read("sealed"));
    run(
        &work,
        &["embed", "sealed", "-o", "open again", "--native"],
        Some(KEY),
    );
    assert!(work.read("open again") == work.read("open"));
}

#[test]
fn a_damaged_one_does_not_run() {
    let work = sealed();
    let good = work.read("sealed");
    let model = work.read("model").len();
    // The sealed model lies in front of the trailer of 232 bytes; its last part ends there.
    for (at, part) in [
        (good.len() - 232 - 1, "a part of it has changed"),
        (
            good.len() - 232 - model,
            "another passphrase or key, or is damaged",
        ),
        (good.len() - 232 + 183, "longer than the file"),
    ] {
        let mut damaged = good.clone();
        damaged[at] ^= 0x80;
        common::install(&damaged, &work.path("sealed"));
        let output = run(&work, &["--key-file", "key"], None);
        assert!(
            stderr(&output).contains(part),
            "{} without {part}",
            stderr(&output)
        );
        assert!(matches!(output.status.code(), Some(2 | 3)));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn what_cannot_be_sealed_is_one_line() {
    let work = Work::new();
    fs::write(work.path("short"), "secret").unwrap();
    for (code, args) in [
        (1, &["embed", TINY, "-o", "out", "--seal"][..]),
        (
            1,
            &[
                "embed",
                TINY,
                "-o",
                "out",
                "--native",
                "--seal",
                "--key-file",
                "short",
            ],
        ),
        (
            3,
            &[
                "embed",
                TINY,
                "-o",
                "out",
                "--native",
                "--seal",
                "--key-file",
                "missing",
            ],
        ),
    ] {
        let output = work.try_run(args);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args:?}: {}",
            stderr(&output)
        );
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
    assert!(!work.path("out").exists());
}
