//! `akio info` and `akio tokenize`: what is inside, and how it reads a text.

use akio_engine::{
    packed::{Packed, tag},
    tokenizer::{Special, Tokenizer},
};
use serde_json::json;

use super::{Console, Error, args};
use crate::{info::Info, threads};

pub(super) fn info(
    packed: &Packed<'_>,
    args: &args::Info,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    if args.license {
        let notice = packed.text(tag::NOTICE)?;
        let text = if notice.is_empty() {
            packed.text(tag::LICENSE)?
        } else {
            notice
        };
        return console.print(&format!("{}\n", text.trim_end()));
    }
    let info = Info::of(packed)?;
    if args.verify {
        packed.verify()?;
    }
    if args.json {
        let mut object = serde_json::to_value(&info).unwrap_or_default();
        if args.verify {
            object["verified"] = true.into();
        }
        object["threads"] = threads::number().into();
        object["args"] = packed.args()?.into();
        return console.print(&format!("{object}\n"));
    }
    let memory = match info.linear_memory_bytes {
        Some(bytes) => format!("{:.1} MiB of linear memory", bytes as f64 / 1_048_576.0),
        None => "native, no linear memory".into(),
    };
    let arguments = match &*packed.args_line()? {
        "" => String::new(),
        line => format!("arguments     {line}\n"),
    };
    console.print(&format!(
        "\
model         {}
licence       {} (in full: akio info --license)
architecture  {}
tensors       {}
packed        {:.1} MB, sha256 {}{}
source        {}
              sha256 {}
context       {} tokens at most
vocabulary    {} tokens
{arguments}akio          {}, {}, {memory}, {}
",
        info.name,
        info.license,
        info.architecture,
        // One line for each type.
        info.tensors.replace('\n', "\n              "),
        info.packed_bytes as f64 / 1e6,
        info.sha256,
        if args.verify { " (verified)" } else { "" },
        info.source,
        info.source_sha256,
        info.context,
        info.vocab_size,
        info.version,
        info.build,
        match threads::number() {
            1 => "1 thread".into(),
            number => format!("{number} threads"),
        },
    ))
}

pub(super) fn tokenize(
    packed: &Packed<'_>,
    args: &args::Tokenize,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let text = match &args.text {
        Some(text) => text.clone(),
        None => console.read_all()?,
    };
    let tokenizer = Tokenizer::open(packed)?;
    let tokens = tokenizer.encode(&text, Special::AsText);
    let pieces: Vec<String> = tokens
        .iter()
        .map(|&id| String::from_utf8_lossy(tokenizer.token_bytes(id)).into_owned())
        .collect();
    if args.json {
        return console.print(&format!(
            "{}\n",
            json!({ "tokens": tokens, "pieces": pieces })
        ));
    }
    for (id, piece) in tokens.iter().zip(&pieces) {
        console.print(&format!("{id:>7}  {piece:?}\n"))?;
    }
    Ok(())
}
