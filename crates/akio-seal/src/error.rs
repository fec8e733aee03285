//! What can go wrong with a seal.

use std::{fmt, io};

/// Why something was not sealed or not opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum SealError {
    /// Reading or writing failed, or the system has no random numbers.
    Io(io::Error),
    /// The secret is too short to be one.
    WeakSecret,
    /// The secret is another one, or the first part is damaged; the two cannot be told apart.
    WrongSecret,
    /// What was sealed is not there as it was sealed.
    Damaged(&'static str),
    /// It was sealed in a format that this build does not read.
    Version(u32),
    /// The key takes more memory than there is.
    NoMemory,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::WeakSecret => write!(
                f,
                "the passphrase or key is too short; give at least {} bytes",
                crate::secret::LEAST
            ),
            Self::WrongSecret => write!(
                f,
                "the model is sealed with another passphrase or key, or is damaged"
            ),
            Self::Damaged(how) => write!(f, "the sealed model is damaged: {how}; get a new copy"),
            Self::Version(found) => write!(
                f,
                "the model is sealed in format {found}, and this program reads format {}; get a newer akio",
                crate::head::VERSION
            ),
            Self::NoMemory => write!(f, "there is not enough memory to make the key"),
        }
    }
}

impl std::error::Error for SealError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for SealError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
