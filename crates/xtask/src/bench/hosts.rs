//! How akio is started in each host, and asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::peers;
use crate::edition::Edition;
use crate::model::Model;
use crate::simd::Simd;
use crate::{child, paths, setup, test};

/// The models that are measured.
pub const MODELS: [Edition; 2] = [Edition::Default, Edition::Agent];

/// A model's name in tables.
pub fn name(edition: Edition) -> &'static str {
    match edition.model() {
        Model::Smollm2 => "SmolLM2-135M",
        Model::Qwen => "Qwen2.5-Coder-0.5B",
        Model::QwenLarge => "Qwen2.5-Coder-1.5B",
        Model::Gemma => "Gemma 3 270M",
    }
}

/// The hosts that run akio as a command, with caches of their own.
pub struct Hosts {
    wasmtime: PathBuf,
    chromium: PathBuf,
    /// Of `dist/akio`.
    pub akio_cache: PathBuf,
    pub wasmtime_cache: PathBuf,
    /// wasmtime's configuration; as a folder for a cache it is of no use.
    pub config: PathBuf,
}

impl Hosts {
    pub fn new() -> Result<Self> {
        let folder = paths::work()?.join("bench");
        fs::create_dir_all(&folder)?;
        let [akio_cache, wasmtime_cache, config] =
            ["akio", "wasmtime", "wasmtime.toml"].map(|name| folder.join(name));
        let directory = json!(wasmtime_cache);
        fs::write(&config, format!("[cache]\ndirectory = {directory}\n"))?;
        Ok(Self {
            wasmtime: test::wasmtime()?,
            chromium: setup::chromium()?,
            akio_cache,
            wasmtime_cache,
            config,
        })
    }

    /// The native executable.
    pub fn akio(&self, edition: Edition) -> Result<Command> {
        Ok(self.akio_with(edition, &self.akio_cache))
    }

    pub fn akio_with(&self, edition: Edition, cache: &Path) -> Command {
        let mut akio = child::program(paths::dist().join(edition.artefact()));
        akio.env("AKIO_CACHE", cache);
        akio
    }

    /// Stock wasmtime, with its cache or without.
    pub fn wasmtime(&self, edition: Edition, simd: Simd, cache: bool) -> Command {
        let mut wasmtime = child::program(&self.wasmtime);
        wasmtime.arg("-C");
        if cache {
            wasmtime.arg(format!("cache-config={}", self.config.display()));
        } else {
            wasmtime.arg("cache=n");
        }
        wasmtime.arg(module(edition, simd));
        wasmtime
    }

    pub fn node(&self, edition: Edition, simd: Simd) -> Command {
        let mut node = child::program("node");
        node.arg("--no-warnings");
        if let Simd::Relaxed = simd {
            // Node 20 has it behind a flag only.
            node.arg("--experimental-wasm-relaxed-simd");
        }
        node.arg(paths::root().join("tests/wasi-runner.mjs"));
        node.arg(module(edition, simd));
        node
    }

    /// Chromium, with what `peers/browser.mjs` says of its work.
    pub fn browser(&self, work: &Value) -> Command {
        let mut node = child::program("node");
        node.arg(peers::scripts().join("browser.mjs"));
        node.arg(work.to_string()).env("CHROMIUM", &self.chromium);
        node
    }
}

/// The command of an edition.
pub fn module(edition: Edition, simd: Simd) -> PathBuf {
    let name = edition.artefact();
    paths::dist().join(match simd {
        Simd::Relaxed => format!("{name}.wasm"),
        Simd::Plain => format!("{name}-plain.wasm"),
    })
}

/// The command with more arguments, as one that can still be used for another run.
pub fn with(host: &Command, arguments: &[&str]) -> Command {
    let mut command = child::program(host.get_program());
    command
        .args(host.get_args())
        .args(arguments)
        .stdin(Stdio::null());
    for (name, value) in host.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

/// The JSON object that a command prints.
pub fn json(host: &Command, arguments: &[&str]) -> Result<Value> {
    let command = with(host, arguments);
    let program = command.get_program().display().to_string();
    let output = child::output(command)?;
    serde_json::from_str(&output).with_context(|| format!("{program} printed no JSON object"))
}
