//! Causal attention with grouped queries (Ainslie et al., "GQA", arXiv:2305.13245).
//!
//! The query heads that share a key and value head are computed together, so that keys and values
//! are read once for up to [`GROUP`] of them. Scores have positions in their lanes and outputs have
//! dimensions in theirs: no sum runs across lanes.

use std::array::from_fn;

use crate::{
    kv_cache::{DIMS, Head, LANES},
    math::softmax,
};

/// Most query heads computed together; their outputs stay in registers.
const GROUP: usize = 4;

/// A value in every lane of a vector.
type Splat = [f32; 4];

/// Scratch; it grows with the context and is reused.
#[derive(Default)]
pub(crate) struct Attention {
    /// (heads, head_dim).
    q: Vec<Splat>,
    /// (heads, seen), padded to whole vectors.
    scores: Vec<f32>,
    /// (heads, seen): the scores after softmax, times the scales of the values.
    weights: Vec<Splat>,
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
        let padded = seen.next_multiple_of(LANES);
        self.scores.resize(H * padded, 0.0);
        self.q.clear();
        splat(q.iter().copied(), &mut self.q);
        let (keys, key_scales) = head.keys(seen);
        score::<H>(&self.q, keys, &mut self.scores);
        let (values, value_scales) = head.values(seen);
        self.weights.clear();
        for scores in self.scores.chunks_exact_mut(padded) {
            let scores = &mut scores[..seen];
            let scale = 1.0 / (dim as f32).sqrt();
            for (score, key_scale) in scores.iter_mut().zip(key_scales) {
                *score *= scale * key_scale;
            }
            softmax(scores);
            let weights = scores.iter().zip(value_scales).map(|(p, scale)| p * scale);
            splat(weights, &mut self.weights);
        }
        mix::<H>(&self.weights, values, dim, out);
    }
}

/// Done once, so that the loops below load whole vectors.
fn splat(values: impl Iterator<Item = f32>, splats: &mut Vec<Splat>) {
    splats.extend(values.map(|value| [value; 4]));
}

/// Scores of `H` heads, not yet scaled, `LANES` positions at a time.
fn score<const H: usize>(q: &[Splat], keys: &[[i16; LANES]], scores: &mut [f32]) {
    let (dim, padded) = (q.len() / H, scores.len() / H);
    let q: [&[Splat]; H] = from_fn(|h| &q[h * dim..][..dim]);
    for (at, keys) in keys.chunks_exact(dim).enumerate() {
        let mut sums = [[0.0; LANES]; H];
        for (i, key) in keys.iter().enumerate() {
            let key = key.map(f32::from);
            for (sums, q) in sums.iter_mut().zip(q) {
                for (lane, (sum, key)) in sums.iter_mut().zip(key).enumerate() {
                    *sum += q[i][lane % 4] * key;
                }
            }
        }
        for (sums, scores) in sums.iter().zip(scores.chunks_exact_mut(padded)) {
            scores[at * LANES..][..LANES].copy_from_slice(sums);
        }
    }
}

/// Outputs of `H` heads, `DIMS` dimensions at a time.
fn mix<const H: usize>(weights: &[Splat], values: &[[i16; DIMS]], dim: usize, out: &mut [f32]) {
    let seen = weights.len() / H;
    let weights: [&[Splat]; H] = from_fn(|h| &weights[h * seen..][..seen]);
    for from in (0..dim).step_by(DIMS) {
        let mut sums = [[0.0; DIMS]; H];
        for (pos, value) in values.chunks_exact(dim.div_ceil(DIMS)).enumerate() {
            let value = value[from / DIMS].map(f32::from);
            for (sums, weights) in sums.iter_mut().zip(weights) {
                for (i, (sum, value)) in sums.iter_mut().zip(value).enumerate() {
                    *sum += weights[pos][i % 4] * value;
                }
            }
        }
        for (sums, out) in sums.iter().zip(out.chunks_exact_mut(dim)) {
            for (out, sum) in out[from..].iter_mut().zip(sums) {
                *out = *sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_lanes_give_what_the_formula_gives() {
        for (heads, dim, positions) in [(1, 4, 1), (3, 64, 9), (7, 20, 6), (4, 32, 16)] {
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
                            (f64::from(*out) - want).abs() < 1e-3,
                            "{heads} {dim} {seen} {i}"
                        );
                    }
                }
            }
        }
    }
}
