//! Papers of a person's: files as plain text with the numbers of their lines, and what they say.
//!
//! [`read`] makes text of a file in any of the usual formats and encodings. Its clean lines know the line
//! of the file that they come from, so that whatever is found in them can be cited.

mod answer;
mod csv;
mod dates;
mod encoding;
mod evidence;
mod folder;
mod format;
mod html;
mod index;
mod json;
mod markdown;
mod passage;
mod question;
mod synonyms;
mod terms;

use std::fmt;

use format::Format;

pub use answer::{Answer, Asking, Citation, NOT_FOUND, Progress, ask};
pub use folder::{Folder, Reading};
pub(crate) use terms::stems;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// A file as a person would read it: no markup, no entities, no scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The clean lines, each with `\n` at its end. The cells of a table's row have ` | ` between them.
    pub text: String,
    /// For each of them the line of the file that it begins in, from 1. They never decrease.
    pub lines: Vec<u32>,
}

/// Reads a file. What it holds follows from the end of its name, and where that says nothing, from
/// its first characters.
///
/// # Errors
/// [`DocumentError`].
pub fn read(name: &str, bytes: &[u8]) -> Result<Text, DocumentError> {
    let mut text = Text::default();
    for line in lines(name, bytes)? {
        text.text.push_str(&line.text);
        text.text.push('\n');
        text.lines.push(line.number);
    }
    Ok(text)
}

/// Whether a file is text that can be read.
pub fn is_text(bytes: &[u8]) -> bool {
    encoding::decode(bytes).is_some()
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is not text, or in an encoding that cannot be told.
    Binary(String),
    /// It is larger than [`MAX_BYTES`].
    TooLarge(String),
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(name) => write!(
                f,
                "{name} is not a text file; convert it to text, Markdown, HTML, CSV or JSON first"
            ),
            Self::TooLarge(name) => {
                write!(f, "{name} is larger than {} MiB", MAX_BYTES >> 20)
            }
        }
    }
}

impl std::error::Error for DocumentError {}

/// A clean line, what it is, and where it begins in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// From 1.
    number: u32,
    kind: Kind,
    /// Without end; empty between paragraphs.
    text: String,
}

/// What a line is, as far as the format says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Part of a paragraph, or anything.
    Plain,
    /// The same sentence as the line before, which only the source broke.
    More,
    /// A heading of what follows.
    Heading,
    /// The first line of a list's item.
    Item,
    /// A row of a table: cells with [`CELL`] between them.
    Row,
    /// A name and its value.
    Field,
}

/// What stands between two cells of a row.
const CELL: &str = " | ";

fn lines(name: &str, bytes: &[u8]) -> Result<Vec<Line>, DocumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge(name.into()));
    }
    let text = encoding::decode(bytes).ok_or_else(|| DocumentError::Binary(name.into()))?;
    Ok(match Format::of(name, &text) {
        Format::Plain => plain(&text),
        Format::Markdown => markdown::lines(&text),
        Format::Html => html::lines(&text),
        Format::Table { tabs } => csv::lines(&text, tabs),
        Format::Json => json::lines(&text).unwrap_or_else(|| plain(&text)),
    })
}

fn plain(text: &str) -> Vec<Line> {
    let lines = numbered(text).map(|(number, line)| Line {
        number,
        kind: Kind::Plain,
        text: tidy(line),
    });
    lines.collect()
}

/// The lines of a text, whichever of `\n`, `\r\n` and `\r` ends them, with their numbers.
fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut rest = (!text.is_empty()).then_some(text);
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        let after = after
            .strip_prefix("\r\n")
            .or_else(|| after.get(1..))
            .unwrap_or_default();
        rest = (!after.is_empty()).then_some(after);
        Some(line)
    });
    (1..).zip(lines)
}

/// A line without control characters and white space at its end; tabs within it stay.
fn tidy(line: &str) -> String {
    let line = line.trim_end();
    if line.contains(|char: char| char.is_control() && char != '\t') {
        line.chars()
            .filter(|char| !char.is_control() || *char == '\t')
            .collect::<String>()
            .trim_end()
            .into()
    } else {
        line.into()
    }
}

/// A text on one line: runs of white space are single spaces.
fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.extend(word.chars().filter(|char| !char.is_control()));
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(text: &str) -> Vec<(u32, &str)> {
        numbered(text).collect()
    }

    #[test]
    fn lines_end_as_they_like() {
        assert_eq!(
            numbers("a\nb\r\nc\rd\r\r\ne"),
            [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, ""), (6, "e")]
        );
        assert_eq!(numbers("a\n"), [(1, "a")]);
        assert_eq!(numbers(""), []);
        assert_eq!(numbers("\n\n"), [(1, ""), (2, "")]);
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        let text = read("a.txt", b"One  two\x07 \n\n\tthree\r\n").unwrap();
        assert_eq!(text.text, "One  two\n\n\tthree\n");
        assert_eq!(text.lines, [1, 2, 3]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let error = read("a.pdf", b"%PDF-1.4").unwrap_err();
        assert_eq!(error, DocumentError::Binary("a.pdf".into()));
        assert!(error.to_string().contains("a.pdf is not a text file"));
        let error = read("a.txt", &vec![b'a'; MAX_BYTES + 1]).unwrap_err();
        assert_eq!(error.to_string(), "a.txt is larger than 16 MiB");
    }

    proptest! {
        /// Whatever the bytes, the clean lines and their numbers belong together.
        #[test]
        fn no_file_makes_it_panic(
            name in "a\\.(txt|md|html|csv|tsv|json|jsonl|dat)",
            text in "([<>/!a-z&#;:=\"'\\[\\]{}|,*_`\r\n\t 0-9.-]|&amp;|<p>|<script>|<!--|```|\\\\u|\\PC){0,80}",
            bytes in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let file = [text.as_bytes(), &bytes].concat();
            if let Ok(read) = read(&name, &file) {
                prop_assert_eq!(read.text.lines().count(), read.lines.len());
                prop_assert!(read.lines.is_sorted());
                prop_assert!(!read.text.contains('\r'));
                let source = encoding::decode(&file).unwrap().into_owned();
                let last = numbered(&source).count() as u32;
                prop_assert!(read.lines.iter().all(|line| (1..=last).contains(line)));
            }
        }
    }
}
