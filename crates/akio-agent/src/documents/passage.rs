//! A document in pieces: passages under their headings, and in them the sentences, items, rows and fields
//! that can be an answer. Each knows its lines.

use super::{CELL, Kind, Line, collapse, terms};

/// A passage ends after so many units or characters, whichever comes first.
const MAX_UNITS: usize = 12;
const MAX_CHARS: usize = 1200;
/// A heading has at most so many characters.
const MAX_HEADING: usize = 70;
/// A unit is cut after so many characters: text without ends of sentences has no other.
const MAX_UNIT: usize = 600;

/// A piece of a document that belongs together: a paragraph, a list, a table, an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// The headings that it stands under: the document's, or the name of its file, and the section's.
    pub(super) headings: Vec<String>,
    /// What it says, in order; never empty.
    pub(super) units: Vec<Unit>,
}

/// The least that can be cited: a sentence, an item of a list, a row of a table, a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// On one line; in a row the cells come with the names of their columns.
    pub(super) text: String,
    /// The first line and the last one in the file, from 1.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) kind: Kind,
}

impl Passage {
    /// The first line and the last one.
    pub(super) fn lines(&self) -> (u32, u32) {
        let start = self.units.first().map_or(1, |unit| unit.start);
        let end = self.units.iter().map(|unit| unit.end).max();
        (start, end.unwrap_or(start))
    }
}

/// Cuts a document into passages.
pub(super) fn passages(name: &str, lines: Vec<Line>) -> Vec<Passage> {
    let lines = recognise(lines);
    let mut passages = Vec::new();
    // A document whose first line is no heading is called what its file is.
    let first = lines.iter().find(|line| !line.text.trim().is_empty());
    let mut title = first
        .is_none_or(|line| line.kind != Kind::Heading)
        .then(|| called(name));
    let mut section: Option<String> = None;
    for block in blocks(&lines) {
        let mut rest = block;
        // A heading is a passage too: dates and numbers stand in them.
        let mut heads = Vec::new();
        while let [line, after @ ..] = rest
            && line.kind == Kind::Heading
        {
            heads.push(unit(line));
            match &title {
                None => title = Some(line.text.clone()),
                Some(_) => section = Some(line.text.clone()),
            }
            rest = after;
        }
        let headings: Vec<String> = title.iter().chain(&section).cloned().collect();
        let body = units(rest);
        let all: Vec<Unit> = heads.into_iter().chain(body).collect();
        let mut open: Vec<Unit> = Vec::new();
        let mut chars = 0;
        for unit in all {
            if open.len() >= MAX_UNITS || (chars + unit.text.len() > MAX_CHARS && !open.is_empty())
            {
                passages.push(Passage {
                    headings: headings.clone(),
                    units: std::mem::take(&mut open),
                });
                chars = 0;
            }
            chars += unit.text.len();
            open.push(unit);
        }
        if !open.is_empty() {
            passages.push(Passage {
                headings,
                units: open,
            });
        }
    }
    join_records(&mut passages);
    passages
}

/// The words of a file's name.
fn called(name: &str) -> String {
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    collapse(&stem.replace(['_', '-', '.'], " "))
}

fn unit(line: &Line) -> Unit {
    Unit {
        text: collapse(&line.text),
        start: line.number,
        end: line.number,
        kind: line.kind,
    }
}

/// The objects of one array are records: each is one unit, since its values answer for each other.
fn join_records(passages: &mut [Passage]) {
    let is_object = |passage: &Passage| {
        let fields = passage
            .units
            .iter()
            .skip_while(|unit| unit.kind == Kind::Heading);
        fields.clone().count() >= 2 && fields.clone().all(|unit| unit.kind == Kind::Field)
    };
    let headings: Vec<Vec<String>> = passages
        .iter()
        .map(|passage| passage.headings.clone())
        .collect();
    for (at, passage) in passages.iter_mut().enumerate() {
        let is_like = |other: Option<&Vec<String>>| {
            other.is_some_and(|other| other.len() > 1 && *other == passage.headings)
        };
        let before = at.checked_sub(1).and_then(|at| headings.get(at));
        if !is_object(passage) || !(is_like(before) || is_like(headings.get(at + 1))) {
            continue;
        }
        passage.units.retain(|unit| unit.kind == Kind::Field);
        let (start, end) = passage.lines();
        let texts: Vec<&str> = passage
            .units
            .iter()
            .map(|unit| unit.text.as_str())
            .collect();
        let text = texts.join("; ");
        passage.units = vec![Unit {
            text,
            start,
            end,
            kind: Kind::Row,
        }];
    }
}

/// Runs of lines between empty ones.
fn blocks(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    lines
        .split(|line| line.text.trim().is_empty())
        .flat_map(|block| {
            // A heading within a block begins a new one.
            block.chunk_by(|line, next| !(next.kind == Kind::Heading && line.kind != Kind::Heading))
        })
        .filter(|block| !block.is_empty())
}

/// Tells what plain lines are: columns are rows of a table, marks begin items, short lines are headings.
fn recognise(mut lines: Vec<Line>) -> Vec<Line> {
    for line in &mut lines {
        if line.kind != Kind::Plain {
            continue;
        }
        if let Some(cells) = columns(&line.text) {
            line.kind = Kind::Row;
            line.text = cells;
        } else if is_item(&line.text) {
            line.kind = Kind::Item;
        } else if is_field(&line.text) {
            line.kind = Kind::Field;
        }
    }
    for at in 0..lines.len() {
        let is_empty = |line: Option<&Line>| line.is_none_or(|line| line.text.trim().is_empty());
        let before = at.checked_sub(1).and_then(|at| lines.get(at));
        let (starts, is_alone) = (is_empty(before), is_empty(lines.get(at + 1)));
        let next = lines.get(at + 1).map(|line| line.kind);
        let is_title = at == 0 || before.is_some_and(|line| line.kind == Kind::Heading && at == 1);
        let Some(line) = lines.get(at) else { break };
        let can_be = match line.kind {
            Kind::Plain => starts && next != Some(Kind::More),
            // "1. What you get" over a paragraph.
            Kind::Item => {
                let is_number = |line: &Line| {
                    line.text
                        .trim_start()
                        .starts_with(|char: char| char.is_ascii_digit())
                };
                let is_list = lines
                    .get(at + 1)
                    .is_some_and(|next| next.kind == Kind::Item && !is_number(next));
                starts
                    && is_number(line)
                    && (is_list || matches!(next, Some(Kind::Plain | Kind::Row)))
            }
            _ => false,
        };
        let is_heading = can_be
            && looks_like_heading(&line.text)
            && (is_title
                || is_alone
                || is_capital(&line.text)
                || next != Some(Kind::Plain)
                || lines.get(at + 1).is_some_and(|next| {
                    next.text.chars().count() > line.text.chars().count()
                        && !next.text.trim_start().starts_with(char::is_lowercase)
                }));
        if is_heading && let Some(line) = lines.get_mut(at) {
            line.kind = Kind::Heading;
        }
    }
    lines
}

fn looks_like_heading(text: &str) -> bool {
    let text = text.trim();
    let is_short = text.chars().count() <= MAX_HEADING;
    let is_open = text.ends_with(['.', ',', ';', '!', '?', ')']) && !text.ends_with("..");
    let letters = text.chars().filter(|char| char.is_alphabetic()).count();
    is_short && !is_open && letters >= 3 && !text.starts_with(char::is_lowercase)
}

fn is_capital(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// The columns of a line in which runs of spaces, tabs, dots or bars stand between words.
fn columns(line: &str) -> Option<String> {
    let line = line.trim();
    let mut cells: Vec<&str> = Vec::new();
    let mut rest = line;
    while let Some((start, end)) = gap(rest) {
        let (cell, after) = rest.split_at(start);
        cells.push(cell.trim());
        rest = after.get(end - start..).unwrap_or_default();
    }
    cells.push(rest.trim());
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    (filled >= 2).then(|| cells.join(CELL))
}

/// The first gap between two columns, in bytes.
fn gap(text: &str) -> Option<(usize, usize)> {
    let mut start = None;
    let mut has_tab = false;
    for (at, char) in text.char_indices() {
        match (char, start) {
            (' ' | '\t' | '.' | '\u{A0}' | '_', None) => {
                (start, has_tab) = (Some(at), char == '\t')
            }
            (' ' | '\t' | '.' | '\u{A0}' | '_', Some(_)) => has_tab |= char == '\t',
            (_, Some(from)) => {
                let gap = text.get(from..at).unwrap_or_default();
                let spaces = gap
                    .chars()
                    .filter(|char| *char == ' ' || *char == '\u{A0}')
                    .count();
                let dots = gap
                    .chars()
                    .filter(|char| *char == '.' || *char == '_')
                    .count();
                // Two spaces after a full stop are typewriting.
                let is_gap = has_tab || (dots == 0 && spaces >= 2) || dots >= 4 || spaces >= 4;
                let is_middle = from > 0;
                if is_gap && is_middle {
                    return Some((from, at));
                }
                start = None;
            }
            (_, None) => {}
        }
    }
    None
}

/// Whether a line begins with the mark or the number of a list's item.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    item_mark(line) > 0
}

/// The length of the mark, with the space behind it.
pub(super) fn item_mark(line: &str) -> usize {
    for mark in ["- ", "* ", "• ", "– ", "+ "] {
        if line.starts_with(mark) {
            return mark.len();
        }
    }
    let inner = line.strip_prefix('(').unwrap_or(line);
    let opened = line.len() - inner.len();
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let marks = match digits {
        0 => usize::from(inner.starts_with(|char: char| char.is_ascii_lowercase())),
        1..=3 => digits,
        _ => return 0,
    };
    let rest = inner.get(marks..).unwrap_or_default();
    let ends = match digits {
        0 => &[") "][..],
        _ => &[". ", ") "][..],
    };
    match ends.iter().find(|end| rest.starts_with(**end)) {
        Some(end) if marks > 0 => opened + marks + end.len(),
        _ => 0,
    }
}

/// Whether a line is a name with a colon and its value.
fn is_field(line: &str) -> bool {
    let Some((name, value)) = line.trim().split_once(':') else {
        return false;
    };
    let words = name.split_whitespace().count();
    (1..=4).contains(&words)
        && name.chars().count() <= 32
        && name
            .chars()
            .next()
            .is_some_and(|char| char.is_uppercase() || char.is_numeric())
        && name.contains(char::is_alphabetic)
        && value.starts_with([' ', '\t'])
        && !value.trim().is_empty()
}

/// The units of a block without headings.
fn units(block: &[Line]) -> Vec<Unit> {
    let mut units = Vec::new();
    let same = |line: &Line, next: &Line| match (line.kind, next.kind) {
        (Kind::Row, Kind::Row) => true,
        (_, Kind::More) => line.kind != Kind::Row,
        (_, Kind::Plain) => line.kind != Kind::Row && !is_hard_break(line, next, block),
        _ => false,
    };
    for group in block.chunk_by(same) {
        match group.first().map(|line| line.kind) {
            Some(Kind::Row) => rows(group, &mut units),
            Some(Kind::Plain | Kind::More | Kind::Item) => sentences(group, &mut units),
            Some(_) => {
                // A field that goes on in the next line.
                let text: Vec<&str> = group.iter().map(|line| line.text.as_str()).collect();
                units.extend(group.first().map(|line| Unit {
                    text: collapse(&text.join(" ")),
                    start: line.number,
                    end: group.last().map_or(line.number, |line| line.number),
                    kind: line.kind,
                }));
            }
            None => {}
        }
    }
    units.retain(|unit| !unit.text.is_empty());
    units
}

/// Whether a line was ended on purpose: the next word would have fitted into it.
fn is_hard_break(line: &Line, next: &Line, block: &[Line]) -> bool {
    if next.text.trim_start().starts_with(char::is_lowercase) {
        return false;
    }
    // A field or an item goes on where the next line is set in.
    let indent = |line: &Line| line.text.len() - line.text.trim_start().len();
    if matches!(line.kind, Kind::Item | Kind::Field) {
        return indent(next) <= indent(line) && ends_sentence(&line.text);
    }
    let width = |line: &Line| line.text.chars().count();
    let widest = block.iter().map(width).max().unwrap_or(0);
    let word = next
        .text
        .split_whitespace()
        .next()
        .map_or(0, |word| word.chars().count());
    width(line) + 1 + word + 12 < widest.max(50)
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', ':'])
}

/// Rows with the names of their columns, where the first row has them.
fn rows(group: &[Line], units: &mut Vec<Unit>) {
    let table: Vec<Vec<&str>> = group
        .iter()
        .map(|line| {
            let text = line.text.trim_end_matches([' ', '|']);
            text.split(CELL.trim()).map(str::trim).collect()
        })
        .collect();
    let names = header(&table);
    for (at, (line, cells)) in group.iter().zip(&table).enumerate() {
        let text = match &names {
            Some(names) if at > 0 => named(cells, names),
            _ => pair(cells),
        };
        units.push(Unit {
            text: collapse(&text),
            start: line.number,
            end: line.number,
            // The names of the columns answer nothing by themselves.
            kind: match names.is_some() && at == 0 {
                true => Kind::Heading,
                false => Kind::Row,
            },
        });
    }
}

/// The first row of a table, if it names the columns: it has no numbers where the others do.
fn header<'t>(table: &[Vec<&'t str>]) -> Option<Vec<&'t str>> {
    let [first, rest @ ..] = table else {
        return None;
    };
    let has_digit = |cell: &str| cell.contains(|char: char| char.is_ascii_digit());
    let filled = |row: &[&str]| row.iter().filter(|cell| !cell.is_empty()).count();
    let numbers = rest
        .iter()
        .filter(|row| row.iter().skip(1).any(|cell| has_digit(cell)))
        .count();
    let is_names = filled(first) >= 2
        && !first.iter().skip(1).any(|cell| {
            has_digit(&cell.replace(|char: char| "()[]".contains(char), " ")) && cell.len() < 4
        })
        && !first.iter().any(|cell| cell.ends_with(':'))
        && first.iter().all(|cell| cell.chars().count() <= 40);
    let widest = rest.iter().map(|row| row.len()).max().unwrap_or(0);
    // Two columns are more often names and values than a table.
    let is_table = match widest {
        0 | 1 => false,
        2 => numbers * 3 >= rest.len() * 2 && !first.iter().any(|cell| has_digit(cell)),
        _ => !first.iter().skip(1).any(|cell| has_digit(cell)) || numbers == 0,
    };
    (is_names && is_table).then(|| first.clone())
}

fn named(cells: &[&str], names: &[&str]) -> String {
    let mut text = String::new();
    for (at, cell) in cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
    {
        if !text.is_empty() {
            text.push_str("; ");
        }
        if let Some(name) = names.get(at).filter(|name| !name.is_empty()) {
            text.push_str(name);
            text.push_str(": ");
        }
        text.push_str(cell);
    }
    text
}

/// A row without names: two cells are a name and its value.
fn pair(cells: &[&str]) -> String {
    let filled: Vec<&str> = cells
        .iter()
        .copied()
        .filter(|cell| !cell.is_empty())
        .collect();
    match filled.as_slice() {
        [name, value] => format!("{}: {value}", name.trim_end_matches(':')),
        _ => filled.join("; "),
    }
}

/// The sentences of a paragraph or an item, with the lines that each of them touches.
fn sentences(group: &[Line], units: &mut Vec<Unit>) {
    let mut text = String::new();
    // Where each line begins in the text.
    let mut starts: Vec<(usize, u32)> = Vec::new();
    for line in group {
        if !text.is_empty() {
            text.push(' ');
        }
        starts.push((text.len(), line.number));
        text.push_str(&collapse(&line.text));
    }
    let line_at = |at: usize| {
        let line = starts.iter().rev().find(|(start, _)| *start <= at);
        line.or(starts.first()).map_or(1, |(_, number)| *number)
    };
    let kind = group.first().map_or(Kind::Plain, |line| line.kind);
    let mut from = item_mark(&text);
    for end in ends(&text, from) {
        let sentence = text.get(from..end).unwrap_or_default();
        let trimmed = sentence.trim();
        if !trimmed.is_empty() {
            let start = from + (sentence.len() - sentence.trim_start().len());
            units.push(Unit {
                text: trimmed.into(),
                start: line_at(start),
                end: line_at(start + trimmed.len() - 1),
                kind,
            });
        }
        from = end;
    }
}

/// Where the sentences of a text end, the end of the text last.
fn ends(text: &str, from: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut last = from;
    for (at, char) in text.char_indices().skip_while(|(at, _)| *at < from) {
        let end = at + char.len_utf8();
        let rest = text.get(end..).unwrap_or_default();
        let is_end = matches!(char, '.' | '!' | '?' | '…')
            && is_sentence_end(text.get(last..at).unwrap_or_default(), char, rest);
        // Far from any end, a space is one.
        if is_end || (end - last >= MAX_UNIT && char == ' ') {
            let quotes = rest
                .chars()
                .take_while(|char| matches!(char, '"' | '”' | '“' | '»' | ')' | '\''))
                .map(char::len_utf8)
                .sum::<usize>();
            ends.push(end + quotes);
            last = end + quotes;
        }
    }
    if last < text.len() {
        ends.push(text.len());
    }
    ends
}

/// Abbreviations that a sentence goes on after, without their last stop.
const ABBREVIATIONS: [&str; 46] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "tel", "fax", "e.g", "i.e", "etc", "approx",
    "incl", "excl", "max", "min", "z.b", "d.h", "u.a", "ca", "bzw", "inkl", "zzgl", "ggf", "str",
    "art", "abs", "usw", "evtl", "mme", "mlle", "env", "p.ex", "cf", "jan", "feb", "aug", "sept",
    "okt", "oct", "nov", "dez", "dec", "vs",
];
const MONTHS: [&str; 16] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
    "Jan",
    "Uhr",
    "Stock",
    "Etage",
];

fn is_sentence_end(before: &str, mark: char, rest: &str) -> bool {
    let after = rest.trim_start_matches(['"', '”', '“', '»', ')', '\'']);
    if !after.starts_with(' ') {
        return false;
    }
    let next = after.trim_start();
    let begins = next.chars().next();
    if !begins
        .is_none_or(|char| char.is_uppercase() || char.is_numeric() || "\"„“«(¿¡'-–".contains(char))
    {
        return false;
    }
    if mark != '.' {
        return true;
    }
    let word = before.rsplit([' ', '(']).next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let is_short = ABBREVIATIONS.contains(&terms::fold(word).as_str());
    // "28. Oktober" is a day, and "Nr. 5" a number.
    let is_day = word.bytes().all(|byte| byte.is_ascii_digit())
        && word.len() <= 2
        && MONTHS.iter().any(|month| next.starts_with(month));
    // "7 a.m. The" ends a sentence and "7 a.m. 5" does not.
    !(is_initial || is_short || is_day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::lines, *};

    fn read(name: &str, text: &str) -> Vec<(u32, u32, String)> {
        passages(name, lines(name, text.as_bytes()).unwrap())
            .into_iter()
            .flat_map(|passage| passage.units)
            .map(|unit| (unit.start, unit.end, unit.text))
            .collect()
    }

    fn texts(name: &str, text: &str) -> Vec<String> {
        read(name, text)
            .into_iter()
            .map(|(_, _, text)| text)
            .collect()
    }

    #[test]
    fn a_letter_falls_into_sentences_with_their_lines() {
        let text = "LEASE OF A GARAGE\n\n1. The rent\nThe rent is 55.50 a month and is due on the 3rd. It rises by at most\n\
                    2 % a year. Mr. A. Quill collects it at 7 p.m. on the spot.\n\n2. Keys\n- two keys\n- one remote\n  \
                    control\n";
        assert_eq!(
            read("a.txt", text),
            [
                (1, 1, "LEASE OF A GARAGE"),
                (3, 3, "1. The rent"),
                (4, 4, "The rent is 55.50 a month and is due on the 3rd."),
                (4, 5, "It rises by at most 2 % a year."),
                (5, 5, "Mr. A. Quill collects it at 7 p.m. on the spot."),
                (7, 7, "2. Keys"),
                (8, 8, "two keys"),
                (9, 10, "one remote control"),
            ]
            .map(|(start, end, text)| (start, end, text.to_owned()))
        );
        let passages = passages("a.txt", lines("a.txt", text.as_bytes()).unwrap());
        let last = passages.last().unwrap();
        assert_eq!(last.headings, ["LEASE OF A GARAGE", "2. Keys"]);
        assert_eq!(last.lines(), (7, 10));
    }

    #[test]
    fn columns_come_with_their_names() {
        assert_eq!(
            texts(
                "a.txt",
                "Item            Price   Stock\nBrush, small     2.50   yes\nPaint ......... 14.00   no\n"
            ),
            [
                "Item; Price; Stock",
                "Item: Brush, small; Price: 2.50; Stock: yes",
                "Item: Paint; Price: 14.00; Stock: no"
            ]
        );
        assert_eq!(
            texts(
                "a.csv",
                "Day,Miles,Note\nMonday,12,\nTuesday,7,\"rain, wind\"\nTotal,,19\n"
            ),
            [
                "Day; Miles; Note",
                "Day: Monday; Miles: 12",
                "Day: Tuesday; Miles: 7; Note: rain, wind",
                "Day: Total; Note: 19"
            ]
        );
        assert_eq!(
            texts("a.md", "| Who | Where |\n| --- | --- |\n| Ann | attic |\n"),
            ["Who: Where", "Ann: attic"]
        );
        assert_eq!(
            texts("a.txt", "Name:     Ann Gray\nPhone:    555 0100\n"),
            ["Name: Ann Gray", "Phone: 555 0100"]
        );
    }

    #[test]
    fn a_paragraph_of_a_page_keeps_the_lines_of_its_source() {
        assert_eq!(
            read(
                "a.html",
                "<p>The fee\n<b>is 5.</b> It is due\nin May.</p>\n<p>Ann Gray<br>\nMill Lane 3</p>"
            ),
            [
                (1, 2, "The fee is 5."),
                (2, 3, "It is due in May."),
                (4, 4, "Ann Gray"),
                (5, 5, "Mill Lane 3"),
            ]
            .map(|(start, end, text)| (start, end, text.to_owned()))
        );
    }

    #[test]
    fn german_days_do_not_end_sentences() {
        assert_eq!(
            texts(
                "a.txt",
                "Der Vertrag endet am 31. Dezember 2025. Dr. Lang zahlt z.B. bar. Danach ist Schluss.\n"
            ),
            [
                "Der Vertrag endet am 31. Dezember 2025.",
                "Dr. Lang zahlt z.B. bar.",
                "Danach ist Schluss."
            ]
        );
    }

    #[test]
    fn objects_are_passages_and_values_units() {
        let text = "{\"shop\": \"Ink\", \"desk\": {\"open\": \"Mon\"}, \"orders\": [{\"day\": \"Mon\", \"sum\": 5.00}, {\"day\": \"Tue\", \"sum\": 7.50}]}";
        let passages = passages("a.json", lines("a.json", text.as_bytes()).unwrap());
        let read: Vec<Vec<&str>> = passages
            .iter()
            .map(|passage| {
                passage
                    .units
                    .iter()
                    .map(|unit| unit.text.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(
            read,
            [
                vec!["shop: Ink"],
                vec!["desk", "open: Mon"],
                vec!["day: Mon; sum: 5.00"],
                vec!["day: Tue; sum: 7.50"]
            ]
        );
    }

    proptest! {
        #[test]
        fn units_lie_in_their_document(
            text in "([A-Z][a-z]{0,9}[.:,]? |[0-9]{1,3}[.) ]|- |  {1,5}|\n|\n\n|\\| |\\.{3,5}|\\PC){0,60}",
            name in "a\\.(txt|md|csv|html|json)",
        ) {
            let count = text.lines().count() as u32 + 1;
            let lines = lines(&name, text.as_bytes());
            prop_assume!(lines.is_ok());
            for passage in passages(&name, lines.unwrap()) {
                prop_assert!(!passage.units.is_empty());
                let mut before = 0;
                for unit in passage.units {
                    prop_assert!(!unit.text.trim().is_empty());
                    prop_assert!(unit.start >= before && unit.end >= unit.start && unit.end <= count);
                    before = unit.start;
                }
            }
        }
    }
}
