//! Keys and values of the positions seen so far.

use crate::EngineError;

/// Positions side by side in the keys: the lanes of a vector.
pub(crate) const LANES: usize = 4;

/// One key and value head of one layer; memory is reserved at once and touched only as positions come.
pub(crate) struct Head {
    dim: usize,
    len: usize,
    /// (positions / LANES, dim), each the same dimension of adjacent positions.
    keys: Vec<[f32; LANES]>,
    /// (positions, dim).
    values: Vec<f32>,
}

impl Head {
    /// Room for `context` positions, or `None` if there is not enough memory.
    pub(crate) fn new(dim: usize, context: usize) -> Option<Self> {
        let mut head = Self {
            dim,
            len: 0,
            keys: Vec::new(),
            values: Vec::new(),
        };
        let keys = context.div_ceil(LANES).checked_mul(dim)?;
        head.keys.try_reserve_exact(keys).ok()?;
        head.values
            .try_reserve_exact(context.checked_mul(dim)?)
            .ok()?;
        Some(head)
    }

    /// Width.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Appends a position.
    pub(crate) fn push(&mut self, key: &[f32], value: &[f32]) {
        let lane = self.len % LANES;
        if lane == 0 {
            self.keys.resize(self.keys.len() + self.dim, [0.0; LANES]);
        }
        let from = self.keys.len() - self.dim;
        for (lanes, key) in self.keys[from..].iter_mut().zip(key) {
            lanes[lane] = *key;
        }
        self.values.extend_from_slice(value);
        self.len += 1;
    }

    /// Keys of the first `seen` positions, and of what follows in the last vector.
    pub(crate) fn keys(&self, seen: usize) -> &[[f32; LANES]] {
        &self.keys[..seen.div_ceil(LANES) * self.dim]
    }

    /// Values of the first `seen` positions.
    pub(crate) fn values(&self, seen: usize) -> &[f32] {
        &self.values[..seen * self.dim]
    }

    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.keys.truncate(self.len.div_ceil(LANES) * self.dim);
        self.values.truncate(self.len * self.dim);
    }
}

/// The cache of all layers.
pub(crate) struct KvCache {
    /// (layers, heads).
    heads: Vec<Head>,
    heads_per_layer: usize,
    context: usize,
}

impl KvCache {
    /// A cache for `context` positions of `heads` heads a layer, each `dim` wide.
    pub(crate) fn new(
        layers: usize,
        heads: usize,
        dim: usize,
        context: usize,
    ) -> Result<Self, EngineError> {
        let all = (0..layers * heads).map(|_| Head::new(dim, context));
        Ok(Self {
            heads: all.collect::<Option<_>>().ok_or(EngineError::Memory {
                bytes: (layers * heads * 8) as u64 * dim as u64 * context as u64,
            })?,
            heads_per_layer: heads,
            context,
        })
    }

    pub(crate) fn context(&self) -> usize {
        self.context
    }

    /// Forgets the positions from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        for head in &mut self.heads {
            head.truncate(len);
        }
    }

    /// Appends the keys and values of new positions, both (n, heads * dim), and returns the layer's heads.
    pub(crate) fn append(&mut self, layer: usize, keys: &[f32], values: &[f32]) -> &[Head] {
        let heads = &mut self.heads[layer * self.heads_per_layer..][..self.heads_per_layer];
        for (at, head) in heads.iter_mut().enumerate() {
            let dim = head.dim;
            let width = dim * self.heads_per_layer;
            let rows = keys.chunks_exact(width).zip(values.chunks_exact(width));
            for (key, value) in rows {
                head.push(&key[at * dim..][..dim], &value[at * dim..][..dim]);
            }
        }
        heads
    }

    /// Bytes of the positions held.
    pub(crate) fn bytes(&self) -> usize {
        self.heads
            .iter()
            .map(|head| size_of_val(&head.keys[..]) + size_of_val(&head.values[..]))
            .sum()
    }
}
