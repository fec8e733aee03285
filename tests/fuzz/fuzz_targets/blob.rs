//! Any bytes as a packed model: opened, checked, and given to tokenizer and engine.
#![no_main]

use akio_engine::{model, packed::Packed, tokenizer::Tokenizer};
use akio_pack::files::AlignedBytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let blob = AlignedBytes::copy_from(bytes);
    if let Ok(packed) = Packed::open(blob.as_slice()) {
        let _ = packed.verify();
        let _ = Tokenizer::open(&packed);
        let _ = model::open(&packed, 16);
    }
});
