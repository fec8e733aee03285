//! The primitives that a kernel variant provides; as few as the loops of [`crate::matmul`] need.

use crate::{activations::Block, tile::BLOCK};

/// Four f32 lanes, one for each row of a strip, and the integer dot products of a 4 x 32 block.
pub trait Vector {
    /// Name of the variant, as `akio bench` reports it.
    const NAME: &'static str;
    /// Four f32 values.
    type F32: Copy;
    /// Four i32 values.
    type I32: Copy;
    /// The 4 x 32 weights of a block, unpacked to the form that the dot product reads.
    type Weights;

    /// The same value in every lane.
    fn splat(value: f32) -> Self::F32;
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
    /// Lane-wise product of integers.
    fn mul_i32(a: Self::I32, b: Self::I32) -> Self::I32;
    /// The four lanes.
    fn store(value: Self::F32) -> [f32; 4];

    /// 4-bit weights, 0..16.
    fn unpack4(qs: &[u8; 64]) -> Self::Weights;
    /// 5-bit weights, 0..32.
    fn unpack5(qs: &[u8; 64], qh: &[u8; 16]) -> Self::Weights;
    /// 6-bit weights less 32, -32..32.
    fn unpack6(qs: &[u8; 64], qh: &[u8; 32]) -> Self::Weights;
    /// 8-bit weights, -128..128.
    fn unpack8(qs: &[u8; 128]) -> Self::Weights;

    /// Dot products of the four rows over columns 0..16 and 16..32.
    fn dot_halves(w: &Self::Weights, x: &Block<'_>) -> [Self::I32; 2];

    /// Dot products of the four rows over all 32 columns.
    #[inline(always)]
    fn dot(w: &Self::Weights, x: &Block<'_>) -> Self::I32 {
        let [a, b] = Self::dot_halves(w, x);
        Self::add_i32(a, b)
    }
}

/// f16 to f32 for finite values, exactly, as every variant does it: shift the exponent into place
/// and correct its bias by a multiplication, which also normalises subnormals.
#[inline(always)]
pub fn f16_to_f32(bits: u16) -> f32 {
    let magnitude =
        f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits((127 + 112) << 23);
    f32::from_bits(magnitude.to_bits() | u32::from(bits & 0x8000) << 16)
}

/// Columns in half a block.
pub(crate) const HALF: usize = BLOCK / 2;
