//! Sets of characters, and the bytes that spell them: as UTF-8, or inside of a JSON string.

use regex_syntax::utf8::Utf8Sequences;

use super::grammar::{Builder, ByteSet, NodeId};

/// How characters are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As they are.
    Plain,
    /// As the content of a JSON string, with the escapes that it needs.
    Json,
}

/// A set of characters: ranges, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CharSet(Vec<(u32, u32)>);

const SURROGATES: (u32, u32) = (0xd800, 0xdfff);
const LAST: u32 = char::MAX as u32;

impl CharSet {
    /// Every character.
    pub fn all() -> Self {
        Self(vec![(0, LAST)])
    }

    pub fn insert(&mut self, start: char, end: char) {
        self.0.push((start.into(), end.into()));
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The characters that are not in the set.
    pub fn inverted(self) -> Self {
        let mut inverted = Vec::new();
        let mut next = 0;
        for (start, end) in self.sorted() {
            if next < start {
                inverted.push((next, start - 1));
            }
            next = end + 1;
        }
        if next <= LAST {
            inverted.push((next, LAST));
        }
        Self(inverted)
    }

    /// Ranges in order that neither overlap nor touch.
    fn sorted(mut self) -> Vec<(u32, u32)> {
        self.0.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (start, end) in self.0 {
            match merged.last_mut() {
                Some((_, last)) if start <= last.saturating_add(1) => *last = end.max(*last),
                _ => merged.push((start, end)),
            }
        }
        merged
    }

    /// One character of the set.
    pub fn node(self, spelling: Spelling, to: &mut Builder) -> NodeId {
        let mut ways = Vec::new();
        let (mut single, mut escaped) = (ByteSet::default(), ByteSet::default());
        for (start, end) in self.sorted() {
            for code in start..=end.min(0x7f) {
                let code = code as u8;
                let escape = escape(code).filter(|_| spelling == Spelling::Json);
                match escape.as_deref().map(str::as_bytes) {
                    None => single.insert(code),
                    Some([_, letter]) => escaped.insert(*letter),
                    Some(escape) => ways.push(to.literal(escape)),
                }
            }
            let start = start.max(0x80);
            for (start, end) in [
                (start, end.min(SURROGATES.0 - 1)),
                (start.max(SURROGATES.1 + 1), end),
            ] {
                let (Some(first), Some(last)) = (char::from_u32(start), char::from_u32(end)) else {
                    continue;
                };
                if start <= end {
                    ways.extend(Utf8Sequences::new(first, last).map(|sequence| {
                        let bytes = sequence.as_slice().iter().map(|range| {
                            let mut set = ByteSet::default();
                            set.insert_range(range.start, range.end);
                            to.set(set)
                        });
                        let bytes = bytes.collect();
                        to.seq(bytes)
                    }));
                }
            }
        }
        if single != ByteSet::default() {
            ways.push(to.set(single));
        }
        if escaped != ByteSet::default() {
            let (backslash, letter) = (to.literal("\\"), to.set(escaped));
            ways.push(to.seq(vec![backslash, letter]));
        }
        to.alt(ways)
    }
}

impl FromIterator<(char, char)> for CharSet {
    fn from_iter<T: IntoIterator<Item = (char, char)>>(ranges: T) -> Self {
        let ranges = ranges.into_iter();
        Self(ranges.map(|(a, b)| (a.into(), b.into())).collect())
    }
}

/// How an ASCII character is written in a JSON string, if not as itself.
fn escape(code: u8) -> Option<String> {
    let text = match code {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        8 => "\\b",
        12 => "\\f",
        0..0x20 => return Some(format!("\\u{code:04x}")),
        _ => return None,
    };
    Some(text.into())
}

/// A text in this spelling.
pub(super) fn spell(text: &str, spelling: Spelling) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in text.bytes() {
        match escape(byte) {
            Some(escape) if spelling == Spelling::Json => bytes.extend(escape.bytes()),
            _ => bytes.push(byte),
        }
    }
    bytes
}
