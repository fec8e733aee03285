//! `bench --json`: what only the host can measure is added to the guest's object.
//!
//! * `ready_ms`: from the first line of `main` until the module, mapped and with
//!   its memory in place, is about to start.
//! * `first_token_ms`: from the first line of `main` until the first byte of an
//!   answer on stdout, in a run of its own (one token of [`PROMPT`], greedy)
//!   before the benchmark.
//! * `resident_bytes`: the most memory the process ever had resident, mapped
//!   weights included; only where the system tells (`VmHWM` on Linux).

use crate::error::HostError;
use crate::options::Options;
use crate::sandbox::{self, Exit, Guest, Program};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

const PROMPT: &str = "What is the capital of France?";

/// More than any benchmark prints.
const CAPACITY: usize = 1 << 20;

/// Runs the guest's benchmark in a process that began at `began`.
///
/// # Errors
/// As [`Guest::new`] and [`Guest::run`], and [`HostError::Io`] if stdout fails.
pub fn run(began: Instant, program: &Program<'_>, options: &Options) -> Result<Exit, HostError> {
    let first_byte = FirstByte::default();
    let mut wasi = sandbox::grants(program, options, &["-n", "1", "--temperature", "0", PROMPT])?;
    wasi.stdout(first_byte.clone());
    let guest = Guest::new(program, &mut wasi, options.limits)?;
    let ready = began.elapsed();
    guest.run()?;

    let printed = MemoryOutputPipe::new(CAPACITY);
    let mut wasi = sandbox::grants(program, options, &options.guest_args)?;
    wasi.stdout(printed.clone()).inherit_stderr();
    let exit = Guest::new(program, &mut wasi, options.limits)?.run()?;

    let printed = printed.contents();
    let mut stdout = io::stdout();
    let written = match serde_json::from_slice::<Map<String, Value>>(&printed) {
        Ok(mut object) => {
            object.insert("ready_ms".into(), milliseconds(ready));
            if let Some(at) = first_byte.0.get() {
                object.insert(
                    "first_token_ms".into(),
                    milliseconds(at.duration_since(began)),
                );
            }
            if let Some(bytes) = peak_resident_bytes() {
                object.insert("resident_bytes".into(), bytes.into());
            }
            writeln!(stdout, "{}", Value::Object(object))
        }
        // The guest had something else to say.
        Err(_) => stdout.write_all(&printed),
    };
    match written {
        // Whoever closed stdout has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result.map_err(HostError::io("cannot write to stdout"))?,
    }
    Ok(exit)
}

/// To a tenth.
fn milliseconds(time: Duration) -> Value {
    ((time.as_secs_f64() * 1e4).round() / 10.0).into()
}

fn peak_resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

/// A stdout that only notes when the first byte arrives.
#[derive(Clone, Default)]
struct FirstByte(Arc<OnceLock<Instant>>);

impl IsTerminal for FirstByte {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for FirstByte {
    // Preview 1 writes through `p2_stream` alone.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for FirstByte {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !bytes.is_empty() {
            self.0.get_or_init(Instant::now);
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CAPACITY)
    }
}

#[async_trait]
impl Pollable for FirstByte {
    async fn ready(&mut self) {}
}
