//! Cuts text into the words that merges stay within.
//!
//! Publishers define these cuts by regular expressions; here each is a scanner for the length of
//! the first word, with the same alternatives in the same order.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// How a model's tokenizer cuts and merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Scheme {
    /// Bytes merge within the words of GPT-2.
    Gpt2 = 0,
    /// As GPT-2, every digit on its own.
    Smollm = 1,
    /// Bytes of NFC text merge within words that keep what stands before them, every digit on its own.
    Qwen2 = 2,
    /// As Qwen2, with up to three digits together, and without NFC.
    Llama3 = 3,
    /// Characters merge over the whole text.
    SentencePiece = 4,
}

impl Scheme {
    /// The scheme of a discriminant.
    pub const fn from_u32(value: u32) -> Option<Self> {
        Some(match value {
            0 => Self::Gpt2,
            1 => Self::Smollm,
            2 => Self::Qwen2,
            3 => Self::Llama3,
            4 => Self::SentencePiece,
            _ => return None,
        })
    }

    /// The text that is cut. Qwen's own tokenizer composes characters first, so the model has
    /// never seen them decomposed; text that needs it (rare) is the only text that is copied.
    pub(super) fn normalize(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Qwen2 if is_nfc_quick(text.chars()) != IsNormalized::Yes => text.nfc().collect(),
            _ => text.into(),
        }
    }

    /// Words of `text`, without gaps.
    pub(super) fn words(self, mut text: &str) -> impl Iterator<Item = &str> {
        std::iter::from_fn(move || {
            let (word, rest) = text.split_at(self.first_word(text));
            text = rest;
            Some(word).filter(|word| !word.is_empty())
        })
    }

    /// Length of the first word in bytes; 0 if there is no text.
    fn first_word(self, text: &str) -> usize {
        match self {
            Self::Gpt2 => gpt2(text, false),
            Self::Smollm => gpt2(text, true),
            Self::Qwen2 => llama3(text, 1),
            Self::Llama3 => llama3(text, 3),
            Self::SentencePiece => text.len(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// `\p{L}`
    Letter,
    /// `\p{N}`
    Number,
    /// `\s`
    Space,
    /// `[^\s\p{L}\p{N}]`
    Other,
}

fn class(c: char) -> Class {
    if c.is_whitespace() {
        return Class::Space;
    }
    match c.general_category_group() {
        GeneralCategoryGroup::Letter => Class::Letter,
        GeneralCategoryGroup::Number => Class::Number,
        _ => Class::Other,
    }
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, after `\p{N}` has
/// been cut out first if digits are alone.
fn gpt2(text: &str, lone_digits: bool) -> usize {
    let Some(first) = text.chars().next() else {
        return 0;
    };
    if let Some(len) = contraction(text, |c| c) {
        return len;
    }
    let (space, head) = optional_space(text, first);
    match class(head) {
        Class::Number if lone_digits && space == 0 => head.len_utf8(),
        Class::Number if lone_digits => space,
        Class::Space => spaces(text, lone_digits),
        class => space + run(&text[space..], class),
    }
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
fn llama3(text: &str, digits: usize) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    if let Some(len) = contraction(text, fold) {
        return len;
    }
    let before_letter = chars
        .next()
        .is_some_and(|second| class(second) == Class::Letter);
    match class(first) {
        Class::Letter => return run(text, Class::Letter),
        Class::Number => {
            return text
                .chars()
                .take(digits)
                .take_while(|c| class(*c) == Class::Number)
                .map(char::len_utf8)
                .sum();
        }
        _ if before_letter && !is_newline(first) => {
            return first.len_utf8() + run(&text[first.len_utf8()..], Class::Letter);
        }
        _ => {}
    }
    let (space, head) = optional_space(text, first);
    if class(head) == Class::Other {
        let end = space + run(&text[space..], Class::Other);
        return end
            + text[end..]
                .bytes()
                .take_while(|byte| is_newline(char::from(*byte)))
                .count();
    }
    match text[..run(text, Class::Space)].rfind(is_newline) {
        Some(newline) => newline + 1,
        None => spaces(text, false),
    }
}

/// The length of a single space that belongs to the visible character after it, else 0; and the
/// character that decides the class of the word.
fn optional_space(text: &str, first: char) -> (usize, char) {
    match text.chars().nth(1) {
        Some(second) if first == ' ' && class(second) != Class::Space => (1, second),
        _ => (0, first),
    }
}

/// `\s+(?!\S)|\s+` at white space: all of it at the end of the text, else all but the last, which
/// may belong to the next word, unless it is the only one. A lone digit is the end of the text.
fn spaces(text: &str, lone_digits: bool) -> usize {
    let (spaces, rest) = text.split_at(run(text, Class::Space));
    let ends = rest
        .chars()
        .next()
        .is_none_or(|c| lone_digits && class(c) == Class::Number);
    match spaces.char_indices().next_back() {
        Some((last, _)) if !ends && last > 0 => last,
        _ => spaces.len(),
    }
}

/// Length in bytes of the characters of one class at the start.
fn run(text: &str, wanted: Class) -> usize {
    text.find(|c| class(c) != wanted).unwrap_or(text.len())
}

/// Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at the start.
fn contraction(text: &str, fold: fn(char) -> char) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    let len_of = |ending: &str| {
        let mut chars = rest.chars();
        let matched = ending
            .chars()
            .map(|want| chars.next().filter(|c| fold(*c) == want));
        matched
            .map(|c| c.map(char::len_utf8))
            .sum::<Option<usize>>()
    };
    let len = ["s", "t", "re", "ve", "m", "ll", "d"]
        .into_iter()
        .find_map(len_of)?;
    Some(1 + len)
}

/// Case folding as far as contractions need it: the long s is an s, too.
fn fold(c: char) -> char {
    if c == 'ſ' {
        's'
    } else {
        c.to_ascii_lowercase()
    }
}

fn is_newline(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::Scheme;

    fn words(scheme: Scheme, text: &str) -> Vec<&str> {
        scheme.words(text).collect()
    }

    #[test]
    fn gpt2_leaves_one_space_to_the_next_word() {
        assert_eq!(
            words(Scheme::Gpt2, "a  b\u{a0}\tc 12 !?\n"),
            ["a", " ", " b", "\u{a0}", "\t", "c", " 12", " !?", "\n"]
        );
        assert_eq!(
            words(Scheme::Gpt2, "it's 'Tis we'LL"),
            ["it", "'s", " '", "Tis", " we", "'", "LL"]
        );
        assert_eq!(words(Scheme::Gpt2, "  "), ["  "]);
        assert_eq!(words(Scheme::Gpt2, ""), [""; 0]);
    }

    #[test]
    fn smollm_cuts_digits_before_all_else() {
        assert_eq!(
            words(Scheme::Smollm, "a 12  3½b"),
            ["a", " ", "1", "2", "  ", "3", "½", "b"]
        );
    }

    #[test]
    fn qwen2_keeps_what_stands_before_a_word() {
        assert_eq!(
            words(Scheme::Qwen2, "(don'T\tx) 12 \r\n\n  y\n"),
            [
                "(don", "'T", "\tx", ")", " ", "1", "2", " \r\n\n", " ", " y", "\n"
            ]
        );
        assert_eq!(
            words(Scheme::Qwen2, "a'ſ ;;\r\n x"),
            ["a", "'ſ", " ;;\r\n", " x"]
        );
    }

    #[test]
    fn llama3_takes_three_digits_together() {
        assert_eq!(words(Scheme::Llama3, "12345 6"), ["123", "45", " ", "6"]);
    }

    #[test]
    fn only_qwen2_composes() {
        assert_eq!(Scheme::Qwen2.normalize("e\u{301}"), "é");
        assert_eq!(Scheme::Smollm.normalize("e\u{301}"), "e\u{301}");
    }
}
