//! WebAssembly simd128 without relaxed operations.
//!
//! A 16-byte vector of weights is split into its even and odd bytes, widened to i16: then
//! `i32x4.dot_i16x8` against a splatted pair of activations sums two columns of each of the four
//! rows at once, and lane `i` of the result is row `i`.

use core::{arch::wasm32::*, array::from_fn};

use crate::{
    activations::Block,
    tile::BLOCK,
    vector::{Dot, Dot8, Lanes, Pairs},
};

/// The simd128 variant.
pub struct Simd128;

/// The 16 bytes from element `16 / size_of::<T>() * vector` on.
#[inline(always)]
pub(crate) fn load<T: Copy>(values: &[T], vector: usize) -> v128 {
    let count = 16 / size_of::<T>();
    let values = &values[vector * count..][..count];
    // SAFETY: the slice covers the 16 bytes that are read; wasm loads need no alignment.
    unsafe { v128_load(values.as_ptr().cast()) }
}

/// Each four in the order 0, 2, 1, 3.
#[inline(always)]
pub(crate) fn paired(q: &[i16; BLOCK]) -> [i16; BLOCK] {
    let mut out = [0; BLOCK];
    let (vectors, _) = out.as_chunks_mut::<8>();
    for (vector, out) in vectors.iter_mut().enumerate() {
        let q = load(q, vector);
        let q = i16x8_shuffle::<0, 2, 1, 3, 4, 6, 5, 7>(q, q);
        // SAFETY: the reference covers the 16 bytes that are written; wasm stores need no alignment.
        unsafe { v128_store(out.as_mut_ptr().cast(), q) };
    }
    out
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

/// Vector `group` of 4-bit weights, as bytes.
#[inline(always)]
pub(crate) fn bytes4(qs: &[u8; 64], group: usize) -> v128 {
    let packed = load(qs, group % 4);
    // The shift is one of 16-bit lanes, which engines have in one instruction.
    let nibbles = if group < 4 {
        packed
    } else {
        u16x8_shr(packed, 4)
    };
    v128_and(nibbles, u8x16_splat(15))
}

/// Vector `group` of 5-bit weights, as bytes.
#[inline(always)]
pub(crate) fn bytes5(qs: &[u8; 64], qh: &[u8; 16], group: usize) -> v128 {
    // Bit `group` to bit 4; shifts of 16-bit lanes after masking never cross a byte.
    let bit = v128_and(load(qh, 0), u8x16_splat(1 << group));
    let bit = if group < 4 {
        u16x8_shl(bit, 4 - group as u32)
    } else {
        u16x8_shr(bit, group as u32 - 4)
    };
    v128_or(bytes4(qs, group), bit)
}

/// Vector `group` of 6-bit weights, as bytes.
#[inline(always)]
pub(crate) fn bytes6(qs: &[u8; 64], qh: &[u8; 32], group: usize) -> v128 {
    let shift = 2 * (group % 4);
    let bits = v128_and(load(qh, group / 4), u8x16_splat(3 << shift));
    let bits = if shift <= 4 {
        u16x8_shl(bits, 4 - shift as u32)
    } else {
        u16x8_shr(bits, shift as u32 - 4)
    };
    v128_or(bytes4(qs, group), bits)
}

/// The 32-bit lane `LANE` of a vector in all four lanes.
#[inline(always)]
pub(crate) fn splat_lane<const LANE: usize>(x: v128) -> v128 {
    i32x4_shuffle::<LANE, LANE, LANE, LANE>(x, x)
}

/// Products of two groups of weights with the activations of the same eight columns.
#[inline(always)]
fn dot_groups(v: [v128; 2], w: [v128; 2], x: v128) -> v128 {
    i32x4_add(
        i32x4_add(
            i32x4_dot_i16x8(v[0], splat_lane::<0>(x)),
            i32x4_dot_i16x8(v[1], splat_lane::<1>(x)),
        ),
        i32x4_add(
            i32x4_dot_i16x8(w[0], splat_lane::<2>(x)),
            i32x4_dot_i16x8(w[1], splat_lane::<3>(x)),
        ),
    )
}

/// `scale * (dot - 32 * sum)` over half a block.
#[inline(always)]
pub(crate) fn scale6(dot: v128, scale: v128, sum: i32) -> v128 {
    i32x4_mul(scale, i32x4_sub(dot, i32x4_splat(32 * sum)))
}

impl Lanes for Simd128 {
    type F32 = v128;
    type I32 = v128;

    #[inline(always)]
    fn splat(value: f32) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    fn splat_i32(value: i32) -> v128 {
        i32x4_splat(value)
    }

    #[inline(always)]
    fn f16(bytes: &[u8; 8]) -> v128 {
        // SAFETY: the reference covers the eight bytes that are read; wasm loads need no alignment.
        let bits = unsafe { i32x4_load_extend_i16x4(bytes.as_ptr().cast()) };
        // The extended sign survives in bit 31.
        let magnitude = v128_and(u32x4_shl(bits, 13), u32x4_splat(0x8fff_e000));
        f32x4_mul(magnitude, u32x4_splat((127 + 112) << 23))
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
    fn sub_i32(a: v128, b: v128) -> v128 {
        i32x4_sub(a, b)
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
}

impl Pairs for Simd128 {
    type I16 = v128;

    #[inline(always)]
    fn pairs(pairs: &[[i16; 2]; 8]) -> [v128; 2] {
        [load(pairs, 0), load(pairs, 1)]
    }

    #[inline(always)]
    fn byte_pairs(pairs: &[[i8; 2]; 8]) -> [v128; 2] {
        let at = pairs.as_ptr().cast::<i8>();
        // SAFETY: the reference covers twice the eight bytes that are read; wasm loads need no alignment.
        unsafe {
            [
                i16x8_load_extend_i8x8(at),
                i16x8_load_extend_i8x8(at.add(8)),
            ]
        }
    }

    #[inline(always)]
    fn splat_pair(pair: [i16; 2]) -> v128 {
        // SAFETY: the array has the four bytes that are read.
        unsafe { v128_load32_splat(pair.as_ptr().cast()) }
    }

    #[inline(always)]
    fn dot_pairs(a: v128, b: v128) -> v128 {
        i32x4_dot_i16x8(a, b)
    }
}

impl Dot for Simd128 {
    const NAME: &'static str = "simd128";
    const PARTS: usize = 2;
    type Lanes = Self;
    /// Four groups, 16 columns: even and odd bytes, widened.
    type Weights = [[v128; 2]; 4];

    #[inline(always)]
    fn unpack4(qs: &[u8; 64], part: usize) -> Self::Weights {
        // Straight from nibbles to i16, without the detour over bytes.
        let mask = u16x8_splat(15);
        from_fn(|group| {
            let packed = load(qs, group);
            if part == 0 {
                [v128_and(packed, mask), v128_and(u16x8_shr(packed, 8), mask)]
            } else {
                [v128_and(u16x8_shr(packed, 4), mask), u16x8_shr(packed, 12)]
            }
        })
    }

    #[inline(always)]
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], part: usize) -> Self::Weights {
        from_fn(|group| split_unsigned(bytes5(qs, qh, 4 * part + group)))
    }

    #[inline(always)]
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], part: usize) -> Self::Weights {
        from_fn(|group| split_unsigned(bytes6(qs, qh, 4 * part + group)))
    }

    #[inline(always)]
    fn scales(x: &Block) -> [v128; 2] {
        [f32x4_splat(x.d), f32x4_splat(x.sum)]
    }

    #[inline(always)]
    fn dot<const BITS: u32>(w: &Self::Weights, x: &Block, part: usize) -> v128 {
        i32x4_add(
            dot_groups(w[0], w[1], load(&x.words, 2 * part)),
            dot_groups(w[2], w[3], load(&x.words, 2 * part + 1)),
        )
    }

    #[inline(always)]
    fn dot6(w: &Self::Weights, x: &Block, part: usize, scales: &[v128; 2]) -> v128 {
        scale6(Self::dot::<6>(w, x, part), scales[part], x.halves[part])
    }
}

impl Dot8 for Simd128 {
    #[inline(always)]
    fn unpack8(qs: &[u8; 128], part: usize) -> Self::Weights {
        from_fn(|group| split_signed(load(qs, 4 * part + group)))
    }
}
