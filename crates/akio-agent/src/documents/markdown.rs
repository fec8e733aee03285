//! Markdown line by line: what marks headings, lists, tables and emphasis goes, the lines stay.

use super::{CELL, Kind, Line, numbered, tidy};

pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, source) in numbered(text) {
        let trimmed = source.trim();
        if let Some(mark) = fence_of(trimmed)
            && fence.is_none_or(|open| open == mark)
        {
            fence = fence.is_none().then_some(mark);
            continue;
        }
        let above = lines
            .last_mut()
            .filter(|above| above.kind == Kind::Plain && !above.text.is_empty());
        let (kind, text) = if fence.is_some() {
            (Kind::Plain, tidy(source))
        } else if is_underline(trimmed) {
            // The line above is the heading, if there is one; it is a rule otherwise.
            match above {
                Some(above) => {
                    above.kind = Kind::Heading;
                    continue;
                }
                None => (Kind::Plain, String::new()),
            }
        } else if is_table_rule(trimmed) {
            continue;
        } else if let Some(row) = row(trimmed) {
            (Kind::Row, row)
        } else if let Some(heading) = heading(trimmed) {
            (Kind::Heading, plain(heading))
        } else if let Some(item) = item(trimmed) {
            (Kind::Item, plain(item))
        } else {
            (Kind::Plain, plain(trimmed.trim_start_matches(['>', ' '])))
        };
        lines.push(Line { number, kind, text });
    }
    lines
}

fn fence_of(line: &str) -> Option<&'static str> {
    ["```", "~~~"]
        .into_iter()
        .find(|mark| line.starts_with(mark))
}

/// A line of `=` or `-`, or a rule of `*` or `_`.
fn is_underline(line: &str) -> bool {
    let bare: String = line.chars().filter(|char| *char != ' ').collect();
    let of = |mark: char| bare.chars().all(|char| char == mark);
    bare.len() >= 3 && ['=', '-', '*', '_'].into_iter().any(of)
}

fn is_table_rule(line: &str) -> bool {
    line.contains('|')
        && line.contains("--")
        && line
            .chars()
            .all(|char| matches!(char, '|' | '-' | ':' | ' '))
}

/// Stands for a bar that is part of a cell.
const ESCAPED: &str = "\u{FDD0}";

/// The cells of a table's row.
fn row(line: &str) -> Option<String> {
    let inner = line.strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    // A bar in a cell is escaped.
    let inner = inner.replace("\\|", ESCAPED);
    let cells = inner
        .split('|')
        .map(|cell| plain(cell.trim()).replace(ESCAPED, "|"));
    Some(cells.collect::<Vec<_>>().join(CELL))
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && (text.is_empty() || text.starts_with([' ', '\t']));
    is_heading.then(|| text.trim().trim_end_matches('#').trim_end())
}

/// The text of a list's item; numbers stay, since people refer to them.
fn item(line: &str) -> Option<&str> {
    let text = ["- ", "* ", "+ "]
        .into_iter()
        .find_map(|mark| line.strip_prefix(mark));
    if let Some(text) = text {
        let text = text.trim_start();
        let boxes = ["[ ] ", "[x] ", "[X] "];
        return Some(
            boxes
                .into_iter()
                .find_map(|it| text.strip_prefix(it))
                .unwrap_or(text),
        );
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    let is_numbered =
        (1..=3).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "));
    is_numbered.then_some(line)
}

/// A text without emphasis, code marks, links' addresses and escapes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        let next = after.chars().next().unwrap_or(' ');
        match char {
            '\\' if next.is_ascii_punctuation() => {
                out.push(next);
                rest = after.get(next.len_utf8()..).unwrap_or_default();
                before = next;
                continue;
            }
            '`' => {}
            // Emphasis touches a word; a lone star is a star, and snake_case a name.
            '*' if !(before.is_whitespace() && next.is_whitespace()) && is_paired(text, '*') => {}
            '_' if before.is_alphanumeric() != next.is_alphanumeric()
                && !(before.is_whitespace() && next.is_whitespace())
                && is_paired(text, '_') => {}
            '!' if next == '[' && link(after).is_some() => {}
            '[' => match link(rest) {
                Some((words, length)) => {
                    out.push_str(&plain(words));
                    rest = rest.get(length..).unwrap_or_default();
                    before = ']';
                    continue;
                }
                None => out.push('['),
            },
            '<' => match autolink(rest) {
                Some((words, length)) => {
                    out.push_str(words);
                    rest = rest.get(length..).unwrap_or_default();
                    before = '>';
                    continue;
                }
                None => out.push('<'),
            },
            char => out.push(char),
        }
        before = char;
        rest = after;
    }
    tidy(&super::html::resolve(&out))
}

fn is_paired(text: &str, mark: char) -> bool {
    text.matches(mark).count() >= 2
}

/// The words of `[words](address)` at the beginning of a text, and its length.
fn link(text: &str) -> Option<(&str, usize)> {
    let close = text.find("](")?;
    let words = text.get(1..close)?;
    // Brackets within would nest without end.
    if words.contains('[') {
        return None;
    }
    let end = text.get(close..)?.find(')')?;
    Some((words, close + end + 1))
}

/// An address in `<>`, or a tag, of which nothing is seen.
fn autolink(text: &str) -> Option<(&str, usize)> {
    let end = text.find('>')?;
    let inner = text.get(1..end)?;
    let is_address = inner.contains("://") || (inner.contains('@') && !inner.contains(' '));
    let is_tag = inner.starts_with(|char: char| char.is_ascii_alphabetic() || char == '/')
        && inner.ends_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '/' | '"'));
    match (is_address, is_tag) {
        (true, _) => Some((inner.trim_start_matches("mailto:"), end + 1)),
        (false, true) => Some(("", end + 1)),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn marks_go_and_lines_stay() {
        let text = "# The *short* guide\n\nUse `salt`, [here](http://a.example/x), 2 * 3 and my_file_name.\n\
                    - [ ] open **the** tap\n1. Close it &amp; wait\n\n> said\n```sh\n# not a heading\n```\n\
                    | Code | Mean\\|ing |\n| ---- | :-----: |\n| F1 | *off* |\n\nTitle\n-----\n---\n\\*no\\* <br>![pic](a.png)";
        let read: Vec<(u32, Kind, String)> = lines(text)
            .into_iter()
            .map(|line| (line.number, line.kind, line.text))
            .collect();
        let expected = [
            (1, Kind::Heading, "The short guide"),
            (2, Kind::Plain, ""),
            (3, Kind::Plain, "Use salt, here, 2 * 3 and my_file_name."),
            (4, Kind::Item, "open the tap"),
            (5, Kind::Item, "1. Close it & wait"),
            (6, Kind::Plain, ""),
            (7, Kind::Plain, "said"),
            (9, Kind::Plain, "# not a heading"),
            (11, Kind::Row, "Code | Mean|ing"),
            (13, Kind::Row, "F1 | off"),
            (14, Kind::Plain, ""),
            (15, Kind::Heading, "Title"),
            (17, Kind::Plain, ""),
            (18, Kind::Plain, "*no* pic"),
        ]
        .map(|(number, kind, text)| (number, kind, text.to_owned()));
        assert_eq!(read, expected);
    }

    #[test]
    fn what_only_looks_like_markup_stays() {
        for text in [
            "#5 is alive",
            "a < b > c",
            "[a] and (b)",
            "5 * 4 * 3",
            "-5 degrees",
            "1.5 kg",
        ] {
            assert_eq!(texts(text), [text]);
        }
        assert_eq!(
            texts("<mailto:a@b.example> <https://c.example>"),
            ["a@b.example https://c.example"]
        );
    }
}
