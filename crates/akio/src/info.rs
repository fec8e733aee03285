//! What the module says about itself and the model inside it.

use akio_engine::packed::{PackError, Packed, tag};
use serde::Serialize;

use crate::{BUILD, VERSION, embedded};

/// Facts of the module and its model; the JSON of `akio info` and of the page.
#[derive(Clone, Debug, Serialize)]
pub struct Info<'a> {
    /// Version of akio.
    pub version: &'static str,
    /// Instruction set of the kernels.
    pub build: &'static str,
    /// Name of the model.
    pub name: &'a str,
    /// SPDX identifier of the model's licence.
    pub license: &'a str,
    /// Model family, such as `llama`.
    pub architecture: &'a str,
    /// File that the model was packed from.
    pub source: &'a str,
    /// Hex sha256 of that file.
    pub source_sha256: &'a str,
    /// Hex sha256 of the packed model, as its header states.
    pub sha256: String,
    /// Size of the packed model.
    pub packed_bytes: usize,
    /// Tensor types, and any loss in packing.
    pub tensors: &'a str,
    /// Most tokens of prompt and answer together: the session's, or the model's where none is open.
    pub context: usize,
    /// Most tokens that the model was trained for.
    pub max_context: usize,
    /// Number of tokens in the vocabulary.
    pub vocab_size: usize,
    /// Size of the module's memory; absent outside of WebAssembly.
    pub linear_memory_bytes: Option<u64>,
}

impl<'a> Info<'a> {
    /// Reads the facts of a packed model.
    ///
    /// # Errors
    /// A section that is absent or malformed.
    pub fn of(packed: &Packed<'a>) -> Result<Self, PackError> {
        let config = packed.config()?;
        Ok(Self {
            version: VERSION,
            build: BUILD,
            name: packed.text(tag::NAME)?,
            license: packed.text(tag::LICENSE)?,
            architecture: packed.text(tag::ARCH)?,
            source: packed.text(tag::SOURCE)?,
            source_sha256: packed.text(tag::SOURCE_SHA256)?,
            sha256: packed.sha256(),
            packed_bytes: packed.bytes().len(),
            tensors: packed.text(tag::TENSOR_NOTE)?,
            context: config.seq_len as usize,
            max_context: config.seq_len as usize,
            vocab_size: config.vocab_size as usize,
            linear_memory_bytes: embedded::linear_memory_bytes(),
        })
    }
}
