//! What a person waits for and what it takes, in every host and beside what people would use instead. Everything that
//! docs/benchmarks.md says in figures of speed, time and memory comes out of here.
//!
//! `journal` writes measurements down as they come, `document` keeps the last of each part and makes the tables;
//! each part is measured in a file of its own.

mod document;
pub mod hosts;
mod journal;
mod kernels;
mod machine;
mod page;
mod peers;
mod picture;
mod roofline;
mod servers;
mod speed;
pub mod starts;
mod tables;
mod targets;

use std::fs;

use anyhow::Result;
use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use crate::edition::Edition;
use crate::{build, child, paths, setup, step};
use document::Document;
use hosts::Hosts;
use journal::Journal;
use machine::Machine;
use peers::Peers;

/// What can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// How fast the machine reads memory and how fast its clock is, and what a token takes
    Machine,
    /// The loops over weights and over keys and values, by themselves
    Kernels,
    /// Prefill and decode in every host, beside llama.cpp and wllama
    Speed,
    /// How long starts take, and memory
    Starts,
    /// The page in Chromium
    Page,
    /// Servers under 1 to 64 clients
    Servers,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Kernels => "kernels",
            Self::Speed => "speed",
            Self::Starts => "starts",
            Self::Page => "page",
            Self::Servers => "servers",
        }
    }
}

#[derive(Args)]
pub struct Options {
    /// Measure these parts only; the others stay in the document as they were measured last
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Rounds over everything; medians count. The page and the servers, which repeat by themselves, are
    /// measured once
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Measure only what has all of these words in its title, such as "akio, Chromium, relaxed, 1"; the titles are
    /// printed as they are measured. The document stays as it is, and the figures go to stdout
    #[arg(long, value_name = "WORD, ...")]
    row: Option<String>,
    /// Install llama.cpp, which is compiled for that, and wllama below the target directory first. Without this they are
    /// measured if they are there
    #[arg(long)]
    peers: bool,
    /// Measure nothing: only make the tables and the picture of docs/benchmarks.json anew
    #[arg(long, conflicts_with_all = ["only", "rounds", "row", "peers"])]
    tables: bool,
}

pub fn bench(options: &Options) -> Result<()> {
    if options.tables {
        return Document::read()?.write();
    }
    // The page comes with the second, and offers both.
    build::build(Edition::Default, false)?;
    build::build(Edition::Agent, true)?;
    setup::node()?;
    let peers = Peers::find(options.peers)?;
    let hosts = Hosts::new()?;
    let machine = Machine::describe()?;
    let artefacts = artefacts()?;
    let rounds = usize::from(options.rounds);
    let all = Part::value_variants();
    let parts = if options.only.is_empty() {
        all
    } else {
        &options.only
    };
    for part in parts {
        let name = options.row.as_ref().map_or(part.name(), |_| "row");
        let path = paths::work()?.join(format!("bench/{name}.jsonl"));
        let mut journal = Journal::open(path, &artefacts, options.row.clone())?;
        match part {
            Part::Machine => machine::measure(&mut journal, &hosts, rounds)?,
            Part::Kernels => kernels::measure(&mut journal, &hosts, rounds)?,
            Part::Speed => speed::measure(&mut journal, &hosts, &peers, rounds)?,
            Part::Starts => starts::measure(&mut journal, &hosts, rounds)?,
            Part::Page => page::measure(&mut journal)?,
            Part::Servers => servers::measure(&mut journal, &peers)?,
        }
        if options.row.is_some() {
            println!("{}", serde_json::to_string_pretty(&journal.rows())?);
        } else {
            let mut document = Document::read()?;
            document.put(*part, &today()?, &machine, journal.rows());
            document.write()?;
        }
        journal.remove()?;
    }
    Ok(())
}

/// Another hash after every change of what is measured.
fn artefacts() -> Result<String> {
    let mut digest = Sha256::new();
    for name in [
        "akio",
        "akio-agent",
        "akio-plain.wasm",
        "web/akio.wasm",
        "web/akio-plain.wasm",
        "web/akio-threads.wasm",
    ] {
        digest.update(Sha256::digest(fs::read(paths::dist().join(name))?));
    }
    Ok(step::hex(&digest.finalize()))
}

fn today() -> Result<String> {
    let mut date = child::program("date");
    date.arg("+%F");
    child::output(date)
}
