//! The form of the code: formatting, lints and documentation, all warnings being errors.

use anyhow::Result;

use crate::{child, setup, step};

/// Targets whose own code the native lints do not see, and the crates that have some.
const WASM: [(&str, &str); 2] = [
    ("wasm32-wasip1", "--bins"),
    ("wasm32-unknown-unknown", "--lib"),
];

pub fn check() -> Result<()> {
    step::timed("rustfmt", |spinner| {
        child::quiet(child::cargo("fmt --all --check")?, spinner)
    })?;
    step::timed("clippy", |spinner| {
        let lints = "clippy --release --workspace --all-targets -- -D warnings";
        child::quiet(child::cargo(lints)?, spinner)
    })?;
    for (target, what) in WASM {
        step::timed(&format!("clippy for {target}"), |spinner| {
            setup::rust_target(target, spinner)?;
            let crates = format!("--package akio {what} --package akio-kernels --target {target}");
            child::quiet(
                child::cargo(&format!("clippy --profile wasm {crates} -- -D warnings"))?,
                spinner,
            )
        })?;
    }
    step::timed("rustdoc", |spinner| {
        let mut doc = child::cargo("doc --release --workspace --no-deps")?;
        doc.env("RUSTDOCFLAGS", "-D warnings");
        child::quiet(doc, spinner)
    })
}
