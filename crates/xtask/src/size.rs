//! What the modules weigh without a model: their sections, and whose functions their code is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::link::COMMAND;
use crate::simd::Simd;
use crate::{build, child, link, paths, step};

const TARGET: &str = "wasm32-wasip1";

/// Parts of the standard library, and what it is made of.
const STANDARD: [&str; 11] = [
    "alloc",
    "char",
    "compiler_builtins",
    "core",
    "dlmalloc",
    "hashbrown",
    "memchr",
    "rustc_demangle",
    "std",
    "str",
    "wasi",
];

/// Crates that are named; the others are counted together.
const NAMED: usize = 14;

/// A module.
struct Weight {
    /// Bytes of each section.
    sections: BTreeMap<String, usize>,
    /// Bytes of code by crates.
    crates: BTreeMap<String, usize>,
}

/// Prints what the modules weigh that are shipped, before a model is put into them, and whose code it is.
pub fn size() -> Result<()> {
    let modules = [
        ("page and package", build::web_module(Simd::Relaxed)?.0),
        ("HTTP component", build::http_module()?),
        ("command", build::command_module(Simd::Relaxed)?),
        ("command with candle", build::candle_module()?),
    ];
    let titles = modules.each_ref().map(|(title, _)| *title);
    let weights = modules.iter().map(|(_, module)| weigh(module));
    let weights = weights.collect::<Result<Vec<_>>>()?;
    let sections: Vec<_> = weights.iter().map(|weight| &weight.sections).collect();
    table("section", &titles, &sections, usize::MAX);
    println!();
    let named = [
        ("", "command"),
        ("--features candle", "command with candle"),
    ];
    let weights = named.map(|(features, title)| Ok((title, with_names(features)?)));
    let weights = weights.into_iter().collect::<Result<Vec<_>>>()?;
    let titles: Vec<_> = weights.iter().map(|(title, _)| *title).collect();
    let crates: Vec<_> = weights.iter().map(|(_, weight)| &weight.crates).collect();
    table("code of", &titles, &crates, NAMED);
    Ok(())
}

/// The largest first, by the last column; behind `named` of them the sum of the others, and the sum of all.
fn table(title: &str, titles: &[&str], columns: &[&BTreeMap<String, usize>], named: usize) {
    let cells = |cells: Vec<String>| println!("| {} |", cells.join(" | "));
    let header = [title].into_iter().chain(titles.iter().copied());
    cells(header.map(str::to_owned).collect());
    cells(vec!["---".to_owned(); titles.len() + 1]);
    let names: BTreeSet<&String> = columns.iter().flat_map(|bytes| bytes.keys()).collect();
    let mut names = Vec::from_iter(names);
    names.sort_by_key(|name| Reverse(columns.last().and_then(|bytes| bytes.get(*name))));
    let row = |title: &str, names: &[&String]| {
        let sum = |bytes: &&BTreeMap<String, usize>| {
            let sum: usize = names.iter().filter_map(|name| bytes.get(*name)).sum();
            sum.to_string()
        };
        let sums = columns.iter().map(sum);
        cells([title.to_owned()].into_iter().chain(sums).collect());
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

fn weigh(module: &Path) -> Result<Weight> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    read(&bytes)
}

/// The command with the names of its functions, which are not shipped, in a folder of its own.
fn with_names(features: &str) -> Result<Weight> {
    let folder = paths::work()?.join("size");
    let (title, optimised) = (format!("with names {features}"), folder.join("named.wasm"));
    step::timed(&format!("command {title}"), |spinner| {
        let simd = Simd::Relaxed.cargo_features();
        let arguments = format!("{COMMAND} --package akio --no-default-features {features} {simd}");
        let mut cargo = link::cargo(&arguments, TARGET)?;
        cargo
            .args(["--config", "profile.wasm.strip=false"])
            .env("CARGO_TARGET_DIR", &folder);
        child::quiet(cargo, spinner)
    })?;
    let linked = folder.join(TARGET).join("wasm/akio.wasm");
    let features = format!("{} --debuginfo", Simd::Relaxed.wasm_opt_features());
    link::optimise(&linked, title.trim(), &features, &optimised)?;
    weigh(&optimised)
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
