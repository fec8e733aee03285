//! Hostile guests: each is stopped in one line, and leaves nothing behind.

mod common;

use common::{Bundle, CAT, HELLO, failed_in_one_line, stderr, stdout};
use std::fs;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

const ENDLESS: &str = r#"(func (export "_start") (loop $again (br $again)))"#;

/// Waits for an hour.
const ASLEEP: &str = r#"
    (data (i32.const 64) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\a0\b8\30\46\03\00\00")
    (func (export "_start")
        (call $exit (call $poll_oneoff (i32.const 64) (i32.const 256) (i32.const 1) (i32.const 8))))"#;

/// Prints for ever, to the given file descriptor.
fn flood(fd: u8) -> String {
    format!(
        r#"(func (export "_start")
            (i32.store (i32.const 0) (i32.const 64))
            (i32.store (i32.const 4) (i32.const 1000))
            (loop $more
                (drop (call $fd_write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 8)))
                (br $more)))"#
    )
}

fn timed_out(output: &Output) {
    assert_eq!(output.status.code(), Some(124), "{}", stderr(output));
    assert_eq!(
        stderr(output),
        "akio: the module was stopped after 300ms; raise the limit with --timeout\n"
    );
}

#[test]
fn an_endless_loop_is_stopped_when_its_time_is_over() {
    let guest = Bundle::new(ENDLESS);
    let begin = Instant::now();
    timed_out(&guest.run(&["--timeout", "300ms"]));
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_guest_that_waits_is_stopped_when_its_time_is_over() {
    timed_out(&Bundle::new(ASLEEP).run(&["--timeout", "300ms"]));
    // For input that does not come.
    let guest = Bundle::new(CAT);
    let mut child = guest
        .command(&["--timeout=300ms"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let open = child.stdin.take();
    timed_out(&child.wait_with_output().unwrap());
    drop(open);
}

#[test]
fn a_guest_that_ends_in_time_does_not_notice_the_limit() {
    let output = Bundle::new(HELLO).run(&["--timeout", "1h"]);
    assert_eq!((stdout(&output), stderr(&output)), ("hello\n", ""));
    assert!(output.status.success());
}

#[test]
fn a_benchmark_is_stopped_too() {
    timed_out(&Bundle::new(ENDLESS).run(&["bench", "--json", "--timeout", "300ms"]));
}

#[test]
fn output_is_limited() {
    let guest = Bundle::new(&flood(1));
    let output = guest.run(&["--max-output", "10K"]);
    assert_eq!(output.stdout.len(), 10 << 10);
    failed_in_one_line(
        &output,
        "printed more than the 10240 bytes it may; raise the limit with --max-output",
    );
    // What a full line needs, and no more.
    let hello = Bundle::new(HELLO);
    assert_eq!(
        stdout(&hello.run(&["--max-output", "6", "--timeout=1h"])),
        "hello\n"
    );
    let output = hello.run(&["--max-output", "5"]);
    assert_eq!(stdout(&output), "hello");
    failed_in_one_line(&output, "5 bytes");
}

#[test]
fn errors_count_as_output() {
    let guest = Bundle::new(&flood(2));
    let output = guest.run(&["--max-output", "3000"]);
    assert_eq!(output.status.code(), Some(3));
    let (flood, message) = output.stderr.split_at(3000);
    assert!(flood.iter().all(|byte| *byte == 0));
    assert!(message.starts_with(b"akio: the module printed more than"));
}

#[test]
fn recursion_without_end_is_stopped() {
    let guest = Bundle::new(
        r#"(func $f (param i64) (result i64) (i64.add (i64.const 1) (call $f (local.get 0))))
        (func (export "_start") (drop (call $f (i64.const 0))))"#,
    );
    failed_in_one_line(&guest.run(&[]), "call stack exhausted");
}

#[test]
fn memory_that_grows_without_end_is_refused() {
    // Until it is refused, then a trap.
    let guest = Bundle::new(
        r#"(func (export "_start")
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            unreachable)"#,
    );
    failed_in_one_line(
        &guest.run(&["--max-memory", "32M"]),
        "bytes of memory and may have 33554432; raise the limit with --max-memory",
    );
    let table = Bundle::new(
        r#"(table $t 1 funcref)
        (func (export "_start")
            (loop $more
                (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 65536)) (i32.const -1))))
            unreachable)"#,
    );
    failed_in_one_line(
        &table.run(&["--max-memory", "32M"]),
        "may have 33554432; raise the limit with --max-memory",
    );
}

#[test]
fn a_stopped_guest_leaves_the_cache_as_it_was() {
    let guest = Bundle::new(ENDLESS);
    timed_out(&guest.run(&["--timeout", "300ms"]));
    let cached = guest.cached();
    assert_eq!(cached.len(), 1);
    let before = fs::metadata(&cached[0]).unwrap().modified().unwrap();
    timed_out(&guest.run(&["--timeout", "300ms"]));
    assert_eq!(
        fs::metadata(&cached[0]).unwrap().modified().unwrap(),
        before
    );
}
