//! `akio redact`: texts with masks in the place of what is personal.

use std::path::{Path, PathBuf};

use akio_agent::redact;
use clap::Args;
use serde_json::json;

use super::{
    Console, Error,
    args::SUBCOMMAND_TEMPLATE,
    console::{read_bytes, utf8},
    error::Access,
};

/// What is personal in a text.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, after_help = HELP)]
pub(crate) struct Redact {
    /// The texts; - is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a file (JSON Lines): file, text, spans with kind, start, end, line
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  akio redact examples/letter.txt
  akio redact --json examples/letter.txt
  echo \"Call Ada Lovelace on +44 20 7946 0018\" | akio redact -
Masks are [NAME], [ADDRESS], [PHONE], [EMAIL], [IBAN], [CARD], [URL], [IP], [ID] and [DATE_OF_BIRTH].
Rules find them, and rules overlook things: read what you pass on. start and end are bytes of the
text that was read, line counts from 1. The sandbox must be granted the files' folder, with --dir .";

pub(super) fn run(args: &Redact, console: &mut Console<'_>) -> Result<(), Error> {
    for path in &args.files {
        let (name, text) = read(path, console)?;
        let spans = redact::find(&text);
        let masked = redact::mask(&text, &spans);
        if !args.json {
            let end = if masked.is_empty() || masked.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            console.print(&format!("{masked}{end}"))?;
            continue;
        }
        let mut line = 1;
        let mut from = 0;
        let spans: Vec<_> = spans
            .iter()
            .map(|span| {
                line += text
                    .get(from..span.start)
                    .map_or(0, |text| text.matches('\n').count());
                from = span.start;
                json!({ "kind": span.kind, "start": span.start, "end": span.end, "line": line })
            })
            .collect();
        let object = json!({ "file": name, "text": masked, "spans": spans });
        console.print(&format!("{object}\n"))?;
    }
    Ok(())
}

fn read(path: &Path, console: &mut Console<'_>) -> Result<(String, String), Error> {
    if path == Path::new("-") {
        return Ok(("-".into(), console.read_all()?));
    }
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| Error::file(path, Access::Read, error))?;
    let text = utf8(&name, read_bytes(&name, file)?)?;
    Ok((name, text))
}
