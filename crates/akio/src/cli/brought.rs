//! Arguments that the model brings: they stand before those typed.
//!
//! A flag that is brought holds in each command that has it, unless it is typed, or one that excludes it. None names a
//! file or a folder, and none allows what would be asked for: that is for whoever types to say.

use std::{ffi::OsString, fmt};

use clap::{Arg, ArgMatches, Command, ValueHint, error::ErrorKind, parser::ValueSource};

use super::args::one_paragraph;

/// The flag that makes calls which change something without asking.
const CONSENT: &str = "yes";

/// The command that shows what is brought, and takes none of it.
const SHOWS: &str = "info";

/// Why a model cannot bring an argument.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArgumentError {
    /// It is neither a flag nor, in front of all, the name of a command.
    NotAFlag(String),
    /// A flag without its value, or with one where it has none.
    Value(String),
    /// A flag that names a file or a folder.
    NamesAFile(String),
    /// The flag that allows what would be asked for.
    Consents(String),
    /// The command line does not take it.
    Refused(String),
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFlag(word) => write!(
                f,
                "'{word}' is no flag of any command; a model brings flags, and before them the name of a command"
            ),
            Self::Value(flag) => write!(f, "{flag} has no value, or one that it does not take"),
            Self::NamesAFile(flag) => write!(
                f,
                "{flag} names a file or a folder; what may be seen is said on each command line and nowhere else"
            ),
            Self::Consents(flag) => write!(
                f,
                "{flag} allows what would be asked for; that is said on each command line and nowhere else"
            ),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ArgumentError {}

/// Whether a model can bring these arguments.
///
/// # Errors
/// What is wrong with the first that is not taken.
pub fn check(root: &Command, args: &[&str]) -> Result<(), ArgumentError> {
    let brought = Brought::read(root, args)?;
    for (path, command) in commands(root) {
        let flags = brought
            .flags
            .iter()
            .filter(|flag| flag.of(command).is_some());
        let line = ["akio"].into_iter().chain(path).map(OsString::from);
        let line = line.chain(flags.map(|flag| flag.written.clone()));
        match root.clone().try_get_matches_from(line) {
            Err(error) if !is_left_to_type(error.kind()) => {
                return Err(ArgumentError::Refused(one_paragraph(&error)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether nothing is wrong but that something has not been typed yet.
fn is_left_to_type(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// A command line, program name first, and before what was typed what the model brings.
///
/// # Errors
/// As [`check`], as far as it can be said without trying each command.
pub(super) fn before(
    typed: Vec<OsString>,
    root: &Command,
    args: &[&str],
) -> Result<Vec<OsString>, ArgumentError> {
    // An error is that of what was typed, or what is to be shown: help.
    let read = |line: &[OsString]| root.clone().ignore_errors(true).try_get_matches_from(line);
    let mut line = typed;
    let Ok(mut matches) = read(&line) else {
        return Ok(line);
    };
    if matches.subcommand_name() == Some(SHOWS) {
        return Ok(line);
    }
    let brought = Brought::read(root, args)?;
    if matches.subcommand_name().is_none() {
        let front = line.len().min(1);
        line.splice(front..front, brought.command.iter().map(OsString::from));
        match read(&line) {
            Ok(with_command) => matches = with_command,
            Err(_) => return Ok(line),
        }
    }
    let (mut command, mut matches, mut at) = (root, &matches, line.len().min(1));
    while let Some((name, inner)) = matches.subcommand() {
        match command.find_subcommand(name) {
            // Flags in front of a command are an error.
            Some(next) if !matches.args_present() => (command, matches, at) = (next, inner, at + 1),
            _ => return Ok(line),
        }
    }
    for flag in &brought.flags {
        if flag.of(command).is_none_or(|arg| is_typed(matches, arg)) {
            continue;
        }
        let mut with_flag = line.clone();
        with_flag.insert(at, flag.written.clone());
        let parsed = root.clone().try_get_matches_from(&with_flag);
        // What else is wrong is told when all is read.
        if !parsed.is_err_and(|error| error.kind() == ErrorKind::ArgumentConflict) {
            (line, at) = (with_flag, at + 1);
        }
    }
    Ok(line)
}

fn is_typed(matches: &ArgMatches, arg: &Arg) -> bool {
    matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
}

/// Arguments as they are understood.
struct Brought<'a> {
    /// The command that runs where none is typed.
    command: Vec<&'a str>,
    flags: Vec<Flag>,
}

/// A flag, with its value if it has one.
struct Flag {
    /// Its long name.
    name: String,
    written: OsString,
}

impl Flag {
    /// The same flag of a command.
    fn of<'c>(&self, command: &'c Command) -> Option<&'c Arg> {
        command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(&self.name))
    }
}

impl<'a> Brought<'a> {
    fn read(root: &Command, args: &[&'a str]) -> Result<Self, ArgumentError> {
        let mut own = root;
        let mut command = Vec::new();
        let mut words = args.iter().copied().peekable();
        while let Some(next) = words.peek().and_then(|word| own.find_subcommand(word)) {
            own = next;
            command.extend(words.next());
        }
        let all = commands(root);
        let known: Vec<&Arg> = [own]
            .into_iter()
            .chain(all.iter().map(|(_, command)| *command))
            .flat_map(Command::get_arguments)
            .collect();
        let mut flags = Vec::new();
        while let Some(word) = words.next() {
            let not_a_flag = || ArgumentError::NotAFlag(word.to_owned());
            let (name, value) = Name::split(word).ok_or_else(not_a_flag)?;
            let arg = known.iter().find(|arg| name.is_of(arg));
            let name = arg.and_then(|arg| arg.get_long()).ok_or_else(not_a_flag)?;
            let shown = format!("--{name}");
            let mut same = known.iter().filter(|arg| arg.get_long() == Some(name));
            if same.any(|arg| arg.get_value_hint() == ValueHint::AnyPath) {
                return Err(ArgumentError::NamesAFile(shown));
            }
            if name == CONSENT {
                return Err(ArgumentError::Consents(shown));
            }
            let written = match arg.is_some_and(|arg| arg.get_action().takes_values()) {
                true => match value.or_else(|| words.next()) {
                    Some(value) => format!("{shown}={value}"),
                    None => return Err(ArgumentError::Value(shown)),
                },
                false if value.is_some() => return Err(ArgumentError::Value(shown)),
                false => shown,
            };
            flags.push(Flag {
                name: name.to_owned(),
                written: written.into(),
            });
        }
        Ok(Self { command, flags })
    }
}

/// How a flag is called.
enum Name<'a> {
    Long(&'a str),
    Short(char),
}

impl<'a> Name<'a> {
    /// The name in a word, and the value behind it.
    fn split(word: &'a str) -> Option<(Self, Option<&'a str>)> {
        if let Some(long) = word.strip_prefix("--") {
            return Some(match long.split_once('=') {
                Some((name, value)) => (Self::Long(name), Some(value)),
                None => (Self::Long(long), None),
            });
        }
        let mut chars = word.strip_prefix('-')?.chars();
        let name = chars.next()?;
        let value = chars.as_str();
        let value = value.strip_prefix('=').unwrap_or(value);
        Some((Self::Short(name), (!value.is_empty()).then_some(value)))
    }

    fn is_of(&self, arg: &Arg) -> bool {
        match self {
            Self::Long(name) => arg
                .get_long_and_visible_aliases()
                .is_some_and(|names| names.contains(name)),
            Self::Short(name) => arg
                .get_short_and_visible_aliases()
                .is_some_and(|names| names.contains(name)),
        }
    }
}

/// Each command of the module, and the words that name it; first the one without a name.
fn commands(root: &Command) -> Vec<(Vec<&str>, &Command)> {
    let mut all = vec![(Vec::new(), root)];
    for command in root.get_subcommands() {
        all.extend(commands(command).into_iter().map(|(path, inner)| {
            (
                [command.get_name()].into_iter().chain(path).collect(),
                inner,
            )
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    /// The command line that comes of what was typed.
    fn line(brought: &[&str], typed: &[&str]) -> String {
        let typed = ["akio"].iter().chain(typed).map(OsString::from).collect();
        let line = before(typed, &cli::command(), brought).unwrap();
        line.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn what_is_typed_wins() {
        let brought = ["-t", "0", "--stop", "a", "-s", "x", "--quiet"];
        for (typed, expected) in [
            (
                &["hello"][..],
                "akio --temperature=0 --stop=a --system=x --quiet hello",
            ),
            // Also over flags that may be repeated.
            (
                &["-r", "b", "--temp", "1", "hello"],
                "akio --system=x --quiet -r b --temp 1 hello",
            ),
            // Where flags exclude one another.
            (
                &["--raw", "-v", "hello"],
                "akio --temperature=0 --stop=a --quiet --raw -v hello",
            ),
            // A command has some of them, or none.
            (
                &["chat", "-n", "5"],
                "akio chat --temperature=0 --stop=a --system=x --quiet -n 5",
            ),
            (&["agent", "go"], "akio agent --quiet go"),
            (&["memory", "list"], "akio memory list"),
            (&["tokenize", "-q"], "akio tokenize -q"),
            (
                &["--", "-q"],
                "akio --temperature=0 --stop=a --system=x --quiet -- -q",
            ),
        ] {
            assert_eq!(line(&brought, typed), expected);
        }
    }

    #[test]
    fn a_command_that_is_brought_runs_where_none_is_typed() {
        let brought = ["agent", "--tools", "calculate", "-t0"];
        for (typed, expected) in [
            (&[][..], "akio agent --tools=calculate"),
            (&["-n", "9", "go"], "akio agent --tools=calculate -n 9 go"),
            (&["--tools", "recall", "go"], "akio agent --tools recall go"),
            (&["run", "hello"], "akio run --temperature=0 hello"),
            (&["agent", "go"], "akio agent --tools=calculate go"),
            (&["chat"], "akio chat --temperature=0"),
            (&["tokenize", "x"], "akio tokenize x"),
            // What would be an error stays one.
            (&["-n", "5", "chat"], "akio -n 5 chat"),
            // Help and version are those of all commands.
            (&["--help"], "akio --help"),
            (&["-V"], "akio -V"),
            (&["help", "chat"], "akio help chat"),
            (&["chat", "-h"], "akio chat -h"),
        ] {
            assert_eq!(line(&brought, typed), expected);
        }
    }

    #[test]
    fn what_shows_them_takes_none() {
        assert_eq!(line(&["--json", "--nonsense"], &["info"]), "akio info");
    }

    #[test]
    fn arguments_are_checked_before_they_are_brought() {
        let check = |args: &[&str]| check(&cli::command(), args).map_err(|error| error.to_string());
        for args in [
            &[][..],
            &["agent"],
            &[
                "agent",
                "--tools",
                "calculate,recall",
                "--deny",
                "--max-steps=3",
            ],
            &["ask", "-q"],
            &["memory", "list"],
            &["--tools=all", "-t", "0", "--choice", "a", "--choice", "b"],
            &["-s", "-5 is cold", "--regex=-?[0-9]+"],
            &["--context", "4"],
        ] {
            assert_eq!(check(args), Ok(()), "{args:?}");
        }
        for (args, part) in [
            (&["hello"][..], "'hello' is no flag"),
            (&["agent", "chat"], "'chat' is no flag"),
            (&["serve"], "'serve' is no flag"),
            (&["--"], "'--' is no flag"),
            (&["-"], "'-' is no flag"),
            (&[""], "'' is no flag"),
            (&["-qv"], "--quiet has no value, or one"),
            (&["--json=yes"], "--json has no value, or one"),
            (&["--help"], "'--help' is no flag"),
            (&["--tmp", "0"], "'--tmp' is no flag"),
            (&["-t"], "--temperature has no value"),
            (&["-t", "warm"], "warm"),
            (&["--tools", "fly"], "fly"),
            (&["--raw", "-s", "x"], "--raw"),
            (&["--regex", "a", "--choice", "b"], "--regex"),
            (&["--dir", "."], "--dir names a file or a folder"),
            (&["agent", "--memory=m"], "--memory names"),
            (&["chat", "--session", "s"], "--session names"),
            (&["-f", "secret"], "--file names"),
            (&["--docs", "d"], "--docs names"),
            (&["--schema", "s"], "--schema names"),
            (&["--system-file", "s"], "--system-file names"),
            (&["--grammar-file", "s"], "--grammar-file names"),
            (&["agent", "-y"], "--yes allows"),
            (&["--yes"], "--yes allows"),
        ] {
            let said = check(args).unwrap_err();
            assert!(said.contains(part), "{args:?}: {said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }

    /// A flag is brought by its long name, to each command that has it.
    #[test]
    fn a_name_is_the_same_flag_in_every_command() {
        let root = cli::command();
        let all = commands(&root);
        let flags = all.iter().flat_map(|(path, command)| {
            let flags = command.get_arguments().filter(|arg| !arg.is_positional());
            flags.map(move |arg| (path, arg))
        });
        let mut known: Vec<(&str, bool)> = flags
            .map(|(path, arg)| {
                let name = arg.get_long();
                let name = name.unwrap_or_else(|| panic!("{path:?}: {arg:?} has no long name"));
                (name, arg.get_action().takes_values())
            })
            .collect();
        known.sort_unstable();
        known.dedup();
        let names = known.len();
        known.dedup_by_key(|(name, _)| *name);
        assert_eq!(
            known.len(),
            names,
            "a flag with a value in one command only"
        );
    }
}
