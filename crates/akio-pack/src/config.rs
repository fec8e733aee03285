//! Shape and constants of a model from GGUF metadata.

use std::io::{Read, Seek};

use akio_engine::packed::Config;

use crate::{PackToolError, gguf::Gguf};

/// Reads the configuration of architecture `arch`.
///
/// # Errors
/// `Malformed` if a key is absent, zero or contradicts another one.
pub(crate) fn config<R: Read + Seek>(gguf: &Gguf<R>, arch: &str) -> Result<Config, PackToolError> {
    let key = |name: &str| format!("{arch}.{name}");
    let optional = |name: &str, default| match gguf.u32(&key(name))?.unwrap_or(default) {
        0 => Err(PackToolError::Malformed {
            what: format!("'{}'", key(name)),
            why: "missing or zero",
        }),
        value => Ok(value),
    };
    let required = |name: &str| optional(name, 0);

    let dim = required("embedding_length")?;
    let n_heads = required("attention.head_count")?;
    let n_kv_heads = optional("attention.head_count_kv", n_heads)?;
    if !n_heads.is_multiple_of(n_kv_heads) {
        return Err(PackToolError::Malformed {
            what: format!("'{}'", key("attention.head_count_kv")),
            why: "does not divide the number of heads",
        });
    }
    let head_dim = optional("attention.key_length", dim / n_heads)?;
    let norm_eps = gguf
        .f32(&key("attention.layer_norm_rms_epsilon"))?
        .unwrap_or(0.0);
    if norm_eps <= 0.0 {
        return Err(PackToolError::Malformed {
            what: format!("'{}'", key("attention.layer_norm_rms_epsilon")),
            why: "missing or not positive",
        });
    }
    Ok(Config {
        dim,
        hidden_dim: required("feed_forward_length")?,
        n_layers: required("block_count")?,
        n_heads,
        n_kv_heads,
        head_dim,
        vocab_size: vocab_size(gguf, dim)?,
        seq_len: required("context_length")?,
        rope_dim: optional("rope.dimension_count", head_dim)?,
        // Converters permute the rows of Q and K of llama models for interleaved pairs.
        rope_neox: u32::from(arch != "llama"),
        rope_theta: gguf.f32(&key("rope.freq_base"))?.unwrap_or(10_000.0),
        norm_eps,
    })
}

/// Rows of the embedding; the metadata may be absent or count padding differently.
fn vocab_size<R: Read + Seek>(gguf: &Gguf<R>, dim: u32) -> Result<u32, PackToolError> {
    let malformed = |why| PackToolError::Malformed {
        what: "tensor 'token_embd.weight'".into(),
        why,
    };
    let embedding = gguf
        .tensors()
        .iter()
        .find(|tensor| tensor.name == "token_embd.weight")
        .ok_or_else(|| malformed("missing"))?;
    match embedding.dims[..] {
        [rows, cols] if cols == dim as usize => {
            u32::try_from(rows).map_err(|_| malformed("more than 4294967295 rows"))
        }
        _ => Err(malformed("its width is not the embedding length")),
    }
}

/// Refuses what akio's own forward pass would ignore and thereby compute wrongly.
///
/// # Errors
/// `UnsupportedFeature` or `Malformed`.
pub(crate) fn check_features<R: Read + Seek>(
    gguf: &Gguf<R>,
    arch: &str,
) -> Result<(), PackToolError> {
    let refuse = |what: String, why| Err(PackToolError::UnsupportedFeature { what, why });
    let experts = format!("{arch}.expert_count");
    if gguf.u32(&experts)?.unwrap_or(0) > 0 {
        return refuse(experts, "a mixture of experts");
    }
    let scaling = format!("{arch}.rope.scaling.type");
    if gguf.text(&scaling).is_some_and(|kind| kind != "none") {
        return refuse(scaling, "scaled rotary embeddings");
    }
    if gguf
        .tensors()
        .iter()
        .any(|tensor| tensor.name == "rope_freqs.weight")
    {
        return refuse("rope_freqs.weight".into(), "scaled rotary embeddings");
    }
    Ok(())
}
