//! The head of a delta: which file it is for, and which one it makes.

use std::io::{self, Read, Write};

use crate::{DeltaError, MAX_LEN};

const MAGIC: [u8; 8] = *b"AKIODIFF";
/// Version of the format that this build reads and writes.
pub(crate) const VERSION: u32 = 1;

/// Length and content of a file, without the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// Length in bytes.
    pub len: u64,
    /// The sha256 of the content.
    pub sha256: [u8; 32],
}

/// What a delta is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The file that it changes.
    pub old: Print,
    /// What becomes of it.
    pub new: Print,
}

impl Head {
    /// Reads the head of a delta.
    ///
    /// # Errors
    /// [`DeltaError::NotADelta`], [`DeltaError::Version`], [`DeltaError::TooLong`] or [`DeltaError::Io`].
    pub fn read(delta: &mut impl Read) -> Result<Self, DeltaError> {
        let not_a_delta = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => DeltaError::NotADelta,
            _ => error.into(),
        };
        if read_array(delta).map_err(not_a_delta)? != MAGIC {
            return Err(DeltaError::NotADelta);
        }
        let version = u32::from_le_bytes(read_array(delta).map_err(not_a_delta)?);
        if version != VERSION {
            return Err(DeltaError::Version(version));
        }
        let mut print = || -> Result<Print, DeltaError> {
            let len = u64::from_le_bytes(read_array(delta).map_err(not_a_delta)?);
            let sha256 = read_array(delta).map_err(not_a_delta)?;
            match len {
                0..=MAX_LEN => Ok(Print { len, sha256 }),
                _ => Err(DeltaError::TooLong(len)),
            }
        };
        Ok(Self {
            old: print()?,
            new: print()?,
        })
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        for print in [self.old, self.new] {
            out.write_all(&print.len.to_le_bytes())?;
            out.write_all(&print.sha256)?;
        }
        Ok(())
    }
}

fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut array = [0; N];
    from.read_exact(&mut array)?;
    Ok(array)
}
