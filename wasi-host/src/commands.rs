//! The host's own commands: the first argument says which, the rest is theirs.

use crate::error::HostError;
use clap::Parser;
use clap::error::ErrorKind;
use std::io::{self, Write};

/// Reads a command's arguments, its name first. None if help was asked for; it is printed then.
///
/// # Errors
/// [`HostError::Usage`] for arguments that it does not take.
pub fn parse<T: Parser>(args: &[String]) -> Result<Option<T>, HostError> {
    match T::try_parse_from(args) {
        Ok(args) => Ok(Some(args)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            // Whoever closed stdout has read enough.
            let _ = write!(io::stdout(), "{error}");
            Ok(None)
        }
        Err(error) => Err(HostError::Usage(first_paragraph(&error.to_string()))),
    }
}

/// What is wrong, without the usage and the hints below it.
fn first_paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let said: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let said = said.join(" ");
    said.strip_prefix("error: ").unwrap_or(&said).to_owned()
}

/// Prints what a command is asked for.
///
/// # Errors
/// [`HostError::Io`] if stdout fails, unless its reader has gone.
pub fn print(bytes: &[u8]) -> Result<(), HostError> {
    match io::stdout().write_all(bytes) {
        // Whoever closed stdout has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(HostError::io("cannot write to stdout")),
    }
}
