//! The tokenizer's tables as they lie in the packed model.
//!
//! Every table is a plain little-endian array. Opening compares their lengths; what they contain is
//! looked up with checks, so a damaged table gives wrong tokens or none, never a panic.

use bytemuck::{Pod, Zeroable};

use super::Scheme;
use crate::TokenId;
use crate::packed::{PackError, Packed};

/// Section tags.
pub mod tag {
    /// One [`Head`](super::Head).
    pub const HEAD: &str = "tok";
    /// What a token is, one byte of [`kind`](super::kind) each.
    pub const KINDS: &str = "tok.kind";
    /// `u32` for every token and one more: where its bytes start in [`TEXT`].
    pub const OFFSETS: &str = "tok.offs";
    /// Bytes of all tokens, back to back, as they appear in text.
    pub const TEXT: &str = "tok.text";
    /// `u32` for every byte value: the token that stands for it, or [`NONE`](super::NONE).
    pub const BYTES: &str = "tok.byte";
    /// `u32` for every token and one more: its first row in [`MERGES`] as the left one.
    pub const LEFT: &str = "tok.left";
    /// Rows of [`Merge`](super::Merge), in the order of the left token, then of the right one.
    pub const MERGES: &str = "tok.merg";
    /// `u32` ids, in the order of their bytes, of tokens that text becomes without merging:
    /// characters for SentencePiece, whole words for models that ask for it.
    pub const WORDS: &str = "tok.word";
    /// `u32` ids, in the order of their bytes, of tokens that are not ordinary text.
    pub const SPECIALS: &str = "tok.spec";
    /// `u32` ids that end an answer.
    pub const ENDS: &str = "tok.end";
}

/// What a token is.
pub mod kind {
    /// Ordinary text, or nothing.
    pub const TEXT: u8 = 0;
    /// Steers the model and is no text: only found in text when the caller asks for it.
    pub const CONTROL: u8 = 1;
    /// Text that is always this one token.
    pub const USER_DEFINED: u8 = 2;
}

/// In place of an id: no token.
pub const NONE: u32 = u32::MAX;

/// Constants of a tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Head {
    /// [`Scheme`] discriminant.
    pub scheme: u32,
    /// Token that raw completion starts with, or [`NONE`].
    pub bos: u32,
    /// Token for a character that no other token covers, or [`NONE`] to leave it out.
    pub unknown: u32,
    /// 1 if SentencePiece puts a space before text.
    pub space_prefix: u32,
    /// Bit set of the bytes with which a token of [`tag::SPECIALS`] begins.
    pub special_starts: [u32; 8],
}

/// Two neighbours that become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Merge {
    /// Token on the right.
    pub right: u32,
    /// The lowest rank goes first.
    pub rank: u32,
    /// Token that stands for both.
    pub merged: u32,
}

/// Borrowed tables whose lengths agree.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub head: &'a Head,
    pub scheme: Scheme,
    pub specials: &'a [TokenId],
    pub ends: &'a [TokenId],
    kinds: &'a [u8],
    offsets: &'a [u32],
    text: &'a [u8],
    bytes: &'a [u32; 256],
    left: &'a [u32],
    merges: &'a [Merge],
    words: &'a [TokenId],
}

impl<'a> Tables<'a> {
    pub fn open(packed: &Packed<'a>) -> Result<Self, PackError> {
        let malformed = |tag: &str, why| PackError::Malformed {
            what: tag.into(),
            why,
        };
        let head: &Head = packed
            .array(tag::HEAD)?
            .first()
            .ok_or_else(|| malformed(tag::HEAD, "empty"))?;
        let tables = Self {
            head,
            scheme: Scheme::from_u32(head.scheme)
                .ok_or_else(|| malformed(tag::HEAD, "unknown scheme"))?,
            specials: packed.array(tag::SPECIALS)?,
            ends: packed.array(tag::ENDS)?,
            kinds: packed.array(tag::KINDS)?,
            offsets: packed.array(tag::OFFSETS)?,
            text: packed.array(tag::TEXT)?,
            bytes: packed
                .array(tag::BYTES)?
                .try_into()
                .map_err(|_| malformed(tag::BYTES, "not 256 tokens"))?,
            left: packed.array(tag::LEFT)?,
            merges: packed.array(tag::MERGES)?,
            words: packed.array(tag::WORDS)?,
        };
        for (tag, starts, end) in [
            (tag::OFFSETS, tables.offsets, tables.text.len()),
            (tag::LEFT, tables.left, tables.merges.len()),
        ] {
            if starts.len() != tables.kinds.len() + 1
                || starts.last().map(|last| *last as usize) != Some(end)
            {
                return Err(malformed(tag, "does not fit the tables beside it"));
            }
        }
        Ok(tables)
    }

    pub fn vocab_size(&self) -> usize {
        self.kinds.len()
    }

    pub fn kind(&self, id: TokenId) -> u8 {
        self.kinds.get(id as usize).copied().unwrap_or(kind::TEXT)
    }

    /// The bytes of a token; none if it is not in the vocabulary.
    pub fn token(&self, id: TokenId) -> &'a [u8] {
        row(self.offsets, self.text, id)
    }

    /// The token of a byte.
    pub fn byte(&self, byte: u8) -> Option<TokenId> {
        Some(self.bytes[usize::from(byte)]).filter(|id| *id != NONE)
    }

    /// The token that is exactly `word`, if words become tokens at once.
    pub fn word(&self, word: &[u8]) -> Option<TokenId> {
        let at = self
            .words
            .binary_search_by(|id| self.token(*id).cmp(word))
            .ok()?;
        Some(self.words[at])
    }

    /// What `left` and `right` merge to.
    pub fn merge(&self, left: TokenId, right: TokenId) -> Option<&'a Merge> {
        let rows = row(self.left, self.merges, left);
        rows.get(
            rows.binary_search_by_key(&right, |merge| merge.right)
                .ok()?,
        )
    }
}

/// The part of `all` that belongs to `id`, where `starts` has one entry for every id and one more.
fn row<'a, T>(starts: &[u32], all: &'a [T], id: TokenId) -> &'a [T] {
    let at = id as usize;
    let range = || Some(*starts.get(at)? as usize..*starts.get(at + 1)? as usize);
    range().and_then(|range| all.get(range)).unwrap_or_default()
}
