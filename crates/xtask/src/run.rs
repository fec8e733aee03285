//! From clone to an answer: fetch and build what is missing, then become the native executable.

use std::process::Command;

use anyhow::Result;

use crate::edition::Edition;
use crate::{build, paths};

pub fn run(edition: Edition, arguments: &[String]) -> Result<()> {
    build::executable(edition)?;
    let mut akio = Command::new(paths::dist().join(edition.artefact()));
    become_program(akio.args(arguments))
}

/// Replaces this process, so that Ctrl-C and the exit code are akio's own.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    std::process::exit(command.status()?.code().unwrap_or(1));
}
