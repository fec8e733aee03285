//! The command line: one place for every flag, its default and its help.

use std::{ffi::OsString, path::PathBuf};

use akio_agent::{Overflow, Params};
use akio_engine::sampler::Sampling;
use clap::{
    Args, CommandFactory, FromArgMatches, Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    Error,
    agent::AgentArgs,
    ask::Question,
    brought,
    constraint::Constrained,
    extract::Extract,
    pipe::{self, Pipe},
    redact::Redact,
};

const TEMPLATE: &str = "\
{name} {version}: {about}

Examples:
  akio \"What is the capital of France?\"
  akio -s \"Answer in one word.\" -n 8 -t 0 \"Is water wet?\"
  cat notes.txt | akio \"Summarise this in two sentences.\"
  akio chat
  akio --json --seed 7 \"Name a colour.\"
  akio --choice yes --choice no \"Is water wet?\"
  akio agent --tools calculate \"What is 15% of 80?\"
  akio info --verify
  akio ask --docs letters \"When is the rent due?\"
  akio memory --help
  akio redact examples/letter.txt
  akio extract --schema examples/invoice.schema.json examples/invoice.txt
Under a WASI runtime: wasmtime akio.wasm \"What is the capital of France?\"

{usage-heading} {usage}

{all-args}{after-help}";

pub(super) const SUBCOMMAND_TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

{all-args}{after-help}";

const AFTER_HELP: &str = "\
The prompt is the text of --file, of stdin unless it is a terminal, and of the argument, joined by
newlines. Without any of them, on a terminal, akio chats. Put -- before a prompt that begins with
a dash, and use -p for one that is the name of a command. The last of repeated flags wins. A model may
bring arguments of its own, which stand before those typed; akio info shows them.

Only the answer goes to stdout; everything else goes to stderr. Exit codes:
  0  done, also when the reader of stdout has gone
  1  usage: unknown flag, value out of range, empty prompt, text that is not UTF-8
  2  model: none inside, damaged, or the prompt does not fit into the context
  3  a file or stdin could not be read, or stdout could not be written
  4  a task of the agent took more calls than --max-steps allows
130  ended by Ctrl-C";

/// An offline AI agent in one file.
#[derive(Parser, Debug)]
#[command(
    name = "akio",
    version,
    about = "an offline AI agent in one file",
    help_template = TEMPLATE,
    after_help = AFTER_HELP,
    args_override_self = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    ask: Ask,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Answer one prompt (the same as no command)
    Run(Ask),
    /// Talk; every line is a message, /help lists what else a line can be
    Chat(Chat),
    /// Answer a question from the documents in a folder, with file and lines
    Ask(Question),
    /// Say what is inside: model, licence, hashes, sizes, build
    Info(Info),
    /// Show the tokens of a text
    Tokenize(Tokenize),
    /// Measure prefill and decode speed
    Bench(Bench),
    /// Do a task with tools: files, time, calculation, memory
    Agent(AgentArgs),
    /// Keep facts for the agent in a file of yours: add, list, search, delete
    Memory(Memory),
    /// Answer requests of a program: one JSON object a line on stdin, events on stdout
    #[command(help_template = SUBCOMMAND_TEMPLATE, after_help = pipe::HELP)]
    Pipe(Pipe),
    /// Mask names, addresses, numbers and ids in a text
    Redact(Redact),
    /// Read the values of a schema out of documents, as JSON Lines
    Extract(Extract),
}

/// One prompt, one answer.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, args_override_self = true)]
pub(crate) struct Ask {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    pub(crate) words: Option<String>,
    /// The prompt, as a flag
    #[arg(
        short,
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        conflicts_with = "words",
        help_heading = "Prompt"
    )]
    pub(crate) prompt: Option<String>,
    /// Text that comes before the rest of the prompt
    #[arg(short, long, value_name = "FILE", help_heading = "Prompt")]
    pub(crate) file: Option<PathBuf>,
    /// Continue the prompt as it is, without chat template and system prompt
    #[arg(long, conflicts_with_all = ["system", "system_file"], help_heading = "Prompt")]
    pub(crate) raw: bool,
    /// Print one JSON object at the end instead of text as it comes
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) answer: Answering,
}

/// A conversation.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, args_override_self = true)]
pub(crate) struct Chat {
    /// Append every message to this file (JSON Lines) and go on from what it holds
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) answer: Answering,
}

/// What is inside.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE)]
pub(crate) struct Info {
    /// Recompute the sha256 of the model
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the model's licence and notice in full
    #[arg(long, conflicts_with_all = ["verify", "json"])]
    pub(crate) license: bool,
}

/// Tokens of a text.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE)]
pub(crate) struct Tokenize {
    /// The text; stdin where it is left out
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// Print one JSON object: tokens, pieces
    #[arg(long)]
    pub(crate) json: bool,
}

/// Speed.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, args_override_self = true)]
pub(crate) struct Bench {
    /// Prompt tokens to evaluate behind the context
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = at_least_one)]
    pub(crate) prefill: usize,
    /// Tokens to generate behind the context
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    pub(crate) decode: usize,
    /// Tokens in the context before the measurement
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) context: usize,
    /// Measurements; the median counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = at_least_one)]
    pub(crate) repeat: usize,
    /// Measure the loops over weights and over keys and values instead, by themselves
    #[arg(long, conflicts_with_all = ["prefill", "decode", "context", "repeat"])]
    pub(crate) kernels: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the agent was asked to keep.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, after_help = MEMORY_HELP)]
pub(crate) struct Memory {
    #[command(subcommand)]
    pub(crate) verb: MemoryVerb,
}

const MEMORY_HELP: &str = "\
Examples:
  akio memory add \"The spare key is under the pot\" --memory facts.jsonl
  akio memory list --memory facts.jsonl
  akio memory search \"where is the key\" --memory facts.jsonl
  akio memory delete 1 --memory facts.jsonl
The sandbox must be granted the file's folder for writing, for example with --dir .:rw";

/// What to do with it.
#[derive(Subcommand, Debug)]
pub(crate) enum MemoryVerb {
    /// Keep a fact; prints it with its number
    Add {
        /// The fact, in one sentence
        text: String,
        #[command(flatten)]
        store: Store,
    },
    /// Show all facts with their numbers and dates
    List {
        #[command(flatten)]
        store: Store,
    },
    /// Show the facts with a word of the query, the best first
    Search {
        /// What to look for
        query: String,
        #[command(flatten)]
        store: Store,
    },
    /// Delete a fact by its number; nothing of its text stays in the file
    Delete {
        /// Its number, as list shows it
        id: u64,
        #[command(flatten)]
        store: Store,
    },
}

impl MemoryVerb {
    /// The file, and how to print.
    pub(crate) fn store(&self) -> &Store {
        match self {
            Self::Add { store, .. }
            | Self::List { store }
            | Self::Search { store, .. }
            | Self::Delete { store, .. } => store,
        }
    }
}

/// A memory file.
#[derive(Args, Debug)]
pub(crate) struct Store {
    /// The file that holds the facts (JSON Lines)
    #[arg(long, value_name = "FILE")]
    pub(crate) memory: PathBuf,
    /// Print JSON: one fact for add and delete, an array of facts for list and search
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to answer; shared by single prompts and conversations.
#[derive(Args, Debug)]
pub(crate) struct Answering {
    /// System prompt; an empty one leaves it out
    #[arg(
        short,
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        overrides_with = "system_file",
        help_heading = "Prompt"
    )]
    pub(crate) system: Option<String>,
    /// System prompt from a file
    #[arg(
        long,
        value_name = "FILE",
        overrides_with = "system",
        help_heading = "Prompt"
    )]
    pub(crate) system_file: Option<PathBuf>,
    /// Most new tokens of an answer; -1 for as many as the context holds
    #[arg(
        short = 'n', long, visible_aliases = ["n-predict", "predict"], value_name = "N",
        default_value_t = Params::default().max_tokens as i64, allow_negative_numbers = true,
        value_parser = clap::value_parser!(i64).range(-1..), help_heading = "Answer"
    )]
    max_tokens: i64,
    /// Text at which an answer ends, not printed; may be repeated
    #[arg(
        short = 'r',
        long,
        visible_alias = "reverse-prompt",
        value_name = "TEXT",
        allow_hyphen_values = true,
        help_heading = "Answer"
    )]
    stop: Vec<String>,
    /// Tokens of prompt and answer together [default: 4096 or the model's longest]; 0 for its longest
    #[arg(
        short,
        long,
        visible_alias = "ctx-size",
        value_name = "N",
        help_heading = "Answer"
    )]
    pub(crate) ctx: Option<usize>,
    /// When the context is full: end the answer (default), or drop the oldest turns (default in chat)
    #[arg(long, value_name = "POLICY", value_parser = overflow_parser(), help_heading = "Answer")]
    pub(crate) overflow: Option<Overflow>,
    #[command(flatten)]
    pub(crate) constrained: Constrained,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Say nothing on stderr but errors
    #[arg(short, long, overrides_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say speed, tokens and seed on stderr after an answer
    #[arg(
        short,
        long,
        visible_alias = "show-timings",
        overrides_with = "quiet",
        help_heading = "Output"
    )]
    pub(crate) verbose: bool,
}

/// How the next token is chosen.
#[derive(Args, Debug)]
#[command(next_help_heading = "Sampling")]
struct SamplingArgs {
    /// 0 always takes the likeliest token
    #[arg(short, long, visible_alias = "temp", value_name = "T", allow_negative_numbers = true, default_value_t = Sampling::default().temperature)]
    temperature: f32,
    /// Choose among the K likeliest tokens; 0 for all
    #[arg(long, value_name = "K", default_value_t = Sampling::default().top_k)]
    top_k: u32,
    /// Choose among the likeliest tokens whose probabilities add up to P; 1 for all
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = Sampling::default().top_p)]
    top_p: f32,
    /// Drop tokens less likely than P times the likeliest; 0 for none
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = Sampling::default().min_p)]
    min_p: f32,
    /// Make recent tokens less likely; 1 for no change
    #[arg(long, value_name = "X", allow_negative_numbers = true, default_value_t = Sampling::default().repeat_penalty)]
    repeat_penalty: f32,
    /// Subtracted from a token's logit for each time it occurred
    #[arg(long, value_name = "X", allow_negative_numbers = true, default_value_t = Sampling::default().frequency_penalty)]
    frequency_penalty: f32,
    /// Subtracted from a token's logit if it occurred
    #[arg(long, value_name = "X", allow_negative_numbers = true, default_value_t = Sampling::default().presence_penalty)]
    presence_penalty: f32,
    /// Added to the logit of a token, for example 198:-5; may be repeated
    #[arg(long, value_name = "ID:BIAS", value_parser = logit_bias)]
    logit_bias: Vec<(u32, f32)>,
    /// Same prompt, seed and file: same answer [default: random]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Answering {
    /// The parameters of an answer, and of its sampler with the seed where the caller gave none.
    pub(crate) fn params(&self, random_seed: u64) -> Params {
        let sampling = &self.sampling;
        Params {
            max_tokens: usize::try_from(self.max_tokens).unwrap_or(usize::MAX),
            stop: self.stop.clone(),
            sampling: Sampling {
                temperature: sampling.temperature,
                top_k: sampling.top_k,
                top_p: sampling.top_p,
                min_p: sampling.min_p,
                repeat_penalty: sampling.repeat_penalty,
                frequency_penalty: sampling.frequency_penalty,
                presence_penalty: sampling.presence_penalty,
                logit_bias: sampling.logit_bias.clone(),
                seed: sampling.seed.unwrap_or(random_seed),
                ..Sampling::default()
            },
            ..Params::default()
        }
    }
}

/// What a command line asks for.
pub(crate) enum Parsed {
    /// A command, and whether it was named.
    Command { command: Box<Command>, named: bool },
    /// Text for stdout: help or version.
    Text(String),
}

/// Reads a command line, program name first, with the arguments that the model brings.
pub(crate) fn parse(
    args: impl IntoIterator<Item = OsString>,
    brought: &[&str],
) -> Result<Parsed, Error> {
    let command = Cli::command();
    let mut line: Vec<OsString> = args.into_iter().collect();
    if !brought.is_empty() {
        line = brought::before(line, &command, brought)
            .map_err(|error| Error::Usage(format!("the model brings a wrong argument: {error}")))?;
    }
    let matches = match command.try_get_matches_from(line) {
        Ok(matches) => matches,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            return Ok(Parsed::Text(error.to_string()));
        }
        Err(error) => return Err(usage(&error)),
    };
    if let Some(name) = matches.subcommand_name()
        && matches.args_present()
    {
        return Err(Error::Usage(format!(
            "'{name}' is a command, and its flags come after it: akio {name} [FLAGS]; \
             to use the word as a prompt, write -p {name}"
        )));
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    let named = cli.command.is_some();
    let command = Box::new(cli.command.unwrap_or(Command::Run(cli.ask)));
    Ok(Parsed::Command { command, named })
}

fn usage(error: &clap::Error) -> Error {
    let said = one_paragraph(error);
    Error::Usage(format!("{said}; 'akio --help' explains every flag"))
}

/// clap's message without its layout: what is wrong, and what may have been meant.
pub(super) fn one_paragraph(error: &clap::Error) -> String {
    let text = error.to_string();
    let said: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    let said = said.join("; ");
    let said = said
        .strip_prefix("error: ")
        .unwrap_or(&said)
        .replace("; tip: ", "; ")
        .replace(":; ", ": ");
    // A second word where only a flag can follow: almost always a prompt without quotes.
    let hint = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word))
            if error.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') =>
        {
            "; a prompt of several words needs quotes"
        }
        _ => "",
    };
    said + hint
}

pub(super) fn overflow_parser() -> impl TypedValueParser<Value = Overflow> {
    PossibleValuesParser::new(["stop", "evict"]).map(|word| match word.as_str() {
        "evict" => Overflow::Evict,
        _ => Overflow::Stop,
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(value) => Ok(value),
        Err(_) => Err("must be a whole number".into()),
    }
}

fn logit_bias(text: &str) -> Result<(u32, f32), String> {
    let parsed = text
        .split_once(':')
        .and_then(|(id, bias)| Some((id.parse().ok()?, bias.parse().ok()?)));
    parsed.ok_or_else(|| "must be a token id and a number, for example 198:-5".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &[&str]) -> Result<(Command, bool), Error> {
        let args = ["akio"].iter().chain(line).map(OsString::from);
        match parse(args, &[])? {
            Parsed::Command { command, named } => Ok((*command, named)),
            Parsed::Text(text) => Err(Error::Usage(text)),
        }
    }

    fn ask(line: &[&str]) -> Ask {
        match command(line) {
            Ok((Command::Run(ask), _)) => ask,
            other => panic!("{line:?} gave {other:?}"),
        }
    }

    fn refusal(line: &[&str]) -> String {
        match command(line) {
            Err(Error::Usage(message)) => message,
            other => panic!("{line:?} gave {other:?}"),
        }
    }

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn prompt_is_an_argument_or_a_flag() {
        assert_eq!(ask(&["hello"]).words.as_deref(), Some("hello"));
        assert_eq!(ask(&["run", "hello"]).words.as_deref(), Some("hello"));
        assert_eq!(ask(&["--", "-5 + 3?"]).words.as_deref(), Some("-5 + 3?"));
        assert_eq!(ask(&["-p", "-5 + 3?"]).prompt.as_deref(), Some("-5 + 3?"));
        assert_eq!(ask(&["-p", "chat"]).prompt.as_deref(), Some("chat"));
        assert!(matches!(command(&["chat"]), Ok((Command::Chat(_), true))));
        assert!(matches!(command(&[]), Ok((Command::Run(_), false))));
    }

    #[test]
    fn names_of_other_tools_are_known() {
        let params = ask(&[
            "--n-predict",
            "5",
            "--temp",
            "0.5",
            "--top-k",
            "3",
            "--top-p",
            "0.8",
            "--min-p",
            "0.1",
            "--repeat-penalty",
            "1.1",
            "--frequency-penalty",
            "-0.5",
            "--presence-penalty",
            "0.25",
            "--logit-bias",
            "198:-5",
            "--logit-bias=7:inf",
            "--seed",
            "9",
            "--stop",
            "a",
            "-r",
            "b",
            "x",
        ])
        .answer
        .params(1);
        let expected = Params {
            max_tokens: 5,
            stop: vec!["a".into(), "b".into()],
            sampling: Sampling {
                temperature: 0.5,
                top_k: 3,
                top_p: 0.8,
                min_p: 0.1,
                repeat_penalty: 1.1,
                frequency_penalty: -0.5,
                presence_penalty: 0.25,
                logit_bias: vec![(198, -5.0), (7, f32::INFINITY)],
                seed: 9,
                ..Sampling::default()
            },
            ..Params::default()
        };
        assert_eq!(params, expected);
    }

    #[test]
    fn what_is_left_out_takes_its_default() {
        let expected = Params {
            sampling: Sampling {
                seed: 42,
                ..Sampling::default()
            },
            ..Params::default()
        };
        assert_eq!(ask(&["x"]).answer.params(42), expected);
    }

    #[test]
    fn minus_one_is_no_limit_of_tokens() {
        assert_eq!(
            ask(&["-n", "-1", "x"]).answer.params(0).max_tokens,
            usize::MAX
        );
        assert!(refusal(&["-n", "-2", "x"]).contains("--max-tokens"));
    }

    #[test]
    fn last_of_repeated_flags_wins() {
        let ask = ask(&[
            "-s", "a", "--system", "b", "-q", "-v", "-t", "1", "--temp", "0", "x",
        ]);
        assert_eq!(ask.answer.system.as_deref(), Some("b"));
        assert!(ask.answer.verbose && !ask.answer.quiet);
        assert_eq!(ask.answer.params(0).sampling.temperature, 0.0);
    }

    #[test]
    fn last_of_system_and_system_file_wins() {
        let by_file = ask(&["-s", "a", "--system-file", "b", "x"]).answer;
        assert_eq!(
            (by_file.system, by_file.system_file),
            (None, Some("b".into()))
        );
        let by_text = ask(&["--system-file", "b", "-s", "a", "x"]).answer;
        assert_eq!(
            (by_text.system.as_deref(), by_text.system_file),
            (Some("a"), None)
        );
    }

    #[test]
    fn refusals_are_one_paragraph_that_says_what_to_do() {
        for (line, part) in [
            (&["--tmp", "1", "x"][..], "'--temp'"),
            (&["two", "words"], "needs quotes"),
            (&["-t", "warm", "x"], "--temperature"),
            (&["--logit-bias", "198", "x"], "198:-5"),
            (&["-n", "5", "chat"], "akio chat [FLAGS]"),
            (&["--overflow", "grow", "x"], "stop, evict"),
            (&["bench", "--prefill", "0"], "at least 1"),
            (&["--raw", "-s", "a", "x"], "--raw"),
            (&["x", "-p", "y"], "--prompt"),
            (&["x", "-j", "{}", "--regex", "a"], "--regex"),
        ] {
            let message = refusal(line);
            assert!(message.contains(part), "{message}");
            assert!(!message.contains('\n'), "{message}");
            assert!(message.contains("akio"), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn arguments_that_are_not_utf8_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let args = [OsString::from("akio"), OsString::from_vec(vec![0xFF])];
        assert!(
            matches!(parse(args, &[]), Err(Error::Usage(message)) if message.contains("UTF-8"))
        );
    }

    #[test]
    fn help_begins_with_examples_and_names_the_exit_codes() {
        let Err(Error::Usage(help)) = command(&["--help"]) else {
            panic!("no help")
        };
        assert!(help.find("Examples:") < help.find("Usage:"));
        let (_, codes) = help.split_once("Exit codes:").unwrap();
        for code in ["  0  ", "  1  ", "  2  ", "  3  ", "130  "] {
            assert!(codes.contains(&format!("\n{code}")), "{code} in {codes}");
        }
    }
}
