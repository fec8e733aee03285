//! Chooses the next token from the logits.

use crate::TokenId;

/// Chooses the next token.
pub struct Sampler;

impl Sampler {
    /// The next token.
    pub fn sample(&mut self, _logits: &mut [f32], _history: &[TokenId]) -> TokenId {
        0
    }
}
