//! Small guests, bundled into the real host and run as the real program.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub const HOST: &str = env!("CARGO_BIN_EXE_akio-host");

/// What every guest begins with: `$write` puts bytes on stdout and `$read` takes
/// them from stdin (both give an errno; the count is at address 8), `$exit` ends.
/// Addresses below 64 are theirs.
const PRELUDE: &str = r#"
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2)
    (func $write (param $at i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func $read (param $at i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
"#;

pub const HELLO: &str = r#"
    (data (i32.const 64) "hello\n")
    (func (export "_start") (drop (call $write (i32.const 64) (i32.const 6))))"#;

/// Copies stdin to stdout.
pub const CAT: &str = r#"
    (func (export "_start")
        (loop $more
            (br_if $more (block $end (result i32)
                (drop (call $read (i32.const 64) (i32.const 4096)))
                (drop (br_if $end (i32.const 0) (i32.eqz (i32.load (i32.const 8)))))
                (drop (call $write (i32.const 64) (i32.load (i32.const 8))))
                (i32.const 1)))))"#;

/// A model of noise.
pub const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/tiny/tiny.gguf");

/// Prints the first eight bytes of the model in its slot.
const WITH_SLOT: &str = r#"
    (data (i32.const 64) "AKIO-MODEL-SLOT\01\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
    (func (export "_start") (drop (call $write (i32.load (i32.const 80)) (i32.const 8))))"#;

/// A program with a slot, and the folder that it works in.
pub struct Work(pub Bundle);

impl Work {
    pub fn new() -> Self {
        Self(Bundle::new(WITH_SLOT))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.dir.path().join(name)
    }

    pub fn try_run(&self, args: &[&str]) -> Output {
        self.0
            .command(args)
            .current_dir(self.0.dir.path())
            .output()
            .unwrap()
    }

    pub fn run(&self, args: &[&str]) -> String {
        let output = self.try_run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        stdout(&output).to_owned()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A directory with a guest bundled into a host, and a cache of its own.
pub struct Bundle {
    pub dir: TempDir,
    pub program: PathBuf,
    pub cache: PathBuf,
}

impl Bundle {
    pub fn new(guest: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("akio");
        let output = bundle(HOST, &module(dir.path(), guest), &program);
        assert!(output.status.success(), "{output:?}");
        let cache = dir.path().join("cache");
        Self {
            dir,
            program,
            cache,
        }
    }

    /// The program with its own cache, no home and no input.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .env_clear()
            .env("AKIO_CACHE", &self.cache)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The modules in the cache.
    pub fn cached(&self) -> Vec<PathBuf> {
        let modules = self.cache.join("modules");
        fs::read_dir(modules)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

/// Writes a guest as a module into `dir`.
pub fn module(dir: &Path, guest: &str) -> PathBuf {
    let path = dir.join("guest.wasm");
    fs::write(
        &path,
        wat::parse_str(format!("(module {PRELUDE} {guest})")).unwrap(),
    )
    .unwrap();
    path
}

pub fn bundle(host: impl AsRef<Path>, module: &Path, out: &Path) -> Output {
    Command::new(host.as_ref())
        .arg("--bundle")
        .arg(module)
        .arg("-o")
        .arg(out)
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Whether the program ended with one line of its own on stderr, and code 3.
pub fn failed_in_one_line(output: &Output, part: &str) {
    let line = stderr(output);
    assert_eq!(output.status.code(), Some(3), "{line}");
    assert!(
        line.starts_with("akio: ") && line.ends_with('\n'),
        "{line:?}"
    );
    assert_eq!(line.lines().count(), 1, "{line:?}");
    assert!(line.contains(part), "{line:?} without {part:?}");
}

/// Writes an executable through another process. If this one did, a test that
/// starts a program at the same moment could hold the file open for writing.
pub fn install(content: &[u8], path: &Path) {
    let source = path.with_extension("content");
    fs::write(&source, content).unwrap();
    fs::set_permissions(&source, Permissions::from_mode(0o755)).unwrap();
    assert!(
        Command::new("cp")
            .arg(&source)
            .arg(path)
            .status()
            .unwrap()
            .success()
    );
}
