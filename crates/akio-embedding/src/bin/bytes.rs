//! The packed model as a static array of bytes, included by the compiler.

use std::process::ExitCode;

use akio_embedding::{Aligned, run};

#[cfg(model)]
static MODEL: Aligned<[u8; include_bytes!(concat!(env!("AKIO_EMBEDDING"), "/model.akio")).len()]> =
    Aligned(*include_bytes!(concat!(
        env!("AKIO_EMBEDDING"),
        "/model.akio"
    )));
#[cfg(not(model))]
static MODEL: Aligned<[u8; 0]> = Aligned([]);

fn main() -> ExitCode {
    run(&MODEL.0)
}
