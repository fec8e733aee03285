//! Architectures without a forward pass of our own, through candle-transformers.
//!
//! candle owns its tensors, so these models copy: the GGUF stays in the blob and
//!
//! - `qwen3`, `phi3` hold every block once more, and the embedding as f32. Qwen 3 also sets aside
//!   4,096 positions of KV cache whatever the context (0.9 GB for the 0.6B model).
//! - `gemma3` holds every tensor as f32, in candle's unquantised model: the quantised one builds
//!   131,072 rows of RoPE table for each layer (2.4 GB for the 270M model) and uses another
//!   activation function than Gemma has.
//!
//! Their KV cache can only grow or start over. candle evaluates several tokens at once correctly
//! only before the first single one, and within the sliding window; later tokens go one by one.

mod gemma3;
mod gguf;

use std::io::Cursor;

use candle_core::{
    Device, Tensor,
    quantized::gguf_file::{Content, Value},
};
use candle_transformers::models::{quantized_phi3, quantized_qwen3};

use crate::{
    EngineError, TokenId,
    model::{CANDLE_ARCHITECTURES, Model},
    packed::{PackError, Packed, tag},
};

/// Most tokens of one forward pass, as a compromise of speed and of handing back control.
const CHUNK: usize = 32;

/// Opens a model through candle for `context` tokens.
///
/// # Errors
/// [`EngineError::UnsupportedArchitecture`], or [`EngineError::Shape`], [`EngineError::Config`] and
/// [`EngineError::Fallback`] for what candle could not run.
pub(crate) fn open<'a>(
    packed: &Packed<'a>,
    context: usize,
) -> Result<Box<dyn Model + 'a>, EngineError> {
    let arch = packed.text(tag::ARCH)?;
    if !CANDLE_ARCHITECTURES.contains(&arch) {
        return Err(EngineError::UnsupportedArchitecture { arch: arch.into() });
    }
    let raw = packed
        .section(tag::GGUF)
        .ok_or_else(|| PackError::Missing {
            what: tag::GGUF.into(),
        })?;
    Ok(Box::new(Fallback::open(arch, raw, context)?))
}

struct Fallback {
    backend: Backend,
    sizes: Sizes,
    context: usize,
    /// Positions in candle's cache.
    len: usize,
    /// Whether a single token was evaluated since the cache was empty.
    stepped: bool,
    /// Of the last token.
    logits: Vec<f32>,
    /// Tokens of the last forward pass.
    evaluated: usize,
}

impl Fallback {
    fn open(arch: &str, raw: &[u8], context: usize) -> Result<Self, EngineError> {
        let mut content = gguf::read(raw)?;
        let sizes = Sizes::read(arch, &content)?;
        sizes.check(arch, &content)?;
        let bytes = sizes.kv_bytes(context);
        usize::try_from(bytes)
            .ok()
            .and_then(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).ok())
            .ok_or(EngineError::Memory { bytes })?;

        // candle has no use for the vocabulary, which can be large.
        content
            .metadata
            .retain(|_, value| !matches!(value, Value::Array(_)));
        // It builds its tables for this length, and for Qwen 3 in this type (0 is f32).
        for (key, value) in [
            (format!("{arch}.context_length"), context as u32),
            ("general.dtype".into(), 0),
        ] {
            content.metadata.insert(key, Value::U32(value));
        }
        let (reader, device) = (&mut Cursor::new(raw), &Device::Cpu);
        let backend = match arch {
            "gemma3" => gemma3::load(&content, reader, &sizes, context).map(Backend::Gemma3),
            "phi3" => quantized_phi3::ModelWeights::from_gguf(false, content, reader, device)
                .map(Backend::Phi3),
            _ => quantized_qwen3::ModelWeights::from_gguf(content, reader, device)
                .map(Backend::Qwen3),
        }
        .map_err(candle_error)?;
        Ok(Self {
            backend,
            logits: vec![0.0; sizes.vocab],
            sizes,
            context,
            len: 0,
            stepped: false,
            evaluated: 0,
        })
    }

    fn restart(&mut self) {
        self.backend.clear();
        self.len = 0;
        self.stepped = false;
    }

    /// Evaluates `tokens` at the end of the cache and keeps the logits of the last one.
    fn append(&mut self, tokens: &[TokenId]) -> candle_core::Result<()> {
        let at_once = !self.stepped && self.len + tokens.len() <= self.sizes.window;
        let step = if at_once { tokens.len() } else { 1 };
        for tokens in tokens.chunks(step) {
            let input = Tensor::from_slice(tokens, (1, tokens.len()), &Device::Cpu)?;
            let logits = self.backend.forward(&input, self.len)?;
            self.logits = logits.flatten_all()?.to_vec1()?;
            self.len += tokens.len();
            self.stepped |= tokens.len() == 1;
        }
        Ok(())
    }
}

impl Model for Fallback {
    fn context(&self) -> usize {
        self.context
    }

    fn vocab_size(&self) -> usize {
        self.sizes.vocab
    }

    fn chunk(&self) -> usize {
        CHUNK
    }

    fn forward(
        &mut self,
        tokens: &[TokenId],
        pos: usize,
        want_logits: bool,
    ) -> Result<Option<&mut [f32]>, EngineError> {
        if tokens.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        if pos + tokens.len() > self.context {
            return Err(EngineError::PromptTooLong {
                tokens: pos + tokens.len(),
                context: self.context,
            });
        }
        if let Some(&id) = tokens.iter().find(|id| **id as usize >= self.sizes.vocab) {
            return Err(EngineError::UnknownToken { id });
        }
        if self.truncate(pos) != pos {
            return Err(EngineError::Fallback(format!(
                "its cache does not hold the {pos} positions before these tokens"
            )));
        }
        if let Err(error) = self.append(tokens) {
            self.restart();
            return Err(candle_error(error));
        }
        self.evaluated = tokens.len();
        Ok(want_logits.then_some(&mut self.logits[..]))
    }

    fn logits(&mut self, index: usize) -> Option<&mut [f32]> {
        (index + 1 == self.evaluated).then_some(&mut self.logits)
    }

    fn truncate(&mut self, len: usize) -> usize {
        if len != self.len {
            self.restart();
        }
        self.len
    }

    fn kv_bytes(&self) -> usize {
        self.sizes.kv_bytes(self.len) as usize
    }
}

enum Backend {
    Gemma3(candle_transformers::models::gemma3::Model),
    Phi3(quantized_phi3::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
}

impl Backend {
    fn forward(&mut self, input: &Tensor, pos: usize) -> candle_core::Result<Tensor> {
        match self {
            Self::Gemma3(model) => model.forward(input, pos),
            Self::Phi3(model) => model.forward(input, pos),
            Self::Qwen3(model) => model.forward(input, pos),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Gemma3(model) => model.clear_kv_cache(),
            // It starts over by itself at position 0.
            Self::Phi3(_) => {}
            Self::Qwen3(model) => model.clear_kv_cache(),
        }
    }
}

/// The sizes that candle trusts without looking.
struct Sizes {
    dim: usize,
    hidden: usize,
    layers: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    vocab: usize,
    /// Positions that every layer attends to.
    window: usize,
}

impl Sizes {
    fn read(arch: &str, content: &Content) -> Result<Self, EngineError> {
        let size = |name: &str| match content.metadata.get(&format!("{arch}.{name}")) {
            Some(Value::U32(value)) => Ok(*value as usize),
            _ => Err(EngineError::Fallback(format!(
                "'{arch}.{name}' is missing from the metadata or not a u32"
            ))),
        };
        let dim = size("embedding_length")?;
        let heads = size("attention.head_count")?;
        let head_dim = match arch {
            "phi3" => dim.checked_div(heads).unwrap_or(0),
            _ => size("attention.key_length")?,
        };
        let embedding = content.tensor_infos.get("token_embd.weight");
        let sizes = Self {
            dim,
            hidden: size("feed_forward_length")?,
            layers: size("block_count")?,
            heads,
            kv_heads: size("attention.head_count_kv")?,
            head_dim,
            vocab: embedding.map_or(0, |info| info.shape.dims().first().copied().unwrap_or(0)),
            window: match arch {
                "gemma3" => size("attention.sliding_window")?,
                _ => usize::MAX,
            },
        };
        let number = |name: &str| match content.metadata.get(&format!("{arch}.{name}")) {
            Some(Value::F32(value)) => Some(*value),
            _ => None,
        };
        let scaled = number("rope.scaling.factor").is_some_and(|factor| factor != 1.0)
            || content
                .tensor_infos
                .keys()
                .any(|name| name.starts_with("rope_"));
        let fixed_base = arch != "phi3" || number("rope.freq_base").is_none_or(|b| b == 10_000.0);
        let rotated = match arch {
            "phi3" => size("rope.dimension_count")?,
            _ => head_dim,
        };
        let why = if [
            sizes.dim,
            sizes.hidden,
            sizes.layers,
            heads,
            sizes.kv_heads,
            sizes.window,
        ]
        .contains(&0)
        {
            "a size is zero"
        } else if !heads.is_multiple_of(sizes.kv_heads) {
            "query heads are no multiple of key and value heads"
        } else if head_dim == 0 || !head_dim.is_multiple_of(2) || rotated != head_dim {
            "RoPE does not rotate whole heads of even width"
        } else if arch == "phi3" && heads * head_dim != dim {
            "the heads are not as wide as the embedding"
        } else if scaled || !fixed_base {
            "candle does not scale RoPE as this model needs"
        } else {
            return Ok(sizes);
        };
        Err(EngineError::Config { why })
    }

    /// Every tensor must have the shape that follows from the sizes, so that candle neither takes
    /// memory for more than the file holds nor multiplies what does not fit.
    fn check(&self, arch: &str, content: &Content) -> Result<(), EngineError> {
        let Self {
            dim,
            hidden,
            vocab,
            head_dim,
            ..
        } = *self;
        let q_dim = self.heads.saturating_mul(head_dim);
        let kv_dim = self.kv_heads.saturating_mul(head_dim);
        let mut layer = vec![
            ("attn_norm", vec![dim]),
            ("attn_output", vec![dim, q_dim]),
            ("ffn_norm", vec![dim]),
            ("ffn_down", vec![dim, hidden]),
        ];
        layer.extend(match arch {
            "phi3" => vec![
                (
                    "attn_qkv",
                    vec![q_dim.saturating_add(kv_dim.saturating_mul(2)), dim],
                ),
                ("ffn_up", vec![hidden.saturating_mul(2), dim]),
            ],
            _ => vec![
                ("attn_q", vec![q_dim, dim]),
                ("attn_k", vec![kv_dim, dim]),
                ("attn_v", vec![kv_dim, dim]),
                ("attn_q_norm", vec![head_dim]),
                ("attn_k_norm", vec![head_dim]),
                ("ffn_gate", vec![hidden, dim]),
                ("ffn_up", vec![hidden, dim]),
            ],
        });
        if arch == "gemma3" {
            layer.extend([
                ("post_attention_norm", vec![dim]),
                ("post_ffw_norm", vec![dim]),
            ]);
        }
        check_shape(content, "token_embd.weight", &[vocab, dim])?;
        check_shape(content, "output_norm.weight", &[dim])?;
        let tied = !content.tensor_infos.contains_key("output.weight");
        if !tied || arch == "phi3" {
            check_shape(content, "output.weight", &[vocab, dim])?;
        }
        if !tied && arch == "gemma3" {
            return Err(EngineError::Config {
                why: "Gemma with a head of its own",
            });
        }
        for i in 0..self.layers {
            for (name, shape) in &layer {
                check_shape(content, &format!("blk.{i}.{name}.weight"), shape)?;
            }
        }
        Ok(())
    }

    /// Bytes of keys and values.
    fn kv_bytes(&self, positions: usize) -> u64 {
        [
            positions,
            self.layers,
            self.kv_heads,
            self.head_dim,
            2 * size_of::<f32>(),
        ]
        .iter()
        .fold(1, |bytes, size| u64::saturating_mul(bytes, *size as u64))
    }
}

fn check_shape(content: &Content, name: &str, need: &[usize]) -> Result<(), EngineError> {
    let info = content
        .tensor_infos
        .get(name)
        .ok_or_else(|| PackError::Missing { what: name.into() })?;
    let found = info.shape.dims();
    let elements = need
        .iter()
        .try_fold(1, |n: usize, size| n.checked_mul(*size));
    if found == need && elements.is_some() {
        return Ok(());
    }
    let matrix = |dims: &[usize]| match *dims {
        [cols] => (1, cols),
        [rows, cols] => (rows, cols),
        _ => (0, 0),
    };
    Err(EngineError::Shape {
        tensor: name.into(),
        found: matrix(found),
        need: matrix(need),
    })
}

fn candle_error(error: candle_core::Error) -> EngineError {
    EngineError::Fallback(error.to_string())
}
