//! What changed between two files, and the second one again from the first.
//!
//! [`diff`] writes a delta: which parts of the old file the new one has, and the bytes that it has
//! beside them. [`patch`] makes the new file of the old one and the delta. Weights that stayed the same
//! cost a few bytes, wherever they lie.
//!
//! ```text
//! 0    magic "AKIODIFF"   8 bytes
//! 8    format version     u32 (1)
//! 12   length of the old file u64, its sha256
//! 52   length of the new file u64, its sha256
//! 92   steps, as one DEFLATE stream
//! ```
//! Integers are little-endian. A step is a copy out of the old file and then literal bytes; its numbers
//! are LEB128: length of the copy; where it starts, unless it is empty, as a signed distance from where
//! the old file would go on if the literals before had stood in it too; length of the literals; these.

#![forbid(unsafe_code)]

mod diff;
mod error;
mod head;
mod patch;
mod search;
mod steps;

pub use diff::diff;
pub use error::DeltaError;
pub use head::Head;
pub use patch::patch;

/// Longer files are refused: a native executable holds its module twice at most, and a module is
/// smaller than this by half. It bounds what a hostile delta can have written.
pub const MAX_LEN: u64 = 8 << 30;

/// Told how many bytes of how many are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);
