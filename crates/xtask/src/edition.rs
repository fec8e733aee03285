//! Editions: the same akio with different models inside.

use clap::ValueEnum;

use crate::model::Model;

/// Which model is inside an artefact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Edition {
    /// SmolLM2-135M-Instruct: small and fast, under 100 MiB
    #[default]
    Default,
    /// Qwen2.5-Coder-0.5B-Instruct: trained for tool calls, 0.5 GB
    Agent,
    /// Qwen2.5-Coder-1.5B-Instruct: 1.1 GB, too large for a browser
    Large,
}

impl Edition {
    pub fn model(self) -> Model {
        match self {
            Self::Default => Model::Smollm2,
            Self::Agent => Model::Qwen,
            Self::Large => Model::QwenLarge,
        }
    }

    /// Name of the artefacts in `dist/`, without an ending.
    pub fn artefact(self) -> &'static str {
        match self {
            Self::Default => "akio",
            Self::Agent => "akio-agent",
            Self::Large => "akio-large",
        }
    }
}
