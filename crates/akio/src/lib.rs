//! The crate that becomes the module: one agent, two shells.
//!
//! [`cli`] is the WASI preview 1 command (it also compiles natively, for tests), `web` the
//! wasm-bindgen module of the page and the npm package, whose JSON is [`json`]. Both take the model from [`embedded`],
//! describe it by [`info`], and leave every decision about an answer to `akio_agent`.

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub mod cli;
pub mod embedded;
pub mod info;
pub mod json;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web;

/// Version of akio.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Instruction set that the kernels of this build use.
pub const BUILD: &str = if cfg!(all(target_arch = "wasm32", feature = "relaxed")) {
    "relaxed"
} else if cfg!(target_feature = "simd128") {
    "simd128"
} else {
    "scalar"
};
