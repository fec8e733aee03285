//! Keys and values of the positions seen so far.

use crate::EngineError;

/// One layer's keys and values, each `(positions, width)`; memory is reserved at once and touched only
/// as positions come.
struct Layer {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// The cache of all layers.
pub(crate) struct KvCache {
    layers: Vec<Layer>,
    width: usize,
    context: usize,
}

impl KvCache {
    /// A cache for `context` positions of `width` values a layer.
    pub(crate) fn new(layers: usize, width: usize, context: usize) -> Result<Self, EngineError> {
        let len = width.saturating_mul(context);
        let reserve = || -> Option<Vec<f32>> {
            let mut values = Vec::new();
            values.try_reserve_exact(len).ok()?;
            Some(values)
        };
        let layers = (0..layers)
            .map(|_| {
                Some(Layer {
                    keys: reserve()?,
                    values: reserve()?,
                })
            })
            .collect::<Option<_>>()
            .ok_or(EngineError::Memory {
                bytes: len as u64 * 8 * layers as u64,
            })?;
        Ok(Self {
            layers,
            width,
            context,
        })
    }

    pub(crate) fn context(&self) -> usize {
        self.context
    }

    /// Forgets the positions from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        for layer in &mut self.layers {
            layer.keys.truncate(len * self.width);
            layer.values.truncate(len * self.width);
        }
    }

    /// Appends the keys and values of new positions and returns all of the layer's.
    pub(crate) fn append(
        &mut self,
        layer: usize,
        keys: &[f32],
        values: &[f32],
    ) -> (&[f32], &[f32]) {
        let layer = &mut self.layers[layer];
        layer.keys.extend_from_slice(keys);
        layer.values.extend_from_slice(values);
        (&layer.keys, &layer.values)
    }

    /// Bytes of the positions held.
    pub(crate) fn bytes(&self) -> usize {
        self.layers
            .iter()
            .map(|layer| 4 * (layer.keys.len() + layer.values.len()))
            .sum()
    }
}
