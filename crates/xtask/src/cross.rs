//! The host of the native executable for other kinds of machines, linked on this one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{child, paths, setup, step};

/// What the host is known to link for.
const TARGETS: [&str; 4] = [
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnu",
];

/// Links the host for each of `targets`, or all that are known, and prints a table of the results.
pub fn cross(targets: &[String]) -> Result<()> {
    let (zig, zigbuild) = (setup::zig()?, setup::zigbuild()?);
    let all = TARGETS.map(str::to_owned);
    let targets = if targets.is_empty() { &all } else { targets };
    let mut rows = Vec::new();
    let mut failed = 0;
    for target in targets {
        let begin = Instant::now();
        let linked = link(target, &zig, &zigbuild);
        let seconds = begin.elapsed().as_secs_f64();
        rows.push(match linked {
            Ok(bytes) => format!("| `{target}` | {bytes} | {seconds:.0} | linked |"),
            Err(error) => {
                eprintln!("{target}: {error:#}");
                failed += 1;
                format!("| `{target}` | - | {seconds:.0} | failed |")
            }
        });
    }
    println!("| target | bytes | seconds | result |");
    println!("| --- | --- | --- | --- |");
    println!("{}", rows.join("\n"));
    ensure!(failed == 0, "{failed} of {} targets failed", targets.len());
    Ok(())
}

/// Links the host with zig, which has the C libraries of all these systems; gives its size.
fn link(target: &str, zig: &Path, zigbuild: &Path) -> Result<u64> {
    step::timed(&format!("akio-host for {target}"), |spinner| {
        setup::rust_target(target, spinner)?;
        let mut build = child::program(zigbuild);
        build
            .args(["zigbuild", "--release", "--package", "wasi-host"])
            .args(["--bin", "akio-host", "--target", target])
            .env("CARGO_TARGET_DIR", paths::target()?)
            .env("CARGO_ZIGBUILD_ZIG_PATH", zig);
        child::quiet(build, spinner)
    })?;
    let host = host(target)?;
    let metadata =
        fs::metadata(&host).with_context(|| format!("cannot read {}", host.display()))?;
    Ok(metadata.len())
}

/// Where cargo leaves it.
fn host(target: &str) -> Result<PathBuf> {
    let folder = paths::target()?.join(target).join("release");
    Ok(folder.join(if target.contains("windows") {
        "akio-host.exe"
    } else {
        "akio-host"
    }))
}
