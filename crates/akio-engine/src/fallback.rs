//! Architectures without a forward pass of our own, through candle-transformers.

use crate::{EngineError, model::Model, packed::{Packed, tag}};

/// Opens a model through candle.
pub(crate) fn open<'a>(packed: &Packed<'a>, _context: usize) -> Result<Box<dyn Model + 'a>, EngineError> {
    Err(EngineError::UnsupportedArchitecture { arch: packed.text(tag::ARCH)?.into() })
}
