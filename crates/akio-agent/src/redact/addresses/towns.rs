//! Boxes, and postcodes with the town beside them.

use regex_lite::Regex;

use super::{PARTICLES, follows, is_name, premises};
use crate::{
    reading::{
        fold,
        words::{Gap, Kind as TokenKind, Token},
    },
    redact::{NAME_WORDS, Page, in_list},
};

/// Countries that a letter in front of a postcode stands for.
const COUNTRIES: &str = "D A CH F B L NL DK S N FIN I E P PL CZ SK H SLO HR FL LI DE AT FR BE LU SE NO FI IT ES PT LV LT EE RO BG";

pub(super) fn boxes(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    const BOXES: [&str; 4] = [
        r"\b(?:P\.? ?O\.? ?Box|PO BOX|Post Office Box|Private Bag|Locked Bag|GPO Box|Postfach|Bo[iî]te postale|Apartado(?: de [Cc]orreos| [Pp]ostal)?|Casella [Pp]ostale|Postbus|Postboks|Caixa [Pp]ostal|Skrytka pocztowa|Case postale)\s?(?:n[o°º]?\.?\s?|[Nn]r\.?\s?)?\d[\d ]{0,8}\d?\b",
        r"\b(?:BP|B\.P\.|CS|TSA|C\.P\.|CP) ?\d{1,6}\b",
        r"(?m)^[ \t]*Box \d{1,6}\b",
        // Rural routes of North America
        r"(?m)^[ \t]*R\.?R\.? ?#?\d{1,3}(?: STN [A-Z]+| (?:SITE|Site|Box|BOX) \d+)*\b",
    ];
    for form in BOXES {
        let Ok(form) = Regex::new(form) else { continue };
        for place in form.find_iter(page.text) {
            // `BP 118/76` is blood pressure.
            if page.part(place.end(), page.text.len()).starts_with('/') {
                continue;
            }
            // Case separators are not part of the number: `Postfach 12 34 56` is.
            found.push((place.start(), place.end()));
        }
    }
}

/// Postcodes whose form alone tells them, and the town beside them.
pub(super) fn with_code(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    // The town is in front, behind, or on either side.
    const FORMS: [(&str, bool, bool); 8] = [
        // United Kingdom
        (r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", true, false),
        // Canada
        (r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b", true, false),
        // Ireland
        (
            r"\b(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[0-9AC-FHKNPRTV-Y]{4}\b",
            true,
            false,
        ),
        // United States, Australia
        (
            r"\b(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?\b",
            true,
            false,
        ),
        (r"\b(?:NSW|VIC|QLD|TAS|ACT|WA|SA|NT),? \d{4}\b", true, false),
        // As people type it, at the end of a line
        (r"(?m)\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}$", true, false),
        // Netherlands
        (r"\b[1-9]\d{3} ?[A-Z]{2}\b", false, true),
        // Poland, Portugal
        (r"\b(?:\d{2}-\d{3}|\d{4}-\d{3})\b", false, true),
    ];
    for (form, is_front, is_behind) in FORMS {
        let Ok(form) = Regex::new(form) else { continue };
        for place in form.find_iter(page.text) {
            let (mut start, mut end) = (place.start(), place.end());
            if !page.is_free(start, end) || page.date_at(start).is_some() {
                continue;
            }
            let touches = page
                .part(0, start)
                .chars()
                .next_back()
                .is_some_and(|char| matches!(char, '-' | '/' | '.' | '#' | '_'))
                || page.part(end, page.text.len()).starts_with(['-', '/', '_']);
            if touches {
                continue;
            }
            let before = page.token_at(start);
            let front = if is_front {
                town_before(page, before)
            } else {
                None
            };
            let behind = if is_behind {
                town_behind(page, page.token_at(end))
            } else {
                None
            };
            let has_digits_only = !page
                .part(start, end)
                .contains(|char: char| char.is_ascii_alphabetic());
            let has_space = page.part(start, end).contains(' ');
            // Codes of other things look like this too; they stand beside no town.
            let alone =
                page.line_before(start).trim().is_empty() && page.line_after(end).trim().is_empty();
            let is_named = page
                .line_before(start)
                .split_whitespace()
                .next_back()
                .is_some_and(|word| {
                    in_list("postcode zip eircode", &fold(word.trim_end_matches(':')))
                });
            if front.is_none()
                && behind.is_none()
                && !is_named
                && (has_digits_only || !has_space || !alone)
            {
                continue;
            }
            start = front.unwrap_or(start);
            end = behind.unwrap_or(end);
            if is_front {
                start = premises::before(page, start);
            }
            found.push((start, end));
        }
    }
}

/// `Navi Vashi - 400799`: a town and the six digits that India has.
pub(super) fn with_pin(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    const FORM: &str = r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)* ?[-–] ?[1-9]\d{2} ?\d{3}\b";
    let Ok(form) = Regex::new(FORM) else { return };
    for place in form.find_iter(page.text) {
        let first = place
            .as_str()
            .split([' ', '-', '–'])
            .next()
            .unwrap_or_default();
        if !NAME_WORDS.common.contains(fold(first).as_str()) {
            found.push((premises::before(page, place.start()), place.end()));
        }
    }
}

/// The end of `, Athlone` or `, Athlone, Co. Westmeath` behind a street, where nothing else follows.
pub(super) fn named_behind(tokens: &[Token<'_>], end: usize) -> usize {
    let mut end = end;
    for _ in 0..2 {
        if !tokens
            .get(end)
            .is_some_and(|token| token.is(",") && token.gap == Gap::None)
        {
            break;
        }
        let mut at = end + 1;
        while let Some(token) = tokens
            .get(at)
            .filter(|token| follows(token) && at < end + 5)
        {
            let folded = fold(token.text);
            let is_town = is_name(token)
                && !NAME_WORDS.common.contains(folded.as_str())
                && !NAME_WORDS.titles.contains(folded.as_str())
                && !NAME_WORDS.given.contains(folded.as_str());
            let is_dot =
                token.is(".") && tokens.get(at - 1).is_some_and(|token| token.text == "Co");
            if !is_town && !is_dot {
                break;
            }
            at += 1;
        }
        let ends = tokens.get(at).is_none_or(|token| {
            matches!(token.gap, Gap::Line | Gap::Wide)
                || matches!(token.text, "," | "." | ";" | ")")
        });
        if at == end + 1 || !ends {
            break;
        }
        end = at;
    }
    end
}

/// Where a town begins that ends before a token.
fn town_before(page: &Page<'_>, at: usize) -> Option<usize> {
    let tokens = &page.tokens;
    let mut index = at;
    let mut start = None;
    let mut commas = 0;
    for _ in 0..6 {
        let here = tokens.get(index)?;
        // Two spaces stand behind the province in Canada.
        let is_province = index == at
            && here.gap == Gap::Wide
            && index
                .checked_sub(1)
                .and_then(|at| tokens.get(at))
                .is_some_and(|token| in_list("ON QC BC AB MB SK NS NB NL PE YT NT NU", token.text));
        if !follows(here) && !is_province {
            break;
        }
        let Some(token) = index.checked_sub(1).and_then(|at| tokens.get(at)) else {
            break;
        };
        if is_name(token)
            && !in_list("The In At To From Is And Code Form Room Ref", token.text)
            && page.is_free(token.start, token.end())
        {
            start = Some(token.start);
        } else if start.is_none()
            && token.number().is_some_and(|number| number < 100)
            && commas == 1
        {
            // `Dublin 2, D02 XY45`
        } else if token.is(",") && commas == 0 {
            commas += 1;
        } else if !(token.is_word()
            && start.is_some()
            && in_list("upon on the of le by de la", token.text))
        {
            break;
        }
        index -= 1;
    }
    start
}

/// Where a town ends that begins at a token.
fn town_behind(page: &Page<'_>, at: usize) -> Option<usize> {
    let tokens = &page.tokens;
    let mut end = None;
    let mut words = 0;
    let mut index = at;
    while let Some(token) = tokens
        .get(index)
        .filter(|token| follows(token) && words < 4)
    {
        if is_name(token) && page.is_free(token.start, token.end()) {
            end = Some(token.end());
            words += 1;
        } else {
            let joins = if words == 0 {
                matches!(token.text, "s" | "l")
            } else {
                matches!(token.text, "/" | "'" | "’")
                    || token.is_word() && in_list(PARTICLES, &fold(token.text))
            };
            if !joins {
                break;
            }
        }
        index += 1;
    }
    // `Barañáin (Navarra)`
    let bracketed = tokens
        .get(index)
        .is_some_and(|token| token.is("(") && follows(token))
        && tokens.get(index + 1).is_some_and(is_name)
        && tokens
            .get(index + 2)
            .filter(|token| token.is(")"))
            .is_some()
        && tokens
            .get(index + 3)
            .is_none_or(|token| token.gap == Gap::Line);
    if bracketed && end.is_some() {
        return tokens.get(index + 2).map(Token::end);
    }
    // `Paris CEDEX 08`
    let cedex = tokens.get(index).filter(|token| {
        token.text.eq_ignore_ascii_case("cedex")
            || (token.kind == TokenKind::Number
                && follows(token)
                && index > 0
                && tokens
                    .get(index - 1)
                    .is_some_and(|before| before.text.eq_ignore_ascii_case("cedex")))
    });
    if let Some(token) = cedex {
        end = Some(token.end());
    }
    end
}

/// Postcodes of four and five digits, which need a street, a line of their own or a word before them.
pub(super) fn with_number(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    let mut streets = found.clone();
    streets.sort_unstable_by_key(|(_, end)| *end);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Number || !page.is_free(token.start, token.end()) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        // `123 45 Town`
        let is_split = token.text.len() == 3
            && tokens.get(at + 1).is_some_and(|next| {
                next.gap == Gap::Space && next.kind == TokenKind::Number && next.text.len() == 2
            });
        if !matches!(token.text.len(), 4 | 5) && !is_split {
            continue;
        }
        let country = before
            .filter(|before| before.is("-") && token.gap == Gap::None)
            .and_then(|_| {
                let word = at.checked_sub(2).and_then(|at| tokens.get(at))?;
                in_list(COUNTRIES, word.text).then_some(word.start)
            });
        let touches = token.gap == Gap::None
            && before.is_some_and(|before| !matches!(before.text, "," | "(" | "|" | ":" | "*"));
        if touches && country.is_none() {
            continue;
        }
        let start = country.unwrap_or(token.start);
        let line = page.line_before(start);
        let head = line.trim();
        let is_near = |position: usize| {
            let next = streets.partition_point(|(_, end)| *end <= position);
            let street = next.checked_sub(1).and_then(|at| streets.get(at));
            street.is_some_and(|(_, end)| {
                position - end <= 24
                    && page
                        .part(*end, position)
                        .chars()
                        .all(|char| !char.is_alphanumeric())
            })
        };
        let after_street = is_near(start);
        let year = token.text.len() == 4
            && token
                .number()
                .is_some_and(|year| (1900..2100).contains(&year));
        let Some(end) = town_behind(page, at + 1 + usize::from(is_split)) else {
            // `Port Seldon 40319` below or behind a street.
            let ends_line = page
                .line_after(token.end())
                .trim_matches(|char: char| !char.is_alphanumeric())
                .is_empty();
            if let Some(town) = town_before(page, at)
                && ends_line
                && !year
                && (is_near(town) || is_near(token.start))
            {
                found.push((town, token.end()));
            }
            continue;
        };
        let rest = page.line_after(end).trim();
        let last = head
            .rsplit(|char: char| !char.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let lead = head.rsplit(char::is_whitespace).next().unwrap_or_default();
        let is_led = matches!(
            fold(last).as_str(),
            "in" | "nach"
                | "aus"
                | "a"
                | "en"
                | "te"
                | "plz"
                | "i"
                | "cap"
                | "bei"
                | "to"
                | "town"
                | "ort"
        ) && head.ends_with(|char: char| char.is_alphanumeric() || char == ':');
        let is_alone = head.trim_matches(['*', '|', '-', '>', ' ']).is_empty()
            && (rest.is_empty()
                || rest.starts_with([',', '|', '(', '·', '*'])
                || page.line_after(end).starts_with("  "))
            && !is_counted(page, at + 1);
        let follows_house = lead.ends_with(',') && house_before(page, page.token_at(start), found);
        let strict = token.text.len() == 4 || is_split;
        let accepted = country.is_some()
            || after_street
            || follows_house
            || (is_alone && !year && (!strict || above_is_short(page, start)))
            || (is_led && !(strict && year) && !is_counted(page, at + 1));
        if accepted {
            found.push((start, end));
            if is_alone {
                line_above(page, start, found);
            }
        }
    }
}

/// Whether the word behind a number is something that is counted.
fn is_counted(page: &Page<'_>, at: usize) -> bool {
    page.tokens.get(at).is_some_and(|token| {
        in_list(
            "Euro EUR CHF USD Uhr Personen Besucher Stück Einwohner Mitglieder Kilometer Meter Liter Jahre Tage IU kWh Exemplare Franken Dollar Punkte Teile Bücher Schritte",
            token.text,
        )
    })
}

/// Whether the line above is as short as those of an address are.
fn above_is_short(page: &Page<'_>, start: usize) -> bool {
    let line = page.line_before(start);
    let end = start.saturating_sub(line.len() + 1);
    let above = page.line_before(end).trim();
    !above.is_empty() && above.chars().count() <= 40
}

/// `Birkenrain 22, ` before a postcode: any capital words with a number are a street then.
fn house_before(page: &Page<'_>, at: usize, found: &mut Vec<(usize, usize)>) -> bool {
    let tokens = &page.tokens;
    let Some(comma) = at
        .checked_sub(1)
        .filter(|at| tokens.get(*at).is_some_and(|token| token.is(",")))
    else {
        return false;
    };
    let Some((start, end)) = house_line(tokens, comma) else {
        return false;
    };
    found.push((start, end));
    true
}

/// Capital words and a house number that end before a token, on one line.
fn house_line(tokens: &[Token<'_>], behind: usize) -> Option<(usize, usize)> {
    let mut index = behind;
    let mut numbers = 0;
    let mut names = 0;
    let mut start = None;
    let end = tokens.get(behind.checked_sub(1)?)?.end();
    for _ in 0..7 {
        let Some(token) = index.checked_sub(1).and_then(|at| tokens.get(at)) else {
            break;
        };
        let is_letter = token.is_word() && token.text.chars().count() == 1 && numbers == 0;
        let is_inside = names == 0 && (is_letter || matches!(token.text, "-" | "/"));
        if is_inside {
            // `11 b`, `12-14`
        } else if token.kind == TokenKind::Number && names == 0 && token.text.len() <= 4 {
            numbers += 1;
        } else if numbers > 0 && is_name(token) {
            names += 1;
            start = Some(token.start);
        } else if !(names > 0
            && (token.is(".") || token.is_word() && in_list(PARTICLES, token.text)))
        {
            break;
        }
        index -= 1;
        if !follows(token) {
            break;
        }
    }
    start.filter(|_| names <= 4).map(|start| (start, end))
}

/// The line above a postcode with its town: a street, if it is capital words and a number.
fn line_above(page: &Page<'_>, start: usize, found: &mut Vec<(usize, usize)>) {
    let line = page.token_at(start);
    let Some(number) = page.tokens.get(line).map(|token| token.line) else {
        return;
    };
    let mut behind = line;
    while behind > 0
        && page
            .tokens
            .get(behind - 1)
            .is_some_and(|token| token.line == number)
    {
        behind -= 1;
    }
    if behind == 0
        || page
            .tokens
            .get(behind - 1)
            .is_none_or(|token| token.line + 1 != number)
    {
        return;
    }
    if let Some((from, to)) = house_line(&page.tokens, behind) {
        let first = page.tokens.get(page.token_at(from));
        if first.is_some_and(|token| matches!(token.gap, Gap::Line | Gap::Wide)) {
            found.push((from, to));
        }
    }
}
