//! How near each figure is to what the machine allows: to reading the weights as fast as memory can be read, and to
//! multiplying as fast as the loops do on data that is near.

use super::document::Document;
use super::journal::Row;
use super::tables::{name, tokens};
use super::{Part, kernels};

/// Below this share of both limits something else takes the time.
const NEAR: f64 = 0.6;

pub fn table(document: &Document) -> String {
    let mut lines = Vec::new();
    for value in ["decode", "prefill"] {
        for row in document.rows(Part::Speed) {
            // What is on another file reads something else.
            let same_file = row.is(&[("context", "0")]) && row.label("weights") != "Q4_0";
            // The loops are measured in the engines that count most.
            let counts = row.label("build") != "plain" && row.label("host") != "Node";
            if same_file && counts {
                lines.extend(line(document, row, value));
            }
        }
    }
    if lines.is_empty() {
        return "Not measured yet.\n".to_owned();
    }
    let clock = document.median(Part::Machine, &[("what", "clock")], "ghz");
    let bandwidth = ["1", "2"].map(|threads| bandwidth(document, threads));
    let [Some(clock), Some(one), Some(two)] = [clock, bandwidth[0], bandwidth[1]] else {
        return "Not measured yet.\n".to_owned();
    };
    format!(
        "Memory is read at {one:.1} GB/s by one thread and at {two:.1} GB/s by two; the clock is {clock:.2} GHz.\n\n\
         | figure | tokens/s | read, GB/s | of memory's limit | MAC/cycle | of the loops' limit | next bottleneck |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n{}",
        lines.concat()
    )
}

fn bandwidth(document: &Document, threads: &str) -> Option<f64> {
    document.median(
        Part::Machine,
        &[("what", "bandwidth"), ("threads", threads)],
        "gb_s",
    )
}

fn line(document: &Document, row: &Row, value: &str) -> Option<String> {
    let rate = row.median(value)?;
    let (model, threads) = (row.label("model"), row.label("threads"));
    let clock = document.median(Part::Machine, &[("what", "clock")], "ghz")?;
    let weights = [("what", "weights"), ("model", model)];
    let weights = document
        .rows(Part::Machine)
        .iter()
        .filter(|row| row.is(&weights));
    // Prefill computes the head for the last token only.
    let weights: Vec<_> = weights
        .filter(|row| value == "decode" || !row.label("kind").ends_with(" head"))
        .collect();
    let sum = |value: &str| {
        weights
            .iter()
            .filter_map(|row| row.median(value))
            .sum::<f64>()
    };
    let cycles = clock * 1e9 * threads.parse::<f64>().ok()?;
    let macs = format!("{:.1}", sum("macs") * rate / cycles);

    // Weights that many tokens share are read once for all of them.
    let read = (value == "decode").then(|| sum("bytes") * rate / 1e9);
    let of_memory = read.and_then(|read| Some(read / bandwidth(document, threads)?));
    let of_loops = loops(document, row, value, &weights).map(|seconds| seconds * rate);
    let share = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0))
    };
    let next = match (of_memory, of_loops) {
        (memory, Some(loops)) if loops >= NEAR && Some(loops) >= memory => "multiplying",
        (Some(memory), loops) if memory >= NEAR && loops.is_none_or(|loops| memory > loops) => {
            "memory"
        }
        (_, Some(_)) => "what lies between the products",
        _ => "–",
    };
    let threads = if threads == "1" {
        "1 thread"
    } else {
        "2 threads"
    };
    Some(format!(
        "| {value}, {model}, {}, {threads} | {} | {} | {} | {macs} | {} | {next} |\n",
        name(row),
        tokens(rate),
        read.map_or("–".to_owned(), |read| format!("{read:.1}")),
        share(of_memory),
        share(of_loops),
    ))
}

/// Seconds that the loops over weights take for a token, by their own speed. Known of akio alone.
fn loops(document: &Document, row: &Row, value: &str, weights: &[&Row]) -> Option<f64> {
    if row.label("engine") != "akio" {
        return None;
    }
    let host = match row.label("host") {
        "dist/akio" => "wasmtime",
        host => host,
    };
    let kernels = document.row(Part::Kernels, &[("host", host), ("build", "relaxed")])?;
    let threads: f64 = row.label("threads").parse().ok()?;
    let tokens = if value == "decode" { 1 } else { 64 };
    let mut seconds = 0.0;
    for weights in weights {
        // The head has activations of twelve bits, and so have a few of the others.
        let (kind, bits) = match weights.label("kind").split_once(" head") {
            Some((kind, _)) => (kind, 12),
            None => (weights.label("kind"), 8),
        };
        let rate = kernels.median(&kernels::name(kind, bits, tokens))?;
        seconds += weights.median("macs")? / (rate * 1e9 * threads);
    }
    Some(seconds)
}
