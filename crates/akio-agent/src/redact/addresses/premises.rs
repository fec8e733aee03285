//! What of an address stands before its street or town: the name of a house, a flat, a building.

use super::{follows, is_name, streets};
use crate::{
    reading::{
        fold,
        words::{Gap, Kind as TokenKind, Token},
    },
    redact::{NAME_WORDS, Page, in_list, is_organisation},
};

/// Words of the names of houses and of parts of them.
const HOUSES: &str = "house cottage cottages farm farmhouse lodge court bakery barn mill manor villa rectory vicarage chapel chalet \
    bungalow tower towers heights mansions point wharf building block flat apartment apt unit suite level floor annexe annex garden \
    studio penthouse basement room residence immeuble bat batiment appartement appt escalier etage hameau lieu-dit lotissement \
    hinterhaus vorderhaus gartenhaus wohnung hof gut edificio bloque portal piso casa finca palazzo scala quinta lote blok budynek \
    plot sector society view gables croft nook haven";

/// Most parts of an address in front of its town.
const MAX_PARTS: usize = 5;

/// Words that stand in front of the first part of an address.
const LEADS: &str = "of at to from in is address : - – | ( wohnhaft residing";

/// Where the address begins whose town begins at a position: the parts before it that commas separate.
pub(super) fn before(page: &Page<'_>, start: usize) -> usize {
    let tokens = &page.tokens;
    let town = page.token_at(start);
    let follows_town = tokens.get(town).is_some_and(follows);
    let street = follows_town.then(|| part_before(page, town)).flatten();
    let mut parts = vec![street.unwrap_or(town)];
    for _ in 0..MAX_PARTS {
        let Some(comma) = parts.last().and_then(|first| first.checked_sub(1)) else {
            break;
        };
        let near = tokens.get(comma + 1).is_some_and(follows);
        if !near || !tokens.get(comma).is_some_and(|token| token.is(",")) {
            break;
        }
        let Some(first) = part_before(page, comma) else {
            break;
        };
        parts.push(first);
    }
    // In front of the number of the house only the name of a house or flat belongs to it.
    let is_street = |from: usize, to: usize| {
        tokens.get(from..to).is_some_and(|part| {
            part.iter()
                .any(|token| token.kind == TokenKind::Number || in_list(HOUSES, &fold(token.text)))
        })
    };
    while let [.., next, first] = parts.as_slice() {
        let led = first
            .checked_sub(1)
            .and_then(|at| tokens.get(at))
            .is_some_and(|token| {
                in_list(LEADS, &fold(token.text)) && tokens.get(*first).is_some_and(follows)
            });
        let is_short = parts.len() <= 3
            && tokens
                .get(*first)
                .is_some_and(|token| token.gap == Gap::Line);
        let numbered = parts
            .windows(2)
            .any(|pair| matches!(pair, [to, from] if is_street(*from, *to)));
        let is_first = !numbered && parts.len() == 2;
        if is_street(*first, *next) || led || is_first || (is_short && !numbered) {
            break;
        }
        parts.pop();
    }
    parts
        .last()
        .and_then(|at| tokens.get(*at))
        .map_or(start, |token| token.start.min(start))
}

/// The first token of a part of an address that ends before a comma.
fn part_before(page: &Page<'_>, comma: usize) -> Option<usize> {
    let mut first = None;
    for at in (comma.saturating_sub(8)..comma).rev() {
        let token = page.tokens.get(at)?;
        let is_part = is_name(token)
            || token.kind == TokenKind::Number && token.text.len() <= 5
            || token.is_word() && token.text.chars().count() == 1
            || matches!(
                token.text,
                "'" | "." | "/" | "-" | "the" | "on" | "le" | "de"
            );
        if !is_part || !page.is_free(token.start, token.end()) {
            break;
        }
        if is_name(token) || token.kind == TokenKind::Number {
            first = Some(at);
        }
        if !follows(token) {
            break;
        }
    }
    let first = first?;
    let words = page.tokens.get(first..comma)?;
    let is_other = words.iter().any(|token| {
        let folded = fold(token.text);
        NAME_WORDS.titles.contains(folded.as_str()) && folded != "st"
            || is_organisation(&folded) && !in_list(HOUSES, &folded) && token.is_capital()
    });
    let is_person = words
        .first()
        .is_some_and(|token| NAME_WORDS.given.contains(fold(token.text).as_str()))
        && words.iter().all(Token::is_word);
    (!is_other && !is_person).then_some(first)
}

/// Lines such as `The Old Bakery` or `Résidence Les Tilleuls, bât. C` above lines that are addresses.
pub(super) fn above(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let mut at = 0;
    while let Some((start, _)) = found.get(at).copied() {
        at += 1;
        let first = page.token_at(start);
        let begins = page
            .tokens
            .get(first)
            .is_some_and(|token| token.gap == Gap::Line);
        let Some(last) = first
            .checked_sub(1)
            .filter(|_| begins && page.line_before(start).trim().is_empty())
        else {
            continue;
        };
        let Some(line) = page.tokens.get(last).map(|token| token.line) else {
            continue;
        };
        let next = page.tokens.get(first).map_or(0, |token| token.line);
        let from = page.tokens.partition_point(|token| token.line < line);
        let Some(tokens) = page.tokens.get(from..first).filter(|_| line + 1 == next) else {
            continue;
        };
        if is_premises(page, tokens)
            && let [head, .., tail] = tokens
        {
            found.push((head.start, tail.end()));
        }
    }
}

fn is_premises(page: &Page<'_>, line: &[Token<'_>]) -> bool {
    let shaped = line.iter().skip(1).all(follows)
        && line.len() <= 8
        && line.iter().all(|token| {
            is_name(token)
                || token.kind == TokenKind::Number
                || matches!(
                    token.text,
                    "," | "."
                        | "'"
                        | "-"
                        | "/"
                        | "of"
                        | "the"
                        | "les"
                        | "le"
                        | "la"
                        | "de"
                        | "du"
                        | "des"
                )
                || token.is_word()
                    && (token.text.chars().count() <= 2 || in_list(HOUSES, &fold(token.text)))
        });
    let named = line.iter().any(|token| in_list(HOUSES, &fold(token.text)));
    // `The Willows`, but not `The Manager`
    let is_called = matches!(line, [the, name] | [the, _, name] if the.text == "The" && is_house_name(&fold(name.text)));
    let free = line
        .iter()
        .all(|token| page.is_free(token.start, token.end()));
    shaped
        && (named || is_called)
        && free
        && !line
            .iter()
            .any(|token| is_organisation(&fold(token.text)) && !in_list(HOUSES, &fold(token.text)))
}

/// `Apt 6, Mariner's Quay`, `The Lodge, Abbots Way`: a house or flat with a name and a street.
pub(super) fn with_street(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.is(",")) {
        let Some(first) = part_before(page, at) else {
            continue;
        };
        let named = tokens.get(first..at).is_some_and(|part| {
            part.len() <= 4 && part.iter().any(|token| in_list(HOUSES, &fold(token.text)))
        });
        let mut end = at + 1;
        while tokens
            .get(end)
            .is_some_and(|token| is_name(token) && follows(token) && end < at + 5)
        {
            end += 1;
        }
        let is_street = end > at + 2
            && tokens
                .get(end - 1)
                .is_some_and(|last| streets::is_english(last.text));
        if let (true, true, Some(head), Some(last)) =
            (named, is_street, tokens.get(first), tokens.get(end - 1))
        {
            found.push((head.start, last.end()));
        }
    }
}

/// Whether a word behind `The` is not what somebody is.
fn is_house_name(word: &str) -> bool {
    !NAME_WORDS.labels.contains(word)
        && !NAME_WORDS.roles.contains(word)
        && !NAME_WORDS.common.contains(word)
}
