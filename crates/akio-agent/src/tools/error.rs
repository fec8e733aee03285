//! What can go wrong with a tool. The text goes back to the model, so it says what to do instead.

use std::fmt;

use super::world::{WorldError, WorldErrorKind};

/// An error of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolError {
    /// No such tool was granted.
    Unknown {
        /// What was called.
        name: String,
        /// What could have been.
        granted: Vec<String>,
    },
    /// The arguments do not follow the schema.
    Arguments {
        /// JSON pointer into the arguments.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
    /// The text is not a path that is ever allowed.
    Path {
        /// The text.
        path: String,
        /// Why not.
        message: &'static str,
    },
    /// The path is outside of the granted folders.
    Outside {
        /// The path.
        path: String,
        /// The folders.
        granted: Vec<String>,
    },
    /// Nothing is there.
    NotFound {
        /// The path.
        path: String,
        /// Files that are there and have a similar name.
        near: Vec<String>,
    },
    /// A folder where a file is needed.
    IsFolder(String),
    /// A file where a folder is needed, or something that is neither.
    NotAFolder(String),
    /// The file is more than a result may hold, and no part was asked for.
    TooLong {
        /// The path.
        path: String,
        /// How many lines it has.
        lines: usize,
        /// How many of them fit.
        fit: usize,
    },
    /// The file or text is larger than any tool takes.
    TooLarge {
        /// The path.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not text.
    Binary(String),
    /// The file is text in another encoding, or damaged.
    NotUtf8 {
        /// The path.
        path: String,
        /// The line with the first wrong byte, from 1.
        line: usize,
    },
    /// The file has no such lines.
    Lines {
        /// The path.
        path: String,
        /// How many lines it has.
        lines: usize,
    },
    /// The pattern cannot be read.
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why not.
        message: String,
    },
    /// An edit cannot be applied.
    Edit {
        /// The path.
        path: String,
        /// Which edit, from 1.
        edit: usize,
        /// Why not.
        message: String,
    },
    /// The expression cannot be calculated.
    Calculation {
        /// The expression.
        expression: String,
        /// Why not.
        message: String,
    },
    /// The time cannot be given in this way.
    Time(String),
    /// The memory cannot be read or written.
    Memory(String),
    /// The shell or the system refused.
    World(WorldError),
    /// A tool of somebody else's failed, in its own words.
    Failed(String),
}

impl ToolError {
    /// A stable name for programs, for example `not_found`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_tool",
            Self::Arguments { .. } => "bad_arguments",
            Self::Path { .. } => "bad_path",
            Self::Outside { .. } => "not_granted",
            Self::NotFound { .. } => "not_found",
            Self::IsFolder(_) => "is_folder",
            Self::NotAFolder(_) => "not_a_folder",
            Self::TooLong { .. } | Self::TooLarge { .. } => "too_large",
            Self::Binary(_) => "binary",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Lines { .. } => "no_such_lines",
            Self::Pattern { .. } => "bad_pattern",
            Self::Edit { .. } => "bad_edit",
            Self::Calculation { .. } => "bad_expression",
            Self::Time(_) => "bad_time",
            Self::Memory(_) => "memory",
            Self::World(error) => match error.kind {
                WorldErrorKind::NotFound => "not_found",
                WorldErrorKind::NotGranted => "not_granted",
                WorldErrorKind::Full => "too_large",
                WorldErrorKind::Other => "io",
            },
            Self::Failed(_) => "failed",
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, granted } if granted.is_empty() => {
                write!(f, "there is no tool {name}; none was granted")
            }
            Self::Unknown { name, granted } => {
                write!(
                    f,
                    "there is no tool {name}; there is {}",
                    granted.join(", ")
                )
            }
            Self::Arguments { pointer, message } if pointer.is_empty() => {
                write!(f, "the arguments are wrong: they {message}")
            }
            Self::Arguments { pointer, message } => {
                write!(f, "the arguments are wrong: {pointer} {message}")
            }
            Self::Path { path, message } => write!(f, "{path:?} is not a path: {message}"),
            Self::Outside { path, granted } if granted.is_empty() => {
                write!(
                    f,
                    "{path} cannot be opened: no folder was granted; tell the person"
                )
            }
            Self::Outside { path, granted } => write!(
                f,
                "{path} is outside of what was granted: {}",
                granted.join(", ")
            ),
            Self::NotFound { path, near } if near.is_empty() => {
                write!(f, "there is no {path}")
            }
            Self::NotFound { path, near } => {
                write!(f, "there is no {path}; did you mean {}?", near.join(" or "))
            }
            Self::IsFolder(path) => {
                write!(f, "{path} is a folder; list it with file_glob_search")
            }
            Self::NotAFolder(path) => write!(f, "{path} is not a folder"),
            Self::TooLong { path, lines, fit } => write!(
                f,
                "{path} has {lines} lines, and about {fit} fit; read a part with start_line and \
                 end_line, or search it with grep_search"
            ),
            Self::TooLarge { path, limit } => {
                write!(f, "{path} is larger than {} MiB", limit >> 20)
            }
            Self::Binary(path) => write!(f, "{path} is not a text file"),
            Self::NotUtf8 { path, line } => {
                write!(f, "{path} is not UTF-8 text from line {line} on")
            }
            Self::Lines { path, lines } => {
                write!(
                    f,
                    "{path} has only {lines} lines; ask for lines 1 to {lines}"
                )
            }
            Self::Pattern { pattern, message } => {
                write!(f, "the pattern {pattern:?} cannot be read: {message}")
            }
            Self::Edit {
                path,
                edit,
                message,
            } => {
                write!(
                    f,
                    "{path} was not changed: old_text of edit {edit} {message}"
                )
            }
            Self::Calculation {
                expression,
                message,
            } => write!(f, "{expression:?} cannot be calculated: {message}"),
            Self::Time(message) | Self::Memory(message) | Self::Failed(message) => {
                f.write_str(message)
            }
            Self::World(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ToolError {}

impl From<WorldError> for ToolError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}

/// Why a tool cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The name is not one: letters, digits, `_` and `-`, 64 at most.
    Name(String),
    /// A tool of this name was granted before.
    Taken(String),
    /// The schema of the arguments is wrong, or it uses what cannot be checked.
    Schema {
        /// The tool.
        name: String,
        /// JSON pointer into the schema.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
}

impl GrantError {
    /// JSON pointer to what is wrong with the schema, if that is it.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Schema { pointer, .. } => Some(pointer),
            Self::Name(_) | Self::Taken(_) => None,
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "{name:?} is not a tool's name: use letters, digits, _ and -, 64 at most"
            ),
            Self::Taken(name) => write!(f, "the tool {name} was granted twice"),
            Self::Schema {
                name,
                pointer,
                message,
            } => write!(f, "the schema of the tool {name}: {pointer}: {message}"),
        }
    }
}

impl std::error::Error for GrantError {}
