//! WebAssembly simd128 without relaxed operations.
//!
//! A 16-byte vector of weights is split into its even and odd bytes, widened to i16: then
//! `i32x4.dot_i16x8` against a splatted pair of activations sums two columns of each of the four
//! rows at once, and lane `i` of the result is row `i`.

use core::arch::wasm32::*;

use crate::{activations::Block, vector::Vector};

/// The simd128 variant.
pub struct Simd128;

#[inline(always)]
fn load(bytes: &[u8], vector: usize) -> v128 {
    let bytes: &[u8; 16] = &bytes.as_chunks().0[vector];
    // SAFETY: the reference covers the 16 bytes that are read; wasm loads need no alignment.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn splat_pair(pair: &[i16; 2]) -> v128 {
    // SAFETY: the reference covers the four bytes that are read; wasm loads need no alignment.
    unsafe { v128_load32_splat(pair.as_ptr().cast()) }
}

/// Unsigned bytes, split and widened: (even, odd).
#[inline(always)]
fn split_unsigned(bytes: v128) -> [v128; 2] {
    [v128_and(bytes, u16x8_splat(0x00ff)), u16x8_shr(bytes, 8)]
}

/// Signed bytes, split and widened: (even, odd).
#[inline(always)]
fn split_signed(bytes: v128) -> [v128; 2] {
    [i16x8_shr(i16x8_shl(bytes, 8), 8), i16x8_shr(bytes, 8)]
}

/// Vectors of the eight groups out of 64 bytes of nibbles, still as bytes.
#[inline(always)]
fn nibbles(qs: &[u8; 64]) -> [v128; 8] {
    let mask = u8x16_splat(15);
    core::array::from_fn(|group| {
        let packed = load(qs, group % 4);
        if group < 4 {
            v128_and(packed, mask)
        } else {
            u8x16_shr(packed, 4)
        }
    })
}

impl Vector for Simd128 {
    const NAME: &'static str = "simd128";
    type F32 = v128;
    type I32 = v128;
    /// (8 groups, even and odd bytes), i16x8.
    type Weights = [[v128; 2]; 8];

    #[inline(always)]
    fn splat(value: f32) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    fn f16(bytes: &[u8; 8]) -> v128 {
        // SAFETY: the reference covers the eight bytes that are read; wasm loads need no alignment.
        let bits = unsafe { u32x4_load_extend_u16x4(bytes.as_ptr().cast()) };
        let magnitude = u32x4_shl(v128_and(bits, u32x4_splat(0x7fff)), 13);
        let magnitude = f32x4_mul(magnitude, u32x4_splat((127 + 112) << 23));
        v128_or(
            magnitude,
            u32x4_shl(v128_and(bits, u32x4_splat(0x8000)), 16),
        )
    }

    #[inline(always)]
    fn u8(bytes: &[u8; 4]) -> v128 {
        let bytes = u32x4(u32::from_le_bytes(*bytes), 0, 0, 0);
        f32x4_convert_u32x4(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes)))
    }

    #[inline(always)]
    fn i8(bytes: &[u8; 4]) -> v128 {
        let bytes = u32x4(u32::from_le_bytes(*bytes), 0, 0, 0);
        i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(bytes))
    }

    #[inline(always)]
    fn to_f32(value: v128) -> v128 {
        f32x4_convert_i32x4(value)
    }

    #[inline(always)]
    fn add(a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }

    #[inline(always)]
    fn mul(a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }

    #[inline(always)]
    fn add_i32(a: v128, b: v128) -> v128 {
        i32x4_add(a, b)
    }

    #[inline(always)]
    fn mul_i32(a: v128, b: v128) -> v128 {
        i32x4_mul(a, b)
    }

    #[inline(always)]
    fn store(value: v128) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(value),
            f32x4_extract_lane::<1>(value),
            f32x4_extract_lane::<2>(value),
            f32x4_extract_lane::<3>(value),
        ]
    }

    #[inline(always)]
    fn unpack4(qs: &[u8; 64]) -> Self::Weights {
        // Straight from nibbles to i16, without the detour over bytes.
        let mask = u16x8_splat(15);
        core::array::from_fn(|group| {
            let packed = load(qs, group % 4);
            if group < 4 {
                [v128_and(packed, mask), v128_and(u16x8_shr(packed, 8), mask)]
            } else {
                [v128_and(u16x8_shr(packed, 4), mask), u16x8_shr(packed, 12)]
            }
        })
    }

    #[inline(always)]
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16]) -> Self::Weights {
        let (low, high) = (nibbles(qs), load(qh, 0));
        core::array::from_fn(|group| {
            // Bit `group` to bit 4; shifts of 16-bit lanes after masking never cross a byte.
            let bit = v128_and(high, u8x16_splat(1 << group));
            let bit = if group < 4 {
                u16x8_shl(bit, 4 - group as u32)
            } else {
                u16x8_shr(bit, group as u32 - 4)
            };
            split_unsigned(v128_or(low[group], bit))
        })
    }

    #[inline(always)]
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32]) -> Self::Weights {
        let low = nibbles(qs);
        core::array::from_fn(|group| {
            let high = load(qh, group / 4);
            let (mask, shift) = (3u8 << (2 * (group % 4)), 2 * (group as u32 % 4));
            let bits = v128_and(high, u8x16_splat(mask));
            let bits = if shift <= 4 {
                u16x8_shl(bits, 4 - shift)
            } else {
                u16x8_shr(bits, shift - 4)
            };
            split_signed(i8x16_sub(v128_or(low[group], bits), i8x16_splat(32)))
        })
    }

    #[inline(always)]
    fn unpack8(qs: &[u8; 128]) -> Self::Weights {
        core::array::from_fn(|group| split_signed(load(qs, group)))
    }

    #[inline(always)]
    fn dot_halves(w: &Self::Weights, x: &Block<'_>) -> [v128; 2] {
        core::array::from_fn(|half| {
            let mut sum = i32x4_splat(0);
            for group in half * 4..half * 4 + 4 {
                let [even, odd] = w[group];
                sum = i32x4_add(sum, i32x4_dot_i16x8(even, splat_pair(&x.pairs[2 * group])));
                sum = i32x4_add(
                    sum,
                    i32x4_dot_i16x8(odd, splat_pair(&x.pairs[2 * group + 1])),
                );
            }
            sum
        })
    }
}
