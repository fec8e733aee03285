//! From a secret to the key of one file.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use crate::{Head, SealError, Secret};

/// The key of one file. Its memory is wiped when it goes.
pub struct Key {
    pub(crate) head: Head,
    pub(crate) bytes: Zeroizing<[u8; 32]>,
}

impl Head {
    /// The key that this secret gives, right or wrong. Takes a fraction of a second on purpose.
    ///
    /// # Errors
    /// [`SealError::NoMemory`]; [`SealError::Damaged`] if no key can be made as the head says.
    pub fn key(&self, secret: &Secret) -> Result<Key, SealError> {
        let unusable = |_| SealError::Damaged("its head says nothing that a key can be made with");
        let cost = self.cost;
        let params =
            Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(unusable)?;
        let mut memory = Vec::new();
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| SealError::NoMemory)?;
        memory.resize(params.block_count(), Block::new());
        let mut bytes = Zeroizing::new([0; 32]);
        let made = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(secret.bytes(), &self.salt, &mut *bytes, &mut memory);
        memory.zeroize();
        made.map_err(unusable)?;
        Ok(Key {
            head: self.clone(),
            bytes,
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}
