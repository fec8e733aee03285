//! Tokenizer sections from GGUF metadata.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;

/// Why a tokenizer cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A metadata key that every tokenizer has is absent or has another type.
    Missing {
        /// Metadata key.
        key: &'static str,
    },
}

impl std::fmt::Display for TokenizerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { key } => write!(f, "the GGUF has no usable '{key}'"),
        }
    }
}

impl std::error::Error for TokenizerError {}

/// The sections that `akio_engine::tokenizer::Tokenizer` reads.
///
/// # Errors
/// See [`TokenizerError`].
pub fn sections(metadata: &HashMap<String, Value>) -> Result<Vec<(&'static str, Vec<u8>)>, TokenizerError> {
    let _ = metadata;
    Ok(Vec::new())
}
