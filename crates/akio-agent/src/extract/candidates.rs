//! What a document offers as values: dates, numbers, times, codes, names, cells.

use std::ops::Range;

use serde_json::{Number, Value};

use super::{
    lexicon::{Lexicon, is_general, is_listed},
    page::Page,
    wanted::{Shape, Topic, Wanted},
};
use crate::{
    reading::{
        amounts,
        fields::Link,
        fold,
        words::{Gap, Kind, Token},
    },
    redact::{self, is_given_name, is_organisation, is_title},
};

/// Longest text of a cell that is a value.
const MAX_CELL: usize = 200;

/// A value that the document offers.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    pub(super) value: Value,
    /// How well it fits by itself, 1 being the usual.
    pub(super) fit: f32,
}

/// All candidates of a property, in the order of the text.
pub(super) fn find(page: &Page<'_>, wanted: &Wanted) -> Vec<Candidate> {
    let mut found = match &wanted.shape {
        Shape::Date => dates(page, wanted),
        Shape::Number => numbers(page, wanted, false),
        Shape::Integer => numbers(page, wanted, true),
        Shape::Boolean => booleans(page),
        Shape::Choice(choices) => self::choices(page, choices),
        Shape::Text(topic) => texts(page, *topic),
    };
    found.retain(|candidate| candidate.span.start < candidate.span.end);
    found.sort_by_key(|candidate| (candidate.span.start, candidate.span.end));
    found.dedup_by(|a, b| a.span == b.span && a.value == b.value);
    found
}

fn candidate(page: &Page<'_>, span: Range<usize>, value: Value, fit: f32) -> Candidate {
    let tokens = page.token_at(span.start)..page.token_at(span.end);
    Candidate {
        span,
        tokens,
        value,
        fit,
    }
}

fn dates(page: &Page<'_>, wanted: &Wanted) -> Vec<Candidate> {
    let month_first = wanted.month_first.unwrap_or(page.month_first);
    // The year of the dates that have none is that of the nearest one before.
    let mut year = page.dates.iter().find_map(|date| date.year);
    let mut found = Vec::new();
    for date in &page.dates {
        let mut date = *date;
        let fit = if date.year.is_some() { 1.0 } else { 0.6 };
        if date.year.is_some() {
            year = date.year;
        } else {
            date.year = year;
        }
        if let Some((year, month, day)) = date.ymd(month_first).or_else(|| date.ymd(!month_first)) {
            let value = format!("{year:04}-{month:02}-{day:02}");
            found.push(candidate(page, date.start..date.end, value.into(), fit));
        }
    }
    found
}

/// Words for small numbers.
const NUMBER_WORDS: [(&str, u32); 40] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("eighteen", 18),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("funf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("zehn", 10),
    ("zwolf", 12),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("sept", 7),
    ("huit", 8),
    ("dix", 10),
    ("douze", 12),
    ("quinze", 15),
];

fn numbers(page: &Page<'_>, wanted: &Wanted, whole: bool) -> Vec<Candidate> {
    let has_money = page.amounts.iter().any(|amount| amount.currency.is_some());
    let mut found = Vec::new();
    for amount in &page.amounts {
        let Some(first) = page.tokens.get(amount.tokens.0) else {
            continue;
        };
        let personal = page
            .personal_at(first.start)
            .filter(|span| !matches!(span.kind, redact::Kind::Name) && amount.currency.is_none());
        let behind = page.tokens.get(amount.tokens.1);
        // `1. The contractor …` counts paragraphs.
        let is_item = first.gap == Gap::Line
            && behind.is_some_and(|mark| matches!(mark.text, "." | ")") && mark.gap == Gap::None)
            && page
                .tokens
                .get(amount.tokens.1 + 1)
                .is_some_and(|next| next.gap != Gap::None && next.line == first.line);
        if personal.is_some()
            || page.date_at(first.start).is_some()
            || is_item
            || (whole && amount.value.fract() != 0.0)
        {
            continue;
        }
        let mut fit = 1.0;
        let is_year = amount.currency.is_none()
            && first.text.len() == 4
            && amount.value.fract() == 0.0
            && (1900.0..2100.0).contains(&amount.value)
            && !amount.has_decimals;
        if is_year && !wanted.has("year") {
            fit *= 0.4;
        }
        if wanted.is_money {
            match (amount.currency, wanted.currency) {
                (Some(written), Some(asked)) if written == asked => fit *= 1.3,
                (Some(_), Some(_)) => fit *= 0.3,
                (Some(_), None) => fit *= 1.15,
                (None, _) if has_money && !amount.has_decimals => fit *= 0.5,
                (None, _) => {}
            }
            if amount.is_percent {
                fit *= 0.2;
            }
        } else {
            if amount.currency.is_some() {
                fit *= 0.25;
            }
            if amount.is_percent != wanted.has("percent") {
                fit *= if amount.is_percent { 0.3 } else { 0.7 };
            }
            if !wanted.units.is_empty() {
                let near = amount.tokens.1..amount.tokens.1 + 1;
                let unit = behind.filter(|unit| unit.gap != Gap::Line && unit.is_word());
                let matches = unit.is_some()
                    && wanted
                        .units
                        .iter()
                        .any(|term| page.is_term_at(term, near.start));
                fit *= if matches { 1.5 } else { 0.8 };
            }
        }
        let value = if amount.value < 0.0 && wanted.has("discount") {
            -amount.value
        } else {
            amount.value
        };
        if let Some(value) = number(value) {
            found.push(candidate(page, amount.start..amount.end, value, fit));
        }
    }
    if !wanted.is_money {
        for (at, token) in page
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.is_word())
        {
            let folded = fold(token.text);
            let Some((_, value)) = NUMBER_WORDS.iter().find(|(word, _)| *word == folded) else {
                continue;
            };
            let matches = wanted
                .units
                .iter()
                .any(|term| page.is_term_at(term, at + 1));
            let fit = if matches { 1.2 } else { 0.5 };
            found.push(candidate(
                page,
                token.start..token.end(),
                (*value).into(),
                fit,
            ));
        }
    }
    found
}

/// A JSON number, whole where it is.
fn number(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

fn booleans(page: &Page<'_>) -> Vec<Candidate> {
    const YES: &str = "yes ja oui si sim true x ✓ ✔ ☒ ☑ vrai vero wahr included enthalten inklusive compris agreed";
    const NO: &str = "no nein non nee false ☐ none keine kein aucun ninguno nessuno not nicht without ohne sans excluded";
    let mut found = Vec::new();
    for token in &page.tokens {
        let folded = fold(token.text);
        let is_in = |list: &str| list.split(' ').any(|word| word == folded);
        if is_in(YES) || is_in(NO) {
            found.push(candidate(
                page,
                token.start..token.end(),
                is_in(YES).into(),
                1.0,
            ));
        }
    }
    found
}

fn choices(page: &Page<'_>, choices: &[Value]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for choice in choices {
        let Some(text) = choice.as_str() else {
            // A number is a choice where it stands.
            let same = page
                .amounts
                .iter()
                .filter(|amount| choice.as_f64() == Some(amount.value));
            found.extend(
                same.map(|amount| candidate(page, amount.start..amount.end, choice.clone(), 1.0)),
            );
            continue;
        };
        let words: Vec<String> = text
            .split(|char: char| !char.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(fold)
            .collect();
        for run in page.tokens.windows(words.len().max(1)) {
            let same = words.len() == run.len()
                && run
                    .iter()
                    .zip(&words)
                    .all(|(token, word)| fold(token.text) == *word);
            if let (true, Some(first), Some(last)) = (same, run.first(), run.last()) {
                let span = first.start..last.end();
                found.push(candidate(page, span, choice.clone(), 1.0));
            }
        }
        // By what it means: `bank transfer`, `Überweisung`.
        let lexicon = page.lexicon;
        for word in &words {
            for term in lexicon
                .terms(word)
                .iter()
                .filter(|term| !Lexicon::is_stop(word) && !is_general(term))
            {
                for at in page.positions(term) {
                    if let Some(token) = page.tokens.get(*at) {
                        let fit = 0.6 / words.len() as f32;
                        found.push(candidate(
                            page,
                            token.start..token.end(),
                            choice.clone(),
                            fit,
                        ));
                    }
                }
            }
        }
        // The sign of a currency.
        for amount in page
            .amounts
            .iter()
            .filter(|amount| amount.currency == Some(text))
        {
            found.push(candidate(
                page,
                amount.start..amount.end,
                choice.clone(),
                0.9,
            ));
        }
    }
    found
}

fn texts(page: &Page<'_>, topic: Topic) -> Vec<Candidate> {
    let mut found = Vec::new();
    let of_kind = |kind: redact::Kind, found: &mut Vec<Candidate>| {
        for span in page.personal.iter().filter(|span| span.kind == kind) {
            found.push(text_candidate(page, span.start..span.end, 1.2));
        }
    };
    match topic {
        Topic::Email => of_kind(redact::Kind::Email, &mut found),
        Topic::Phone => of_kind(redact::Kind::Phone, &mut found),
        Topic::Url => of_kind(redact::Kind::Url, &mut found),
        Topic::Iban => of_kind(redact::Kind::Iban, &mut found),
        Topic::Address => {
            of_kind(redact::Kind::Address, &mut found);
            cells(page, 0.8, &mut found);
        }
        Topic::Time => times(page, &mut found),
        Topic::Code => codes(page, &mut found),
        Topic::Person => names(page, 1.0, 0.55, &mut found),
        Topic::Organisation => names(page, 0.55, 1.1, &mut found),
        Topic::Party => names(page, 1.0, 1.0, &mut found),
        Topic::Place => {
            names(page, 0.5, 0.5, &mut found);
            cells(page, 0.9, &mut found);
        }
        Topic::Any => {
            cells(page, 1.0, &mut found);
            names(page, 0.5, 0.5, &mut found);
            codes(page, &mut found);
            for candidate in &mut found {
                let is_code = candidate.value.as_str().is_some_and(|text| {
                    !text.contains(' ') && text.contains(|char: char| char.is_ascii_digit())
                });
                if is_code {
                    candidate.fit *= 0.7;
                }
            }
        }
    }
    found
}

/// A candidate whose value is its text with white space collapsed.
fn text_candidate(page: &Page<'_>, span: Range<usize>, fit: f32) -> Candidate {
    let words: Vec<&str> = page.part(&span).split_whitespace().collect();
    candidate(page, span, words.join(" ").into(), fit)
}

/// The values of fields as they stand.
fn cells(page: &Page<'_>, fit: f32, found: &mut Vec<Candidate>) {
    for field in &page.fields {
        let text = page.part(&field.value);
        let is_value = text.contains(char::is_alphanumeric) && amounts::currency(text).is_none();
        if text.chars().count() > MAX_CELL || !is_value {
            continue;
        }
        let link = match field.link {
            Link::Colon => 1.0,
            Link::BelowColon | Link::Column | Link::Beside => 0.9,
            Link::Below => 0.6,
        };
        let trimmed = text.trim_end_matches(['.', ',', ';']);
        let mut end = field.value.start + trimmed.len();
        // The next label of the line is none of the value's.
        let sentence = trimmed.find(". ").map(|at| field.value.start + at);
        if let Some(at) = sentence.filter(|_| trimmed.len() > 40) {
            end = at;
        }
        found.push(text_candidate(page, field.value.start..end, fit * link));
        // Without what a comma adds.
        if let Some(at) = page.part(&(field.value.start..end)).find([',', ';', '(']) {
            let head = page
                .part(&(field.value.start..field.value.start + at))
                .trim_end();
            if head.chars().count() >= 2 {
                found.push(text_candidate(
                    page,
                    field.value.start..field.value.start + head.len(),
                    fit * link * 0.8,
                ));
            }
        }
    }
}

/// `14:20`, `14.20 Uhr`, `14h20`, `2 pm`.
fn times(page: &Page<'_>, found: &mut Vec<Candidate>) {
    const FORMS: [&str; 2] = [
        r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?: ?[aApP]\.?[mM]\b\.?)?",
        r"\b(?:[01]?\d|2[0-3])(?:[.h] ?[0-5]\d| ?h)?(?: ?Uhr| ?[aApP]\.?[mM]\b)|\b(?:[01]?\d|2[0-3]) ?h ?[0-5]\d\b",
    ];
    for (index, form) in FORMS.iter().enumerate() {
        let Ok(form) = regex_lite::Regex::new(form) else {
            continue;
        };
        for place in form.find_iter(page.text) {
            if page.date_at(place.start()).is_some() || page.personal_at(place.start()).is_some() {
                continue;
            }
            let text = place.as_str().trim_end_matches("Uhr").trim_end();
            let fit = if index == 0 { 1.1 } else { 1.0 };
            found.push(text_candidate(
                page,
                place.start()..place.start() + text.len(),
                fit,
            ));
        }
    }
}

/// Numbers and codes as they stand.
fn codes(page: &Page<'_>, found: &mut Vec<Candidate>) {
    let mut at = 0;
    while let Some(token) = page.tokens.get(at) {
        let start = at;
        at += 1;
        if token.kind == Kind::Mark
            || page
                .date_at(token.start)
                .is_some_and(|date| date.year.is_some())
        {
            continue;
        }
        let is_group = |token: &Token<'_>| {
            token.kind == Kind::Number
                || token.is_word()
                    && (token.text.contains(|char: char| char.is_ascii_digit())
                        || !token.text.contains(char::is_lowercase))
        };
        if !is_group(token) {
            continue;
        }
        let mut end = at;
        while let Some(next) = page.tokens.get(end) {
            let joins = next.gap == Gap::None
                && matches!(next.text, "-" | "/" | "." | "_" | "–" | ":" | "#")
                && page
                    .tokens
                    .get(end + 1)
                    .is_some_and(|token| token.gap == Gap::None && is_group(token));
            let adjacent = next.gap == Gap::None && is_group(next);
            if joins {
                end += 2;
            } else if adjacent {
                end += 1;
            } else {
                break;
            }
        }
        let Some(last) = page.tokens.get(end - 1) else {
            continue;
        };
        at = end;
        let span = token.start..last.end();
        let text = page.part(&span);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        // Nor is a time.
        let is_time = text
            .split_once(':')
            .is_some_and(|(hour, minute)| hour.len() <= 2 && minute.len() == 2);
        if digits == 0 || is_time {
            continue;
        }
        let behind = page.tokens.get(end);
        let is_amount = page.amount_at(span.start).is_some_and(|amount| {
            amount.currency.is_some() || amount.is_percent || amount.has_decimals
        });
        let measures = behind.is_some_and(|unit| {
            unit.gap == Gap::Space
                && unit.is_word()
                && unit.text.chars().count() <= 4
                && !unit.is_capital()
        });
        let mixed = text.contains(|char: char| char.is_alphabetic()) || text.contains(['-', '/']);
        let mut fit = 0.85;
        if mixed {
            fit = 1.1;
        } else if digits >= 5 {
            fit = 1.0;
        } else if digits <= 2 {
            fit = 0.5;
        }
        if is_amount {
            fit *= 0.3;
        }
        if measures && !mixed {
            fit *= 0.6;
        }
        found.push(text_candidate(page, span.clone(), fit));
        // Groups with spaces: `KD 44 71`, as far as the field goes.
        let mut wide = end;
        while let Some(next) = page
            .tokens
            .get(wide)
            .filter(|next| next.gap == Gap::Space && is_group(next))
        {
            if page.date_at(next.start).is_some() {
                break;
            }
            wide += 1;
            while page.tokens.get(wide).is_some_and(|next| {
                next.gap == Gap::None
                    && (is_group(next)
                        || matches!(next.text, "-" | "/")
                            && page
                                .tokens
                                .get(wide + 1)
                                .is_some_and(|after| after.gap == Gap::None && is_group(after)))
            }) {
                wide += 1;
            }
        }
        let mut first = start;
        if let Some(before) = start.checked_sub(1).and_then(|at| page.tokens.get(at))
            && token.gap == Gap::Space
            && before.is_word()
            && before.text.len() <= 3
            && !before.text.contains(char::is_lowercase)
            && before.text.is_ascii()
            && amounts::currency(before.text).is_none()
        {
            first = start - 1;
        }
        if (wide > end || first < start)
            && let (Some(from), Some(to)) = (page.tokens.get(first), page.tokens.get(wide - 1))
        {
            let span = from.start..to.end();
            let ends = span.end - span.start <= 14;
            let whole = page.fields_at(span.start).any(|field| field.value == span);
            found.push(text_candidate(
                page,
                span,
                if whole {
                    1.2
                } else if ends {
                    fit * 1.05
                } else {
                    fit * 0.9
                },
            ));
        }
    }
}

/// Words that begin sentences and labels and no names.
const LEADING: &str = "the a an in on at to from by for with and or between as of our your my this that dear hello hi re if \
    we you it he she they i there here when after before please thank der die das den dem des ein eine im am zum zur bei mit \
    von und oder an auf aus fur zwischen wir sie ich es bitte liebe lieber sehr le la les l un une du de et au entre par pour \
    avec je nous vous il elle el los las y con por para al lo gli e da di per tra het een en van voor met tussen mr mrs ms \
    herr frau no not none note subject name date";

/// Small words inside the names of persons and firms.
const INSIDE: &str = "of de du des la le von van der den del della di da dos ter ten zu und and et y e for the d l am im für";

/// Runs of capital words. `person` and `firm` are the fits of what looks like one of them.
fn names(page: &Page<'_>, person: f32, firm: f32, found: &mut Vec<Candidate>) {
    let tokens = &page.tokens;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins = token.is_capital() && page.date_at(token.start).is_none();
        if !begins {
            at += 1;
            continue;
        }
        let end = name_end(page, at);
        let mut first = at;
        // Titles and what begins sentences are not part of it.
        let mut titled = false;
        while first < end {
            let word = tokens
                .get(first)
                .map(|token| fold(token.text))
                .unwrap_or_default();
            let is_dot = tokens.get(first).is_some_and(|token| token.is("."));
            let title = is_title(&word) && first + 1 != end;
            if title || is_dot && titled {
                titled |= title;
            } else if !LEADING.split_whitespace().any(|leading| leading == word) {
                break;
            }
            first += 1;
        }
        at = end.max(at + 1);
        let (Some(from), Some(to)) = (
            tokens.get(first),
            end.checked_sub(1).and_then(|at| tokens.get(at)),
        ) else {
            continue;
        };
        if first >= end {
            continue;
        }
        let words = (first..end)
            .filter(|at| tokens.get(*at).is_some_and(Token::is_capital))
            .count();
        // `Green Room of the Corn Exchange`: the room too.
        let particle = (first + 1..end).find(|at| {
            let word = tokens.get(*at).map_or("", |token| token.text);
            matches!(word, "of" | "de" | "der" | "des" | "du" | "di" | "del")
        });
        if let Some(last) = particle.and_then(|at| tokens.get(at - 1)) {
            found.push(text_candidate(
                page,
                from.start..last.end(),
                person.min(firm) * 0.85,
            ));
        }
        let given = is_given_name(&fold(from.text));
        let of_firm = is_organisation_run(page, first, end);
        let personal = page
            .personal_at(from.start)
            .is_some_and(|span| span.kind == redact::Kind::Name);
        let mut fit = if of_firm {
            firm
        } else if personal || given || titled {
            person
        } else {
            person.min(firm) * 0.9
        };
        // `Payment` is a word of forms and no name.
        let means = words == 1
            && !titled
            && page
                .lexicon
                .terms(from.text)
                .iter()
                .any(|term| is_listed(term));
        let is_day = words == 1 && {
            let word = fold(from.text);
            ["day", "tag", "woch"].iter().any(|end| word.ends_with(end))
        };
        if means || is_day || amounts::currency(from.text).is_some() {
            fit *= 0.4;
        } else if words == 1 && !titled {
            fit *= 0.75;
        } else if words == 1 {
            fit *= 0.9;
        }
        if personal && !of_firm {
            fit *= 1.1;
        }
        found.push(text_candidate(page, from.start..to.end(), fit));
    }
}

fn is_organisation_run(page: &Page<'_>, from: usize, to: usize) -> bool {
    page.tokens
        .get(from..to)
        .unwrap_or_default()
        .iter()
        .any(|token| token.is("&") || is_organisation(&fold(token.text)))
}

/// Whether a number stands between capital words of one name: `Studio 54 Hair Design`.
fn is_number_inside(page: &Page<'_>, at: usize) -> bool {
    let spaced = |token: &Token<'_>| token.gap == Gap::Space;
    let number = page
        .tokens
        .get(at)
        .filter(|token| token.kind == Kind::Number && token.text.len() <= 4 && spaced(token));
    let next = page
        .tokens
        .get(at + 1)
        .filter(|next| next.is_capital() && spaced(next));
    next.is_some()
        && number.is_some_and(|number| {
            page.personal_at(number.start).is_none() && page.date_at(number.start).is_none()
        })
}

/// The token behind a run of capital words.
fn name_end(page: &Page<'_>, at: usize) -> usize {
    let tokens = &page.tokens;
    let mut end = at + 1;
    let mut index = at + 1;
    while let Some(token) = tokens.get(index) {
        if matches!(token.gap, Gap::Wide | Gap::Line) || index > at + 12 {
            break;
        }
        let before = tokens.get(index - 1);
        let abbreviated = before.is_some_and(|before| {
            before.text.chars().count() == 1
                || matches!(
                    before.text,
                    "Co" | "Dr"
                        | "St"
                        | "Prof"
                        | "Mr"
                        | "Mrs"
                        | "Ms"
                        | "Mme"
                        | "Sr"
                        | "Sra"
                        | "Sig"
                        | "Dott"
                        | "Jr"
                        | "med"
                        | "Inc"
                        | "Ltd"
                        | "Bros"
                )
        });
        let firm = matches!(
            token.text,
            "plc" | "ltd" | "gmbh" | "inc" | "llc" | "eG" | "mbH"
        );
        if token.is_capital() || firm {
            index += 1;
            end = index;
        } else if token.is(".") && token.gap == Gap::None && abbreviated
            || token.is("&")
            || token.is("+")
            || is_number_inside(page, index)
        {
            index += 1;
        } else if token.is_word() && INSIDE.split(' ').any(|word| word == token.text)
            || token.is("'")
            || token.is("’")
        {
            // Only between capital words.
            let leads = (index + 1..index + 4).find_map(|next| {
                let next = tokens.get(next)?;
                if next.is_capital() {
                    Some(true)
                } else if INSIDE.split(' ').any(|word| word == next.text)
                    || next.is("'")
                    || next.is("’")
                {
                    None
                } else {
                    Some(false)
                }
            });
            if leads != Some(true)
                || matches!(token.text, "and" | "und" | "et" | "y" | "e" | "for")
                    && !is_organisation_run(page, at, (index + 4).min(tokens.len()))
            {
                break;
            }
            index += 1;
        } else {
            break;
        }
    }
    end
}
