//! `akio diff` and `akio patch`: an update that leaves out what both files have, which is mostly the model.

use crate::commands;
use crate::error::HostError;
use akio_delta::DeltaError;
use akio_pack::files;
use clap::{Command, CommandFactory, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Write what makes one file out of another
#[derive(Parser, Debug)]
#[command(
    name = "diff",
    bin_name = "akio diff",
    after_help = "\
The files may be modules, executables, or any others. Both are held in memory; the same files give the
same update.

Example:
  akio diff akio-1.wasm akio-2.wasm -o update.akd",
    max_term_width = 100
)]
struct DiffArgs {
    /// The file that is to be updated
    old: PathBuf,
    /// What is to become of it
    new: PathBuf,
    /// The update to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Make the new file out of the old one and an update
#[derive(Parser, Debug)]
#[command(
    name = "patch",
    bin_name = "akio patch",
    after_help = "\
The sha256 of the old file is compared before, that of the new one after, and only then does the new
file take its place.

Examples:
  akio patch akio.wasm update.akd
  akio patch akio.wasm update.akd -o akio-2.wasm",
    max_term_width = 100
)]
struct PatchArgs {
    /// The file that the update was made for
    old: PathBuf,
    /// What akio diff wrote
    update: PathBuf,
    /// The file to write [default: the old one is replaced]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Their command lines.
pub fn commands() -> [Command; 2] {
    [DiffArgs::command(), PatchArgs::command()]
}

/// Runs `akio diff`.
///
/// # Errors
/// [`HostError::Usage`], [`HostError::Update`], or what reading and writing fails with.
pub fn diff(args: &[String]) -> Result<(), HostError> {
    let Some(args) = commands::parse::<DiffArgs>(args)? else {
        return Ok(());
    };
    let (old, new) = (files::read(&args.old)?, files::read(&args.new)?);
    let bar = bar("comparing");
    files::replace(&args.output, |out| {
        let mut out = BufWriter::new(out);
        akio_delta::diff(
            &old,
            &new,
            &mut |done, total| show(&bar, done, total),
            &mut out,
        )
        .and_then(|()| Ok(out.flush()?))
        .map_err(failed("write", &args.output))
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// Runs `akio patch`.
///
/// # Errors
/// As [`diff`].
pub fn patch(args: &[String]) -> Result<(), HostError> {
    let Some(args) = commands::parse::<PatchArgs>(args)? else {
        return Ok(());
    };
    let reading = |path: &Path| HostError::io(format!("cannot read {}", path.display()));
    let mut old = File::open(&args.old).map_err(reading(&args.old))?;
    let permissions = old.metadata().map_err(reading(&args.old))?.permissions();
    let mut update = File::open(&args.update).map_err(reading(&args.update))?;
    let bar = bar("updating");
    let output = args.output.as_ref().unwrap_or(&args.old);
    files::replace(output, |out| {
        // An executable stays one.
        out.set_permissions(permissions)
            .map_err(HostError::io(format!("cannot write {}", output.display())))?;
        let mut out = BufWriter::new(out);
        let mut progress = |done, total| show(&bar, done, total);
        akio_delta::patch(&mut old, &mut update, &mut progress, &mut out)
            .and_then(|()| Ok(out.flush()?))
            .map_err(failed("make", output))
    })?;
    bar.finish_and_clear();
    Ok(())
}

fn failed(what: &str, path: &Path) -> impl FnOnce(DeltaError) -> HostError {
    let what = format!("cannot {what} {}", path.display());
    move |error| match error {
        DeltaError::Io(source) => HostError::Io { what, source },
        error => HostError::Update(error),
    }
}

/// On stderr, where that is a terminal.
fn bar(what: &str) -> ProgressBar {
    let template = format!("{what} {{wide_bar}} {{bytes}}/{{total_bytes}}");
    ProgressBar::new(0).with_style(
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}

fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
