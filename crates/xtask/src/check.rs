//! The form of the code: formatting, lints and documentation, all warnings being errors; and what can be
//! proved of the evaluation sets without a model.

use anyhow::Result;

use crate::{child, setup, step};

/// Compilers that wasmtime's build calls for Windows. Nothing is linked for a lint, so that it may be anything that does not
/// fail.
const NO_COMPILER: [(&str, &str); 2] = [
    ("CC_x86_64_pc_windows_gnu", "true"),
    ("AR_x86_64_pc_windows_gnu", "true"),
];

/// The native code with its tests, the host for Windows, then what only WebAssembly
/// compiles: the kernels' two variants, akio without candle and with threads, the browser's shell with one thread and with
/// several, that of HTTP; and the fuzz targets, a workspace of their own, without their C++ runtime.
const LINTS: [(&str, Option<&str>, &str); 9] = [
    ("clippy", None, "--workspace --all-targets"),
    (
        "clippy for Windows",
        Some("x86_64-pc-windows-gnu"),
        "--package wasi-host --package akio",
    ),
    (
        "clippy for WASI",
        Some("wasm32-wasip1"),
        "--package akio --package akio-embedding",
    ),
    (
        "clippy for WASI with relaxed SIMD",
        Some("wasm32-wasip1"),
        "--package akio --package akio-kernels --no-default-features --features relaxed",
    ),
    (
        "clippy for WASI with threads",
        Some("wasm32-wasip1-threads"),
        "--package akio --package akio-kernels --no-default-features --features relaxed,threads",
    ),
    (
        "clippy for the web",
        Some("wasm32-unknown-unknown"),
        "--package akio --lib --no-default-features",
    ),
    (
        "clippy for the web with threads",
        Some("wasm32-unknown-unknown"),
        "--package akio --lib --no-default-features --features relaxed,threads",
    ),
    (
        "clippy for the HTTP component",
        Some("wasm32-wasip2"),
        "--package akio --lib --no-default-features --features relaxed",
    ),
    (
        "clippy for the fuzz targets",
        None,
        "--manifest-path tests/fuzz/Cargo.toml --no-default-features",
    ),
];

/// The first time the dependencies are checked for each target, which takes three minutes on two
/// cores; later it is seconds.
pub fn check() -> Result<()> {
    step::timed("rustfmt", |spinner| {
        for selection in ["--all", "--manifest-path tests/fuzz/Cargo.toml"] {
            child::quiet(child::cargo(&format!("fmt --check {selection}"))?, spinner)?;
        }
        Ok(())
    })?;
    step::timed("evaluation sets", |spinner| {
        let mut sets = child::program(setup::python()?);
        sets.arg("tests/evals/check.py");
        child::quiet(sets, spinner)
    })?;
    for (name, target, selection) in LINTS {
        step::timed(name, |spinner| {
            let mut clippy = child::cargo(&format!("clippy --release {selection}"))?;
            if let Some(target) = target {
                setup::rust_target(target, spinner)?;
                clippy.args(["--target", target]);
            }
            clippy.args(["--", "-D", "warnings"]).envs(NO_COMPILER);
            child::quiet(clippy, spinner)
        })?;
    }
    step::timed("rustdoc", |spinner| {
        let mut doc = child::cargo("doc --release --workspace --no-deps")?;
        doc.env("RUSTDOCFLAGS", "-D warnings");
        child::quiet(doc, spinner)
    })
}
