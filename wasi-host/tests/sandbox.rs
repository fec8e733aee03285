//! What a guest may do, and how its end is reported.

mod common;

use common::{Bundle, CAT, HELLO, failed_in_one_line, stderr, stdout};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::symlink;
use std::process::Stdio;

/// Opens `file.txt` in the first directory and exits with the errno; with an
/// argument it creates the file for writing.
const OPEN: &str = r#"
    (data (i32.const 64) "file.txt")
    (func (export "_start")
        (local $creates i32)
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (local.set $creates (i32.gt_u (i32.load (i32.const 16)) (i32.const 1)))
        (call $exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 8)
            (local.get $creates)
            (select (i64.const 66) (i64.const 2) (local.get $creates))
            (i64.const 0) (i32.const 0) (i32.const 24))))"#;

const BADF: i32 = 8;

#[test]
fn no_directory_unless_granted() {
    let guest = Bundle::new(OPEN);
    fs::write(guest.dir.path().join("file.txt"), "x").unwrap();
    let dir = guest.dir.path().to_str().unwrap();
    assert_eq!(guest.run(&[]).status.code(), Some(BADF));
    assert_eq!(guest.run(&["--dir", dir]).status.code(), Some(0));
}

#[test]
fn a_directory_is_read_only_unless_granted_for_writing() {
    let guest = Bundle::new(OPEN);
    let granted = guest.dir.path().join("granted");
    fs::create_dir(&granted).unwrap();
    let dir = granted.to_str().unwrap();
    for grant in [dir.to_owned(), format!("{dir}:ro")] {
        let output = guest.run(&["create", "--dir", &grant]);
        assert_ne!(output.status.code(), Some(0));
        assert!(!granted.join("file.txt").exists());
    }
    let output = guest.run(&["create", &format!("--dir={dir}:rw::work")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(granted.join("file.txt").exists());
}

#[test]
fn a_directory_that_is_not_there_is_wrong_usage() {
    let output = Bundle::new(OPEN).run(&["--dir", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with("akio: --dir /nowhere/at/all: "),
        "{}",
        stderr(&output)
    );
}

/// Opens the path in the last argument, in the first directory, following links, and exits with the errno.
const OPEN_PATH: &str = r#"
    (func (export "_start")
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 1024) (i32.const 4096)))
        (call $exit (call $path_open (i32.const 3) (i32.const 1)
            ;; Behind "akio", without the zero bytes that end both.
            (i32.const 4101) (i32.sub (i32.load (i32.const 20)) (i32.const 6))
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 24))))"#;

#[test]
fn links_and_dots_do_not_lead_out_of_a_directory() {
    let guest = Bundle::new(OPEN_PATH);
    let secret = guest.dir.path().join("secret.txt");
    fs::write(&secret, "x").unwrap();
    let granted = guest.dir.path().join("granted");
    fs::create_dir_all(granted.join("sub")).unwrap();
    fs::write(granted.join("file.txt"), "x").unwrap();
    for (link, target) in [
        ("inside", "file.txt"),
        ("up", "../secret.txt"),
        ("absolute", secret.to_str().unwrap()),
        ("folder", ".."),
        ("root", "/"),
    ] {
        symlink(target, granted.join(link)).unwrap();
    }
    let open = |path: &str| {
        let grant = format!("{}:rw", granted.display());
        guest.run(&["--dir", &grant, path]).status.code()
    };
    for path in ["file.txt", "sub/../file.txt", "inside"] {
        assert_eq!(open(path), Some(0), "{path}");
    }
    for path in [
        "../secret.txt",
        "sub/../../secret.txt",
        secret.to_str().unwrap(),
        "/etc/passwd",
        "up",
        "absolute",
        "folder/secret.txt",
        "root/etc/passwd",
    ] {
        assert!(open(path).is_some_and(|code| code > 0), "{path} was opened");
    }
}

#[test]
fn there_are_no_sockets() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (local $fd i32)
            (loop $next
                (if (i32.eqz (call $accept (local.get $fd) (i32.const 0) (i32.const 8)))
                    (then (call $exit (i32.const 1))))
                (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $fd) (i32.const 64))))))"#;
    let mut guest = Bundle::new(HELLO);
    let module = guest.dir.path().join("sockets.wasm");
    fs::write(&module, wat::parse_str(wat).unwrap()).unwrap();
    guest.program = guest.dir.path().join("sockets");
    assert!(
        common::bundle(common::HOST, &module, &guest.program)
            .status
            .success()
    );
    let output = guest.run(&["--dir", guest.dir.path().to_str().unwrap()]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

/// Prints arguments or environment, each ended by a zero byte.
fn prints(sizes: &str, get: &str) -> String {
    format!(
        r#"(func (export "_start")
            (drop (call {sizes} (i32.const 16) (i32.const 20)))
            (drop (call {get} (i32.const 1024) (i32.const 4096)))
            (drop (call $write (i32.const 4096) (i32.load (i32.const 20)))))"#
    )
}

#[test]
fn no_environment_unless_granted() {
    let guest = Bundle::new(&prints("$environ_sizes_get", "$environ_get"));
    let host = format!(
        "AKIO_HOST=akio {} (wasmtime 48.0.8)\0",
        env!("CARGO_PKG_VERSION")
    );
    let mut command = guest.command(&[]);
    assert_eq!(stdout(&command.env("SECRET", "1").output().unwrap()), host);
    let mut command = guest.command(&["--env", "SECRET", "--env=A=b=c"]);
    let output = command.env("SECRET", "1").output().unwrap();
    assert_eq!(stdout(&output), format!("{host}SECRET=1\0A=b=c\0"));
}

#[test]
fn arguments_are_passed_on_without_the_hosts_own() {
    let guest = Bundle::new(&prints("$args_sizes_get", "$args_get"));
    let output = guest.run(&[
        "-n",
        "5",
        "--max-memory",
        "64M",
        "hello",
        "--",
        "--env",
        "x",
    ]);
    assert_eq!(stdout(&output), "akio\0-n\x005\0hello\0--\0--env\0x\0");
}

#[test]
fn stdin_is_passed_on() {
    let guest = Bundle::new(CAT);
    let mut child = guest
        .command(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all("grüße\n".as_bytes())
        .unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "grüße\n");
}

#[test]
fn the_exit_code_is_passed_on() {
    let guest = Bundle::new(r#"(func (export "_start") (call $exit (i32.const 42)))"#);
    let output = guest.run(&[]);
    assert_eq!(output.status.code(), Some(42));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_trap_is_one_line() {
    let guest = Bundle::new(r#"(func (export "_start") unreachable)"#);
    failed_in_one_line(
        &guest.run(&[]),
        "the module was stopped: wasm trap: wasm `unreachable`",
    );
    let endless = Bundle::new(r#"(func $f (export "_start") (call $f))"#);
    failed_in_one_line(&endless.run(&[]), "call stack exhausted");
    let code = Bundle::new(r#"(func (export "_start") (call $exit (i32.const 200)))"#);
    failed_in_one_line(&code.run(&[]), "exit status");
}

/// Takes 64 MiB more and traps, or exits with 2 if an argument is given, when refused.
const GROW: &str = r#"
    (func (export "_start")
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (if (i32.eq (memory.grow (i32.const 1024)) (i32.const -1))
            (then
                (if (i32.gt_u (i32.load (i32.const 16)) (i32.const 1)) (then (call $exit (i32.const 2))))
                unreachable)))"#;

#[test]
fn memory_is_limited() {
    let guest = Bundle::new(GROW);
    assert_eq!(guest.run(&[]).status.code(), Some(0));
    assert_eq!(guest.run(&["--max-memory", "66M"]).status.code(), Some(0));
    let refused = "asked for 67239936 bytes of memory and may have 16777216";
    failed_in_one_line(&guest.run(&["--max-memory", "16M"]), refused);
    failed_in_one_line(
        &guest.run(&["--max-memory", "64K"]),
        "asked for 131072 bytes",
    );
    let handled = guest.run(&["--max-memory", "16M", "quietly"]);
    assert_eq!(handled.status.code(), Some(2));
    assert!(
        stderr(&handled).contains("--max-memory"),
        "{}",
        stderr(&handled)
    );
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let guest = Bundle::new(
        r#"(func (export "_start")
            (loop $more (br_if $more (i32.eqz (call $write (i32.const 64) (i32.const 4096))))))"#,
    );
    let mut child = guest
        .command(&[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

#[test]
fn wrong_host_flags_are_wrong_usage() {
    let guest = Bundle::new(HELLO);
    for args in [
        &["--max-memory", "lots"][..],
        &["--dir"],
        &["--env", "NEVER_SET"],
    ] {
        let output = guest.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
}

#[test]
fn host_options_stand_below_the_guests_help() {
    let guest = Bundle::new(HELLO);
    for args in [&["--help"][..], &["chat", "-h"], &["help"]] {
        let output = guest.run(args);
        assert!(
            stdout(&output).starts_with("hello\n\nHost commands")
                && stdout(&output).contains("\n\nHost options"),
            "{}",
            stdout(&output)
        );
        assert!(stdout(&output).contains("--max-memory"));
    }
    assert_eq!(stdout(&guest.run(&["-n", "1"])), "hello\n");
}

#[test]
fn a_module_that_is_no_command_is_refused_in_one_line() {
    let guest = Bundle::new("");
    failed_in_one_line(&guest.run(&[]), "_start");
    let guest = Bundle::new(HELLO);
    let other = r#"(module (import "net" "open" (func)) (func (export "_start")))"#;
    let path = guest.dir.path().join("other.wasm");
    fs::write(&path, wat::parse_str(other).unwrap()).unwrap();
    assert!(
        common::bundle(common::HOST, &path, &guest.program)
            .status
            .success()
    );
    failed_in_one_line(&guest.run(&[]), "net::open");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_once_the_benchmark_is_done() {
    let guest = Bundle::new(HELLO);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = guest.command(&["bench", "--json"]);
    let output = command.stdout(full).output().unwrap();
    failed_in_one_line(&output, "cannot write to stdout: No space left");

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut command = guest.command(&["bench", "--json"]);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

#[test]
fn the_benchmark_gets_what_only_the_host_knows() {
    let guest = Bundle::new(
        r#"(data (i32.const 64) "{\"model\":\"m\",\"decode_tok_s\":7.5}\n")
        (func (export "_start") (drop (call $write (i32.const 64) (i32.const 33))))"#,
    );
    let output = guest.run(&["bench", "--json"]);
    assert_eq!(stdout(&output).lines().count(), 1);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["model"], "m");
    assert_eq!(object["decode_tok_s"], 7.5);
    let (ready, first) = (&object["ready_ms"], &object["first_token_ms"]);
    assert!(
        0.0 < ready.as_f64().unwrap() && ready.as_f64() <= first.as_f64(),
        "{object}"
    );
    assert!(
        object["resident_bytes"].as_u64().unwrap() > 1 << 20,
        "{object}"
    );
    assert_eq!(
        Bundle::new(HELLO).run(&["bench", "--json"]).stdout,
        b"hello\n"
    );
}
