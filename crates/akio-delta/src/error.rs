//! What can go wrong between two files.

use std::{fmt, io};

/// Why there is no delta, or no new file.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeltaError {
    /// Reading or writing failed.
    Io(io::Error),
    /// The file does not begin like a delta.
    NotADelta,
    /// The delta has a format that this build does not read.
    Version(u32),
    /// The delta was made for another old file.
    OtherFile,
    /// The delta contradicts itself.
    Damaged(&'static str),
    /// A file is longer than [`crate::MAX_LEN`].
    TooLong(u64),
}

impl fmt::Display for DeltaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotADelta => write!(f, "not an update: it was not written by `akio diff`"),
            Self::Version(found) => write!(
                f,
                "the update has format {found}, and this program reads format {}; get a newer akio",
                crate::head::VERSION
            ),
            Self::OtherFile => write!(
                f,
                "the update is for another file: the sha256 of this one is not the one it was made from"
            ),
            Self::Damaged(how) => write!(f, "the update is damaged: {how}; fetch it again"),
            Self::TooLong(len) => write!(
                f,
                "a file of {len} bytes is too long for an update, which takes at most {}",
                crate::MAX_LEN
            ),
        }
    }
}

impl std::error::Error for DeltaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for DeltaError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
