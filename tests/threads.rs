//! The logits are the same bits with any number of threads.

use std::{io::Cursor, thread};

use akio_engine::{TokenId, model, packed::Packed, pool};
use akio_tests::{
    aligned::Aligned,
    tiny::{Arch, Tiny},
};
use candle_core::quantized::GgmlDType;

const CONTEXT: usize = 256;

/// Logits behind a prompt of several chunks, of tokens that come one at a time, and of some that come together, as
/// bits.
fn logits(blob: &Aligned) -> Vec<Vec<u32>> {
    let packed = Packed::open(blob.bytes()).unwrap();
    let mut model = model::open(&packed, CONTEXT).unwrap();
    let tokens: Vec<TokenId> = (0..220).map(|i| 3 + i * 37 % 500).collect();
    let mut all = Vec::new();
    let mut pos = 0;
    for len in [64, 64, 37, 1, 1, 1, 2, 3, 1, 5, 1] {
        let chunk = &tokens[pos..pos + len];
        let last = model.forward(chunk, pos, true).unwrap().unwrap();
        all.push(last.iter().map(|logit| logit.to_bits()).collect());
        for index in 0..len {
            let logits = model.logits(index).unwrap();
            all.push(logits.iter().map(|logit| logit.to_bits()).collect());
        }
        all.push(
            model
                .hidden()
                .unwrap()
                .iter()
                .map(|x| x.to_bits())
                .collect(),
        );
        pos += len;
    }
    all
}

#[test]
fn logits_are_the_same_bits_with_any_number_of_threads() {
    let archs = [Arch::Llama, Arch::Qwen2];
    let kinds = [GgmlDType::Q4_0, GgmlDType::Q8_0];
    let models = archs
        .iter()
        .flat_map(|arch| kinds.map(|kind| (*arch, kind)));
    let blobs: Vec<Aligned> = models
        .map(|(arch, kind)| {
            let gguf = Tiny::new(arch, kind).gguf().unwrap();
            let options = akio_pack::Options::default();
            let packing = akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {}).unwrap();
            Aligned::new(&packing.blob)
        })
        .collect();
    let alone: Vec<_> = blobs.iter().map(logits).collect();
    for threads in 2..=5 {
        thread::spawn(pool::work);
        while pool::threads() < threads {
            thread::yield_now();
        }
        for (blob, alone) in blobs.iter().zip(&alone) {
            assert!(logits(blob) == *alone, "{threads} threads");
        }
    }
}
