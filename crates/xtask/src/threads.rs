//! The web's module with a memory that several threads share.
//!
//! The linker shares a memory only if everything in the module was compiled with atomics, and the standard
//! library that rustup has was not. So it is compiled here from its source, in a target folder of its own.

use std::path::PathBuf;

use anyhow::Result;

use crate::simd::Simd;
use crate::step::Step;
use crate::{build, child, paths, setup};

const TARGET: &str = "wasm32-unknown-unknown";

/// Who instantiates the module gives it a memory, of at most this many bytes, that others have as well.
const MEMORY: [&str; 4] = [
    "--import-memory",
    "--export-memory",
    "--shared-memory",
    "--max-memory=4294967296",
];

/// What wasm-bindgen gives each thread a stack and variables of its own by.
const EXPORTS: [&str; 5] = [
    "__heap_base",
    "__tls_align",
    "__tls_base",
    "__tls_size",
    "__wasm_init_tls",
];

/// Compiles and links the module with relaxed SIMD.
pub fn link() -> Result<PathBuf> {
    let folder = paths::target()?.join("threads");
    let linked = paths::work()?.join("the-web-threads.wasm");
    let flags = flags();
    Step {
        name: "module for the web, threads",
        inputs: build::cargo_inputs(&build::MODULE),
        outputs: vec![linked.clone()],
        settings: &flags,
    }
    .run(|spinner| {
        setup::rust_target(TARGET, spinner)?;
        setup::rust_source(spinner)?;
        let mut cargo = child::cargo(&format!(
            "rustc --lib --crate-type cdylib --package akio --target {TARGET} --profile wasm --no-default-features {} \
             --features threads \
             -Zbuild-std=std,panic_abort",
            Simd::Relaxed.cargo_features()
        ))?;
        cargo
            .args(["--config", &flags])
            .env("CARGO_TARGET_DIR", &folder)
            // To compile the standard library is not stable yet.
            .env("RUSTC_BOOTSTRAP", "1");
        child::quiet(cargo, spinner)?;
        build::copy(&folder.join(TARGET).join("wasm/akio.wasm"), &linked)
    })?;
    Ok(linked)
}

/// Flags for rustc as a setting of cargo, beside those that the target has anyway.
fn flags() -> String {
    let links = MEMORY.iter().map(|option| format!("link-arg={option}"));
    let exports = EXPORTS
        .iter()
        .map(|name| format!("link-arg=--export={name}"));
    let flags: Vec<_> = ["target-feature=+atomics".to_owned()]
        .into_iter()
        .chain(links)
        .chain(exports)
        .map(|flag| format!("\"-C{flag}\""))
        .collect();
    format!("target.{TARGET}.rustflags=[{}]", flags.join(","))
}
