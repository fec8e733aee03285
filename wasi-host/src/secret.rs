//! What a sealed model is opened with: a key file, a passphrase in the environment, or one that is typed.

use crate::error::HostError;
use crate::platform;
use crate::terminal::INTERRUPTED;
use akio_seal::Secret;
use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process;
use zeroize::Zeroizing;

/// The variable that may hold the passphrase.
const PASSPHRASE: &str = "AKIO_PASSPHRASE";

/// Longest passphrase that can be typed, in bytes.
const LONGEST: usize = 1024;

/// Whether there is a secret that nobody has to type.
pub fn is_given(key_file: Option<&Path>) -> bool {
    key_file.is_some() || env::var_os(PASSPHRASE).is_some_and(|passphrase| !passphrase.is_empty())
}

/// What is to open a model.
///
/// # Errors
/// [`HostError::NoKey`] where none is given and nobody can be asked, [`HostError::Seal`] if it is too short,
/// [`HostError::Io`] if the key file cannot be read.
pub fn find(key_file: Option<&Path>) -> Result<Secret, HostError> {
    match given(key_file)? {
        Some(secret) => Ok(secret),
        None => Ok(Secret::new(ask("Passphrase: ")?)?),
    }
}

/// What is to seal a model; who types it types it twice.
///
/// # Errors
/// Those of [`find`], and [`HostError::Usage`] if the two differ.
pub fn choose(key_file: Option<&Path>) -> Result<Secret, HostError> {
    if let Some(secret) = given(key_file)? {
        return Ok(secret);
    }
    let passphrase = Zeroizing::new(ask("New passphrase: ")?);
    let again = Zeroizing::new(ask("Once more: ")?);
    if passphrase != again {
        return Err(HostError::Usage("the two passphrases differ".into()));
    }
    Ok(Secret::new(passphrase.to_vec())?)
}

fn given(key_file: Option<&Path>) -> Result<Option<Secret>, HostError> {
    if let Some(path) = key_file {
        let reading = HostError::io(format!("cannot read {}", path.display()));
        return Ok(Some(Secret::new(fs::read(path).map_err(reading)?)?));
    }
    match env::var_os(PASSPHRASE) {
        Some(passphrase) if !passphrase.is_empty() => {
            Ok(Some(Secret::new(passphrase.into_encoded_bytes())?))
        }
        _ => Ok(None),
    }
}

/// One line from the terminal; it is not shown.
fn ask(question: &str) -> Result<Vec<u8>, HostError> {
    match platform::ask_hidden(question, LONGEST) {
        Ok(line) => line.ok_or(HostError::NoKey),
        // As if the terminal had sent the signal.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => process::exit(INTERRUPTED),
        Err(error) => Err(HostError::io("cannot ask for the passphrase")(error)),
    }
}
