//! The crate that becomes the module: one agent, three shells.
//!
//! [`cli`] is the WASI preview 1 command (it also compiles natively, for tests), `web` the
//! wasm-bindgen module of the page and the npm package, whose JSON is [`json`], and `http` the handler of the
//! WASI 0.2 component. All take the model from [`embedded`], describe it by [`info`], and leave every decision
//! about an answer to `akio_agent`.

#[cfg(not(any(all(target_arch = "wasm32", target_os = "unknown"), target_env = "p2")))]
pub mod cli;
pub mod embedded;
#[cfg(target_env = "p2")]
mod http;
pub mod info;
pub mod json;
pub mod threads;
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
