//! GGUF to packed model, and the packed model into a linked module's data segment.
//!
//! [`pack`] converts a model once, ahead of time, [`repack`] says other things about it; [`module`] puts it into a finished module and
//! takes it out again; [`object`] and [`constants`] are for those who would rather link or compile it.
//! [`tiles`] holds the conversion of the blocks, [`gguf`] reads the source.

#![forbid(unsafe_code)]

mod arguments;
mod config;
pub mod constants;
mod error;
mod facts;
pub mod files;
pub mod gguf;
mod header;
pub mod module;
pub mod object;
mod pack;
mod repack;
pub mod tiles;
pub mod tokenizer;

pub use arguments::Arguments;
pub use error::PackToolError;
pub use facts::facts;
pub use pack::{Conversion, Options, Packing, Report, pack};
pub use repack::repack;
