//! Any bytes as a module that may carry a model, and takes another.
#![no_main]

use std::io;

use akio_engine::packed::{Packed, assemble};
use akio_pack::{
    files::AlignedBytes,
    module::{inject, segment},
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = segment(bytes);
    let blob = AlignedBytes::copy_from(&assemble(&[]));
    if let Ok(model) = Packed::open(blob.as_slice()) {
        let _ = inject(bytes, model, None, &mut io::sink());
    }
});
