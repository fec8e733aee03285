//! `cargo xtask`: set-up, model fetch, build, tests and measurements of akio.

mod bench;
mod bindgen;
mod build;
mod check;
mod child;
mod cross;
mod edition;
mod embedding;
mod eval;
mod fetch;
mod licences;
mod link;
mod model;
mod paths;
mod peak;
mod run;
mod setup;
mod simd;
mod size;
mod step;
mod table;
mod test;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::edition::Edition;
use crate::eval::{Half, Set};
use crate::model::Model;

/// Everything a person types in this project.
///
/// Needs rustup, Node 20.19 or newer, Python 3 with pip, and curl; what else is needed is fetched
/// on the way. Nothing is done twice: a second call does only what has changed since the first.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer a prompt with the native executable, after fetching and building what it needs
    ///
    /// Everything after `run` goes to akio as it is:
    ///
    ///   cargo xtask run "What is the capital of France?"
    ///   cargo xtask run --edition agent -n 200 "Write a haiku about rain"
    ///   cargo xtask run chat
    #[command(verbatim_doc_comment)]
    Run {
        /// Which model is inside
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
        /// The prompt, or any other arguments of akio; none starts a chat
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the artefacts into dist/
    ///
    ///   dist/akio.wasm        the WASI command with the model inside: wasmtime dist/akio.wasm "..."
    ///   dist/akio-plain.wasm  the same for runtimes without relaxed SIMD
    ///   dist/akio             the native executable: the same module, precompiled, in one file
    ///   dist/akio-candle.wasm the command without a model, for models that run through candle
    ///   dist/akio-http.wasm   the HTTP component: wasmtime serve -S cli dist/akio-http.wasm
    ///   dist/web/             the static page
    ///   dist/akio.html        the page in one file, which opens without a server
    ///   dist/npm/             the npm package
    ///
    /// The page and the package are made with the default edition. The other editions are for
    /// wasmtime and native, as dist/akio-agent[.wasm] and dist/akio-large[.wasm]; with the agent
    /// edition the page is made again and offers both models.
    #[command(verbatim_doc_comment)]
    Build {
        /// Which model goes inside
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
        /// Leave out dist/web and dist/npm, which need Node
        #[arg(long)]
        no_web: bool,
    },
    /// Run every check and test, the cheap ones first, stopping at the first that fails
    Test {
        /// Add the long proofs: Qwen over 2,000 positions, Gemma, and the 1.5B model
        #[arg(long)]
        full: bool,
    },
    /// Fetch and verify a model's weights, and print where they are
    Fetch {
        /// Which model
        #[arg(value_enum, default_value_t)]
        model: Model,
    },
    /// Measure speed, starts, memory, the page and servers, beside llama.cpp and wllama where they are installed, and
    /// write docs/benchmarks.md
    ///
    /// A whole run takes hours. One that was stopped goes on where it was, and each part goes into the document
    /// when it is done.
    Bench(bench::Options),
    /// Measure what the ways of getting a model into a module cost to build and to run
    ///
    /// Tables go to stderr, one JSON object to stdout. Takes minutes and, where rustc reads weights as numbers, up
    /// to 12 GiB of memory.
    Embedding {
        /// Measure nothing: only build what tests/embedding.test.mjs compares, and print its folder
        #[arg(long)]
        tiny: bool,
    },
    /// Say what the command weighs without its model: by sections, by crates, and what candle adds
    Size,
    /// Count what the agent gets right on the sets of tests/evals
    ///
    /// A run that was stopped goes on where it was. The dev half is there to tune on, the test half
    /// to measure with alone.
    Eval {
        /// Which model is inside
        #[arg(long, value_enum, default_value_t)]
        edition: Edition,
        /// Which half
        #[arg(long, value_enum, default_value_t)]
        half: Half,
        /// Which sets; all if none is named
        #[arg(long = "set", value_enum, value_delimiter = ',')]
        sets: Vec<Set>,
        /// Say what was answered where it was wrong
        #[arg(long)]
        verbose: bool,
    },
    /// Link the host of the native executable for other kinds of machines, and say how large it is and what that took
    ///
    /// The first time each target takes minutes, for wasmtime is compiled for it. What is linked is
    /// target/TARGET/release/akio-host, which puts a module into itself where it runs (`--bundle`).
    Cross {
        /// Rust's names of the targets; all that are known to link if none is named
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Check the form of the code: rustfmt, clippy and rustdoc, all warnings being errors;
    /// and what tests/evals/check.py proves of the evaluation sets
    Check,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run { edition, arguments } => run::run(edition, &arguments),
        Command::Build { edition, no_web } => build::build(edition, !no_web),
        Command::Test { full } => test::test(full),
        Command::Fetch { model } => {
            fetch::weights(model).map(|path| println!("{}", path.display()))
        }
        Command::Bench(options) => bench::bench(&options),
        Command::Embedding { tiny: true } => {
            embedding::tiny().map(|folder| println!("{}", folder.display()))
        }
        Command::Embedding { tiny: false } => embedding::costs(),
        Command::Eval {
            edition,
            half,
            sets,
            verbose,
        } => eval::eval(edition, half, &sets, verbose),
        Command::Size => size::size(),
        Command::Cross { targets } => cross::cross(&targets),
        Command::Check => check::check(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if is_disk_full(&error) {
                eprintln!(
                    "the disk is full: free some space and run the same command again, it goes on where it stopped"
                );
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether a write failed for want of space, here or in a child process (then only its output says so).
fn is_disk_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        }) || cause.to_string().contains("No space left on device")
    })
}
