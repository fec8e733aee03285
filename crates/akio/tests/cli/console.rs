//! Runs command lines on the tiny model with streams of the test's own.

use std::{
    ffi::OsString,
    fs,
    io::{self, BufRead, Cursor, Read, Write},
    sync::LazyLock,
};

use akio::{
    cli::{self, Console, Input},
    embedded::SlotError,
};
use akio_engine::packed::Packed;
use akio_pack::files::AlignedBytes;
use rustix::io::Errno;

/// The tiny model, packed.
pub static TINY: LazyLock<AlignedBytes> = LazyLock::new(|| bringing(&[]));

/// The tiny model, packed with arguments that it brings.
pub fn bringing(args: &[&str]) -> AlignedBytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/tiny/tiny.gguf");
    let gguf = fs::read(path).expect("the tiny model is committed");
    let options = akio_pack::Options {
        source: "tiny.gguf".into(),
        name: Some("tiny".into()),
        license: Some("MIT".into()),
        notice: Some("Made of noise.".into()),
        args: Some(args.iter().map(|arg| (*arg).to_owned()).collect()),
        ..akio_pack::Options::default()
    };
    let packing =
        akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {}).expect("the tiny model packs");
    AlignedBytes::copy_from(&packing.blob)
}

/// What a command left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

/// A command line and the streams around it.
pub struct Akio<'t> {
    args: Vec<OsString>,
    stdin: &'t [u8],
    stdin_is_terminal: bool,
    stderr_is_terminal: bool,
    /// How often the terminal is polled before a line is there.
    typed_after: usize,
    model: Result<&'t [u8], SlotError>,
}

pub fn akio<'t>(args: &[&str]) -> Akio<'t> {
    Akio {
        args: ["akio"].iter().chain(args).map(OsString::from).collect(),
        stdin: b"",
        stdin_is_terminal: false,
        stderr_is_terminal: false,
        typed_after: usize::MAX,
        model: Ok(TINY.as_slice()),
    }
}

impl<'t> Akio<'t> {
    pub fn stdin(mut self, bytes: &'t [u8]) -> Self {
        self.stdin = bytes;
        self
    }

    pub fn on_a_terminal(mut self) -> Self {
        self.stdin_is_terminal = true;
        self.stderr_is_terminal = true;
        self
    }

    pub fn stderr_on_a_terminal(mut self) -> Self {
        self.stderr_is_terminal = true;
        self
    }

    pub fn typed_after(mut self, polls: usize) -> Self {
        self.typed_after = polls;
        self
    }

    pub fn model(mut self, model: Result<&'t [u8], SlotError>) -> Self {
        self.model = model;
        self
    }

    pub fn run(self) -> Ran {
        let mut stdout = Vec::new();
        let (code, stderr) = self.run_into(&mut stdout);
        Ran {
            code,
            stdout: String::from_utf8(stdout).expect("stdout is UTF-8"),
            stderr,
        }
    }

    /// Runs with another stdout; the exit code and stderr.
    pub fn run_into(self, stdout: &mut dyn Write) -> (u8, String) {
        let mut stderr = Vec::new();
        let console = Console {
            input: Box::new(Script {
                text: Cursor::new(self.stdin),
                polls_left: self.typed_after,
            }),
            output: Box::new(stdout),
            diagnostics: Box::new(&mut stderr),
            input_is_terminal: self.stdin_is_terminal,
            diagnostics_is_terminal: self.stderr_is_terminal,
            quiet: false,
        };
        let model = self
            .model
            .and_then(|bytes| Packed::open(bytes).map_err(SlotError::Pack));
        let code = cli::run(self.args, model, console);
        (code, String::from_utf8(stderr).expect("stderr is UTF-8"))
    }
}

/// A stdout that fails.
pub struct Broken(pub Errno);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is typed, and when.
struct Script<'t> {
    text: Cursor<&'t [u8]>,
    polls_left: usize,
}

impl Input for Script<'_> {
    fn is_ready(&mut self) -> bool {
        let ready = self.polls_left == 0;
        self.polls_left = self.polls_left.checked_sub(1).unwrap_or(usize::MAX);
        ready
    }
}

impl Read for Script<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

impl BufRead for Script<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.text.consume(amount);
    }
}
