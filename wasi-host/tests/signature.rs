//! Signatures: only what the named key has signed is run or called signed.

mod common;

use blake2::{Blake2b512, Digest};
use common::{Bundle, HELLO, stderr, stdout};
use ed25519_compact::{KeyPair, Seed};
use std::fs;
use std::path::PathBuf;
use std::process::Output;

/// Who signs, in the format of minisign.
struct Signer {
    pair: KeyPair,
    id: [u8; 8],
}

impl Signer {
    fn new(seed: u8) -> Self {
        Self {
            pair: KeyPair::from_seed(Seed::new([seed; 32])),
            id: [seed; 8],
        }
    }

    fn public_key(&self) -> String {
        base64(&[&b"Ed"[..], &self.id, &*self.pair.pk].concat())
    }

    fn sign(&self, content: &[u8], comment: &str) -> String {
        let signature = self.pair.sk.sign(Blake2b512::digest(content), None);
        let both = [&*signature, comment.as_bytes()].concat();
        format!(
            "untrusted comment: of a test\n{}\ntrusted comment: {comment}\n{}\n",
            base64(&[&b"ED"[..], &self.id, &*signature].concat()),
            base64(&*self.pair.sk.sign(both, None)),
        )
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let number = (0..3).fold(0, |number, at| {
            number << 8 | bytes.get(at).map_or(0, |byte| usize::from(*byte))
        });
        let digit = |place: usize| match place <= bytes.len() {
            true => char::from(DIGITS[number >> (18 - 6 * place) & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// A program that is signed, and the key to check it with.
struct Signed {
    guest: Bundle,
    key: String,
}

impl Signed {
    fn new() -> Self {
        let guest = Bundle::new(HELLO);
        let signer = Signer::new(7);
        let signed = Self {
            guest,
            key: signer.public_key(),
        };
        let content = fs::read(&signed.guest.program).unwrap();
        fs::write(signed.beside(), signer.sign(&content, "akio 1")).unwrap();
        let key_file = format!("untrusted comment: of a test\n{}\n", signed.key);
        fs::write(signed.path("key.pub"), key_file).unwrap();
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
    let other = Signer::new(8).public_key();
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
    let other = Signer::new(8).public_key();
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
