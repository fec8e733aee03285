//! What describes the whole command line, the module's and the host's: help, completions and manual pages.

use crate::commands;
use crate::error::HostError;
use crate::options::FLAGS;
use crate::{doctor, embed, serve, signature, update};
use clap::{Arg, Command, CommandFactory, Parser};
use clap_complete::Shell;

/// Print what completes commands and flags in a shell
#[derive(Parser, Debug)]
#[command(
    name = "completions",
    bin_name = "akio completions",
    after_help = "\
Examples:
  akio completions bash > ~/.local/share/bash-completion/completions/akio
  akio completions zsh > ~/.zfunc/_akio
  akio completions fish > ~/.config/fish/completions/akio.fish",
    max_term_width = 100
)]
struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Print the manual, or the page of one command, as man reads it
#[derive(Parser, Debug)]
#[command(
    name = "man",
    bin_name = "akio man",
    after_help = "\
Examples:
  akio man | man -l -
  akio man serve > ~/.local/share/man/man1/akio-serve.1",
    max_term_width = 100
)]
struct ManArgs {
    /// One of the commands
    command: Option<String>,
}

/// Runs `akio completions`.
///
/// # Errors
/// [`HostError::Usage`]; [`HostError::Io`] if stdout fails.
pub fn completions(args: &[String]) -> Result<(), HostError> {
    let Some(args) = commands::parse::<CompletionsArgs>(args)? else {
        return Ok(());
    };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole(), "akio", &mut script);
    commands::print(&script)
}

/// Runs `akio man`.
///
/// # Errors
/// [`HostError::Usage`]; [`HostError::Io`] if stdout fails.
pub fn man(args: &[String]) -> Result<(), HostError> {
    let Some(args) = commands::parse::<ManArgs>(args)? else {
        return Ok(());
    };
    let mut command = whole();
    if let Some(name) = args.command {
        command.build();
        command = command
            .find_subcommand(&name)
            .ok_or_else(|| HostError::Usage(format!("there is no command '{name}'")))?
            .clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(HostError::io("cannot write the page"))?;
    commands::print(&page)
}

/// What belongs below the module's own help.
pub fn host_help() -> String {
    let help = Command::new("akio")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .help_template(
            "Host commands (each with --help):\n{subcommands}\n\n\
             Host options (what the sandboxed module may touch; nothing but stdin, stdout and stderr unless granted):\n\
             {options}\n",
        )
        .subcommands(host_commands())
        .args(host_flags())
        .render_help();
    format!("\n{help}")
}

/// The module's command line with the host's in it.
fn whole() -> Command {
    let mut whole = akio::cli::command().args(host_flags());
    for command in host_commands() {
        // The module has an `info` too, which takes no file.
        if whole.find_subcommand(command.get_name()).is_some() {
            whole = whole.mut_subcommand(command.get_name(), |own| {
                own.args(command.get_positionals())
            });
        } else {
            whole = whole.subcommand(command);
        }
    }
    whole
}

/// The host's commands.
fn host_commands() -> impl Iterator<Item = Command> {
    [serve::command()]
        .into_iter()
        .chain(embed::commands())
        .chain(update::commands())
        .chain([
            signature::command(),
            doctor::command(),
            CompletionsArgs::command(),
            ManArgs::command(),
        ])
}

fn host_flags() -> impl Iterator<Item = Arg> {
    FLAGS.iter().map(|flag| {
        Arg::new(flag.name)
            .long(flag.name.trim_start_matches('-'))
            .value_name(flag.value)
            .help(flag.help)
            .help_heading("Host options")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_command_line_is_consistent() {
        whole().debug_assert();
        for name in ["chat", "serve", "info", "doctor"] {
            assert!(whole().find_subcommand(name).is_some(), "{name}");
        }
    }
}
