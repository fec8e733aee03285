//! The measurements as Markdown.

use super::Part;
use super::document::Document;
use super::journal::Row;

pub fn tokens(rate: f64) -> String {
    format!("{rate:.1}")
}

pub fn milliseconds(time: f64) -> String {
    if time < 10.0 {
        format!("{time:.1} ms")
    } else {
        format!("{time:.0} ms")
    }
}

pub fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

/// Who runs, in words.
pub fn name(row: &Row) -> String {
    let labels = ["engine", "host", "build"].map(|label| (label, row.label(label)));
    match row.label("engine") {
        "akio" => hosts_name(&labels),
        engine => format!("{engine} {}, {}", row.label("weights"), row.label("host")),
    }
}

pub fn hosts_name(labels: &[(&str, &str)]) -> String {
    let label = |name| {
        labels
            .iter()
            .find(|(label, _)| *label == name)
            .map_or("", |(_, text)| *text)
    };
    let host = match label("host") {
        "dist/akio" => "`dist/akio`",
        host => host,
    };
    let plain = if label("build") == "plain" {
        " without relaxed SIMD"
    } else {
        ""
    };
    format!("akio{plain}, {host}")
}

/// Lines of cells; `columns` are their titles.
fn table(columns: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<_> = rows
        .map(|cells| format!("| {} |\n", cells.join(" | ")))
        .collect();
    if rows.is_empty() {
        return "Not measured yet.\n".to_owned();
    }
    let line = "| --- ".repeat(columns.split('|').count());
    format!("| {columns} |\n{line}|\n{}", rows.concat())
}

fn cell(row: &Row, value: &str, print: fn(f64) -> String) -> String {
    row.median(value).map_or("–".to_owned(), print)
}

pub fn machine(document: &Document) -> String {
    let rows = document.machines().map(|(part, date, machine)| {
        vec![
            part.to_owned(),
            date.to_owned(),
            format!(
                "{} cores of {}, {} GiB, {}",
                machine.cores, machine.cpu, machine.memory_gib, machine.system
            ),
            format!(
                "Chromium {}, wasmtime {}, Node {}, llama-cpp-python {}, wllama {}",
                machine.chromium, machine.wasmtime, machine.node, machine.llama_cpp, machine.wllama
            ),
        ]
    });
    table("part | day | machine | versions", rows)
}

/// One table for each model, number of threads and context.
pub fn speed(document: &Document) -> String {
    let rows = document.rows(Part::Speed);
    let mut tables = String::new();
    let mut seen: Vec<[&str; 3]> = Vec::new();
    for row in rows {
        let group = ["model", "threads", "context"].map(|label| row.label(label));
        if seen.contains(&group) {
            continue;
        }
        seen.push(group);
        let [model, threads, context] = group;
        let of_group = [("model", model), ("threads", threads), ("context", context)];
        let members = rows.iter().filter(|row| row.is(&of_group));
        let mut to = of_group.to_vec();
        to.push(("engine", "llama.cpp"));
        let base = document.row(Part::Speed, &to);
        let cells = members.map(|row| {
            let mut cells = vec![name(row)];
            for value in ["prefill", "decode"] {
                let median = row.median(value);
                cells.push(with_spread(row, value));
                let base = base.and_then(|base| base.median(value));
                let ratio = median.zip(base).map(|(median, base)| median / base);
                cells.push(ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
            }
            cells
        });
        let threads = if threads == "1" {
            "1 thread"
        } else {
            "2 threads"
        };
        let behind = match context {
            "0" => "behind no context".to_owned(),
            "2000" => "behind 2,000 tokens".to_owned(),
            context => format!("behind {context} tokens"),
        };
        tables.push_str(&format!("\n{model}, {threads}, {behind}:\n\n"));
        let columns = "engine | prefill, tokens/s | ratio | decode, tokens/s | ratio";
        tables.push_str(&table(columns, cells));
    }
    match tables.strip_prefix('\n') {
        Some(tables) => tables.to_owned(),
        None => "Not measured yet.\n".to_owned(),
    }
}

/// The median, and the least and the most.
fn with_spread(row: &Row, value: &str) -> String {
    match (row.median(value), row.spread(value)) {
        (Some(median), Some([least, most])) if least < most => {
            format!("{} ({least:.0}–{most:.0})", tokens(median))
        }
        (Some(median), _) => tokens(median),
        _ => "–".to_owned(),
    }
}

pub fn kernels(document: &Document) -> String {
    let rows = document.rows(Part::Kernels);
    let names = rows.first().into_iter().flat_map(|row| row.values.keys());
    let cells = names.map(|name| {
        let mut cells = vec![name.clone()];
        cells.extend(rows.iter().map(|row| cell(row, name, tokens)));
        cells
    });
    let titles = rows.iter().map(|row| match row.label("build") {
        "plain" => format!(" | {}, plain", row.label("host")),
        _ => format!(" | {}", row.label("host")),
    });
    let titles: String = titles.collect();
    table(&format!("multiplications a nanosecond{titles}"), cells)
}

pub fn starts(document: &Document) -> String {
    let rows = document
        .rows(Part::Starts)
        .iter()
        .filter(|row| row.labels.contains_key("start"));
    let cells = rows.map(|row| {
        let host = match row.label("host") {
            "wasmtime" => "wasmtime `dist/akio.wasm`",
            "Node" => "Node `dist/akio-plain.wasm`",
            _ => "`dist/akio`",
        };
        let start = match row.label("start") {
            "first" if host == "`dist/akio`" => "first on a machine",
            start => start,
        };
        vec![
            host.to_owned(),
            start.to_owned(),
            cell(row, "load_ms", milliseconds),
            cell(row, "info_ms", milliseconds),
            cell(row, "first_token_ms", milliseconds),
            cell(row, "resident_bytes", megabytes),
        ]
    });
    let starts = table(
        "host | start | load | `info` | first token | resident",
        cells,
    );
    let long = document
        .rows(Part::Starts)
        .iter()
        .filter(|row| row.labels.contains_key("context"));
    let memory = long.map(|row| {
        vec![
            row.label("model").to_owned(),
            cell(row, "resident_bytes", megabytes),
        ]
    });
    let memory = table("`dist/akio` behind 2,000 tokens | resident", memory);
    format!("{starts}\n{memory}")
}

pub fn page(document: &Document) -> String {
    let rows = document.rows(Part::Page).iter();
    let cells = rows.map(|row| {
        let build = format!("{} SIMD", row.label("build"));
        let mut cells = vec![row.label("model").to_owned(), build];
        cells.extend(
            ["first_visit_ms", "ready_again_ms"].map(|value| cell(row, value, milliseconds)),
        );
        cells.extend(["renderer_bytes", "peak_bytes"].map(|value| cell(row, value, megabytes)));
        cells
    });
    table(
        "model | build | first visit | ready again | renderer | high-water mark",
        cells,
    )
}

/// What the page says of its models.
pub fn page_models(document: &Document) -> String {
    let rows = document
        .rows(Part::Page)
        .iter()
        .filter(|row| row.is(&[("build", "relaxed")]));
    let cells = rows.map(|row| {
        let speed = cell(row, "tok_s", |rate| format!("{rate:.0}"));
        vec![
            row.label("model").to_owned(),
            cell(row, "renderer_bytes", megabytes),
            speed,
        ]
    });
    table("model | renderer | tokens/s", cells)
}

pub fn servers(document: &Document) -> String {
    let seconds: fn(f64) -> String = |time| format!("{time:.2}");
    let whole: fn(f64) -> String = |count| format!("{count:.0}");
    let cells = document.rows(Part::Servers).iter().map(|row| {
        vec![
            row.label("server").to_owned(),
            row.label("clients").to_owned(),
            format!(
                "{} of {}",
                cell(row, "answered", whole),
                cell(row, "requests", whole)
            ),
            cell(row, "p50_s", seconds),
            cell(row, "p95_s", seconds),
            cell(row, "tok_s", whole),
            cell(row, "bytes", megabytes),
        ]
    });
    table(
        "server | clients | answered | p50, s | p95, s | tokens/s | memory",
        cells,
    )
}
