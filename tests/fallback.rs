//! Models that run through candle give what candle gives, in chunks as token by token, and never panic.

use std::io::Cursor;

use akio_engine::{
    EngineError, Model, model,
    packed::{Config, Packed, assemble, tag},
};
use akio_tests::{
    aligned::Aligned,
    tiny::{Arch, CONTEXT, Tiny, WINDOW},
};
use bytemuck::{Zeroable, bytes_of};
use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType,
        gguf_file::{Content, Value},
    },
};
use candle_transformers::models::{quantized_phi3, quantized_qwen3};

const ARCHS: [Arch; 3] = [Arch::Qwen3, Arch::Gemma3, Arch::Phi3];

/// candle's forward pass, whatever the model.
type Forward = Box<dyn FnMut(&Tensor, usize) -> candle_core::Result<Tensor>>;

fn gguf(arch: Arch) -> Vec<u8> {
    Tiny::new(arch, GgmlDType::Q4_0).gguf().unwrap()
}

fn pack(gguf: &[u8]) -> Aligned {
    let options = akio_pack::Options::default();
    Aligned::new(
        &akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {})
            .unwrap()
            .blob,
    )
}

/// A packed model that the packer, which checks the header too, would refuse.
fn pack_unchecked(arch: Arch, gguf: Vec<u8>) -> Aligned {
    let config = Config {
        seq_len: CONTEXT as u32,
        ..Config::zeroed()
    };
    Aligned::new(&assemble(&[
        (tag::ARCH, arch.name().into()),
        (tag::CONFIG, bytes_of(&config).into()),
        (tag::GGUF, gguf),
    ]))
}

fn open(blob: &Aligned) -> Result<Box<dyn Model + '_>, EngineError> {
    model::open(&Packed::open(blob.bytes())?, 64)
}

/// Logits of every position, evaluated `step` tokens at a time.
fn last_logits(model: &mut dyn Model, tokens: &[u32], step: usize) -> Vec<f32> {
    let mut pos = 0;
    let mut last = Vec::new();
    for tokens in tokens.chunks(step) {
        let logits = model.forward(tokens, pos, true).unwrap().unwrap();
        last = logits.to_vec();
        pos += tokens.len();
    }
    last
}

fn tokens(count: usize) -> Vec<u32> {
    (0..count as u32).map(|i| 3 + i * 37 % 500).collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn chunks_give_what_single_tokens_give() {
    for arch in ARCHS {
        let blob = pack(&gguf(arch));
        // Around the sliding window of the tiny Gemma, and beyond it.
        for count in [2, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW / 2, 60] {
            let tokens = tokens(count);
            let mut model = open(&blob).unwrap();
            let single = last_logits(&mut *model, &tokens, 1);
            for step in [2, 7, 12, 32] {
                assert_eq!(model.truncate(0), 0);
                let chunked = last_logits(&mut *model, &tokens, step);
                let difference = difference(&single, &chunked);
                assert!(
                    difference < 1e-3,
                    "{arch:?}: {count} tokens by {step}: {difference}"
                );
            }
        }
    }
}

#[test]
fn a_restarted_model_is_a_new_one() {
    for arch in ARCHS {
        let blob = pack(&gguf(arch));
        let mut model = open(&blob).unwrap();
        let first = last_logits(&mut *model, &tokens(20), 8);
        assert_eq!(model.truncate(20), 20, "nothing to forget");
        assert!(model.kv_bytes() > 0);
        assert_eq!(model.truncate(10), 0, "candle cannot go back");
        assert_eq!(model.kv_bytes(), 0);
        assert_eq!(last_logits(&mut *model, &tokens(20), 8), first);
    }
}

#[test]
fn the_logits_are_those_of_candle() {
    let tokens = tokens(30);
    for arch in [Arch::Qwen3, Arch::Phi3] {
        let gguf = gguf(arch);
        let mut reader = Cursor::new(&gguf);
        let mut content = Content::read(&mut reader).unwrap();
        content
            .metadata
            .insert("general.dtype".into(), Value::U32(0));
        let device = &Device::Cpu;
        let mut forward: Forward = match arch {
            Arch::Phi3 => {
                let mut model =
                    quantized_phi3::ModelWeights::from_gguf(false, content, &mut reader, device)
                        .unwrap();
                Box::new(move |input, pos| model.forward(input, pos))
            }
            _ => {
                let mut model =
                    quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, device).unwrap();
                Box::new(move |input, pos| model.forward(input, pos))
            }
        };
        let mut candle: Vec<f32> = Vec::new();
        for (pos, token) in tokens.iter().enumerate() {
            let input = Tensor::new(&[[*token]], device).unwrap();
            candle = forward(&input, pos)
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1()
                .unwrap();
        }
        let blob = pack(&gguf);
        assert_eq!(
            last_logits(&mut *open(&blob).unwrap(), &tokens, 1),
            candle,
            "{arch:?}"
        );
    }
}

#[test]
fn requests_that_cannot_be_met_are_errors() {
    let blob = pack(&gguf(Arch::Gemma3));
    let mut model = open(&blob).unwrap();
    let error = |result: Result<Option<&mut [f32]>, EngineError>| result.unwrap_err();
    assert_eq!(error(model.forward(&[], 0, true)), EngineError::EmptyPrompt);
    assert_eq!(
        error(model.forward(&[512], 0, true)),
        EngineError::UnknownToken { id: 512 }
    );
    assert_eq!(
        error(model.forward(&[1; 65], 0, true)),
        EngineError::PromptTooLong {
            tokens: 65,
            context: 64
        }
    );
    assert!(matches!(
        error(model.forward(&[1], 5, true)),
        EngineError::Fallback(_)
    ));
    assert!(model.forward(&[1], 0, false).unwrap().is_none());
}

#[test]
fn damaged_models_are_errors_and_never_panics() {
    for arch in ARCHS {
        let whole = gguf(arch);
        let header = Content::read(&mut Cursor::new(&whole))
            .unwrap()
            .tensor_data_offset as usize;
        let attempt = |gguf: Vec<u8>| {
            let blob = pack_unchecked(arch, gguf);
            let mut model = open(&blob)?;
            model.forward(&[1, 2], 0, true).map(|_| ())
        };
        for len in (0..whole.len()).step_by(whole.len() / 50) {
            assert!(
                attempt(whole[..len].to_vec()).is_err(),
                "{arch:?}: cut to {len} bytes"
            );
        }
        // The numbers around the vocabulary, and the directory of tensors.
        for at in (0..1200)
            .step_by(5)
            .chain((header - 3000..header).step_by(13))
        {
            for byte in [0, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                let _ = attempt(damaged);
            }
        }
    }
}

#[test]
fn an_alignment_of_zero_is_an_error() {
    let whole = gguf(Arch::Phi3);
    let mut content: Vec<u8> = whole[..16].into();
    let entries = u64::from_le_bytes(whole[16..24].try_into().unwrap()) + 1;
    content.extend(entries.to_le_bytes());
    content.extend(17u64.to_le_bytes());
    content.extend(b"general.alignment\x04\0\0\0\0\0\0\0");
    content.extend(&whole[24..]);
    let blob = pack_unchecked(Arch::Phi3, content);
    assert!(matches!(open(&blob).err(), Some(EngineError::Fallback(_))));
}
