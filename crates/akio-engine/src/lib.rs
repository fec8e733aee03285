//! Packed model bytes and token ids in, the next token out.

#![forbid(unsafe_code)]

pub mod packed;

/// Index of a token in the vocabulary.
pub type TokenId = u32;
