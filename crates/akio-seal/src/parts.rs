//! The encrypted parts.

use std::io::{self, Read, Write};

use aes_gcm::{
    Aes256Gcm, KeyInit, Tag,
    aead::{AeadInOut, inout::InOutBuf},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{Head, Key, SealError, Secret};

/// Bytes of a part.
const PART: usize = 64 << 10;
const TAG: usize = 16;

/// Bytes of the parts of `len` bytes; no content is one empty part.
pub(crate) fn sealed_len(len: u64) -> u64 {
    len + len.div_ceil(PART as u64).max(1) * TAG as u64
}

/// Writes `content` so that it can be read with `secret` alone. Each time it is encrypted with another key.
///
/// # Errors
/// [`SealError::Io`], [`SealError::NoMemory`].
pub fn seal(content: &[u8], secret: &Secret, out: &mut impl Write) -> Result<(), SealError> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(io::Error::other)?;
    let head = Head::new(content.len() as u64, salt);
    let key = head.key(secret)?;
    out.write_all(&head.bytes)?;
    let mut buffer = Zeroizing::new([0; PART]);
    let mut rest = content;
    for number in 0.. {
        let (part, behind) = rest.split_at(rest.len().min(PART));
        rest = behind;
        let buffer = &mut buffer[..part.len()];
        buffer.copy_from_slice(part);
        let tag = key
            .cipher()
            .encrypt_inout_detached(
                &nonce(number, rest.is_empty()).into(),
                &head.bytes,
                InOutBuf::from(&mut *buffer),
            )
            .map_err(|_| SealError::Damaged("a part of it is too long"))?;
        out.write_all(buffer)?;
        out.write_all(&tag)?;
        if rest.is_empty() {
            break;
        }
    }
    Ok(())
}

impl Key {
    /// Decrypts what follows the head in `sealed` into `content`, which has exactly the length that the head
    /// says. If anything is wrong, `content` is wiped.
    ///
    /// # Errors
    /// [`SealError::WrongSecret`] if the first part does not open, [`SealError::Damaged`] if another does not;
    /// [`SealError::Io`].
    pub fn open(&self, sealed: &mut impl Read, content: &mut [u8]) -> Result<(), SealError> {
        let opened = self.open_parts(sealed, content);
        if opened.is_err() {
            content.zeroize();
        }
        opened
    }

    fn open_parts(&self, sealed: &mut impl Read, content: &mut [u8]) -> Result<(), SealError> {
        if content.len() as u64 != self.head.len() {
            return Err(SealError::Damaged(
                "its length is another one than its head says",
            ));
        }
        let cut = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => SealError::Damaged("it ends too early"),
            _ => error.into(),
        };
        let cipher = self.cipher();
        let mut rest = content;
        for number in 0.. {
            let (part, behind) = rest.split_at_mut(rest.len().min(PART));
            rest = behind;
            let mut tag = Tag::default();
            sealed.read_exact(part).map_err(cut)?;
            sealed.read_exact(&mut tag).map_err(cut)?;
            cipher
                .decrypt_inout_detached(
                    &nonce(number, rest.is_empty()).into(),
                    &self.head.bytes,
                    InOutBuf::from(part),
                    &tag,
                )
                .map_err(|_| match number {
                    0 => SealError::WrongSecret,
                    _ => SealError::Damaged("a part of it has changed"),
                })?;
            if rest.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.bytes).into())
    }
}

/// Of a part's number, and whether it is the last: no key sees a nonce twice.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}
