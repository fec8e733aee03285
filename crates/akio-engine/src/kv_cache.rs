//! Keys and values of the positions seen so far.

use crate::EngineError;

/// Positions side by side in the keys: the lanes of two vectors, so that there are enough sums to add
/// to while one addition takes its time.
pub(crate) const LANES: usize = 8;

/// Dimensions side by side in the values.
pub(crate) const DIMS: usize = 8;

/// One key and value head of one layer, in 16-bit integers with a scale for each position, since every
/// token reads all of it. Eight bits are too few for keys: those of Qwen have a few dimensions that are
/// far larger than the rest. Memory is reserved at once and touched only as positions come.
pub(crate) struct Head {
    dim: usize,
    /// (positions / LANES, dim), each the same dimension of adjacent positions.
    keys: Vec<[i16; LANES]>,
    /// (positions,).
    key_scales: Vec<f32>,
    /// (positions, dim / DIMS), the last ones filled up with zeros.
    values: Vec<[i16; DIMS]>,
    /// (positions,).
    value_scales: Vec<f32>,
}

impl Head {
    /// Room for `context` positions, or `None` if there is not enough memory.
    pub(crate) fn new(dim: usize, context: usize) -> Option<Self> {
        let mut head = Self {
            dim,
            keys: Vec::new(),
            key_scales: Vec::new(),
            values: Vec::new(),
            value_scales: Vec::new(),
        };
        let keys = context.div_ceil(LANES).checked_mul(dim)?;
        head.keys.try_reserve_exact(keys).ok()?;
        head.key_scales.try_reserve_exact(context).ok()?;
        head.values
            .try_reserve_exact(context.checked_mul(dim.div_ceil(DIMS))?)
            .ok()?;
        head.value_scales.try_reserve_exact(context).ok()?;
        Some(head)
    }

    /// Width.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Appends a position.
    pub(crate) fn push(&mut self, key: &[f32], value: &[f32]) {
        let lane = self.key_scales.len() % LANES;
        if lane == 0 {
            self.keys.resize(self.keys.len() + self.dim, [0; LANES]);
        }
        let from = self.keys.len() - self.dim;
        let scale = scale(key);
        for (lanes, key) in self.keys[from..].iter_mut().zip(key) {
            lanes[lane] = quantized(*key, scale);
        }
        self.key_scales.push(scale);
        let scale = self::scale(value);
        for value in value.chunks(DIMS) {
            let mut dims = [0; DIMS];
            for (dim, value) in dims.iter_mut().zip(value) {
                *dim = quantized(*value, scale);
            }
            self.values.push(dims);
        }
        self.value_scales.push(scale);
    }

    /// Keys of the first `seen` positions and of what follows in the last vector, and their scales.
    pub(crate) fn keys(&self, seen: usize) -> (&[[i16; LANES]], &[f32]) {
        let keys = &self.keys[..seen.div_ceil(LANES) * self.dim];
        (keys, &self.key_scales[..seen])
    }

    /// Values of the first `seen` positions, and their scales.
    pub(crate) fn values(&self, seen: usize) -> (&[[i16; DIMS]], &[f32]) {
        let values = &self.values[..seen * self.dim.div_ceil(DIMS)];
        (values, &self.value_scales[..seen])
    }

    fn truncate(&mut self, len: usize) {
        self.keys.truncate(len.div_ceil(LANES) * self.dim);
        self.key_scales.truncate(len);
        self.values.truncate(len * self.dim.div_ceil(DIMS));
        self.value_scales.truncate(len);
    }

    fn bytes(&self) -> usize {
        let scales = self.key_scales.len() + self.value_scales.len();
        size_of_val(&self.keys[..]) + size_of_val(&self.values[..]) + size_of::<f32>() * scales
    }
}

/// The scale with which the largest magnitude becomes 32767.
fn scale(values: &[f32]) -> f32 {
    let larger = |max, x: &f32| if x.abs() > max { x.abs() } else { max };
    values.iter().fold(0.0, larger) / f32::from(i16::MAX)
}

fn quantized(value: f32, scale: f32) -> i16 {
    if scale > 0.0 {
        (value / scale).round_ties_even() as i16
    } else {
        0
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
                bytes: (layers * heads * 4) as u64 * dim as u64 * context as u64,
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
        self.heads.iter().map(Head::bytes).sum()
    }
}
