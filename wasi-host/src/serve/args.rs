//! The command line of `akio serve`.

use crate::error::HostError;
use clap::Parser;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Limits of the host hold here too:
      --max-memory <SIZE>   Most memory of one instance [default: 4G]
      --timeout <DURATION>  Most time of one answer, waiting not counted [default: 10m]

Examples:
  akio serve
  akio serve --port 9000 --web dist/web
  AKIO_API_KEY=secret akio serve --host 0.0.0.0
Clients that speak OpenAI's API take http://127.0.0.1:8080/v1 as their base URL.

Ctrl-C and SIGTERM let answers in progress end for --grace seconds; a second one ends them at once.";

/// Answer over HTTP, in the shape of OpenAI's API
#[derive(Parser, Debug, Clone)]
#[command(name = "serve", bin_name = "akio serve", after_help = AFTER_HELP, max_term_width = 100)]
pub struct Args {
    /// Address to listen on; other machines reach only addresses other than the default
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on; 0 for any free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Key that requests must give as `Authorization: Bearer KEY` [default: $AKIO_API_KEY, or none]
    #[arg(long, value_name = "KEY")]
    pub api_key: Option<String>,
    /// Folder whose files are served at /, for example the page in dist/web
    #[arg(long, value_name = "DIR")]
    pub web: Option<PathBuf>,
    /// Answers that are computed at the same time [default: number of cores]
    #[arg(long, value_name = "N")]
    pub parallel: Option<NonZeroUsize>,
    /// Requests that may wait for their turn; more are refused with status 503
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub queue: usize,
    /// Conversations whose instances stay in memory for their next message
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub keep: usize,
    /// Tokens of prompt and answer together [default: 4096 or the model's longest]; 0 for its longest
    #[arg(short, long, visible_alias = "ctx-size", value_name = "N")]
    pub ctx: Option<usize>,
    /// Most tokens of an answer, whatever a request asks for [default: as many as the context holds]
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Seconds that answers in progress have when the server is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub grace: u64,
}

impl Args {
    /// Reads what follows `serve`; none if help was asked for and printed.
    ///
    /// # Errors
    /// [`HostError::Usage`].
    pub fn parse(args: &[String]) -> Result<Option<Self>, HostError> {
        crate::commands::parse(args)
    }
}
