//! Whether a file is the one the lock file means.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::fetch::bytes_bar;
use crate::model::Lock;
use crate::step::hex;

/// Compares size and sha256 with the lock file.
///
/// # Errors
///
/// A file that differs is removed, so that the next try begins anew.
pub fn verify(file: &Path, lock: &Lock) -> Result<()> {
    let differs = difference(file, lock)?;
    if differs.is_some() {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    ensure!(
        differs.is_none(),
        "{} is not the file that was locked ({})",
        file.display(),
        differs.unwrap_or_default()
    );
    Ok(())
}

fn difference(file: &Path, lock: &Lock) -> Result<Option<String>> {
    let mut input = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bytes = input.metadata()?.len();
    if bytes != lock.bytes {
        return Ok(Some(format!("{bytes} bytes instead of {}", lock.bytes)));
    }
    let bar = bytes_bar(&format!("verifying {}", lock.name), bytes)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                digest.update(buffer.get(..read).unwrap_or_default());
                bar.inc(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        }
    }
    bar.finish_and_clear();
    let found = hex(&digest.finalize());
    Ok((found != lock.sha256).then(|| format!("sha256 {found} instead of {}", lock.sha256)))
}

/// Notes that the file was verified as it is now.
pub fn remember(file: &Path) -> Result<()> {
    let note = note(file);
    fs::write(&note, state(file)?).with_context(|| format!("cannot write {}", note.display()))
}

/// Whether the file is unchanged since it was verified: hashing half a gigabyte at each start would be felt.
pub fn is_verified(file: &Path) -> bool {
    match (fs::read_to_string(note(file)), state(file)) {
        (Ok(then), Ok(now)) => then == now,
        _ => false,
    }
}

fn note(file: &Path) -> PathBuf {
    file.with_extension("verified")
}

/// Size and time of change.
fn state(file: &Path) -> Result<String> {
    let metadata = fs::metadata(file)?;
    let changed = metadata
        .modified()?
        .duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(format!(
        "{} bytes, changed {}\n",
        metadata.len(),
        changed.as_nanos()
    ))
}
