//! WebAssembly simd128 without relaxed operations.
//!
//! A 16-byte vector of weights is split into its even and odd bytes, widened to i16: then
//! `i32x4.dot_i16x8` against a splatted pair of activations sums two columns of each of the four
//! rows at once, and lane `i` of the result is row `i`.

use core::{arch::wasm32::*, array::from_fn};

use crate::{
    activations::{Block, Bytes, Quantized, ROUND, Words},
    tile::{BLOCK, STRIP},
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

/// Writes the 16 bytes from element `16 / size_of::<T>() * vector` on.
#[inline(always)]
fn store<T: Copy>(values: &mut [T], vector: usize, value: v128) {
    let count = 16 / size_of::<T>();
    let values = &mut values[vector * count..][..count];
    // SAFETY: the slice covers the 16 bytes that are written; wasm stores need no alignment.
    unsafe { v128_store(values.as_mut_ptr().cast(), value) }
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

/// Products of a group of weights with the activations of the same four columns.
#[inline(always)]
fn dot_group(w: [v128; 2], x: &Block<Words>, group: usize) -> v128 {
    i32x4_add(
        i32x4_dot_i16x8(w[0], load(x.q[2 * group].as_flattened(), 0)),
        i32x4_dot_i16x8(w[1], load(x.q[2 * group + 1].as_flattened(), 0)),
    )
}

/// `scale * (dot - offset)`.
#[inline(always)]
pub(crate) fn scale6(dot: v128, scale: v128, offset: i32) -> v128 {
    i32x4_mul(scale, i32x4_sub(dot, i32x4_splat(offset)))
}

/// As [`crate::activations::quantize`] does it.
#[inline(always)]
pub(crate) fn quantize(x: &[f32; BLOCK], max: f32) -> Quantized {
    let x: [v128; 8] = from_fn(|at| load(x, at));
    let mut lanes = [f32x4_splat(0.0); 2];
    for (at, x) in x.iter().enumerate() {
        lanes[at % 2] = f32x4_pmax(lanes[at % 2], f32x4_abs(*x));
    }
    let lanes = f32x4_pmax(lanes[0], lanes[1]);
    let lanes = f32x4_pmax(lanes, i32x4_shuffle::<2, 3, 0, 1>(lanes, lanes));
    let lanes = f32x4_pmax(lanes, i32x4_shuffle::<1, 0, 3, 2>(lanes, lanes));
    let largest = f32x4_extract_lane::<0>(lanes);
    let inverse = if largest > 0.0 { max / largest } else { 0.0 };

    let scaled = |at: usize| {
        let scaled = f32x4_mul(x[at], f32x4_splat(inverse));
        f32x4_add(scaled, f32x4_splat(ROUND))
    };
    let q: [v128; 4] = from_fn(|at| {
        let (low, high) = (scaled(2 * at), scaled(2 * at + 1));
        i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(low, high)
    });
    // The lanes of four sums beside one another, added up together.
    let [a, b, c, d] = q.map(|q| i32x4_dot_i16x8(q, i16x8_splat(1)));
    let halves = |a, b| {
        i32x4_add(
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
        )
    };
    let (ab, cd) = (halves(a, b), halves(c, d));
    let sums = i32x4_add(
        i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
        i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
    );
    let mut quantized = Quantized {
        q: [0; BLOCK],
        sums: [0; 4],
        d: largest / max,
    };
    for (at, q) in q.into_iter().enumerate() {
        store(&mut quantized.q, at, q);
    }
    store(&mut quantized.sums, 0, sums);
    quantized
}

/// As [`Vectors::spread`](crate::activations::Vectors::spread) does it.
#[inline(always)]
pub(crate) fn spread_bytes(vectors: &mut Bytes, q: &[i16; BLOCK]) {
    let (halves, _) = vectors.as_chunks_mut::<4>();
    for (half, vectors) in halves.iter_mut().enumerate() {
        let low = |at| v128_and(load(q, 2 * half + at), i16x8_splat(0x00ff));
        spread(vectors, u8x16_narrow_i16x8(low(0), low(1)));
    }
}

/// The same for words.
#[inline(always)]
pub(crate) fn spread_words(vectors: &mut Words, q: &[i16; BLOCK]) {
    let (quarters, _) = vectors.as_chunks_mut::<4>();
    for (quarter, vectors) in quarters.iter_mut().enumerate() {
        let q = load(q, quarter);
        spread(vectors, i16x8_shuffle::<0, 2, 1, 3, 4, 6, 5, 7>(q, q));
    }
}

/// Each 32-bit lane in all lanes of a vector.
#[inline(always)]
fn spread<T: Copy, const N: usize>(vectors: &mut [[[T; N]; STRIP]; 4], lanes: v128) {
    store(vectors[0].as_flattened_mut(), 0, splat_lane::<0>(lanes));
    store(vectors[1].as_flattened_mut(), 0, splat_lane::<1>(lanes));
    store(vectors[2].as_flattened_mut(), 0, splat_lane::<2>(lanes));
    store(vectors[3].as_flattened_mut(), 0, splat_lane::<3>(lanes));
}

/// The 32-bit lane `LANE` of a vector in all four lanes.
#[inline(always)]
fn splat_lane<const LANE: usize>(x: v128) -> v128 {
    i32x4_shuffle::<LANE, LANE, LANE, LANE>(x, x)
}

impl Lanes for Simd128 {
    type F32 = v128;
    type I32 = v128;

    #[inline(always)]
    fn splat(value: f32) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    fn load(values: &[f32; 4]) -> v128 {
        load(values, 0)
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
    fn pair(pair: &[[i16; 2]; 4]) -> v128 {
        load(pair.as_flattened(), 0)
    }

    #[inline(always)]
    fn dot_pairs(a: v128, b: v128) -> v128 {
        i32x4_dot_i16x8(a, b)
    }
}

impl Dot for Simd128 {
    const NAME: &'static str = "simd128";
    const PARTS: usize = 4;
    const PAIRS: bool = true;
    type Lanes = Self;
    /// Two groups, 8 columns: even and odd bytes, widened.
    type Weights = [[v128; 2]; 2];
    type Activations = Words;

    #[inline(always)]
    fn unpack4(qs: &[u8; 64], part: usize) -> Self::Weights {
        // Straight from nibbles to i16, without the detour over bytes.
        let mask = u16x8_splat(15);
        from_fn(|group| {
            let packed = load(qs, 2 * (part % 2) + group);
            if part < 2 {
                [v128_and(packed, mask), v128_and(u16x8_shr(packed, 8), mask)]
            } else {
                [v128_and(u16x8_shr(packed, 4), mask), u16x8_shr(packed, 12)]
            }
        })
    }

    #[inline(always)]
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], part: usize) -> Self::Weights {
        from_fn(|group| split_unsigned(bytes5(qs, qh, 2 * part + group)))
    }

    #[inline(always)]
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], part: usize) -> Self::Weights {
        from_fn(|group| split_unsigned(bytes6(qs, qh, 2 * part + group)))
    }

    #[inline(always)]
    fn dot(w: &Self::Weights, x: &Block<Words>, part: usize, _: u32) -> v128 {
        i32x4_add(
            dot_group(w[0], x, 2 * part),
            dot_group(w[1], x, 2 * part + 1),
        )
    }

    #[inline(always)]
    fn join(a: v128, b: v128, _: u32) -> v128 {
        i32x4_add(a, b)
    }

    #[inline(always)]
    fn dot6(w: &Self::Weights, x: &Block<Words>, part: usize, scale: v128) -> v128 {
        scale6(Self::dot(w, x, part, 6), scale, 32 * x.sums[part])
    }
}

impl Dot8 for Simd128 {
    #[inline(always)]
    fn unpack8(qs: &[u8; 128], part: usize) -> Self::Weights {
        from_fn(|group| split_signed(load(qs, 2 * part + group)))
    }
}
