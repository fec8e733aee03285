//! What a sealed model is opened with: a key file, a passphrase in the environment, or one that is typed.

use crate::error::HostError;
use crate::terminal::INTERRUPTED;
use akio_seal::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process;
use zeroize::Zeroizing;

/// The variable that may hold the passphrase.
const PASSPHRASE: &str = "AKIO_PASSPHRASE";

/// Longest passphrase that can be typed. Its memory does not move while it grows.
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
        Some(passphrase) if !passphrase.is_empty() => Ok(Some(Secret::new(passphrase.into_vec())?)),
        _ => Ok(None),
    }
}

/// One line from the terminal of this process, wherever its streams go; it is not shown.
fn ask(question: &str) -> Result<Vec<u8>, HostError> {
    let failed = || HostError::io("cannot ask for the passphrase");
    // Without a terminal there is nobody.
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else {
        return Err(HostError::NoKey);
    };
    let hidden = Hidden::new(&terminal).map_err(failed())?;
    (&terminal)
        .write_all(question.as_bytes())
        .map_err(failed())?;
    let line = read_line(&terminal);
    drop(hidden);
    // The Enter was not shown either.
    let _ = (&terminal).write_all(b"\n");
    match line {
        // As if the terminal had sent the signal.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => process::exit(INTERRUPTED),
        line => line.map_err(failed()),
    }
}

fn read_line(mut terminal: &File) -> io::Result<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        let mut key = [0];
        terminal.read_exact(&mut key)?;
        match key {
            [b'\r' | b'\n' | 4] => return Ok(std::mem::take(&mut line)),
            [3] => return Err(io::ErrorKind::Interrupted.into()),
            [8 | 127] => drop(line.pop()),
            [21] => line.clear(),
            [key] if line.len() < LONGEST => line.push(key),
            _ => {}
        }
    }
}

/// A terminal that shows nothing of what is typed and gives every key at once, Ctrl-C too, until this goes.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}
