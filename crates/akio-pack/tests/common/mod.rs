//! A small model of every tensor type, as a GGUF.

use std::io::Cursor;

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};

/// Metadata of the small model; `change` may add or replace entries.
pub fn metadata(arch: &str) -> Vec<(String, Value)> {
    let strings = |list: &[&str]| {
        Value::Array(
            list.iter()
                .map(|text| Value::String((*text).into()))
                .collect(),
        )
    };
    let mut entries = vec![
        ("general.architecture".into(), Value::String(arch.into())),
        ("general.name".into(), Value::String("Small".into())),
        ("general.license".into(), Value::String("cc0-1.0".into())),
        ("general.alignment".into(), Value::U32(32)),
        ("tokenizer.ggml.model".into(), Value::String("gpt2".into())),
        ("tokenizer.ggml.pre".into(), Value::String("smollm".into())),
        (
            "tokenizer.ggml.tokens".into(),
            strings(&["<e>", "a", "b", "c", "ab", "abc"]),
        ),
        ("tokenizer.ggml.merges".into(), strings(&["a b", "ab c"])),
        (
            "tokenizer.ggml.token_type".into(),
            Value::Array([3, 1, 1, 1, 1, 1].map(Value::I32).to_vec()),
        ),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(0)),
        (
            "tokenizer.chat_template".into(),
            Value::String("{{ messages[0].content }}".into()),
        ),
    ];
    for (key, value) in [
        ("embedding_length", Value::U32(256)),
        ("feed_forward_length", Value::U32(512)),
        ("block_count", Value::U32(1)),
        ("context_length", Value::U32(64)),
        ("attention.head_count", Value::U32(4)),
        ("attention.head_count_kv", Value::U32(2)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
    ] {
        entries.push((format!("{arch}.{key}"), value));
    }
    entries
}

/// Names, shapes and types of the small model's tensors: every type that has a tile.
pub const TENSORS: [(&str, &[usize], GgmlDType); 12] = [
    ("token_embd.weight", &[6, 256], GgmlDType::Q8_0),
    ("output_norm.weight", &[256], GgmlDType::F16),
    ("blk.0.attn_norm.weight", &[256], GgmlDType::F32),
    ("blk.0.attn_q.weight", &[256, 256], GgmlDType::Q4_0),
    ("blk.0.attn_k.weight", &[128, 256], GgmlDType::Q4_1),
    ("blk.0.attn_v.weight", &[128, 256], GgmlDType::Q5_0),
    ("blk.0.attn_output.weight", &[256, 256], GgmlDType::Q5_1),
    ("blk.0.ffn_norm.weight", &[256], GgmlDType::BF16),
    ("blk.0.ffn_gate.weight", &[512, 256], GgmlDType::Q4K),
    ("blk.0.ffn_up.weight", &[512, 256], GgmlDType::Q5K),
    ("blk.0.ffn_down.weight", &[256, 512], GgmlDType::Q6K),
    ("output.weight", &[6, 256], GgmlDType::BF16),
];

/// The small model of an architecture, with `change` applied to its metadata.
pub fn gguf(arch: &str, change: impl FnOnce(&mut Vec<(String, Value)>)) -> Vec<u8> {
    let mut entries = metadata(arch);
    change(&mut entries);
    let tensors = TENSORS.map(|(name, dims, dtype)| {
        let values: Vec<f32> = (0..dims.iter().product())
            .map(|i: usize| (i as f32 * 0.7).sin())
            .collect();
        let tensor = Tensor::from_vec(values, dims, &Device::Cpu).unwrap();
        (name, QTensor::quantize(&tensor, dtype).unwrap())
    });
    let entries: Vec<(&str, &Value)> = entries
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (*name, tensor))
        .collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &entries, &tensors).unwrap();
    file.into_inner()
}
