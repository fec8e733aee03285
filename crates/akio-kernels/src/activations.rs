//! The activation operand: integers in blocks of 32, one f32 scale a block.
//!
//! With 12 bits they are `i32x4.dot_i16x8`'s operand, and the most whose products with 8-bit weights,
//! summed over a block, convert to f32 exactly. With 8 bits they also fit relaxed SIMD's dot products of
//! bytes, which take half the instructions.

#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
use core::array::from_fn;

use crate::tile::{BLOCK, STRIP};

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

/// 32 quantised activations of one row, `x = d * q`, spread for the vectors that they are multiplied with:
/// what is the same for all rows of a strip stands there once for each of them, so that no loop over
/// weights has to shuffle it.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct Block<Q> {
    /// Vectors of activations.
    pub q: Q,
    /// Scale.
    pub d: [f32; STRIP],
    /// `d * sum(q)`, which multiplies the minimum of asymmetric weights.
    pub sum: [f32; STRIP],
    /// `sum(q)` of each eight columns.
    pub sums: [i32; 4],
}

/// The four columns of each group. With 8 bits only.
pub type Bytes = [[[i8; 4]; STRIP]; BLOCK / 4];

/// Of each group first columns 0 and 2, then 1 and 3: the pairs that `i32x4.dot_i16x8` wants beside
/// weights split into even and odd bytes.
pub type Words = [[[i16; 2]; STRIP]; BLOCK / 2];

/// Vectors of activations in one of two forms.
pub trait Vectors: Copy {
    /// All activations zero.
    const ZERO: Self;

    /// Spreads the activations of a block.
    fn spread(&mut self, q: &[i16; BLOCK]);

    /// The activation of column `k`.
    fn q(&self, k: usize) -> i32;

    /// The blocks in this form.
    fn blocks(x: &Activations) -> &[Block<Self>];
}

impl Vectors for Bytes {
    const ZERO: Self = [[[0; 4]; STRIP]; BLOCK / 4];

    #[inline(always)]
    fn spread(&mut self, q: &[i16; BLOCK]) {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        crate::simd128::spread_bytes(self, q);
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        for (vector, group) in self.iter_mut().zip(q.as_chunks().0) {
            *vector = [group.map(|q: i16| q as i8); STRIP];
        }
    }

    fn q(&self, k: usize) -> i32 {
        self[k / 4][0][k % 4].into()
    }

    fn blocks(x: &Activations) -> &[Block<Self>] {
        &x.bytes
    }
}

impl Vectors for Words {
    const ZERO: Self = [[[0; 2]; STRIP]; BLOCK / 2];

    #[inline(always)]
    fn spread(&mut self, q: &[i16; BLOCK]) {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        crate::simd128::spread_words(self, q);
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        for (pairs, group) in self.as_chunks_mut().0.iter_mut().zip(q.as_chunks().0) {
            let [a, b, c, d]: [i16; 4] = *group;
            *pairs = [[[a, c]; STRIP], [[b, d]; STRIP]];
        }
    }

    fn q(&self, k: usize) -> i32 {
        self[k / 4 * 2 + k % 2][0][k % 4 / 2].into()
    }

    fn blocks(x: &Activations) -> &[Block<Self>] {
        &x.words
    }
}

/// The forms that activations are wanted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// As bytes, for relaxed dot products.
    pub bytes: bool,
    /// As 16-bit integers, for those of simd128.
    pub words: bool,
}

impl Forms {
    /// Both.
    pub const ALL: Self = Self {
        bytes: true,
        words: true,
    };

    /// What either needs.
    pub fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes || other.bytes,
            words: self.words || other.words,
        }
    }
}

/// Added to a number of less than 22 bits it rounds to an integer, ties to even, which is left in the
/// low bits. No conversion, so that compilers make vectors of the loop.
pub const ROUND: f32 = 12_582_912.0;

/// A block before it is spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantized {
    pub q: [i16; BLOCK],
    /// Scale.
    pub d: f32,
    /// `sum(q)` of each eight columns.
    pub sums: [i32; 4],
}

impl Quantized {
    /// With the best variant of this build.
    #[inline(always)]
    pub fn best(x: &[f32; BLOCK], max: f32) -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return crate::simd128::quantize(x, max);
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        return quantize(x, max);
    }

    #[inline(always)]
    fn spread<Q: Vectors>(&self, block: &mut Block<Q>) {
        block.q.spread(&self.q);
        block.d = [self.d; STRIP];
        block.sum = [self.d * self.sums.iter().sum::<i32>() as f32; STRIP];
        block.sums = self.sums;
    }
}

/// The specification: integers up to `max` in steps of `largest / max`.
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
pub fn quantize(x: &[f32; BLOCK], max: f32) -> Quantized {
    let larger = |largest: f32, x: &f32| if x.abs() > largest { x.abs() } else { largest };
    let largest = x.iter().fold(0.0, larger);
    let inverse = if largest > 0.0 { max / largest } else { 0.0 };
    // The bits behind the rounding are the integer, modulo 2^16 if `x` is no number.
    let q = x.map(|x| (x * inverse + ROUND).to_bits() as i16);
    let (eights, _) = q.as_chunks::<8>();
    Quantized {
        q,
        d: largest / max,
        sums: from_fn(|at| eights[at].iter().map(|q| i32::from(*q)).sum()),
    }
}

impl<Q: Vectors> Block<Q> {
    const ZERO: Self = Self {
        q: Q::ZERO,
        d: [0.0; STRIP],
        sum: [0.0; STRIP],
        sums: [0; 4],
    };
}

/// Rows that share one unpacking of a block of weights.
pub const PANEL: usize = 32;

/// `n` rows of `k` quantised activations, panel by panel, and within a panel block by block: what is
/// multiplied with the same weights lies together.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    n: usize,
    k: usize,
    precision: Precision,
    /// For each panel (k / 32, rows); empty if this form is not wanted.
    bytes: Vec<Block<Bytes>>,
    /// The same.
    words: Vec<Block<Words>>,
}

impl Activations {
    /// Empty buffers; they grow once and are reused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Quantises `x`, `(x.len() / k, k)`, with rounding to nearest, ties to even.
    ///
    /// # Panics
    /// If `k` is zero or no multiple of 32, or `x` no multiple of `k`, or bytes are wanted of more than 8 bits.
    pub fn quantize(&mut self, x: &[f32], k: usize, precision: Precision, forms: Forms) {
        assert!(k > 0 && k.is_multiple_of(BLOCK) && x.len().is_multiple_of(k));
        assert!(!forms.bytes || precision == Precision::Bits8);
        (self.n, self.k, self.precision) = (x.len() / k, k, precision);
        let count = |wanted| if wanted { x.len() / BLOCK } else { 0 };
        self.bytes.resize(count(forms.bytes), Block::ZERO);
        self.words.resize(count(forms.words), Block::ZERO);
        let (x, _) = x.as_chunks::<BLOCK>();
        let blocks = k / BLOCK;
        for (row, x) in x.chunks_exact(blocks).enumerate() {
            let first = row / PANEL * PANEL;
            let rows = PANEL.min(self.n - first);
            for (block, x) in x.iter().enumerate() {
                let quantized = Quantized::best(x, precision.max());
                let at = first * blocks + block * rows + row % PANEL;
                if let Some(block) = self.bytes.get_mut(at) {
                    quantized.spread(block);
                }
                if let Some(block) = self.words.get_mut(at) {
                    quantized.spread(block);
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
    pub(crate) fn block<Q: Vectors>(&self, row: usize, block: usize) -> &Block<Q> {
        let first = row / PANEL * PANEL;
        let rows = PANEL.min(self.n - first);
        &Q::blocks(self)[first * self.k / BLOCK..][block * rows + row % PANEL]
    }
}
