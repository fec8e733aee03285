//! Packed model bytes and token ids in, the next token out.
//!
//! [`packed`] borrows the model, [`tokenizer`] turns text into ids, [`model`] runs the forward pass,
//! [`sampler`] chooses a token, [`constraint`] which there are to choose from, [`generator`] loops,
//! [`text_stream`] gives back whole UTF-8; [`scoring`] says how likely given text is.

#![forbid(unsafe_code)]

mod attention;
pub mod constraint;
pub mod error;
#[cfg(feature = "candle")]
mod fallback;
pub mod generator;
mod kv_cache;
mod llama;
mod math;
pub mod model;
pub mod packed;
mod prefix;
mod rope;
pub mod sampler;
pub mod scoring;
pub mod text_stream;
pub mod tokenizer;

pub use akio_kernels::pool;
pub use constraint::{Constraint, ConstraintError};
pub use error::EngineError;
pub use generator::{EndReason, Generator, Step};
pub use model::Model;
pub use scoring::Score;

/// Index of a token in the vocabulary.
pub type TokenId = u32;
