//! Quantised weight tiles and the few hot loops over them.
//!
//! [`tile`] is the layout of packed weights, `activations` quantises the other operand,
//! [`matmul`] multiplies the two, [`dequantize_row`] reads single rows (embeddings) back as f32,
//! [`attention`] has the two loops over keys and values. [`pool`] shares work among threads.
//!
//! The loops are written once, over the traits in `vector`; a variant fixes their few primitives. The
//! scalar variant is always compiled and is the specification: every other one must equal it bit
//! for bit, in the integer and in the float part, since each f32 lane sums one row in the order of
//! its columns, with separate multiply and add.

mod activations;
pub mod attention;
mod dequantize;
mod matmul;
pub mod pool;
#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
mod relaxed;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[expect(unsafe_code, reason = "v128 loads take raw pointers")]
mod simd128;
pub mod tile;
mod vector;

#[cfg(test)]
mod tests;

pub use activations::{Activations, Forms, Precision};
pub use dequantize::dequantize_row;
pub use matmul::{Matrix, Variant, matmul, matmul_with};
pub use tile::{BLOCK, STRIP, SUPER, TileKind};
pub use vector::f16_to_f32;
