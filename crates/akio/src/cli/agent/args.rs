//! The flags of `akio agent`.

use std::path::PathBuf;

use akio_agent::{agent::AgentOptions, tools::BUILT_IN};
use clap::{Args, builder::PossibleValuesParser};

use crate::cli::args::SUBCOMMAND_TEMPLATE;

const HELP: &str = "\
Examples:
  akio agent --tools calculate \"What is 15% of 80?\"
  akio agent --tools get_datetime --dry-run --json \"Which day is it at UTC+2?\"
  akio agent --tools read_file,grep_search --dir examples \"Which files mention the deposit?\"
Tools: calculate, edit_file, file_glob_search, get_datetime, grep_search, read_file, recall, remember,
search_documents, write_file. edit_file, remember and write_file change something: each such call is shown
and asked for on a terminal, and refused where there is none, unless --yes is given.

The native host grants the folders of --dir, for writing with :rw, and tells the tools of them. Under
another runtime its own flag grants them, and --dir behind the module names those that differ from .";

/// A task for the agent.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, after_help = HELP, args_override_self = true)]
pub(crate) struct AgentArgs {
    /// The task
    #[arg(value_name = "TASK")]
    pub(super) task: Option<String>,
    /// The task, or text that comes before it, from a file
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Tools that may be used: names with commas between them, or all
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(BUILT_IN.into_iter().chain(["all"])),
        hide_possible_values = true,
        help_heading = "Permissions"
    )]
    pub(super) tools: Vec<String>,
    /// A folder that the tools may see; may be repeated
    #[arg(long, value_name = "FOLDER", help_heading = "Permissions")]
    pub(super) dir: Vec<PathBuf>,
    /// The file in which remember and recall keep facts
    #[arg(long, value_name = "FILE", help_heading = "Permissions")]
    pub(super) memory: Option<PathBuf>,
    /// Make calls that change something without asking
    #[arg(short, long, overrides_with_all = ["deny", "confirm"], help_heading = "Permissions")]
    pub(super) yes: bool,
    /// Refuse calls that change something
    #[arg(long, overrides_with_all = ["yes", "confirm"], help_heading = "Permissions")]
    pub(super) deny: bool,
    /// Ask before each call that changes something (default on a terminal)
    #[arg(long, overrides_with_all = ["yes", "deny"], help_heading = "Permissions")]
    pub(super) confirm: bool,
    /// Say which tool would be called with what, and call none
    #[arg(long, help_heading = "Output")]
    pub(super) dry_run: bool,
    /// Print one JSON object: answer, steps, finish_reason; with --dry-run tool, arguments
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    /// Append the task, every step and the answer to this file (JSON Lines), and go on from what it holds
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) session: Option<PathBuf>,
    /// Make the recorded calls of --session again that change nothing, and say which results differ
    #[arg(long, requires = "session", conflicts_with_all = ["dry_run", "task"], help_heading = "Output")]
    pub(super) replay: bool,
    /// Most calls for the task
    #[arg(long, value_name = "N", default_value_t = AgentOptions::default().max_steps, help_heading = "Answer")]
    pub(super) max_steps: usize,
    /// Most tokens of the answer
    #[arg(short = 'n', long, value_name = "N", default_value_t = AgentOptions::default().max_tokens, help_heading = "Answer")]
    pub(super) max_tokens: usize,
    /// Tokens of prompt and answer together [default: 4096 or the model's longest]; 0 for its longest
    #[arg(
        short,
        long,
        visible_alias = "ctx-size",
        value_name = "N",
        help_heading = "Answer"
    )]
    pub(super) ctx: Option<usize>,
    /// Say nothing on stderr but errors and questions
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
}
