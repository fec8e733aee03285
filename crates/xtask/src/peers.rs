//! akio beside what people would use instead, on the same file and the same work: in turn, round after
//! round, so that whatever else the machine does meets all of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::edition::Edition;
use crate::{build, child, fetch, paths, setup, step, test};

const LLAMA_CPP_PYTHON: &str = "llama-cpp-python[server]==0.3.36";
const WLLAMA: &str = "@wllama/wllama@3.13.0";

/// Tokens of prefill and of decode in one run.
const PREFILL: &str = "256";
const DECODE: &str = "64";

/// Runs of a process, of which it prints the median, and rounds over all processes.
const RUNS: &str = "3";
const ROUNDS: usize = 3;

/// One engine in one host: median prefill and decode of each round, in tokens/s.
struct Contestant {
    name: &'static str,
    command: Command,
    rounds: Vec<[f64; 2]>,
}

pub fn bench() -> Result<()> {
    build::build(Edition::Default, true)?;
    let model = fetch::weights(Edition::Default.model())?;
    let folder = paths::work()?.join("peers");
    let python = llama_cpp(&folder)?;
    wllama(&folder)?;
    let chromium = setup::chromium()?;

    let scripts = paths::root().join("crates/xtask/peers");
    let bench = |mut command: Command| {
        command.args(["bench", "--json", "--prefill", PREFILL]);
        command.args(["--decode", DECODE, "--repeat", RUNS]);
        command
    };
    let program = test::wasmtime()?;
    let wasmtime = |module: &str| {
        let mut wasmtime = child::program(&program);
        wasmtime.arg(paths::dist().join(module));
        bench(wasmtime)
    };
    let browser = |name: &str| {
        let mut node = child::program("node");
        node.arg(scripts.join("browser.mjs")).arg(name).arg(&model);
        node.args([DECODE, RUNS]).arg(&folder);
        node.env("CHROMIUM", &chromium);
        node
    };
    let mut llama_cpp = child::program(python);
    llama_cpp.arg(scripts.join("llamacpp.py")).arg(&model);
    llama_cpp.args(["1", PREFILL, DECODE, RUNS]);

    let mut contestants = [
        ("llama.cpp, native", llama_cpp),
        (
            "akio, dist/akio",
            bench(child::program(paths::dist().join("akio"))),
        ),
        ("akio, wasmtime", wasmtime("akio.wasm")),
        ("akio plain, wasmtime", wasmtime("akio-plain.wasm")),
        ("akio, Chromium", browser("akio")),
        ("wllama, Chromium", browser("wllama")),
    ]
    .map(|(name, command)| Contestant {
        name,
        command,
        rounds: Vec::new(),
    });
    for round in 1..=ROUNDS {
        step::timed(&format!("round {round} of {ROUNDS}"), |spinner| {
            for contestant in &mut contestants {
                spinner.set_message(contestant.name);
                contestant.run()?;
            }
            Ok(())
        })?;
    }
    report(&contestants);
    Ok(())
}

impl Contestant {
    fn run(&mut self) -> Result<()> {
        let mut command = child::program(self.command.get_program());
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let output = child::output(command)?;
        let speed: Value = serde_json::from_str(&output)
            .with_context(|| format!("{} printed no JSON object", self.name))?;
        let of = |column: &str| {
            speed[column]
                .as_f64()
                .with_context(|| format!("{} printed no {column}", self.name))
        };
        self.rounds
            .push([of("prefill_tok_s")?, of("decode_tok_s")?]);
        Ok(())
    }

    /// Median over the rounds.
    fn median(&self, column: usize) -> f64 {
        let mut values: Vec<_> = self.rounds.iter().map(|round| round[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }
}

/// The table goes to stderr, as Markdown, and one JSON array to stdout. Ratios are to the first one.
fn report(contestants: &[Contestant]) {
    let Some(first) = contestants.first() else {
        return;
    };
    eprintln!("| engine, 1 thread | prefill, tokens/s | ratio | decode, tokens/s | ratio |");
    eprintln!("| --- | --- | --- | --- | --- |");
    for contestant in contestants {
        let [prefill, decode] = [0, 1].map(|column| {
            let speed = contestant.median(column);
            format!("{speed:.1} | {:.2}", speed / first.median(column))
        });
        eprintln!("| {} | {prefill} | {decode} |", contestant.name);
    }
    let rows = contestants.iter().map(|contestant| {
        json!({
            "engine": contestant.name,
            "prefill_tok_s": contestant.median(0),
            "decode_tok_s": contestant.median(1),
            "rounds": contestant.rounds,
        })
    });
    println!("{:#}", Value::from_iter(rows));
}

/// Builds llama.cpp for this processor, with its Python binding, and returns the Python that has it.
pub fn llama_cpp(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("python");
    let python = venv.join("bin/python");
    step::Step {
        name: "llama.cpp",
        inputs: Vec::new(),
        outputs: vec![python.clone()],
        settings: LLAMA_CPP_PYTHON,
    }
    .run(|spinner| {
        let mut create = child::program(setup::python()?);
        create.args(["-m", "venv"]).arg(&venv);
        child::quiet(create, spinner)?;
        let mut install = child::program(&python);
        install.args(["-m", "pip", "install", "--no-binary", "llama-cpp-python"]);
        install.arg(LLAMA_CPP_PYTHON);
        child::quiet(install, spinner)
    })?;
    Ok(python)
}

fn wllama(folder: &Path) -> Result<()> {
    step::Step {
        name: "wllama",
        inputs: Vec::new(),
        outputs: vec![folder.join("node_modules/@wllama/wllama/package.json")],
        settings: WLLAMA,
    }
    .run(|spinner| {
        let mut install = child::program("npm");
        install
            .args(["install", "--no-save", "--prefix"])
            .arg(folder)
            .arg(WLLAMA);
        child::quiet(install, spinner)
    })
}
