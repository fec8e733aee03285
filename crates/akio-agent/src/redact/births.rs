//! Dates of birth: a date behind a word that says so.

use super::{Kind, Page};
use crate::reading::{
    dates::{self, Date},
    fold,
    words::{Gap, Token},
};

/// What stands before a date of birth, in small letters without accents.
const WORDS: [&str; 47] = [
    "born",
    "birth",
    "birthdate",
    "birthday",
    "dob",
    "d.o.b",
    "geboren",
    "geb",
    "geburtsdatum",
    "geburtstag",
    "geburtsdaten",
    "geb.-datum",
    "geburts- und",
    "ne le",
    "nee le",
    "ne a",
    "nee a",
    "nee en",
    "urodzonym",
    "urodzonej",
    "ur",
    "naissance",
    "nacido",
    "nacida",
    "nacimiento",
    "nato",
    "nata",
    "nascita",
    "geboortedatum",
    "nascido",
    "nascida",
    "nascimento",
    "fodt",
    "fodd",
    "fodselsdato",
    "fodelsedatum",
    "urodzony",
    "urodzenia",
    "urodzona",
    "naci",
    "nacio",
    "nasci",
    "nasceu",
    "nacque",
    "ne(e)",
    "b.",
    "birthdays",
];

/// Farthest that a date stands behind its word, in bytes.
const MAX_DISTANCE: usize = 48;

pub(super) fn take(page: &mut Page<'_>) {
    let mut found = Vec::new();
    for date in &page.dates {
        // `Ich bin am 5.9.2001 geboren`
        let behind = fold(page.line_after(date.end));
        let follows = [" geboren", " (geb", " ne a", " born"]
            .iter()
            .any(|word| behind.starts_with(word));
        if follows || is_announced(page, date.start) || is_beside_name(page, date) {
            found.push((date.start, date.end));
        }
    }
    for field in &page.fields {
        let label = page.part(field.label.start, field.label.end);
        // `Signature B. A. Nkosi` is no label of a birth.
        let label = fold(label);
        if !mentions_birth(&label.replace("b. ", "")) {
            continue;
        }
        let value = page.part(field.value.start, field.value.end);
        let dates = page.dates_in(field.value.start, field.value.end).iter();
        let before = found.len();
        found.extend(dates.map(|date| (date.start, date.end)));
        // A year alone, or a notation of its own.
        let is_number = value.len() <= 12
            && value.chars().all(|char| !char.is_alphabetic())
            && value.chars().filter(char::is_ascii_digit).count() >= 4;
        if found.len() == before && is_number {
            found.push((field.value.start, field.value.end));
        }
    }
    for (at, token) in page.tokens.iter().enumerate() {
        // `* 12 May 1970`
        let dated = page.tokens.get(at + 1).and_then(|next| {
            let is_near = next.gap != Gap::Wide && next.line == token.line;
            page.date_at(next.start)
                .filter(|date| is_near && date.start == next.start && date.year.is_some())
        });
        if (token.is("*") || token.is("∗"))
            && let Some(date) = dated
            && !page.line_before(token.start).trim().is_empty()
        {
            found.push((date.start, date.end));
        }
        // `born in 1957`
        let is_year = token.text.len() == 4
            && token
                .number()
                .is_some_and(|year| (1900..2030).contains(&year));
        let before = at.checked_sub(1).and_then(|at| page.tokens.get(at));
        let word = at.checked_sub(2).and_then(|at| page.tokens.get(at));
        let is_behind = |before: &Token<'_>, word: Option<&Token<'_>>| {
            fold(before.text) == "jahrgang"
                || (matches!(fold(before.text).as_str(), "in" | "en")
                    && word.is_some_and(|word| {
                        matches!(
                            fold(word.text).as_str(),
                            "born"
                                | "geboren"
                                | "ne"
                                | "nee"
                                | "nacido"
                                | "nacida"
                                | "nato"
                                | "nata"
                        )
                    }))
        };
        if is_year && before.is_some_and(|before| is_behind(before, word)) {
            found.push((token.start, token.end()));
        }
    }
    for (start, end) in found {
        if page.is_free(start, end) && !page.is_of_thing(start) {
            page.take(Kind::DateOfBirth, start, end);
        }
    }
}

/// `Jayden Cross, 4/6/2010, of …`, `Ute Zander (12.03.1961)`: a day long ago, in digits, behind capital words.
fn is_beside_name(page: &Page<'_>, date: &Date) -> bool {
    let at = page.token_at(date.start);
    let token = |back: usize| at.checked_sub(back).and_then(|at| page.tokens.get(at));
    let is_opened = token(1).is_some_and(|mark| mark.is(",") || mark.is("("));
    let is_named = [token(2), token(3)].into_iter().all(|word| {
        word.is_some_and(|word| {
            word.is_capital() && word.text.chars().count() > 1 && dates::month(word.text).is_none()
        })
    });
    let behind = page.tokens.get(page.token_at(date.end));
    let is_closed = behind.is_none_or(|mark| mark.is(",") || mark.is(")") || mark.gap == Gap::Line);
    let in_digits = !page
        .part(date.start, date.end)
        .contains(char::is_alphabetic);
    let is_old = date.year.is_some_and(|year| (1900..2013).contains(&year));
    is_opened && is_named && is_closed && in_digits && is_old
}

/// Whether the words before a date, in this line or the end of the one above, say that it is one of birth.
fn is_announced(page: &Page<'_>, start: usize) -> bool {
    let line = page.line_before(start);
    let mut before = line.to_owned();
    if line.trim().len() < 24 {
        let end = page
            .text
            .get(..start.saturating_sub(line.len() + 1))
            .map_or(0, str::len);
        let above = page.line_before(end);
        // A line of a form that ends with a colon, or a sentence that goes on.
        if above.len() > 40 || above.trim_end().ends_with(':') {
            before = format!("{above} {line}");
        }
    }
    let folded = fold(&before);
    let tail_start = folded
        .char_indices()
        .rev()
        .nth(MAX_DISTANCE)
        .map_or(0, |(at, _)| at);
    let tail = folded.get(tail_start..).unwrap_or_default();
    // The last sentence or cell before the date; the dots of `geb.` and `d.o.b.` do not end one.
    let clause = tail
        .rsplit([';', '|', '!', '?'])
        .find(|part| !part.trim().is_empty())
        .unwrap_or(tail);
    let clause = clause
        .rsplit(". ")
        .scan((), |(), part| Some(part))
        .find(|part| !part.trim().is_empty());
    let clause = clause.unwrap_or(tail);
    let near = if mentions_birth(clause) { clause } else { tail };
    let Some(at) = last_mention(near) else {
        return false;
    };
    let between = near.get(at..).unwrap_or_default();
    // `B. Tautahi, 10 March`
    let is_initial = near
        .get(..at)
        .is_some_and(|head| head.ends_with(" b.") || head == "b.");
    if is_initial && !between.trim().is_empty() {
        return false;
    }
    // Another date or verb in between takes the date for itself.
    let digits = between.chars().filter(char::is_ascii_digit).count();
    let taken = [
        " died", " married", " since", " expires", " issued", " seit ", " moved", " valid",
        " depuis", " wohnt", " until",
    ];
    digits == 0 && !taken.iter().any(|word| between.contains(word))
}

fn mentions_birth(folded: &str) -> bool {
    last_mention(folded).is_some()
}

/// Where the last word of birth ends.
fn last_mention(folded: &str) -> Option<usize> {
    WORDS
        .iter()
        .filter_map(|word| {
            folded
                .match_indices(word)
                .filter_map(|(at, _)| {
                    let before = folded.get(..at)?.chars().next_back();
                    let behind = folded.get(at + word.len()..)?.chars().next();
                    let stands_alone = before.is_none_or(|char| !char.is_alphanumeric())
                        && behind.is_none_or(|char| !char.is_alphanumeric());
                    stands_alone.then_some(at + word.len())
                })
                .last()
        })
        .max()
}
