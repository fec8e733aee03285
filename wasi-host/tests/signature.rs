//! Signatures: only what the named key has signed is run or called signed.

mod common;

use common::{Bundle, HELLO, stderr, stdout};
use minisign::KeyPair;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Output;

/// A program that is signed, and the key to check it with.
struct Signed {
    guest: Bundle,
    key: String,
}

impl Signed {
    fn new() -> Self {
        let guest = Bundle::new(HELLO);
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let content = File::open(&guest.program).unwrap();
        let comment = Some("akio 1");
        let signature = minisign::sign(Some(&pair.pk), &pair.sk, content, comment, None).unwrap();
        let signed = Self {
            guest,
            key: pair.pk.to_base64(),
        };
        fs::write(signed.beside(), signature.into_string()).unwrap();
        fs::write(
            signed.path("key.pub"),
            pair.pk.to_box().unwrap().into_string(),
        )
        .unwrap();
        signed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.guest.dir.path().join(name)
    }

    fn beside(&self) -> PathBuf {
        self.path("akio.minisig")
    }

    fn run(&self, args: &[&str]) -> Output {
        self.guest
            .command(args)
            .current_dir(self.guest.dir.path())
            .output()
            .unwrap()
    }

    fn refused(&self, args: &[&str], part: &str) {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(
            stderr(&output).contains(part),
            "{} without {part}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn what_is_signed_runs_and_is_called_signed() {
    let signed = Signed::new();
    for key in [&*signed.key, "key.pub"] {
        assert_eq!(stdout(&signed.run(&["--public-key", key])), "hello\n");
        let verified = signed.run(&["verify", "akio", "--public-key", key]);
        assert_eq!(stdout(&verified), "signed: akio 1\n");
    }
    fs::rename(signed.beside(), signed.path("elsewhere")).unwrap();
    let args = [
        "verify",
        "akio",
        "--signature",
        "elsewhere",
        "--public-key",
        "key.pub",
    ];
    assert_eq!(stdout(&signed.run(&args)), "signed: akio 1\n");
}

#[test]
fn what_is_not_signed_by_this_key_does_not_run() {
    let signed = Signed::new();
    let other = KeyPair::generate_unencrypted_keypair()
        .unwrap()
        .pk
        .to_base64();
    signed.refused(&["--public-key", &other], "signed with another key");
    let good = fs::read_to_string(signed.beside()).unwrap();
    fs::write(signed.beside(), "no signature").unwrap();
    signed.refused(&["--public-key", "key.pub"], "no signature of minisign");
    fs::remove_file(signed.beside()).unwrap();
    signed.refused(&["--public-key", "key.pub"], "it has no signature");
    fs::write(signed.beside(), good).unwrap();
    let mut changed = fs::read(&signed.guest.program).unwrap();
    let end = changed.len() - 200;
    changed[end] ^= 1;
    common::install(&changed, &signed.guest.program);
    signed.refused(&["--public-key", "key.pub"], "not what was signed");
    signed.refused(
        &["verify", "akio", "--public-key", "key.pub"],
        "not what was signed",
    );
}

#[test]
fn a_key_is_pinned_by_the_environment_or_a_file() {
    let signed = Signed::new();
    let config = signed.path("config.toml");
    fs::write(&config, format!("public-key = \"{}\"\n", signed.key)).unwrap();
    let pinned = |args: &[&str]| {
        let mut command = signed.guest.command(args);
        command.env("AKIO_CONFIG", &config);
        command
    };
    assert_eq!(stdout(&pinned(&[]).output().unwrap()), "hello\n");
    let other = KeyPair::generate_unencrypted_keypair()
        .unwrap()
        .pk
        .to_base64();
    let output = pinned(&[]).env("AKIO_PUBLIC_KEY", &other).output().unwrap();
    assert!(
        stderr(&output).contains("another key"),
        "{}",
        stderr(&output)
    );
    let output = pinned(&["--public-key", &signed.key])
        .env("AKIO_PUBLIC_KEY", &other)
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "hello\n");
}

#[test]
fn a_key_that_is_none_is_a_wrong_flag() {
    let signed = Signed::new();
    for args in [&["--public-key", "nonsense"][..], &["verify", "akio"]] {
        let output = signed.run(args);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("--public-key"),
            "{}",
            stderr(&output)
        );
    }
}
