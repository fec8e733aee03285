//! `akio doctor`: what is wrong with this machine, or with a file.

use crate::bundle::{Bundle, Part};
use crate::commands;
use crate::config;
use crate::engine::{self, WASMTIME_VERSION};
use crate::error::HostError;
use crate::loader;
use crate::options::Options;
use crate::secret;
use crate::weights;
use akio_engine::packed::{Packed, tag};
use akio_pack::PackToolError;
use clap::{Command, CommandFactory, Parser};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Say what is wrong with this machine, or with a file
#[derive(Parser, Debug)]
#[command(
    name = "doctor",
    bin_name = "akio doctor",
    after_help = "\
Each line is one thing that was looked at: ok, note or wrong. Where anything is wrong the exit code is 3.

Examples:
  akio doctor
  akio doctor my-akio.wasm",
    max_term_width = 100
)]
struct DoctorArgs {
    /// A module, an executable or a packed model [default: this executable]
    file: Option<PathBuf>,
}

/// Its command line.
pub fn command() -> Command {
    DoctorArgs::command()
}

/// Runs `akio doctor`; `own` is this executable.
///
/// # Errors
/// [`HostError::Unwell`] if anything is wrong; [`HostError::Usage`]; [`HostError::Io`] if stdout fails.
pub fn run(args: &[String], own: &Path, options: &Options) -> Result<(), HostError> {
    let Some(args) = commands::parse::<DoctorArgs>(args)? else {
        return Ok(());
    };
    let mut report = Report::default();
    report.line("akio", Ok(version()));
    report.line("processor", processor());
    memory(&mut report, options);
    cache(&mut report);
    settings(&mut report);
    file(&mut report, args.file.as_deref().unwrap_or(own), options);
    commands::print(report.text.as_bytes())?;
    match report.wrong {
        0 => Ok(()),
        wrong => Err(HostError::Unwell(wrong)),
    }
}

/// What was looked at.
#[derive(Default)]
struct Report {
    text: String,
    wrong: usize,
}

impl Report {
    fn line(&mut self, what: &str, found: Result<String, HostError>) {
        match found {
            Ok(found) => self.write("ok", what, &found),
            Err(error) => {
                self.wrong += 1;
                self.write("wrong", what, &error.to_string());
            }
        }
    }

    /// Something that is worse than it could be, and no reason not to run.
    fn note(&mut self, what: &str, found: &str) {
        self.write("note", what, found);
    }

    fn write(&mut self, state: &str, what: &str, found: &str) {
        // A string takes everything.
        let _ = writeln!(self.text, "{state:<6} {what:<11} {found}");
    }
}

fn version() -> String {
    format!(
        "{} with wasmtime {WASMTIME_VERSION}, for {} on {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

/// What precompiled code needs ([`engine::for_bundling`]).
fn processor() -> Result<String, HostError> {
    #[cfg(target_arch = "x86_64")]
    {
        let missing: Vec<&str> = [
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect();
        if !missing.is_empty() {
            return Err(HostError::Incompatible(format!(
                "the processor has no {}; use the plain module under a WASI runtime",
                missing.join(" and no ")
            )));
        }
        Ok("has AVX2 and FMA".into())
    }
    #[cfg(not(target_arch = "x86_64"))]
    Ok("has the vector instructions of its architecture".into())
}

/// Only Linux says how much there is without being asked by unsafe code.
fn memory(report: &mut Report, options: &Options) {
    let Ok(info) = fs::read_to_string("/proc/meminfo") else {
        return;
    };
    let bytes = |name: &str| -> Option<u64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        kib.checked_mul(1024)
    };
    let (Some(total), Some(free)) = (bytes("MemTotal:"), bytes("MemAvailable:")) else {
        return;
    };
    let (total, free) = (total >> 20, free >> 20);
    let limit = options.limits.memory >> 20;
    let text = format!("{free} MiB of {total} are free; a run may take {limit}");
    if free < 512 {
        report.note(
            "memory",
            &format!("{text}: little for a model and its context"),
        );
    } else {
        report.line("memory", Ok(text));
    }
}

fn cache(report: &mut Report) {
    let Some(dir) = loader::dir() else {
        report.note(
            "cache",
            "no folder for one: set AKIO_CACHE; each start copies the model",
        );
        return;
    };
    let written = loader::make_private(&dir).and_then(|()| {
        let failed = HostError::io(format!("cannot write to {}", dir.display()));
        tempfile::tempfile_in(&dir).map(drop).map_err(failed)
    });
    match written {
        Ok(()) => report.line(
            "cache",
            Ok(format!("{} is private and can be written", dir.display())),
        ),
        Err(error) => report.note("cache", &format!("{error}; each start copies the model")),
    }
}

/// That they can be read is clear by now: they were.
fn settings(report: &mut Report) {
    if let Some(path) = config::path() {
        let found = if path.exists() { "from" } else { "none in" };
        report.line("settings", Ok(format!("{found} {}", path.display())));
    }
}

fn file(report: &mut Report, path: &Path, options: &Options) {
    report.line(
        "file",
        fs::metadata(path).map_or_else(
            |error| {
                Err(HostError::io(format!("cannot read {}", path.display()))(
                    error,
                ))
            },
            |metadata| Ok(format!("{}, {} bytes", path.display(), metadata.len())),
        ),
    );
    match Bundle::open(path) {
        Ok(bundle) => report.line("code", code(&bundle)),
        // It is no executable of akio; what else it is, the model says.
        Err(HostError::NotBundled | HostError::Io { .. }) => {}
        Err(error) => report.line("code", Err(error)),
    }
    let key_file = options.key_file.as_deref();
    match weights::sealed_len(path) {
        Ok(Some(len)) if !secret::is_given(key_file) => {
            report.note(
                "model",
                &format!("sealed, {len} bytes; with its key more can be said"),
            );
        }
        Err(error) => report.line("model", Err(error)),
        _ => report.line("model", model(path, key_file)),
    }
}

fn code(bundle: &Bundle) -> Result<String, HostError> {
    let mut length = bundle.length(Part::Code);
    loader::load_afresh(&engine::for_running()?, bundle, Part::Code)?;
    if bundle.length(Part::Threads) > 0 {
        length += bundle.length(Part::Threads);
        loader::load_afresh(&engine::for_threads()?, bundle, Part::Threads)?;
    }
    Ok(format!(
        "{length} bytes, the sha256 is right, compiled for this wasmtime and processor"
    ))
}

fn model(path: &Path, key_file: Option<&Path>) -> Result<String, HostError> {
    let model = weights::read_model(path, key_file)?;
    let packed = Packed::open(model.as_slice()).map_err(PackToolError::from)?;
    packed.verify().map_err(PackToolError::from)?;
    let name = packed.text(tag::NAME).map_err(PackToolError::from)?;
    Ok(format!(
        "{name}, {} bytes, the sha256 is right",
        packed.bytes().len()
    ))
}
