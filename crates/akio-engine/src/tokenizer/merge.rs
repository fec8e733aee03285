//! Byte-pair encoding: neighbours merge, the lowest rank first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tables::{NONE, Tables};
use crate::TokenId;

/// Merges the tokens of one word after the other and keeps its memory between them.
///
/// A linked list and a heap of candidates make it `n log n` in the length of the word: a pasted
/// file without a space is one word for some models.
#[derive(Default)]
pub(super) struct Merger {
    symbols: Vec<Symbol>,
    candidates: BinaryHeap<Reverse<Candidate>>,
}

#[derive(Clone, Copy)]
struct Symbol {
    /// [`NONE`] once it has become a part of its left neighbour.
    id: TokenId,
    previous: usize,
    next: usize,
}

/// A merge that was possible when it was found. The order of the fields is the order of merging:
/// by rank, then from left to right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: u32,
    at: usize,
    left: TokenId,
    right: TokenId,
    merged: TokenId,
}

impl Merger {
    /// Adds a token to the end of the word.
    pub fn push(&mut self, id: TokenId) {
        let at = self.symbols.len();
        self.symbols.push(Symbol {
            id,
            previous: at.wrapping_sub(1),
            next: at + 1,
        });
    }

    /// Merges the word as far as it goes, appends it to `out` and forgets it.
    pub fn finish(&mut self, tables: &Tables<'_>, out: &mut Vec<TokenId>) {
        for at in 0..self.symbols.len() {
            self.consider(tables, at);
        }
        while let Some(Reverse(candidate)) = self.candidates.pop() {
            self.apply(tables, candidate);
        }
        out.extend(
            self.symbols
                .drain(..)
                .map(|symbol| symbol.id)
                .filter(|id| *id != NONE),
        );
    }

    /// Notes the merge of the symbol at `at` with its right neighbour, if there is one.
    fn consider(&mut self, tables: &Tables<'_>, at: usize) {
        let Some(&Symbol { id: left, next, .. }) = self.symbols.get(at) else {
            return;
        };
        let Some(&Symbol { id: right, .. }) = self.symbols.get(next) else {
            return;
        };
        if let Some(merge) = tables.merge(left, right) {
            let (rank, merged) = (merge.rank, merge.merged);
            self.candidates.push(Reverse(Candidate {
                rank,
                at,
                left,
                right,
                merged,
            }));
        }
    }

    /// Carries out a merge unless one of its sides has changed since.
    fn apply(&mut self, tables: &Tables<'_>, candidate: Candidate) {
        let Symbol { id, previous, next } = self.symbols[candidate.at];
        let Some(&right) = self.symbols.get(next) else {
            return;
        };
        if id != candidate.left || right.id != candidate.right {
            return;
        }
        self.symbols[next].id = NONE;
        self.symbols[candidate.at] = Symbol {
            id: candidate.merged,
            previous,
            next: right.next,
        };
        if let Some(after) = self.symbols.get_mut(right.next) {
            after.previous = candidate.at;
        }
        self.consider(tables, previous);
        self.consider(tables, candidate.at);
    }
}
