//! How much of memory, output and time a guest may use.
//!
//! Memory and output are counted where the guest asks the host for them. Time is
//! not counted inside the module, since a check in every loop of the kernels would
//! cost speed on every run: a thread beside the guest waits, and then ends the
//! process. That also stops a guest that waits for input, which no check inside it
//! would.

use crate::error::HostError;
use crate::platform::TerminalMode;
use bytes::Bytes;
use std::fmt;
use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime::ResourceLimiter;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{WasiCtxBuilder, async_trait};

/// Most that a guest may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, and of tables.
    pub memory: usize,
    /// Bytes on stdout and stderr together; none for no limit.
    pub output: Option<u64>,
    /// From the start of the process; none for no limit.
    pub time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // All that a 32-bit module can address.
            memory: 4 << 30,
            output: None,
            time: None,
        }
    }
}

impl Limits {
    /// Ends the process when the time is over, the terminal being as it is now.
    ///
    /// # Errors
    /// [`HostError::Io`] where the system gives no thread.
    pub fn watch_time(&self) -> Result<(), HostError> {
        let Some(time) = self.time else {
            return Ok(());
        };
        let end = End::new();
        let watch = move || {
            thread::sleep(time);
            end.process(&HostError::TimeLimit(time))
        };
        thread::Builder::new()
            .spawn(watch)
            .map(drop)
            .map_err(HostError::io("cannot watch the time"))
    }

    /// Gives the guest this process's stdout and stderr.
    pub fn inherit_output(&self, wasi: &mut WasiCtxBuilder) {
        let Some(limit) = self.output else {
            wasi.inherit_stdout().inherit_stderr();
            return;
        };
        let left = Arc::new(AtomicU64::new(limit));
        wasi.stdout(Counted {
            stream: io::stdout,
            left: Arc::clone(&left),
        });
        wasi.stderr(Counted {
            stream: io::stderr,
            left,
        });
    }
}

/// The end of the process from another thread than the first, the terminal being as it was.
#[derive(Clone)]
pub struct End {
    terminal: TerminalMode,
}

impl End {
    /// With the terminal as it is now.
    pub fn new() -> Self {
        Self {
            terminal: TerminalMode::now(),
        }
    }

    /// Says why, and ends the process.
    pub fn process(&self, error: &HostError) -> ! {
        // The line editor may be reading.
        self.terminal.restore();
        let _ = writeln!(io::stderr(), "akio: {error}");
        process::exit(error.exit_code().into())
    }
}

/// A stream of the process that takes a number of bytes, and no more.
struct Counted<F> {
    stream: F,
    left: Arc<AtomicU64>,
}

impl<S: StdoutStream, F: Fn() -> S + Send> IsTerminal for Counted<F> {
    fn is_terminal(&self) -> bool {
        (self.stream)().is_terminal()
    }
}

impl<S: StdoutStream, F: Fn() -> S + Send> StdoutStream for Counted<F> {
    // Preview 1 writes through `p2_stream` alone.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(CountedStream {
            stream: (self.stream)().p2_stream(),
            left: Arc::clone(&self.left),
        })
    }
}

struct CountedStream {
    stream: Box<dyn OutputStream>,
    left: Arc<AtomicU64>,
}

impl OutputStream for CountedStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let left = self.left.load(Ordering::Relaxed);
        let allowed = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.left
            .store(left.saturating_sub(allowed as u64), Ordering::Relaxed);
        self.stream.write(bytes.slice(..allowed))?;
        if allowed < bytes.len() {
            self.stream.flush()?;
            return Err(StreamError::Trap(OutputExceeded.into()));
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }
}

#[async_trait]
impl Pollable for CountedStream {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

/// The guest wanted to print more than it may.
#[derive(Debug)]
pub struct OutputExceeded;

impl fmt::Display for OutputExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it printed more than it may")
    }
}

impl std::error::Error for OutputExceeded {}

/// Refuses memory beyond a limit and remembers that it did.
pub struct MemoryLimit {
    limit: usize,
    refused: Option<usize>,
}

impl MemoryLimit {
    /// Allows `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            refused: None,
        }
    }

    /// What was refused last, if anything was.
    pub fn error(&self) -> Option<HostError> {
        self.refused.map(|wanted| HostError::MemoryLimit {
            wanted,
            limit: self.limit,
        })
    }

    fn allows(&mut self, bytes: usize) -> bool {
        let allowed = bytes <= self.limit;
        if !allowed {
            self.refused = Some(bytes);
        }
        allowed
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.allows(desired))
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Tables are the host's memory too: a pointer for each element.
        Ok(self.allows(desired.saturating_mul(size_of::<usize>())))
    }
}
