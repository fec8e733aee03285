//! The one interface between generation and a forward pass.

use crate::{
    EngineError, TokenId,
    llama::Llama,
    packed::{Packed, tag},
};

/// Architectures that run through akio's own forward pass.
pub const TILED_ARCHITECTURES: [&str; 2] = ["llama", "qwen2"];
/// Architectures that keep their GGUF and run through candle.
pub const CANDLE_ARCHITECTURES: [&str; 3] = ["gemma3", "phi3", "qwen3"];

/// A model with its KV cache.
pub trait Model {
    /// Most tokens that fit into the KV cache.
    fn context(&self) -> usize;

    /// Number of logits.
    fn vocab_size(&self) -> usize;

    /// Most tokens that one [`forward`](Model::forward) takes.
    fn chunk(&self) -> usize;

    /// Appends the keys and values of `tokens` at position `pos` (the cache must hold exactly `pos`
    /// positions) and returns the logits, `(vocab_size,)`, of the last token if they are wanted.
    ///
    /// # Errors
    /// [`EngineError::UnknownToken`], [`EngineError::PromptTooLong`] if the cache is full, or what the
    /// model itself reports; the cache then holds `pos` positions.
    fn forward(
        &mut self,
        tokens: &[TokenId],
        pos: usize,
        want_logits: bool,
    ) -> Result<Option<&mut [f32]>, EngineError>;

    /// The hidden states after the output norm, `(n, dim)`, of the tokens of the last
    /// [`forward`](Model::forward); `None` for models that do not give them.
    fn hidden(&mut self) -> Option<&[f32]> {
        None
    }

    /// The logits of token `index` of the last [`forward`](Model::forward); models without hidden states
    /// have those of its last token only.
    fn logits(&mut self, index: usize) -> Option<&mut [f32]>;

    /// Forgets the positions from `len` on and returns how many are kept: `len`, or 0 for models that
    /// can only start over.
    fn truncate(&mut self, len: usize) -> usize;

    /// Appends to the `held` positions in the cache, which are those of the first `tokens`, as many more as the
    /// packed model brings keys and values of, and returns how many the cache then holds.
    fn restore(&mut self, _tokens: &[TokenId], held: usize) -> usize {
        held
    }

    /// Appends the keys and values in the cache, those of `tokens`, to what [`restore`](Model::restore) takes
    /// from a packed model (the content of the section `prefixes`); models that cannot, nothing.
    fn save(&self, _tokens: &[TokenId], _section: &mut Vec<u8>) {}

    /// Bytes held by the KV cache now.
    fn kv_bytes(&self) -> usize;
}

/// Opens the packed model: our own forward pass where there is one, candle otherwise.
///
/// # Errors
/// [`EngineError::UnsupportedArchitecture`], [`EngineError::WithoutCandle`], [`EngineError::Context`], or what is wrong with the tensors.
pub fn open<'a>(packed: &Packed<'a>, context: usize) -> Result<Box<dyn Model + 'a>, EngineError> {
    let max = packed.config()?.seq_len as usize;
    if context == 0 || context > max {
        return Err(EngineError::Context {
            asked: context,
            max,
        });
    }
    match packed.text(tag::ARCH)? {
        arch if TILED_ARCHITECTURES.contains(&arch) => Ok(Box::new(Llama::open(packed, context)?)),
        #[cfg(feature = "candle")]
        _ => crate::fallback::open(packed, context),
        #[cfg(not(feature = "candle"))]
        arch if CANDLE_ARCHITECTURES.contains(&arch) => {
            Err(EngineError::WithoutCandle { arch: arch.into() })
        }
        #[cfg(not(feature = "candle"))]
        arch => Err(EngineError::UnsupportedArchitecture { arch: arch.into() }),
    }
}
