//! WebAssembly relaxed SIMD: dot products of bytes.
//!
//! `i16x8.relaxed_dot_i8x16_i7x16` is exact on every engine as long as its second operand, here the
//! weights, has seven bits and no pair of products leaves i16. A pair of columns adds at most
//! `2 * 127 * (2^bits - 1)`: that decides how many are summed in i16 before they are widened.

use core::{arch::wasm32::*, array::from_fn};

use crate::{
    activations::{Block, Bytes},
    simd128::{Simd128, bytes4, bytes5, bytes6, load, scale6},
    vector::Dot,
};

/// The relaxed variant, for weights of at most six bits and activations of eight.
pub struct Relaxed;

/// The dot product with a group of weights in i16. Sums of them are within the range of i16, so that the
/// saturating addition adds; compilers leave it in the order in which it is written, which is less deep than
/// the one that they choose.
///
/// No closure stands around the instruction: what the compiler does not inline into the loops is compiled
/// without relaxed SIMD, and calls it as a function.
#[inline(always)]
fn one(w: &[v128; 4], x: &Block<Bytes>, half: usize, group: usize) -> v128 {
    i16x8_relaxed_dot_i8x16_i7x16(load(x.q[4 * half + group].as_flattened(), 0), w[group])
}

/// Dot products over half a block in i16: over its first two groups, and over the others.
#[inline(always)]
fn two(w: &[v128; 4], x: &Block<Bytes>, half: usize) -> [v128; 2] {
    [
        i16x8_add_sat(one(w, x, half, 0), one(w, x, half, 1)),
        i16x8_add_sat(one(w, x, half, 2), one(w, x, half, 3)),
    ]
}

impl Dot for Relaxed {
    const NAME: &'static str = "relaxed";
    const PARTS: usize = 2;
    const PAIRS: bool = false;
    type Lanes = Simd128;
    /// Four groups of bytes.
    type Weights = [v128; 4];
    type Activations = Bytes;

    #[inline(always)]
    fn unpack4(qs: &[u8; 64], part: usize) -> Self::Weights {
        from_fn(|group| bytes4(qs, 4 * part + group))
    }

    #[inline(always)]
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], part: usize) -> Self::Weights {
        from_fn(|group| bytes5(qs, qh, 4 * part + group))
    }

    #[inline(always)]
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], part: usize) -> Self::Weights {
        from_fn(|group| bytes6(qs, qh, 4 * part + group))
    }

    #[inline(always)]
    fn dot(w: &Self::Weights, x: &Block<Bytes>, part: usize, bits: u32) -> v128 {
        let [low, high] = two(w, x, part);
        let sum = i16x8_add_sat(low, high);
        if bits == 4 {
            sum
        } else {
            // 4 * 2 * 127 * 31 = 31496.
            i32x4_extadd_pairwise_i16x8(sum)
        }
    }

    #[inline(always)]
    fn join(a: v128, b: v128, bits: u32) -> v128 {
        if bits == 4 {
            // 8 * 2 * 127 * 15 = 30480.
            i32x4_extadd_pairwise_i16x8(i16x8_add_sat(a, b))
        } else {
            i32x4_add(a, b)
        }
    }

    #[inline(always)]
    fn dot6(w: &Self::Weights, x: &Block<Bytes>, part: usize, scale: v128) -> v128 {
        // 2 * 2 * 127 * 63 = 32004.
        let [low, high] = two(w, x, part);
        let sum = i32x4_add(
            i32x4_extadd_pairwise_i16x8(low),
            i32x4_extadd_pairwise_i16x8(high),
        );
        scale6(sum, scale, 32 * (x.sums[2 * part] + x.sums[2 * part + 1]))
    }
}
