//! Beginnings of prompts that were evaluated ahead of time: the packed model brings their keys and values.
//!
//! ```text
//! 0    version of the arithmetic            u32
//! 4    tokens n, heads of all layers h, width of a head d, each u32
//! 16   token ids                            [u32; n]
//! ..   scales of keys, scales of values     [f32; 2 n] for each head
//! ..   keys                                 [i16; n d] for each head
//! ..   values                               [i8; n d] for each head
//! ```
//! One follows the other in the section, each padded with zeros to 64 bytes.

use bytemuck::{Pod, Zeroable, bytes_of, cast_slice};

use crate::{
    TokenId,
    kv_cache::KvCache,
    packed::{ALIGN, PackError, Packed, tag},
};

/// What the same weights and tokens give other keys and values without; what has another version is not used.
const ARITHMETIC: u32 = 1;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    arithmetic: u32,
    tokens: u32,
    heads: u32,
    dim: u32,
}

/// One beginning, borrowed from the packed model.
pub(crate) struct Prefix<'a> {
    tokens: &'a [TokenId],
    /// For each head (2, n).
    scales: &'a [f32],
    /// For each head (n, dim).
    keys: &'a [i16],
    /// For each head (n, dim).
    values: &'a [i8],
}

/// A position of one head: its key and its value, each with its scale.
pub(crate) type Position<'a> = ((&'a [i16], f32), (&'a [i8], f32));

impl<'a> Prefix<'a> {
    /// All that `packed` brings for a model with `heads` heads in all layers, each `dim` wide.
    pub(crate) fn read_all(
        packed: &Packed<'a>,
        heads: usize,
        dim: usize,
    ) -> Result<Vec<Self>, PackError> {
        let mut rest = packed.section(tag::PREFIXES).unwrap_or_default();
        let mut all = Vec::new();
        while !rest.is_empty() {
            let malformed = |why| PackError::Malformed {
                what: tag::PREFIXES.into(),
                why,
            };
            let truncated = || malformed("truncated");
            let (header, mut body) = take::<Header>(rest, Some(1)).ok_or_else(truncated)?;
            let [header] = header else {
                return Err(truncated());
            };
            if (header.heads as usize, header.dim as usize) != (heads, dim) {
                return Err(malformed("made for another model"));
            }
            let n = header.tokens as usize;
            let rows = heads.checked_mul(n);
            let numbers = rows.and_then(|rows| rows.checked_mul(dim));
            let prefix = Self {
                tokens: next(&mut body, Some(n)).ok_or_else(truncated)?,
                scales: next(&mut body, rows.and_then(|rows| rows.checked_mul(2)))
                    .ok_or_else(truncated)?,
                keys: next(&mut body, numbers).ok_or_else(truncated)?,
                values: next(&mut body, numbers).ok_or_else(truncated)?,
            };
            let len = (rest.len() - body.len()).next_multiple_of(ALIGN);
            rest = rest.get(len..).unwrap_or_default();
            if header.arithmetic == ARITHMETIC {
                all.push(prefix);
            }
        }
        Ok(all)
    }

    /// How many of these tokens it begins with.
    pub(crate) fn common(&self, tokens: &[TokenId]) -> usize {
        let pairs = self.tokens.iter().zip(tokens);
        pairs.take_while(|(a, b)| a == b).count()
    }

    /// A position of a head, counted over all layers.
    pub(crate) fn position(&self, head: usize, dim: usize, pos: usize) -> Position<'a> {
        let n = self.tokens.len();
        let (scales, row) = (&self.scales[head * 2 * n..], head * n + pos);
        let (keys, values) = (&self.keys[row * dim..], &self.values[row * dim..]);
        (
            (&keys[..dim], scales[pos]),
            (&values[..dim], scales[n + pos]),
        )
    }
}

/// The first `n` values of `bytes`, and what follows.
fn take<T: Pod>(bytes: &[u8], n: Option<usize>) -> Option<(&[T], &[u8])> {
    let (values, rest) = bytes.split_at_checked(n?.checked_mul(size_of::<T>())?)?;
    Some((bytemuck::try_cast_slice(values).ok()?, rest))
}

fn next<'a, T: Pod>(bytes: &mut &'a [u8], n: Option<usize>) -> Option<&'a [T]> {
    let (values, rest) = take(bytes, n)?;
    *bytes = rest;
    Some(values)
}

/// Appends what the cache holds of `tokens`, all of which it has to hold, to a section.
pub(crate) fn write(cache: &KvCache, tokens: &[TokenId], section: &mut Vec<u8>) {
    let heads = cache.all_heads();
    let n = tokens.len();
    let header = Header {
        arithmetic: ARITHMETIC,
        tokens: n as u32,
        heads: heads.len() as u32,
        dim: heads.first().map_or(0, |head| head.dim() as u32),
    };
    section.extend_from_slice(bytes_of(&header));
    section.extend_from_slice(cast_slice(tokens));
    for head in heads {
        section.extend_from_slice(cast_slice(head.key_scales(n)));
        section.extend_from_slice(cast_slice(head.value_scales(n)));
    }
    for head in heads {
        for pos in 0..n {
            section.extend(head.key(pos).flat_map(i16::to_le_bytes));
        }
    }
    for head in heads {
        for pos in 0..n {
            section.extend(head.value(pos).flat_map(i8::to_le_bytes));
        }
    }
    section.resize(section.len().next_multiple_of(ALIGN), 0);
}
