//! `akio ask`: a question to a folder of documents.

use std::path::PathBuf;

use akio_agent::{
    Options, Overflow, Session,
    documents::{self, Folder, Progress},
};
use akio_engine::packed::Packed;
use clap::Args;
use serde_json::json;

use super::{Console, Error, files::Files};

/// A question to documents.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct Question {
    /// The question
    #[arg(value_parser = question)]
    pub(crate) question: String,
    /// Folder of the documents, or one of them
    #[arg(long, value_name = "DIR")]
    pub(crate) docs: PathBuf,
    /// Print one JSON object: answer, found, citations
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing on stderr but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

const HELP: &str = "\
Examples:
  akio ask --docs examples/documents \"How high is the deposit for the flat?\"
  akio ask --docs examples/documents --json \"Who services the boiler?\"
The sandbox must be granted the folder, for example with --dir examples; with --dir examples:rw an index
is kept in it, and the next question need not read all files again.";

fn question(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("the question is empty"),
        question => Ok(question.into()),
    }
}

pub(super) fn run(
    packed: &Packed<'_>,
    args: &Question,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    console.quiet = args.quiet;
    let (mut world, name) = Files::around(&args.docs)?;
    let mut show = |progress: Progress| console.step(&progress.to_string());
    let folder = Folder::open(&name, &mut world, &mut show);
    console.end_progress();
    let folder = folder?;
    folder.keep(&mut world);
    for file in folder.left_out() {
        console.note(&format!("left out {file}"));
    }
    if folder.is_empty() {
        return Err(Error::Usage(format!(
            "there are no documents in {name}: text, Markdown, HTML, CSV or JSON"
        )));
    }
    let options = Options {
        context: 0,
        overflow: Overflow::Stop,
    };
    let mut session = Session::open(*packed, options)?;
    let mut show = |progress: Progress| console.step(&progress.to_string());
    let answer = documents::ask(&mut session, &folder, &args.question, &mut world, &mut show);
    console.end_progress();
    let answer = answer?;
    if args.json {
        let citations: Vec<_> = answer
            .citations
            .iter()
            .map(|citation| {
                json!({
                    "file": citation.file,
                    "start_line": citation.start_line,
                    "end_line": citation.end_line,
                })
            })
            .collect();
        let object = json!({"answer": answer.text, "found": answer.found, "citations": citations});
        return console.print(&format!("{object}\n"));
    }
    console.print(&format!("{}\n", answer.text))?;
    for citation in &answer.citations {
        console.print(&format!("\n{citation}\n"))?;
        for line in &citation.passage {
            console.print(&format!("  {line}\n"))?;
        }
    }
    Ok(())
}
