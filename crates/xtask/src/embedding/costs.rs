//! What each way costs: for the one who builds, and for the one who runs the module.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::{PACKAGE, TARGET, Way, built, compile, convert, copy, form, inject, literals, module};
use crate::bench::{hosts, starts, starts::Start};
use crate::edition::Edition;
use crate::peak::{self, Cost};
use crate::simd::Simd;
use crate::{build, child, link, paths, step, table, test};

pub type Row = Map<String, Value>;

/// No limit: what is built here has been seen to fit.
const UNLIMITED: u64 = u64::MAX;

/// Columns of the first table. `prepare_ms` is what the packer takes for the form that the way needs, `build_ms`
/// what cargo takes to compile and link the one crate that has the model, everything else being compiled;
/// for a model that is injected it is the same without a model, once for all models. `inject_ms` comes behind it.
const BUILDS: [&str; 9] = [
    "model",
    "way",
    "prepare_ms",
    "build_ms",
    "inject_ms",
    "packer_bytes",
    "rustc_bytes",
    "linker_bytes",
    "file_bytes",
];

/// Columns of the second, as in `cargo xtask bench`.
const RUNS: [&str; 7] = [
    "model",
    "way",
    "host",
    "info_ms",
    "first_token_ms",
    "resident_bytes",
    "decode_tok_s",
];

/// The source begins with the configuration.
const LINES_OF_CONFIG: usize = 20;

/// Each start is measured this often, and the median counts.
const STARTS: usize = 3;

/// Prints tables to stderr as they become known, and all of them as one JSON object to stdout.
pub fn costs() -> Result<()> {
    let tiny = form(&super::tiny()?, Way::Bytes);
    let smollm2 = build::executable(Edition::Default)?.blob;
    let (packer, host) = build::native_programs()?;
    // What all ways have in common is compiled before anything is measured.
    step::timed("crates that all ways share", |spinner| {
        child::quiet(compile("--bins", None)?, spinner)
    })?;
    let folder = paths::work()?.join("embedding/measured");
    let literals = literals::rows(&folder.join("literals"))?;
    table::print(&literals::COLUMNS, &literals);

    let (mut builds, mut runs) = (Vec::new(), Vec::new());
    for (model, blob) in [("tiny", tiny), ("smollm2", smollm2)] {
        let folder = folder.join(model);
        fs::create_dir_all(&folder)?;
        copy(&blob, &form(&folder, Way::Bytes))?;
        for way in &Way::ALL {
            let name = format!("{model}, {}", way.name());
            step::timed(&format!("build of {name}"), |_| {
                builds.push(build_row(&packer, model, &folder, *way).context(name.clone())?);
                Ok(())
            })?;
        }
        table::print(&BUILDS, &builds);
        for way in &Way::ALL {
            step::timed(&format!("runs of {model}, {}", way.name()), |_| {
                runs.extend(run_rows(&host, model, &module(&folder, *way), *way)?);
                Ok(())
            })?;
        }
        table::print(&RUNS, &runs);
    }
    let all = json!({ "builds": builds, "runs": runs, "literals": literals });
    println!("{all:#}");
    Ok(())
}

fn build_row(packer: &Path, model: &str, folder: &Path, way: Way) -> Result<Row> {
    let prepared = match way {
        Way::Object | Way::Constants => Some(measured(convert(packer, way, folder))?),
        Way::Injected | Way::Bytes => None,
    };
    let (compiled, injected) = if way == Way::Injected {
        let linked = link::link("WASI", TARGET, link::COMMAND, Simd::Relaxed)?;
        let compiled = measured(compile_akio()?)?;
        (compiled, Some(measured(inject(packer, &linked, folder))?))
    } else {
        let (mut target, mut columns) = (paths::target()?, None);
        if way == Way::Constants {
            // The kernels are compiled for this model too, so nothing of the others may be in the way.
            (target, columns) = (folder.join("specialised"), Some(widths(folder)?));
        }
        let settings = |mut cargo: Command| {
            cargo.env("CARGO_TARGET_DIR", &target);
            cargo.envs(columns.iter().map(|columns| ("AKIO_COLS", columns)));
            cargo
        };
        if columns.is_some() {
            child::output(settings(compile("--bin constants", None)?))?;
        }
        // Whatever cargo has of this one package goes, so that its build is whole.
        child::output(settings(child::cargo(&format!(
            "clean --package {PACKAGE} --target {TARGET} --profile wasm"
        ))?))?;
        let program = format!("--bin {}", way.name());
        let compiled = measured(settings(compile(&program, Some(folder))?))?;
        copy(&built(&target, way), &module(folder, way))?;
        (compiled, None)
    };
    let time = |cost: &Option<Cost>| json!(cost.as_ref().map(|cost| cost.time.as_millis() as u64));
    let packing = [&prepared, &injected].into_iter().flatten();
    let packer = packing.map(|cost| cost.resident("akio-pack")).max();
    let cells = [
        json!(model),
        json!(way.name()),
        time(&prepared),
        json!(compiled.time.as_millis() as u64),
        time(&injected),
        json!(packer),
        json!(compiled.resident("rustc")),
        json!(linker(&compiled)),
        json!(fs::metadata(module(folder, way))?.len()),
    ];
    Ok(BUILDS.map(str::to_owned).into_iter().zip(cells).collect())
}

/// Columns of the model's matrices, out of the constants of its source.
fn widths(folder: &Path) -> Result<String> {
    let source = form(folder, Way::Constants);
    let source = BufReader::new(File::open(source)?);
    let mut widths = Vec::new();
    for line in source.lines().take(LINES_OF_CONFIG) {
        let line = line?;
        for name in ["dim: ", "hidden_dim: "] {
            widths.extend(line.trim().strip_prefix(name).map(str::to_owned));
        }
    }
    Ok(widths.concat().trim_end_matches(',').to_owned())
}

/// Compiles and links the command without a model once more, though nothing has changed.
fn compile_akio() -> Result<Command> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let features = Simd::Relaxed.cargo_features();
    // Flags that are new make cargo build this program, and nothing else.
    let mut cargo = link::cargo(
        &format!("rustc --package akio --bin akio --no-default-features {features}"),
        TARGET,
    )?;
    cargo.args(["--", "--cfg"]);
    cargo.arg(format!("measured_{}", now.as_nanos()));
    Ok(cargo)
}

/// The linker goes by its own name, or by the one it is called with.
fn linker(cost: &Cost) -> u64 {
    cost.resident("rust-lld").max(cost.resident("wasm-ld"))
}

fn measured(command: Command) -> Result<Cost> {
    peak::measure(command, UNLIMITED)?.context("ended for its memory, which has no limit here")
}

/// Starts, memory and speed of a module in the native executable and under wasmtime, precompiled in both.
fn run_rows(host: &Path, model: &str, file: &Path, way: Way) -> Result<Vec<Row>> {
    let folder = paths::work()?.join("embedding/runs");
    fs::create_dir_all(&folder)?;
    let bundled = folder.join(way.name());
    let mut bundle = child::program(host);
    bundle.arg("--bundle").arg(file).arg("-o").arg(&bundled);
    child::output(bundle)?;
    let mut native = child::program(&bundled);
    native.env("AKIO_CACHE", folder.join("cache"));

    let config = folder.join("wasmtime.toml");
    let directory = json!(folder.join("cache"));
    fs::write(&config, format!("[cache]\ndirectory = {directory}\n"))?;
    let mut wasmtime = child::program(test::wasmtime()?);
    wasmtime.arg("-C");
    wasmtime.arg(format!("cache-config={}", config.display()));
    wasmtime.arg(file);

    let mut rows = Vec::new();
    for (name, host) in [("native executable", native), ("wasmtime", wasmtime)] {
        // The first run compiles for the next ones.
        let speed = hosts::json(&host, &["bench", "--json"])?;
        let starts: Vec<Start> = (0..STARTS)
            .map(|_| starts::start(&host, None))
            .collect::<Result<_>>()?;
        let median = |time: fn(&Start) -> Duration| {
            let mut times: Vec<_> = starts.iter().map(time).collect();
            times.sort();
            json!((starts::milliseconds(times[STARTS / 2]) * 10.0).round() / 10.0)
        };
        let cells = [
            json!(model),
            json!(way.name()),
            json!(name),
            median(|start| start.info),
            median(|start| start.first_token),
            json!(starts.iter().filter_map(|start| start.resident).max()),
            speed["decode_tok_s"].clone(),
        ];
        rows.push(RUNS.map(str::to_owned).into_iter().zip(cells).collect());
    }
    fs::remove_dir_all(folder)?;
    Ok(rows)
}
