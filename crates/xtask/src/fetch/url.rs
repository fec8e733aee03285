//! Files at URLs, fetched by curl, going on where a cut transfer stopped.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::fetch::{bytes_bar, remove, size, verify};
use crate::model::Lock;
use crate::{child, setup};

/// How curl ends when the server cannot send a part of a file.
const CANNOT_RESUME: i32 = 33;

/// Fetches the model's file into `partial`; the result is verified.
pub fn fetch(lock: &Lock, url: &str, partial: &Path) -> Result<PathBuf> {
    setup::curl()?;
    let file = partial.join(format!("{}.download", lock.file));
    let bar = bytes_bar(&format!("fetching {}", lock.name), lock.bytes)?;
    download(url, &file, lock.bytes, &bar)?;
    bar.finish_and_clear();
    verify::verify(&file, lock)?;
    Ok(file)
}

/// Fetches what `file` lacks of its `bytes` bytes; the bar moves on by all of them.
pub fn download(url: &str, file: &Path, bytes: u64, bar: &ProgressBar) -> Result<()> {
    if size(file) > bytes {
        remove(file)?;
    }
    let have = size(file);
    bar.inc(have);
    // What was there already says nothing about the speed.
    bar.reset_eta();
    if have == bytes {
        return Ok(());
    }
    let mut output = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    let mut curl = child::program("curl");
    curl.args(["--fail", "--location", "--silent", "--show-error"])
        // Without these a line that went dead would be waited for.
        .args(["--connect-timeout", "30"])
        .args(["--speed-limit", "1", "--speed-time", "60"])
        .args(["--continue-at", &have.to_string()])
        .arg(url);
    let mut curl = curl
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start curl")?;
    let body = curl.stdout.take().context("curl has no stdout")?;
    // Written here: curl then ends when this program does, and a full disk is told from a cut line.
    let written = io::copy(&mut bar.wrap_read(body), &mut output);
    let ended = curl.wait_with_output()?;
    written.with_context(|| format!("cannot write {}", file.display()))?;
    if !ended.status.success() {
        if size(file) == 0 || ended.status.code() == Some(CANNOT_RESUME) {
            remove(file)?;
        }
        bail!(
            "cannot fetch {url}: {}",
            String::from_utf8_lossy(&ended.stderr).trim_end()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const CONTENT: &[u8] = b"weights of a model";
    const CUT: usize = 7;

    /// Answers one request with the head and the body given, and returns the request.
    fn answer(listener: &TcpListener, head: &str, body: &[u8]) -> Vec<String> {
        let (mut connection, _) = listener.accept().unwrap();
        let lines = BufReader::new(connection.try_clone().unwrap()).lines();
        let request = lines
            .map(|line| line.unwrap().to_lowercase())
            .take_while(|line| !line.is_empty())
            .collect();
        write!(connection, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").unwrap();
        connection.write_all(body).unwrap();
        request
    }

    #[test]
    fn a_cut_transfer_goes_on_at_the_byte_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let (bytes, rest) = (CONTENT.len(), CONTENT.len() - CUT);
        let server = thread::spawn(move || {
            let whole = format!("200 OK\r\nContent-Length: {bytes}");
            let first = answer(&listener, &whole, &CONTENT[..CUT]);
            let part = format!(
                "206 Partial Content\r\nContent-Length: {rest}\r\nContent-Range: bytes {CUT}-{}/{bytes}",
                bytes - 1
            );
            (first, answer(&listener, &part, &CONTENT[CUT..]))
        });

        let bar = ProgressBar::hidden();
        let error = download(&url, &file, bytes as u64, &bar).unwrap_err();
        assert!(error.to_string().contains(&url), "{error}");
        assert_eq!(fs::read(&file).unwrap(), CONTENT[..CUT]);
        bar.reset();
        download(&url, &file, bytes as u64, &bar).unwrap();
        assert_eq!(fs::read(&file).unwrap(), CONTENT);
        assert_eq!(bar.position(), bytes as u64);

        let (first, second) = server.join().unwrap();
        assert!(!first.iter().any(|line| line.starts_with("range:")));
        assert!(
            second.contains(&format!("range: bytes={CUT}-")),
            "{second:?}"
        );
    }

    #[test]
    fn a_full_disk_is_told_from_a_cut_line() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        fs::write(&there, CONTENT).unwrap();
        let url = format!("file://{}", there.display());
        let error = download(&url, full, CONTENT.len() as u64, &ProgressBar::hidden()).unwrap_err();
        assert!(crate::is_disk_full(&error), "{error:#}");
    }
}
