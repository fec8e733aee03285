//! `akio embed`, `akio extract-model` and `akio info FILE`: models into modules, executables and pages, and out
//! again, without a compiler.
//!
//! The executable carries its own module without a model ([`crate::bundle`]); that is what a model is put into.

use crate::bundle::{self, Bundle, Parts};
use crate::commands;
use crate::error::HostError;
use crate::options::{FLAGS, Options as Granted};
use crate::secret;
use crate::site::{folder, one_file};
use crate::weights;
use akio_engine::packed::{Packed, tag};
use akio_pack::files::{self, AlignedBytes};
use akio_pack::{Arguments, Options, PackToolError, Packing, Report, facts, module, pack, repack};
use clap::{Command, CommandFactory, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Put a model into a module, an executable of its own, or a page for browsers
#[derive(Parser, Debug)]
#[command(
    name = "embed",
    bin_name = "akio embed",
    after_help = "\
The same files give the same result, byte by byte. What is written appears whole or not at all.

Examples:
  akio embed my-model.Q4_K_M.gguf -o my-akio.wasm
  akio embed my-model.Q4_K_M.gguf -o my-akio --native --system assistant.txt
  akio embed my-model.Q4_K_M.gguf -o my-calculator --native --args agent --tools calculate
  akio embed my-model.Q4_K_M.gguf -o my-akio.wasm --args \"chat -t 0 --stop '###'\"
  akio embed my-model.Q4_K_M.gguf -o my-akio --native --seal --key-file my-key
  akio embed my-model.Q4_K_M.gguf -o my-site --web dist/web
  akio embed my-model.Q4_K_M.gguf -o my-akio.html --html dist/akio.html",
    max_term_width = 100
)]
struct EmbedArgs {
    /// The model: a GGUF, what extract-model wrote, or a module or executable that carries one
    model: PathBuf,
    /// The file to write; with --web the folder, which must not be there yet
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write an executable for this kind of machine instead of a module; the code is compiled for it
    #[arg(long)]
    native: bool,
    /// Encrypt the model: it is read, and runs, with --key-file FILE or the passphrase in AKIO_PASSPHRASE
    /// alone; without either, the passphrase is asked for
    #[arg(long, requires = "native")]
    seal: bool,
    /// Module that the model is put into, instead of this program's own
    #[arg(long, value_name = "WASM")]
    module: Option<PathBuf>,
    /// Write a folder for any static host: the page in DIR, such as dist/web, around this model
    #[arg(long, value_name = "DIR", conflicts_with_all = ["native", "module", "html"])]
    web: Option<PathBuf>,
    /// Write a page as one file that opens from a disk: that of FILE, such as dist/akio.html, around this model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["native", "module"])]
    html: Option<PathBuf>,
    /// Name of the model [default: its own]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// SPDX identifier of the model's licence [default: its own]
    #[arg(long, value_name = "SPDX")]
    license: Option<String>,
    /// Text of the licence and notices to carry along
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,
    /// System prompt that holds unless another is given
    #[arg(long, value_name = "FILE")]
    system: Option<PathBuf>,
    #[command(flatten)]
    arguments: Arguments,
}

/// Write the model that a module or executable carries, and print its licence
#[derive(Parser, Debug)]
#[command(
    name = "extract-model",
    bin_name = "akio extract-model",
    after_help = "\
What is written is the packed model, which akio embed takes. A sealed one is opened with --key-file FILE,
the passphrase in AKIO_PASSPHRASE, or one that is asked for.

Example:
  akio extract-model my-akio.wasm -o my-model.akio",
    max_term_width = 100
)]
struct ExtractArgs {
    /// A module or executable
    file: PathBuf,
    /// The packed model to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Say what a module, an executable or a packed model carries
#[derive(Parser, Debug)]
#[command(name = "info", bin_name = "akio info", max_term_width = 100)]
struct InfoArgs {
    /// The file
    file: PathBuf,
    /// Recompute the sha256 of the model
    #[arg(long)]
    verify: bool,
    /// Print the model's licence and notice in full
    #[arg(long, conflicts_with = "verify")]
    license: bool,
}

/// Their command lines.
pub fn commands() -> [Command; 3] {
    [
        EmbedArgs::command(),
        ExtractArgs::command(),
        InfoArgs::command(),
    ]
}

/// Runs `akio embed`; `own` is this executable.
///
/// # Errors
/// [`HostError::Usage`], [`HostError::Model`], or what reading and writing fails with.
pub fn embed(args: &[String], own: &Path, granted: &Granted) -> Result<(), HostError> {
    let Some(args) = commands::parse::<EmbedArgs>(args)? else {
        return Ok(());
    };
    let key_file = granted.key_file.as_deref();
    let report = match (&args.web, &args.html) {
        (Some(page), _) => {
            folder::refuse_existing(&args.output)?;
            let (model, report) = model(&args, key_file)?;
            folder::write(checked(&model)?, page, &args.output)?;
            report
        }
        (_, Some(page)) => {
            let (model, report) = model(&args, key_file)?;
            one_file::write(checked(&model)?, page, &args.output)?;
            report
        }
        _ => program(&args, own, key_file)?,
    };
    if let Some(report) = report {
        // Nobody can be told where this fails.
        let _ = writeln!(io::stderr(), "{report}");
    }
    Ok(())
}

/// Writes a module or an executable; gives what packing did, as [`model`] does.
fn program(
    args: &EmbedArgs,
    own: &Path,
    key_file: Option<&Path>,
) -> Result<Option<Report>, HostError> {
    // Threads are for this program's own module alone.
    let (base, bare_threads) = match &args.module {
        Some(path) => (files::read(path)?, Vec::new()),
        None => {
            let bundle = Bundle::open(own)?;
            (bundle.read_bare()?, bundle.read_bare_threads()?)
        }
    };
    let (model, report) = model(args, key_file)?;
    let packed = checked(&model)?;
    if !args.native {
        files::write(&args.output, |out| module::inject(&base, packed, None, out))?;
        return Ok(report);
    }
    let (mut module, mut threads, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    if args.seal {
        module::reserve(&base, packed, None, &mut module)?;
        akio_seal::seal(packed.bytes(), &secret::choose(key_file)?, &mut sealed)?;
    } else {
        module::inject(&base, packed, None, &mut module)?;
    }
    if !bare_threads.is_empty() {
        module::reserve(&bare_threads, packed, None, &mut threads)?;
    }
    drop(model);
    let parts = Parts {
        module: &module,
        bare: &bundle::bare(&base)?,
        threads: &threads,
        bare_threads: &bare_threads,
        sealed: &sealed,
    };
    bundle::write(own, &parts, &args.output)?;
    Ok(report)
}

/// The model, once it is known to be whole.
fn checked(model: &AlignedBytes) -> Result<Packed<'_>, PackToolError> {
    let packed = Packed::open(model.as_slice())?;
    packed.verify()?;
    Ok(packed)
}

/// The packed model that is asked for, and what packing did where it was a GGUF. One that has been packed keeps of its
/// texts what is not said anew.
fn model(
    args: &EmbedArgs,
    key_file: Option<&Path>,
) -> Result<(AlignedBytes, Option<Report>), HostError> {
    let text = |path: &Option<PathBuf>| path.as_deref().map(read_text).transpose();
    let source = args.model.file_name().unwrap_or_default();
    let options = Options {
        source: source.to_string_lossy().into_owned(),
        name: args.name.clone(),
        license: args.license.clone(),
        notice: text(&args.notice)?,
        system: text(&args.system)?,
        args: arguments(args)?,
    };
    let reading = || HostError::io(format!("cannot read {}", args.model.display()));
    let mut file = File::open(&args.model).map_err(reading())?;
    let mut magic = Vec::new();
    (&mut file)
        .take(4)
        .read_to_end(&mut magic)
        .map_err(reading())?;
    if magic != b"GGUF" {
        let model = weights::read_model(&args.model, key_file)?;
        let as_it_is = Options {
            source: options.source.clone(),
            ..Options::default()
        };
        if options == as_it_is {
            return Ok((model, None));
        }
        let mut packing = repack(checked(&model)?, &options)?;
        drop(model);
        add_prefixes(&mut packing)?;
        return Ok((AlignedBytes::copy_from(&packing.blob), None));
    }
    let bar = progress_bar("packing {wide_bar} {bytes}/{total_bytes}");
    let mut packing = pack(file, &options, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    add_prefixes(&mut packing)?;
    let model = AlignedBytes::copy_from(&packing.blob);
    Ok((model, Some(packing.report)))
}

/// The arguments that the model is to bring along.
fn arguments(args: &EmbedArgs) -> Result<Option<Vec<String>>, HostError> {
    let Some(brought) = args.arguments.read()? else {
        return Ok(None);
    };
    if args.web.is_some() || args.html.is_some() {
        return Err(HostError::Usage(
            "a page has no command line, so --args and --tools are for modules and executables"
                .into(),
        ));
    }
    let words: Vec<&str> = brought.iter().map(String::as_str).collect();
    let names = words.iter().map(|word| word.split('=').next());
    if let Some(flag) = FLAGS
        .iter()
        .find(|flag| names.clone().any(|name| name == Some(flag.name)))
    {
        return Err(HostError::Usage(format!(
            "--args: {} is for whoever runs it; what the module may see and use is said on each command line and nowhere else",
            flag.name
        )));
    }
    akio::cli::check_arguments(&words).map_err(|why| HostError::Usage(format!("--args: {why}")))?;
    Ok(Some(brought))
}

/// Evaluates the beginnings of prompts, which takes a second or some.
fn add_prefixes(packing: &mut Packing) -> Result<(), PackToolError> {
    let bar = progress_bar("reading the beginnings of prompts {wide_bar} {pos}/{len} tokens");
    packing.add_prefixes(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(())
}

fn progress_bar(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn read_text(path: &Path) -> Result<String, HostError> {
    let bytes = files::read(path)?;
    String::from_utf8(bytes)
        .map_err(|_| HostError::Usage(format!("{} is not UTF-8", path.display())))
}

/// Runs `akio extract-model`.
///
/// # Errors
/// As [`embed`].
pub fn extract(args: &[String], granted: &Granted) -> Result<(), HostError> {
    let Some(args) = commands::parse::<ExtractArgs>(args)? else {
        return Ok(());
    };
    let model = weights::read_model(&args.file, granted.key_file.as_deref())?;
    let packed = checked(&model)?;
    files::write(&args.output, |out| {
        out.write_all(packed.bytes())
            .map_err(|source| PackToolError::Io {
                what: format!("write '{}'", args.output.display()),
                source,
            })
    })?;
    commands::print(licence(packed)?.as_bytes())
}

/// Runs `akio info FILE`.
///
/// # Errors
/// As [`embed`].
pub fn info(args: &[String], granted: &Granted) -> Result<(), HostError> {
    let Some(args) = commands::parse::<InfoArgs>(args)? else {
        return Ok(());
    };
    let key_file = granted.key_file.as_deref();
    if let Some(len) = weights::sealed_len(&args.file)?
        && !secret::is_given(key_file)
    {
        let facts = format!(
            "sealed         only its key file or its passphrase opens it\nbytes          {len}\n"
        );
        return commands::print(facts.as_bytes());
    }
    let model = weights::read_model(&args.file, key_file)?;
    let packed = Packed::open(model.as_slice()).map_err(PackToolError::from)?;
    if args.license {
        return commands::print(licence(packed)?.as_bytes());
    }
    let facts = facts(packed, args.verify).map_err(PackToolError::from)?;
    commands::print(facts.as_bytes())
}

/// Licence and notices in full, or the name of the licence.
///
/// # Errors
/// If a text of the model is damaged.
pub fn licence(packed: Packed<'_>) -> Result<String, PackToolError> {
    let notice = packed.text(tag::NOTICE)?;
    let text = match notice {
        "" => packed.text(tag::LICENSE)?,
        notice => notice,
    };
    Ok(format!("{}\n", text.trim_end()))
}
