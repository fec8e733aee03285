//! HTML as its reader sees it: a line for each block, entities resolved, scripts and styles left out.
//!
//! A scanner and no tree: tags that are not closed or closed twice change nothing here, and every piece of
//! text knows the line that it stands in.

mod entities;

pub(super) use entities::resolve;

use super::{CELL, Kind, Line, collapse};

/// Elements whose content nobody reads.
const HIDDEN: [&str; 6] = ["script", "style", "template", "noscript", "svg", "math"];
/// Elements that begin a line of their own.
const BLOCKS: [&str; 39] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "ul",
];
/// Those of them that stand apart from what is before and after them.
const APART: [&str; 12] = [
    "article",
    "blockquote",
    "body",
    "div",
    "dl",
    "figure",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Tags and text of a page become lines.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut page = Page::default();
    let mut rest = text;
    let mut number = 1;
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        let (words, markup) = rest.split_at(at);
        page.text(words, number);
        number += ends(words);
        let length = page.markup(markup, number);
        let (tag, after) = markup.split_at_checked(length).unwrap_or((markup, ""));
        number += ends(tag);
        rest = after;
    }
    page.end_line();
    while page.lines.last().is_some_and(|line| line.text.is_empty()) {
        page.lines.pop();
    }
    page.lines
}

/// How many lines end in a text.
fn ends(text: &str) -> u32 {
    let returns = text.matches('\r').count();
    let feeds = text.matches('\n').count() - text.matches("\r\n").count();
    u32::try_from(returns + feeds).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Page {
    lines: Vec<Line>,
    /// The line in the making, and where it begins.
    line: String,
    number: u32,
    kind: Option<Kind>,
    /// The cells of the row in the making that are complete.
    cells: Option<Vec<String>>,
    row_number: u32,
}

impl Page {
    /// Takes words that stand between two tags.
    fn text(&mut self, words: &str, mut number: u32) {
        let mut rest = words;
        while !rest.is_empty() {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            if !line.trim().is_empty() && self.line.trim().is_empty() {
                self.number = number;
            }
            self.line.push_str(&resolve(line));
            if !after.is_empty() {
                // A paragraph keeps the lines of its source; cells and headings have one.
                match self.cells.is_some() || self.kind == Some(Kind::Heading) {
                    true => self.line.push(' '),
                    false => self.wrap(),
                }
                number += 1;
            }
            rest = after
                .strip_prefix("\r\n")
                .or_else(|| after.get(1..))
                .unwrap_or_default();
        }
    }

    /// Takes what begins with `<` and returns its length.
    fn markup(&mut self, markup: &str, number: u32) -> usize {
        let up_to = |end: &str| markup.find(end).map_or(markup.len(), |at| at + end.len());
        if markup.starts_with("<!--") {
            return up_to("-->");
        }
        if markup.starts_with("<![CDATA[") {
            let end = up_to("]]>");
            let content = markup.get(9..end).unwrap_or_default();
            self.text(content.strip_suffix("]]>").unwrap_or(content), number);
            return end;
        }
        if markup.starts_with("<!") || markup.starts_with("<?") {
            return up_to(">");
        }
        let is_end = markup.starts_with("</");
        let start = if is_end { 2 } else { 1 };
        let after = markup.get(start..).unwrap_or_default();
        if !after.starts_with(|char: char| char.is_ascii_alphabetic()) {
            // A `<` that begins no tag is a character as any other.
            let length = markup.chars().next().map_or(0, char::len_utf8);
            self.text(markup.get(..length).unwrap_or_default(), number);
            return length;
        }
        let name_end = after
            .find(|char: char| char.is_whitespace() || matches!(char, '>' | '/' | '<'))
            .unwrap_or(after.len());
        let name = after
            .get(..name_end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let length = start + name_end + tag_end(after.get(name_end..).unwrap_or_default());
        if !is_end && HIDDEN.contains(&name.as_str()) {
            let tag = markup.get(..length).unwrap_or(markup);
            return match tag.ends_with("/>") {
                true => length,
                false => length + hidden_end(markup.get(length..).unwrap_or_default(), &name),
            };
        }
        self.tag(&name, is_end, number);
        length
    }

    fn tag(&mut self, name: &str, is_end: bool, number: u32) {
        match name {
            "td" | "th" => match &self.cells {
                Some(_) if is_end => self.end_cell(),
                Some(_) if !self.line.trim().is_empty() => self.end_cell(),
                _ => {}
            },
            "tr" => {
                self.end_line();
                if !is_end {
                    self.cells = Some(Vec::new());
                    self.row_number = number;
                }
            }
            // The term and its description are a pair, as in a table.
            "dl" => {
                self.end_line();
                self.gap(number);
            }
            "dt" if !is_end => self.end_line(),
            "dt" if !self.line.trim().is_empty() => {
                self.cells = Some(Vec::new());
                self.row_number = self.number;
                self.end_cell();
            }
            _ if self.cells.is_some() && name != "table" => self.tag_in_cell(name),
            "title" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_line();
                self.gap(number);
                self.kind = (!is_end).then_some(Kind::Heading);
            }
            "li" => {
                self.end_line();
                self.kind = (!is_end).then_some(Kind::Item);
            }
            _ if BLOCKS.contains(&name) => {
                self.end_line();
                if APART.contains(&name) {
                    self.gap(number);
                }
            }
            _ => {}
        }
    }

    /// Within a cell a new line is a space.
    fn tag_in_cell(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.line.push(' ');
        }
    }

    fn end_cell(&mut self) {
        let cell = collapse(&std::mem::take(&mut self.line));
        if let Some(cells) = &mut self.cells {
            cells.push(cell);
        }
    }

    fn end_line(&mut self) {
        if !self.line.trim().is_empty() && self.cells.is_some() {
            self.end_cell();
        }
        let line = std::mem::take(&mut self.line);
        let kind = self.kind.take();
        match self.cells.take() {
            Some(cells) => {
                if cells.iter().any(|cell| !cell.is_empty()) {
                    self.push(self.row_number, Kind::Row, cells.join(CELL));
                }
            }
            None => {
                let text = collapse(&line);
                if !text.is_empty() {
                    self.push(self.number, kind.unwrap_or(Kind::Plain), text);
                }
            }
        }
    }

    /// Ends the line where the source does, in the middle of a sentence.
    fn wrap(&mut self) {
        if !self.line.trim().is_empty() {
            self.end_line();
            self.kind = Some(Kind::More);
        }
    }

    /// An empty line, unless one is there.
    fn gap(&mut self, number: u32) {
        if self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.push(number, Kind::Plain, String::new());
        }
    }

    fn push(&mut self, number: u32, kind: Kind, text: String) {
        // What was open when a nested table began is written after it.
        let before = self.lines.last().map_or(1, |line| line.number);
        self.lines.push(Line {
            number: number.max(before),
            kind,
            text,
        });
    }
}

/// The length of the rest of a tag; a `>` in quotes does not end it, unless nothing else does.
fn tag_end(attributes: &str) -> usize {
    let mut quote = None;
    for (at, char) in attributes.char_indices() {
        match quote {
            Some(open) if char == open => quote = None,
            Some(_) => {}
            None if matches!(char, '"' | '\'') => quote = Some(char),
            None if char == '>' => return at + 1,
            None => {}
        }
    }
    attributes.find('>').map_or(attributes.len(), |at| at + 1)
}

/// The length of hidden content with its end tag.
fn hidden_end(content: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(at) = content.get(from..).and_then(|rest| rest.find("</")) {
        let tag = from + at;
        let end = tag + 2 + name.len();
        let is_name = content
            .get(tag + 2..end)
            .is_some_and(|other| other.eq_ignore_ascii_case(name));
        if is_name {
            let rest = content.get(end..).unwrap_or_default();
            return end + tag_end(rest);
        }
        from = tag + 2;
    }
    content.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Vec<(u32, String)> {
        lines(page)
            .into_iter()
            .map(|line| (line.number, line.text))
            .collect()
    }

    fn texts(page: &str) -> Vec<String> {
        read(page).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_page_becomes_the_lines_that_are_seen() {
        let page = "<!DOCTYPE html>\n<html><head><title>Your &amp; stay</title>\n<style>p { x: 1 }</style>\n\
                    <script>if (a < b) { '</p>' }</script></head>\n<body>\n<h1>Booking</h1>\n<p>Dear <b>Mr</b>\n\
                    Gray,<br>hello &#x41;&euro;&nbsp;5</p>\n<ul>\n<li>One\n<li>Two</ul>\n<!-- <p>no</p> -->\n\
                    3 < 4\n</body></html>";
        assert_eq!(
            read(page),
            [
                (2, "Your & stay"),
                (2, ""),
                (6, "Booking"),
                (6, ""),
                (7, "Dear Mr"),
                (8, "Gray,"),
                (8, "hello A€ 5"),
                (8, ""),
                (10, "One"),
                (11, "Two"),
                (11, ""),
                (13, "3 < 4"),
            ]
            .map(|(number, text)| (number, text.to_owned()))
        );
    }

    #[test]
    fn rows_keep_their_cells_apart() {
        let page = "<table>\n<tr><th>Room</th><td>Double,\n<p>lake side</td></tr>\n<tr><td>a<td>b</table><p>c\
                    <dl><dt>Desk<dt>Phone</dt><dd>555 0100</dd><dt>Fax</dt><dd>none</dl>";
        let lines: Vec<_> = lines(page).into_iter().collect();
        let rows: Vec<_> = lines
            .iter()
            .filter(|line| line.kind == Kind::Row)
            .map(|line| (line.number, line.text.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                (2, "Room | Double, lake side"),
                (4, "a | b"),
                (4, "Phone | 555 0100"),
                (4, "Fax | none")
            ]
        );
        assert!(lines.iter().any(|line| line.text == "c"));
        assert!(lines.iter().any(|line| line.text == "Desk"));
    }

    #[test]
    fn broken_markup_loses_no_text_that_is_seen() {
        assert_eq!(texts("a <b"), ["a"]);
        assert_eq!(texts("a < b > c"), ["a < b > c"]);
        assert_eq!(texts("<p title='>'>a</p"), ["a"]);
        assert_eq!(texts("<p title='x>a"), ["a"]);
        assert_eq!(texts("<script>never closed"), [] as [String; 0]);
        assert_eq!(texts("</td></tr>a</table>"), ["a"]);
        assert_eq!(texts("<![CDATA[1 & 2]]>"), ["1 & 2"]);
        assert_eq!(texts("<svg/>a"), ["a"]);
    }
}
