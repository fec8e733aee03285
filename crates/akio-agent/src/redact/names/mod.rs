//! Names of persons.
//!
//! No list has all names, so most are known by what stands around them: a title, a greeting, a signature,
//! a label, a role, a given name in front, the person's own e-mail address. What was found once for
//! a good reason is then a name wherever it stands.

mod again;
mod firms;
mod forms;
mod given;
mod letters;
mod sentences;
mod shape;
pub(super) mod words;

use std::collections::HashSet;

use super::{Kind, NAME_WORDS, Page, Span};
use crate::reading::{
    fold,
    words::{Gap, Kind as TokenKind, Token},
};
use words::NameWords;

pub(super) fn take(page: &mut Page<'_>) {
    page.spans.sort_unstable_by_key(|span| span.start);
    let mut names = Names::new(page);
    names.by_titles();
    names.by_greetings();
    names.by_signatures();
    names.by_labels();
    names.by_speakers();
    names.by_roles();
    names.by_given_names();
    names.by_pairs();
    names.by_initials();
    names.by_letterheads();
    names.by_contact_lines();
    names.by_email_addresses();
    names.by_columns();
    names.everywhere();
    names.by_last_letter();
    let spans = names.spans();
    for (start, end) in spans {
        page.take(Kind::Name, start, end);
    }
}

struct Names<'p, 't> {
    page: &'p Page<'t>,
    tokens: &'p [Token<'t>],
    folded: Vec<String>,
    words: &'static NameWords,
    /// Tokens that other spans have taken.
    blocked: Vec<bool>,
    /// Tokens that are part of a name.
    marked: Vec<bool>,
    /// Words of names, as lists have them.
    known: HashSet<String>,
    /// Small words and the words of names behind them: `Le` and `Bihan`.
    led: HashSet<(String, String)>,
    /// Words of addresses: streets and towns.
    places: HashSet<String>,
    /// Words that also stand in small letters.
    small: HashSet<String>,
    /// Sentences begin with small letters, and so may names.
    is_informal: bool,
    /// More words are written in capitals than not.
    is_in_capitals: bool,
    /// Nouns have capital letters.
    is_german: bool,
}

/// Whether most sentences begin with a small letter.
fn is_informal(tokens: &[Token<'_>]) -> bool {
    let begins = |pair: &[Token<'_>]| match pair {
        [before, word] => {
            word.is_word()
                && (matches!(before.text, "." | "!" | "?" | ":") && word.gap == Gap::Space
                    || matches!(before.text, "-" | "•" | "*")
                    || word.gap == Gap::Line)
        }
        _ => false,
    };
    let starts = tokens.windows(2).filter(|pair| begins(pair));
    let (small, capital): (Vec<_>, Vec<_>) =
        starts.partition(|pair| !pair.last().is_some_and(Token::is_capital));
    small.len() >= 2 && small.len() > capital.len()
}

impl<'p, 't> Names<'p, 't> {
    fn new(page: &'p Page<'t>) -> Self {
        let tokens = &page.tokens;
        let folded: Vec<String> = tokens.iter().map(|token| fold(token.text)).collect();
        let count = |words: &str| {
            folded
                .iter()
                .filter(|word| words.split(' ').any(|known| known == word.as_str()))
                .count()
        };
        let german = count(
            "der die das und ist nicht den mit fur von zu sie ich auf im wir ein eine ihr ihre am bei",
        );
        let other = count(
            "the and of to is in for le la les et est que el los una il che per con het een en your you des du",
        );
        let in_capitals = tokens
            .iter()
            .filter(|token| token.is_word() && !token.text.contains(char::is_lowercase))
            .count();
        let small = tokens
            .iter()
            .zip(&folded)
            .filter(|(token, _)| {
                token.is_word() && !token.is_capital() && page.is_free(token.start, token.end())
            })
            .map(|(_, folded)| folded.clone())
            .collect();
        Self {
            blocked: tokens
                .iter()
                .map(|token| !page.is_free(token.start, token.end()))
                .collect(),
            marked: vec![false; tokens.len()],
            page,
            tokens,
            folded,
            words: &NAME_WORDS,
            known: HashSet::new(),
            places: page
                .spans
                .iter()
                .filter(|span| span.kind == Kind::Address)
                .flat_map(|span| {
                    page.part(span.start, span.end)
                        .split(|char: char| !char.is_alphabetic())
                })
                .map(fold)
                .collect(),
            led: HashSet::new(),
            small,
            is_informal: is_informal(tokens),
            is_in_capitals: in_capitals * 2 > tokens.iter().filter(|token| token.is_word()).count(),
            is_german: german > other,
        }
    }

    fn token(&self, at: usize) -> Option<&'p Token<'t>> {
        self.tokens.get(at)
    }

    /// The word at a token as lists have it, without the end of the possessive.
    fn word(&self, at: usize) -> &str {
        let word = self.folded.get(at).map_or("", String::as_str);
        word.strip_suffix("'s").unwrap_or(word)
    }

    fn is(&self, at: usize, mark: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(mark))
    }

    /// Whether a token stands directly behind the one before it, on the same line.
    fn follows(&self, at: usize) -> bool {
        self.token(at)
            .is_some_and(|token| matches!(token.gap, Gap::None | Gap::Space))
    }

    /// Marks a run, if it is none of a firm.
    fn mark(&mut self, from: usize, to: usize) {
        if self.is_firm(from, to) {
            return;
        }
        for at in from..to {
            if let Some(marked) = self.marked.get_mut(at) {
                *marked = true;
            }
            if at > from && self.words.particles.contains(self.word(at - 1)) {
                let led = (self.word(at - 1).to_owned(), self.word(at).to_owned());
                self.led.insert(led);
            }
            if self.is_candidate(at) || self.is_unsure_given(at) {
                let word = self.word(at).to_owned();
                for part in word.split('-').filter(|part| part.chars().count() >= 4) {
                    self.known.insert(part.to_owned());
                }
                self.known.insert(word);
            }
        }
    }

    /// The span of another kind that a position is in.
    fn span_at(&self, position: usize) -> Option<&Span> {
        let next = self
            .page
            .spans
            .partition_point(|span| span.start <= position);
        let span = self.page.spans.get(next.checked_sub(1)?)?;
        (position < span.end).then_some(span)
    }

    /// The lines of the text as ranges of tokens.
    fn lines(&self) -> Vec<(usize, usize)> {
        let mut lines = Vec::new();
        let mut from = 0;
        for at in 1..=self.tokens.len() {
            if self.token(at).is_none_or(|token| token.gap == Gap::Line) {
                lines.push((from, at));
                from = at;
            }
        }
        lines
    }

    /// The token behind marks at the beginning of a line: bullets, quotes, dashes.
    fn first_of_line(&self, from: usize, to: usize) -> usize {
        (from..to)
            .find(|at| {
                self.token(*at)
                    .is_some_and(|token| token.kind != TokenKind::Mark)
            })
            .unwrap_or(to)
    }

    fn starts_sentence(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| {
            self.token(at).is_some_and(|token| token.gap == Gap::Line) && self.is(before, ".")
                || matches!(self.word(before), "." | "!" | "?" | ":")
        })
    }

    /// The marked tokens as stretches of one line.
    fn spans(&self) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        let mut last = None;
        for (at, token) in self.tokens.iter().enumerate() {
            if self.marked.get(at) != Some(&true) {
                continue;
            }
            let possessive = ["'s", "’s"]
                .iter()
                .find_map(|end| token.text.strip_suffix(end))
                .map_or(token.text, |bare| bare);
            let end = token.start + possessive.len();
            match spans.last_mut() {
                Some(span)
                    if last == at.checked_sub(1)
                        && last.is_some()
                        && matches!(token.gap, Gap::None | Gap::Space) =>
                {
                    span.1 = end
                }
                _ => spans.push((token.start, end)),
            }
            last = Some(at);
        }
        spans
    }
}
