//! Tables of values separated by commas, semicolons or tabs: a line for each record, none is an error.
//!
//! A scanner of our own: the line that a record begins in is what citations rest on, and readers of CSV skip
//! empty lines without counting them.

use super::{CELL, Kind, Line, collapse, numbered};

/// Separators of files that are called CSV, the likeliest first.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// Lines that show which one it is.
const PROBE: usize = 20;

pub(super) fn lines(text: &str, tabs: bool) -> Vec<Line> {
    let separator = if tabs { '\t' } else { separator(text) };
    let mut table = Table::default();
    for (number, line) in numbered(text) {
        table.line(line, number, separator);
    }
    // A quote that is never closed ends with the file.
    if table.is_open {
        table.end_record();
    }
    table.lines
}

/// The separator that most of the first lines have, and equally often.
fn separator(text: &str) -> char {
    let counts = |separator: char| {
        let lines = numbered(text).map(|(_, line)| line);
        let mut counts: Vec<usize> = lines
            .filter(|line| !line.trim().is_empty())
            .take(PROBE)
            .map(|line| line.matches(separator).count())
            .filter(|count| *count > 0)
            .collect();
        counts.sort_unstable();
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        counts.iter().filter(|count| **count == usual).count()
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|it| counts(*it));
    best.unwrap_or(',')
}

#[derive(Default)]
struct Table {
    lines: Vec<Line>,
    cells: Vec<String>,
    cell: String,
    /// The line that the record in the making begins in.
    number: u32,
    /// The record goes on in the next line, since a quote is open.
    is_open: bool,
}

impl Table {
    fn line(&mut self, line: &str, number: u32, separator: char) {
        if self.is_open {
            self.cell.push(' ');
        } else {
            self.number = number;
        }
        let mut chars = line.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '"' if self.is_open && chars.peek() == Some(&'"') => {
                    chars.next();
                    self.cell.push('"');
                }
                '"' if self.is_open => self.is_open = false,
                // Within a cell that has begun a quote is a character.
                '"' if self.cell.trim().is_empty() => {
                    self.cell.clear();
                    self.is_open = true;
                }
                char if char == separator && !self.is_open => self.end_cell(),
                char => self.cell.push(char),
            }
        }
        if !self.is_open {
            self.end_record();
        }
    }

    fn end_cell(&mut self) {
        self.cells.push(collapse(&self.cell));
        self.cell.clear();
    }

    fn end_record(&mut self) {
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        let is_empty = cells.iter().all(String::is_empty);
        self.lines.push(Line {
            number: self.number,
            kind: if is_empty { Kind::Plain } else { Kind::Row },
            text: if is_empty {
                String::new()
            } else {
                cells.join(CELL)
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u32, String)> {
        lines(text, false)
            .into_iter()
            .map(|line| (line.number, line.text))
            .collect()
    }

    #[test]
    fn records_know_where_they_begin() {
        let text =
            "Name,Note\r\n\r\n\"Gray, Ann\",\"said \"\"yes\"\"\nand left\"\n,,\nBob,5\" pipe,x\n";
        assert_eq!(
            read(text),
            [
                (1, "Name | Note"),
                (2, ""),
                (3, "Gray, Ann | said \"yes\" and left"),
                (5, ""),
                (6, "Bob | 5\" pipe | x"),
            ]
            .map(|(number, text)| (number, text.to_owned()))
        );
    }

    #[test]
    fn the_separator_shows_in_the_first_lines() {
        assert_eq!(read("Ort;Betrag\nUlm;1,50\nBonn;2,75")[1].1, "Ulm | 1,50");
        assert_eq!(read("a\tb, c\nd\te")[0].1, "a | b, c");
        assert_eq!(lines("a,b\tc", true)[0].text, "a,b | c");
        assert_eq!(read("just words")[0].1, "just words");
    }

    #[test]
    fn an_open_quote_ends_with_the_file() {
        assert_eq!(read("a,\"b\nc"), [(1, "a | b c".into())]);
        assert_eq!(read(""), []);
    }
}
