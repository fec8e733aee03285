//! Causal attention with grouped queries (Ainslie et al., "GQA", arXiv:2305.13245).
//!
//! The query heads that share a key and value head are computed together, so that keys and values
//! are read once for up to [`GROUP`] of them. Scores have positions in their lanes and outputs have
//! dimensions in theirs: no sum runs across lanes.

use crate::{
    kv_cache::{Head, LANES},
    math::softmax,
};

/// Most query heads computed together; their outputs stay in registers.
const GROUP: usize = 4;

/// Dimensions of the outputs that stay in registers.
const DIMS: usize = 8;

/// Scratch; it grows with the context and is reused.
#[derive(Default)]
pub(crate) struct Attention {
    /// (heads, seen), padded to whole vectors.
    scores: Vec<f32>,
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
        score::<H>(q, head.keys(seen), dim, &mut self.scores);
        for scores in self.scores.chunks_exact_mut(padded) {
            softmax(&mut scores[..seen]);
        }
        for from in (0..dim).step_by(DIMS) {
            mix::<H>(&self.scores, head.values(seen), dim, from, out);
        }
    }
}

/// Scores of `H` heads, `LANES` positions at a time.
fn score<const H: usize>(q: &[f32], keys: &[[f32; LANES]], dim: usize, scores: &mut [f32]) {
    let scale = 1.0 / (dim as f32).sqrt();
    let padded = scores.len() / H;
    for (at, keys) in keys.chunks_exact(dim).enumerate() {
        let mut sums = [[0.0; LANES]; H];
        for (i, key) in keys.iter().enumerate() {
            for (h, sums) in sums.iter_mut().enumerate() {
                let q = q[h * dim + i];
                for (sum, key) in sums.iter_mut().zip(key) {
                    *sum += q * key;
                }
            }
        }
        for (h, sums) in sums.iter().enumerate() {
            let to = &mut scores[h * padded + at * LANES..][..LANES];
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = sum * scale;
            }
        }
    }
}

/// Dimensions `from..from + DIMS` of the outputs of `H` heads.
fn mix<const H: usize>(scores: &[f32], values: &[f32], dim: usize, from: usize, out: &mut [f32]) {
    let padded = scores.len() / H;
    let width = DIMS.min(dim - from);
    let mut sums = [[0.0; DIMS]; H];
    for (pos, value) in values.chunks_exact(dim).enumerate() {
        let mut lanes = [0.0; DIMS];
        match value[from..].first_chunk::<DIMS>() {
            Some(value) => lanes = *value,
            None => lanes[..width].copy_from_slice(&value[from..]),
        }
        for (h, sums) in sums.iter_mut().enumerate() {
            let weight = scores[h * padded + pos];
            for (sum, value) in sums.iter_mut().zip(lanes) {
                *sum += weight * value;
            }
        }
    }
    for (sums, out) in sums.iter().zip(out.chunks_exact_mut(dim)) {
        out[from..from + width].copy_from_slice(&sums[..width]);
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
                            (f64::from(*out) - want).abs() < 1e-5,
                            "{heads} {dim} {seen} {i}"
                        );
                    }
                }
            }
        }
    }
}
