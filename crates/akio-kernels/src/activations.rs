//! The activation operand: integers in blocks of 32, one f32 scale a block.
//!
//! With 12 bits they are `i32x4.dot_i16x8`'s operand, and the most whose products with 8-bit weights,
//! summed over a block, convert to f32 exactly. With 8 bits they also fit relaxed SIMD's dot products of
//! bytes, which take half the instructions.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::paired;
use crate::tile::BLOCK;

/// How finely activations are quantised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// `d = max|x| / 127`.
    Bits8,
    /// `d = max|x| / 2047`.
    #[default]
    Bits12,
}

impl Precision {
    /// Largest magnitude of a quantised activation.
    const fn max(self) -> f32 {
        match self {
            Self::Bits8 => 127.0,
            Self::Bits12 => 2047.0,
        }
    }
}

/// 32 quantised activations of one row: `x = d * q`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct Block {
    /// Of each four columns in the order 0, 2, 1, 3: the pairs that `i32x4.dot_i16x8` wants beside
    /// weights split into even and odd bytes.
    pub words: [i16; BLOCK],
    /// Natural order; with 8 bits only.
    pub bytes: [i8; BLOCK],
    /// Scale.
    pub d: f32,
    /// `d * sum(q)`, which multiplies the minimum of asymmetric weights.
    pub sum: f32,
    /// `sum(q)` of columns 0..16 and 16..32.
    pub halves: [i32; 2],
}

/// Added to a number of less than 22 bits it rounds to an integer, ties to even, which is left in the
/// low bits. No conversion, so that compilers make vectors of the loop.
const ROUND: f32 = 12_582_912.0;

impl Block {
    const ZERO: Self = Self {
        words: [0; BLOCK],
        bytes: [0; BLOCK],
        d: 0.0,
        sum: 0.0,
        halves: [0; 2],
    };

    /// The activation of column `k`.
    pub fn q(&self, k: usize) -> i32 {
        i32::from(self.words[k / 4 * 4 + [0, 2, 1, 3][k % 4]])
    }

    fn quantize(&mut self, x: &[f32; BLOCK], precision: Precision) {
        let mut lanes = [0.0f32; 4];
        for four in x.as_chunks::<4>().0 {
            for (lane, x) in lanes.iter_mut().zip(four) {
                *lane = if x.abs() > *lane { x.abs() } else { *lane };
            }
        }
        let max = lanes
            .into_iter()
            .fold(0.0, |max: f32, lane| if lane > max { lane } else { max });
        let inverse = if max > 0.0 {
            precision.max() / max
        } else {
            0.0
        };
        let mut q = [0i16; BLOCK];
        for (q, x) in q.iter_mut().zip(x) {
            // The bits behind the rounding are the integer, modulo 2^16 if `x` is no number.
            *q = (x * inverse + ROUND).to_bits() as i16;
        }
        let sum = |half: &[i16]| half.iter().map(|q| i32::from(*q)).sum::<i32>();
        self.halves = [sum(&q[..BLOCK / 2]), sum(&q[BLOCK / 2..])];
        self.d = max / precision.max();
        self.sum = self.d * (self.halves[0] + self.halves[1]) as f32;
        self.words = paired(&q);
        if precision == Precision::Bits8 {
            for (byte, q) in self.bytes.iter_mut().zip(q) {
                *byte = q as i8;
            }
        }
    }
}

/// Each four in the order 0, 2, 1, 3.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn paired(q: &[i16; BLOCK]) -> [i16; BLOCK] {
    core::array::from_fn(|i| q[i / 4 * 4 + [0, 2, 1, 3][i % 4]])
}

/// Rows that share one unpacking of a block of weights.
pub const PANEL: usize = 16;

/// `n` rows of `k` quantised activations, panel by panel, and within a panel block by block: what is
/// multiplied with the same weights lies together.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    n: usize,
    k: usize,
    precision: Precision,
    /// For each panel (k / 32, rows).
    blocks: Vec<Block>,
}

impl Activations {
    /// Empty buffers; they grow once and are reused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Quantises `x`, `(x.len() / k, k)`, with rounding to nearest, ties to even.
    ///
    /// # Panics
    /// If `k` is zero or no multiple of 32, or `x` no multiple of `k`.
    pub fn quantize(&mut self, x: &[f32], k: usize, precision: Precision) {
        assert!(k > 0 && k.is_multiple_of(BLOCK) && x.len().is_multiple_of(k));
        (self.n, self.k, self.precision) = (x.len() / k, k, precision);
        self.blocks.resize(x.len() / BLOCK, Block::ZERO);
        let (x, _) = x.as_chunks::<BLOCK>();
        let panel = PANEL * k / BLOCK;
        for (x, blocks) in x.chunks(panel).zip(self.blocks.chunks_mut(panel)) {
            let rows = x.chunks_exact(k / BLOCK);
            let count = rows.len();
            for (row, x) in rows.enumerate() {
                for (block, x) in blocks.chunks_exact_mut(count).zip(x) {
                    block[row].quantize(x, precision);
                }
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

    /// Of the last [`quantize`](Activations::quantize).
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Block `block` of row `row`.
    #[cfg(test)]
    pub(crate) fn block(&self, row: usize, block: usize) -> &Block {
        let first = row / PANEL * PANEL;
        let rows = PANEL.min(self.n - first);
        &self.blocks[first * self.k / BLOCK..][block * rows + row % PANEL]
    }

    /// For each panel (k / 32, rows).
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}
