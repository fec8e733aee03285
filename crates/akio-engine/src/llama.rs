//! Forward pass of the llama and qwen2 families.

use crate::{EngineError, TokenId, model::Model, packed::Packed};

pub(crate) struct Llama<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> Llama<'a> {
    pub(crate) fn open(_packed: &Packed<'a>, _context: usize) -> Result<Self, EngineError> {
        Err(EngineError::Config { why: "not written" })
    }
}

impl Model for Llama<'_> {
    fn context(&self) -> usize { 0 }
    fn vocab_size(&self) -> usize { 0 }
    fn chunk(&self) -> usize { 1 }
    fn forward(&mut self, _: &[TokenId], _: usize, _: bool) -> Result<Option<&mut [f32]>, EngineError> { Ok(None) }
    fn truncate(&mut self, _: usize) -> usize { 0 }
    fn kv_bytes(&self) -> usize { 0 }
}
