//! Guests with threads, hostile ones too: what holds for one thread holds for all of them.

mod common;

use common::{HELLO, HOST, failed_in_one_line, module, stderr, stdout};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What every guest with threads begins with. `$spawn` starts a helper, which calls `$help` with what it was given.
const PRELUDE: &str = r#"
    (import "env" "memory" (memory 2 65536 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (export "memory" (memory 0))
    (func (export "wasi_thread_start") (param $number i32) (param $given i32)
        (call $help (local.get $given)))
    (func $print (param $at i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func $wait (param $at i32)
        (drop (memory.atomic.wait32 (local.get $at) (i32.const 0) (i64.const -1))))
    (func $tell (param $at i32) (param $what i32)
        (i32.atomic.store (local.get $at) (local.get $what))
        (drop (memory.atomic.notify (local.get $at) (i32.const 9))))
"#;

/// Never ends, whatever becomes of its helper.
const WAITS: &str = r#"
    (func (export "_start")
        (drop (call $spawn (i32.const 7)))
        (call $wait (i32.const 64)))"#;

struct Guest {
    dir: TempDir,
}

impl Guest {
    /// A guest that says hello without threads, and is `guest` with them.
    fn new(guest: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let threads = dir.path().join("threads.wasm");
        let bytes = wat::parse_str(format!("(module {PRELUDE} {guest})")).unwrap();
        fs::write(&threads, bytes).unwrap();
        let bundled = Command::new(HOST)
            .arg("--bundle")
            .arg(module(dir.path(), HELLO))
            .arg("-o")
            .arg(dir.path().join("akio"))
            .arg("--threads")
            .arg(threads)
            .output()
            .unwrap();
        assert!(bundled.status.success(), "{bundled:?}");
        Self { dir }
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(self.dir.path().join("akio"))
            .args(args)
            .env_clear()
            .env("AKIO_CACHE", self.dir.path().join("cache"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Spawns as many as it gets, and exits with how many there were; they ask for work that never comes.
const GREEDY: &str = r#"
    (func $help (param i32) (call $wait (i32.const 64)))
    (func (export "_start") (local $helpers i32)
        (loop $more
            (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
                (then
                    (local.set $helpers (i32.add (local.get $helpers) (i32.const 1)))
                    (br $more))))
        (call $exit (local.get $helpers)))"#;

#[test]
fn there_are_as_many_threads_as_were_asked_for() {
    let guest = Guest::new(GREEDY);
    for threads in ["2", "3", "9"] {
        let output = guest.run(&["--threads", threads]);
        let helpers = output.status.code().unwrap();
        assert_eq!((helpers + 1).to_string(), threads, "{}", stderr(&output));
    }
    // One thread runs the other module.
    assert_eq!(stdout(&guest.run(&["--threads=1"])), "hello\n");
}

#[test]
fn threads_share_a_memory() {
    let guest = Guest::new(
        r#"
        (func $help (param $given i32) (call $tell (i32.const 64) (local.get $given)))
        (func (export "_start")
            (drop (call $spawn (i32.const 42)))
            (call $wait (i32.const 64))
            (call $exit (i32.atomic.load (i32.const 64))))"#,
    );
    assert_eq!(guest.run(&["--threads", "2"]).status.code(), Some(42));
}

#[test]
fn a_trap_in_a_helper_ends_the_run() {
    let guest = Guest::new(&format!("(func $help (param i32) unreachable) {WAITS}"));
    failed_in_one_line(&guest.run(&["--threads", "2"]), "unreachable");
    let guest = Guest::new(&format!(
        "(func $help (param i32) (i32.store (i32.const -4) (i32.const 1))) {WAITS}"
    ));
    failed_in_one_line(&guest.run(&["--threads", "2"]), "out of bounds");
    let guest = Guest::new(&format!(
        "(func $help (param i32) (call $help (local.get 0)) (call $help (local.get 0))) {WAITS}"
    ));
    failed_in_one_line(&guest.run(&["--threads", "2"]), "call stack exhausted");
}

#[test]
fn an_exit_of_a_helper_is_the_exit_of_the_run() {
    let guest = Guest::new(&format!(
        "(func $help (param i32) (call $exit (local.get 0))) {WAITS}"
    ));
    assert_eq!(guest.run(&["--threads", "2"]).status.code(), Some(7));
}

#[test]
fn helpers_are_granted_nothing() {
    // Prints, opens the first folder, and counts the environment; tells the main thread what it got.
    let guest = Guest::new(
        r#"
        (data (i32.const 128) "seen\n.")
        (func $help (param i32) (local $got i32)
            (drop (call $print (i32.const 128) (i32.const 5)))
            (if (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.const 133) (i32.const 1)
                    (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 16)))
                (then (local.set $got (i32.const 1))))
            (drop (call $environ_sizes_get (i32.const 24) (i32.const 28)))
            (if (i32.load (i32.const 24)) (then (local.set $got (i32.const 2))))
            (call $tell (i32.const 64) (i32.add (local.get $got) (i32.const 10))))
        (func (export "_start")
            (drop (call $spawn (i32.const 0)))
            (call $wait (i32.const 64))
            (call $exit (i32.atomic.load (i32.const 64))))"#,
    );
    let output = guest.run(&["--threads", "2", "--dir", "/tmp", "--env", "A=b"]);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn threads_are_stopped_when_their_time_is_over() {
    let guest = Guest::new(
        r#"
        (func $help (param i32) (loop $again (br $again)))
        (func (export "_start")
            (drop (call $spawn (i32.const 0)))
            (loop $again (br $again)))"#,
    );
    let begin = Instant::now();
    let output = guest.run(&["--threads", "2", "--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(124), "{}", stderr(&output));
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_shared_memory_has_the_limit_too() {
    let grows = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))";
    let main = format!(r#"(func $help (param i32)) (func (export "_start") {grows} unreachable)"#);
    let guest = Guest::new(&main);
    failed_in_one_line(
        &guest.run(&["--threads=2", "--max-memory", "32M"]),
        "used up the 33554432 bytes of memory it may have; raise the limit with --max-memory",
    );
    failed_in_one_line(
        &guest.run(&["--threads=2", "--max-memory", "64K"]),
        "asked for 131072 bytes of memory and may have 65536; raise the limit with --max-memory",
    );
    // A helper cannot take more either: it ends where the memory does.
    let helper = Guest::new(&format!(
        "(func $help (param i32) {grows} unreachable) {WAITS}"
    ));
    let begin = Instant::now();
    failed_in_one_line(
        &helper.run(&["--threads=2", "--max-memory", "32M"]),
        "unreachable",
    );
    assert!(begin.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_memory_of_the_module_s_own_that_threads_could_share_is_refused() {
    // Its limit would be nobody's.
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain.wasm");
    let guest = r#"(module (memory (export "memory") 1 65536 shared) (func (export "_start")))"#;
    fs::write(&plain, wat::parse_str(guest).unwrap()).unwrap();
    let program = dir.path().join("akio");
    let bundled = common::bundle(HOST, &plain, &program);
    assert!(bundled.status.success(), "{bundled:?}");
    let output = Command::new(&program)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    failed_in_one_line(&output, "shared memory");
}
