//! `akio-pack`: packs a GGUF, puts it into a module, takes it out, and tells what is inside.

#![forbid(unsafe_code)]

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use akio_engine::packed::Packed;
use akio_pack::{Arguments, Options, PackToolError, constants, facts, files, module, object, pack};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

const EXIT_USAGE: u8 = 1;
const EXIT_BAD_INPUT: u8 = 2;
const EXIT_IO: u8 = 3;

/// Pack a GGUF model and put it into a WebAssembly module
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 success, 1 wrong usage, 2 unusable model or module, 3 file error."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Convert a GGUF model into a packed model
    #[command(after_help = "\
Examples:
  akio-pack pack SmolLM2-135M-Instruct.Q4_1.gguf -o smollm2.akio
  akio-pack pack SmolLM2-135M-Instruct.Q4_1.gguf -o calculator.akio --args agent --tools calculate")]
    Pack {
        /// The GGUF file
        model: PathBuf,
        /// The packed model to write
        #[arg(short, long, value_name = "BLOB")]
        output: PathBuf,
        /// Name of the model [default: the GGUF's own]
        #[arg(long)]
        name: Option<String>,
        /// SPDX identifier of the model's licence [default: the GGUF's own]
        #[arg(long, value_name = "SPDX")]
        license: Option<String>,
        /// Licence text and notices to carry along
        #[arg(long, value_name = "FILE")]
        notice: Option<PathBuf>,
        #[command(flatten)]
        arguments: Arguments,
    },
    /// Put a packed model into a module, replacing the one that is there
    #[command(
        after_help = "Example: akio-pack inject akio.wasm smollm2.akio -o akio-smollm2.wasm --limit-module 1GiB"
    )]
    Inject {
        /// A module built from the akio crate
        module: PathBuf,
        /// The packed model
        blob: PathBuf,
        /// The module to write
        #[arg(short, long, value_name = "WASM")]
        output: PathBuf,
        /// Refuse a result larger than this; browsers load at most 1GiB
        #[arg(long, value_name = "SIZE", value_parser = parse_size)]
        limit_module: Option<u64>,
        /// Prepare the module for the model but leave its bytes out: the loader copies them in
        #[arg(long)]
        code_only: bool,
    },
    /// Write the packed model that a module carries
    #[command(after_help = "Example: akio-pack extract akio.wasm -o smollm2.akio")]
    Extract {
        /// A module that carries a model
        module: PathBuf,
        /// The packed model to write
        #[arg(short, long, value_name = "BLOB")]
        output: PathBuf,
    },
    /// Write a packed model as an object file that wasm-ld takes, with the symbol AKIO_MODEL
    #[command(after_help = "Example: akio-pack object smollm2.akio -o smollm2.o")]
    Object {
        /// The packed model
        blob: PathBuf,
        /// The object file to write
        #[arg(short, long, value_name = "OBJECT")]
        output: PathBuf,
    },
    /// Write a packed model as Rust source, with its weights as arrays of numbers
    #[command(
        after_help = "rustc needs a hundred bytes of memory and more for each byte of weights in numbers.\n\n\
                      Examples: akio-pack constants tiny.akio -o tiny.rs\n          \
                      akio-pack constants smollm2.akio -o smollm2.rs --literal-above 16KiB"
    )]
    Constants {
        /// The packed model
        blob: PathBuf,
        /// The Rust source to write
        #[arg(short, long, value_name = "SOURCE")]
        output: PathBuf,
        /// Write arrays above this as literals of bytes, which rustc reads as one expression
        #[arg(long, value_name = "SIZE", value_parser = parse_size)]
        literal_above: Option<u64>,
    },
    /// Print what a packed model, or the one in a module, says about itself
    #[command(after_help = "Example: akio-pack info --verify akio.wasm")]
    Info {
        /// A packed model, or a module that carries one
        file: PathBuf,
        /// Recompute the sha256 of the content
        #[arg(long)]
        verify: bool,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be told to anyone if this fails.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EXIT_USAGE } else { 0 });
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(match error {
                PackToolError::Arguments { .. } => EXIT_USAGE,
                PackToolError::Io { .. } => EXIT_IO,
                _ => EXIT_BAD_INPUT,
            })
        }
    }
}

fn run(command: Command) -> Result<(), PackToolError> {
    match command {
        Command::Pack {
            model,
            output,
            name,
            license,
            notice,
            arguments,
        } => {
            let options = Options {
                name,
                license,
                args: arguments.read()?,
                ..Options::default()
            };
            pack_file(&model, &output, notice.as_deref(), options)
        }
        Command::Inject {
            module,
            blob,
            output,
            limit_module,
            code_only,
        } => {
            let put = if code_only {
                module::reserve
            } else {
                module::inject
            };
            put_file(put, &module, &blob, &output, limit_module)
        }
        Command::Extract { module, output } => {
            let bytes = files::read(&module)?;
            write_bytes(&output, module::segment(&bytes)?)
        }
        Command::Object { blob, output } => convert(&blob, &output, object::write),
        Command::Constants {
            blob,
            output,
            literal_above,
        } => convert(&blob, &output, |model, file| {
            let mut out = BufWriter::new(file);
            let limit = literal_above.and_then(|limit| usize::try_from(limit).ok());
            constants::write(model, limit.unwrap_or(usize::MAX), &mut out)?;
            out.flush().map_err(|source| PackToolError::Io {
                what: format!("write '{}'", output.display()),
                source,
            })
        }),
        Command::Info { file, verify } => info(&file, verify),
    }
}

fn pack_file(
    model: &Path,
    output: &Path,
    notice: Option<&Path>,
    mut options: Options,
) -> Result<(), PackToolError> {
    if let Some(path) = notice {
        options.notice = Some(String::from_utf8_lossy(&files::read(path)?).into_owned());
    }
    let source = model.file_name().unwrap_or_default();
    options.source = source.to_string_lossy().into_owned();
    let file = File::open(model).map_err(|source| PackToolError::Io {
        what: format!("read '{}'", model.display()),
        source,
    })?;
    let bar = ProgressBar::new(0).with_style(bar_style("packing {wide_bar} {bytes}/{total_bytes}"));
    let mut packing = pack(file, &options, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.set_style(bar_style(
        "reading the beginnings of prompts {wide_bar} {pos}/{len} tokens",
    ));
    packing.add_prefixes(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    say(&packing.report.to_string());
    if !packing.report.is_exact() {
        say("warning: some weights were quantised to 8 bits, with the error stated above");
    }
    write_bytes(output, &packing.blob)
}

fn bar_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What [`module::inject`] and [`module::reserve`] have in common.
type Put = fn(&[u8], Packed<'_>, Option<u64>, &mut File) -> Result<u64, PackToolError>;

fn put_file(
    put: Put,
    module: &Path,
    blob: &Path,
    output: &Path,
    limit: Option<u64>,
) -> Result<(), PackToolError> {
    let model = files::read_model(blob)?;
    let packed = Packed::open(model.as_slice())?;
    packed.verify()?;
    let module = files::read(module)?;
    files::write(output, |out| put(&module, packed, limit, out))?;
    Ok(())
}

/// Writes a packed model in another form.
fn convert(
    blob: &Path,
    output: &Path,
    write: impl FnOnce(Packed<'_>, &mut File) -> Result<(), PackToolError>,
) -> Result<(), PackToolError> {
    let model = files::read_model(blob)?;
    let packed = Packed::open(model.as_slice())?;
    packed.verify()?;
    files::write(output, |out| write(packed, out))
}

fn info(file: &Path, verify: bool) -> Result<(), PackToolError> {
    let model = files::read_model(file)?;
    let packed = Packed::open(model.as_slice())?;
    let facts = facts(packed, verify)?;
    match io::stdout().write_all(facts.as_bytes()) {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|source| PackToolError::Io {
            what: "write to stdout".into(),
            source,
        }),
    }
}

/// One line on stderr, if somebody listens there.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), PackToolError> {
    files::write(path, |out| {
        out.write_all(bytes).map_err(|source| PackToolError::Io {
            what: format!("write '{}'", path.display()),
            source,
        })
    })
}

/// A number of bytes, with an optional suffix KiB, MiB or GiB.
fn parse_size(text: &str) -> Result<u64, String> {
    let (number, factor) = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        .into_iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)))
        .unwrap_or((text, 1));
    number
        .trim()
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "not a size such as 1073741824, 512MiB or 1GiB".into())
}
