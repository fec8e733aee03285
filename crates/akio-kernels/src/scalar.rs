//! The specification: plain loops over lanes.

use core::array::from_fn;

use crate::{
    activations::{Block, Vectors, Words},
    vector::{Dot, Dot8, Lanes, Pairs, f16_to_f32},
};

/// The scalar variant.
pub struct Scalar;

impl Lanes for Scalar {
    type F32 = [f32; 4];
    type I32 = [i32; 4];

    fn splat(value: f32) -> [f32; 4] {
        [value; 4]
    }

    fn load(values: &[f32; 4]) -> [f32; 4] {
        *values
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

impl Pairs for Scalar {
    type I16 = [[i16; 2]; 4];

    fn pairs(pairs: &[[i16; 2]; 8]) -> [Self::I16; 2] {
        from_fn(|vector| from_fn(|i| pairs[4 * vector + i]))
    }

    fn byte_pairs(pairs: &[[i8; 2]; 8]) -> [Self::I16; 2] {
        Self::pairs(&pairs.map(|pair| pair.map(i16::from)))
    }

    fn pair(pair: &[[i16; 2]; 4]) -> Self::I16 {
        *pair
    }

    fn dot_pairs(a: Self::I16, b: Self::I16) -> [i32; 4] {
        let product = |i: usize, k: usize| i32::from(a[i][k]) * i32::from(b[i][k]);
        from_fn(|i| product(i, 0).wrapping_add(product(i, 1)))
    }
}

/// A block of weights as it is stored: in each of eight groups of four columns the weight of row `r` and
/// column `k` is at `4 * r + k`.
pub type Weights = [[i16; 16]; 8];

/// Weight of row `row` and column `k` of the block.
pub fn weight(w: &Weights, row: usize, k: usize) -> i16 {
    w[k / 4][4 * row + k % 4]
}

fn nibbles(qs: &[u8; 64], group: usize) -> [u8; 16] {
    let packed: [u8; 16] = from_fn(|byte| qs[group % 4 * 16 + byte]);
    packed.map(|packed| if group < 4 { packed & 15 } else { packed >> 4 })
}

/// 4-bit weights.
pub fn unpack4(qs: &[u8; 64]) -> Weights {
    from_fn(|group| nibbles(qs, group).map(i16::from))
}

/// 5-bit weights.
pub fn unpack5(qs: &[u8; 64], qh: &[u8; 16]) -> Weights {
    from_fn(|group| {
        let low = nibbles(qs, group);
        from_fn(|byte| i16::from(low[byte] | (qh[byte] >> group & 1) << 4))
    })
}

/// 6-bit weights.
pub fn unpack6(qs: &[u8; 64], qh: &[u8; 32]) -> Weights {
    from_fn(|group| {
        let low = nibbles(qs, group);
        let high = |byte: usize| qh[group / 4 * 16 + byte] >> (2 * (group % 4)) & 3;
        from_fn(|byte| i16::from(low[byte] | high(byte) << 4))
    })
}

/// 8-bit weights.
pub fn unpack8(qs: &[u8; 128]) -> Weights {
    from_fn(|group| from_fn(|byte| i16::from(qs[group * 16 + byte] as i8)))
}

/// Dot products over columns 0..16 or 16..32.
fn dot_half(w: &Weights, x: &Block<Words>, half: usize) -> [i32; 4] {
    let mut products = [0; 16];
    for group in 4 * half..4 * half + 4 {
        let q: [i32; 4] = from_fn(|k| x.q.q(4 * group + k));
        for (byte, (sum, w)) in products.iter_mut().zip(w[group]).enumerate() {
            *sum += i32::from(w) * q[byte % 4];
        }
    }
    from_fn(|row| products[4 * row..4 * row + 4].iter().sum())
}

impl Dot for Scalar {
    const NAME: &'static str = "scalar";
    const PARTS: usize = 2;
    const PAIRS: bool = false;
    type Lanes = Self;
    type Weights = Weights;
    type Activations = Words;

    fn unpack4(qs: &[u8; 64], _: usize) -> Weights {
        unpack4(qs)
    }

    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], _: usize) -> Weights {
        unpack5(qs, qh)
    }

    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], _: usize) -> Weights {
        unpack6(qs, qh)
    }

    fn dot(w: &Weights, x: &Block<Words>, part: usize, _: u32) -> [i32; 4] {
        dot_half(w, x, part)
    }

    fn join(a: [i32; 4], b: [i32; 4], _: u32) -> [i32; 4] {
        Self::add_i32(a, b)
    }

    fn dot6(w: &Weights, x: &Block<Words>, part: usize, scale: [i32; 4]) -> [i32; 4] {
        let offset = Self::splat_i32(32 * (x.sums[2 * part] + x.sums[2 * part + 1]));
        Self::mul_i32(scale, Self::sub_i32(dot_half(w, x, part), offset))
    }
}

impl Dot8 for Scalar {
    fn unpack8(qs: &[u8; 128], _: usize) -> Weights {
        unpack8(qs)
    }
}
