//! What people would use instead: llama.cpp, native and as wllama in a browser. Installed once, below the target
//! directory, and left out where they are not installed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::hosts;
use crate::edition::Edition;
use crate::step::Step;
use crate::{child, fetch, paths, setup};

pub const LLAMA_CPP_PYTHON: &str = "llama-cpp-python[server]==0.3.36";
pub const WLLAMA: &str = "@wllama/wllama@3.13.0";

/// Those that are here.
pub struct Peers {
    /// The Python that has llama.cpp.
    pub llama_cpp: Option<PathBuf>,
    /// The folder with wllama in its node_modules.
    pub wllama: Option<PathBuf>,
    /// SmolLM2 in llama.cpp's own best 4-bit type.
    pub requantised: Option<PathBuf>,
}

impl Peers {
    /// Installs them if that is asked for, and looks for them.
    pub fn find(install: bool) -> Result<Self> {
        let folder = paths::work()?.join("peers");
        if install {
            install_llama_cpp(&folder)?;
            install_wllama(&folder)?;
        }
        let python = folder.join("python/bin/python");
        let llama_cpp = python.is_file().then_some(python);
        let wllama = wllama_package(&folder).is_file().then(|| folder.clone());
        let requantised = match &llama_cpp {
            Some(python) => Some(requantise(python, &folder)?),
            None => None,
        };
        Ok(Self {
            llama_cpp,
            wllama,
            requantised,
        })
    }
}

/// The folder of the scripts that measure peers and browsers.
pub fn scripts() -> PathBuf {
    paths::root().join("crates/xtask/peers")
}

/// The file of the weights that a model's artefacts are made of.
pub fn weights(edition: Edition) -> Result<PathBuf> {
    fetch::weights(edition.model())
}

/// The type of most of its tensors.
pub fn weights_type(edition: Edition) -> &'static str {
    match edition {
        Edition::Default => "Q4_1",
        Edition::Agent | Edition::Large => "Q4_K_M",
    }
}

/// Builds llama.cpp for this processor, with its Python binding.
fn install_llama_cpp(folder: &Path) -> Result<()> {
    let venv = folder.join("python");
    let python = venv.join("bin/python");
    Step {
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
    })
}

fn install_wllama(folder: &Path) -> Result<()> {
    Step {
        name: "wllama",
        inputs: Vec::new(),
        outputs: vec![wllama_package(folder)],
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

fn wllama_package(folder: &Path) -> PathBuf {
    folder.join("node_modules/@wllama/wllama/package.json")
}

/// Q4_0, which llama.cpp repacks for the processor when it loads it, from the same Q4_1.
fn requantise(python: &Path, folder: &Path) -> Result<PathBuf> {
    let weights = weights(Edition::Default)?;
    let output = folder.join("q4_0.gguf");
    let script = scripts().join("requantise.py");
    Step {
        name: &format!("{} in Q4_0", hosts::name(Edition::Default)),
        inputs: vec![weights.clone(), script.clone()],
        outputs: vec![output.clone()],
        settings: LLAMA_CPP_PYTHON,
    }
    .run(|spinner| {
        let mut requantise = child::program(python);
        requantise.arg(&script).arg(&weights).arg(&output);
        child::quiet(requantise, spinner).context("llama.cpp did not requantise the weights")
    })?;
    Ok(output)
}
