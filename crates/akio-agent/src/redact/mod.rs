//! What is personal in a text: names, addresses, numbers and ids, found by rules alone.
//!
//! [`find`] gives the places, [`mask`] the text without them. Each kind has a file of its own; what one
//! of them has taken is not taken again, so the surest kinds come first.

mod addresses;
mod births;
mod contacts;
mod ids;
mod names;
mod numbers;

use std::{ops::Range, sync::LazyLock};

use serde::Serialize;

use crate::reading::{
    dates::{self, Date},
    fields::{self, Field, Link},
    fold,
    words::{self, Token},
};
use names::words::NameWords;

/// What kind of thing is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person, without title.
    Name,
    /// Street with number, box number, postcode with town.
    Address,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A bank account.
    Iban,
    /// A payment card.
    Card,
    /// An address in the web.
    Url,
    /// An address in the internet, version 4 or 6.
    Ip,
    /// A number that stands for a person at an authority or a firm.
    Id,
    /// The day of somebody's birth.
    DateOfBirth,
}

impl Kind {
    /// What stands in the place of a masked text.
    pub fn mask(self) -> &'static str {
        match self {
            Self::Name => "[NAME]",
            Self::Address => "[ADDRESS]",
            Self::Phone => "[PHONE]",
            Self::Email => "[EMAIL]",
            Self::Iban => "[IBAN]",
            Self::Card => "[CARD]",
            Self::Url => "[URL]",
            Self::Ip => "[IP]",
            Self::Id => "[ID]",
            Self::DateOfBirth => "[DATE_OF_BIRTH]",
        }
    }
}

/// A personal stretch of a text, within one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its kind.
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// How much of a line around a place is looked at, in bytes.
const LINE: usize = 240;

/// A text, and what can be read in it without knowing what is personal.
struct Page<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    fields: Vec<Field>,
    dates: Vec<Date>,
    /// Lines about an animal or an article.
    things: Vec<Range<usize>>,
    /// For each byte whether it belongs to a span.
    taken: Vec<bool>,
    spans: Vec<Span>,
}

impl<'t> Page<'t> {
    fn new(text: &'t str) -> Self {
        let mut tokens = words::tokens(text);
        words::join_wrapped(text, &mut tokens);
        let fields = fields::fields(text);
        Self {
            text,
            dates: dates::find(&tokens),
            things: things(text, &fields),
            fields,
            tokens,
            taken: vec![false; text.len()],
            spans: Vec::new(),
        }
    }

    /// The text between two positions.
    fn part(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Whether nothing between two positions has been taken.
    fn is_free(&self, start: usize, end: usize) -> bool {
        self.taken
            .get(start..end)
            .is_some_and(|taken| !taken.contains(&true))
    }

    /// Takes what is free of a stretch, line by line and without the white space at its ends.
    fn take(&mut self, kind: Kind, start: usize, end: usize) {
        let mut from = start;
        for line in self.part(start, end).split('\n') {
            self.take_line(kind, from, from + line.len());
            from += line.len() + 1;
        }
    }

    fn take_line(&mut self, kind: Kind, start: usize, end: usize) {
        let mut from = start;
        while from < end {
            let Some(taken) = self.taken.get(from..end) else {
                return;
            };
            let free = taken.iter().position(|taken| *taken).unwrap_or(taken.len());
            let part = self.part(from, from + free);
            let first = from + part.len() - part.trim_start().len();
            let last = from + part.trim_end().len();
            if part.chars().any(char::is_alphanumeric) {
                self.taken
                    .get_mut(first..last)
                    .unwrap_or_default()
                    .fill(true);
                self.spans.push(Span {
                    kind,
                    start: first,
                    end: last,
                });
            }
            from += free;
            from += self
                .taken
                .get(from..end)
                .and_then(|taken| taken.iter().position(|taken| !taken))
                .unwrap_or(end - from)
                .max(1);
        }
    }

    /// Whether a position is in a line about an animal or an article.
    fn is_of_thing(&self, position: usize) -> bool {
        let next = self.things.partition_point(|thing| thing.start <= position);
        let thing = next.checked_sub(1).and_then(|at| self.things.get(at));
        thing.is_some_and(|thing| position < thing.end)
    }

    /// The index of the first token at or behind a position.
    fn token_at(&self, position: usize) -> usize {
        self.tokens.partition_point(|token| token.start < position)
    }

    /// The line before a position, up to the position; of a long one the end.
    fn line_before(&self, position: usize) -> &'t str {
        let mut from = position.saturating_sub(LINE);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let before = self.part(from, position);
        before
            .rfind('\n')
            .and_then(|at| before.get(at + 1..))
            .unwrap_or(before)
    }

    /// The rest of the line behind a position; of a long one the beginning.
    fn line_after(&self, position: usize) -> &'t str {
        let mut to = self.text.len().min(position + LINE);
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        self.part(position, to)
            .split('\n')
            .next()
            .unwrap_or_default()
    }

    /// The dates that begin between two positions.
    fn dates_in(&self, start: usize, end: usize) -> &[Date] {
        let from = self.dates.partition_point(|date| date.start < start);
        let to = self.dates.partition_point(|date| date.start < end);
        self.dates.get(from..to).unwrap_or_default()
    }

    /// The date that a position is in.
    fn date_at(&self, position: usize) -> Option<&Date> {
        let next = self.dates.partition_point(|date| date.start <= position);
        let date = self.dates.get(next.checked_sub(1)?)?;
        (position < date.end).then_some(date)
    }
}

/// The lines whose label says that they are about an animal or an article.
fn things(text: &str, fields: &[Field]) -> Vec<Range<usize>> {
    const LABELS: &str = "animal pet dog cat horse patient/animal breed tier hund katze pferd mascota perro chien chat cane gatto \
        product article item model vehicle make description designation bezeichnung descripcion descrizione omschrijving opis produkt artikel modell fahrzeug produit modele producto articolo";
    let is_thing = |field: &&Field| {
        let label = fold(text.get(field.label.clone()).unwrap_or_default());
        matches!(field.link, Link::Colon | Link::Column) && in_list(LABELS, label.trim())
    };
    let line = |field: &Field| {
        let rest = text.get(field.value.start..).unwrap_or_default();
        match field.link {
            Link::Column => field.value.clone(),
            _ => field.value.start..field.value.start + rest.find('\n').unwrap_or(rest.len()),
        }
    };
    let mut things: Vec<_> = fields.iter().filter(is_thing).map(line).collect();
    things.sort_unstable_by_key(|thing| thing.start);
    things
}

/// All personal stretches of a text, in order, none of them over another.
pub fn find(text: &str) -> Vec<Span> {
    let mut page = Page::new(text);
    contacts::take_web(&mut page);
    numbers::take(&mut page);
    births::take(&mut page);
    ids::take(&mut page);
    contacts::take_phones(&mut page);
    addresses::take(&mut page);
    names::take(&mut page);
    page.spans.sort_by_key(|span| span.start);
    page.spans
}

/// The text with a mask in the place of each span; the spans are those of [`find`].
pub fn mask(text: &str, spans: &[Span]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans {
        masked.push_str(text.get(from..span.start).unwrap_or_default());
        masked.push_str(span.kind.mask());
        from = span.end;
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    masked
}

/// Whether a word is in a list of words.
fn in_list(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

static NAME_WORDS: LazyLock<NameWords> = LazyLock::new(NameWords::new);

/// Whether a word, folded, is a given name and nothing else.
pub(crate) fn is_given_name(word: &str) -> bool {
    NAME_WORDS.given.contains(word)
}

/// Whether a word, folded, is part of the names of firms, clubs and authorities.
pub(crate) fn is_organisation(word: &str) -> bool {
    NAME_WORDS.organisations.contains(word)
}

/// Whether a word, folded, is a title in front of a name.
pub(crate) fn is_title(word: &str) -> bool {
    NAME_WORDS.titles.contains(word)
}
