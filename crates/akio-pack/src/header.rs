//! A walk over the header of a GGUF before candle reads it.
//!
//! candle checks single lengths against the size of the file, but one value of an array takes 32
//! bytes in memory and as little as one in the file, and an alignment of zero divides by zero.
//! This walk allocates nothing that the header states the size of, so a hostile file ends in a
//! typed error here.

use std::io::{BufReader, Read, Seek};

use candle_core::quantized::gguf_file::ValueType;

use crate::PackToolError;

/// Most values, array elements included, in the metadata. A vocabulary of 262,144 tokens takes
/// about 800,000.
const MAX_VALUES: u64 = 1 << 23;
/// Most tensors.
const MAX_TENSORS: u64 = 1 << 16;
/// Longest key or tensor name in bytes.
const MAX_NAME: u64 = 1 << 12;
/// Deepest nesting of arrays.
const MAX_DEPTH: u32 = 4;

/// Checks the header that starts at the reader's position and returns the number of tensors.
///
/// # Errors
/// `NotGguf`, `GgufVersion`, `Truncated`, `Malformed`, `UnsupportedTensorType` or `Io`.
pub(crate) fn check<R: Read + Seek>(
    reader: &mut BufReader<R>,
    file_len: u64,
) -> Result<u64, PackToolError> {
    let mut walk = Walk {
        reader,
        left: file_len,
        values: 0,
    };
    if walk
        .bytes::<4>("the magic bytes")
        .map_err(|_| PackToolError::NotGguf)?
        != *b"GGUF"
    {
        return Err(PackToolError::NotGguf);
    }
    let version = walk.u32("the version")?;
    if !(2..=3).contains(&version) {
        return Err(PackToolError::GgufVersion { found: version });
    }
    let tensors = walk.u64("the tensor count")?;
    let entries = walk.u64("the metadata count")?;
    if tensors > MAX_TENSORS {
        return Err(malformed("the tensor count", "too many tensors"));
    }
    for _ in 0..entries {
        let key = walk.name("a metadata key")?;
        let kind = walk.u32(&key)?;
        if key == "general.alignment" {
            walk.alignment(kind)?;
        } else {
            walk.value(&key, kind, 0)?;
        }
    }
    for _ in 0..tensors {
        let name = walk.name("a tensor name")?;
        walk.tensor(&name)?;
    }
    Ok(tensors)
}

struct Walk<'r, R> {
    reader: &'r mut BufReader<R>,
    /// Bytes up to the end of the file.
    left: u64,
    /// Values seen so far.
    values: u64,
}

impl<R: Read + Seek> Walk<'_, R> {
    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], PackToolError> {
        self.take(N as u64, what)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(read_failed)?;
        Ok(bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32, PackToolError> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &str) -> Result<u64, PackToolError> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    fn name(&mut self, what: &str) -> Result<String, PackToolError> {
        let len = self.u64(what)?;
        if len > MAX_NAME {
            return Err(malformed(what, "longer than 4096 bytes"));
        }
        self.take(len, what)?;
        let mut name = vec![0; len as usize];
        self.reader.read_exact(&mut name).map_err(read_failed)?;
        String::from_utf8(name).map_err(|_| malformed(what, "not UTF-8"))
    }

    fn skip(&mut self, len: u64, what: &str) -> Result<(), PackToolError> {
        self.take(len, what)?;
        // `take` has compared it with the size of a file, which is an i64 everywhere.
        self.reader.seek_relative(len as i64).map_err(read_failed)
    }

    fn take(&mut self, len: u64, what: &str) -> Result<(), PackToolError> {
        self.left = self
            .left
            .checked_sub(len)
            .ok_or_else(|| PackToolError::Truncated { what: what.into() })?;
        Ok(())
    }

    fn count(&mut self, values: u64, key: &str) -> Result<(), PackToolError> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            return Err(malformed(key, "more than 8388608 values in the metadata"));
        }
        Ok(())
    }

    fn value(&mut self, key: &str, kind: u32, depth: u32) -> Result<(), PackToolError> {
        self.count(1, key)?;
        match value_type(kind, key)? {
            ValueType::String => {
                let len = self.u64(key)?;
                self.skip(len, key)
            }
            ValueType::Array if depth == MAX_DEPTH => Err(malformed(key, "arrays nested too deep")),
            ValueType::Array => {
                let kind = self.u32(key)?;
                let len = self.u64(key)?;
                match fixed_len(value_type(kind, key)?) {
                    Some(size) => {
                        self.count(len, key)?;
                        self.skip(len.saturating_mul(size), key)
                    }
                    None => (0..len).try_for_each(|_| self.value(key, kind, depth + 1)),
                }
            }
            fixed => self.skip(fixed_len(fixed).unwrap_or(0), key),
        }
    }

    fn alignment(&mut self, kind: u32) -> Result<(), PackToolError> {
        let key = "general.alignment";
        self.count(1, key)?;
        if value_type(kind, key)? != ValueType::U32 {
            return Err(malformed(key, "not a 32-bit unsigned number"));
        }
        let alignment = self.u32(key)?;
        if !alignment.is_power_of_two() || !(8..=1 << 20).contains(&alignment) {
            return Err(malformed(key, "not a power of two between 8 and 1048576"));
        }
        Ok(())
    }

    fn tensor(&mut self, name: &str) -> Result<(), PackToolError> {
        let dims = self.u32(name)?;
        if !(1..=4).contains(&dims) {
            return Err(malformed(name, "a tensor has 1 to 4 dimensions"));
        }
        self.skip(8 * u64::from(dims), name)?;
        let kind = self.u32(name)?;
        if !matches!(kind, 0..=3 | 6..=15 | 30) {
            return Err(PackToolError::UnsupportedTensorType {
                tensor: name.into(),
                found: format!("number {kind}"),
            });
        }
        self.skip(8, name)
    }
}

fn value_type(kind: u32, key: &str) -> Result<ValueType, PackToolError> {
    Ok(match kind {
        0 => ValueType::U8,
        1 => ValueType::I8,
        2 => ValueType::U16,
        3 => ValueType::I16,
        4 => ValueType::U32,
        5 => ValueType::I32,
        6 => ValueType::F32,
        7 => ValueType::Bool,
        8 => ValueType::String,
        9 => ValueType::Array,
        10 => ValueType::U64,
        11 => ValueType::I64,
        12 => ValueType::F64,
        _ => return Err(malformed(key, "unknown type of value")),
    })
}

/// Bytes of a value whose length does not depend on its content.
fn fixed_len(kind: ValueType) -> Option<u64> {
    match kind {
        ValueType::U8 | ValueType::I8 | ValueType::Bool => Some(1),
        ValueType::U16 | ValueType::I16 => Some(2),
        ValueType::U32 | ValueType::I32 | ValueType::F32 => Some(4),
        ValueType::U64 | ValueType::I64 | ValueType::F64 => Some(8),
        ValueType::String | ValueType::Array => None,
    }
}

fn malformed(what: &str, why: &'static str) -> PackToolError {
    PackToolError::Malformed {
        what: format!("'{what}'"),
        why,
    }
}

fn read_failed(source: std::io::Error) -> PackToolError {
    PackToolError::Io {
        what: "read the GGUF".into(),
        source,
    }
}
