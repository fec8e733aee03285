//! Causal attention with grouped queries (Ainslie et al., "GQA", arXiv:2305.13245).
//!
//! The sums over keys and values are the kernels', in exact integers; here are the scales around them
//! and the softmax between them.

use akio_kernels::{
    Variant,
    attention::{self, GROUP, LANES, Pair, WEIGHT_MAX, query_max},
};

use crate::{
    kv_cache::Head,
    math::{largest, rounded, softmax},
};

/// Scratch; it grows with the context and is reused.
#[derive(Default)]
pub(crate) struct Attention {
    /// (head_dim / 2, heads).
    queries: Vec<Pair>,
    /// (heads, seen), filled up to whole vectors.
    scores: Vec<f32>,
    /// (seen / 2, heads).
    weights: Vec<Pair>,
}

impl Attention {
    /// `out = softmax(q k^T / sqrt(head_dim)) v` for query heads that share `head`, over its first
    /// `seen` positions. `q` and `out` are (heads, head_dim).
    pub(crate) fn attend(&mut self, q: &[f32], head: &Head, seen: usize, out: &mut [f32]) {
        let dim = head.dim();
        let groups = q.chunks(GROUP * dim).zip(out.chunks_mut(GROUP * dim));
        for (q, out) in groups {
            match q.len() / dim {
                1 => self.group::<1>(q, head, seen, out),
                2 => self.group::<2>(q, head, seen, out),
                3 => self.group::<3>(q, head, seen, out),
                _ => self.group::<GROUP>(q, head, seen, out),
            }
        }
    }

    fn group<const H: usize>(&mut self, q: &[f32], head: &Head, seen: usize, out: &mut [f32]) {
        let dim = head.dim();
        let queries = sized::<H>(&mut self.queries, dim.div_ceil(2));
        let max = query_max(dim);
        let mut scales = [0.0; H];
        for (h, (scale, q)) in scales.iter_mut().zip(q.chunks_exact(dim)).enumerate() {
            *scale = quantize(q, max, queries, h) / (dim as f32).sqrt();
        }
        let (keys, key_scales) = head.keys(seen);
        let padded = seen.next_multiple_of(LANES);
        self.scores.resize(H * padded, 0.0);
        attention::scores::<H>(Variant::BEST, queries, keys, &mut self.scores);

        let value_scales = head.value_scales(seen);
        let weights = sized::<H>(&mut self.weights, seen.div_ceil(2));
        let rows = scales.iter_mut().zip(self.scores.chunks_exact_mut(padded));
        for (h, (scale, scores)) in rows.enumerate() {
            let scores = &mut scores[..seen];
            for (score, key_scale) in scores.iter_mut().zip(key_scales) {
                *score *= *scale * key_scale;
            }
            softmax(scores);
            for (score, value_scale) in scores.iter_mut().zip(value_scales) {
                *score *= value_scale;
            }
            *scale = quantize(scores, WEIGHT_MAX, weights, h);
        }
        for (at, values) in head.values(seen).enumerate() {
            let sums = attention::outputs::<H>(Variant::BEST, weights, values);
            for ((sums, scale), out) in sums.iter().zip(scales).zip(out.chunks_exact_mut(dim)) {
                for (out, sum) in out[at * LANES..].iter_mut().zip(sums) {
                    *out = sum * scale;
                }
            }
        }
    }
}

/// `pairs` pairs of each of `H` heads.
fn sized<const H: usize>(all: &mut Vec<Pair>, pairs: usize) -> &mut [[Pair; H]] {
    all.resize(pairs * H, [[0; 2]; 4]);
    all.as_chunks_mut().0
}

/// Makes `x` the pairs of a head, in integers up to `max`, and returns their scale.
fn quantize<const H: usize>(x: &[f32], max: i16, pairs: &mut [[Pair; H]], head: usize) -> f32 {
    let largest = largest(x);
    let inverse = if largest > 0.0 {
        f32::from(max) / largest
    } else {
        0.0
    };
    let integer = |x: f32| rounded(x * inverse);
    let (chunks, last) = x.as_chunks();
    for (pairs, [a, b]) in pairs.iter_mut().zip(chunks) {
        pairs[head] = [[integer(*a), integer(*b)]; 4];
    }
    if let (Some(pairs), [x]) = (pairs.last_mut(), last) {
        pairs[head] = [[integer(*x), 0]; 4];
    }
    largest / f32::from(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_lanes_give_what_the_formula_gives() {
        for (heads, dim, positions) in [(1, 4, 1), (3, 64, 9), (7, 20, 6), (4, 32, 16), (2, 5, 3)] {
            let value = |i: usize| ((i * 37 + 11) % 29) as f32 / 14.0 - 1.0;
            let mut head = Head::new(dim, positions).unwrap();
            let rows: Vec<Vec<f32>> = (0..2 * positions)
                .map(|row| (0..dim).map(|i| value(row * dim + i)).collect())
                .collect();
            for pos in 0..positions {
                head.push(&rows[2 * pos], &rows[2 * pos + 1]);
            }
            let q: Vec<f32> = (0..heads * dim).map(|i| value(7 * i)).collect();
            for seen in [1, positions] {
                let mut out = vec![f32::NAN; heads * dim];
                Attention::default().attend(&q, &head, seen, &mut out);
                for (q, out) in q.chunks(dim).zip(out.chunks(dim)) {
                    let dot = |key: &[f32]| -> f64 {
                        let products = q.iter().zip(key).map(|(a, b)| f64::from(a * b));
                        products.sum::<f64>() / (dim as f64).sqrt()
                    };
                    let weights: Vec<f64> =
                        (0..seen).map(|pos| dot(&rows[2 * pos]).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    for (i, out) in out.iter().enumerate() {
                        let mixed = weights.iter().zip(rows.iter().skip(1).step_by(2));
                        let want: f64 = mixed.map(|(w, row)| w * f64::from(row[i]) / total).sum();
                        assert!(
                            (f64::from(*out) - want).abs() < 5e-3,
                            "{heads} {dim} {seen} {i}"
                        );
                    }
                }
            }
        }
    }
}
