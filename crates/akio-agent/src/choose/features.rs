//! What a request looks like: its words, pairs of neighbours, parts of words, classes of words, and signs
//! such as names of files, numbers and quotations.

use super::words;
use crate::request::{is_file, is_pattern, quotation};

/// Words of a request that are looked at: the beginning and the end of a long one say what is wanted.
const FIRST_WORDS: usize = 64;
const LAST_WORDS: usize = 32;

/// Weights of the kinds of features, found on the tools' examples, each left out once.
const SIGN: f64 = 1.5;
const CLASS: f64 = 1.2;
const WORD: f64 = 1.0;
const NEIGHBOURS: f64 = 0.7;
const CLASSES_TOGETHER: f64 = 0.6;
const PART_OF_WORD: f64 = 0.3;

/// A word or a sign of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word in small letters, or a mark that says something: `?`, `!`, `:`.
    Word(String),
    /// `FILE`, `GLOB`, `QUOTE`, `NUMBER`, `OPERATOR`, `OFFSET`.
    Sign(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Sign(sign) => sign,
        }
    }
}

/// The features of a request, by the hash of what they are, in the order of the hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Features(pub(super) Vec<(u64, f64)>);

impl Features {
    pub(super) fn of(request: &str) -> Self {
        let mut tokens = tokens(request);
        if tokens.len() > FIRST_WORDS + LAST_WORDS {
            tokens.drain(FIRST_WORDS..tokens.len() - LAST_WORDS);
        }
        let mut found = Self::default();
        // Signs and classes of words, in the order in which they come.
        let mut kinds: Vec<&str> = Vec::new();
        for token in &tokens {
            match token {
                Token::Sign(sign) => {
                    found.add(&["word", sign], SIGN);
                    kinds.push(sign);
                }
                Token::Word(word) => {
                    found.add(&["word", word], WORD);
                    found.parts(word);
                    kinds.extend(words::classes(word));
                }
            }
        }
        let ends = [Token::Word("^".into()), Token::Word("$".into())];
        let all = || {
            ends.iter()
                .take(1)
                .chain(&tokens)
                .chain(ends.iter().skip(1))
        };
        for (before, after) in all().zip(all().skip(1)) {
            found.add(&["next", before.text(), after.text()], NEIGHBOURS);
        }
        if let Some(first) = tokens.first() {
            found.add(&["first", first.text()], WORD);
        }
        if let Some(first) = kinds.first() {
            found.add(&["first kind", first], WORD);
        }
        let numbers = tokens
            .iter()
            .filter(|token| **token == Token::Sign("NUMBER"));
        if numbers.count() > 1 {
            found.add(&["numbers"], SIGN);
        }
        kinds.sort_unstable();
        kinds.dedup();
        for (at, kind) in kinds.iter().enumerate() {
            found.add(&["kind", kind], CLASS);
            for other in kinds.iter().skip(at + 1) {
                found.add(&["kinds", kind, other], CLASSES_TOGETHER);
            }
        }
        found.0.sort_unstable_by_key(|(key, _)| *key);
        found.0.dedup_by_key(|(key, _)| *key);
        found
    }

    /// Runs of four letters, so that other forms of a word are known too.
    fn parts(&mut self, word: &str) {
        let letters: Vec<char> = format!("<{word}>").chars().collect();
        for part in letters.windows(4) {
            let part: String = part.iter().collect();
            self.add(&["part", &part], PART_OF_WORD);
        }
    }

    fn add(&mut self, what: &[&str], weight: f64) {
        // FNV-1a: short, and the same everywhere.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in what.iter().flat_map(|part| part.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.0.push((hash, weight));
    }

    /// The sum of the products of what both have.
    pub(super) fn dot(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut sum = 0.0;
        while let (Some((a, x)), Some((b, y))) = (left.peek(), right.peek()) {
            if a == b {
                sum += x * y;
            }
            let (skip_left, skip_right) = (a <= b, b <= a);
            if skip_left {
                left.next();
            }
            if skip_right {
                right.next();
            }
        }
        sum
    }

    /// Makes it as long as all others.
    pub(super) fn normalize(&mut self) {
        let length = self.dot(self).sqrt();
        for (_, weight) in &mut self.0 {
            *weight /= length.max(f64::MIN_POSITIVE);
        }
    }
}

/// The words and signs of a request. What stands in quotation marks is one sign: it is what a tool is to
/// work with, and says nothing of which.
pub(super) fn tokens(request: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = request;
    let mut before = ' ';
    while let Some(char) = rest.chars().next() {
        if !before.is_alphanumeric()
            && let Some((_, after)) = quotation(rest)
        {
            tokens.push(Token::Sign("QUOTE"));
            rest = after;
            before = '"';
            continue;
        }
        if char.is_whitespace() {
            rest = rest.get(char.len_utf8()..).unwrap_or_default();
            before = char;
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        // A quotation may begin after a parenthesis, not inside of a word.
        let end = match char.is_alphanumeric() {
            true => end,
            false if matches!(char, '.' | '*' | '-' | '+' | '/' | '~') => end,
            false => char.len_utf8(),
        };
        let (chunk, after) = rest.split_at(end);
        read_chunk(chunk, &mut tokens);
        before = chunk.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    tokens
}

/// The signs and words of a run without spaces.
fn read_chunk(chunk: &str, tokens: &mut Vec<Token>) {
    let core =
        chunk.trim_end_matches([',', ';', ':', '!', '?', '.', ')', ']', '"', '\'', '”', '»']);
    let marks = chunk.get(core.len()..).unwrap_or_default();
    match core {
        _ if is_pattern(core) => tokens.push(Token::Sign("GLOB")),
        _ if is_file(core) => tokens.push(Token::Sign("FILE")),
        _ if is_offset(core) => tokens.push(Token::Sign("OFFSET")),
        _ => read_words(core, tokens),
    }
    let mark = marks.chars().find(|mark| matches!(mark, '?' | '!' | ':'));
    tokens.extend(mark.map(|mark| Token::Word(mark.into())));
}

/// `UTC+2`
fn is_offset(chunk: &str) -> bool {
    chunk
        .strip_prefix("UTC")
        .or_else(|| chunk.strip_prefix("GMT"))
        .is_some_and(|rest| rest.starts_with(['+', '-', '−']))
}

fn read_words(text: &str, tokens: &mut Vec<Token>) {
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let is_digit = |char: char| char.is_ascii_digit() || matches!(char, '.' | ',' | ':');
        let run = |of: &dyn Fn(char) -> bool| rest.find(|char| !of(char)).unwrap_or(rest.len());
        let end = if char.is_ascii_digit() {
            tokens.push(Token::Sign("NUMBER"));
            run(&is_digit)
        } else if char.is_alphabetic() {
            let end = run(&char::is_alphabetic);
            let word = rest.get(..end).unwrap_or_default();
            tokens.push(Token::Word(word.to_lowercase()));
            end
        } else {
            if matches!(char, '%' | '+' | '*' | '/' | '=' | '^' | '×' | '÷') {
                tokens.push(Token::Sign("OPERATOR"));
            }
            char.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(request: &str) -> String {
        let tokens = tokens(request);
        let texts: Vec<&str> = tokens.iter().map(Token::text).collect();
        texts.join(" ")
    }

    #[test]
    fn names_numbers_and_quotations_are_signs() {
        for (request, tokens) in [
            ("What's in letters/bob.txt?", "what s in FILE ?"),
            ("find 'best before' in *.md", "find QUOTE in GLOB"),
            ("any .zip archives?", "any GLOB archives ?"),
            ("15% of 1,250.50", "NUMBER OPERATOR of NUMBER"),
            ("18*24", "NUMBER OPERATOR NUMBER"),
            ("Time at UTC+5:30", "time at OFFSET"),
            ("my mail is a@b.org, e.g.", "my mail is a b org e g"),
            ("Mary's dog's name", "mary s dog s name"),
            ("the word „Garantie“", "the word QUOTE"),
            ("(\"a b\")", "QUOTE"),
            ("in tarif.csv.", "in FILE"),
        ] {
            assert_eq!(read(request), tokens, "{request}");
        }
    }

    #[test]
    fn like_requests_have_more_in_common() {
        let features = ["Open letter.txt", "Show note.md", "What is rain?"].map(|request| {
            let mut features = Features::of(request);
            features.normalize();
            features
        });
        let [open, show, rain] = features;
        assert!((open.dot(&open) - 1.0).abs() < 1e-9);
        assert!(open.dot(&show) > 2.0 * open.dot(&rain));
    }

    proptest! {
        #[test]
        fn any_text_has_features(request in "\\PC*") {
            let features = Features::of(&request);
            prop_assert!(features.0.is_sorted_by_key(|(key, _)| *key));
        }
    }
}
