//! What can go wrong between model bytes and tokens.

use std::fmt;

use crate::{
    ConstraintError,
    model::{CANDLE_ARCHITECTURES, TILED_ARCHITECTURES},
    packed::PackError,
};

/// An error of the engine. Nothing here is reachable twice for the same reason: a session survives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EngineError {
    /// The packed model is damaged or not one.
    Pack(PackError),
    /// No forward pass exists for this architecture.
    UnsupportedArchitecture {
        /// `general.architecture` of the model.
        arch: String,
    },
    /// A tensor does not have the shape that the configuration asks for.
    Shape {
        /// Tensor name.
        tensor: String,
        /// Rows and columns found.
        found: (usize, usize),
        /// Rows and columns needed.
        need: (usize, usize),
    },
    /// The model's constants contradict each other or what the engine can run.
    Config {
        /// What is wrong.
        why: &'static str,
    },
    /// The context asked for is not between 1 and what the model was trained for.
    Context {
        /// Tokens asked for.
        asked: usize,
        /// Longest context of the model, in tokens.
        max: usize,
    },
    /// The KV cache cannot be allocated.
    Memory {
        /// Bytes needed.
        bytes: u64,
    },
    /// There is no token to continue from.
    EmptyPrompt,
    /// The prompt does not leave room for one new token.
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of the context.
        context: usize,
    },
    /// A token id is not in the vocabulary.
    UnknownToken {
        /// The id.
        id: u32,
    },
    /// A sampling parameter is outside of its range.
    Sampling {
        /// Parameter name.
        name: &'static str,
        /// What it must be.
        need: &'static str,
    },
    /// A constraint cannot be used, or not within the limit of tokens.
    Constraint(ConstraintError),
    /// The model runs through candle, which does not give its hidden states.
    NoHiddenStates,
    /// The model runs through candle, which this build of akio does without.
    WithoutCandle {
        /// The architecture.
        arch: String,
    },
    /// A model that runs through candle failed.
    Fallback(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack(error) => error.fmt(f),
            Self::UnsupportedArchitecture { arch } => {
                write!(
                    f,
                    "architecture '{arch}' is not supported; supported are {}, {}",
                    TILED_ARCHITECTURES.join(", "),
                    CANDLE_ARCHITECTURES.join(", ")
                )
            }
            Self::Shape {
                tensor,
                found,
                need,
            } => write!(
                f,
                "tensor '{tensor}' has shape {} x {}, the configuration needs {} x {}",
                found.0, found.1, need.0, need.1
            ),
            Self::Config { why } => write!(f, "model configuration cannot be run: {why}"),
            Self::Context { asked, max } => {
                write!(
                    f,
                    "context of {asked} tokens is not possible: choose 1 to {max}"
                )
            }
            Self::Memory { bytes } => {
                write!(
                    f,
                    "not enough memory for a KV cache of {bytes} bytes; choose a smaller context"
                )
            }
            Self::EmptyPrompt => write!(f, "the prompt is empty"),
            Self::PromptTooLong { tokens, context } => write!(
                f,
                "the prompt has {tokens} tokens and does not fit into the context of {context}; \
                 shorten it or raise the context"
            ),
            Self::UnknownToken { id } => write!(f, "token id {id} is not in the vocabulary"),
            Self::Sampling { name, need } => {
                write!(f, "sampling parameter '{name}' must be {need}")
            }
            Self::Constraint(error) => error.fmt(f),
            Self::NoHiddenStates => write!(
                f,
                "this model gives no hidden states to compare texts by; those of the architectures {} do",
                TILED_ARCHITECTURES.join(" and ")
            ),
            Self::WithoutCandle { arch } => write!(
                f,
                "architecture '{arch}' runs through candle, which is not in this build of akio; put the \
                 model into akio-candle.wasm"
            ),
            Self::Fallback(why) => write!(f, "the model could not be run through candle: {why}"),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<PackError> for EngineError {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

impl From<ConstraintError> for EngineError {
    fn from(error: ConstraintError) -> Self {
        Self::Constraint(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_supported_is_said_in_place() {
        let error = EngineError::UnsupportedArchitecture {
            arch: "mamba".into(),
        };
        assert_eq!(
            error.to_string(),
            "architecture 'mamba' is not supported; supported are llama, qwen2, gemma3, phi3, qwen3"
        );
    }
}
