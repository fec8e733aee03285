//! Quantised weight tiles and the few hot loops over them.
//!
//! The scalar code is the specification; every SIMD variant must equal it bit for bit.

pub mod tile;

pub use tile::{BLOCK, STRIP, SUPER, TileKind};
