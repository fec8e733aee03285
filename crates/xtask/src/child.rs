//! Child processes: cargo, npm, pip and our own tools.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::paths;

/// How many lines of a failed child's output are shown.
const TAIL: usize = 100;

/// The cargo that runs this program, at the workspace root and with its target directory. The
/// arguments are words separated by spaces.
pub fn cargo(arguments: &str) -> Result<Command> {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments.split_whitespace())
        .env("CARGO_TARGET_DIR", paths::target()?);
    Ok(command)
}

/// Any other program, at the workspace root.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(paths::root());
    command
}

/// Runs a child whose output is shown only if it fails; its last line appears beside the spinner.
pub fn quiet(command: Command, spinner: &ProgressBar) -> Result<()> {
    captured(command, spinner).map(drop)
}

/// The same, for a child that has something to say: returns the last lines of its output.
pub fn captured(mut command: Command, spinner: &ProgressBar) -> Result<String> {
    let line = describe(&command);
    let (output, ours) = io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(ours.try_clone()?)
        .stderr(ours)
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    // The command holds our ends of the pipe: the output ends only when the child alone has it.
    drop(command);
    let mut tail = VecDeque::with_capacity(TAIL);
    for bytes in BufReader::new(output).split(b'\n') {
        let text = String::from_utf8_lossy(&bytes?).trim_end().to_owned();
        spinner.set_message(text.trim_start().to_owned());
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(text);
    }
    let status = child.wait()?;
    spinner.set_message("");
    let tail = Vec::from(tail).join("\n");
    if !status.success() {
        bail!("`{line}` failed ({status}):\n{tail}");
    }
    Ok(tail)
}

/// Runs a child that writes to our own stdout and stderr.
pub fn loud(mut command: Command) -> Result<()> {
    let line = describe(&command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// What a child writes to stdout, for short questions such as `node --version`.
pub fn output(mut command: Command) -> Result<String> {
    let line = describe(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}):\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command line as a person would type it.
fn describe(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
