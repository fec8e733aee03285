//! A document as the search for values sees it: words with their terms, fields, dates, amounts.

use std::{collections::HashMap, ops::Range};

use super::lexicon::Lexicon;
use crate::{
    reading::{
        amounts::{self, Amount},
        dates::{self, Date, Order},
        fields::{self, Link},
        words::{self, Gap, Kind, Token},
    },
    redact::{self, Span},
};

/// A label with its terms, and its value.
pub(super) struct Labelled {
    pub(super) label: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) link: Link,
    /// The terms of each of its words.
    pub(super) terms: Vec<Vec<String>>,
}

pub(super) struct Page<'t> {
    pub(super) text: &'t str,
    pub(super) lexicon: &'t Lexicon,
    pub(super) tokens: Vec<Token<'t>>,
    /// The tokens that have a term.
    positions: HashMap<String, Vec<usize>>,
    /// In the order of their values.
    pub(super) fields: Vec<Labelled>,
    pub(super) dates: Vec<Date>,
    pub(super) amounts: Vec<Amount>,
    /// What is personal: addresses, numbers, names.
    pub(super) personal: Vec<Span>,
    /// The length of each line in characters.
    widths: Vec<usize>,
    /// Slashes of dates stand behind the month.
    pub(super) month_first: bool,
}

impl<'t> Page<'t> {
    pub(super) fn new(text: &'t str, lexicon: &'t Lexicon) -> Self {
        let tokens = words::tokens(text);
        let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
        let mut known: HashMap<&str, Vec<String>> = HashMap::new();
        for (at, token) in tokens.iter().enumerate() {
            let is_sign = token.kind == Kind::Mark && matches!(token.text, "№" | "#");
            if !token.is_word() && !is_sign {
                continue;
            }
            let terms = known
                .entry(token.text)
                .or_insert_with(|| lexicon.terms(token.text));
            for term in terms {
                positions.entry(term.clone()).or_default().push(at);
            }
        }
        let dates = dates::find(&tokens);
        let mut fields: Vec<Labelled> = fields::fields(text)
            .into_iter()
            .map(|field| {
                let label = text.get(field.label.clone()).unwrap_or_default();
                let words = words::tokens(label);
                let words = words.iter().filter(|token| token.is_word());
                Labelled {
                    terms: words.map(|token| lexicon.terms(token.text)).collect(),
                    label: field.label,
                    value: field.value,
                    link: field.link,
                }
            })
            .collect();
        fields.sort_by_key(|field| field.value.start);
        Self {
            text,
            lexicon,
            positions,
            fields,
            month_first: month_first(text, &dates),
            dates,
            amounts: amounts::find(&tokens),
            personal: redact::find(text),
            widths: text.split('\n').map(|line| line.chars().count()).collect(),
            tokens,
        }
    }

    pub(super) fn part(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The index of the first token at or behind a position.
    pub(super) fn token_at(&self, position: usize) -> usize {
        self.tokens.partition_point(|token| token.start < position)
    }

    /// The date that a position is in.
    pub(super) fn date_at(&self, position: usize) -> Option<&Date> {
        let next = self.dates.partition_point(|date| date.start <= position);
        let date = self.dates.get(next.checked_sub(1)?)?;
        (position < date.end).then_some(date)
    }

    /// The amount that a position is in.
    pub(super) fn amount_at(&self, position: usize) -> Option<&Amount> {
        let next = self
            .amounts
            .partition_point(|amount| amount.start <= position);
        let amount = self.amounts.get(next.checked_sub(1)?)?;
        (position < amount.end).then_some(amount)
    }

    /// What is personal at a position.
    pub(super) fn personal_at(&self, position: usize) -> Option<&Span> {
        let next = self.personal.partition_point(|span| span.start <= position);
        let span = self.personal.get(next.checked_sub(1)?)?;
        (position < span.end).then_some(span)
    }

    /// The fields whose values hold a position.
    pub(super) fn fields_at(&self, position: usize) -> impl Iterator<Item = &Labelled> {
        let line = self
            .text
            .get(..position)
            .and_then(|text| text.rfind('\n'))
            .map_or(0, |at| at + 1);
        let from = self
            .fields
            .partition_point(|field| field.value.start < line);
        self.fields
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |field| field.value.start <= position)
            .filter(move |field| position < field.value.end)
    }

    /// Whether the word at a token has a term.
    pub(super) fn is_term_at(&self, term: &str, at: usize) -> bool {
        self.positions
            .get(term)
            .is_some_and(|positions| positions.binary_search(&at).is_ok())
    }

    /// The words that have a term.
    pub(super) fn positions(&self, term: &str) -> &[usize] {
        self.positions.get(term).map_or(&[], Vec::as_slice)
    }

    /// How near the nearest word with a term is to the tokens of a candidate: 1 beside it, 0 far away.
    /// `others` are the tokens of the candidates that could take the word for themselves, in order.
    pub(super) fn nearness(
        &self,
        term: &str,
        tokens: &Range<usize>,
        others: &[Range<usize>],
    ) -> f32 {
        let Some(positions) = self.positions.get(term) else {
            return 0.0;
        };
        let next = positions.partition_point(|at| *at < tokens.start);
        let mut best: f32 = 0.0;
        for at in positions
            .get(next.saturating_sub(3)..next)
            .unwrap_or_default()
        {
            best = best.max(self.before(*at, tokens.start, others));
        }
        let behind = positions.partition_point(|at| *at < tokens.end);
        for at in positions.get(behind..).unwrap_or_default().iter().take(2) {
            best = best.max(self.behind(*at, tokens.end, others));
        }
        best
    }

    /// Candidates between two tokens.
    fn between(others: &[Range<usize>], from: usize, to: usize) -> i32 {
        let first = others.partition_point(|other| other.start < from);
        let last = others.partition_point(|other| other.start < to);
        i32::try_from(last.saturating_sub(first)).unwrap_or(i32::MAX)
    }

    /// How far apart two tokens are, as a factor.
    fn apart(&self, from: usize, to: usize) -> f32 {
        let mut words = 0;
        let mut factor = 1.0;
        let between = self.tokens.get(from + 1..to).unwrap_or_default();
        for (index, token) in between.iter().enumerate() {
            if token.is_word() {
                words += 1;
            }
            let next = self.tokens.get(from + 2 + index);
            let ends = matches!(token.text, "." | "!" | "?" | ";")
                && next.is_some_and(|next| next.gap != Gap::None && next.is_capital());
            if ends {
                factor *= 0.45;
            }
            if matches!(token.text, ")" | "|") {
                factor *= 0.8;
            }
        }
        let (Some(first), Some(last)) = (self.tokens.get(from), self.tokens.get(to)) else {
            return 0.0;
        };
        for line in first.line..last.line {
            let is_blank = self.widths.get(line + 1).is_some_and(|width| *width == 0);
            let is_prose = self.widths.get(line).is_some_and(|width| *width >= 50);
            factor *= if is_blank {
                0.35
            } else if is_prose {
                0.9
            } else {
                0.45
            };
            if factor < 0.01 {
                return 0.0;
            }
        }
        factor / (1.0 + 0.14 * words as f32)
    }

    fn before(&self, word: usize, candidate: usize, others: &[Range<usize>]) -> f32 {
        if candidate - word > 60 {
            return 0.0;
        }
        let taken = Self::between(others, word, candidate);
        self.apart(word, candidate) * 0.5_f32.powi(taken)
    }

    fn behind(&self, word: usize, candidate: usize, others: &[Range<usize>]) -> f32 {
        if word + 1 - candidate > 40 || candidate == 0 {
            return 0.0;
        }
        let taken = Self::between(others, candidate, word + 1);
        let bracket = self
            .tokens
            .get(candidate)
            .is_some_and(|token| token.is("("));
        // `90 days`, `the firm (the client)`
        if word == candidate || bracket {
            let factor = if bracket { 1.1 } else { 0.85 };
            return self.apart(candidate - 1, word) * factor * 0.4_f32.powi(taken);
        }
        let mut factor = 0.6;
        // `… 2024 and ends on 30 November`: the word announces what follows.
        let next = others.get(others.partition_point(|other| other.start <= word));
        if next.is_some_and(|next| {
            next.start - word <= word + 1 - candidate && self.apart(word, next.start) > 0.5
        }) {
            factor *= 0.4;
        }
        self.apart(candidate - 1, word) * factor * 0.4_f32.powi(taken)
    }
}

/// Whether the dates of a text have the month first: one of them shows it, or money and postcodes are
/// those of the United States.
fn month_first(text: &str, dates: &[Date]) -> bool {
    let count = |order| dates.iter().filter(|date| date.order == order).count();
    let (day, month) = (count(Order::DayFirst), count(Order::MonthFirst));
    if day != month {
        return month > day;
    }
    let american = text.contains('$') || text.contains("USD") || text.contains(" ZIP");
    let others = ["€", "£", "EUR", "GBP", "CHF", "A$", "AUD", "NZ", "C$"];
    american && !others.iter().any(|sign| text.contains(sign))
}
