//! Signatures in minisign's format: a file is what who has the secret key has signed.

use crate::commands;
use crate::error::HostError;
use crate::options::Options;
use clap::{Command, CommandFactory, Parser};
use minisign_verify::{PublicKey, Signature};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Say whether a file is what who has the key has signed
#[derive(Parser, Debug)]
#[command(
    name = "verify",
    bin_name = "akio verify",
    after_help = "\
The signature is made with minisign: minisign -Sm my-akio

Examples:
  akio verify my-akio --public-key RWQ…
  akio verify my-akio.wasm --public-key minisign.pub --signature elsewhere.minisig",
    max_term_width = 100
)]
struct VerifyArgs {
    /// The file, of any kind
    file: PathBuf,
    /// The signature [default: the file of the same name with .minisig behind it]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

/// Its command line.
pub fn command() -> Command {
    VerifyArgs::command()
}

/// Runs `akio verify`.
///
/// # Errors
/// Those of [`check`], and [`HostError::Usage`].
pub fn verify(args: &[String], options: &Options) -> Result<(), HostError> {
    let Some(args) = commands::parse::<VerifyArgs>(args)? else {
        return Ok(());
    };
    let Some(key) = &options.public_key else {
        return Err(HostError::Usage(
            "name the signer's key with --public-key".into(),
        ));
    };
    let comment = check(&args.file, key, args.signature.as_deref())?;
    // Whoever closed stdout knows enough by the exit code.
    let _ = writeln!(io::stdout(), "signed: {comment}");
    Ok(())
}

/// Compares `file` with its signature, and returns the comment that is signed with it. `key` is a key, or names a
/// file with one.
///
/// # Errors
/// [`HostError::Signature`] if the signature is not there, is no signature, or is one of something else;
/// [`HostError::Usage`] if the key is none; [`HostError::Io`].
pub fn check(file: &Path, key: &str, signature: Option<&Path>) -> Result<String, HostError> {
    let key = public_key(key)?;
    let path = signature.map_or_else(|| beside(file), Path::to_owned);
    let refused = |why: &str| HostError::Signature(format!("{}: {why}", file.display()));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refused(&format!(
                "it has no signature in {}",
                path.display()
            )));
        }
        Err(error) => {
            return Err(HostError::io(format!("cannot read {}", path.display()))(
                error,
            ));
        }
    };
    let signature = Signature::decode(&text)
        .map_err(|_| refused(&format!("{} is no signature of minisign", path.display())))?;
    let mut verifier = key
        .verify_stream(&signature)
        .map_err(|_| refused("it was signed with another key"))?;
    let reading = || HostError::io(format!("cannot read {}", file.display()));
    let mut content = File::open(file).map_err(reading())?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => verifier.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(reading()(error)),
        }
    }
    verifier
        .finalize()
        .map_err(|_| refused("it is not what was signed"))?;
    Ok(signature.trusted_comment().escape_debug().to_string())
}

fn public_key(key: &str) -> Result<PublicKey, HostError> {
    if let Ok(key) = PublicKey::from_base64(key) {
        return Ok(key);
    }
    let no_key = || {
        HostError::Usage(format!(
            "--public-key {key} is no key of minisign, and no file with one"
        ))
    };
    let text = fs::read_to_string(key).map_err(|_| no_key())?;
    PublicKey::decode(&text)
        .or_else(|_| PublicKey::from_base64(text.trim()))
        .map_err(|_| no_key())
}

/// The name that minisign gives a signature.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}
