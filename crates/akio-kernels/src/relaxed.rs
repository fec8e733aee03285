//! WebAssembly relaxed SIMD: dot products of bytes.
//!
//! `i16x8.relaxed_dot_i8x16_i7x16` is exact on every engine as long as its second operand, here the
//! weights, has seven bits and no pair of products leaves i16. A pair of columns adds at most
//! `2 * 127 * (2^BITS - 1)`: that decides how many are summed in i16 before they are widened.

use core::{arch::wasm32::*, array::from_fn};

use crate::{
    activations::Block,
    simd128::{Simd128, bytes4, bytes5, bytes6, load, scale6, splat_lane},
    vector::Dot,
};

/// The relaxed variant, for weights of at most six bits and activations of eight.
pub struct Relaxed;

/// Dot products with two groups of weights in i16; `LOW` and `HIGH` are their lanes of activations.
///
/// Here and below no closure stands around the instruction: what the compiler does not inline into
/// the loops is compiled without relaxed SIMD, and calls it as a function.
#[inline(always)]
fn two<const LOW: usize, const HIGH: usize>(w: &[v128; 8], group: usize, x: v128) -> v128 {
    i16x8_add(
        i16x8_relaxed_dot_i8x16_i7x16(splat_lane::<LOW>(x), w[group]),
        i16x8_relaxed_dot_i8x16_i7x16(splat_lane::<HIGH>(x), w[group + 1]),
    )
}

/// Dot products over half a block in i16.
#[inline(always)]
fn four(w: &[v128; 8], x: &Block, half: usize) -> v128 {
    let q = load(&x.bytes, half);
    i16x8_add(two::<0, 1>(w, 4 * half, q), two::<2, 3>(w, 4 * half + 2, q))
}

/// The same with six bits, which leave room for two groups only, times the scale of the half.
#[inline(always)]
fn four6(w: &[v128; 8], x: &Block, half: usize, scale: v128) -> v128 {
    let q = load(&x.bytes, half);
    // 2 * 2 * 127 * 63 = 32004.
    let low = i32x4_extadd_pairwise_i16x8(two::<0, 1>(w, 4 * half, q));
    let high = i32x4_extadd_pairwise_i16x8(two::<2, 3>(w, 4 * half + 2, q));
    scale6(i32x4_add(low, high), scale, x.halves[half])
}

impl Dot for Relaxed {
    const NAME: &'static str = "relaxed";
    const PARTS: usize = 1;
    type Lanes = Simd128;
    /// Eight groups of bytes.
    type Weights = [v128; 8];

    #[inline(always)]
    fn unpack4(qs: &[u8; 64], _: usize) -> Self::Weights {
        from_fn(|group| bytes4(qs, group))
    }

    #[inline(always)]
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], _: usize) -> Self::Weights {
        from_fn(|group| bytes5(qs, qh, group))
    }

    #[inline(always)]
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], _: usize) -> Self::Weights {
        from_fn(|group| bytes6(qs, qh, group))
    }

    #[inline(always)]
    fn scales(x: &Block) -> [v128; 2] {
        Simd128::scales(x)
    }

    #[inline(always)]
    fn dot<const BITS: u32>(w: &Self::Weights, x: &Block, _: usize) -> v128 {
        let (low, high) = (four(w, x, 0), four(w, x, 1));
        if BITS == 4 {
            // 8 * 2 * 127 * 15 = 30480.
            i32x4_extadd_pairwise_i16x8(i16x8_add(low, high))
        } else {
            // 4 * 2 * 127 * 31 = 31496.
            i32x4_add(
                i32x4_extadd_pairwise_i16x8(low),
                i32x4_extadd_pairwise_i16x8(high),
            )
        }
    }

    #[inline(always)]
    fn dot6(w: &Self::Weights, x: &Block, _: usize, scales: &[v128; 2]) -> v128 {
        i32x4_add(four6(w, x, 0, scales[0]), four6(w, x, 1, scales[1]))
    }
}
