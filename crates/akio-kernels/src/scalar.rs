//! The specification: plain loops over lanes.

use core::array::from_fn;

use crate::{
    activations::Block,
    tile::BLOCK,
    vector::{Dot, Dot8, HALF, Lanes, f16_to_f32},
};

/// The scalar variant.
pub struct Scalar;

fn nibble(qs: &[u8; 64], group: usize, byte: usize) -> u8 {
    let packed = qs[group % 4 * 16 + byte];
    if group < 4 { packed & 15 } else { packed >> 4 }
}

impl Lanes for Scalar {
    type F32 = [f32; 4];
    type I32 = [i32; 4];

    fn splat(value: f32) -> [f32; 4] {
        [value; 4]
    }

    fn splat_i32(value: i32) -> [i32; 4] {
        [value; 4]
    }

    fn f16(bytes: &[u8; 8]) -> [f32; 4] {
        from_fn(|i| f16_to_f32(u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]])))
    }

    fn u8(bytes: &[u8; 4]) -> [f32; 4] {
        bytes.map(f32::from)
    }

    fn i8(bytes: &[u8; 4]) -> [i32; 4] {
        bytes.map(|byte| i32::from(byte as i8))
    }

    fn to_f32(value: [i32; 4]) -> [f32; 4] {
        value.map(|lane| lane as f32)
    }

    fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] + b[i])
    }

    fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] * b[i])
    }

    fn add_i32(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        from_fn(|i| a[i].wrapping_add(b[i]))
    }

    fn sub_i32(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        from_fn(|i| a[i].wrapping_sub(b[i]))
    }

    fn mul_i32(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        from_fn(|i| a[i].wrapping_mul(b[i]))
    }

    fn store(value: [f32; 4]) -> [f32; 4] {
        value
    }
}

/// 4-bit weights, (32 columns, 4 rows).
pub fn unpack4(qs: &[u8; 64]) -> [[i16; 4]; BLOCK] {
    unpack(|group, byte| i16::from(nibble(qs, group, byte)))
}

/// 5-bit weights, (32 columns, 4 rows).
pub fn unpack5(qs: &[u8; 64], qh: &[u8; 16]) -> [[i16; 4]; BLOCK] {
    unpack(|group, byte| i16::from(nibble(qs, group, byte) | (qh[byte] >> group & 1) << 4))
}

/// 6-bit weights, (32 columns, 4 rows).
pub fn unpack6(qs: &[u8; 64], qh: &[u8; 32]) -> [[i16; 4]; BLOCK] {
    unpack(|group, byte| {
        let high = qh[group / 4 * 16 + byte] >> (2 * (group % 4)) & 3;
        i16::from(nibble(qs, group, byte) | high << 4)
    })
}

/// 8-bit weights, (32 columns, 4 rows).
pub fn unpack8(qs: &[u8; 128]) -> [[i16; 4]; BLOCK] {
    unpack(|group, byte| i16::from(qs[group * 16 + byte] as i8))
}

/// Reads every weight by the group of four columns and the byte of the group's vector that it is in.
fn unpack(weight: impl Fn(usize, usize) -> i16) -> [[i16; 4]; BLOCK] {
    from_fn(|k| from_fn(|row| weight(k / 4, row * 4 + k % 4)))
}

fn dot_half(w: &[[i16; 4]; BLOCK], x: &Block, half: usize) -> [i32; 4] {
    let mut sums = [0; 4];
    for k in half * HALF..(half + 1) * HALF {
        for (sum, w) in sums.iter_mut().zip(w[k]) {
            *sum += i32::from(w) * x.q(k);
        }
    }
    sums
}

impl Dot for Scalar {
    const NAME: &'static str = "scalar";
    const PARTS: usize = 1;
    type Lanes = Self;
    /// (32 columns, 4 rows).
    type Weights = [[i16; 4]; BLOCK];

    fn unpack4(qs: &[u8; 64], _: usize) -> Self::Weights {
        unpack4(qs)
    }

    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], _: usize) -> Self::Weights {
        unpack5(qs, qh)
    }

    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], _: usize) -> Self::Weights {
        unpack6(qs, qh)
    }

    fn scales(x: &Block) -> [[f32; 4]; 2] {
        [[x.d; 4], [x.sum; 4]]
    }

    fn dot<const BITS: u32>(w: &Self::Weights, x: &Block, _: usize) -> [i32; 4] {
        Self::add_i32(dot_half(w, x, 0), dot_half(w, x, 1))
    }

    fn dot6(w: &Self::Weights, x: &Block, _: usize, scales: &[[i32; 4]; 2]) -> [i32; 4] {
        let [low, high] = from_fn(|half| {
            let offset = Self::splat_i32(32 * x.halves[half]);
            Self::mul_i32(scales[half], Self::sub_i32(dot_half(w, x, half), offset))
        });
        Self::add_i32(low, high)
    }
}

impl Dot8 for Scalar {
    fn unpack8(qs: &[u8; 128], _: usize) -> Self::Weights {
        unpack8(qs)
    }
}
