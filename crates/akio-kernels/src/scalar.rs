//! The specification: plain loops over lanes.

use core::array::from_fn;

use crate::{
    activations::Block,
    tile::BLOCK,
    vector::{HALF, Vector, f16_to_f32},
};

/// The scalar variant.
pub struct Scalar;

/// Weight of `row` at column `k`, read out of 16-byte vectors of four columns a row.
fn at(k: usize, row: usize) -> (usize, usize) {
    (k / 4, row * 4 + k % 4)
}

fn nibble(qs: &[u8; 64], group: usize, byte: usize) -> u8 {
    let packed = qs[group % 4 * 16 + byte];
    if group < 4 { packed & 15 } else { packed >> 4 }
}

impl Vector for Scalar {
    const NAME: &'static str = "scalar";
    type F32 = [f32; 4];
    type I32 = [i32; 4];
    /// (32 columns, 4 rows).
    type Weights = [[i8; 4]; BLOCK];

    fn splat(value: f32) -> [f32; 4] {
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

    fn mul_i32(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        from_fn(|i| a[i].wrapping_mul(b[i]))
    }

    fn store(value: [f32; 4]) -> [f32; 4] {
        value
    }

    fn unpack4(qs: &[u8; 64]) -> Self::Weights {
        from_fn(|k| {
            from_fn(|row| {
                let (group, byte) = at(k, row);
                nibble(qs, group, byte) as i8
            })
        })
    }

    fn unpack5(qs: &[u8; 64], qh: &[u8; 16]) -> Self::Weights {
        from_fn(|k| {
            from_fn(|row| {
                let (group, byte) = at(k, row);
                let high = qh[byte] >> group & 1;
                (nibble(qs, group, byte) | high << 4) as i8
            })
        })
    }

    fn unpack6(qs: &[u8; 64], qh: &[u8; 32]) -> Self::Weights {
        from_fn(|k| {
            from_fn(|row| {
                let (group, byte) = at(k, row);
                let high = qh[group / 4 * 16 + byte] >> (2 * (group % 4)) & 3;
                (nibble(qs, group, byte) | high << 4) as i8 - 32
            })
        })
    }

    fn unpack8(qs: &[u8; 128]) -> Self::Weights {
        from_fn(|k| {
            from_fn(|row| {
                let (group, byte) = at(k, row);
                qs[group * 16 + byte] as i8
            })
        })
    }

    fn dot_halves(w: &Self::Weights, x: &Block<'_>) -> [[i32; 4]; 2] {
        from_fn(|half| {
            let mut sums = [0; 4];
            for (w, q) in w.iter().zip(x.q).skip(half * HALF).take(HALF) {
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum += i32::from(*w) * i32::from(*q);
                }
            }
            sums
        })
    }
}
