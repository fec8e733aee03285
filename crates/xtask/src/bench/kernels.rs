//! The loops over weights and over keys and values by themselves, in the engines that run them.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::hosts::{self, Hosts};
use super::journal::{Journal, labels, values};
use crate::edition::Edition;
use crate::simd::Simd;

pub fn measure(journal: &mut Journal, hosts: &Hosts, rounds: usize) -> Result<()> {
    let edition = Edition::Default;
    for round in 1..=rounds {
        for simd in [Simd::Relaxed, Simd::Plain] {
            let wasmtime = hosts.wasmtime(edition, simd, true);
            let module = hosts::module(edition, simd);
            let browser = hosts.browser(&json!({ "engine": "kernels", "module": module }));
            for (host, command) in [
                (
                    "wasmtime",
                    hosts::with(&wasmtime, &["bench", "--kernels", "--json"]),
                ),
                ("Chromium", browser),
            ] {
                let said = hosts::json(&command, &[])?;
                let kernels = said["kernels"].as_array();
                for kernel in kernels.context("`akio bench --kernels` printed no kernels")? {
                    let number = |name: &str| kernel[name].as_u64().unwrap_or_default().to_string();
                    let row = labels([
                        ("host", host),
                        ("build", simd.name()),
                        ("kernel", kernel["kernel"].as_str().unwrap_or_default()),
                        ("bits", &number("bits")),
                        ("n", &number("n")),
                    ]);
                    let rate = Value::as_f64(&kernel["mac_ns"]);
                    journal.measure(&row, round, || Ok(Some(values([("mac_ns", rate)]))))?;
                }
            }
        }
    }
    Ok(())
}
