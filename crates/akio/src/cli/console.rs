//! stdin, stdout and stderr as the commands see them; tests pass their own.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::{Error, stdin};

/// Most bytes taken from stdin or a file: far more than any context holds, far less than memory.
const MAX_TEXT: u64 = 16 << 20;

/// Where text comes from.
pub trait Input: BufRead {
    /// Whether a read would return at once.
    fn is_ready(&mut self) -> bool;
}

/// The three streams of a process, and which of them a person sits at.
pub struct Console<'a> {
    /// stdin.
    pub input: Box<dyn Input + 'a>,
    /// stdout: the answer and nothing else.
    pub output: Box<dyn Write + 'a>,
    /// stderr: everything else.
    pub diagnostics: Box<dyn Write + 'a>,
    /// stdin is a terminal.
    pub input_is_terminal: bool,
    /// stderr is a terminal.
    pub diagnostics_is_terminal: bool,
    /// Only errors are to be said.
    pub quiet: bool,
}

impl Console<'static> {
    /// The streams of this process.
    pub fn of_process() -> Self {
        Self {
            input: Box::new(stdin::of_process()),
            output: Box::new(io::stdout()),
            diagnostics: Box::new(io::stderr()),
            input_is_terminal: io::stdin().is_terminal(),
            diagnostics_is_terminal: io::stderr().is_terminal(),
            quiet: false,
        }
    }
}

impl Console<'_> {
    /// Writes a piece of the answer and sends it off at once.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Error> {
        self.output
            .write_all(text.as_bytes())
            .and_then(|()| self.output.flush())
            .map_err(|error| match is_closed(&error) {
                true => Error::ClosedPipe,
                false => Error::io("stdout", error),
            })
    }

    /// Says something that is not the answer, unless that is unwanted.
    pub(super) fn note(&mut self, text: &str) {
        if !self.quiet {
            self.say(&format!("{text}\n"));
        }
    }

    /// Writes to stderr. Nobody can be told where that fails.
    pub(super) fn say(&mut self, text: &str) {
        let _ = self.diagnostics.write_all(text.as_bytes());
        let _ = self.diagnostics.flush();
    }

    /// Shows how much of the prompt is read, on one line of a terminal.
    pub(super) fn progress(&mut self, done: usize, total: usize) {
        self.step(&format!("reading the prompt: {done} of {total} tokens"));
    }

    /// Shows how far something is, on one line of a terminal.
    pub(super) fn step(&mut self, text: &str) {
        if self.diagnostics_is_terminal && !self.quiet {
            self.say(&format!("\r{text}"));
        }
    }

    /// Removes the line of [`step`](Self::step).
    pub(super) fn end_progress(&mut self) {
        if self.diagnostics_is_terminal && !self.quiet {
            self.say("\r\x1b[K");
        }
    }

    /// The next line without its end, or `None` at the end of stdin. On a terminal a line that ends
    /// with a backslash goes on in the next one; the native host sends pasted lines like that.
    pub(super) fn read_line(&mut self) -> Result<Option<String>, Error> {
        let mut input = (&mut self.input).take(MAX_TEXT);
        let mut line = Vec::new();
        loop {
            let read = input
                .read_until(b'\n', &mut line)
                .map_err(|error| Error::io("stdin", error))?;
            if line.is_empty() {
                return Ok(None);
            }
            if line.len() as u64 == MAX_TEXT {
                // What follows is no line of its own.
                return Err(Error::io("stdin", io::ErrorKind::FileTooLarge.into()));
            }
            while line.pop_if(|byte| matches!(byte, b'\r' | b'\n')).is_some() {}
            let goes_on = self.input_is_terminal && read > 0 && line.ends_with(b"\\");
            if !goes_on {
                return utf8("a line of stdin", line).map(Some);
            }
            line.pop();
            line.push(b'\n');
        }
    }

    /// All of stdin.
    pub(super) fn read_all(&mut self) -> Result<String, Error> {
        read_text("stdin", &mut self.input)
    }
}

/// Whether nobody reads a stream any more.
fn is_closed(error: &io::Error) -> bool {
    // What wasmtime makes of a closed pipe.
    #[cfg(target_os = "wasi")]
    if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::IO) {
        return true;
    }
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Reads a text to its end.
pub(super) fn read_text(name: &str, from: impl Read) -> Result<String, Error> {
    utf8(name, read_bytes(name, from)?)
}

/// Reads bytes to their end.
pub(super) fn read_bytes(name: &str, from: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    from.take(MAX_TEXT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io(name, error))?;
    if bytes.len() as u64 > MAX_TEXT {
        return Err(Error::Usage(format!(
            "{name} is longer than {} MiB, which no context holds; pass a part of it",
            MAX_TEXT >> 20
        )));
    }
    Ok(bytes)
}

/// The text that the bytes hold.
pub(super) fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        Error::Usage(format!(
            "{name} is not valid UTF-8 from byte {} on; convert the text to UTF-8 first",
            error.utf8_error().valid_up_to()
        ))
    })
}
