//! Gemma 3 out of a GGUF into candle's unquantised model.

use std::{collections::HashMap, io::Cursor};

use candle_core::{
    DType, Device, Result,
    quantized::gguf_file::{Content, Value},
};
use candle_nn::{Activation, VarBuilder};
use candle_transformers::models::gemma3::{Config, Model};

use super::Sizes;

/// Every sixth layer attends to all positions; llama.cpp and candle know this, the metadata does not.
const WINDOW_PATTERN: usize = 6;

/// Tensor names in the GGUF and in candle, without `blk.N.` and `model.layers.N.`.
const NAMES: [(&str, &str); 13] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

/// Reads and dequantises one tensor after the other.
pub(super) fn load(
    content: &Content,
    reader: &mut Cursor<&[u8]>,
    sizes: &Sizes,
    context: usize,
) -> Result<Model> {
    let number = |name: &str| match content.metadata.get(&format!("gemma3.{name}")) {
        Some(Value::F32(value)) => Some(f64::from(*value)),
        _ => None,
    };
    let config = Config {
        attention_bias: false,
        head_dim: sizes.head_dim,
        hidden_activation: Activation::GeluPytorchTanh,
        hidden_size: sizes.dim,
        intermediate_size: sizes.hidden,
        num_attention_heads: sizes.heads,
        num_hidden_layers: sizes.layers,
        num_key_value_heads: sizes.kv_heads,
        rms_norm_eps: number("attention.layer_norm_rms_epsilon").unwrap_or(1e-6),
        rope_theta: number("rope.freq_base").unwrap_or(1_000_000.0),
        rope_local_base_freq: number("rope.local_freq_base").unwrap_or(10_000.0),
        vocab_size: sizes.vocab,
        final_logit_softcapping: None,
        attn_logit_softcapping: None,
        query_pre_attn_scalar: sizes.head_dim,
        sliding_window: sizes.window,
        sliding_window_pattern: WINDOW_PATTERN,
        max_position_embeddings: context,
    };

    let mut tensors = HashMap::new();
    let mut copy = |from: String, to: String| -> Result<()> {
        let tensor = content.tensor(reader, &format!("{from}.weight"), &Device::Cpu)?;
        let tensor = tensor.dequantize(&Device::Cpu)?;
        // Norms are stored with the one that candle adds.
        let tensor = if tensor.rank() == 1 {
            (tensor - 1.0)?
        } else {
            tensor
        };
        tensors.insert(format!("model.{to}.weight"), tensor);
        Ok(())
    };
    // The largest first, while there is room for its quantised copy.
    copy("token_embd".into(), "embed_tokens".into())?;
    copy("output_norm".into(), "norm".into())?;
    for layer in 0..sizes.layers {
        for (from, to) in NAMES {
            copy(
                format!("blk.{layer}.{from}"),
                format!("layers.{layer}.{to}"),
            )?;
        }
    }
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    Model::new(false, &config, weights)
}
