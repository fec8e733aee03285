//! What can go wrong in a session.

use std::fmt;

use akio_engine::{EngineError, packed::PackError};

/// An error of a session. The session survives it, and the conversation is as it was before the turn.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AgentError {
    /// The model, its tokenizer or a sampling parameter is at fault, or the prompt is empty or too long.
    Engine(EngineError),
    /// The model's chat template cannot be read, or it refuses this conversation.
    Template {
        /// Line of the template, from 1.
        line: Option<usize>,
        /// What the template engine or the template itself says.
        message: String,
    },
    /// A stop string is empty and would end every answer at once.
    EmptyStop,
    /// Stop strings could end an answer before it fulfils its constraint.
    StopUnderConstraint,
    /// The messages use every one of the 32 noncharacters U+FDD0 to U+FDEF.
    NoMarkLeft,
    /// No answer is in progress.
    NotStarted,
}

impl AgentError {
    /// A stable name for programs, for example `prompt_too_long`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => match error {
                EngineError::EmptyPrompt => "empty_prompt",
                EngineError::PromptTooLong { .. } => "prompt_too_long",
                EngineError::Context { .. }
                | EngineError::UnknownToken { .. }
                | EngineError::Sampling { .. } => "bad_request",
                EngineError::Constraint(_) => "bad_constraint",
                _ => "bad_model",
            },
            Self::Template { .. } => "bad_template",
            Self::EmptyStop | Self::StopUnderConstraint | Self::NoMarkLeft => "bad_request",
            Self::NotStarted => "not_started",
        }
    }
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::Template {
                line: Some(line),
                message,
            } => {
                write!(
                    f,
                    "the model's chat template fails at line {line}: {message}"
                )
            }
            Self::Template {
                line: None,
                message,
            } => write!(f, "the model's chat template fails: {message}"),
            Self::EmptyStop => write!(f, "a stop string must not be empty"),
            Self::StopUnderConstraint => write!(
                f,
                "an answer under a constraint ends when it is complete; leave the stop strings out"
            ),
            Self::NoMarkLeft => {
                write!(
                    f,
                    "the messages use all of the noncharacters U+FDD0 to U+FDEF; remove one of them"
                )
            }
            Self::NotStarted => write!(f, "no answer is in progress: start one first"),
        }
    }
}

impl std::error::Error for AgentError {}

impl From<EngineError> for AgentError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<PackError> for AgentError {
    fn from(error: PackError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<minijinja::Error> for AgentError {
    fn from(error: minijinja::Error) -> Self {
        let message = match error.detail() {
            Some(detail) => detail.into(),
            None => error.kind().to_string(),
        };
        Self::Template {
            line: error.line(),
            message,
        }
    }
}
