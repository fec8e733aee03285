//! Answers that cannot be anything else: JSON under a schema, an expression, a grammar, a choice.
//!
//! 1. A [`Constraint`] compiles into one kind of grammar over bytes.
//! 2. A [`Matcher`] follows an answer: which tokens of the [`Vocabulary`] may come next, which text has
//!    to come, and whether it is complete.
//! 3. The [`Generator`](crate::Generator) masks the logits before the sampler sees them, and evaluates
//!    text that has to come like a prompt.
//!
//! An answer always fits into its limit of tokens: one that could no longer be completed is not begun.

mod automaton;
mod characters;
mod disjoint;
mod gbnf;
mod grammar;
mod json;
mod json_number;
mod json_schema;
mod matcher;
mod regex;
mod schema;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::{fmt, rc::Rc};

use grammar::{Builder, Grammar};
pub use json::{MAX_ITEMS, MAX_STRING};
pub use matcher::{Allowed, Matcher};
pub use schema::Schema;
pub use vocabulary::Vocabulary;

/// Choices of more bytes together are refused.
const MAX_CHOICES: usize = 1 << 20;

/// What an answer has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// Compact JSON that is valid under this schema, members in its order.
    JsonSchema(Schema),
    /// Any JSON object, compact.
    JsonObject,
    /// A text that this regular expression matches as a whole.
    Regex(String),
    /// A text of the rule `root` of this grammar, in llama.cpp's notation (GBNF).
    Grammar(String),
    /// One of these texts.
    Choice(Vec<String>),
}

/// A constraint that can be matched.
#[derive(Clone, Debug)]
pub struct Compiled(Rc<Grammar>);

impl Constraint {
    /// Compiles the constraint.
    ///
    /// # Errors
    /// [`ConstraintError`] says what is wrong and where, or what is not supported.
    pub fn compile(&self) -> Result<Compiled, ConstraintError> {
        let grammar = match self {
            Self::JsonSchema(schema) => json_schema::compile(schema)?,
            Self::JsonObject => json_schema::any_object()?,
            Self::Grammar(text) => gbnf::compile(text)?,
            Self::Regex(pattern) => {
                let mut to = Builder::default();
                let root = regex::whole(pattern, &mut to)?;
                to.finish(root)?
            }
            Self::Choice(texts) => {
                if texts.is_empty() || texts.iter().any(String::is_empty) {
                    return Err(ConstraintError::EmptyChoice);
                }
                if texts.iter().map(String::len).sum::<usize>() > MAX_CHOICES {
                    return Err(ConstraintError::TooLarge);
                }
                let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
                let mut to = Builder::default();
                let root = to.choice(&texts);
                to.finish(root)?
            }
        };
        Ok(Compiled(Rc::new(grammar)))
    }
}

/// What is wrong with a constraint, or with an answer under it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstraintError {
    /// A JSON Schema cannot be kept to.
    Schema {
        /// JSON pointer into the schema; empty for the whole.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
    /// A regular expression cannot be read or is not supported.
    Regex {
        /// The character, from 1.
        at: usize,
        /// What is wrong there.
        message: String,
    },
    /// A grammar cannot be read or is not supported.
    Grammar {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// There is nothing to choose from, or one of the choices is empty.
    EmptyChoice,
    /// It is larger than akio compiles.
    TooLarge,
    /// No text fulfils it.
    NothingFits,
    /// There are too many ways to read the text so far.
    TooComplex,
    /// The shortest text that fulfils it may need more tokens than there may be.
    Budget {
        /// Tokens that are needed, at most.
        needed: usize,
        /// Tokens that there may be.
        tokens: usize,
    },
    /// A token came that the constraint does not allow: the parameters of sampling leave no other.
    NotAllowed,
}

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema { pointer, message } => {
                let pointer = if pointer.is_empty() { "it" } else { pointer };
                write!(f, "the JSON Schema cannot be used: {pointer} {message}")
            }
            Self::Regex { at, message } => write!(
                f,
                "the regular expression cannot be used: at character {at}: {message}"
            ),
            Self::Grammar { line, message } => {
                write!(f, "the grammar cannot be used: in line {line}: {message}")
            }
            Self::EmptyChoice => write!(f, "there must be a choice, and none may be empty"),
            Self::TooLarge => write!(f, "the constraint is too large; make it smaller"),
            Self::NothingFits => write!(f, "no text can fulfil the constraint"),
            Self::TooComplex => write!(
                f,
                "the constraint has too many ways to read the text so far; make it less ambiguous"
            ),
            Self::Budget { needed, tokens } => write!(
                f,
                "the shortest answer that fulfils the constraint needs up to {needed} tokens, and there \
                 is room for {tokens}: raise the limit of tokens or the context"
            ),
            Self::NotAllowed => write!(
                f,
                "no token that the constraint allows can be chosen: take out the biases that exclude them"
            ),
        }
    }
}

impl std::error::Error for ConstraintError {}
