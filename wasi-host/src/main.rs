//! The native executable: a WebAssembly module in a sandbox, in one file.
//!
//! The module lies precompiled at the end of the executable ([`bundle`]). A start
//! maps it into memory ([`loader`]) and runs it as a WASI preview 1 command that
//! sees stdin, stdout, stderr, its arguments and the clocks, and what the user
//! grants it beyond that ([`options`], [`sandbox`]).
//!
//! Exit codes: those of the guest (0 done, 1 usage, 2 model), 1 for a wrong flag
//! of the host, 3 for a module that is missing, damaged, incompatible or stopped
//! and for input and output that fails, 124 at the end of `--timeout`, 130 for Ctrl-C.
//!
//! `akio-host --bundle MODULE.wasm -o OUT [--threads MODULE.wasm] [--host EXECUTABLE]` makes such a file.

mod bench;
mod bundle;
mod cache;
mod commands;
mod config;
mod doctor;
mod embed;
mod engine;
mod error;
mod limits;
mod loader;
mod manual;
mod options;
mod platform;
mod sandbox;
mod secret;
mod serve;
mod signature;
mod site;
mod terminal;
mod threads;
mod update;
mod weights;

use bundle::Bundle;
use error::HostError;
use options::Options;
use sandbox::{Exit, Guest, Program};
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use terminal::Terminal;

fn main() -> ExitCode {
    let began = Instant::now();
    let code = match run(began) {
        Ok(Exit { code, memory }) => {
            if let (1.., Some(error)) = (code, memory) {
                report(&error);
            }
            code
        }
        Err(error) => {
            report(&error);
            error.exit_code()
        }
    };
    code.into()
}

/// One line on stderr, if somebody listens there.
fn report(error: &HostError) {
    let _ = writeln!(io::stderr(), "akio: {error}");
}

fn run(began: Instant) -> Result<Exit, HostError> {
    let mut args = Vec::new();
    for arg in env::args_os().skip(1) {
        args.push(arg.into_string().map_err(|arg| {
            HostError::Usage(format!("an argument is not UTF-8: {}", arg.display()))
        })?);
    }
    let own = env::current_exe().map_err(HostError::io("cannot find this executable"))?;
    if args.first().is_some_and(|first| first == "--bundle") {
        return bundle_command(&own, &args);
    }
    let options = Options::load(args)?;
    let words = &options.guest_args;
    match words.first().map(String::as_str) {
        Some("embed") => return embed::embed(words, &own, &options).map(|()| Exit::default()),
        Some("extract-model") => return embed::extract(words, &options).map(|()| Exit::default()),
        Some("diff") => return update::diff(words).map(|()| Exit::default()),
        Some("patch") => return update::patch(words).map(|()| Exit::default()),
        Some("verify") => return signature::verify(words, &options).map(|()| Exit::default()),
        Some("doctor") => return doctor::run(words, &own, &options).map(|()| Exit::default()),
        Some("completions") => return manual::completions(words).map(|()| Exit::default()),
        Some("man") => return manual::man(words).map(|()| Exit::default()),
        Some("info") if names_a_file(words) => {
            return embed::info(words, &options).map(|()| Exit::default());
        }
        _ => {}
    }
    if let Some(key) = &options.public_key {
        signature::check(&own, key, None)?;
    }
    let bundle = Bundle::open(&own)?;
    if words.first().is_some_and(|first| first == "serve") {
        return serve::run(words, &options, &bundle).map(|()| Exit::default());
    }
    options.limits.watch_time()?;
    let program = Program::load(&bundle, &options)?;
    if options.asks_for_bench() {
        return bench::run(began, &program, &options);
    }
    let exit = run_guest(&program, &options)?;
    if exit.code == 0 && options.asks_for_help() {
        // Whoever closed stdout has read enough.
        let _ = io::stdout().write_all(manual::host_help().as_bytes());
    }
    Ok(exit)
}

/// Whether `info` is asked about a file; the guest's speaks of its own model alone.
fn names_a_file(words: &[String]) -> bool {
    words.iter().skip(1).any(|word| !word.starts_with('-'))
}

fn run_guest(program: &Program<'_>, options: &Options) -> Result<Exit, HostError> {
    let mut wasi = sandbox::grants(program, options, &options.guest_args)?;
    options.limits.inherit_output(&mut wasi);
    if io::stdin().is_terminal() {
        wasi.stdin(Terminal::default());
    } else {
        wasi.inherit_stdin();
    }
    Guest::new(program, &mut wasi, options.limits)?.run()
}

/// `--bundle MODULE.wasm -o OUT [--threads MODULE.wasm] [--host EXECUTABLE]`
fn bundle_command(own: &Path, args: &[String]) -> Result<Exit, HostError> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let usage = || {
        HostError::Usage(
            "bundling is `--bundle MODULE.wasm -o OUT [--threads MODULE.wasm] [--host EXECUTABLE]`"
                .into(),
        )
    };
    let ["--bundle", module, "-o", out, rest @ ..] = &args[..] else {
        return Err(usage());
    };
    let (mut threads, mut host) = (None, own);
    let (flags, []) = rest.as_chunks() else {
        return Err(usage());
    };
    for flag in flags {
        match flag {
            ["--threads", module] => threads = Some(Path::new(module)),
            ["--host", executable] => host = Path::new(executable),
            _ => return Err(usage()),
        }
    }
    bundle::write_file(host, Path::new(module), threads, Path::new(out))?;
    Ok(Exit::default())
}
