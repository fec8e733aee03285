//! What a person waits for and what it takes, in every host: `akio bench --json`, and from outside
//! what a guest cannot know.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::edition::Edition;
use crate::{build, child, paths, setup, step, test};

/// Columns of the table, by their names in the JSON.
const COLUMNS: [&str; 7] = [
    "host",
    "build",
    "prefill_tok_s",
    "decode_tok_s",
    "ready_ms",
    "first_token_ms",
    "resident_bytes",
];

pub fn bench() -> Result<()> {
    build::build(Edition::Default, false)?;
    setup::node()?;
    let [relaxed, plain] = ["akio.wasm", "akio-plain.wasm"].map(|file| paths::dist().join(file));
    let native = child::program(paths::dist().join("akio"));
    let mut wasmtime = child::program(test::wasmtime()?);
    wasmtime.arg(&relaxed);
    // Node 20 has relaxed SIMD behind a flag only.
    let mut node = child::program("node");
    node.arg("--no-warnings")
        .arg(paths::root().join("tests/wasi-runner.mjs"))
        .arg(&plain);

    let mut results = Vec::new();
    for (name, host) in [("akio", native), ("wasmtime", wasmtime), ("node", node)] {
        step::timed(name, |_| {
            results.push(measure(name, &host)?);
            Ok(())
        })?;
    }
    table(&results);
    println!("{}", serde_json::to_string_pretty(&results)?);
    Ok(())
}

/// One host. What the host states itself is kept.
fn measure(name: &str, host: &Command) -> Result<Map<String, Value>> {
    let ready = first_output(host, &["info"])?;
    let first_token = first_output(host, &["--quiet", "--temperature", "0", "-n", "1", "Hello"])?;
    let (output, resident) = watched(host, &["bench", "--json"])?;
    let mut result: Map<String, Value> = serde_json::from_str(&output)
        .with_context(|| format!("`bench --json` under {name} printed no JSON object"))?;
    result.insert("host".to_owned(), json!(name));
    for (key, value) in [
        ("ready_ms", json!(milliseconds(ready))),
        ("first_token_ms", json!(milliseconds(first_token))),
        ("resident_bytes", json!(resident)),
    ] {
        result.entry(key).or_insert(value);
    }
    Ok(result)
}

/// Time from the start of the process to its first byte on stdout.
fn first_output(host: &Command, arguments: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    let mut child = spawn(host, arguments)?;
    let mut output = child.stdout.take().context("a child without stdout")?;
    let read = output.read(&mut [0])?;
    let time = start.elapsed();
    output.read_to_end(&mut Vec::new())?;
    let status = child.wait()?;
    ensure!(
        status.success() && read == 1,
        "`{}` failed ({status})",
        arguments.join(" ")
    );
    Ok(time)
}

/// The whole output, and the most memory the process held (known on Linux only).
fn watched(host: &Command, arguments: &[&str]) -> Result<(String, Option<u64>)> {
    let mut child = spawn(host, arguments)?;
    let mut stdout = child.stdout.take().context("a child without stdout")?;
    let output = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let mut resident = None;
    let status = loop {
        resident = peak_resident(&child).or(resident);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(20));
    };
    ensure!(
        status.success(),
        "`{}` failed ({status})",
        arguments.join(" ")
    );
    let text = output.join().ok().context("reading the output failed")??;
    Ok((text, resident))
}

fn spawn(host: &Command, arguments: &[&str]) -> Result<Child> {
    let mut command = child::program(host.get_program());
    command
        .args(host.get_args())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
        .spawn()
        .with_context(|| format!("cannot start {}", Path::new(host.get_program()).display()))
}

/// The high-water mark of a running process, in bytes.
fn peak_resident(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn table(results: &[Map<String, Value>]) {
    eprintln!("{}", COLUMNS.map(|column| format!("{column:>16}")).concat());
    for result in results {
        let cell = |column: &str| match result.get(column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if column.ends_with("bytes") => {
                format!("{:.0} MB", number.as_f64().unwrap_or(0.0) / 1e6)
            }
            Some(Value::Number(number)) => format!("{:.1}", number.as_f64().unwrap_or(0.0)),
            _ => "-".to_owned(),
        };
        eprintln!(
            "{}",
            COLUMNS
                .map(|column| format!("{:>16}", cell(column)))
                .concat()
        );
    }
}
