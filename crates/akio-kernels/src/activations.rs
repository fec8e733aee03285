//! The activation operand: 12-bit integers in blocks of 32, one f32 scale a block.
//!
//! `i32x4.dot_i16x8` takes 16-bit operands, so that more than int8 costs nothing here, and twelve
//! bits are the most whose products with 8-bit weights, summed over a block, convert to f32 exactly.
//! With int8 the model's distance from exact weights was that of stock candle, mean KL 2.4e-3.

use crate::tile::BLOCK;

/// Largest magnitude of a quantised activation.
const MAX: f32 = 2047.0;

/// `n` rows of `k` quantised activations: `x = d * q`, `d = max|x| / 2047` over 32 columns.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    n: usize,
    k: usize,
    /// (n, k), natural order.
    q: Vec<i16>,
    /// (n, k / 4, 2): of each four columns the pairs (0, 2) and (1, 3); what
    /// `i32x4.dot_i16x8` wants beside weights split into even and odd bytes.
    pairs: Vec<[i16; 2]>,
    /// (n, k / 32).
    d: Vec<f32>,
    /// (n, k / 32): `d * sum(q)`, which multiplies the minimum of asymmetric weights.
    sum: Vec<f32>,
}

impl Activations {
    /// An empty buffer; it grows once and is reused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Quantises `x`, `(x.len() / k, k)`, with rounding to nearest, ties to even.
    ///
    /// # Panics
    /// If `k` is zero or no multiple of 32, or `x` no multiple of `k`.
    pub fn quantize(&mut self, x: &[f32], k: usize) {
        assert!(k > 0 && k.is_multiple_of(BLOCK) && x.len().is_multiple_of(k));
        (self.n, self.k) = (x.len() / k, k);
        self.q.resize(x.len(), 0);
        self.pairs.resize(x.len() / 2, [0; 2]);
        self.d.resize(x.len() / BLOCK, 0.0);
        self.sum.resize(x.len() / BLOCK, 0.0);
        let blocks = x.as_chunks::<BLOCK>().0.iter();
        let q = self.q.as_chunks_mut::<BLOCK>().0.iter_mut();
        let pairs = self.pairs.as_chunks_mut::<{ BLOCK / 2 }>().0.iter_mut();
        for ((((x, q), pairs), d), sum) in
            blocks.zip(q).zip(pairs).zip(&mut self.d).zip(&mut self.sum)
        {
            *d = quantize_block(x, q);
            let total: i32 = q.iter().map(|q| i32::from(*q)).sum();
            *sum = *d * total as f32;
            for (pair, four) in pairs
                .as_chunks_mut::<2>()
                .0
                .iter_mut()
                .zip(q.as_chunks::<4>().0)
            {
                let [a, b, c, e] = *four;
                *pair = [[a, c], [b, e]];
            }
        }
    }

    /// Rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Columns.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The view of one block.
    #[inline(always)]
    pub(crate) fn block(&self, row: usize, block: usize) -> Block<'_> {
        let at = row * (self.k / BLOCK) + block;
        Block {
            q: &self.q.as_chunks().0[at],
            pairs: &self.pairs.as_chunks().0[at],
            d: self.d[at],
            sum: self.sum[at],
        }
    }
}

/// 32 quantised activations of one row.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Natural order.
    pub q: &'a [i16; BLOCK],
    /// Paired, see [`Activations`].
    pub pairs: &'a [[i16; 2]; BLOCK / 2],
    /// Scale.
    pub d: f32,
    /// `d * sum(q)`.
    pub sum: f32,
}

fn quantize_block(x: &[f32; BLOCK], q: &mut [i16; BLOCK]) -> f32 {
    let mut lanes = [0.0f32; 4];
    for four in x.as_chunks::<4>().0 {
        for (lane, x) in lanes.iter_mut().zip(four) {
            *lane = if x.abs() > *lane { x.abs() } else { *lane };
        }
    }
    let max = lanes
        .into_iter()
        .fold(0.0, |max: f32, lane| if lane > max { lane } else { max });
    let inverse = if max > 0.0 { MAX / max } else { 0.0 };
    for (q, x) in q.iter_mut().zip(x) {
        *q = (x * inverse).round_ties_even() as i16;
    }
    max / MAX
}
