//! The head: how the key is made, and how long the content is.

use std::io::{self, Read};

use crate::{SealError, parts};

const MAGIC: [u8; 8] = *b"AKIOSEAL";
/// Version of the format that this build reads and writes.
pub(crate) const VERSION: u32 = 1;
/// Bytes of the head.
pub const HEAD_LEN: usize = 64;
/// A WebAssembly memory holds no longer content.
const MAX_LEN: u64 = 4 << 30;

/// What stands in front of the encrypted parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub(crate) cost: Cost,
    pub(crate) salt: [u8; 32],
    len: u64,
    /// As it stands in the file; every part's tag is also one of it.
    pub(crate) bytes: [u8; HEAD_LEN],
}

/// What it costs to try a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

/// What RFC 9106 recommends where memory is scarce: 64 MiB, a fraction of a second.
const COST: Cost = Cost {
    memory: 64 << 10,
    passes: 3,
    lanes: 4,
};

/// More is not asked of a machine that opens a file that somebody else made: 1 GiB, 16 passes.
const MOST: Cost = Cost {
    memory: 1 << 20,
    passes: 16,
    lanes: 16,
};

impl Head {
    /// A head for content of this length.
    pub(crate) fn new(len: u64, salt: [u8; 32]) -> Self {
        let cost = COST;
        let mut bytes = [0; HEAD_LEN];
        let fields = [
            &MAGIC[..],
            &VERSION.to_le_bytes(),
            &cost.memory.to_le_bytes(),
            &cost.passes.to_le_bytes(),
            &cost.lanes.to_le_bytes(),
            &len.to_le_bytes(),
            &salt,
        ];
        for (to, from) in bytes.iter_mut().zip(fields.concat()) {
            *to = from;
        }
        Self {
            cost,
            salt,
            len,
            bytes,
        }
    }

    /// Reads a head.
    ///
    /// # Errors
    /// [`SealError::Damaged`] or [`SealError::Version`] if it is none, or asks for too much; [`SealError::Io`].
    pub fn read(from: &mut impl Read) -> Result<Self, SealError> {
        let mut bytes = [0; HEAD_LEN];
        from.read_exact(&mut bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => SealError::Damaged("it has no head"),
                _ => error.into(),
            })?;
        let mut fields = &bytes[..];
        if take::<8>(&mut fields)? != MAGIC {
            return Err(SealError::Damaged("it has no head"));
        }
        let mut number =
            || -> Result<u32, SealError> { Ok(u32::from_le_bytes(take(&mut fields)?)) };
        let version = number()?;
        if version != VERSION {
            return Err(SealError::Version(version));
        }
        let cost = Cost {
            memory: number()?,
            passes: number()?,
            lanes: number()?,
        };
        let len = u64::from_le_bytes(take(&mut fields)?);
        let salt = take(&mut fields)?;
        if cost.memory > MOST.memory || cost.passes > MOST.passes || cost.lanes > MOST.lanes {
            return Err(SealError::Damaged(
                "its key would take too much memory or time",
            ));
        }
        if len > MAX_LEN {
            return Err(SealError::Damaged("it is longer than any model"));
        }
        Ok(Self {
            cost,
            salt,
            len,
            bytes,
        })
    }

    /// Bytes of the content.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no content.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of head and parts together.
    pub fn sealed_len(&self) -> u64 {
        HEAD_LEN as u64 + parts::sealed_len(self.len)
    }
}

/// The next bytes of the head.
fn take<const N: usize>(fields: &mut &[u8]) -> Result<[u8; N], SealError> {
    let (first, rest) = fields
        .split_first_chunk()
        .ok_or(SealError::Damaged("it has no head"))?;
    *fields = rest;
    Ok(*first)
}
