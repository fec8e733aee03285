//! Finds tokens in text that are written out in full: control tokens and user-defined ones.

use std::ops::Range;

use super::Special;
use super::tables::{Tables, kind};
use crate::TokenId;

/// The first token of the kinds asked for, the longest where several start; with its place in `text`.
pub(super) fn find(
    tables: &Tables<'_>,
    text: &str,
    special: Special,
) -> Option<(Range<usize>, TokenId)> {
    let starts =
        |byte: u8| tables.head.special_starts[usize::from(byte / 32)] >> (byte % 32) & 1 == 1;
    text.bytes()
        .enumerate()
        .filter(|(_, byte)| starts(*byte))
        .find_map(|(start, _)| {
            let (len, id) = longest(tables, text.get(start..)?, special)?;
            Some((start..start + len, id))
        })
}

/// The longest token with which `text` begins, and its length in bytes.
fn longest(tables: &Tables<'_>, text: &str, special: Special) -> Option<(usize, TokenId)> {
    let mut best = None;
    // Ids in the order of their bytes that agree with the first `len` bytes of the text.
    let mut ids = tables.specials;
    for (len, byte) in text.bytes().enumerate() {
        let at = |id: &TokenId| tables.token(*id).get(len).copied();
        ids = &ids[ids.partition_point(|id| at(id) < Some(byte))..];
        ids = &ids[..ids.partition_point(|id| at(id) <= Some(byte))];
        // A token that ends here comes before those that go on.
        let Some(&id) = ids.first() else { break };
        let wanted = special == Special::Parse || tables.kind(id) == kind::USER_DEFINED;
        if tables.token(id).len() == len + 1 && wanted && text.is_char_boundary(len + 1) {
            best = Some((len + 1, id));
        }
    }
    best
}
