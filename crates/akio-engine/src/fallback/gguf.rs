//! The header of the GGUF section: candle reads it, after checks that candle does not make.

use std::io::Cursor;

use candle_core::quantized::gguf_file::Content;

use crate::EngineError;

/// More metadata entries or tensors than any model has.
const MAX_ENTRIES: u64 = 1 << 16;
/// More array elements than any tokenizer has; candle holds each of them in memory.
const MAX_ELEMENTS: u64 = 1 << 23;

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Reads metadata and tensor directory.
///
/// # Errors
/// [`EngineError::Fallback`] for anything that is not a sound GGUF of version 2 or 3.
pub(super) fn read(raw: &[u8]) -> Result<Content, EngineError> {
    let mut header = Walker { rest: raw };
    if !header.metadata_is_sound().unwrap_or(false) {
        return Err(EngineError::Fallback(
            "the GGUF header is damaged or unusual".into(),
        ));
    }
    Content::read(&mut Cursor::new(raw)).map_err(|error| EngineError::Fallback(error.to_string()))
}

/// What is left of the header; every step is `None` at the end of the file.
struct Walker<'a> {
    rest: &'a [u8],
}

impl<'a> Walker<'a> {
    /// candle divides by the alignment and takes memory by the counts, so both are checked first.
    fn metadata_is_sound(&mut self) -> Option<bool> {
        let (magic, version) = (self.take(4)?, self.u32()?);
        let (tensors, entries) = (self.u64()?, self.u64()?);
        if magic != b"GGUF" || !(2..=3).contains(&version) {
            return Some(false);
        }
        if tensors > MAX_ENTRIES || entries > MAX_ENTRIES {
            return Some(false);
        }
        let mut elements = 0;
        for _ in 0..entries {
            let key = self.string()?;
            let kind = self.u32()?;
            if kind == ARRAY {
                elements += self.skip_array()?;
                if elements > MAX_ELEMENTS {
                    return Some(false);
                }
                continue;
            }
            let value = if kind == STRING {
                self.string()?
            } else {
                self.take(scalar_len(kind)?)?
            };
            if key == b"general.alignment" && value.iter().all(|byte| *byte == 0) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// The number of elements. Arrays of arrays occur in no model and are refused.
    fn skip_array(&mut self) -> Option<u64> {
        let (kind, count) = (self.u32()?, self.u64()?);
        if kind == STRING {
            for _ in 0..count {
                self.string()?;
            }
        } else {
            self.take(count.checked_mul(scalar_len(kind)?)?)?;
        }
        Some(count)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = self.u64()?;
        self.take(len)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Bytes of a value that is neither string nor array.
fn scalar_len(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}
