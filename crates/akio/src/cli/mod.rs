//! The command: `akio "prompt"`, `chat`, `agent`, `ask`, `info`, `tokenize`, `bench`, `memory`, `redact`,
//! `extract`, `pipe`.
//!
//! [`run`] reads the command line (`args`), gathers the prompt (`prompt`), opens a session on the
//! model and streams an answer (`stream`); everything it touches comes in as arguments, so that
//! tests drive it natively.

mod agent;
mod answer;
mod args;
mod ask;
mod bench;
mod brought;
mod chat;
mod console;
mod constraint;
mod error;
mod extract;
mod files;
mod inspect;
mod kernels;
mod memory;
mod pipe;
mod prompt;
mod redact;
mod session_file;
#[cfg_attr(windows, path = "stdin_windows.rs")]
mod stdin;
mod stream;

use std::{env, ffi::OsString, io};

use akio_agent::{Options, Overflow, Session};
use akio_engine::packed::Packed;

use crate::embedded::SlotError;
use args::{Answering, Command, Parsed};
pub use brought::ArgumentError;
pub use console::{Console, Input};
use error::Error;

/// The whole command line, for who describes it: manuals and completions.
pub fn command() -> clap::Command {
    <args::Cli as clap::CommandFactory>::command()
}

/// Whether a model can bring these arguments, to stand before those of the command line.
///
/// # Errors
/// What is wrong with the first that is not taken.
pub fn check_arguments(args: &[&str]) -> Result<(), ArgumentError> {
    brought::check(&command(), args)
}

/// Runs one command line, program name first, and returns the exit code: 0 done, 1 usage, 2 model,
/// 3 input or output, 4 too many steps.
pub fn run<'a>(
    args: impl IntoIterator<Item = OsString>,
    model: Result<Packed<'a>, SlotError>,
    mut console: Console<'_>,
) -> u8 {
    let brought = match &model {
        Ok(packed) => packed.args().map_err(Error::from),
        Err(_) => Ok(Vec::new()),
    };
    let brings_some = matches!(&brought, Ok(brought) if !brought.is_empty());
    match brought.and_then(|brought| dispatch(args, &brought, model, &mut console)) {
        Ok(()) => 0,
        Err(error) => {
            let hint = match error.exit_code() {
                1 if brings_some => "; akio info shows the arguments that the model brings",
                _ => "",
            };
            if !matches!(error, Error::ClosedPipe) {
                console.say(&format!("akio: {}{hint}\n", error.message()));
            }
            error.exit_code()
        }
    }
}

fn dispatch<'a>(
    args: impl IntoIterator<Item = OsString>,
    brought: &[&str],
    model: Result<Packed<'a>, SlotError>,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let (command, named) = match args::parse(args, brought)? {
        Parsed::Text(text) => return console.print(&text),
        Parsed::Command { command, named } => (command, named),
    };
    // What is remembered, and what is personal, is no matter of the model; values can be read without it.
    match &*command {
        Command::Memory(args) => return memory::run(args, console),
        Command::Redact(args) => return redact::run(args, console),
        Command::Extract(args) => return extract::run(args, model, console),
        _ => {}
    }
    let packed = model?;
    match *command {
        Command::Run(ask) => {
            console.quiet = ask.answer.quiet;
            match prompt::gather(&ask, console)? {
                Some(prompt) => answer::run(&packed, &ask, prompt, console),
                None if !named && !ask.raw && !ask.json => chat::run(
                    &packed,
                    &args::Chat {
                        session: None,
                        answer: ask.answer,
                    },
                    console,
                ),
                None => Err(Error::empty_prompt()),
            }
        }
        Command::Chat(chat) => {
            console.quiet = chat.answer.quiet;
            chat::run(&packed, &chat, console)
        }
        Command::Agent(args) => agent::run(&packed, &args, console),
        Command::Ask(question) => ask::run(&packed, &question, console),
        Command::Info(args) => inspect::info(&packed, &args, console),
        Command::Tokenize(args) => inspect::tokenize(&packed, &args, console),
        Command::Bench(args) => bench::run(&packed, &args, console),
        Command::Memory(args) => memory::run(&args, console),
        Command::Pipe(args) => pipe::run(&packed, &args, console),
        Command::Redact(args) => redact::run(&args, console),
        Command::Extract(args) => extract::run(&args, Ok(packed), console),
    }
}

/// Opens a session with the context and the overflow policy asked for.
fn open_session<'a>(
    packed: &Packed<'a>,
    answer: &Answering,
    overflow: Overflow,
) -> Result<Session<'a>, Error> {
    let context = context(packed, answer.ctx)?;
    let overflow = answer.overflow.unwrap_or(overflow);
    Ok(Session::open(*packed, Options { context, overflow })?)
}

/// The context that `--ctx` asks for.
fn context(packed: &Packed<'_>, asked: Option<usize>) -> Result<usize, Error> {
    Ok(match asked {
        Some(0) => packed.config()?.seq_len as usize,
        Some(context) => context,
        None => Options::default().context,
    })
}

/// The system prompt asked for, if one was.
fn system_prompt(answer: &Answering) -> Result<Option<String>, Error> {
    match (&answer.system, &answer.system_file) {
        (Some(text), _) => Ok(Some(text.clone())),
        (None, Some(path)) => Ok(Some(prompt::read_file(path)?)),
        (None, None) => Ok(None),
    }
}

/// A seed nobody chose. It stays below 2^53 so that every JSON reader gets it back unchanged.
fn random_seed() -> Result<u64, Error> {
    let random =
        getrandom::u64().map_err(|error| Error::io("random numbers", io::Error::other(error)))?;
    Ok(random >> 11)
}

/// The native host that runs this module, as it introduces itself.
fn native_host() -> Option<String> {
    env::var("AKIO_HOST").ok()
}
