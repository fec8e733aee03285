//! The text of a prompt: file, stdin and argument, in this order.

use std::{fs::File, path::Path};

use super::{Console, Error, args::Ask, console::read_text, error::Access};

/// Joins what was given by newlines. `None` if nothing was: no file, no argument, and stdin is a
/// terminal. stdin is read whenever it is not a terminal, so that a pipe and an argument combine.
pub(super) fn gather(ask: &Ask, console: &mut Console<'_>) -> Result<Option<String>, Error> {
    let mut parts = Vec::new();
    if let Some(path) = &ask.file {
        parts.push(read_file(path)?);
    }
    if !console.input_is_terminal {
        parts.push(console.read_all()?);
    }
    parts.extend(ask.words.clone().or_else(|| ask.prompt.clone()));
    if parts.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| part.trim_end_matches(['\r', '\n']))
        .filter(|part| !part.is_empty())
        .collect();
    let prompt = parts.join("\n");
    if prompt.trim().is_empty() {
        return Err(Error::empty_prompt());
    }
    Ok(Some(prompt))
}

/// The text of a file that the caller named.
pub(super) fn read_file(path: &Path) -> Result<String, Error> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Error::file(path, Access::Read, error))?;
    let text = read_text(&name, file)?;
    // The mark that some editors write is not part of the text.
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned())
}
