//! What holds unless a flag says otherwise: variables of the environment, and below them a file.
//!
//! Folders and variables that the module may see are not among it: what is granted is said each time.

use crate::error::HostError;
use crate::platform;
use serde::Deserialize;
use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

/// The value of a flag, from elsewhere.
pub struct Setting {
    /// The flag.
    pub flag: &'static str,
    /// Its value.
    pub value: String,
    /// Where it was said.
    pub place: String,
}

/// The configuration file. Values are written as behind the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    key_file: Option<String>,
    max_memory: Option<String>,
    max_output: Option<String>,
    public_key: Option<String>,
    threads: Option<String>,
    timeout: Option<String>,
}

/// All settings; the later of two for the same flag holds.
///
/// # Errors
/// [`HostError::Usage`] for a file that is no configuration or a variable that is not UTF-8, [`HostError::Io`] for
/// a file that is there and cannot be read.
pub fn settings() -> Result<Vec<Setting>, HostError> {
    let mut settings = of_file()?;
    for (flag, name) in [
        ("--key-file", "AKIO_KEY_FILE"),
        ("--max-memory", "AKIO_MAX_MEMORY"),
        ("--max-output", "AKIO_MAX_OUTPUT"),
        ("--public-key", "AKIO_PUBLIC_KEY"),
        ("--threads", "AKIO_THREADS"),
        ("--timeout", "AKIO_TIMEOUT"),
    ] {
        let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let value = value
            .into_string()
            .map_err(|_| HostError::Usage(format!("{name} is not UTF-8")))?;
        settings.push(Setting {
            flag,
            value,
            place: name.to_owned(),
        });
    }
    Ok(settings)
}

fn of_file() -> Result<Vec<Setting>, HostError> {
    let Some(path) = path() else {
        return Ok(Vec::new());
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(HostError::io(format!("cannot read {}", path.display()))(
                error,
            ));
        }
    };
    let place = path.display().to_string();
    let file: File = toml::from_str(&text).map_err(|why| {
        let before = why.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        HostError::Usage(format!("{place}, line {line}: {}", why.message()))
    })?;
    let values = [
        ("--key-file", file.key_file),
        ("--max-memory", file.max_memory),
        ("--max-output", file.max_output),
        ("--public-key", file.public_key),
        ("--threads", file.threads),
        ("--timeout", file.timeout),
    ];
    Ok(values
        .into_iter()
        .filter_map(|(flag, value)| {
            Some(Setting {
                flag,
                value: value?,
                place: place.clone(),
            })
        })
        .collect())
}

/// `$AKIO_CONFIG`, else `akio/config.toml` in `$XDG_CONFIG_HOME` or where the system has such files.
pub fn path() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("AKIO_CONFIG").or_else(|| {
        let settings = set("XDG_CONFIG_HOME").or_else(platform::config_home)?;
        Some(settings.join("akio").join("config.toml"))
    })
}
