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
        child::quiet(child::cargo(&["fmt", "--all", "--check"])?, spinner)
    })?;
    step::timed("clippy", |spinner| {
        let arguments = [
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        child::quiet(child::cargo(&arguments)?, spinner)
    })?;
    for (target, what) in WASM {
        step::timed(&format!("clippy for {target}"), |spinner| {
            setup::rust_target(target, spinner)?;
            let arguments = [
                "clippy",
                "--release",
                "--package",
                "akio",
                what,
                "--package",
                "akio-kernels",
                "--target",
                target,
                "--",
                "-D",
                "warnings",
            ];
            child::quiet(child::cargo(&arguments)?, spinner)
        })?;
    }
    step::timed("rustdoc", |spinner| {
        let mut doc = child::cargo(&["doc", "--release", "--workspace", "--no-deps"])?;
        doc.env("RUSTDOCFLAGS", "-D warnings");
        child::quiet(doc, spinner)
    })
}
