//! The loops over weights and over keys and values by themselves, in the engines that run them.

use anyhow::{Context, Result};
use serde_json::json;

use super::hosts::{self, Hosts};
use super::journal::{Journal, Values, labels};
use crate::edition::Edition;
use crate::simd::Simd;

/// A row for each host and build; its values have the names that [`name`] gives them.
pub fn measure(journal: &mut Journal, hosts: &Hosts, rounds: usize) -> Result<()> {
    let edition = Edition::Default;
    for round in 1..=rounds {
        for simd in [Simd::Relaxed, Simd::Plain] {
            let wasmtime = hosts.wasmtime(edition, simd, true);
            let module = hosts::module(edition, simd);
            for (host, command) in [
                (
                    "wasmtime",
                    hosts::with(&wasmtime, &["bench", "--kernels", "--json"]),
                ),
                (
                    "Chromium",
                    hosts.browser(&json!({ "engine": "kernels", "module": module })),
                ),
            ] {
                let row = labels([("host", host), ("build", simd.name())]);
                journal.measure(&row, round, || {
                    let said = hosts::json(&command, &[])?;
                    let kernels = said["kernels"].as_array();
                    let kernels = kernels.context("`akio bench --kernels` printed no kernels")?;
                    let rates = kernels.iter().filter_map(|kernel| {
                        let number = |name: &str| kernel[name].as_u64().unwrap_or_default();
                        let name = name(kernel["kernel"].as_str()?, number("bits"), number("n"));
                        Some((name, kernel["mac_ns"].as_f64()?))
                    });
                    Ok(Some(rates.collect::<Values>()))
                })?;
            }
        }
    }
    Ok(())
}

/// Of a loop over weights for `n` tokens, or of one over `n` positions, whose activations have no `bits`.
pub fn name(kernel: &str, bits: u64, n: u64) -> String {
    match (bits, n) {
        (0, _) => format!("{kernel}, {n} positions"),
        (_, 1) => format!("{kernel}, activations of {bits} bits, 1 token"),
        _ => format!("{kernel}, activations of {bits} bits, {n} tokens"),
    }
}
