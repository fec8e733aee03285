//! Bytes that only who has the secret can read.
//!
//! [`seal`] encrypts, [`Head::key`] makes the key of the secret, and [`Key::open`] decrypts into memory that is
//! given to it, part by part, so that nothing but that memory ever holds the whole.
//!
//! ```text
//! 0   magic "AKIOSEAL"      8 bytes
//! 8   format version        u32 (1)
//! 12  memory of the key     u32, in KiB
//! 16  passes over it        u32
//! 20  lanes                 u32
//! 24  length of the content u64
//! 32  salt                  32 bytes, random
//! 64  parts of 64 KiB, the last one shorter, each followed by its tag of 16 bytes
//! ```
//! Integers are little-endian. The key is Argon2id of secret and salt, so it is another one for each file. A part
//! is encrypted with AES-256-GCM under a nonce of its number and whether it is the last, and its tag is also
//! one of the head: no part can be changed, moved, left out or taken from another file.

#![forbid(unsafe_code)]

mod error;
mod head;
mod key;
mod parts;
mod secret;

pub use error::SealError;
pub use head::{HEAD_LEN, Head};
pub use key::Key;
pub use parts::seal;
pub use secret::Secret;
