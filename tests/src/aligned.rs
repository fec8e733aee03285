//! A copy of bytes at the alignment that a packed model has in the data segment.

use akio_engine::packed::ALIGN;

/// Bytes at a multiple of [`ALIGN`].
pub struct Aligned {
    buffer: Vec<u8>,
    start: usize,
}

impl Aligned {
    /// Copies `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut buffer = vec![0; bytes.len() + ALIGN];
        let start = buffer.as_ptr().align_offset(ALIGN);
        buffer.truncate(start + bytes.len());
        buffer[start..].copy_from_slice(bytes);
        Self { buffer, start }
    }

    /// The copy.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}
