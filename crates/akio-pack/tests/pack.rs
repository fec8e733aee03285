//! A GGUF becomes a packed model, and a damaged or hostile one a typed error.

mod common;

use std::io::Cursor;

use akio_engine::packed::{Packed, tag};
use akio_kernels::TileKind;
use akio_pack::{Options, PackToolError, Packing, files::AlignedBytes};
use candle_core::quantized::gguf_file::Value;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use common::{TENSORS, gguf};

fn pack(gguf: &[u8]) -> Result<Packing, PackToolError> {
    let options = Options {
        source: "small.gguf".into(),
        ..Options::default()
    };
    akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {})
}

#[track_caller]
fn error(gguf: &[u8]) -> String {
    match pack(gguf) {
        Ok(_) => panic!("packed"),
        Err(error) => error.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn texts_config_and_tensors_are_there() {
    let source = gguf("qwen2", |_| {});
    let packing = pack(&source).unwrap();
    let blob = AlignedBytes::copy_from(&packing.blob);
    let packed = Packed::open(blob.as_slice()).unwrap();
    packed.verify().unwrap();
    for (tag, text) in [
        (tag::NAME, "Small"),
        (tag::LICENSE, "cc0-1.0"),
        (tag::NOTICE, ""),
        (tag::ARCH, "qwen2"),
        (tag::SOURCE, "small.gguf"),
        (tag::SOURCE_SHA256, &hex(&Sha256::digest(&source))),
        (tag::TEMPLATE, "{{ messages[0].content }}"),
    ] {
        assert_eq!(packed.text(tag).unwrap(), text, "{tag}");
    }
    let config = packed.config().unwrap();
    assert_eq!(
        (config.dim, config.hidden_dim, config.n_layers),
        (256, 512, 1)
    );
    assert_eq!(
        (config.n_heads, config.n_kv_heads, config.head_dim),
        (4, 2, 64)
    );
    assert_eq!(
        (config.vocab_size, config.seq_len, config.rope_dim),
        (6, 64, 64)
    );
    assert_eq!(
        (config.rope_neox, config.rope_theta, config.norm_eps),
        (1, 10_000.0, 1e-5)
    );
    for (name, dims, _) in TENSORS {
        let tensor = packed.tensor(name).unwrap();
        let rows = if dims.len() == 1 { 1 } else { dims[0] };
        assert_eq!(
            (tensor.rows, tensor.cols),
            (rows, dims[dims.len() - 1]),
            "{name}"
        );
    }
    assert_eq!(
        packed.tensor("output_norm.weight").unwrap().kind,
        TileKind::F32
    );
    assert_eq!(packed.tensors().unwrap().count(), TENSORS.len());
    akio_engine::model::open(&packed, 16).unwrap();
}

#[test]
fn same_input_gives_same_bytes() {
    let source = gguf("llama", |_| {});
    assert_eq!(pack(&source).unwrap().blob, pack(&source).unwrap().blob);
}

#[test]
fn loss_is_reported_and_noted() {
    let packing = pack(&gguf("llama", |_| {})).unwrap();
    assert!(!packing.report.is_exact());
    let lossy: Vec<_> = packing
        .report
        .conversions()
        .iter()
        .filter(|conversion| conversion.loss.is_some())
        .collect();
    assert_eq!(lossy.len(), 1, "only the BF16 matrix changes its weights");
    let note = packing.report.to_string();
    assert!(
        note.contains("1 tensors BF16 -> Q8, 3072 -> 2176 bytes, relative RMS error"),
        "{note}"
    );
    assert!(
        note.contains("1 tensors Q4_1 -> Q4, 20480 -> 20480 bytes, exact"),
        "{note}"
    );
    let blob = AlignedBytes::copy_from(&packing.blob);
    assert_eq!(
        Packed::open(blob.as_slice())
            .unwrap()
            .text(tag::TENSOR_NOTE)
            .unwrap(),
        note
    );
}

#[test]
fn options_come_before_the_metadata() {
    let options = Options {
        source: "small.gguf".into(),
        name: Some("Other".into()),
        license: Some("MIT".into()),
        notice: Some("repacked".into()),
        system: Some("Be brief.".into()),
        args: Some(vec!["chat".into(), "-s".into(), "".into()]),
    };
    let packing =
        akio_pack::pack(Cursor::new(gguf("llama", |_| {})), &options, &mut |_, _| {}).unwrap();
    let blob = AlignedBytes::copy_from(&packing.blob);
    let packed = Packed::open(blob.as_slice()).unwrap();
    for (tag, text) in [
        (tag::NAME, "Other"),
        (tag::LICENSE, "MIT"),
        (tag::NOTICE, "repacked"),
        (tag::SYSTEM, "Be brief."),
    ] {
        assert_eq!(packed.text(tag).unwrap(), text);
    }
    assert_eq!(packed.args().unwrap(), ["chat", "-s", ""]);
}

#[test]
fn a_packed_model_takes_other_texts() {
    let other = Options {
        source: "small.gguf".into(),
        name: Some("A name of another length, so that what follows it moves".into()),
        system: Some(String::new()),
        args: Some(vec!["--tools=calculate".into()]),
        ..Options::default()
    };
    // With and without tiles.
    for arch in ["qwen2", "qwen3"] {
        let source = gguf(arch, |_| {});
        let first = AlignedBytes::copy_from(&pack(&source).unwrap().blob);
        let first = Packed::open(first.as_slice()).unwrap();
        let again = akio_pack::repack(first, &other).unwrap().blob;
        let anew = akio_pack::pack(Cursor::new(&source), &other, &mut |_, _| {}).unwrap();
        assert!(again == anew.blob, "{arch}");
        let again = AlignedBytes::copy_from(&again);
        let again = Packed::open(again.as_slice()).unwrap();
        let same = akio_pack::repack(again, &Options::default()).unwrap().blob;
        assert!(same == again.bytes(), "{arch}");
    }
}

#[test]
fn arguments_that_are_none_are_refused() {
    let options = Options {
        args: Some(vec!["-s".into(), "a\0b".into()]),
        ..Options::default()
    };
    let source = Cursor::new(gguf("llama", |_| {}));
    let Err(error) = akio_pack::pack(source, &options, &mut |_, _| {}) else {
        panic!("packed")
    };
    assert!(error.to_string().contains("NUL"), "{error}");
}

#[test]
fn architectures_without_tiles_keep_their_gguf() {
    let source = gguf("qwen3", |_| {});
    let packing = pack(&source).unwrap();
    let blob = AlignedBytes::copy_from(&packing.blob);
    let packed = Packed::open(blob.as_slice()).unwrap();
    assert_eq!(packed.section(tag::GGUF), Some(&source[..]));
    assert_eq!(packed.section(tag::DATA), None);
    assert_eq!(packed.config().unwrap().dim, 256);
    assert!(packing.report.is_exact());
}

#[test]
fn what_the_engine_would_compute_wrongly_is_refused() {
    let with = |key: &str, value: Value| gguf("llama", |entries| entries.push((key.into(), value)));
    assert_eq!(
        error(&gguf("mamba", |_| {})),
        "unsupported architecture 'mamba'; supported are llama, qwen2, gemma3, phi3, qwen3"
    );
    assert!(error(&with("llama.expert_count", Value::U32(8))).contains("a mixture of experts"));
    assert!(
        error(&with(
            "llama.rope.scaling.type",
            Value::String("yarn".into())
        ))
        .contains("scaled rotary embeddings")
    );
    let two_heads = gguf("llama", |entries| {
        entries.retain(|(key, _)| key != "llama.attention.head_count_kv");
        entries.push(("llama.attention.head_count_kv".into(), Value::U32(3)));
    });
    assert!(error(&two_heads).contains("does not divide the number of heads"));
    let no_merges = gguf("llama", |entries| {
        entries.retain(|(key, _)| !key.ends_with("merges"))
    });
    assert!(
        error(&no_merges).contains("merges"),
        "{}",
        error(&no_merges)
    );
    let no_width = gguf("llama", |entries| {
        entries.retain(|(key, _)| !key.ends_with("embedding_length"))
    });
    assert!(error(&no_width).contains("'llama.embedding_length': missing or zero"));
}

/// `file` with the bytes `skip` behind the first occurrence of `key` replaced.
fn patched(file: &[u8], key: &str, skip: usize, bytes: &[u8]) -> Vec<u8> {
    let at = file
        .windows(key.len())
        .position(|window| window == key.as_bytes())
        .unwrap();
    let at = at + key.len() + skip;
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn hostile_headers_are_typed_errors() {
    let file = gguf("llama", |_| {});
    assert!(error(b"").contains("not a GGUF"));
    assert!(error(b"PK\x03\x04 something else").contains("not a GGUF"));

    let mut version = file.clone();
    version[4] = 1;
    assert!(error(&version).contains("GGUF version 1"));
    for at in [8, 16] {
        let mut counts = file.clone();
        counts[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        error(&counts);
    }
    for alignment in [0, 3, u32::MAX] {
        let message = error(&patched(
            &file,
            "general.alignment",
            4,
            &alignment.to_le_bytes(),
        ));
        assert!(message.contains("power of two"), "{message}");
    }
    // Length of a string, number of elements of an array, type of an element.
    let long = u64::MAX.to_le_bytes();
    assert!(error(&patched(&file, "general.name", 4, &long)).contains("truncated"));
    assert!(error(&patched(&file, "tokenizer.ggml.tokens", 8, &long)).contains("truncated"));
    let message = error(&patched(&file, "tokenizer.ggml.token_type", 8, &long));
    assert!(message.contains("more than 8388608 values"), "{message}");
    assert!(
        error(&patched(&file, "tokenizer.ggml.tokens", 4, &[99])).contains("unknown type of value")
    );

    // Dimensions, type and offset of a matrix: 4 + 2 * 8 + 4 + 8 bytes behind its name.
    let tensor = "blk.0.attn_q.weight";
    assert!(error(&patched(&file, tensor, 0, &[5])).contains("1 to 4 dimensions"));
    assert!(error(&patched(&file, tensor, 4, &[0, 0])).contains("zero or no multiple"));
    let half = (u64::MAX / 2 + 1).to_le_bytes();
    assert!(
        error(&patched(
            &patched(&file, tensor, 4, &half),
            tensor,
            12,
            &half
        ))
        .contains("overflows")
    );
    assert!(error(&patched(&file, tensor, 12, &long)).contains("overflows"));
    let message = error(&patched(&file, tensor, 20, &[20]));
    assert!(
        message.contains("'blk.0.attn_q.weight' has unsupported type number 20"),
        "{message}"
    );
    let message = error(&patched(&file, tensor, 20, &[10, 0, 0, 0]));
    assert!(message.contains("has unsupported type Q2K"), "{message}");
    assert!(error(&patched(&file, tensor, 24, &long)).contains("overflows"));
    assert!(error(&patched(&file, tensor, 24, &[0, 0, 0, 0, 1])).contains("truncated"));
    assert!(error(&patched(&file, tensor, 24, &[0; 8])).contains("overlap"));
    let name = b"blk.0.attn_q";
    let at = file.windows(name.len()).position(|part| part == name);
    let mut twice = file.clone();
    twice[at.unwrap() + name.len() - 1] = b'k';
    assert!(error(&twice).contains("the same name"), "{}", error(&twice));
}

#[test]
fn every_truncation_is_a_typed_error() {
    let file = gguf("llama", |_| {});
    let data = file.len() - 500_000_usize.min(file.len());
    // Every byte of the header, and steps through the data.
    for len in (0..4096.max(data)).chain((4096..file.len()).step_by(997)) {
        let message = error(&file[..len.min(file.len() - 32)]);
        assert!(
            message.contains("truncated") || message.contains("not a GGUF"),
            "{len}: {message}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn hostile_models_are_repacked_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut blob = pack(&gguf("llama", |_| {})).unwrap().blob;
        for (at, value) in changes {
            let at = at.index(blob.len().min(4096));
            blob[at] = value;
        }
        let blob = AlignedBytes::copy_from(&blob);
        if let Ok(packed) = Packed::open(blob.as_slice()) {
            let _ = akio_pack::repack(packed, &Options::default());
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((0_usize..2048, any::<u8>()), 1..8),
        len: prop::sample::Index,
        cut: bool,
    ) {
        let mut file = FILE.clone();
        for (at, value) in changes {
            file[at] = value;
        }
        if cut {
            file.truncate(len.index(file.len()));
        }
        let _ = pack(&file);
    }
}

static FILE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| gguf("llama", |_| {}));
