//! Why a command ended early, what is said about it, and the exit code.

use std::{io, path::Path};

use akio_agent::{AgentError, tools::ToolError};
use akio_engine::{EngineError, packed::PackError};

use super::native_host;
use crate::embedded::SlotError;

/// An error of the command.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line or the text given to it is at fault.
    Usage(String),
    /// There is no model, or it is damaged.
    Model(String),
    /// The agent could not answer.
    Agent(AgentError),
    /// A tool's error that no model sees.
    Tool(ToolError),
    /// Something could not be read or written.
    Io {
        /// File or stream.
        what: String,
        /// The system's reason.
        error: io::Error,
    },
    /// A task of the agent took as many calls as it may.
    Steps(usize),
    /// The reader of stdout has gone: nothing is wrong, but nothing is left to do.
    ClosedPipe,
}

/// What a file is opened for.
#[derive(Clone, Copy)]
pub(super) enum Access {
    Read,
    Write,
}

impl Access {
    /// The flag that grants it. The native host's grants are read-only unless they say otherwise.
    fn flag(self, native_host: bool) -> &'static str {
        match self {
            Self::Write if native_host => "--dir .:rw",
            Self::Read | Self::Write => "--dir .",
        }
    }
}

impl Error {
    pub(super) fn io(what: impl Into<String>, error: io::Error) -> Self {
        Self::Io {
            what: what.into(),
            error,
        }
    }

    /// A file that could not be opened or read. A WASI host shows the module only what it was told to.
    pub(super) fn file(path: &Path, access: Access, error: io::Error) -> Self {
        let what = if cfg!(target_os = "wasi") {
            let flag = access.flag(native_host().is_some());
            format!(
                "{} (the host must grant its directory, for example with {flag})",
                path.display()
            )
        } else {
            path.display().to_string()
        };
        Self::Io { what, error }
    }

    pub(super) fn empty_prompt() -> Self {
        Self::Usage("the prompt is empty; give it as an argument, with --file or on stdin".into())
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Usage(_) => 1,
            Self::Model(_) => 2,
            Self::Agent(error)
                if matches!(
                    error.code(),
                    "bad_request" | "bad_constraint" | "empty_prompt"
                ) =>
            {
                1
            }
            Self::Agent(_) => 2,
            Self::Tool(ToolError::World(_)) => 3,
            Self::Tool(_) => 1,
            Self::Io { .. } => 3,
            Self::Steps(_) => 4,
        }
    }

    /// Whether a conversation can go on after it.
    pub(super) fn is_survivable(&self) -> bool {
        matches!(self, Self::Agent(_))
    }

    /// One paragraph: what, where, what to do.
    pub(super) fn message(&self) -> String {
        match self {
            Self::ClosedPipe => "the reader of the answer has gone".into(),
            Self::Usage(message) | Self::Model(message) => message.clone(),
            Self::Agent(error) => error.to_string(),
            Self::Tool(error) => error.to_string(),
            Self::Io { what, error } => format!("{what}: {error}"),
            Self::Steps(steps) => {
                format!("the task was given up after {steps} calls; --max-steps allows more")
            }
        }
    }
}

impl From<AgentError> for Error {
    fn from(error: AgentError) -> Self {
        Self::Agent(error)
    }
}

impl From<ToolError> for Error {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        Self::Agent(AgentError::Engine(error))
    }
}

impl From<PackError> for Error {
    fn from(error: PackError) -> Self {
        Self::Model(error.to_string())
    }
}

impl From<SlotError> for Error {
    fn from(error: SlotError) -> Self {
        Self::Model(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_native_host_must_be_told_that_a_file_is_written() {
        assert_eq!(Access::Read.flag(true), "--dir .");
        assert_eq!(Access::Write.flag(true), "--dir .:rw");
        assert_eq!(Access::Read.flag(false), "--dir .");
        assert_eq!(Access::Write.flag(false), "--dir .");
    }
}
