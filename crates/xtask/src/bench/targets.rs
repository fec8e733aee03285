//! What akio wants to be: each target with the figure that was measured, what it is compared with, and whether it
//! is met.

use super::Part;
use super::document::Document;
use super::hosts;
use super::tables::{hosts_name, megabytes, milliseconds, tokens};
use crate::edition::Edition;

const SMOLLM2: &str = "SmolLM2-135M";
const QWEN: &str = "Qwen2.5-Coder-0.5B";

type Who<'a> = &'a [(&'a str, &'a str)];

const CHROMIUM: Who<'_> = &[
    ("engine", "akio"),
    ("host", "Chromium"),
    ("build", "relaxed"),
];
const WASMTIME: Who<'_> = &[
    ("engine", "akio"),
    ("host", "wasmtime"),
    ("build", "relaxed"),
];
const NATIVE: Who<'_> = &[
    ("engine", "akio"),
    ("host", "dist/akio"),
    ("build", "relaxed"),
];
const CHROMIUM_PLAIN: Who<'_> = &[("engine", "akio"), ("host", "Chromium"), ("build", "plain")];
const WASMTIME_PLAIN: Who<'_> = &[("engine", "akio"), ("host", "wasmtime"), ("build", "plain")];
/// On the same file.
const LLAMA_CPP: Who<'_> = &[("engine", "llama.cpp")];
const LLAMA_CPP_Q4_0: Who<'_> = &[("engine", "llama.cpp"), ("weights", "Q4_0")];
const WLLAMA: Who<'_> = &[("engine", "wllama")];

/// One row.
struct Target {
    what: String,
    /// What was measured, and what it is held against, as they are printed.
    figure: String,
    beside: String,
    ratio: f64,
    wanted: String,
    /// How much of the target is reached; 1 meets it.
    reached: f64,
}

/// Some figures are rows of no table: how many times as fast two threads are as one.
pub fn table(document: &Document) -> String {
    let mut lines = vec![
        "| figure | measured | beside | ratio | target | met |".to_owned(),
        "| --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for target in all(document) {
        let met = if target.reached >= 1.0 {
            "yes".to_owned()
        } else {
            format!("no, {:.0} % of it", (target.reached * 100.0).floor())
        };
        lines.push(format!(
            "| {} | {} | {} | {:.2} | {} | {met} |",
            target.what, target.figure, target.beside, target.ratio, target.wanted
        ));
    }
    if lines.len() == 2 {
        return "Not measured yet.\n".to_owned();
    }
    lines.join("\n") + "\n"
}

fn all(document: &Document) -> Vec<Target> {
    let at = |who: Who<'_>, model: &str, threads: &str, context: &str, value: &str| {
        let mut labels = vec![("model", model), ("threads", threads), ("context", context)];
        labels.extend(who);
        // The first row of llama.cpp is that on the same file.
        document.median(Part::Speed, &labels, value)
    };
    let beside = |who: Who<'_>, other: Who<'_>, of: &str, model: &str, value: &str, least: f64| {
        let [figure, base] = [who, other].map(|who| at(who, model, "1", "0", value));
        let name = format!(
            "{value}, {}{}",
            hosts_name(who),
            if model == QWEN { ", Qwen" } else { "" }
        );
        ratio(name, figure?, base?, of, least)
    };
    let mut targets = Vec::new();
    for who in [CHROMIUM, WASMTIME] {
        targets.push(beside(
            who,
            LLAMA_CPP,
            "llama.cpp Q4_1",
            SMOLLM2,
            "decode",
            1.5,
        ));
        targets.push(beside(
            who,
            LLAMA_CPP_Q4_0,
            "llama.cpp Q4_0",
            SMOLLM2,
            "decode",
            1.2,
        ));
    }
    targets.push(beside(CHROMIUM, WLLAMA, "wllama", SMOLLM2, "decode", 8.0));
    for who in [CHROMIUM, WASMTIME] {
        targets.push(beside(
            who,
            LLAMA_CPP,
            "llama.cpp Q4_1",
            SMOLLM2,
            "prefill",
            2.0,
        ));
    }
    targets.push(beside(CHROMIUM, WLLAMA, "wllama", SMOLLM2, "prefill", 15.0));
    for who in [CHROMIUM_PLAIN, WASMTIME_PLAIN] {
        targets.push(beside(
            who,
            LLAMA_CPP,
            "llama.cpp Q4_1",
            SMOLLM2,
            "decode",
            1.0,
        ));
        targets.push(beside(
            who,
            LLAMA_CPP,
            "llama.cpp Q4_1",
            SMOLLM2,
            "prefill",
            1.2,
        ));
    }
    for who in [CHROMIUM, NATIVE] {
        for value in ["decode", "prefill"] {
            let scaling = |who| {
                let [one, two] = ["1", "2"].map(|threads| at(who, SMOLLM2, threads, "0", value));
                Some(two? / one?)
            };
            targets.push(scaling_beside(value, who, scaling(who), scaling(LLAMA_CPP)));
        }
    }
    for who in [CHROMIUM, WASMTIME] {
        for value in ["decode", "prefill"] {
            targets.push(beside(who, LLAMA_CPP, "llama.cpp Q4_K_M", QWEN, value, 1.2));
        }
    }
    for who in [CHROMIUM, WASMTIME] {
        let [long, short] = ["2000", "0"].map(|context| at(who, SMOLLM2, "1", context, "decode"));
        let name = format!("decode behind 2,000 tokens, {}", hosts_name(who));
        targets.push(
            long.zip(short)
                .and_then(|(long, short)| ratio(name, long, short, "behind none", 0.75)),
        );
    }
    let start = |host: &str, value: &str| {
        document.median(Part::Starts, &[("host", host), ("start", "later")], value)
    };
    targets.push(limit(
        "`dist/akio` to the end of `info`",
        start("dist/akio", "info_ms"),
        30.0,
        milliseconds,
    ));
    let first = start("dist/akio", "first_token_ms");
    targets.push(limit(
        "`dist/akio` to the first token",
        first,
        250.0,
        milliseconds,
    ));
    let beyond = start("wasmtime", "first_token_ms").zip(start("wasmtime", "load_ms"));
    let beyond = beyond.map(|(first, load)| first - load);
    targets.push(limit(
        "wasmtime to the first token, beyond its own load",
        beyond,
        250.0,
        milliseconds,
    ));
    let page = document.row(Part::Page, &[("model", SMOLLM2), ("build", "relaxed")]);
    let again = page.and_then(|row| row.median("ready_again_ms"));
    targets.push(limit("page ready again", again, 1000.0, milliseconds));
    let name = hosts::name(Edition::Default);
    let weights = document.median(
        Part::Machine,
        &[("what", "model"), ("model", name)],
        "bytes",
    );
    let long = [("host", "dist/akio"), ("model", name), ("context", "2000")];
    let host = document.median(Part::Starts, &long, "resident_bytes");
    let renderer = page.and_then(|row| row.median("renderer_bytes"));
    for (what, bytes, room) in [
        ("memory of `dist/akio` behind 2,000 tokens", host, 80e6),
        (
            "memory of the page's process behind 2,000 tokens",
            renderer,
            250e6,
        ),
    ] {
        let most = weights.map(|weights| weights + room);
        targets.push(most.and_then(|most| limit(what, bytes, most, megabytes)));
    }
    targets.into_iter().flatten().collect()
}

fn ratio(what: String, figure: f64, base: f64, of: &str, least: f64) -> Option<Target> {
    let ratio = figure / base;
    Some(Target {
        what,
        figure: format!("{} tokens/s", tokens(figure)),
        beside: format!("{} {of}", tokens(base)),
        ratio,
        wanted: format!("≥ {least:.2}"),
        reached: ratio / least,
    })
}

fn scaling_beside(value: &str, who: Who<'_>, own: Option<f64>, of: Option<f64>) -> Option<Target> {
    let (own, of) = (own?, of?);
    Some(Target {
        what: format!("{value}, 2 threads over 1, {}", hosts_name(who)),
        figure: format!("× {own:.2}"),
        beside: format!("× {of:.2} llama.cpp"),
        ratio: own / of,
        wanted: "≥ 1.00".to_owned(),
        reached: own / of,
    })
}

fn limit(what: &str, figure: Option<f64>, most: f64, print: fn(f64) -> String) -> Option<Target> {
    let figure = figure?;
    Some(Target {
        what: what.to_owned(),
        figure: print(figure),
        beside: "–".to_owned(),
        ratio: figure / most,
        wanted: format!("≤ {}", print(most)),
        reached: most / figure,
    })
}
