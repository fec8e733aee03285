//! Prefill and decode of akio in every host, and of what people would use instead, on the same file and the same
//! work: in turn, round after round, so that whatever else the machine does meets all of them.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::hosts::{self, Hosts, MODELS};
use super::journal::{Journal, Labels, labels, values};
use super::peers::{self, Peers};
use crate::edition::Edition;
use crate::simd::Simd;
use crate::{child, paths};

/// Tokens of prefill and of decode in one run.
const PREFILL: u32 = 256;
const DECODE: u32 = 64;

/// Tokens in front of both.
const CONTEXTS: [u32; 3] = [0, 512, 2000];

/// wllama reads a context for minutes.
const WLLAMA_CONTEXTS: [u32; 1] = [0];

const THREADS: [u32; 2] = [1, 2];

/// What is measured of every engine.
#[derive(Clone, Copy)]
struct Work {
    edition: Edition,
    threads: u32,
    context: u32,
}

impl Work {
    /// Runs of a process, of which it prints the median. A long context warms up by itself.
    fn runs(self) -> u32 {
        if self.context < 1000 { 3 } else { 1 }
    }

    fn labels(self, engine: &str, host: &str, build: &str, weights: &str) -> Labels {
        labels([
            ("engine", engine),
            ("host", host),
            ("build", build),
            ("model", hosts::name(self.edition)),
            ("weights", weights),
            ("threads", &self.threads.to_string()),
            ("context", &self.context.to_string()),
        ])
    }
}

pub fn measure(journal: &mut Journal, hosts: &Hosts, peers: &Peers, rounds: usize) -> Result<()> {
    let commands = Commands {
        hosts,
        peers,
        takes_threads: child::output(hosts::with(
            &hosts.akio(Edition::Default)?,
            &["bench", "--help"],
        ))?
        .contains("--threads"),
    };
    for round in 1..=rounds {
        for edition in MODELS {
            for context in CONTEXTS {
                for threads in THREADS {
                    let work = Work {
                        edition,
                        threads,
                        context,
                    };
                    for (labels, command) in commands.all(work)? {
                        journal.measure(&labels, round, || run(&command, threads))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// `None` if it ran with another number of threads than it was asked for.
fn run(command: &Command, threads: u32) -> Result<Option<super::journal::Values>> {
    let speed: Value = hosts::json(command, &[])?;
    if speed["threads"]
        .as_u64()
        .is_some_and(|used| used != u64::from(threads))
    {
        return Ok(None);
    }
    let of = |column: &str| speed[column].as_f64();
    let decode = of("decode_tok_s").context("no decode_tok_s was printed")?;
    Ok(Some(values([
        ("prefill", of("prefill_tok_s")),
        ("decode", Some(decode)),
    ])))
}

/// How each engine is asked for some work.
struct Commands<'a> {
    hosts: &'a Hosts,
    peers: &'a Peers,
    /// Whether the native host has threads.
    takes_threads: bool,
}

impl Commands<'_> {
    /// One after the other: what is compared stands side by side.
    fn all(&self, work: Work) -> Result<Vec<(Labels, Command)>> {
        let edition = work.edition;
        let weights = peers::weights_type(edition);
        let akio = |host: &str, simd: Simd| work.labels("akio", host, simd.name(), weights);
        let mut all = Vec::new();
        if let Some(python) = &self.peers.llama_cpp {
            let mut files = vec![(weights, peers::weights(edition)?)];
            if let (Some(file), Edition::Default) = (&self.peers.requantised, edition) {
                files.push(("Q4_0", file.clone()));
            }
            for (weights, file) in files {
                let mut llama_cpp = child::program(python);
                llama_cpp
                    .arg(peers::scripts().join("llamacpp.py"))
                    .arg(file);
                let numbers = [work.threads, work.context, PREFILL, DECODE, work.runs()];
                llama_cpp.args(numbers.map(|number| number.to_string()));
                all.push((work.labels("llama.cpp", "native", "", weights), llama_cpp));
            }
        }
        for simd in [Simd::Relaxed, Simd::Plain] {
            all.push((akio("Chromium", simd), self.browser("akio", simd, work)?));
        }
        if self.takes_threads || work.threads == 1 {
            let mut native = bench(&self.hosts.akio(edition)?, work);
            if self.takes_threads {
                native.args(["--threads", &work.threads.to_string()]);
            }
            all.push((akio("dist/akio", Simd::Relaxed), native));
        }
        if work.threads == 1 {
            for simd in [Simd::Relaxed, Simd::Plain] {
                // Of the other editions there is no command without relaxed SIMD.
                if hosts::module(edition, simd).is_file() {
                    let wasmtime = self.hosts.wasmtime(edition, simd, true);
                    all.push((akio("wasmtime", simd), bench(&wasmtime, work)));
                    // Node 20 has relaxed SIMD behind a flag, and with it Qwen's kernels crash the engine.
                    if edition == Edition::Default {
                        let node = self.hosts.node(edition, simd);
                        all.push((akio("Node", simd), bench(&node, work)));
                    }
                }
            }
        }
        let wllama = self.peers.wllama.is_some() && edition == Edition::Default;
        if wllama && WLLAMA_CONTEXTS.contains(&work.context) {
            let labels = work.labels("wllama", "Chromium", "", weights);
            all.push((labels, self.browser("wllama", Simd::Relaxed, work)?));
        }
        Ok(all)
    }

    fn browser(&self, engine: &str, simd: Simd, work: Work) -> Result<Command> {
        let page = paths::dist().join("web");
        let name = work.edition.artefact();
        let model = match engine {
            "akio" => page.join(format!("{name}.wasm")),
            _ => peers::weights(work.edition)?,
        };
        let work = json!({
            "engine": engine,
            "model": model,
            "plain": page.join(format!("{name}-plain.wasm")),
            "build": simd.name(),
            "threads": work.threads,
            "context": work.context,
            "prefill": PREFILL,
            "decode": DECODE,
            "runs": work.runs(),
            "folder": self.peers.wllama,
        });
        Ok(self.hosts.browser(&work))
    }
}

/// `akio bench` in a host.
fn bench(host: &Command, work: Work) -> Command {
    let [context, prefill, decode, runs] =
        [work.context, PREFILL, DECODE, work.runs()].map(|number| number.to_string());
    let arguments = [
        "bench",
        "--json",
        "--context",
        &context,
        "--prefill",
        &prefill,
        "--decode",
        &decode,
        "--repeat",
        &runs,
    ];
    hosts::with(host, &arguments)
}
