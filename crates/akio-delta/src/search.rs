//! Which parts of the new file stand in the old one.
//!
//! Two passes. The first looks for long blocks and finds the weights; what they leave of both files is
//! mostly code, in which the second looks for short ones. So the table of blocks stays small, whatever
//! the files' lengths. Where code was moved, addresses in it change every few bytes: behind such a byte
//! the old file is tried where it would go on, before the table is asked.

use std::ops::Range;

/// Bytes of the new file that stand in the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) old: usize,
    pub(crate) new: usize,
    pub(crate) len: usize,
}

const LONG: usize = 4096;
const SHORT: usize = 16;
/// Least bytes that are taken from where the old file would go on: its step has about three.
const RESUMED: usize = 6;
/// Most blocks in a table; a longer rest is cut into longer blocks.
const MOST_BLOCKS: usize = 1 << 23;
/// Places of a table that a block can be in.
const PROBES: usize = 4;

/// All matches that are worth it, in the order of the new file.
pub(crate) fn matches(old: &[u8], new: &[u8], progress: &mut dyn FnMut(u64)) -> Vec<Match> {
    let long = pass(old, new, &[], LONG, progress);
    let rest: usize = gaps(old.len(), long.iter().map(|m| m.old..m.old + m.len))
        .iter()
        .map(Range::len)
        .sum();
    let short = SHORT.max((rest / MOST_BLOCKS).next_power_of_two());
    pass(old, new, &long, short, progress)
}

/// `found`, and beside it matches of at least a block in what it leaves of both files.
fn pass(
    old: &[u8],
    new: &[u8],
    found: &[Match],
    block: usize,
    progress: &mut dyn FnMut(u64),
) -> Vec<Match> {
    let index = Index::new(
        old,
        &gaps(old.len(), found.iter().map(|m| m.old..m.old + m.len)),
        block,
    );
    let mut all = Vec::new();
    let mut known = found.iter();
    for gap in gaps(new.len(), found.iter().map(|m| m.new..m.new + m.len)) {
        // A gap lies in front of each known match, though it may be empty.
        let before = found.get(..found.len() - known.len()).and_then(<[_]>::last);
        scan(old, new, gap.clone(), before.copied(), &index, &mut all);
        all.extend(known.next());
        progress(gap.end as u64);
    }
    all
}

/// What `taken` leaves of `0..len`: one gap in front of each range of `taken`, as it comes in the order
/// of the new file, and one behind the last. Those of the old file may overlap and come in any order.
fn gaps(len: usize, taken: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut taken: Vec<_> = taken.collect();
    taken.sort_unstable_by_key(|range| range.start);
    taken.push(len..len);
    let mut at = 0;
    taken
        .into_iter()
        .map(|range| {
            let gap = at..range.start.max(at);
            at = at.max(range.end);
            gap
        })
        .collect()
}

/// Appends the matches in one gap of the new file.
fn scan(
    old: &[u8],
    new: &[u8],
    gap: Range<usize>,
    before: Option<Match>,
    index: &Index<'_>,
    all: &mut Vec<Match>,
) {
    let mut at = gap.start;
    let mut taken = gap.start;
    let mut last = before;
    let mut hash = index.hash_at(new, &gap, at);
    while at < gap.end {
        let resumed = last.and_then(|last| {
            let goes_on = last.old + (at - last.new);
            let len = common_prefix(old.get(goes_on..)?, new.get(at..gap.end)?);
            (len >= RESUMED).then_some(Match {
                old: goes_on,
                new: at,
                len,
            })
        });
        let found = resumed.or_else(|| index.longest(new, taken..gap.end, at, hash?));
        if let Some(found) = found {
            all.push(found);
            at = found.new + found.len;
            taken = at;
            last = Some(found);
            hash = index.hash_at(new, &gap, at);
        } else {
            hash = hash.and_then(|hash| index.roll(hash, new, &gap, at));
            at += 1;
        }
    }
}

/// Where each block of the old file's rest stands.
struct Index<'a> {
    old: &'a [u8],
    block: usize,
    /// Number of a block and one more; zero for none. A power of two of them.
    places: Vec<u32>,
    /// [`FACTOR`] to the power of the length of a block.
    outgoing: u64,
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

impl<'a> Index<'a> {
    fn new(old: &'a [u8], rest: &[Range<usize>], block: usize) -> Self {
        let blocks: usize = rest.iter().map(|range| range.len() / block).sum();
        let mut index = Self {
            old,
            block,
            places: vec![0; (blocks * 2).next_power_of_two().max(PROBES)],
            outgoing: (0..block).fold(1, |power: u64, _| power.wrapping_mul(FACTOR)),
        };
        for range in rest {
            let mut start = range.start.next_multiple_of(block);
            while let Some(bytes) = old.get(start..start + block) {
                if start + block > range.end {
                    break;
                }
                index.insert(hash(bytes), (start / block) as u32 + 1);
                start += block;
            }
        }
        index
    }

    fn insert(&mut self, hash: u64, number: u32) {
        let first = self.place(hash);
        let mask = self.places.len() - 1;
        for probe in 0..PROBES {
            if let Some(place @ 0) = self.places.get_mut((first + probe) & mask) {
                *place = number;
                return;
            }
        }
    }

    /// The high bits of the hash, which depend on all of its bytes.
    fn place(&self, hash: u64) -> usize {
        let bits = self.places.len().trailing_zeros();
        (hash.wrapping_mul(FACTOR) >> (64 - bits)) as usize
    }

    /// The longest match around the block of the new file that begins at `at`, within `room`.
    fn longest(&self, new: &[u8], room: Range<usize>, at: usize, hash: u64) -> Option<Match> {
        let first = self.place(hash);
        let mask = self.places.len() - 1;
        let numbers =
            (0..PROBES).map_while(|probe| self.places.get((first + probe) & mask)?.checked_sub(1));
        let around = |number: u32| {
            let start = number as usize * self.block;
            let after = common_prefix(self.old.get(start..)?, new.get(at..room.end)?);
            if after < self.block {
                return None;
            }
            let before = common_suffix(self.old.get(..start)?, new.get(room.start..at)?);
            Some(Match {
                old: start - before,
                new: at - before,
                len: before + after,
            })
        };
        numbers.filter_map(around).max_by_key(|found| found.len)
    }

    /// The hash of the block at `at`, if it lies in the gap.
    fn hash_at(&self, new: &[u8], gap: &Range<usize>, at: usize) -> Option<u64> {
        let end = at.checked_add(self.block).filter(|end| *end <= gap.end)?;
        Some(hash(new.get(at..end)?))
    }

    /// The hash of the block one byte further than `at`.
    fn roll(&self, hash: u64, new: &[u8], gap: &Range<usize>, at: usize) -> Option<u64> {
        let next = at.checked_add(self.block).filter(|next| *next < gap.end)?;
        let (out, into) = (u64::from(*new.get(at)?), u64::from(*new.get(next)?));
        let shifted = hash.wrapping_mul(FACTOR).wrapping_add(into + 1);
        Some(shifted.wrapping_sub((out + 1).wrapping_mul(self.outgoing)))
    }
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |hash: u64, byte| {
        hash.wrapping_mul(FACTOR).wrapping_add(u64::from(*byte) + 1)
    })
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STRIDE: usize = 64;
    let equal = a
        .chunks_exact(STRIDE)
        .zip(b.chunks_exact(STRIDE))
        .take_while(|(a, b)| a == b)
        .count()
        * STRIDE;
    let rest = a.iter().zip(b).skip(equal);
    equal + rest.take_while(|(a, b)| a == b).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let backwards = a.iter().rev().zip(b.iter().rev());
    backwards.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    #[test]
    fn gaps_are_what_is_left() {
        assert_eq!(gaps(5, iter::empty()), Vec::from_iter(iter::once(0..5)));
        assert_eq!(
            gaps(9, [6..8, 1..3, 2..4].into_iter()),
            [0..1, 3..3, 4..6, 8..9]
        );
        assert_eq!(gaps(4, iter::once(0..4)), [0..0, 4..4]);
    }

    #[test]
    fn the_hash_rolls() {
        let bytes: Vec<u8> = (0..=255).collect();
        let index = Index::new(&bytes, &[], 16);
        let gap = 0..bytes.len();
        let mut rolling = index.hash_at(&bytes, &gap, 0);
        for at in 0..=240 {
            assert_eq!(rolling, index.hash_at(&bytes, &gap, at));
            rolling = index.roll(rolling.unwrap(), &bytes, &gap, at);
        }
        assert_eq!(rolling, None);
    }

    #[test]
    fn a_moved_part_is_found_whole() {
        let old: Vec<u8> = (0..9000_u32).map(|i| ((i * i) >> 7) as u8).collect();
        let new = [&b"abc"[..], &old[1001..8777]].concat();
        let all = matches(&old, &new, &mut |_| {});
        let whole = Match {
            old: 1001,
            new: 3,
            len: 7776,
        };
        assert_eq!(all, [whole]);
    }
}
