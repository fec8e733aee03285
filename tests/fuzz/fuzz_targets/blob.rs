//! Any bytes as a packed model: opened, checked, text there and back, and one forward pass.
#![no_main]

use akio_engine::{
    model,
    packed::Packed,
    tokenizer::{Special, Tokenizer},
};
use akio_pack::files::AlignedBytes;

const TEXT: &str = "<|im_start|>user\nIt's 3 o'clock, größer als ▁ 🌍<|im_end|>";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let blob = AlignedBytes::copy_from(bytes);
    let Ok(packed) = Packed::open(blob.as_slice()) else {
        return;
    };
    let _ = packed.verify();
    let _ = packed.args_line();
    if let Ok(tokenizer) = Tokenizer::open(&packed) {
        for special in [Special::AsText, Special::Parse] {
            tokenizer.decode(&tokenizer.encode(TEXT, special));
        }
        tokenizer.control_tokens().count();
    }
    if let Ok(mut model) = model::open(&packed, 16) {
        let _ = model.forward(&[0, 1], 0, true);
    }
});
