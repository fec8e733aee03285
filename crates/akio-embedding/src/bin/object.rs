//! The packed model from an object file, which the linker puts into the data segment. No compiler reads it.
//! Such a file is for WebAssembly, so that elsewhere this program has no model.

use std::process::ExitCode;

use akio_embedding::run;

#[cfg(linked_model)]
#[allow(
    unsafe_code,
    reason = "the symbol and its length are what build.rs gives to the linker"
)]
mod model {
    use akio_embedding::Aligned;

    pub const LEN: usize = match usize::from_str_radix(env!("AKIO_MODEL_LEN"), 10) {
        Ok(len) => len,
        Err(_) => panic!("AKIO_MODEL_LEN is not a length"),
    };

    // SAFETY: `AKIO_MODEL` of model.o is a read-only segment of initialised bytes, aligned to 64. Its length is
    // that of model.akio beside it.
    unsafe extern "C" {
        pub safe static AKIO_MODEL: Aligned<[u8; LEN]>;
    }
}

#[cfg(linked_model)]
fn bytes() -> &'static [u8] {
    &model::AKIO_MODEL.0
}

#[cfg(not(linked_model))]
fn bytes() -> &'static [u8] {
    &[]
}

fn main() -> ExitCode {
    run(bytes())
}
