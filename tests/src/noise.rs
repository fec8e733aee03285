//! Random numbers that are the same everywhere.

use candle_core::{Device, Result, Tensor};

/// A splitmix64 sequence.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in [-1, 1), from the upper 24 bits: exact in f32.
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Bell-shaped: the sum of three uniform numbers has variance one.
    pub(crate) fn tensor(&mut self, mean: f32, deviation: f32, shape: &[usize]) -> Result<Tensor> {
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| mean + deviation * (self.uniform() + self.uniform() + self.uniform()))
            .collect();
        Tensor::from_vec(values, shape, &Device::Cpu)
    }
}
