//! Any bytes as a module that may carry a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = akio_pack::module::segment(bytes);
});
