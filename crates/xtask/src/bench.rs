//! What a person waits for and what it takes, in every host. Speed is what `akio bench --json` says of
//! itself; starts are measured from outside, for all hosts in the same way.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::edition::Edition;
use crate::{build, child, fetch, paths, setup, step, test};

/// Columns of the first table, by their names in the JSON.
const SPEED: [&str; 5] = [
    "host",
    "build",
    "prefill_tok_s",
    "decode_tok_s",
    "linear_memory_bytes",
];

/// Columns of the second: `info_ms` is from the start to the end of `akio info`, `first_token_ms` from
/// the start to the first byte of an answer, `resident_bytes` the most memory during that answer.
const STARTS: [&str; 5] = [
    "host",
    "start",
    "info_ms",
    "first_token_ms",
    "resident_bytes",
];

const ANSWER: [&str; 6] = [
    "--quiet",
    "--temperature",
    "0",
    "-n",
    "1",
    "What is the capital of France?",
];

/// Each start is measured this often, and the median counts.
const RUNS: usize = 3;

type Row = Map<String, Value>;

pub fn bench() -> Result<()> {
    build::build(Edition::Default, false)?;
    setup::node()?;
    let folder = paths::work()?.join("bench");
    fs::create_dir_all(&folder)?;
    let [akio_cache, wasmtime_cache, config] =
        ["akio", "wasmtime", "wasmtime.toml"].map(|name| folder.join(name));
    let directory = json!(wasmtime_cache);
    fs::write(&config, format!("[cache]\ndirectory = {directory}\n"))?;
    let cache_on = format!("cache-config={}", config.display());

    let [relaxed, plain] = ["akio.wasm", "akio-plain.wasm"].map(|file| paths::dist().join(file));
    let akio = |cache: &Path| {
        let mut akio = child::program(paths::dist().join("akio"));
        akio.env("AKIO_CACHE", cache);
        akio
    };
    let program = test::wasmtime()?;
    let wasmtime = |cache: &str, module: &Path| {
        let mut wasmtime = child::program(&program);
        wasmtime.args(["-C", cache]).arg(module);
        wasmtime
    };
    // Node 20 has relaxed SIMD behind a flag only.
    let mut node = child::program("node");
    node.arg("--no-warnings")
        .arg(paths::root().join("tests/wasi-runner.mjs"))
        .arg(&plain);

    let mut speeds = Vec::new();
    for (name, host) in [
        ("dist/akio", &akio(&akio_cache)),
        ("wasmtime", &wasmtime(&cache_on, &relaxed)),
        ("wasmtime", &wasmtime(&cache_on, &plain)),
        ("node", &node),
    ] {
        step::timed(&format!("speed of {name}"), |_| {
            speeds.push(speed(name, host)?);
            Ok(())
        })?;
    }
    let mut starts = Vec::new();
    for (name, kind, host, emptied) in [
        ("dist/akio", "first", &akio(&akio_cache), Some(&*akio_cache)),
        ("dist/akio", "later", &akio(&akio_cache), None),
        // Nothing can be written below a file.
        ("dist/akio", "no cache", &akio(&config), None),
        (
            "wasmtime",
            "first",
            &wasmtime(&cache_on, &relaxed),
            Some(&*wasmtime_cache),
        ),
        ("wasmtime", "later", &wasmtime(&cache_on, &relaxed), None),
        ("wasmtime", "no cache", &wasmtime("cache=n", &relaxed), None),
        ("node", "every", &node, None),
    ] {
        step::timed(&format!("start of {name}, {kind}"), |_| {
            starts.push(start(name, kind, host, emptied)?);
            Ok(())
        })?;
    }
    fs::remove_dir_all(&folder)?;
    table(&SPEED, &speeds);
    table(&STARTS, &starts);
    println!("{:#}", json!({ "speed": speeds, "starts": starts }));
    Ok(())
}

/// What the module says of its speed. What some hosts add to it is left out: see [`start`].
pub fn speed(name: &str, host: &Command) -> Result<Row> {
    let output = child::output(with(host, &["bench", "--json"]))?;
    let mut row: Row = serde_json::from_str(&output)
        .with_context(|| format!("`bench --json` under {name} printed no JSON object"))?;
    row.insert("host".to_owned(), json!(name));
    row.retain(|column, _| SPEED.contains(&column.as_str()));
    Ok(row)
}

/// How long a start takes; the folder `emptied` is removed before each.
pub fn start(name: &str, kind: &str, host: &Command, emptied: Option<&Path>) -> Result<Row> {
    let empty = || emptied.map_or(Ok(()), fetch::remove);
    let mut info = Vec::new();
    let mut first_token = Vec::new();
    let mut resident = None;
    for _ in 0..RUNS {
        empty()?;
        let begin = Instant::now();
        child::output(with(host, &["info"]))?;
        info.push(begin.elapsed());
        empty()?;
        let (time, bytes) = answer(with(host, &ANSWER))?;
        first_token.push(time);
        resident = resident.max(bytes);
    }
    let cells = [
        json!(name),
        json!(kind),
        json!(median_ms(info)),
        json!(median_ms(first_token)),
        json!(resident),
    ];
    Ok(STARTS.map(str::to_owned).into_iter().zip(cells).collect())
}

/// Time from the start of the process to its first byte on stdout, and the most memory that it held
/// (known on Linux only).
fn answer(mut host: Command) -> Result<(Duration, Option<u64>)> {
    let begin = Instant::now();
    let mut child = host
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", Path::new(host.get_program()).display()))?;
    let mut stdout = child.stdout.take().context("a child without stdout")?;
    let first_byte = thread::spawn(move || {
        let first = stdout.read_exact(&mut [0]).map(|()| begin.elapsed());
        let rest = stdout.read_to_end(&mut Vec::new());
        first.and_then(|time| rest.map(|_| time))
    });
    let mut resident = None;
    let status = loop {
        resident = peak_resident(&child).or(resident);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "an answer failed ({status})");
    let time = first_byte
        .join()
        .ok()
        .context("reading an answer failed")??;
    Ok((time, resident))
}

/// The command with more arguments, as one that can still be used for another run.
fn with(host: &Command, arguments: &[&str]) -> Command {
    let mut command = child::program(host.get_program());
    command
        .args(host.get_args())
        .args(arguments)
        .stdin(Stdio::null());
    for (name, value) in host.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
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

/// To a tenth of a millisecond.
fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    (median.as_secs_f64() * 10_000.0).round() / 10.0
}

/// Prints rows to stderr.
pub fn table(columns: &[&str], rows: &[Row]) {
    let line = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>20}")).collect();
        eprintln!("{}", cells.concat());
    };
    line(columns.iter().map(|column| (*column).to_owned()).collect());
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if column.ends_with("bytes") => {
                format!("{:.0} MB", number.as_f64().unwrap_or(0.0) / 1e6)
            }
            Some(Value::Number(number)) => format!("{:.1}", number.as_f64().unwrap_or(0.0)),
            _ => "-".to_owned(),
        };
        line(columns.iter().map(cell).collect());
    }
}
