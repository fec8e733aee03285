//! One instance of the module: a process of its own that answers one request after the other.
//!
//! The process is this executable with the command `pipe`. It maps the same file as all others, so the
//! weights are in memory once; what it writes, its keys and values included, no other process can
//! read; and to end it, whatever it is doing, is to end the process.

use crate::platform;
use akio_openai::{ApiError, Done};
use serde::Deserialize;
use serde_json::Value;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Most of an instance's last words that are passed on, in bytes.
const LAST_WORDS: u64 = 2048;

/// How instances are started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// This executable.
    pub program: PathBuf,
    /// Most bytes of linear memory.
    pub max_memory: usize,
    /// What a sealed model is opened with, if not with a passphrase in the environment.
    pub key_file: Option<PathBuf>,
    /// Arguments of `pipe`.
    pub args: Vec<String>,
}

/// An event of an answer, as the module prints it.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A part of the prompt has been read.
    Prefill {},
    /// A piece of the answer.
    Text {
        /// The piece; may be empty.
        text: String,
    },
    /// The oldest messages were dropped.
    Overflow {},
    /// The answer has ended.
    Done(Done),
    /// There is no answer, or no more of it.
    Error {
        /// A stable name.
        code: String,
        /// What is wrong.
        message: String,
    },
}

/// A running instance. It ends when this is dropped.
pub struct Instance {
    process: Child,
    requests: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
    /// The conversation that it holds, up to its last answer.
    pub said: Vec<Value>,
}

impl Instance {
    /// Starts an instance that holds no conversation.
    ///
    /// # Errors
    /// Where the system gives no process.
    pub fn start(launch: &Launch) -> io::Result<Self> {
        let mut process = launch
            .command("pipe")
            .args(&launch.args)
            .stdin(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("a stream of the instance is missing");
        let events = process.stdout.take().ok_or_else(missing)?;
        Ok(Self {
            requests: process.stdin.take().ok_or_else(missing)?,
            events: BufReader::new(events).lines(),
            errors: process.stderr.take().ok_or_else(missing)?,
            process,
            said: Vec::new(),
        })
    }

    /// Asks for an answer.
    ///
    /// # Errors
    /// [`ApiError`] if the instance has ended.
    pub async fn ask(&mut self, request: &Value) -> Result<(), ApiError> {
        let line = format!("{request}\n");
        match self.requests.write_all(line.as_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.last_words().await),
        }
    }

    /// The next event of the answer.
    ///
    /// # Errors
    /// [`ApiError`] if the instance has ended.
    pub async fn next(&mut self) -> Result<Event, ApiError> {
        match self.events.next_line().await {
            Ok(Some(line)) => serde_json::from_str(&line).map_err(|why| {
                ApiError::failed(format!("the instance said what is no event: {why}"))
            }),
            _ => Err(self.last_words().await),
        }
    }

    /// Why the instance ended.
    async fn last_words(&mut self) -> ApiError {
        let mut said = Vec::new();
        // If they cannot be read, there is still the exit code.
        let _ = (&mut self.errors)
            .take(LAST_WORDS)
            .read_to_end(&mut said)
            .await;
        let said = String::from_utf8_lossy(&said);
        let said = said.trim();
        let said = said.strip_prefix("akio: ").unwrap_or(said);
        ApiError::failed(match self.process.wait().await {
            Ok(status) if said.is_empty() => format!("the instance ended: {status}"),
            _ => format!("the instance ended: {said}"),
        })
    }
}

impl Launch {
    /// What the module says about itself and its model.
    ///
    /// # Errors
    /// What it said instead, or where the system gives no process.
    pub async fn info(&self) -> Result<Value, String> {
        let output = self
            .command("info")
            .arg("--json")
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|why| why.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim();
            return Err(said.strip_prefix("akio: ").unwrap_or(said).to_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(key_file) = &self.key_file {
            command.arg("--key-file").arg(key_file);
        }
        // The server ends its instances itself.
        platform::shield_from_interrupt(&mut command)
            .arg(format!("--max-memory={}", self.max_memory))
            // The conversations share the processors.
            .arg("--threads=1")
            .arg(name)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}
