//! JSON and JSON Lines as names and values: a line for each value, an empty one between objects.
//!
//! The values keep the lines that they stand in, which parsers that build values do not tell.

use super::{Kind, Line, collapse};

/// Deeper nesting is no document, and ends the reading of it.
const MAX_DEPTH: usize = 64;

/// The values of a text, or `None` if it is not JSON.
pub(super) fn lines(text: &str) -> Option<Vec<Line>> {
    let mut scanner = Scanner {
        rest: text,
        number: 1,
        lines: Vec::new(),
        names: Vec::new(),
    };
    while scanner.peek().is_some() {
        scanner.value(None, 0)?;
        scanner.gap();
    }
    let mut lines = scanner.lines;
    while lines.last().is_some_and(|line| line.text.is_empty()) {
        lines.pop();
    }
    Some(lines)
}

struct Scanner<'t> {
    rest: &'t str,
    number: u32,
    lines: Vec<Line>,
    /// Names of the objects around the value, the outermost first.
    names: Vec<String>,
}

impl<'t> Scanner<'t> {
    /// The next character that is not white space.
    fn peek(&mut self) -> Option<char> {
        let trimmed = self.rest.trim_start();
        let skipped = self.rest.len() - trimmed.len();
        let (space, rest) = self.rest.split_at_checked(skipped)?;
        let returns = space.matches('\r').count() - space.matches("\r\n").count();
        let ends = space.matches('\n').count() + returns;
        self.number = self.number.saturating_add(u32::try_from(ends).ok()?);
        self.rest = rest;
        rest.chars().next()
    }

    fn take(&mut self, char: char) -> Option<()> {
        if self.peek()? != char {
            return None;
        }
        self.rest = self.rest.strip_prefix(char)?;
        Some(())
    }

    /// Takes a comma, or the end of what it stands in.
    fn next_or(&mut self, end: char) -> Option<bool> {
        if self.peek()? == end {
            self.take(end)?;
            return Some(false);
        }
        self.take(',')?;
        Some(true)
    }

    fn value(&mut self, name: Option<&str>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            '{' => self.object(name, depth),
            '[' => self.array(name, depth),
            _ => {
                let number = self.number;
                let value = self.scalar()?;
                self.push(number, name, &value);
                Some(())
            }
        }
    }

    fn object(&mut self, name: Option<&str>, depth: usize) -> Option<()> {
        self.take('{')?;
        self.gap();
        if let Some(name) = name {
            self.names.push(words(name));
            self.heading();
        }
        if self.peek()? == '}' {
            self.take('}')?;
        } else {
            loop {
                self.peek()?;
                let key = self.string()?;
                self.take(':')?;
                self.value(Some(&key), depth + 1)?;
                if !self.next_or('}')? {
                    break;
                }
            }
        }
        if name.is_some() {
            self.names.pop();
        }
        self.gap();
        Some(())
    }

    fn array(&mut self, name: Option<&str>, depth: usize) -> Option<()> {
        self.take('[')?;
        if self.peek()? == ']' {
            return self.take(']');
        }
        loop {
            self.value(name, depth + 1)?;
            if !self.next_or(']')? {
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let inner = self.rest.strip_prefix('"')?;
        let mut is_escaped = false;
        let end = inner.char_indices().find_map(|(at, char)| {
            let is_end = char == '"' && !is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            is_end.then_some(at)
        })?;
        let (literal, rest) = self.rest.split_at_checked(end + 2)?;
        let string = serde_json::from_str(literal).ok()?;
        self.rest = rest;
        Some(string)
    }

    fn scalar(&mut self) -> Option<String> {
        if self.rest.starts_with('"') {
            return self.string();
        }
        let end = self
            .rest
            .find(|char: char| char.is_whitespace() || matches!(char, ',' | ']' | '}'))
            .unwrap_or(self.rest.len());
        let (literal, rest) = self.rest.split_at_checked(end)?;
        let value: serde_json::Value = serde_json::from_str(literal).ok()?;
        self.rest = rest;
        // Numbers stay as they are written: 58.00 is a price.
        Some(match value {
            serde_json::Value::Null => String::new(),
            _ => literal.into(),
        })
    }

    fn push(&mut self, number: u32, name: Option<&str>, value: &str) {
        let value = collapse(value);
        let (kind, text) = match name {
            Some(name) => (Kind::Field, format!("{}: {value}", words(name))),
            None => (Kind::Plain, value),
        };
        self.lines.push(Line { number, kind, text });
    }

    /// The names of the objects around what follows.
    fn heading(&mut self) {
        let text = self.names.join(", ");
        self.lines.push(Line {
            number: self.number,
            kind: Kind::Heading,
            text,
        });
    }

    /// An empty line, unless one is there.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            let number = self.number;
            self.lines.push(Line {
                number,
                kind: Kind::Plain,
                text: String::new(),
            });
        }
    }
}

/// A name as words: `next_due` and `nextDue` are two.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    let mut before = ' ';
    for char in name.chars() {
        if char.is_uppercase() && before.is_lowercase() {
            words.push(' ');
            words.extend(char.to_lowercase());
        } else if matches!(char, '_' | '-' | '.') {
            words.push(' ');
        } else {
            words.push(char);
        }
        before = char;
    }
    collapse(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(u32, String)>> {
        let lines = lines(text)?.into_iter();
        Some(lines.map(|line| (line.number, line.text)).collect())
    }

    #[test]
    fn values_are_named_and_know_their_lines() {
        let text = "{\n  \"shop\": \"B\\u00e4cker\",\r\n  \"open_days\": [\"Mon\",\n \"Tue\"],\n  \"orders\": [\n    \
                    {\"totalPrice\": 58.00, \"paid\": true},\n    {\"totalPrice\": 1e2, \"note\": null}\n  ],\n  \
                    \"empty\": {}, \"none\": []\n}\n";
        let expected = [
            (2, "shop: Bäcker"),
            (3, "open days: Mon"),
            (4, "open days: Tue"),
            (6, ""),
            (6, "orders"),
            (6, "total price: 58.00"),
            (6, "paid: true"),
            (6, ""),
            (7, "orders"),
            (7, "total price: 1e2"),
            (7, "note: "),
            (7, ""),
            (9, "empty"),
        ];
        assert_eq!(
            read(text).unwrap(),
            expected.map(|(number, text)| (number, text.to_owned()))
        );
    }

    #[test]
    fn json_lines_are_records() {
        assert_eq!(
            read("{\"a\":1}\n{\"a\":2}\n").unwrap(),
            [(1, "a: 1"), (1, ""), (2, "a: 2")].map(|(number, text)| (number, text.to_owned()))
        );
    }

    #[test]
    fn what_is_no_json_is_not_read_as_json() {
        for text in ["{\"a\":1", "hello", "[1 2]", "{a:1}", "\"a", "{\"a\":}"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None);
        assert_eq!(read(""), Some(Vec::new()));
    }
}
