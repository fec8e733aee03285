//! Updates: from one file to another, and what is left where that fails.

mod common;

use common::{HOST, stderr, stdout};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A folder with two programs, of which the second prints more, and much that both have.
struct Work(TempDir);

impl Work {
    fn new() -> Self {
        let work = Self(tempfile::tempdir().unwrap());
        work.write("old", "#!/bin/sh\necho one\nexit\n");
        work.write("new", "#!/bin/sh\necho one\necho two\nexit\n");
        fs::set_permissions(work.path("old"), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(
            work.run(&["diff", "old", "new", "-o", "update"])
                .status
                .code(),
            Some(0)
        );
        work
    }

    /// `head`, and 8 MiB that repeat nothing.
    fn write(&self, name: &str, head: &str) {
        let mut state = 1_u64;
        let mut content = head.as_bytes().to_vec();
        while content.len() < 8 << 20 {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            content.extend_from_slice(&state.to_be_bytes()[..3]);
        }
        fs::write(self.path(name), content).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(HOST);
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn an_update_is_small_and_makes_the_new_file() {
    let work = Work::new();
    assert!(
        work.read("update").len() < 300,
        "{}",
        work.read("update").len()
    );
    let output = work.run(&["patch", "old", "update", "-o", "made"]);
    assert_eq!(
        (output.status.code(), stdout(&output), stderr(&output)),
        (Some(0), "", "")
    );
    assert!(work.read("made") == work.read("new"));
    // In place; what was executable still is.
    work.run(&["patch", "old", "update"]);
    assert!(work.read("old") == work.read("new"));
    let run = Command::new("sh")
        .arg("-c")
        .arg("./old")
        .current_dir(work.0.path())
        .output()
        .unwrap();
    assert_eq!(stdout(&run), "one\ntwo\n");
    // It cannot be applied twice.
    let again = work.run(&["patch", "old", "update"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        stderr(&again).contains("for another file"),
        "{}",
        stderr(&again)
    );
    assert_eq!(work.names(), ["made", "new", "old", "update"]);
}

#[test]
fn what_cannot_be_applied_is_one_line_and_changes_nothing() {
    let work = Work::new();
    let good = work.read("update");
    let (old, before) = (work.read("old"), work.names().len());
    let mut wrong = good.clone();
    wrong[70] ^= 1;
    for (update, part) in [
        (&b"no update at all"[..], "was not written by `akio diff`"),
        (&good[..good.len() - 4], "ends in the middle"),
        (&wrong, "another sha256"),
        (&[], "was not written by"),
    ] {
        fs::write(work.path("update"), update).unwrap();
        let output = work.run(&["patch", "old", "update"]);
        assert_eq!(output.status.code(), Some(2), "{part}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
        assert!(work.read("old") == old);
        assert_eq!(work.names().len(), before);
    }
    for (code, args) in [
        (3, &["patch", "missing", "update"][..]),
        (3, &["patch", "old", "missing"]),
        (3, &["diff", "old", "missing", "-o", "out"]),
        (3, &["diff", "old", "new", "-o", "no/such/folder/out"]),
        (1, &["diff", "old", "new"]),
        (1, &["patch", "old"]),
    ] {
        let output = work.run(args);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args:?}: {}",
            stderr(&output)
        );
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
    assert_eq!(work.names().len(), before);
}

#[test]
fn a_full_disk_and_a_killed_process_leave_the_old_file() {
    let work = Work::new();
    let (old, new) = (work.read("old"), work.read("new"));
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"",
            HOST,
            "patch",
            "old",
            "update",
        ])
        .current_dir(work.0.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("File too large"),
        "{}",
        stderr(&output)
    );
    assert!(work.read("old") == old);
    assert_eq!(work.names(), ["new", "old", "update"]);
    for wait in 0..12 {
        let mut child = work.command(&["patch", "old", "update"]).spawn().unwrap();
        thread::sleep(Duration::from_millis(wait * 4));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = work.read("old");
        assert!(now == old || now == new);
        fs::write(work.path("old"), &old).unwrap();
    }
    // What the killed ones wrote is gone after the next; an empty file may be one that just begins.
    assert_eq!(work.run(&["patch", "old", "update"]).status.code(), Some(0));
    let parts = work
        .names()
        .into_iter()
        .filter(|name| name.ends_with(".part"));
    assert_eq!(parts.map(|name| work.read(&name).len()).sum::<usize>(), 0);
}

#[test]
fn help_has_examples() {
    let work = Work::new();
    for command in ["diff", "patch"] {
        let output = work.run(&[command, "--help"]);
        assert!(stdout(&output).contains("Example"), "{}", stdout(&output));
    }
}
