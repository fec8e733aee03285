//! Every check and test, the cheap ones first; the first stage that fails ends the run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::edition::Edition;
use crate::model::Model;
use crate::simd::Simd;
use crate::{build, check, child, embedding, fetch, paths, setup, step};

/// The packages of the workspace.
const MEMBERS: [&str; 12] = [
    "akio",
    "akio-agent",
    "akio-delta",
    "akio-embedding",
    "akio-engine",
    "akio-kernels",
    "akio-openai",
    "akio-pack",
    "akio-seal",
    "akio-tests",
    "wasi-host",
    "xtask",
];

/// What the tests find in their environment.
struct Environment {
    wasmtime: PathBuf,
    chromium: PathBuf,
    firefox: PathBuf,
    packer: PathBuf,
    /// The module of the page with plain SIMD, without a model.
    web_plain: PathBuf,
    python_packages: PathBuf,
    full: bool,
}

impl Environment {
    fn on(&self, mut tests: Command) -> Command {
        tests
            .env("WASMTIME", &self.wasmtime)
            .env("CHROMIUM", &self.chromium)
            .env("FIREFOX", &self.firefox)
            .env("AKIO_PACK", &self.packer)
            .env("AKIO_WEB_PLAIN", &self.web_plain)
            .env("PYTHON_PACKAGES", &self.python_packages);
        if self.full {
            tests.env("AKIO_TEST_FULL", "1");
        }
        tests
    }
}

pub fn test(full: bool) -> Result<()> {
    let start = Instant::now();
    stage("form", check::check)?;
    let environment = stage("set-up", || set_up(full))?;
    stage("scripts of the page", scripts)?;
    stage("native tests", || native(&environment))?;
    stage("kernels under wasmtime", || {
        kernels(&[path(&environment.wasmtime)?])
    })?;
    stage("kernels under Node", || {
        let runner = paths::root().join("tests/wasi-runner.mjs");
        // Without its fast calls: with them Node 20 crashes now and then in its own WASI.
        kernels(&[
            "node",
            "--no-warnings",
            "--no-turbo-fast-api-calls",
            "--experimental-wasm-relaxed-simd",
            path(&runner)?,
        ])
    })?;
    stage("build", || build::build(Edition::Default, true))?;
    if full {
        stage("build of the other editions", || {
            build::build(Edition::Agent, true)?;
            build::build(Edition::Large, false)
        })?;
    }
    let embedding = stage("ways of embedding", embedding::tiny)?;
    stage("hosts", || node_tests(&environment, &embedding))?;
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!("\nall stages passed in {minutes:.1} minutes");
    Ok(())
}

fn stage<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {name}");
    work().with_context(|| format!("stage `{name}` failed"))
}

/// Fetches and builds what the tests need and the product does not.
fn set_up(full: bool) -> Result<Environment> {
    setup::npm_packages()?;
    let chromium = setup::chromium()?;
    let firefox = setup::firefox()?;
    let python_packages = setup::openai_for_python()?;
    // Of Gemma the everyday tests read the tokenizer, the only real one of its kind.
    for model in [Model::Smollm2, Model::Qwen, Model::Gemma] {
        fetch::weights(model)?;
    }
    if full {
        fetch::weights(Model::QwenLarge)?;
    }
    Ok(Environment {
        packer: paths::target()?.join("release/akio-pack"),
        web_plain: paths::work()?.join("akio-web-plain.wasm"),
        wasmtime: wasmtime()?,
        chromium,
        firefox,
        python_packages,
        full,
    })
}

/// The real `wasmtime` command, of the version in our own Cargo.lock.
pub fn wasmtime() -> Result<PathBuf> {
    step::timed("wasmtime command", |spinner| {
        // cargo resolves the optional dependency only if the package that has it is selected, and
        // takes the features of shared dependencies from the selection: with all members in it they
        // are those of the other native builds, and nothing but wasmtime itself is compiled anew.
        let mut build =
            child::cargo("build --release --bin wasmtime --features akio-tests/wasmtime")?;
        for member in MEMBERS.iter().chain(&["wasmtime-cli"]) {
            build.args(["--package", member]);
        }
        child::quiet(build, spinner)
    })?;
    Ok(paths::target()?.join("release/wasmtime"))
}

/// What the scripts of the page and the package do by themselves, without a browser and a model.
fn scripts() -> Result<()> {
    let mut unit = child::program("npm");
    unit.args(["run", "unit", "--workspace", "web"]);
    child::loud(unit)
}

/// All Rust tests on this machine.
fn native(environment: &Environment) -> Result<()> {
    child::loud(environment.on(child::cargo("test --release --workspace")?))
}

/// The kernels' own tests in both builds, compiled to WebAssembly and run by `runner`.
fn kernels(runner: &[&str]) -> Result<()> {
    const TARGET: &str = "wasm32-wasip1";
    step::timed(TARGET, |spinner| setup::rust_target(TARGET, spinner))?;
    let runner = format!("target.{TARGET}.runner={}", serde_json::to_string(runner)?);
    for simd in [Simd::Plain, Simd::Relaxed] {
        let mut tests = child::cargo(&format!(
            "test --release --package akio-kernels --lib --target {TARGET} {}",
            simd.cargo_features()
        ))?;
        tests.args(["--config", &runner]);
        // What is compiled for one model alone, and everything else beside it.
        tests.env("AKIO_COLS", "64,256");
        child::loud(tests)?;
    }
    Ok(())
}

/// The same prompts in every host, and the tests of the page and the package.
fn node_tests(environment: &Environment, embedding: &Path) -> Result<()> {
    let mut hosts = child::program("node");
    hosts
        .args(["--test", "--test-concurrency=1"])
        .env("AKIO_EMBEDDING_TINY", embedding)
        .args(test_files(&paths::root().join("tests"))?);
    let mut web = child::program("npm");
    web.args(["run", "test", "--workspace", "web"]);
    child::loud(environment.on(hosts))?;
    child::loud(environment.on(web))
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> = entries
        .iter()
        .map(fs::DirEntry::path)
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))
}
