//! Forward pass of the llama and qwen2 families, over borrowed tiles and preallocated buffers.
//!
//! For each layer: RMS norm, Q K V, rotary embedding, attention, output projection, residual; RMS
//! norm, gate and up, SiLU, down, residual. The head runs for the last token only.
//!
//! Threads share the tokens of a prompt: each has a [`Lane`] of its own. Of a single token they share the rows of
//! each matrix and the heads of the attention.

use akio_kernels::{
    Activations, BLOCK, Forms, Matrix, Precision, STRIP, TileKind, dequantize_row, matmul, pool,
};

use crate::{
    EngineError, TokenId,
    attention::Attention,
    kv_cache::{Head, KvCache},
    math::{add_scaled, rms_norm, silu_mul},
    model::Model,
    packed::{Config, Packed},
    prefix::{self, Prefix},
    rope::Rope,
};

/// Tokens per forward, two panels of the kernels, and as many more for more than two threads. A stop request
/// waits for one forward: a fifth of a second with 135 million parameters, a few seconds with 1.5 billion.
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

/// Quantises `x` for the multiplication with `weights`.
fn quantize(x: &mut Activations, values: &[f32], precision: Precision, weights: &[&Linear<'_>]) {
    let forms = weights.iter().map(|linear| linear.weight.forms(precision));
    let forms = forms.fold(Forms::default(), Forms::and);
    let k = weights.first().map_or(BLOCK, |linear| linear.weight.cols());
    x.quantize(values, k, precision, forms);
}

impl<'a> Linear<'a> {
    /// The parts that `threads` share for `n` tokens. `out` becomes `(n, rows)`.
    fn parts<'o>(
        &self,
        n: usize,
        threads: usize,
        out: &'o mut Vec<f32>,
    ) -> impl Iterator<Item = Part<'a, 'o>> {
        let rows = self.weight.rows();
        out.resize(n * rows, 0.0);
        let step = match threads {
            1 => rows,
            // Two for each, so that one that is slow for a moment is not waited for as long.
            threads => rows.div_ceil(2 * threads).next_multiple_of(STRIP),
        };
        let weights = self.weight.split(step);
        let mut biases = self.bias.map(|bias| bias.chunks(step));
        let parts = weights.zip(out.chunks_mut(n * step));
        parts.map(move |(weight, out)| Part {
            weight,
            bias: biases.as_mut().and_then(Iterator::next),
            out,
        })
    }
}

/// Some rows of a [`Linear`].
struct Part<'a, 'o> {
    weight: Matrix<'a>,
    bias: Option<&'a [f32]>,
    /// `(n, rows)`.
    out: &'o mut [f32],
}

impl Part<'_, '_> {
    fn forward(&mut self, x: &Activations) {
        matmul(&self.weight, x, self.out);
        if let Some(bias) = self.bias {
            for out in self.out.chunks_exact_mut(bias.len()) {
                add_scaled(out, bias, 1.0);
            }
        }
    }
}

/// Some tokens on their way through the layers, and scratch, which grows once and is reused. Shapes are
/// `(n, width)`.
#[derive(Default)]
struct Lane {
    /// Place of the first token in the chunk.
    first: usize,
    n: usize,
    /// That share the work for each token; several for a single token only. Some may have come since.
    threads: usize,
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
    /// For each key and value head, or part of one.
    attention: Vec<Attention>,
    /// dim.
    projected: Vec<f32>,
    /// hidden_dim.
    gate: Vec<f32>,
    /// hidden_dim.
    up: Vec<f32>,
}

impl Lane {
    fn start(&mut self, embedding: &Matrix<'_>, tokens: &[TokenId], first: usize, threads: usize) {
        (self.first, self.n, self.threads) = (first, tokens.len(), threads);
        let dim = embedding.cols();
        self.x.resize(tokens.len() * dim, 0.0);
        for (token, x) in tokens.iter().zip(self.x.chunks_exact_mut(dim)) {
            dequantize_row(embedding, *token as usize, x);
        }
    }

    fn norm(&mut self, weight: &[f32], epsilon: f32) {
        self.normed.resize(self.x.len(), 0.0);
        rms_norm(&mut self.normed, &self.x, weight, epsilon);
    }

    /// A layer up to its queries, keys and values.
    fn project(&mut self, layer: &Layer<'_>, rope: &Rope, epsilon: f32) {
        self.norm(layer.attn_norm, epsilon);
        // What the attention scores hang on needs the finer steps: with eight bits here the mean
        // KL divergence from exact weights doubles.
        let weights = [&layer.q, &layer.k, &layer.v];
        quantize(
            &mut self.quantized,
            &self.normed,
            Precision::Bits12,
            &weights,
        );
        let q = layer.q.parts(self.n, self.threads, &mut self.q);
        let k = layer.k.parts(self.n, self.threads, &mut self.k);
        let v = layer.v.parts(self.n, self.threads, &mut self.v);
        let x = &self.quantized;
        pool::each(q.chain(k).chain(v), |mut part| part.forward(x));
        rope.rotate(self.first, self.n, &mut self.q);
        rope.rotate(self.first, self.n, &mut self.k);
    }

    /// Attention to `heads`, in which the first token of the chunk is at `pos`.
    fn attend(&mut self, heads: &[Head], pos: usize) {
        self.attended.resize(self.q.len(), 0.0);
        let q_dim = self.q.len() / self.n;
        let shared = q_dim / heads.len();
        // Heads of a single token that the threads do not get equally many of are split, so that none waits long.
        let threads = self.threads;
        let even = heads.len() - heads.len() % threads;
        let parts = even + (heads.len() - even) * threads;
        self.attention.resize_with(parts, Attention::default);
        let outs = self.attended.chunks_exact_mut(q_dim);
        for (token, (q, out)) in self.q.chunks_exact(q_dim).zip(outs).enumerate() {
            // Causal: a token sees the positions up to its own.
            let seen = pos + self.first + token + 1;
            let groups = q.chunks_exact(shared).zip(out.chunks_exact_mut(shared));
            let parts = heads.iter().zip(groups).enumerate();
            let parts = parts.flat_map(|(at, (head, (q, out)))| {
                let queries = shared / head.dim();
                let queries = if at < even {
                    queries
                } else {
                    queries.div_ceil(threads)
                };
                let part = queries * head.dim();
                let groups = q.chunks(part).zip(out.chunks_mut(part));
                groups.map(move |(q, out)| (head, q, out))
            });
            pool::each(
                parts.zip(&mut self.attention),
                |((head, q, out), attention)| {
                    attention.attend(q, head, seen, out);
                },
            );
        }
    }

    /// The rest of a layer.
    fn finish(&mut self, layer: &Layer<'_>, epsilon: f32) {
        let weights = [&layer.output];
        quantize(
            &mut self.quantized,
            &self.attended,
            Precision::Bits8,
            &weights,
        );
        let x = &self.quantized;
        let output = layer
            .output
            .parts(self.n, self.threads, &mut self.projected);
        pool::each(output, |mut part| part.forward(x));
        add_scaled(&mut self.x, &self.projected, 1.0);

        self.norm(layer.ffn_norm, epsilon);
        let weights = [&layer.gate, &layer.up];
        quantize(
            &mut self.quantized,
            &self.normed,
            Precision::Bits8,
            &weights,
        );
        let x = &self.quantized;
        let gate = layer.gate.parts(self.n, self.threads, &mut self.gate);
        let up = layer.up.parts(self.n, self.threads, &mut self.up);
        pool::each(gate.zip(up), |(mut gate, mut up)| {
            gate.forward(x);
            up.forward(x);
            silu_mul(gate.out, up.out);
        });
        let weights = [&layer.down];
        quantize(&mut self.quantized, &self.gate, Precision::Bits8, &weights);
        let x = &self.quantized;
        let down = layer.down.parts(self.n, self.threads, &mut self.projected);
        pool::each(down, |mut part| part.forward(x));
        add_scaled(&mut self.x, &self.projected, 1.0);
    }
}

/// Calls `f` with each lane. The threads are left to a lane that is alone.
fn each(lanes: &mut [Lane], f: impl Fn(&mut Lane) + Sync) {
    match lanes {
        [lane] => f(lane),
        lanes => pool::each(lanes.iter_mut(), f),
    }
}

/// A model of the llama or qwen2 family.
pub(crate) struct Llama<'a> {
    config: Config,
    embedding: Matrix<'a>,
    layers: Vec<Layer<'a>>,
    output_norm: &'a [f32],
    head: Linear<'a>,
    rope: Rope,
    cache: KvCache,
    prefixes: Vec<Prefix<'a>>,
    /// The tokens of the last run, in turn.
    lanes: Vec<Lane>,
    /// Of all tokens of the last run, `(n, dim)`.
    hidden: Vec<f32>,
    /// (vocab_size,).
    logits: Vec<f32>,
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
            head: Linear {
                weight: optional(matrix("output.weight", vocab, dim))?.unwrap_or(embedding),
                bias: None,
            },
            rope: Rope::new(&config),
            cache: KvCache::new(
                config.n_layers as usize,
                config.n_kv_heads as usize,
                config.head_dim as usize,
                context,
            )?,
            prefixes: Prefix::read_all(
                packed,
                config.n_layers as usize * config.n_kv_heads as usize,
                config.head_dim as usize,
            )?,
            lanes: Vec::new(),
            hidden: Vec::new(),
            logits: Vec::new(),
        })
    }

    fn run(&mut self, tokens: &[TokenId], pos: usize) {
        let Self {
            layers,
            rope,
            cache,
            lanes,
            ..
        } = self;
        let epsilon = self.config.norm_eps;
        let threads = pool::threads();
        let share = tokens.len().div_ceil(threads);
        let for_each = if tokens.len() == 1 { threads } else { 1 };
        let shares = tokens.chunks(share);
        lanes.resize_with(shares.len(), Lane::default);
        for (index, (lane, tokens)) in lanes.iter_mut().zip(shares).enumerate() {
            lane.start(&self.embedding, tokens, index * share, for_each);
        }
        rope.seek(pos, tokens.len());
        for (index, layer) in layers.iter().enumerate() {
            each(lanes, |lane| lane.project(layer, rope, epsilon));
            for lane in &*lanes {
                cache.append(index, &lane.k, &lane.v);
            }
            let heads = cache.heads(index);
            each(lanes, |lane| {
                lane.attend(heads, pos);
                lane.finish(layer, epsilon);
            });
        }
    }

    /// The logits of token `index` of the last run.
    fn head(&mut self, index: usize) -> Option<&mut [f32]> {
        let dim = self.output_norm.len();
        let mut xs = self.lanes.iter().flat_map(|lane| lane.x.chunks_exact(dim));
        let x = xs.nth(index)?;
        self.hidden.resize(dim, 0.0);
        rms_norm(&mut self.hidden, x, self.output_norm, self.config.norm_eps);
        let lane = self.lanes.first_mut()?;
        let weights = [&self.head];
        quantize(
            &mut lane.quantized,
            &self.hidden,
            Precision::Bits12,
            &weights,
        );
        let x = &lane.quantized;
        let head = self.head.parts(1, pool::threads(), &mut self.logits);
        pool::each(head, |mut part| part.forward(x));
        Some(&mut self.logits)
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
        CHUNK * pool::threads().div_ceil(2)
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
        self.hidden.clear();
        for lane in &mut self.lanes {
            lane.norm(self.output_norm, self.config.norm_eps);
            self.hidden.extend_from_slice(&lane.normed);
        }
        Some(&self.hidden)
    }

    fn logits(&mut self, index: usize) -> Option<&mut [f32]> {
        self.head(index)
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.cache.truncate(len);
        len
    }

    fn restore(&mut self, tokens: &[TokenId], held: usize) -> usize {
        let lens = self.prefixes.iter().map(|prefix| prefix.common(tokens));
        let Some((len, prefix)) = lens.zip(&self.prefixes).max_by_key(|(len, _)| *len) else {
            return held;
        };
        if len > held {
            self.cache.restore(prefix, held..len);
        }
        len.max(held)
    }

    fn save(&self, tokens: &[TokenId], section: &mut Vec<u8>) {
        prefix::write(&self.cache, tokens, section);
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
