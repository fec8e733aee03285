//! The form of the code: formatting, lints and documentation, all warnings being errors.

use anyhow::Result;

use crate::{child, step};

/// The formatting alone, which costs nothing.
pub fn format() -> Result<()> {
    step::timed("rustfmt", |spinner| {
        child::quiet(child::cargo("fmt --all --check")?, spinner)
    })
}

pub fn check() -> Result<()> {
    format()?;
    step::timed("clippy", |spinner| {
        let lints = "clippy --release --workspace --all-targets -- -D warnings";
        child::quiet(child::cargo(lints)?, spinner)
    })?;
    step::timed("rustdoc", |spinner| {
        let mut doc = child::cargo("doc --release --workspace --no-deps")?;
        doc.env("RUSTDOCFLAGS", "-D warnings");
        child::quiet(doc, spinner)
    })
}
