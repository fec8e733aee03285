//! What the command weighs without its model: its sections, and whose functions its code is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::simd::Simd;
use crate::{child, paths, setup, step};

const TARGET: &str = "wasm32-wasip1";

/// Parts of the standard library, and what it is made of.
const STANDARD: [&str; 9] = [
    "alloc",
    "compiler_builtins",
    "core",
    "dlmalloc",
    "hashbrown",
    "memchr",
    "rustc_demangle",
    "std",
    "wasi",
];

/// Crates that are named; the others are counted together.
const NAMED: usize = 14;

/// A linked module.
struct Weight {
    /// Bytes of each section.
    sections: BTreeMap<String, usize>,
    /// Bytes of code by crates.
    crates: BTreeMap<String, usize>,
}

pub fn size() -> Result<()> {
    let small = weigh("--no-default-features")?;
    let whole = weigh("--features candle")?;
    println!("| section | `akio.wasm` | with candle |");
    println!("| --- | --- | --- |");
    rows(&small.sections, &whole.sections, usize::MAX);
    println!("\n| code of | `akio.wasm` | with candle |");
    println!("| --- | --- | --- |");
    rows(&small.crates, &whole.crates, NAMED);
    Ok(())
}

/// The largest first; behind `named` of them the sum of the others, and the sum of all.
fn rows(small: &BTreeMap<String, usize>, whole: &BTreeMap<String, usize>, named: usize) {
    let mut names: Vec<&String> = whole.keys().collect();
    names.sort_by_key(|name| Reverse(whole.get(*name)));
    let sum = |bytes: &BTreeMap<String, usize>, names: &[&String]| -> usize {
        names.iter().filter_map(|name| bytes.get(*name)).sum()
    };
    let row = |title: &str, names: &[&String]| {
        println!(
            "| {title} | {} | {} |",
            sum(small, names),
            sum(whole, names)
        );
    };
    let (first, others) = names.split_at(named.min(names.len()));
    for name in first {
        row(name, &[name]);
    }
    if !others.is_empty() {
        row(&format!("{} others", others.len()), others);
    }
    row("together", &names);
}

/// Links the command with the names of its functions, which are not shipped, in a folder of its own.
fn weigh(features: &str) -> Result<Weight> {
    let folder = paths::work()?.join("size");
    step::timed(&format!("command with names, {features}"), |spinner| {
        setup::rust_target(TARGET, spinner)?;
        let simd = Simd::Relaxed.cargo_features();
        let mut cargo = child::cargo(&format!(
            "build --package akio --bin akio --target {TARGET} --profile wasm {features} {simd}"
        ))?;
        cargo
            .args(["--config", "profile.wasm.strip=false"])
            .env("CARGO_TARGET_DIR", &folder);
        child::quiet(cargo, spinner)
    })?;
    let module = folder.join(TARGET).join("wasm/akio.wasm");
    let module = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    read(&module)
}

fn read(module: &[u8]) -> Result<Weight> {
    let mut sections = BTreeMap::new();
    let mut bodies = Vec::new();
    let mut imported = 0;
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let title = match &payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let is_function = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                    imported += usize::from(is_function);
                }
                "types and tables"
            }
            Payload::CodeSectionEntry(body) => {
                bodies.push(body.range());
                continue;
            }
            Payload::CodeSectionStart { .. } => "code",
            Payload::DataSection(_) => "data",
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(reader) = custom.as_known() {
                    for name in reader {
                        if let Name::Function(functions) = name? {
                            for function in functions {
                                let function = function?;
                                names.insert(function.index as usize, function.name.to_owned());
                            }
                        }
                    }
                }
                // Names are not shipped, and the others are a few bytes.
                continue;
            }
            _ => "types and tables",
        };
        if let Some((_, range)) = payload.as_section() {
            *sections.entry(title.to_owned()).or_default() += (range.end - range.start) as usize;
        }
    }
    let mut crates = BTreeMap::new();
    for (at, body) in bodies.into_iter().enumerate() {
        let name = names.get(&(imported + at)).map_or("", String::as_str);
        *crates.entry(owner(name)).or_default() += (body.end - body.start) as usize;
    }
    Ok(Weight { sections, crates })
}

/// The crate whose source a function is of. What is generic counts for the crate that wrote it.
fn owner(name: &str) -> String {
    let path = format!("{:#}", demangle(name));
    let crate_name: String = path
        .trim_start_matches(['<', '&', '(', '['])
        .trim_start_matches("mut ")
        .trim_start_matches("dyn ")
        .chars()
        .take_while(|char| char.is_ascii_alphanumeric() || *char == '_')
        .collect();
    if !path.contains("::") {
        return "C library".to_owned();
    }
    if STANDARD.contains(&crate_name.as_str()) {
        return "the standard library".to_owned();
    }
    if crate_name.starts_with("akio") {
        return crate_name.replace('_', "-");
    }
    if crate_name.starts_with("gemm") || crate_name.starts_with("candle") {
        return "candle and gemm".to_owned();
    }
    crate_name
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn functions_belong_to_the_crate_that_wrote_them() {
        for (name, expected) in [
            (
                "_ZN4core3fmt5write17h0123456789abcdefE",
                "the standard library",
            ),
            (
                "_ZN11akio_engine5llama4open17h0123456789abcdefE",
                "akio-engine",
            ),
            (
                "_ZN53_$LT$gemm_f32..Kernel$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                "candle and gemm",
            ),
            ("memcpy", "C library"),
        ] {
            assert_eq!(owner(name), expected);
        }
    }
}
