//! Weights at a URL, fetched by curl, which goes on where a cut transfer stopped.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::fetch::{bytes_bar, remove, size};
use crate::model::Lock;
use crate::{child, setup};

/// Fetches the file into `partial`, or the rest of it.
pub fn fetch(lock: &Lock, url: &str, partial: &Path) -> Result<PathBuf> {
    ensure!(
        setup::in_path("curl").is_some(),
        "curl is needed to fetch {url}"
    );
    let file = partial.join(format!("{}.download", lock.file));
    if size(&file) > lock.bytes {
        remove(&file)?;
    }
    if size(&file) < lock.bytes {
        let bar = bytes_bar(&format!("fetching {}", lock.name), lock.bytes)?;
        let mut curl = child::program("curl");
        curl.args([
            "--fail",
            "--location",
            "--silent",
            "--show-error",
            "--continue-at",
            "-",
            "--output",
        ])
        .arg(&file)
        .arg(url);
        let mut curl = curl
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start curl")?;
        while curl.try_wait()?.is_none() {
            bar.set_position(size(&file));
            thread::sleep(Duration::from_millis(100));
        }
        let ended = curl.wait_with_output()?;
        bar.finish_and_clear();
        ensure!(
            ended.status.success(),
            "cannot fetch {url}: {}",
            String::from_utf8_lossy(&ended.stderr).trim_end()
        );
    }
    Ok(file)
}
