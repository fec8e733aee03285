//! Forward pass of the llama and qwen2 families, over borrowed tiles and preallocated buffers.
//!
//! For each layer: RMS norm, Q K V, rotary embedding, attention, output projection, residual; RMS
//! norm, gate and up, SiLU, down, residual. The head runs for the last token only.

use akio_kernels::{Activations, BLOCK, Matrix, Precision, TileKind, dequantize_row, matmul};

use crate::{
    EngineError, TokenId,
    attention::Attention,
    kv_cache::KvCache,
    math::{add_scaled, rms_norm, silu_mul},
    model::Model,
    packed::{Config, Packed},
    rope::Rope,
};

/// Tokens per forward, four panels of the kernels. A stop request waits for one forward: a fifth of a
/// second with 135 million parameters, a few seconds with 1.5 billion.
const CHUNK: usize = 64;

struct Layer<'a> {
    attn_norm: &'a [f32],
    q: Linear<'a>,
    k: Linear<'a>,
    v: Linear<'a>,
    output: Linear<'a>,
    ffn_norm: &'a [f32],
    gate: Linear<'a>,
    up: Linear<'a>,
    down: Linear<'a>,
}

/// `W x + b`; Qwen2 has biases on Q, K and V.
struct Linear<'a> {
    weight: Matrix<'a>,
    bias: Option<&'a [f32]>,
}

impl Linear<'_> {
    /// `out` becomes `(n, rows)`.
    fn forward(&self, x: &Activations, out: &mut Vec<f32>) {
        let rows = self.weight.rows();
        out.resize(x.n() * rows, 0.0);
        matmul(&self.weight, x, out);
        if let Some(bias) = self.bias {
            for out in out.chunks_exact_mut(rows) {
                add_scaled(out, bias, 1.0);
            }
        }
    }
}

/// Scratch of one forward; allocated by the first one and reused. Shapes are `(n, width)`.
#[derive(Default)]
struct Buffers {
    /// Residual stream, dim.
    x: Vec<f32>,
    /// Normed residual, dim.
    normed: Vec<f32>,
    quantized: Activations,
    /// n_heads * head_dim.
    q: Vec<f32>,
    /// n_kv_heads * head_dim.
    k: Vec<f32>,
    /// n_kv_heads * head_dim.
    v: Vec<f32>,
    /// n_heads * head_dim.
    attended: Vec<f32>,
    attention: Attention,
    /// dim.
    projected: Vec<f32>,
    /// hidden_dim.
    gate: Vec<f32>,
    /// hidden_dim.
    up: Vec<f32>,
    /// (vocab_size,).
    logits: Vec<f32>,
}

/// A model of the llama or qwen2 family.
pub(crate) struct Llama<'a> {
    config: Config,
    embedding: Matrix<'a>,
    layers: Vec<Layer<'a>>,
    output_norm: &'a [f32],
    head: Matrix<'a>,
    rope: Rope,
    cache: KvCache,
    buffers: Buffers,
}

impl<'a> Llama<'a> {
    /// Borrows the tensors of `packed` and checks every shape against its configuration.
    pub(crate) fn open(packed: &Packed<'a>, context: usize) -> Result<Self, EngineError> {
        let config = *packed.config()?;
        check(&config)?;
        let dim = config.dim as usize;
        let hidden = config.hidden_dim as usize;
        let vocab = config.vocab_size as usize;
        let q_dim = config.n_heads as usize * config.head_dim as usize;
        let kv_dim = config.n_kv_heads as usize * config.head_dim as usize;

        let matrix = |name: &str, rows, cols| matrix(packed, name, rows, cols);
        let vector = |name: &str, len| vector(packed, name, len);
        let linear = |name: String, rows, cols| -> Result<Linear<'a>, EngineError> {
            Ok(Linear {
                weight: matrix(&format!("{name}.weight"), rows, cols)?,
                bias: optional(vector(&format!("{name}.bias"), rows))?,
            })
        };
        let layer = |i: u32| -> Result<Layer<'a>, EngineError> {
            let name = |part: &str| format!("blk.{i}.{part}");
            Ok(Layer {
                attn_norm: vector(&name("attn_norm.weight"), dim)?,
                q: linear(name("attn_q"), q_dim, dim)?,
                k: linear(name("attn_k"), kv_dim, dim)?,
                v: linear(name("attn_v"), kv_dim, dim)?,
                output: linear(name("attn_output"), dim, q_dim)?,
                ffn_norm: vector(&name("ffn_norm.weight"), dim)?,
                gate: linear(name("ffn_gate"), hidden, dim)?,
                up: linear(name("ffn_up"), hidden, dim)?,
                down: linear(name("ffn_down"), dim, hidden)?,
            })
        };

        let embedding = matrix("token_embd.weight", vocab, dim)?;
        Ok(Self {
            config,
            embedding,
            layers: (0..config.n_layers).map(layer).collect::<Result<_, _>>()?,
            output_norm: vector("output_norm.weight", dim)?,
            // Models with tied embeddings have no head of their own.
            head: optional(matrix("output.weight", vocab, dim))?.unwrap_or(embedding),
            rope: Rope::new(&config),
            cache: KvCache::new(
                config.n_layers as usize,
                config.n_kv_heads as usize,
                config.head_dim as usize,
                context,
            )?,
            buffers: Buffers::default(),
        })
    }

    fn attention(&mut self, layer: usize, pos: usize) {
        let Buffers {
            q,
            k,
            v,
            attended,
            attention,
            ..
        } = &mut self.buffers;
        let heads = self.cache.append(layer, k, v);
        attended.resize(q.len(), 0.0);
        let q_dim = self.config.n_heads as usize * self.config.head_dim as usize;
        let shared = q_dim / heads.len();
        let tokens = q.chunks_exact(q_dim).zip(attended.chunks_exact_mut(q_dim));
        for (token, (q, out)) in tokens.enumerate() {
            let groups = q.chunks_exact(shared).zip(out.chunks_exact_mut(shared));
            for (head, (q, out)) in heads.iter().zip(groups) {
                // Causal: a token sees the positions up to its own.
                attention.attend(q, head, pos + token + 1, out);
            }
        }
    }

    fn run(&mut self, tokens: &[TokenId], pos: usize) {
        let dim = self.config.dim as usize;
        let epsilon = self.config.norm_eps;
        self.buffers.x.resize(tokens.len() * dim, 0.0);
        for (token, x) in tokens.iter().zip(self.buffers.x.chunks_exact_mut(dim)) {
            dequantize_row(&self.embedding, *token as usize, x);
        }
        self.rope.seek(pos, tokens.len());
        for index in 0..self.layers.len() {
            let layer = &self.layers[index];
            let b = &mut self.buffers;
            b.normed.resize(b.x.len(), 0.0);
            rms_norm(&mut b.normed, &b.x, layer.attn_norm, epsilon);
            // What the attention scores hang on needs the finer steps: with eight bits here the mean
            // KL divergence from exact weights doubles.
            b.quantized.quantize(&b.normed, dim, Precision::Bits12);
            layer.q.forward(&b.quantized, &mut b.q);
            layer.k.forward(&b.quantized, &mut b.k);
            layer.v.forward(&b.quantized, &mut b.v);
            self.rope.rotate(&mut b.q);
            self.rope.rotate(&mut b.k);

            self.attention(index, pos);

            let layer = &self.layers[index];
            let b = &mut self.buffers;
            let q_dim = layer.output.weight.cols();
            b.quantized.quantize(&b.attended, q_dim, Precision::Bits8);
            layer.output.forward(&b.quantized, &mut b.projected);
            add_scaled(&mut b.x, &b.projected, 1.0);

            rms_norm(&mut b.normed, &b.x, layer.ffn_norm, epsilon);
            b.quantized.quantize(&b.normed, dim, Precision::Bits8);
            layer.gate.forward(&b.quantized, &mut b.gate);
            layer.up.forward(&b.quantized, &mut b.up);
            silu_mul(&mut b.gate, &b.up);
            let hidden_dim = layer.down.weight.cols();
            b.quantized.quantize(&b.gate, hidden_dim, Precision::Bits8);
            layer.down.forward(&b.quantized, &mut b.projected);
            add_scaled(&mut b.x, &b.projected, 1.0);
        }
    }

    /// The logits of token `index` of the last run.
    fn head(&mut self, index: usize) -> Option<&mut [f32]> {
        let b = &mut self.buffers;
        let dim = self.output_norm.len();
        let x = b.x.chunks_exact(dim).nth(index)?;
        b.normed.resize(dim, 0.0);
        rms_norm(&mut b.normed, x, self.output_norm, self.config.norm_eps);
        b.quantized.quantize(&b.normed, dim, Precision::Bits12);
        b.logits.resize(self.head.rows(), 0.0);
        matmul(&self.head, &b.quantized, &mut b.logits);
        Some(&mut b.logits)
    }
}

impl Model for Llama<'_> {
    fn context(&self) -> usize {
        self.cache.context()
    }

    fn vocab_size(&self) -> usize {
        self.config.vocab_size as usize
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
        if pos + tokens.len() > self.context() {
            return Err(EngineError::PromptTooLong {
                tokens: pos + tokens.len(),
                context: self.context(),
            });
        }
        if let Some(&id) = tokens.iter().find(|id| **id >= self.config.vocab_size) {
            return Err(EngineError::UnknownToken { id });
        }
        self.cache.truncate(pos);
        self.run(tokens, pos);
        Ok(if want_logits {
            self.head(tokens.len() - 1)
        } else {
            None
        })
    }

    fn hidden(&mut self) -> Option<&[f32]> {
        let b = &mut self.buffers;
        b.normed.resize(b.x.len(), 0.0);
        rms_norm(&mut b.normed, &b.x, self.output_norm, self.config.norm_eps);
        Some(&b.normed)
    }

    fn logits(&mut self, index: usize) -> Option<&mut [f32]> {
        self.head(index)
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.cache.truncate(len);
        len
    }

    fn kv_bytes(&self) -> usize {
        self.cache.bytes()
    }
}

/// Refuses constants that the loops above cannot run with.
fn check(config: &Config) -> Result<(), EngineError> {
    let c = config;
    let width = |n: u32| {
        n.checked_mul(c.head_dim)
            .is_some_and(|width| width.is_multiple_of(BLOCK as u32))
    };
    let why = if [
        c.dim,
        c.hidden_dim,
        c.n_layers,
        c.n_heads,
        c.n_kv_heads,
        c.head_dim,
        c.vocab_size,
    ]
    .contains(&0)
    {
        "a size is zero"
    } else if !c.n_heads.is_multiple_of(c.n_kv_heads) {
        "query heads are no multiple of key and value heads"
    } else if !width(c.n_heads) || !width(c.n_kv_heads) {
        "the width of the heads is no multiple of 32"
    } else if c.rope_dim == 0 || !c.rope_dim.is_multiple_of(2) || c.rope_dim > c.head_dim {
        "the rotated dimensions are odd, none, or more than a head has"
    } else if !(c.rope_theta > 0.0
        && c.rope_theta.is_finite()
        && c.norm_eps >= 0.0
        && c.norm_eps.is_finite())
    {
        "RoPE base or norm epsilon is out of range"
    } else {
        return Ok(());
    };
    Err(EngineError::Config { why })
}

fn shape_error(name: &str, found: (usize, usize), need: (usize, usize)) -> EngineError {
    EngineError::Shape {
        tensor: name.into(),
        found,
        need,
    }
}

fn matrix<'a>(
    packed: &Packed<'a>,
    name: &str,
    rows: usize,
    cols: usize,
) -> Result<Matrix<'a>, EngineError> {
    let tensor = packed.tensor(name)?;
    Some(tensor)
        .filter(|tensor| (tensor.rows, tensor.cols) == (rows, cols))
        .and_then(|tensor| Matrix::new(tensor.kind, rows, cols, tensor.data))
        .ok_or_else(|| shape_error(name, (tensor.rows, tensor.cols), (rows, cols)))
}

fn vector<'a>(packed: &Packed<'a>, name: &str, len: usize) -> Result<&'a [f32], EngineError> {
    let tensor = packed.tensor(name)?;
    Some(tensor)
        .filter(|tensor| (tensor.kind, tensor.rows, tensor.cols) == (TileKind::F32, 1, len))
        .and_then(|tensor| bytemuck::try_cast_slice(tensor.data).ok())
        .ok_or_else(|| shape_error(name, (tensor.rows, tensor.cols), (1, len)))
}

/// `None` for a tensor that is not there.
fn optional<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Ok(tensor) => Ok(Some(tensor)),
        Err(EngineError::Pack(crate::packed::PackError::Missing { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}
