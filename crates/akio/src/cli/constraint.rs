//! What an answer has to be: the flags, and the constraint that they ask for.

use std::path::PathBuf;

use akio_agent::{Constraint, Schema};
use akio_engine::EngineError;
use clap::Args;

use super::{Error, prompt::read_file};

/// At most one of them.
#[derive(Args, Debug, Default)]
#[group(multiple = false)]
#[command(next_help_heading = "Constraint, one of")]
pub(crate) struct Constrained {
    /// Answer with JSON that is valid under this JSON Schema; {} for any JSON
    #[arg(short, long, value_name = "SCHEMA")]
    json_schema: Option<String>,
    /// The same with the schema from a file
    #[arg(long, value_name = "FILE")]
    json_schema_file: Option<PathBuf>,
    /// Answer with a text that this regular expression matches as a whole
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    regex: Option<String>,
    /// Answer with a text of this grammar, in llama.cpp's notation (GBNF)
    #[arg(long, value_name = "GRAMMAR")]
    grammar: Option<String>,
    /// The same with the grammar from a file
    #[arg(long, value_name = "FILE")]
    grammar_file: Option<PathBuf>,
    /// Answer with one of these texts; give it for each of them
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    choice: Vec<String>,
}

impl Constrained {
    /// The constraint, if there is one, after a look at whether it can be kept to.
    pub(crate) fn read(&self) -> Result<Option<Constraint>, Error> {
        let schema = |text: &str| {
            let schema = Schema::parse(text).map_err(EngineError::from)?;
            Ok::<_, Error>(Constraint::JsonSchema(schema))
        };
        let constraint = if let Some(text) = &self.json_schema {
            schema(text)?
        } else if let Some(path) = &self.json_schema_file {
            schema(&read_file(path)?)?
        } else if let Some(pattern) = &self.regex {
            Constraint::Regex(pattern.clone())
        } else if let Some(text) = &self.grammar {
            Constraint::Grammar(text.clone())
        } else if let Some(path) = &self.grammar_file {
            Constraint::Grammar(read_file(path)?)
        } else if !self.choice.is_empty() {
            Constraint::Choice(self.choice.clone())
        } else {
            return Ok(None);
        };
        constraint.compile().map_err(EngineError::from)?;
        Ok(Some(constraint))
    }
}
