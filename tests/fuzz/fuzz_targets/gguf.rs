//! Any bytes as a GGUF.
#![no_main]

use std::io::Cursor;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = akio_pack::pack(
        Cursor::new(bytes),
        &akio_pack::Options::default(),
        &mut |_, _| {},
    );
});
