//! Stdin from a person: lines edited on the terminal.
//!
//! A guest that never reads never starts the line editor, and Ctrl-C ends it as
//! it ends any program. Once it has read a line it is a conversation: Ctrl-C
//! during an answer then gives the guest an empty line, which it finds when it
//! polls stdin between two tokens, and takes as the wish to stop the answer.

use crate::cache;
use crate::platform;
use bytes::Bytes;
use rustyline::DefaultEditor;
use rustyline::config::{Behavior, Config};
use rustyline::error::ReadlineError;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncRead;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

const PROMPT: &str = "> ";

/// Exit code of a program that Ctrl-C ended, as shells have it.
pub const INTERRUPTED: i32 = 130;

/// A guest that polls for longer than this waits for a line.
const PATIENCE: Duration = Duration::from_millis(5);

/// The terminal as the guest's stdin. Clones share its input.
#[derive(Clone, Default)]
pub struct Terminal(Arc<Mutex<Lines>>);

impl Terminal {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Terminal {
    fn is_terminal(&self) -> bool {
        true
    }
}

impl StdinStream for Terminal {
    // Preview 1 reads through `p2_stream` alone.
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl InputStream for Terminal {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.lines().take(size)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        let mut lines = self.lines();
        lines.fill();
        lines.take(size)
    }
}

#[async_trait]
impl Pollable for Terminal {
    async fn ready(&mut self) {
        if !self.lines().has_input() {
            // A poll that does not wait is over before this is,
            tokio::time::sleep(PATIENCE).await;
            // or, where the system was busy elsewhere for so long, now.
            tokio::task::yield_now().await;
            self.lines().fill();
        }
    }
}

/// What the person has typed and the guest has not read yet.
#[derive(Default)]
struct Lines {
    editor: Option<LineEditor>,
    unread: Bytes,
    closed: bool,
}

impl Lines {
    fn has_input(&self) -> bool {
        let interrupted = |editor: &LineEditor| editor.interrupted.load(Ordering::Relaxed);
        self.closed || !self.unread.is_empty() || self.editor.as_ref().is_some_and(interrupted)
    }

    /// Waits until there is something to read: blocks the thread, which has nothing else to do.
    fn fill(&mut self) {
        if self.has_input() {
            return;
        }
        let line = match &mut self.editor {
            Some(editor) => editor.read_line(),
            None => LineEditor::new().and_then(|editor| self.editor.insert(editor).read_line()),
        };
        match line {
            Some(line) => self.unread = line.into(),
            None => self.closed = true,
        }
    }

    fn take(&mut self, size: usize) -> StreamResult<Bytes> {
        if let Some(editor) = &self.editor
            && editor.interrupted.swap(false, Ordering::Relaxed)
        {
            self.unread = Bytes::from_static(b"\n");
        }
        if self.unread.is_empty() && self.closed {
            return Err(StreamError::Closed);
        }
        Ok(self.unread.split_to(size.min(self.unread.len())))
    }
}

/// The line editor with its history, and Ctrl-C while it does not read.
struct LineEditor {
    editor: DefaultEditor,
    history: Option<PathBuf>,
    interrupted: Arc<AtomicBool>,
}

impl LineEditor {
    fn new() -> Option<Self> {
        // The terminal itself rather than stdout, which may be a file.
        let config = Config::builder()
            .behavior(Behavior::PreferTerm)
            .auto_add_history(true)
            .build();
        let mut editor = DefaultEditor::with_config(config).ok()?;
        let history = history_file();
        if let Some(history) = &history {
            // There is none before the first time.
            let _ = editor.load_history(history);
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        platform::flag_interrupts(Arc::clone(&interrupted), INTERRUPTED).ok()?;
        Some(Self {
            editor,
            history,
            interrupted,
        })
    }

    /// A line with its line feed; none at the end of the input. Where a pasted
    /// text has several lines, all but the last end with a backslash, which the
    /// guest takes for "and the next".
    fn read_line(&mut self) -> Option<String> {
        let mut cleared = false;
        loop {
            match self.editor.readline(PROMPT) {
                Ok(line) => {
                    if let Some(history) = &self.history {
                        // Without it the history ends with the program.
                        let _ = self.editor.append_history(history);
                    }
                    return Some(line.replace('\n', "\\\n") + "\n");
                }
                Err(ReadlineError::Interrupted) if !cleared => {
                    cleared = true;
                    let _ = writeln!(
                        io::stderr(),
                        "(Ctrl-C again or Ctrl-D ends the conversation)"
                    );
                }
                Err(_) => return None,
            }
        }
    }
}

/// Where earlier lines are kept, if the cache can be written.
fn history_file() -> Option<PathBuf> {
    let dir = cache::dir()?;
    platform::create_private(&dir).ok()?;
    Some(dir.join("history"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;
    use std::thread;
    use tokio::runtime::Builder;
    use tokio::task::yield_now;

    #[test]
    fn a_poll_that_the_system_held_up_does_not_wait_for_a_line() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut terminal = Terminal::default();
            let mut ready = terminal.ready();
            // The other end of such a poll: a clock that is ready the second time.
            for _ in 0..2 {
                let polled = poll_fn(|context| Poll::Ready(ready.as_mut().poll(context))).await;
                assert_eq!(polled, Poll::Pending);
                thread::sleep(PATIENCE * 4);
                yield_now().await;
            }
        });
    }
}
