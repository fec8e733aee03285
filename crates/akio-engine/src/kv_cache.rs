//! Keys and values of the positions seen so far.

use std::ops::Range;

use akio_kernels::attention::{KEY_MAX, Keys, LANES, VALUE_MAX, Values};

use crate::{
    EngineError,
    math::{largest, rounded},
    prefix::{Position, Prefix},
};

/// One key and value head of one layer, in integers with a scale for each position, since every token
/// reads all of it. Values have 8 bits. Keys have 14: those of Qwen have a few dimensions that are far
/// larger than the rest. Memory is reserved at once and touched only as positions come.
pub(crate) struct Head {
    dim: usize,
    /// (positions / LANES, dim / 2), filled up with zeros.
    keys: Vec<Keys>,
    /// (positions,).
    key_scales: Vec<f32>,
    /// (dim / LANES), each (positions / 2,), filled up with zeros.
    values: Vec<Vec<Values>>,
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
            values: vec![Vec::new(); dim.div_ceil(LANES)],
            value_scales: Vec::new(),
        };
        let keys = context.div_ceil(LANES).checked_mul(dim.div_ceil(2))?;
        head.keys.try_reserve_exact(keys).ok()?;
        head.key_scales.try_reserve_exact(context).ok()?;
        for values in &mut head.values {
            values.try_reserve_exact(context.div_ceil(2)).ok()?;
        }
        head.value_scales.try_reserve_exact(context).ok()?;
        Some(head)
    }

    /// Width.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Appends a position.
    pub(crate) fn push(&mut self, key: &[f32], value: &[f32]) {
        let (key_scale, inverse) = scales(key, KEY_MAX);
        let keys = key.iter().map(|key| rounded(key * inverse));
        let (value_scale, inverse) = scales(value, VALUE_MAX.into());
        let values = value.iter().map(|value| rounded(value * inverse) as i8);
        self.place((keys, key_scale), (values, value_scale));
    }

    /// Appends a position that has been evaluated before.
    fn restore(&mut self, ((key, key_scale), (value, value_scale)): Position<'_>) {
        // A damaged file must not make sums overflow.
        let keys = key.iter().map(|key| (*key).clamp(-KEY_MAX, KEY_MAX));
        let values = value.iter().map(|value| (*value).max(-VALUE_MAX));
        self.place((keys, key_scale), (values, value_scale));
    }

    fn place(
        &mut self,
        (keys, key_scale): (impl Iterator<Item = i16>, f32),
        (values, value_scale): (impl Iterator<Item = i8>, f32),
    ) {
        let pos = self.key_scales.len();
        let pairs = self.dim.div_ceil(2);
        if pos.is_multiple_of(LANES) {
            self.keys.resize(self.keys.len() + pairs, [[0; 2]; LANES]);
        }
        let from = self.keys.len() - pairs;
        let lanes = self.keys[from..].iter_mut();
        let places = lanes.flat_map(|lanes| &mut lanes[pos % LANES]);
        for (place, key) in places.zip(keys) {
            *place = key;
        }
        self.key_scales.push(key_scale);
        for pairs in &mut self.values {
            pairs.resize(pos / 2 + 1, [[0; 2]; LANES]);
        }
        let pairs = self.values.iter_mut().map(|pairs| &mut pairs[pos / 2]);
        let places = pairs.flat_map(|pairs| pairs.iter_mut().map(|pair| &mut pair[pos % 2]));
        for (place, value) in places.zip(values) {
            *place = value;
        }
        self.value_scales.push(value_scale);
    }

    /// The key of a position.
    pub(crate) fn key(&self, pos: usize) -> impl Iterator<Item = i16> {
        let pairs = self.dim.div_ceil(2);
        let lanes = &self.keys[pos / LANES * pairs..][..pairs];
        let key = lanes.iter().flat_map(move |lanes| lanes[pos % LANES]);
        key.take(self.dim)
    }

    /// The value of a position.
    pub(crate) fn value(&self, pos: usize) -> impl Iterator<Item = i8> {
        let pairs = self.values.iter().flat_map(move |pairs| pairs[pos / 2]);
        pairs.map(move |pair| pair[pos % 2]).take(self.dim)
    }

    /// Keys of the first `seen` positions and of what follows in the last vector, and their scales.
    pub(crate) fn keys(&self, seen: usize) -> (&[Keys], &[f32]) {
        let keys = &self.keys[..seen.div_ceil(LANES) * self.dim.div_ceil(2)];
        (keys, self.key_scales(seen))
    }

    /// Scales of the keys of the first `seen` positions.
    pub(crate) fn key_scales(&self, seen: usize) -> &[f32] {
        &self.key_scales[..seen]
    }

    /// Values of the first `seen` positions, [`LANES`] dimensions after the other.
    pub(crate) fn values(&self, seen: usize) -> impl Iterator<Item = &[Values]> {
        let pairs = seen.div_ceil(2);
        self.values.iter().map(move |values| &values[..pairs])
    }

    /// Their scales.
    pub(crate) fn value_scales(&self, seen: usize) -> &[f32] {
        &self.value_scales[..seen]
    }

    fn truncate(&mut self, len: usize) {
        self.keys
            .truncate(len.div_ceil(LANES) * self.dim.div_ceil(2));
        self.key_scales.truncate(len);
        for values in &mut self.values {
            values.truncate(len.div_ceil(2));
        }
        self.value_scales.truncate(len);
    }

    fn bytes(&self) -> usize {
        let scales = self.key_scales.len() + self.value_scales.len();
        let values: usize = self
            .values
            .iter()
            .map(|values| size_of_val(&values[..]))
            .sum();
        size_of_val(&self.keys[..]) + values + size_of::<f32>() * scales
    }
}

/// The scale with which the largest magnitude becomes `max`, and its inverse.
fn scales(x: &[f32], max: i16) -> (f32, f32) {
    let (largest, max) = (largest(x), f32::from(max));
    let inverse = if largest > 0.0 { max / largest } else { 0.0 };
    (largest / max, inverse)
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
                bytes: (layers * heads * 3) as u64 * dim as u64 * context as u64,
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

    /// Appends the keys and values of new positions, both (n, heads * dim).
    pub(crate) fn append(&mut self, layer: usize, keys: &[f32], values: &[f32]) {
        let heads = &mut self.heads[layer * self.heads_per_layer..][..self.heads_per_layer];
        for (at, head) in heads.iter_mut().enumerate() {
            let dim = head.dim;
            let width = dim * self.heads_per_layer;
            let rows = keys.chunks_exact(width).zip(values.chunks_exact(width));
            for (key, value) in rows {
                head.push(&key[at * dim..][..dim], &value[at * dim..][..dim]);
            }
        }
    }

    /// Appends positions of `prefix`.
    pub(crate) fn restore(&mut self, prefix: &Prefix<'_>, positions: Range<usize>) {
        for (at, head) in self.heads.iter_mut().enumerate() {
            for pos in positions.clone() {
                head.restore(prefix.position(at, head.dim, pos));
            }
        }
    }

    /// The heads of all layers, in turn.
    pub(crate) fn all_heads(&self) -> &[Head] {
        &self.heads
    }

    /// The heads of a layer.
    pub(crate) fn heads(&self, layer: usize) -> &[Head] {
        &self.heads[layer * self.heads_per_layer..][..self.heads_per_layer]
    }

    /// Bytes of the positions held.
    pub(crate) fn bytes(&self) -> usize {
        self.heads.iter().map(Head::bytes).sum()
    }
}
