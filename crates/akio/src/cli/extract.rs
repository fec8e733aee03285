//! `akio extract`: values of a schema out of documents, as JSON Lines.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use akio_agent::{
    Options, Session, documents,
    extract::{Extractor, Judge, ModelJudge, object},
};
use akio_engine::packed::Packed;
use clap::Args;
use serde_json::Value;

use super::{
    Console, Error, args::SUBCOMMAND_TEMPLATE, console::read_bytes, error::Access, prompt,
};
use crate::{embedded::SlotError, json::agent::extraction};

/// Values of a schema out of documents.
#[derive(Args, Debug)]
#[command(help_template = SUBCOMMAND_TEMPLATE, after_help = HELP)]
pub(crate) struct Extract {
    /// The documents: text, Markdown, HTML, CSV, JSON; - is stdin, as text
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// JSON Schema of an object, with described properties
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// Print with each object where its values stand: file, line, text
    #[arg(long)]
    spans: bool,
    /// Leave close calls to the rules, without the model
    #[arg(long)]
    no_model: bool,
}

const HELP: &str = "\
Examples:
  akio extract --schema examples/invoice.schema.json examples/invoice.txt
  akio extract --schema examples/invoice.schema.json --spans examples/invoice.txt
Prints one JSON object a file (JSON Lines), which is valid under the schema. Values are copied from
the document; dates become YYYY-MM-DD, amounts JSON numbers. What the document does not say is null
where the schema allows it. Properties are strings (also with format date, time, email, uri, or an
enum), numbers, integers, booleans, and arrays of them. The sandbox must be granted the files'
folder, with --dir .";

pub(super) fn run(
    args: &Extract,
    model: Result<Packed<'_>, SlotError>,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let name = args.schema.display();
    let schema: Value = serde_json::from_str(&prompt::read_file(&args.schema)?)
        .map_err(|error| Error::Usage(format!("{name} is not JSON: {error}")))?;
    let extractor =
        Extractor::new(&schema).map_err(|error| Error::Usage(format!("{name}: {error}")))?;
    let mut session = if args.no_model {
        None
    } else {
        Some(Session::open(model?, Options::default())?)
    };
    for path in &args.files {
        let (name, text) = read(path, console)?;
        let mut judge = session.as_mut().map(ModelJudge::new);
        let judge = judge.as_mut().map(|judge| judge as &mut dyn Judge);
        let found = extractor
            .extract(&text.text, judge)
            .map_err(|error| Error::Usage(format!("{name}: {error}")))?;
        let line = if args.spans {
            extraction(&name, &found, &text)
        } else {
            object(&found)
        };
        console.print(&format!("{line}\n"))?;
    }
    Ok(())
}

fn read(path: &Path, console: &mut Console<'_>) -> Result<(String, documents::Text), Error> {
    let name = path.display().to_string();
    let bytes = if path == Path::new("-") {
        console.read_all()?.into_bytes()
    } else {
        let file = File::open(path).map_err(|error| Error::file(path, Access::Read, error))?;
        read_bytes(&name, file)?
    };
    let text = documents::read(&name, &bytes).map_err(|error| Error::Usage(error.to_string()))?;
    Ok((name, text))
}
