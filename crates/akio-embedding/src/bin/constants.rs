//! The packed model as generated Rust source: its shape as a `const`, its weights as typed arrays.

use std::process::ExitCode;

use akio_embedding::run;

#[cfg(model)]
mod model {
    include!(concat!(env!("AKIO_EMBEDDING"), "/model.rs"));
}

#[cfg(model)]
fn bytes() -> &'static [u8] {
    zerocopy::IntoBytes::as_bytes(&model::MODEL)
}

#[cfg(not(model))]
fn bytes() -> &'static [u8] {
    &[]
}

fn main() -> ExitCode {
    run(bytes())
}
