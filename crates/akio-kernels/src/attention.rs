//! The two loops of attention over cached keys and values, in exact integers.
//!
//! Both multiply vectors of interleaved pairs with one pair for all lanes: a pair of dimensions for the
//! scores, whose lanes are positions, and a pair of positions for the outputs, whose lanes are
//! dimensions. No sum runs across lanes, and the query heads that share a key and value head are
//! computed together, so that keys and values are read once for all of them.

use core::array::from_fn;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::Simd128;
use crate::{
    Variant,
    scalar::Scalar,
    vector::{Lanes, Pairs},
};

/// Positions side by side in the keys, dimensions in the values: the lanes of two vectors.
pub const LANES: usize = 8;

/// Most query heads that are computed together; their sums stay in registers.
pub const GROUP: usize = 4;

/// Largest magnitude of a key.
pub const KEY_MAX: i16 = 8191;

/// Largest magnitude of a value.
pub const VALUE_MAX: i8 = 127;

/// Largest weight of a value.
pub const WEIGHT_MAX: i16 = i16::MAX;

/// Pairs of positions whose products are summed in i32: 2 * 256 * 32767 * 127 < 2^31.
const SPAN: usize = 256;

/// Two dimensions of adjacent positions.
pub type Keys = [[i16; 2]; LANES];

/// Two positions of adjacent dimensions.
pub type Values = [[i8; 2]; LANES];

/// What they are multiplied with, spread over the lanes of a vector. Those of the heads stand side by side:
/// loads that are some power of two apart would wait for each other in the nearest cache.
pub type Pair = [[i16; 2]; 4];

/// Largest magnitude of a query: the products of `dim` of them with keys are summed in i32.
pub fn query_max(dim: usize) -> i16 {
    let most = i32::MAX as usize / KEY_MAX as usize / dim.max(1);
    most.min(4095) as i16
}

/// Dot products of `H` queries, (dim / 2, `H`), with `keys`, (positions / [`LANES`], dim / 2):
/// `scores` becomes (`H`, positions).
///
/// # Panics
/// If the shapes do not fit together.
pub fn scores<const H: usize>(
    variant: Variant,
    queries: &[[Pair; H]],
    keys: &[Keys],
    scores: &mut [f32],
) {
    match variant {
        Variant::Scalar => scores_of::<Scalar, H>(queries, keys, scores),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        _ => scores_of::<Simd128, H>(queries, keys, scores),
    }
}

/// Sums of one slice of values, (positions / 2,), for each of `H` heads, with their weights,
/// (positions / 2, `H`), which are not negative.
pub fn outputs<const H: usize>(
    variant: Variant,
    weights: &[[Pair; H]],
    values: &[Values],
) -> [[f32; LANES]; H] {
    match variant {
        Variant::Scalar => outputs_of::<Scalar, H>(weights, values),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        _ => outputs_of::<Simd128, H>(weights, values),
    }
}

fn scores_of<V: Pairs, const H: usize>(queries: &[[Pair; H]], keys: &[Keys], scores: &mut [f32]) {
    let pairs = queries.len();
    let positions = scores.len() / H;
    assert!(keys.len() * LANES == positions * pairs);
    for (at, keys) in keys.chunks_exact(pairs).enumerate() {
        let sums = sums::<V, H>(queries, keys.iter().map(|keys| V::pairs(keys)));
        for (sums, scores) in sums.iter().zip(scores.chunks_exact_mut(positions)) {
            scores[at * LANES..][..LANES].copy_from_slice(&floats::<V>(*sums));
        }
    }
}

fn outputs_of<V: Pairs, const H: usize>(
    weights: &[[Pair; H]],
    values: &[Values],
) -> [[f32; LANES]; H] {
    let mut out = [[0.0; LANES]; H];
    for (at, values) in values.chunks(SPAN).enumerate() {
        let weights = &weights[at * SPAN..][..values.len()];
        let sums = sums::<V, H>(weights, values.iter().map(|values| V::byte_pairs(values)));
        for (out, sums) in out.iter_mut().zip(sums) {
            for (out, sum) in out.iter_mut().zip(floats::<V>(sums)) {
                *out += sum;
            }
        }
    }
    out
}

/// Two vectors of sums for each head: the products of `vectors` with the head's pairs.
#[inline(always)]
fn sums<V: Pairs, const H: usize>(
    pairs: &[[Pair; H]],
    vectors: impl Iterator<Item = [V::I16; 2]>,
) -> [[V::I32; 2]; H] {
    let mut sums = [[V::splat_i32(0); 2]; H];
    for (pairs, [low, high]) in pairs.iter().zip(vectors) {
        for (sums, pair) in sums.iter_mut().zip(pairs) {
            let pair = V::pair(pair);
            sums[0] = V::add_i32(sums[0], V::dot_pairs(low, pair));
            sums[1] = V::add_i32(sums[1], V::dot_pairs(high, pair));
        }
    }
    sums
}

#[inline(always)]
fn floats<V: Lanes>(sums: [V::I32; 2]) -> [f32; LANES] {
    let [low, high] = sums.map(|sums| V::store(V::to_f32(sums)));
    from_fn(|lane| if lane < 4 { low[lane] } else { high[lane - 4] })
}
