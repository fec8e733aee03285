//! The page in Chromium with a profile on the disk: starts, memory, and the speed that it shows.

use anyhow::{Context, Result};
use serde_json::Value;

use super::hosts::{self, MODELS};
use super::journal::{Journal, labels, values};
use crate::simd::Simd;
use crate::{child, paths, setup};

pub fn measure(journal: &mut Journal) -> Result<()> {
    let chromium = setup::chromium()?;
    for edition in MODELS {
        for simd in [Simd::Relaxed, Simd::Plain] {
            let row = labels([("model", hosts::name(edition)), ("build", simd.name())]);
            journal.measure(&row, 1, || {
                let mut node = child::program("node");
                node.arg(paths::root().join("web/bench.mjs"));
                node.args([edition.artefact(), simd.name()])
                    .env("CHROMIUM", &chromium);
                let said: Value = serde_json::from_str(&child::output(node)?)
                    .context("the measurement of the page printed no JSON")?;
                let of = |value: &Value| value.as_f64();
                Ok(Some(values([
                    ("first_visit_ms", of(&said["first_visit_ready_ms"])),
                    ("ready_again_ms", of(&said["ready_again_ms"])),
                    ("tok_s", of(&said["tokens_per_second"])),
                    ("loaded_bytes", of(&said["renderer_after_load"]["rss"])),
                    (
                        "renderer_bytes",
                        of(&said["renderer_at_2000_tokens"]["rss"]),
                    ),
                    ("peak_bytes", of(&said["renderer_at_2000_tokens"]["peak"])),
                ])))
            })?;
        }
    }
    Ok(())
}
