//! akio-pack
pub mod tokenizer;
