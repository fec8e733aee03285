//! One file that runs anywhere, maps its module, and notices damage.

mod common;

use common::{
    Bundle, CAT, HELLO, HOST, bundle, failed_in_one_line, install, module, stderr, stdout,
};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_first_start_writes_the_cache_and_later_ones_map_it() {
    let guest = Bundle::new(CAT);
    assert!(guest.run(&[]).status.success());
    let [cached] = &guest.cached()[..] else {
        panic!("{:?}", guest.cached())
    };
    let metadata = fs::metadata(cached).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o400);
    for dir in [guest.cache.as_path(), &guest.cache.join("modules")] {
        assert_eq!(fs::metadata(dir).unwrap().mode() & 0o777, 0o700);
    }

    let mut child = guest
        .command(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // An answer shows that the guest runs.
    std::io::Write::write_all(&mut stdin, b"x").unwrap();
    std::io::Read::read_exact(&mut child.stdout.take().unwrap(), &mut [0]).unwrap();
    let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(maps.contains(cached.to_str().unwrap()), "{maps}");
    assert_eq!(
        fs::metadata(cached).unwrap().ino(),
        metadata.ino(),
        "written again"
    );
}

#[test]
fn one_file_runs_alone() {
    let guest = Bundle::new(HELLO);
    let alone = tempfile::tempdir().unwrap();
    let copy = alone.path().join("akio");
    install(&fs::read(&guest.program).unwrap(), &copy);
    let run = |command: &mut Command| {
        let output = command
            .env_clear()
            .current_dir(alone.path())
            .output()
            .unwrap();
        assert_eq!((stdout(&output), stderr(&output)), ("hello\n", ""));
    };
    run(Command::new(&copy).env("AKIO_CACHE", alone.path()));
    // The three places of the cache, then none.
    let mut command = Command::new(&copy);
    let home = alone.path().join("home");
    let output = command.env_clear().env("HOME", &home).output().unwrap();
    assert_eq!(stdout(&output), "hello\n");
    assert!(home.join(".cache/akio/modules").is_dir());
    run(&mut Command::new(&copy));
}

#[test]
fn without_a_writable_cache_the_module_is_copied_into_memory() {
    let guest = Bundle::new(HELLO);
    let file = guest.dir.path().join("a file");
    fs::write(&file, "").unwrap();
    let open_to_all = guest.dir.path().join("open to all");
    fs::create_dir_all(open_to_all.join("modules")).unwrap();
    set_mode(&open_to_all.join("modules"), 0o777);
    for cache in [&file, &open_to_all] {
        let output = guest
            .command(&[])
            .env("AKIO_CACHE", cache)
            .output()
            .unwrap();
        assert_eq!((stdout(&output), stderr(&output)), ("hello\n", ""));
    }
    assert_eq!(
        fs::read_dir(open_to_all.join("modules")).unwrap().count(),
        0
    );
}

#[test]
fn a_cached_module_that_is_not_as_it_was_written_is_replaced() {
    let guest = Bundle::new(HELLO);
    guest.run(&[]);
    let [cached] = &guest.cached()[..] else {
        panic!("{:?}", guest.cached())
    };
    let good = fs::read(cached).unwrap();
    // Damaged in place, of another length, and writable.
    for (content, mode) in [
        (vec![0; good.len()], 0o400),
        (Vec::new(), 0o400),
        (good.clone(), 0o600),
    ] {
        fs::remove_file(cached).unwrap();
        fs::write(cached, content).unwrap();
        set_mode(cached, mode);
        let output = guest.run(&[]);
        assert_eq!((stdout(&output), stderr(&output)), ("hello\n", ""));
        assert_eq!(fs::read(cached).unwrap(), good);
        assert_eq!(fs::metadata(cached).unwrap().mode() & 0o777, 0o400);
    }
}

#[test]
fn only_a_few_modules_stay_in_the_cache() {
    let mut guest = Bundle::new(HELLO);
    for number in 0..10 {
        let next = Bundle::new(&format!("{HELLO} (func (result i32) (i32.const {number}))"));
        guest.program = next.program.clone();
        assert_eq!(guest.run(&[]).stdout, b"hello\n");
    }
    assert_eq!(guest.cached().len(), 8);
}

#[test]
fn processes_that_start_at_the_same_time_do_not_disturb_each_other() {
    let guest = Bundle::new(HELLO);
    let start = |_| guest.command(&[]).stdout(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(start).collect();
    for child in children {
        assert_eq!(child.wait_with_output().unwrap().stdout, b"hello\n");
    }
    assert_eq!(guest.cached().len(), 1);
}

#[test]
fn a_damaged_executable_is_one_line() {
    let guest = Bundle::new(HELLO);
    let good = fs::read(&guest.program).unwrap();
    let trailer = good.len() - 232;
    let damage = |content: &[u8]| install(content, &guest.program);

    let mut one_bit = good.clone();
    one_bit[trailer - 100] ^= 1;
    damage(&one_bit);
    failed_in_one_line(&guest.run(&[]), "sha256 has changed");
    assert_eq!(guest.cached().len(), 0);
    let output = guest
        .command(&[])
        .env_remove("AKIO_CACHE")
        .output()
        .unwrap();
    failed_in_one_line(&output, "sha256 has changed");

    let mut version = good.clone();
    version[trailer + 8] = 9;
    damage(&version);
    failed_in_one_line(&guest.run(&[]), "another version");

    let mut length = good.clone();
    length[trailer + 23] = 0xFF;
    damage(&length);
    failed_in_one_line(&guest.run(&[]), "longer than the file");

    damage(&good[..good.len() - 1]);
    failed_in_one_line(&guest.run(&[]), "holds no module, or was cut short");
}

#[test]
fn a_module_that_wasmtime_does_not_take_is_one_line() {
    let guest = Bundle::new(HELLO);
    let good = fs::read(&guest.program).unwrap();
    let (code, trailer) = good.split_at(good.len() - 232);
    let length = u64::from_le_bytes(trailer[16..24].try_into().unwrap()) as usize;
    let (host, code) = code.split_at(code.len() - length);
    // As a host with another version of wasmtime would have written it.
    let version = code
        .windows(3)
        .position(|bytes| bytes == b"\x0248")
        .unwrap();
    let mut code = code.to_vec();
    code[version + 1..][..2].copy_from_slice(b"47");
    let mut trailer = trailer.to_vec();
    trailer[24..56].copy_from_slice(&Sha256::digest(&code));
    install(&[host, &code, &trailer].concat(), &guest.program);
    failed_in_one_line(&guest.run(&[]), "another processor or version");
}

#[test]
fn a_host_without_a_module_says_how_to_seal_one() {
    let output = Command::new(HOST).arg("hello").output().unwrap();
    failed_in_one_line(&output, "akio-host --bundle MODULE.wasm -o OUT");
}

#[test]
fn sealing_again_replaces_the_module() {
    let guest = Bundle::new(CAT);
    let again = guest.dir.path().join("again");
    let output = bundle(&guest.program, &module(guest.dir.path(), HELLO), &again);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(Command::new(&again).output().unwrap().stdout, b"hello\n");
    let once = Bundle::new(HELLO);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&once.program).unwrap());
}

#[test]
fn a_file_that_the_system_stops_is_one_line() {
    // As on a full disk, some bytes are written before one is refused.
    let limited = |command: &[&OsStr], cache: &Path| {
        Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .args(command)
            .env("AKIO_CACHE", cache)
            .output()
            .unwrap()
    };
    let guest = Bundle::new(HELLO);
    let dir = guest.dir.path();
    let out = dir.join("out");
    fs::write(&out, "old").unwrap();
    let before = fs::read_dir(dir).unwrap().count();
    let module = module(dir, HELLO);
    let command = [
        HOST.as_ref(),
        "--bundle".as_ref(),
        module.as_os_str(),
        "-o".as_ref(),
        out.as_os_str(),
    ];
    let message = format!("cannot write {}: File too large", out.display());
    failed_in_one_line(&limited(&command, &guest.cache), &message);
    assert_eq!(fs::read_dir(dir).unwrap().count(), before);
    assert_eq!(fs::read(&out).unwrap(), b"old");

    // Neither the cache nor a file in memory takes the module then.
    let output = limited(&[guest.program.as_os_str()], &guest.cache);
    failed_in_one_line(&output, "cannot copy the module out of the executable");
    assert_eq!(guest.cached().len(), 0);
}

#[test]
fn a_failed_seal_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let wrong = dir.path().join("wrong.wasm");
    fs::write(&wrong, "\0asm but no more").unwrap();
    failed_in_one_line(&bundle(HOST, &wrong, &out), "the module cannot run here");
    failed_in_one_line(
        &bundle(HOST, &dir.path().join("missing.wasm"), &out),
        "missing.wasm",
    );
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    let nowhere = dir.path().join("no/such/dir");
    failed_in_one_line(
        &bundle(HOST, &module(dir.path(), HELLO), &nowhere),
        "cannot write",
    );
}
