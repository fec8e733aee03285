//! Labels and their values: `Label: value`, columns of a form, a label above its value, tables.

use std::ops::Range;

/// Longest label, in bytes.
const MAX_LABEL: usize = 64;

/// Most rows below a header that are read as its table.
const MAX_ROWS: usize = 500;

/// How a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Behind a colon.
    Colon,
    /// In the next column of the line.
    Beside,
    /// In the next line, below a label that a colon ends.
    BelowColon,
    /// In the next line, below a short line.
    Below,
    /// In a column of a table whose first line is the label.
    Column,
}

/// A label and a value that may belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The label, without colon.
    pub label: Range<usize>,
    /// The value, within one line.
    pub value: Range<usize>,
    /// How they belong together.
    pub link: Link,
}

/// The lines of a text, without their ends.
pub fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let end = start + line.trim_end_matches('\r').len();
        lines.push(start..end);
        start += line.len() + 1;
    }
    lines
}

/// A range without the characters at its ends that are not of its content.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let outside = |char: char| char.is_whitespace() || matches!(char, '*' | '_' | '#' | '|' | '`');
    let Some(part) = text.get(range.clone()) else {
        return range.start..range.start;
    };
    let start = range.start + part.len() - part.trim_start_matches(outside).len();
    start..start + part.trim_matches(outside).len()
}

/// The cells of a line: what tabs, bars or wide spaces separate.
pub fn cells(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let part = text.get(line.clone()).unwrap_or_default();
    let mut cells = Vec::new();
    let mut start = 0;
    let mut spaces = 0;
    let push = |from: usize, to: usize, cells: &mut Vec<Range<usize>>| {
        let cell = trim(text, line.start + from..line.start + to);
        if !cell.is_empty() {
            cells.push(cell);
        }
    };
    for (at, char) in part.char_indices() {
        if matches!(char, '\t' | '|') || (char == ' ' && spaces == 1) {
            push(start, at, &mut cells);
            start = at + 1;
        }
        spaces = if char == ' ' { spaces + 1 } else { 0 };
    }
    push(start, part.len(), &mut cells);
    cells
}

/// The cells of a line of comma- or semicolon-separated values.
fn separated(text: &str, line: Range<usize>, separator: char) -> Vec<Range<usize>> {
    let part = text.get(line.clone()).unwrap_or_default();
    let mut cells = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, char) in part.char_indices() {
        match char {
            '"' => quoted = !quoted,
            char if char == separator && !quoted => {
                cells.push(line.start + start..line.start + at);
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(line.start + start..line.end);
    cells
        .into_iter()
        .map(|cell| {
            let cell = trim(text, cell);
            let inner = text.get(cell.clone()).unwrap_or_default();
            let is_quoted = inner.len() >= 2 && inner.starts_with('"') && inner.ends_with('"');
            if is_quoted {
                cell.start + 1..cell.end - 1
            } else {
                cell
            }
        })
        .collect()
}

/// All labels and values of a text. One value may have several labels: which of them means something is
/// for the reader to know.
pub fn fields(text: &str) -> Vec<Field> {
    let lines = lines(text);
    let table: Vec<Vec<Range<usize>>> =
        lines.iter().map(|line| cells(text, line.clone())).collect();
    let mut fields = Vec::new();
    for (index, row) in table.iter().enumerate() {
        let below = table.get(index + 1).map_or(&[][..], Vec::as_slice);
        in_row(text, row, below, &mut fields);
        // The first line of a block is its header, if it has one.
        let is_first = index
            .checked_sub(1)
            .and_then(|index| table.get(index))
            .is_none_or(|row| row.len() < 2);
        if row.len() >= 2 && is_first {
            columns(
                text,
                row,
                table.get(index + 1..).unwrap_or_default(),
                &mut fields,
            );
        }
    }
    separated_values(text, &lines, &mut fields);
    fields
}

/// Where the colon of a label is, if the cell begins with one.
fn colon(text: &str, cell: &Range<usize>) -> Option<usize> {
    let part = text.get(cell.clone())?;
    let at = part.char_indices().find(|(at, char)| {
        let rest = part.get(at + char.len_utf8()..).unwrap_or_default();
        // Not a time, not an address of the web.
        *char == '：'
            || (*char == ':'
                && !rest.starts_with("//")
                && !rest.starts_with(|next: char| {
                    next.is_ascii_digit()
                        && part.get(..*at).is_some_and(|before| {
                            before.ends_with(|char: char| char.is_ascii_digit())
                        })
                }))
    })?;
    let (at, _) = at;
    let label = part.get(..at)?;
    let is_label = at <= MAX_LABEL && label.chars().any(char::is_alphabetic);
    is_label.then_some(cell.start + at)
}

fn in_row(text: &str, row: &[Range<usize>], below: &[Range<usize>], fields: &mut Vec<Field>) {
    for (index, cell) in row.iter().enumerate() {
        if let Some(colon) = colon(text, cell) {
            let label = trim(text, cell.start..colon);
            let width = text
                .get(colon..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8);
            let value = trim(text, colon + width..cell.end);
            if !value.is_empty() {
                fields.push(Field {
                    label,
                    value,
                    link: Link::Colon,
                });
            } else if let Some(next) = row.get(index + 1) {
                fields.push(Field {
                    label,
                    value: next.clone(),
                    link: Link::Colon,
                });
            } else if let Some(next) = nearest(text, cell, row, below) {
                fields.push(Field {
                    label,
                    value: next,
                    link: Link::BelowColon,
                });
            }
            continue;
        }
        if let Some((label, value)) = boxed(text, cell) {
            fields.push(Field {
                label,
                value,
                link: Link::Colon,
            });
            continue;
        }
        if cell.len() > MAX_LABEL {
            continue;
        }
        if let Some(next) = row.get(index + 1) {
            fields.push(Field {
                label: cell.clone(),
                value: next.clone(),
                link: Link::Beside,
            });
        }
        if row.len() == 1
            && let [next] = below
        {
            fields.push(Field {
                label: cell.clone(),
                value: next.clone(),
                link: Link::Below,
            });
        }
    }
}

/// `First name [Winston]`, `Surname ....... Benali`: a label and a value in a box or behind leaders.
fn boxed(text: &str, cell: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let part = text.get(cell.clone())?;
    let inner = part.strip_suffix(']');
    let (label, value) = match inner {
        Some(inner) => inner.split_once(" [")?,
        None => ["....", "____"]
            .into_iter()
            .find_map(|leader| part.split_once(leader))?,
    };
    let end = cell.end - usize::from(inner.is_some());
    let value = value.trim_start_matches(['.', '_']);
    let value = trim(text, end - value.len()..end);
    let label = trim(text, cell.start..cell.start + label.len());
    let is_label = !label.is_empty() && label.len() <= MAX_LABEL && !value.is_empty();
    is_label.then_some((label, value))
}

/// The cell of the next line that stands under this one.
fn nearest(
    text: &str,
    cell: &Range<usize>,
    row: &[Range<usize>],
    below: &[Range<usize>],
) -> Option<Range<usize>> {
    if row.len() == below.len() {
        let at = row.iter().position(|other| other == cell)?;
        return below.get(at).cloned();
    }
    let column = |cell: &Range<usize>| {
        let before = text.get(..cell.start).unwrap_or_default();
        before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
    };
    below
        .iter()
        .min_by_key(|other| column(other).abs_diff(column(cell)))
        .cloned()
}

/// The rows under a header.
fn columns(
    text: &str,
    header: &[Range<usize>],
    rows: &[Vec<Range<usize>>],
    fields: &mut Vec<Field>,
) {
    let has_digit = |cell: &Range<usize>| {
        text.get(cell.clone())
            .is_some_and(|cell| cell.contains(|char: char| char.is_ascii_digit()))
    };
    if header.iter().any(has_digit) {
        return;
    }
    let is_rule = |row: &[Range<usize>]| {
        row.iter().all(|cell| {
            text.get(cell.clone()).is_some_and(|cell| {
                cell.chars()
                    .all(|char| matches!(char, '-' | ':' | '=' | '+' | '─'))
            })
        })
    };
    for row in rows.iter().take(MAX_ROWS) {
        if row.is_empty() {
            break;
        }
        if is_rule(row) {
            continue;
        }
        if row.len() < 2 {
            break;
        }
        for label in header {
            if let Some(value) = nearest(text, label, header, row) {
                fields.push(Field {
                    label: label.clone(),
                    value,
                    link: Link::Column,
                });
            }
        }
    }
}

/// Comma- or semicolon-separated values: two lines with as many separators, none of them before a space.
fn separated_values(text: &str, lines: &[Range<usize>], fields: &mut Vec<Field>) {
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        index += 1;
        let part = text.get(line.clone()).unwrap_or_default();
        let Some(separator) = [',', ';'].into_iter().find(|separator| {
            part.matches(*separator).count() >= 2 && !part.contains(&format!("{separator} "))
        }) else {
            continue;
        };
        let header = separated(text, line.clone(), separator);
        for (row, line) in lines.iter().enumerate().skip(index).take(MAX_ROWS) {
            let values = separated(text, line.clone(), separator);
            if values.len() != header.len() {
                break;
            }
            for (label, value) in header.iter().zip(values) {
                if !value.is_empty() && !label.is_empty() {
                    fields.push(Field {
                        label: label.clone(),
                        value,
                        link: Link::Column,
                    });
                }
            }
            index = row + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str, Link)> {
        fields(text)
            .into_iter()
            .map(|field| (&text[field.label], &text[field.value], field.link))
            .collect()
    }

    #[test]
    fn labels_with_colons() {
        assert_eq!(
            found("**Name:** Ada   Born: 3 May\nPhone:\n0123"),
            [
                ("Name", "Ada", Link::Colon),
                ("Born", "3 May", Link::Colon),
                ("Phone", "0123", Link::BelowColon)
            ]
        );
        assert_eq!(found("at 12:30 and https://x.example"), []);
    }

    #[test]
    fn labels_without_colons() {
        assert_eq!(found("Net    5,00"), [("Net", "5,00", Link::Beside)]);
        assert_eq!(found("Passport\nXA1"), [("Passport", "XA1", Link::Below)]);
    }

    #[test]
    fn tables_with_bars_columns_and_commas() {
        let columns = |text| -> Vec<(&str, &str)> {
            found(text)
                .into_iter()
                .filter(|(_, _, link)| *link == Link::Column)
                .map(|(label, value, _)| (label, value))
                .collect()
        };
        let expected = [
            ("Name", "Ada"),
            ("Town", "Ulm"),
            ("Name", "Bo"),
            ("Town", "Rom"),
        ];
        assert_eq!(
            columns("| Name | Town |\n|---|---|\n| Ada | Ulm |\n| Bo | Rom |\n"),
            expected
        );
        assert_eq!(
            columns("Name   Town\nAda    Ulm\nBo     Rom\n\nx  y"),
            expected
        );
        assert_eq!(
            columns("Name,Town,No\nAda,Ulm,\n\"Bo\",Rom,3"),
            [
                ("Name", "Ada"),
                ("Town", "Ulm"),
                ("Name", "Bo"),
                ("Town", "Rom"),
                ("No", "3")
            ]
        );
    }
}
