//! `akio pipe`: answers to a program, one JSON object a line in each direction.
//!
//! The requests are those of the page's module, and so are the events. One conversation after the other
//! goes through the same session, which keeps the keys and values of a common beginning.

use akio_agent::{Options, Overflow, Session};
use akio_engine::packed::Packed;
use clap::Args;
use serde::Serialize;

use super::{Console, Error, context, random_seed};
use crate::json::{EventJson, Request, call::CallError};

/// How the requests are answered.
#[derive(Args, Debug)]
pub(crate) struct Pipe {
    /// Tokens of prompt and answer together [default: 4096 or the model's longest]; 0 for its longest
    #[arg(short, long, visible_alias = "ctx-size", value_name = "N")]
    ctx: Option<usize>,
    /// When the context is full: end the answer, or drop the oldest turns
    #[arg(long, value_name = "POLICY", value_parser = super::args::overflow_parser(), default_value = "stop")]
    overflow: Overflow,
}

pub(super) const HELP: &str = "\
Each line on stdin is a request: an object with \"messages\" (a list of \"role\" and \"content\")
or \"raw\" (a text to continue). It may have max_tokens, stop, temperature, top_k, top_p, min_p,
repeat_penalty, frequency_penalty, presence_penalty, logit_bias, seed, prefix, response_format and
call (task, tool, required, tools); else their defaults hold.
Each line on stdout is an event with a \"type\":
  prefill   \"done\" of \"total\" prompt tokens have been read
  text      a piece of the answer, and its \"token\"
  overflow  the oldest messages, \"evicted\" in number, were dropped
  done      the answer has ended: \"reason\" (stop, length, context), rest of the \"text\", tokens, or
            the \"call\" that is to be made instead, with \"tool\" and \"arguments\"
  error     there is no answer, or no more of it: \"code\" and \"message\"
Every request ends with one done or error. The command ends when stdin does.

Example:
  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}' | akio pipe";

/// An answer that was not given.
#[derive(Serialize)]
#[serde(tag = "type", rename = "error")]
struct ErrorJson<'a> {
    code: &'a str,
    message: String,
}

pub(super) fn run(
    packed: &Packed<'_>,
    args: &Pipe,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let options = Options {
        context: context(packed, args.ctx)?,
        overflow: args.overflow,
    };
    let mut session = Session::open(*packed, options)?;
    loop {
        let answered = match console.read_line() {
            Ok(None) => return Ok(()),
            Ok(Some(line)) if line.trim().is_empty() => continue,
            Ok(Some(line)) => answer(&mut session, &line, console),
            Err(error) => Err(error),
        };
        let error = match answered {
            Ok(()) => continue,
            Err(Error::Usage(message)) => ErrorJson {
                code: "bad_request",
                message,
            },
            Err(Error::Agent(error)) => ErrorJson {
                code: error.code(),
                message: error.to_string(),
            },
            Err(error) => return Err(error),
        };
        print(&error, console)?;
    }
}

fn answer(session: &mut Session<'_>, line: &str, console: &mut Console<'_>) -> Result<(), Error> {
    let mut request: Request = serde_json::from_str(line)
        .map_err(|error| Error::Usage(format!("the request cannot be read: {error}")))?;
    if let Some(call) = request.tool_call.take()
        && let Some(called) = call.run(*session.packed())?
    {
        return print(&EventJson::from(called), console);
    }
    let (prompt, params) = request
        .into_parts(random_seed()?)
        .map_err(|error| Error::Usage(error.to_string()))?;
    session.start(prompt, params)?;
    loop {
        let event = EventJson::from(session.next()?);
        print(&event, console)?;
        if matches!(event, EventJson::Done { .. }) {
            return Ok(());
        }
    }
}

fn print(line: &impl Serialize, console: &mut Console<'_>) -> Result<(), Error> {
    let json = serde_json::to_string(line).map_err(|error| Error::Model(error.to_string()))?;
    console.print(&(json + "\n"))
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Tool(error) => Self::Usage(error.to_string()),
            CallError::Agent(error) => error.into(),
        }
    }
}
