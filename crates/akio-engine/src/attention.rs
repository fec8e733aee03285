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
    /// (heads, head_dim / 2).
    queries: Vec<Pair>,
    /// (heads, seen), filled up to whole vectors.
    scores: Vec<f32>,
    /// (heads, seen / 2).
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
        self.queries.clear();
        let max = query_max(dim);
        let mut scales = [0.0; H];
        for (scale, q) in scales.iter_mut().zip(q.chunks_exact(dim)) {
            *scale = quantize(q, max, &mut self.queries) / (dim as f32).sqrt();
        }
        let (keys, key_scales) = head.keys(seen);
        let padded = seen.next_multiple_of(LANES);
        self.scores.resize(H * padded, 0.0);
        let queries = rows(&self.queries);
        attention::scores::<H>(Variant::BEST, queries, keys, &mut self.scores);

        let value_scales = head.value_scales(seen);
        self.weights.clear();
        for (scale, scores) in scales.iter_mut().zip(self.scores.chunks_exact_mut(padded)) {
            let scores = &mut scores[..seen];
            for (score, key_scale) in scores.iter_mut().zip(key_scales) {
                *score *= *scale * key_scale;
            }
            softmax(scores);
            for (score, value_scale) in scores.iter_mut().zip(value_scales) {
                *score *= value_scale;
            }
            *scale = quantize(scores, WEIGHT_MAX, &mut self.weights);
        }
        let weights = rows(&self.weights);
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

/// Appends `x` in integers up to `max`, in pairs, and returns their scale.
fn quantize(x: &[f32], max: i16, pairs: &mut Vec<Pair>) -> f32 {
    let largest = largest(x);
    let inverse = if largest > 0.0 {
        f32::from(max) / largest
    } else {
        0.0
    };
    let (chunks, last) = x.as_chunks();
    let spread = |pair: &[f32; 2]| [pair.map(|x| rounded(x * inverse)); 4];
    pairs.extend(chunks.iter().map(spread));
    if let [x] = last {
        pairs.push([[rounded(x * inverse), 0]; 4]);
    }
    largest / f32::from(max)
}

/// One row for each head.
fn rows<T, const H: usize>(values: &[T]) -> [&[T]; H] {
    let len = values.len() / H;
    std::array::from_fn(|h| &values[h * len..][..len])
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
