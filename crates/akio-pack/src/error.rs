//! What can go wrong while packing a model or putting it into a module.

use std::{fmt, io};

use akio_agent::AgentError;
use akio_engine::{
    model::{CANDLE_ARCHITECTURES, TILED_ARCHITECTURES},
    packed::PackError,
};

use crate::tokenizer::TokenizerError;

/// Why a model was not packed, injected or extracted.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackToolError {
    /// A file could not be read or written.
    Io {
        /// What was being done, with the file's name where there is one.
        what: String,
        /// The system's answer.
        source: io::Error,
    },

    // GGUF
    /// The source does not start with the GGUF magic bytes.
    NotGguf,
    /// The GGUF has a version that cannot be read.
    GgufVersion {
        /// Version found.
        found: u32,
    },
    /// The source ends in the middle of something.
    Truncated {
        /// What the missing bytes belong to.
        what: String,
    },
    /// The source contradicts itself.
    Malformed {
        /// Metadata key or tensor at fault.
        what: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The engine cannot run this kind of model.
    UnsupportedArchitecture {
        /// Value of `general.architecture`.
        arch: String,
    },
    /// The model uses something that the engine would silently ignore.
    UnsupportedFeature {
        /// Metadata key or tensor that asks for it.
        what: String,
        /// What it stands for.
        why: &'static str,
    },
    /// A tensor is stored in a way that has no tile.
    UnsupportedTensorType {
        /// Name of the tensor.
        tensor: String,
        /// Its type in the GGUF.
        found: String,
    },
    /// The tokenizer cannot be packed.
    Tokenizer(TokenizerError),
    /// The arguments that the model is to bring are none.
    Arguments {
        /// What is wrong with them.
        why: &'static str,
    },
    /// What was packed cannot be run: its chat template, or its shapes.
    Agent(AgentError),

    // Module
    /// The packed model is damaged.
    Pack(PackError),
    /// The file is not a WebAssembly module, or a damaged one.
    BadModule {
        /// What the parser found.
        why: String,
    },
    /// The module has no slot for a model.
    NoSlot,
    /// The marker of the slot occurs more than once.
    SeveralSlots,
    /// The model runs through candle, which the module was built without.
    WithoutCandle {
        /// The architecture.
        arch: String,
    },
    /// The slot of the module is empty.
    NoModel,
    /// The model does not fit into a 32-bit memory beside the module's own data.
    MemoryTooLarge {
        /// Length of the packed model in bytes.
        model: u64,
        /// Bytes of memory that module and model would need at start.
        need: u64,
    },
    /// The finished module is larger than its target can load.
    ModuleTooLarge {
        /// Length of the finished module in bytes.
        size: u64,
        /// Largest length allowed.
        limit: u64,
    },
}

impl fmt::Display for PackToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { what, source } => write!(f, "cannot {what}: {source}"),
            Self::NotGguf => write!(
                f,
                "not a GGUF model: the file does not start with 'GGUF'; give a .gguf file"
            ),
            Self::GgufVersion { found } => {
                write!(f, "GGUF version {found} is not supported, only 2 and 3 are")
            }
            Self::Truncated { what } => write!(
                f,
                "the GGUF is truncated: it ends inside {what}; fetch the file again"
            ),
            Self::Malformed { what, why } => write!(f, "the GGUF is malformed at {what}: {why}"),
            Self::UnsupportedArchitecture { arch } => write!(
                f,
                "unsupported architecture '{arch}'; supported are {}, {}",
                TILED_ARCHITECTURES.join(", "),
                CANDLE_ARCHITECTURES.join(", ")
            ),
            Self::UnsupportedFeature { what, why } => {
                write!(f, "the model needs {why} ({what}), which is not supported")
            }
            Self::UnsupportedTensorType { tensor, found } => write!(
                f,
                "tensor '{tensor}' has unsupported type {found}; supported are F32, F16, BF16, Q4_0, \
                 Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K"
            ),
            Self::Tokenizer(error) => error.fmt(f),
            Self::Agent(error) => error.fmt(f),
            Self::Arguments { why } => write!(f, "no usable --args: {why}"),
            Self::Pack(error) => error.fmt(f),
            Self::BadModule { why } => write!(f, "not a usable WebAssembly module: {why}"),
            Self::NoSlot => write!(
                f,
                "the module has no slot for a model; give a module built from the akio crate"
            ),
            Self::SeveralSlots => write!(f, "the module has more than one slot for a model"),
            Self::WithoutCandle { arch } => write!(
                f,
                "architecture '{arch}' runs through candle, which this module was built without; put \
                 the model into akio-candle.wasm"
            ),
            Self::NoModel => write!(
                f,
                "the module carries no model; put one in with 'akio-pack inject'"
            ),
            Self::MemoryTooLarge { model, need } => write!(
                f,
                "the model of {model} bytes does not fit: module and model need {need} bytes of \
                 memory at start, a WebAssembly memory holds at most 4294967296; choose a smaller \
                 model or quantisation"
            ),
            Self::ModuleTooLarge { size, limit } => write!(
                f,
                "the finished module would have {size} bytes, this target loads at most {limit}; \
                 choose a smaller model or quantisation"
            ),
        }
    }
}

impl std::error::Error for PackToolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Tokenizer(error) => Some(error),
            Self::Agent(error) => Some(error),
            Self::Pack(error) => Some(error),
            _ => None,
        }
    }
}

impl From<TokenizerError> for PackToolError {
    fn from(error: TokenizerError) -> Self {
        Self::Tokenizer(error)
    }
}

impl From<AgentError> for PackToolError {
    fn from(error: AgentError) -> Self {
        Self::Agent(error)
    }
}

impl From<PackError> for PackToolError {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}
