//! The host's own flags, which may stand anywhere among the guest's before a `--`.
//!
//! The guest has its own command line and does not know these, so they are
//! taken out here and the rest is passed on as it is.

use crate::config::{self, Setting};
use crate::error::HostError;
use crate::limits::Limits;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// A flag of the host; each has a value.
pub struct Flag {
    /// With its dashes.
    pub name: &'static str,
    /// What the value is, as help shows it.
    pub value: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// More do not help with anything that a 32-bit module can hold.
const MOST_THREADS: usize = 64;

/// The host's flags.
pub const FLAGS: [Flag; 8] = [
    Flag {
        name: "--dir",
        value: "PATH[:ro|:rw][::NAME]",
        help: "Let it see a directory, read-only unless :rw, under the given name",
    },
    Flag {
        name: "--env",
        value: "NAME[=VALUE]",
        help: "Let it see an environment variable, with this value or the one set now",
    },
    Flag {
        name: "--max-memory",
        value: "SIZE",
        help: "Most memory it may use: bytes, or with K, M or G [default: 4G]",
    },
    Flag {
        name: "--max-output",
        value: "SIZE",
        help: "Most it may print, stdout and stderr together [default: no limit]",
    },
    Flag {
        name: "--threads",
        value: "N",
        help: "Threads that compute, 1 to 64 [default: as many as there are processors]",
    },
    Flag {
        name: "--timeout",
        value: "DURATION",
        help: "Most time it may run: seconds, or with ms, s, m or h; then it is stopped with exit code 124 [default: no limit]",
    },
    Flag {
        name: "--key-file",
        value: "FILE",
        help: "What a sealed model is opened with [default: the passphrase in AKIO_PASSPHRASE, or one that is asked for]",
    },
    Flag {
        name: "--public-key",
        value: "KEY",
        help: "Run only what has a signature of this minisign key, or of the one in this file, beside it [default: no check]",
    },
];

/// A directory the guest may open.
#[derive(Debug, PartialEq, Eq)]
pub struct DirGrant {
    /// Where it is on this machine.
    pub path: PathBuf,
    /// What the guest calls it.
    pub name: String,
    /// Whether the guest may change what is in it.
    pub writable: bool,
}

/// What the guest is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many threads may compute, if that was said.
    pub threads: Option<usize>,
    /// The directories it may open.
    pub dirs: Vec<DirGrant>,
    /// The environment it sees.
    pub env: Vec<(String, String)>,
    /// How much it may use.
    pub limits: Limits,
    /// What a sealed model is opened with.
    pub key_file: Option<PathBuf>,
    /// Whose signature this executable must have, as a key or as a file with one.
    pub public_key: Option<String>,
    /// Its arguments, without the program's name.
    pub guest_args: Vec<String>,
}

impl Options {
    /// What the arguments (without the program's name) say, beside them what the environment says, and
    /// beside that what the configuration says.
    ///
    /// # Errors
    /// [`HostError::Usage`] for a flag, a variable or a setting without a usable value.
    pub fn load(args: impl IntoIterator<Item = String>) -> Result<Self, HostError> {
        let mut options = Self::default();
        for Setting { flag, value, place } in config::settings()? {
            options.set(flag, &value).map_err(|error| match error {
                HostError::Usage(why) => HostError::Usage(format!("{place}: {why}")),
                other => other,
            })?;
        }
        options.parse(args)?;
        Ok(options)
    }

    /// Splits the arguments into the host's and the guest's.
    fn parse(&mut self, args: impl IntoIterator<Item = String>) -> Result<(), HostError> {
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                self.guest_args.push(arg);
                self.guest_args.extend(args);
                break;
            }
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            if FLAGS.iter().all(|known| known.name != flag) {
                self.guest_args.push(arg);
                continue;
            }
            let value = value
                .or_else(|| args.next())
                .ok_or_else(|| HostError::Usage(format!("{flag} needs a value")))?;
            self.set(flag, &value)?;
        }
        Ok(())
    }

    /// Takes the value of one of [`FLAGS`].
    fn set(&mut self, flag: &str, value: &str) -> Result<(), HostError> {
        match flag {
            "--dir" => self.dirs.push(parse_dir(value)?),
            "--env" => self.env.push(parse_env(value)?),
            "--key-file" => self.key_file = Some(value.into()),
            "--max-memory" => self.limits.memory = parse_memory(value)?,
            "--max-output" => self.limits.output = Some(parse_size(flag, value)?),
            "--public-key" => self.public_key = Some(value.to_owned()),
            "--threads" => self.threads = Some(parse_threads(value)?),
            _ => self.limits.time = Some(parse_time(value)?),
        }
        Ok(())
    }

    /// Threads that may compute: those asked for, else one for each processor that this process may use.
    pub fn threads(&self) -> usize {
        let processors = || thread::available_parallelism().map_or(1, NonZero::get);
        self.threads
            .unwrap_or_else(|| processors().min(MOST_THREADS))
    }

    /// Whether the guest will print its help, which the host's ([`crate::manual`]) belongs below.
    pub fn asks_for_help(&self) -> bool {
        self.guest_args.first().is_some_and(|first| first == "help")
            || self.flags().any(|arg| arg == "--help" || arg == "-h")
    }

    /// Whether the guest will print a benchmark as one JSON object.
    pub fn asks_for_bench(&self) -> bool {
        self.guest_args
            .first()
            .is_some_and(|first| first == "bench")
            && self.flags().any(|arg| arg == "--json")
    }

    /// The guest's arguments before a `--`.
    fn flags(&self) -> impl Iterator<Item = &String> {
        self.guest_args.iter().take_while(|arg| *arg != "--")
    }
}

/// `PATH[:ro|:rw][::NAME]`; the name is the path where none is given.
fn parse_dir(value: &str) -> Result<DirGrant, HostError> {
    let (path, name) = match value.split_once("::") {
        Some((path, name)) => (path, Some(name)),
        None => (value, None),
    };
    let (path, writable) = match path.rsplit_once(':') {
        Some((path, "rw")) => (path, true),
        Some((path, "ro")) => (path, false),
        _ => (path, false),
    };
    let name = name.unwrap_or(path);
    if path.is_empty() || name.is_empty() {
        return Err(HostError::Usage(format!(
            "--dir {value} is not PATH[:ro|:rw][::NAME]"
        )));
    }
    Ok(DirGrant {
        path: path.into(),
        name: name.to_owned(),
        writable,
    })
}

/// `NAME=VALUE`, or `NAME` for a variable that is set.
fn parse_env(value: &str) -> Result<(String, String), HostError> {
    if let Some((name, value)) = value.split_once('=') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    match std::env::var(value) {
        Ok(current) => Ok((value.to_owned(), current)),
        Err(why) => Err(HostError::Usage(format!("--env {value}: {why}"))),
    }
}

/// A number of bytes that this machine can address.
fn parse_memory(value: &str) -> Result<usize, HostError> {
    let size = parse_size("--max-memory", value)?;
    // More than there is to address is as good as all of it.
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

/// A number of bytes, with K, M or G for powers of 1024.
fn parse_size(flag: &str, value: &str) -> Result<u64, HostError> {
    let (digits, shift) = [(['K', 'k'], 10), (['M', 'm'], 20), (['G', 'g'], 30)]
        .into_iter()
        .find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, shift)))
        .unwrap_or((value, 0));
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| HostError::Usage(format!("{flag} {value} is not a size such as 512M")))
}

/// A number of threads.
fn parse_threads(value: &str) -> Result<usize, HostError> {
    let number = value
        .parse()
        .ok()
        .filter(|number| (1..=MOST_THREADS).contains(number));
    number.ok_or_else(|| {
        HostError::Usage(format!(
            "--threads {value} is not a number of threads from 1 to {MOST_THREADS}"
        ))
    })
}

/// A whole number of seconds, or of what follows it: ms, s, m, h.
fn parse_time(value: &str) -> Result<Duration, HostError> {
    let (digits, milliseconds) = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        .into_iter()
        .find_map(|(unit, milliseconds)| Some((value.strip_suffix(unit)?, milliseconds)))
        .unwrap_or((value, 1000));
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds))
        .filter(|time| *time > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| HostError::Usage(format!("--timeout {value} is not a time such as 30s")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, HostError> {
        let mut options = Options::default();
        options.parse(args.iter().map(|arg| (*arg).to_owned()))?;
        Ok(options)
    }

    fn dir(path: &str, name: &str, writable: bool) -> DirGrant {
        DirGrant {
            path: path.into(),
            name: name.to_owned(),
            writable,
        }
    }

    #[test]
    fn host_flags_are_taken_out_and_the_rest_is_passed_on() {
        let options = parse(&[
            "chat",
            "--dir",
            "notes",
            "--env=LANG=C",
            "-n",
            "5",
            "--dir=/tmp/a:rw::a",
            "--max-memory",
            "512M",
            "--max-output=2K",
            "--timeout=2m",
            "--",
            "--dir",
            "x",
        ])
        .unwrap();
        assert_eq!(options.guest_args, ["chat", "-n", "5", "--", "--dir", "x"]);
        assert_eq!(
            options.dirs,
            [dir("notes", "notes", false), dir("/tmp/a", "a", true)]
        );
        assert_eq!(options.env, [("LANG".to_owned(), "C".to_owned())]);
        let limits = Limits {
            memory: 512 << 20,
            output: Some(2048),
            time: Some(Duration::from_secs(120)),
        };
        assert_eq!(options.limits, limits);
    }

    #[test]
    fn a_directory_is_read_only_unless_said() {
        assert_eq!(parse_dir("a").unwrap(), dir("a", "a", false));
        assert_eq!(parse_dir("a:ro").unwrap(), dir("a", "a", false));
        assert_eq!(parse_dir("a:rw").unwrap(), dir("a", "a", true));
        assert_eq!(parse_dir("a::/b").unwrap(), dir("a", "/b", false));
        assert_eq!(parse_dir("a:b:rw::c").unwrap(), dir("a:b", "c", true));
    }

    #[test]
    fn times_have_units() {
        for (text, milliseconds) in [("2", 2000), ("2s", 2000), ("2ms", 2), ("2m", 120_000)] {
            assert_eq!(
                parse_time(text).unwrap(),
                Duration::from_millis(milliseconds)
            );
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for args in [
            &["--dir"][..],
            &["--dir", ""],
            &["--dir", ":rw"],
            &["--dir", "a::"],
            &["--env", "AKIO_TEST_NEVER_SET"],
            &["--max-memory", "much"],
            &["--max-memory", "M"],
            &["--max-memory", "99999999999G"],
            &["--max-memory=-1"],
            &["--max-output", "1T"],
            &["--threads", "0"],
            &["--threads", "65"],
            &["--threads=many"],
            &["--timeout", "soon"],
            &["--timeout", "0"],
            &["--timeout", "99999999999999999h"],
        ] {
            assert!(matches!(parse(args), Err(HostError::Usage(_))), "{args:?}");
        }
    }

    #[test]
    fn help_and_bench_are_seen_only_before_the_separator() {
        assert!(parse(&["chat", "-h"]).unwrap().asks_for_help());
        assert!(parse(&["help", "chat"]).unwrap().asks_for_help());
        assert!(!parse(&["--", "--help"]).unwrap().asks_for_help());
        assert!(parse(&["bench", "--json"]).unwrap().asks_for_bench());
        assert!(!parse(&["bench"]).unwrap().asks_for_bench());
        assert!(!parse(&["--json", "hello"]).unwrap().asks_for_bench());
    }
}
