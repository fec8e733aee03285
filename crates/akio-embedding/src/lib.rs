//! akio with its model compiled or linked in, once for each way to do that.
//!
//! The programs differ only in how the bytes come into them: `bytes` includes the packed model as it is,
//! `constants` is compiled from Rust source with typed arrays, and `object` is linked with an object file. The
//! product does none of these, its model is put into the finished module (`akio::embedded`); docs/embedding.md
//! compares them all.

use std::{env, process::ExitCode};

use akio::{
    cli::{self, Console},
    embedded::SlotError,
};
use akio_engine::packed::Packed;

/// A value at an address that a packed model may have.
#[repr(C, align(64))]
pub struct Aligned<T>(pub T);

/// Runs the command line of this process on a packed model at a 64-byte aligned address.
pub fn run(model: &'static [u8]) -> ExitCode {
    if model.is_empty() {
        eprintln!(
            "akio: this program was built without a model; set AKIO_EMBEDDING to a folder with model.akio, \
             model.o and model.rs and build it again, or run 'cargo xtask embedding', which does so"
        );
        return ExitCode::from(2);
    }
    let packed = Packed::open(model).map_err(SlotError::Pack);
    ExitCode::from(cli::run(env::args_os(), packed, Console::of_process()))
}
