//! A text as words, numbers and marks.

use unicode_normalization::char::is_combining_mark;

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters, and digits after them; a hyphen or an apostrophe between letters belongs to it.
    Word,
    /// Digits from 0 to 9.
    Number,
    /// Any other character.
    Mark,
}

/// What stands before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Nothing.
    None,
    /// One space.
    Space,
    /// More space, as between columns.
    Wide,
    /// The beginning of a line.
    Line,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    /// What it is made of.
    pub kind: Kind,
    /// Its text.
    pub text: &'t str,
    /// Where it begins.
    pub start: usize,
    /// The line it stands in, from 0.
    pub line: usize,
    /// What is before it.
    pub gap: Gap,
}

impl Token<'_> {
    /// Where it ends.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this mark.
    pub fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is a word.
    pub fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    /// Whether it is a word with a capital letter at its beginning.
    pub fn is_capital(&self) -> bool {
        self.is_word() && self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// Its value, if it is a number of at most nine digits.
    pub fn number(&self) -> Option<u32> {
        if self.kind == Kind::Number && self.text.len() <= 9 {
            self.text.parse().ok()
        } else {
            None
        }
    }
}

/// Single letters before an apostrophe that are a word of their own in French and Italian.
const ELIDED: [&str; 13] = [
    "l", "d", "j", "n", "s", "c", "m", "t", "qu", "dell", "all", "nell", "sull",
];

/// All tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut line = 0;
    let mut gap = Gap::Line;
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if first == '\n' {
            line += 1;
            gap = Gap::Line;
        } else if first.is_whitespace() {
            gap = match gap {
                Gap::None if first != '\t' => Gap::Space,
                Gap::Line => Gap::Line,
                _ => Gap::Wide,
            };
        }
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (kind, length) = match first {
            '0'..='9' => (Kind::Number, number_length(rest)),
            first if first.is_alphabetic() => (Kind::Word, word_length(rest)),
            _ => (Kind::Mark, first.len_utf8()),
        };
        tokens.push(Token {
            kind,
            text: rest.get(..length).unwrap_or_default(),
            start: at,
            line,
            gap,
        });
        gap = Gap::None;
        at += length;
    }
    tokens
}

/// Shortest width of lines that were wrapped, in characters.
const MIN_WIDTH: usize = 56;

/// Makes the line ends of running text spaces: those where the next word had no room left in the width that
/// the text has.
pub fn join_wrapped(text: &str, tokens: &mut [Token<'_>]) {
    let lines: Vec<&str> = text.lines().collect();
    let length = |line: &str| line.trim_end().chars().count();
    let is_prose = |line: &str| {
        let line = line.trim();
        line.starts_with(|char: char| char.is_alphanumeric() || char == '(')
            && !line.contains("  ")
            && !line.contains(['\t', '|', '·', '•'])
            && line.matches(' ').count() >= 5
    };
    let width = |at: usize| {
        let near = lines.get(at.saturating_sub(3)..lines.len().min(at + 4));
        let prose = near.into_iter().flatten().filter(|line| is_prose(line));
        prose.map(|line| length(line)).max().unwrap_or_default()
    };
    for at in 1..tokens.len() {
        let [Some(before), Some(token)] = [tokens.get(at - 1), tokens.get(at)] else {
            return;
        };
        if token.gap != Gap::Line || token.line != before.line + 1 || !token.is_word() {
            continue;
        }
        let Some(line) = lines.get(before.line).filter(|line| is_prose(line)) else {
            continue;
        };
        let goes_on = before.is_word() || before.kind == Kind::Number || before.is(",");
        let width = width(before.line);
        let next = lines.get(token.line).map_or("", |line| line.trim_start());
        // A label begins a line of its own.
        if next.chars().take(32).any(|char| char == ':') {
            continue;
        }
        let word = next.split(char::is_whitespace).next().unwrap_or_default();
        let is_full = width >= MIN_WIDTH && length(line) + 1 + length(word) > width;
        if goes_on
            && is_full
            && let Some(token) = tokens.get_mut(at)
        {
            token.gap = Gap::Space;
        }
    }
}

fn number_length(text: &str) -> usize {
    text.find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len())
}

fn word_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let mut end = 0;
    while let Some((at, char)) = chars.next() {
        let is_inside = match char {
            '\'' | '’' => {
                let before = text.get(..at).unwrap_or_default();
                let next = chars.peek().map(|(_, next)| *next);
                // `L'amministratrice`, but `D'Amico`
                let is_elided = ELIDED.contains(&before)
                    || ELIDED.contains(&before.to_lowercase().as_str())
                        && next.is_some_and(char::is_lowercase);
                !is_elided && next.is_some_and(char::is_alphabetic)
            }
            '-' | '\u{2010}' | '\u{2011}' => {
                chars.peek().is_some_and(|(_, next)| next.is_alphabetic())
            }
            char => char.is_alphanumeric() || is_combining_mark(char),
        };
        if !is_inside {
            break;
        }
        end = at + char.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_keep_hyphens_and_apostrophes_inside() {
        assert_eq!(
            texts("Jean-Pierre O'Neil's l'avenue d'Anna 11b - x"),
            [
                "Jean-Pierre",
                "O'Neil's",
                "l",
                "'",
                "avenue",
                "d",
                "'",
                "Anna",
                "11",
                "b",
                "-",
                "x"
            ]
        );
    }

    #[test]
    fn gaps_and_lines_are_kept() {
        let gaps: Vec<(usize, Gap)> = tokens("a b  c\td\n\n  e,")
            .iter()
            .map(|token| (token.line, token.gap))
            .collect();
        assert_eq!(
            gaps,
            [
                (0, Gap::Line),
                (0, Gap::Space),
                (0, Gap::Wide),
                (0, Gap::Wide),
                (2, Gap::Line),
                (2, Gap::None)
            ]
        );
    }
}
