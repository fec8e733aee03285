//! Rotary position embedding (Su et al., "RoFormer", arXiv:2104.09864).

use crate::packed::Config;

/// The rotation of one model.
pub(crate) struct Rope {
    /// Radians per position, `(rope_dim / 2,)`.
    frequencies: Vec<f64>,
    head_dim: usize,
    neox: bool,
    /// `(cos, sin)` of the positions of the current chunk, `(n, rope_dim / 2)`.
    table: Vec<(f32, f32)>,
}

impl Rope {
    pub(crate) fn new(config: &Config) -> Self {
        let dim = config.rope_dim as usize;
        let frequency = |i| libm::pow(f64::from(config.rope_theta), -2.0 * i as f64 / dim as f64);
        Self {
            frequencies: (0..dim / 2).map(frequency).collect(),
            head_dim: config.head_dim as usize,
            neox: config.rope_neox == 1,
            table: Vec::new(),
        }
    }

    /// Computes the table for `n` positions from `pos` on.
    pub(crate) fn seek(&mut self, pos: usize, n: usize) {
        self.table.clear();
        for pos in pos..pos + n {
            self.table.extend(self.frequencies.iter().map(|frequency| {
                let (sin, cos) = libm::sincos(pos as f64 * frequency);
                (cos as f32, sin as f32)
            }));
        }
    }

    /// Rotates every head of `x`, `(n, heads * head_dim)`: tokens from the one that is `first` in [`Rope::seek`] on.
    pub(crate) fn rotate(&self, first: usize, n: usize, x: &mut [f32]) {
        let half = self.frequencies.len();
        let tables = self.table.chunks_exact(half).skip(first);
        for (row, table) in x.chunks_exact_mut(x.len() / n).zip(tables) {
            for head in row.chunks_exact_mut(self.head_dim) {
                for (i, (cos, sin)) in table.iter().enumerate() {
                    let (a, b) = if self.neox {
                        (i, i + half)
                    } else {
                        (2 * i, 2 * i + 1)
                    };
                    let (x, y) = (head[a], head[b]);
                    head[a] = x * cos - y * sin;
                    head[b] = x * sin + y * cos;
                }
            }
        }
    }
}
