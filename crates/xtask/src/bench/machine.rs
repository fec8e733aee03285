//! What the speed of a token is held against: how fast this machine reads memory and how fast its clock is,
//! measured here, and what is read and multiplied for a token.

use std::fs;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hosts::{self, Hosts};
use super::journal::{Journal, labels, values};
use super::peers;
use crate::{child, setup, test};

/// About the weights of the default edition, and more than caches hold.
const READ_BYTES: usize = 96 << 20;

/// Reads of all of it by each measurement.
const PASSES: usize = 8;

/// Where something was measured, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_gib: u64,
    pub system: String,
    pub chromium: String,
    pub wasmtime: String,
    pub node: String,
    pub llama_cpp: String,
    pub wllama: String,
}

impl Machine {
    pub fn describe() -> Result<Self> {
        let field = |file: &str, name: &str| -> Option<String> {
            let text = fs::read_to_string(file).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kibibytes: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        let version = |mut program: std::process::Command| -> Result<String> {
            program.arg("--version");
            let said = child::output(program)?;
            let number = said.split(' ').map(|word| word.trim_start_matches('v'));
            let mut numbers = number.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            Ok(numbers.next().unwrap_or(&said).to_owned())
        };
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism()?.get(),
            memory_gib: (kibibytes / f64::from(1 << 20)).round() as u64,
            system: std::env::consts::OS.to_owned(),
            chromium: version(child::program(setup::chromium()?))?,
            wasmtime: version(child::program(test::wasmtime()?))?,
            node: version(child::program("node"))?,
            llama_cpp: peers::LLAMA_CPP_PYTHON
                .rsplit("==")
                .next()
                .unwrap_or_default()
                .to_owned(),
            wllama: peers::WLLAMA
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

pub fn measure(journal: &mut Journal, hosts: &Hosts, rounds: usize) -> Result<()> {
    for round in 1..=rounds {
        let clock = labels([("what", "clock")]);
        journal.measure(&clock, round, || {
            Ok(Some(values([("ghz", Some(clock_ghz()))])))
        })?;
        for threads in [1, 2] {
            let bandwidth = labels([("what", "bandwidth"), ("threads", &threads.to_string())]);
            journal.measure(&bandwidth, round, || {
                Ok(Some(values([("gb_s", Some(bandwidth_gb_s(threads)))])))
            })?;
        }
    }
    for model in hosts::MODELS {
        let akio = hosts.akio(model)?;
        let said = hosts::json(
            &akio,
            &[
                "bench",
                "--json",
                "--prefill",
                "1",
                "--decode",
                "1",
                "--repeat",
                "1",
            ],
        )?;
        let kinds = said["weights"]
            .as_object()
            .context("`akio bench` printed no weights")?;
        for (kind, weights) in kinds {
            let row = labels([
                ("what", "weights"),
                ("model", hosts::name(model)),
                ("kind", kind),
            ]);
            let of = |name| weights[name].as_f64();
            journal.measure(&row, 1, || {
                Ok(Some(values([("bytes", of("bytes")), ("macs", of("macs"))])))
            })?;
        }
        let info: Value = hosts::json(&akio, &["info", "--json"])?;
        let row = labels([("what", "model"), ("model", hosts::name(model))]);
        let bytes = info["packed_bytes"].as_f64();
        journal.measure(&row, 1, || Ok(Some(values([("bytes", bytes)]))))?;
    }
    Ok(())
}

/// By a chain of additions and exclusive ors, each of which waits for the one before, for one cycle.
fn clock_ghz() -> f64 {
    const LINKS: u64 = 64;
    const ROUNDS: u64 = 1_000_000;
    let fastest = (0..5).map(|_| {
        let begin = Instant::now();
        let (mut x, a, b) = (black_box(1_u64), black_box(0x9E37), black_box(0x79B9));
        for _ in 0..ROUNDS {
            for _ in 0..LINKS / 2 {
                x = x.wrapping_add(a) ^ b;
            }
        }
        black_box(x);
        begin.elapsed()
    });
    let time = fastest.min().unwrap_or(Duration::MAX);
    (LINKS * ROUNDS) as f64 / time.as_secs_f64() / 1e9
}

/// By plain reads, each thread of a part of its own.
fn bandwidth_gb_s(threads: usize) -> f64 {
    let words = vec![1_u64; READ_BYTES / 8];
    let barrier = Barrier::new(threads);
    let read = |words: &[u64]| {
        let mut passes = [Duration::MAX; PASSES];
        for pass in &mut passes {
            barrier.wait();
            let begin = Instant::now();
            // So many sums do not wait for each other.
            let mut sums = [0_u64; 32];
            for words in words.as_chunks::<32>().0 {
                for (sum, word) in sums.iter_mut().zip(words) {
                    *sum = sum.wrapping_add(*word);
                }
            }
            black_box(sums);
            *pass = begin.elapsed();
        }
        passes
    };
    let of_threads: Vec<_> = thread::scope(|scope| {
        let parts = words.chunks(words.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or([Duration::MAX; PASSES]));
        joined.collect()
    });
    // A pass takes as long as its slowest thread.
    let passes = (0..PASSES).map(|pass| of_threads.iter().map(|times| times[pass]).max());
    let fastest = passes.flatten().min().unwrap_or(Duration::MAX);
    READ_BYTES as f64 / fastest.as_secs_f64() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_compiler_has_left_out_what_is_measured() {
        let clock = clock_ghz();
        assert!((0.1..10.0).contains(&clock), "{clock} GHz");
        let bandwidth = bandwidth_gb_s(1);
        assert!((0.1..500.0).contains(&bandwidth), "{bandwidth} GB/s");
    }
}
