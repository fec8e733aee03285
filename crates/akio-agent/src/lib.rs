//! Conversation to answer: the chat template, the turns and what happens when the context is full.
//!
//! [`Session`] holds a conversation and steps through an answer; [`template`] renders the prompt as the
//! model was trained to read it; `control` keeps what people write from becoming control tokens.
//! [`agent`] does tasks with tools, of which [`choose`] finds the right one.
//! [`tools`] are what the agent can do besides talking, [`documents`] reads a person's papers and answers from
//! them, and [`memory`] is what it was asked to keep. [`redact`] finds what is personal in a text, [`extract`]
//! the values of a schema, both by what [`reading`] sees in it. [`prefixes()`] evaluates the beginnings of prompts
//! once for all.
//!
//! No clock, randomness, file or print: the shells pass those in.

#![forbid(unsafe_code)]

pub mod agent;
pub mod choose;
mod control;
pub mod documents;
pub mod error;
pub mod extract;
pub mod memory;
pub mod message;
mod prefixes;
pub mod reading;
pub mod redact;
mod request;
pub mod session;
pub mod template;
pub mod tools;

pub use agent::Agent;
use akio_engine::packed::{PackError, Packed, tag};
pub use akio_engine::{
    constraint::{Constraint, ConstraintError, Schema},
    sampler::Sampling,
};
pub use error::AgentError;
pub use message::{Message, Role};
pub use prefixes::prefixes;
pub use session::{Event, Finish, FinishReason, Options, Overflow, Params, Prompt, Session};

/// The system prompt that a model brings, else [`DEFAULT_SYSTEM`].
///
/// # Errors
/// `Malformed` if it is not UTF-8.
pub fn default_system<'a>(packed: &Packed<'a>) -> Result<&'a str, PackError> {
    match packed.section(tag::SYSTEM) {
        Some(_) => packed.text(tag::SYSTEM),
        None => Ok(DEFAULT_SYSTEM),
    }
}

/// The system prompt of a new session. A name in it makes small models ramble. Without a word on the
/// language, SmolLM2 begins one in five answers to an English question about France in French.
pub const DEFAULT_SYSTEM: &str =
    "You are a helpful assistant. Give short, correct answers in the language of the question.";
