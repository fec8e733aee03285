//! The primitives that a kernel variant provides; as few as the loops of [`crate::matmul`] need.

use crate::activations::{Block, Vectors};

/// Four lanes, one for each row of a strip.
pub trait Lanes {
    /// Four f32 values.
    type F32: Copy;
    /// Four i32 values.
    type I32: Copy;

    /// The same value in every lane.
    fn splat(value: f32) -> Self::F32;
    /// Four values.
    fn load(values: &[f32; 4]) -> Self::F32;
    /// The same integer in every lane.
    fn splat_i32(value: i32) -> Self::I32;
    /// Four little-endian f16 values, widened. Infinity and NaN are not scales and read as finite.
    fn f16(bytes: &[u8; 8]) -> Self::F32;
    /// Four unsigned bytes, converted.
    fn u8(bytes: &[u8; 4]) -> Self::F32;
    /// Four signed bytes, widened.
    fn i8(bytes: &[u8; 4]) -> Self::I32;
    /// Converts, rounding to nearest.
    fn to_f32(value: Self::I32) -> Self::F32;
    /// Lane-wise sum.
    fn add(a: Self::F32, b: Self::F32) -> Self::F32;
    /// Lane-wise product.
    fn mul(a: Self::F32, b: Self::F32) -> Self::F32;
    /// Lane-wise sum of integers.
    fn add_i32(a: Self::I32, b: Self::I32) -> Self::I32;
    /// Lane-wise difference of integers.
    fn sub_i32(a: Self::I32, b: Self::I32) -> Self::I32;
    /// Lane-wise product of integers.
    fn mul_i32(a: Self::I32, b: Self::I32) -> Self::I32;
    /// The four lanes.
    fn store(value: Self::F32) -> [f32; 4];
}

/// Pairs of 16-bit integers and their dot products, of which attention is made.
pub trait Pairs: Lanes {
    /// Four pairs.
    type I16: Copy;

    /// Two vectors of pairs.
    fn pairs(pairs: &[[i16; 2]; 8]) -> [Self::I16; 2];
    /// Two vectors of pairs of bytes, widened.
    fn byte_pairs(pairs: &[[i8; 2]; 8]) -> [Self::I16; 2];
    /// A vector of pairs.
    fn pair(pair: &[[i16; 2]; 4]) -> Self::I16;
    /// `a[0] * b[0] + a[1] * b[1]` for each pair.
    fn dot_pairs(a: Self::I16, b: Self::I16) -> Self::I32;
}

/// Four integers, one for each row of a strip.
pub type I32<V> = <<V as Dot>::Lanes as Lanes>::I32;

/// Four floats, one for each row of a strip.
pub type F32<V> = <<V as Dot>::Lanes as Lanes>::F32;

/// Integer dot products of a 4 x 32 block of weights with 32 activations.
pub trait Dot {
    /// Name of the variant, as `akio bench` reports it.
    const NAME: &'static str;
    /// Parts that a block is unpacked in, one after the other: as much as the registers hold.
    const PARTS: usize;
    /// Whether the registers hold the parts of two strips, for which activations are loaded once.
    const PAIRS: bool;
    /// What lane-wise arithmetic is done in.
    type Lanes: Lanes;
    /// Unpacked weights of a part.
    type Weights;
    /// The form that activations are wanted in.
    type Activations: Vectors;

    /// 4-bit weights, 0..16.
    fn unpack4(qs: &[u8; 64], part: usize) -> Self::Weights;
    /// 5-bit weights, 0..32.
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16], part: usize) -> Self::Weights;
    /// 6-bit weights, 0..64.
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32], part: usize) -> Self::Weights;

    /// Dot products of the four rows over a part, for weights of `bits` bits, as far as they go without
    /// the other part.
    fn dot(w: &Self::Weights, x: &Block<Self::Activations>, part: usize, bits: u32) -> I32<Self>;

    /// The dot products of all other parts and of the last one together.
    fn join(a: I32<Self>, b: I32<Self>, bits: u32) -> I32<Self>;

    /// The same for 6-bit weights, which are less 32; `scale` is that of the half which the part lies in.
    fn dot6(
        w: &Self::Weights,
        x: &Block<Self::Activations>,
        part: usize,
        scale: I32<Self>,
    ) -> I32<Self>;
}

/// The same for weights of 8 bits.
pub trait Dot8: Dot {
    /// 8-bit weights, -128..128.
    fn unpack8(qs: &[u8; 128], part: usize) -> Self::Weights;
}

/// f16 to f32 for finite values, exactly, as every variant does it: shift the exponent into place
/// and correct its bias by a multiplication, which also normalises subnormals.
#[inline(always)]
pub fn f16_to_f32(bits: u16) -> f32 {
    let magnitude =
        f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits((127 + 112) << 23);
    f32::from_bits(magnitude.to_bits() | u32::from(bits & 0x8000) << 16)
}
