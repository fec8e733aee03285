//! Flats, floors and buildings beside a street.

use super::{follows, is_name};
use crate::{
    reading::{
        fold,
        words::{Gap, Kind as TokenKind, Token},
    },
    redact::in_list,
};

/// `Flat 21, Beacon House` on a line of its own.
pub(super) fn line(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let first = tokens.get(at)?;
    let is_flat = first.gap == Gap::Line && in_list("Flat Apartment Apt", first.text);
    let number = tokens
        .get(at + 1)
        .filter(|number| number.kind == TokenKind::Number)?;
    let rest = tokens.get(at + 2..)?;
    let length = rest.iter().take_while(|token| follows(token)).count();
    let is_name = rest.iter().take(length).all(|token| {
        is_name(token) || token.is(",") || token.gap == Gap::None && token.text.len() == 1
    });
    (is_flat && follows(number) && is_name && length <= 7).then_some((at, at + 2 + length))
}

/// Words before the number of a flat.
const FLATS: &str = "flat apt apartment unit suite appt app top wohnung whg etage floor stock studio piso interno int \
    scala bte boite puerta esc escalera bus no tur room bat batiment bldg building block 2nd 1st ground m lok kv dpto depto pta";

/// The token behind `, Apt 5` or `, 3.º B`.
pub(super) fn behind(tokens: &[Token<'_>], end: usize) -> usize {
    let mut end = end;
    for _ in 0..2 {
        let mut index = end;
        if tokens
            .get(index)
            .is_some_and(|token| token.is(",") || token.is("#"))
        {
            index += 1;
        } else if !tokens
            .get(index)
            .is_some_and(|token| token.is_word() && in_list(FLATS, &fold(token.text)))
        {
            break;
        }
        let Some(word) = tokens.get(index).filter(|token| follows(token)) else {
            break;
        };
        let next = tokens.get(index + 1).filter(|token| follows(token));
        if word.is_word() && in_list(FLATS, &fold(word.text)) {
            let dot = usize::from(next.is_some_and(|next| next.is(".")));
            let Some(number) = tokens.get(index + 1 + dot).filter(|token| follows(token)) else {
                break;
            };
            if number.text.len() <= 4
                && (number.kind == TokenKind::Number || number.text.len() <= 2)
            {
                let letter = tokens.get(index + 2 + dot).is_some_and(|token| {
                    token.gap == Gap::None && token.is_word() && token.text.len() == 1
                });
                end = index + 2 + dot + usize::from(letter);
                continue;
            }
        }
        // `3.º B`, `2º izq`, `4. Stock`
        if word.number().is_some_and(|number| number < 60) {
            let mut at = index + 1;
            let mut ordinal = false;
            while let Some(token) = tokens.get(at).filter(|token| {
                token.gap == Gap::None
                    && matches!(
                        token.text,
                        "." | "º"
                            | "ª"
                            | "o"
                            | "a"
                            | "°"
                            | "er"
                            | "e"
                            | "eme"
                            | "nd"
                            | "rd"
                            | "th"
                            | "st"
                    )
            }) {
                ordinal |= token.text != ".";
                at += 1;
            }
            let part = tokens
                .get(at)
                .filter(|token| follows(token) && token.is_word());
            let is_part = part.is_some_and(|part| {
                part.text.chars().count() == 1 && part.is_capital()
                    || in_list(
                        "stock og dg ug etage izda izdo dcho izq dcha izquierda derecha piano floor piso sal esq dto dir",
                        &fold(part.text),
                    )
            });
            if ordinal || (is_part && at > index + 1) {
                end = at + usize::from(is_part);
                let is_side = tokens.get(end).is_some_and(|side| {
                    follows(side)
                        && in_list("links rechts mitte vorne hinten izq dcha", &fold(side.text))
                });
                end += usize::from(is_side);
                continue;
            }
        }
        break;
    }
    end
}

/// The first token of `Flat 3, ` in front of a street.
pub(super) fn before(tokens: &[Token<'_>], start: usize) -> usize {
    let word = |back: usize| start.checked_sub(back).and_then(|at| tokens.get(at));
    let comma = usize::from(word(1).is_some_and(|token| token.is(",")));
    for back in [2, 3] {
        let is_flat = word(back + comma).is_some_and(|token| {
            token.is_word()
                && in_list(
                    "flat apt apartment unit suite studio room lot shop villa level",
                    &fold(token.text),
                )
        });
        let one_line = (0..back + comma).all(|step| tokens.get(start - step).is_some_and(follows));
        if is_flat && one_line {
            return start - back - comma;
        }
    }
    start
}
