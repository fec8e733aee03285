//! Tiny random models, the same bytes on every machine: what a test needs when the words do not matter.
//!
//! The weights are noise and the vocabulary is learnt from a few pages of Jane Austen, so a tiny model
//! talks nonsense. Its file has everything that a real one has: byte-level BPE with merges (or
//! SentencePiece scores for Gemma), control tokens, a ChatML template, quantised tensors.

use std::io::Cursor;

use candle_core::{
    Result,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};

use crate::{noise::Noise, vocabulary::Vocabulary};

const LAYERS: usize = 2;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
/// Positions that the sliding layers of the tiny Gemma attend to.
pub const WINDOW: usize = 24;
/// Longest context, in tokens.
pub const CONTEXT: usize = 1024;

const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' \
     + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}\
     {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// Architectures of tiny models, by their name in the GGUF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// The one of models/tiny/tiny.gguf.
    Llama,
    /// Biases on queries, keys and values.
    Qwen2,
    /// Norms on queries and keys; runs through candle.
    Qwen3,
    /// Sliding window, four norms a layer, SentencePiece; runs through candle.
    Gemma3,
    /// Fused projections; runs through candle.
    Phi3,
}

impl Arch {
    /// `general.architecture`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
            Self::Phi3 => "phi3",
        }
    }
}

/// A tiny model before it is written.
#[derive(Clone, Copy, Debug)]
pub struct Tiny {
    /// Architecture.
    pub arch: Arch,
    /// Width of the residual stream: a multiple of 32, and of 256 for the K types.
    pub dim: usize,
    /// Type of the embedding, which is also the head.
    pub embedding: GgmlDType,
    /// Type of all other matrices.
    pub matrix: GgmlDType,
}

impl Tiny {
    /// A model whose matrices have the type `matrix`, as narrow as the type allows.
    pub fn new(arch: Arch, matrix: GgmlDType) -> Self {
        Self {
            arch,
            dim: matrix.block_size().max(64),
            embedding: GgmlDType::Q8_0,
            matrix,
        }
    }

    /// The GGUF file.
    ///
    /// # Errors
    /// If candle cannot write a type.
    pub fn gguf(&self) -> Result<Vec<u8>> {
        let tokens = Vocabulary::new(self.arch);
        let tensors = self.tensors(tokens.len())?;
        let metadata = self.metadata(tokens);
        let metadata: Vec<_> = metadata
            .iter()
            .map(|(name, value)| (&name[..], value))
            .collect();
        let tensors: Vec<_> = tensors
            .iter()
            .map(|(name, value)| (&name[..], value))
            .collect();
        let mut file = Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors)?;
        Ok(file.into_inner())
    }

    fn head_dim(&self) -> usize {
        self.dim / HEADS
    }

    fn hidden(&self) -> usize {
        2 * self.dim
    }

    fn metadata(&self, vocabulary: Vocabulary) -> Vec<(String, Value)> {
        let arch = self.arch.name();
        let text = |text: &str| Value::String(text.into());
        let size = |size: usize| Value::U32(size as u32);
        let mut metadata: Vec<_> = [
            ("general.architecture", text(arch)),
            ("general.name", text(&format!("akio tiny {arch}"))),
            ("general.license", text("MIT OR Apache-2.0")),
            ("general.quantization_version", size(2)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        metadata.extend(
            [
                ("context_length", size(CONTEXT)),
                ("embedding_length", size(self.dim)),
                ("block_count", size(LAYERS)),
                ("feed_forward_length", size(self.hidden())),
                ("attention.head_count", size(HEADS)),
                ("attention.head_count_kv", size(KV_HEADS)),
                ("attention.key_length", size(self.head_dim())),
                ("attention.value_length", size(self.head_dim())),
                ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
                ("attention.sliding_window", size(WINDOW)),
                ("rope.dimension_count", size(self.head_dim())),
                ("rope.freq_base", Value::F32(10_000.0)),
            ]
            .into_iter()
            .filter(|(name, _)| self.arch == Arch::Gemma3 || !name.ends_with("window"))
            .map(|(name, value)| (format!("{arch}.{name}"), value)),
        );
        metadata.extend(vocabulary.metadata());
        if self.arch != Arch::Gemma3 {
            metadata.push(("tokenizer.chat_template".into(), text(TEMPLATE)));
        }
        metadata
    }

    fn tensors(&self, vocab: usize) -> Result<Vec<(String, QTensor)>> {
        let (dim, hidden, head_dim) = (self.dim, self.hidden(), self.head_dim());
        let kv_dim = KV_HEADS * head_dim;
        let mut noise = Noise::new(1813);
        let mut tensors = Vec::new();
        let mut matrix = |name: String, rows: usize, cols: usize, deviation: f32, dtype| {
            let tensor = noise.tensor(0.0, deviation, &[rows, cols])?;
            tensors.push((name, QTensor::quantize(&tensor, dtype)?));
            Result::Ok(())
        };
        matrix("token_embd.weight".into(), vocab, dim, 0.3, self.embedding)?;
        if self.arch == Arch::Phi3 {
            matrix("output.weight".into(), vocab, dim, 0.3, self.embedding)?;
        }
        for layer in 0..LAYERS {
            let projections = match self.arch {
                Arch::Phi3 => vec![
                    ("attn_qkv", dim + 2 * kv_dim, dim),
                    ("ffn_up", 2 * hidden, dim),
                ],
                _ => vec![
                    ("attn_q", dim, dim),
                    ("attn_k", kv_dim, dim),
                    ("attn_v", kv_dim, dim),
                    ("ffn_gate", hidden, dim),
                    ("ffn_up", hidden, dim),
                ],
            };
            let outputs = [("attn_output", dim, dim), ("ffn_down", dim, hidden)];
            for (name, rows, cols) in projections.into_iter().chain(outputs) {
                let deviation = 2.0 / (cols as f32).sqrt();
                matrix(
                    format!("blk.{layer}.{name}.weight"),
                    rows,
                    cols,
                    deviation,
                    self.matrix,
                )?;
            }
        }
        let mut vector = |name: String, len: usize, mean: f32| {
            let tensor = noise.tensor(mean, 0.1, &[len])?;
            tensors.push((name, QTensor::quantize(&tensor, GgmlDType::F32)?));
            Result::Ok(())
        };
        vector("output_norm.weight".into(), dim, 1.0)?;
        for layer in 0..LAYERS {
            let (norms, biases): (&[_], &[_]) = match self.arch {
                Arch::Llama | Arch::Phi3 => (&[], &[]),
                Arch::Qwen2 => (
                    &[],
                    &[("attn_q", dim), ("attn_k", kv_dim), ("attn_v", kv_dim)],
                ),
                Arch::Qwen3 => (&[("attn_q_norm", head_dim), ("attn_k_norm", head_dim)], &[]),
                Arch::Gemma3 => (
                    &[
                        ("attn_q_norm", head_dim),
                        ("attn_k_norm", head_dim),
                        ("post_attention_norm", dim),
                        ("post_ffw_norm", dim),
                    ],
                    &[],
                ),
            };
            for (name, len) in [("attn_norm", dim), ("ffn_norm", dim)].iter().chain(norms) {
                vector(format!("blk.{layer}.{name}.weight"), *len, 1.0)?;
            }
            for (name, len) in biases {
                vector(format!("blk.{layer}.{name}.bias"), *len, 0.0)?;
            }
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_what_the_generator_writes() {
        let written = Tiny::new(Arch::Llama, GgmlDType::Q4_1).gguf().unwrap();
        assert!(written == include_bytes!("../../models/tiny/tiny.gguf"));
    }

    #[test]
    fn every_architecture_and_type_can_be_written() {
        use GgmlDType::{BF16, F16, F32, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
        for arch in [
            Arch::Llama,
            Arch::Qwen2,
            Arch::Qwen3,
            Arch::Gemma3,
            Arch::Phi3,
        ] {
            for matrix in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4K, Q5K, Q6K] {
                let file = Tiny::new(arch, matrix).gguf().unwrap();
                assert!(file.starts_with(b"GGUF"), "{arch:?} {matrix:?}");
            }
        }
    }
}
