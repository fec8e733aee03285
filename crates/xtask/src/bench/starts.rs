//! How long starts take and what they hold, measured from outside, for all hosts in the same way.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::hosts::{self, Hosts, MODELS};
use super::journal::{Journal, Values, labels, values};
use crate::edition::Edition;
use crate::simd::Simd;
use crate::{child, fetch};

/// Its answer is one token, to a chat prompt of twenty.
const ANSWER: [&str; 8] = [
    "--quiet",
    "--temperature",
    "0",
    "-n",
    "1",
    "-s",
    "Be kind.",
    "Hello there!",
];

/// A context that is long, and little else.
const LONG: [&str; 10] = [
    "bench",
    "--json",
    "--context",
    "2000",
    "--prefill",
    "8",
    "--decode",
    "8",
    "--repeat",
    "1",
];

pub fn measure(journal: &mut Journal, hosts: &Hosts, rounds: usize) -> Result<()> {
    let edition = Edition::Default;
    let akio = hosts.akio(edition)?;
    // Nothing can be written below a file.
    let no_cache = hosts.akio_with(edition, &hosts.config);
    let wasmtime = hosts.wasmtime(edition, Simd::Relaxed, true);
    let uncached = hosts.wasmtime(edition, Simd::Relaxed, false);
    let node = hosts.node(edition, Simd::Plain);
    for round in 1..=rounds {
        for (host, kind, command, emptied) in [
            ("dist/akio", "first", &akio, Some(&*hosts.akio_cache)),
            ("dist/akio", "later", &akio, None),
            ("dist/akio", "no folder for a cache", &no_cache, None),
            ("wasmtime", "first", &wasmtime, Some(&*hosts.wasmtime_cache)),
            ("wasmtime", "later", &wasmtime, None),
            ("wasmtime", "cache off", &uncached, None),
            ("Node", "every", &node, None),
        ] {
            let row = labels([("host", host), ("start", kind)]);
            journal.measure(&row, round, || Ok(Some(start(command, emptied)?.values())))?;
        }
    }
    for edition in MODELS {
        let row = labels([
            ("host", "dist/akio"),
            ("model", hosts::name(edition)),
            ("context", "2000"),
        ]);
        journal.measure(&row, 1, || {
            let said = hosts::json(&hosts.akio(edition)?, &LONG)?;
            Ok(Some(values([(
                "resident_bytes",
                said["resident_bytes"].as_f64(),
            )])))
        })?;
    }
    Ok(())
}

/// One start of each kind.
pub struct Start {
    /// From the start of the process to the end of `--version`, which needs everything but the model.
    load: Duration,
    /// The same of `info`, which reads the model too.
    pub info: Duration,
    /// To the first byte of an answer.
    pub first_token: Duration,
    /// The most memory during that answer, where it is known.
    pub resident: Option<u64>,
}

impl Start {
    fn values(&self) -> Values {
        values([
            ("load_ms", Some(milliseconds(self.load))),
            ("info_ms", Some(milliseconds(self.info))),
            ("first_token_ms", Some(milliseconds(self.first_token))),
            ("resident_bytes", self.resident.map(|bytes| bytes as f64)),
        ])
    }
}

/// Starts a host three times; the folder `emptied` is removed before each.
pub fn start(host: &Command, emptied: Option<&Path>) -> Result<Start> {
    let empty = || emptied.map_or(Ok(()), fetch::remove);
    let timed = |argument: &str| -> Result<Duration> {
        empty()?;
        let begin = Instant::now();
        child::output(hosts::with(host, &[argument]))?;
        Ok(begin.elapsed())
    };
    let (load, info) = (timed("--version")?, timed("info")?);
    empty()?;
    let (first_token, resident) = answer(hosts::with(host, &ANSWER))?;
    Ok(Start {
        load,
        info,
        first_token,
        resident,
    })
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Time from the start of the process to its first byte on stdout, and the most memory that it held
/// (known on Linux only).
fn answer(mut host: Command) -> Result<(Duration, Option<u64>)> {
    let begin = Instant::now();
    let mut child = host
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", Path::new(host.get_program()).display()))?;
    let mut stdout = child.stdout.take().context("a child without stdout")?;
    let first_byte = thread::spawn(move || {
        let first = stdout.read_exact(&mut [0]).map(|()| begin.elapsed());
        let rest = stdout.read_to_end(&mut Vec::new());
        first.and_then(|time| rest.map(|_| time))
    });
    let mut resident = None;
    let status = loop {
        resident = peak_resident(&child).or(resident);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "an answer failed ({status})");
    let time = first_byte
        .join()
        .ok()
        .context("reading an answer failed")??;
    Ok((time, resident))
}

/// The high-water mark of a running process, in bytes.
fn peak_resident(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
