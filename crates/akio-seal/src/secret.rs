//! A passphrase, or what is in a key file.

use std::fmt;

use zeroize::Zeroizing;

use crate::SealError;

/// Shorter ones are refused.
pub(crate) const LEAST: usize = 8;

/// What a key is made of. Its memory is wiped when it goes.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes a passphrase or the content of a key file, as it is.
    ///
    /// # Errors
    /// [`SealError::WeakSecret`] if it has less than eight bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < LEAST {
            return Err(SealError::WeakSecret);
        }
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
