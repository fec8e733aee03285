//! Streets with numbers, boxes, and postcodes with towns, as a dozen countries write them.

mod flats;
mod premises;
mod streets;
mod towns;

use super::{Kind, Page, in_list};
use crate::reading::{
    dates,
    fields::Link,
    fold,
    words::{Gap, Token},
};

/// Small words inside the names of streets and towns.
const PARTICLES: &str = "de du des la le les l d en sur sous aux au a et del dell all nell della dello dei degli delle di da do \
    dos das el los las y der den dem die zum zur am an im in auf unter van von vor bei ob the of and 't ten";

/// Labels of forms whose value is an address if it has a digit.
const LABELS: &str = "address adresse anschrift street strasse town city ort plz plz/ort wohnort postcode zip \
    residence wohnadresse postanschrift domicile adressse direccion domicilio indirizzo residenza adres woonplaats \
    straat rue ville calle via morada endereco adresa ulica lieferadresse rechnungsadresse lieferanschrift \
    postal postleitzahl cap cp localidad localita woonadres postadres bostad adressen gata besoksadress eircode pincode home premises";

pub(super) fn take(page: &mut Page<'_>) {
    let mut found = Vec::new();
    streets::find(page, &mut found);
    towns::boxes(page, &mut found);
    towns::with_code(page, &mut found);
    towns::with_pin(page, &mut found);
    towns::with_number(page, &mut found);
    labelled(page, &mut found);
    announced(page, &mut found);
    premises::with_street(page, &mut found);
    premises::above(page, &mut found);
    found.sort_unstable();
    // Street and town of one line are one address.
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in found {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            Some((_, last))
                if page
                    .part(*last, start)
                    .chars()
                    .all(|char| matches!(char, ' ' | ',' | '·')) =>
            {
                *last = end;
            }
            _ => merged.push((start, end)),
        }
    }
    for (start, end) in merged {
        page.take(Kind::Address, start, end);
    }
}

/// Whether a token follows the one before it on the same line.
fn follows(token: &Token<'_>) -> bool {
    matches!(token.gap, Gap::None | Gap::Space)
}

/// A capital word that can be part of the name of a street or town.
fn is_name(token: &Token<'_>) -> bool {
    token.is_capital() && dates::month(token.text).is_none()
}

/// Values of forms whose label is one of an address.
fn labelled(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    for field in &page.fields {
        let label = fold(page.part(field.label.start, field.label.end));
        let words: Vec<&str> = label
            .split(|char: char| !char.is_alphanumeric() && char != '/')
            .collect();
        let is_other = words
            .iter()
            .any(|word| matches!(*word, "email" | "mail" | "ip" | "web" | "e"));
        let is_label =
            words.len() <= 4 && words.iter().any(|word| in_list(LABELS, word)) && !is_other;
        if !is_label || (field.link == Link::Below && words.len() > 2) {
            continue;
        }
        let value = page.part(field.value.start, field.value.end);
        let has_digit = value.contains(|char: char| char.is_ascii_digit());
        let begins = value.starts_with(|char: char| char.is_uppercase() || char.is_ascii_digit())
            || value.starts_with("c/o")
            || value.starts_with("ul.");
        let length = value.chars().count();
        let has_date = page
            .dates_in(field.value.start, field.value.end)
            .iter()
            .any(|date| date.year.is_some());
        let has_letter = value.contains(char::is_alphabetic);
        let is_address = begins && length <= 80 && !has_date && has_letter;
        let is_code = length <= 10
            && words.iter().any(|word| {
                in_list(
                    "postcode zip plz cap cp postleitzahl postal eircode pincode",
                    word,
                )
            });
        let is_free = page.is_free(field.value.start, field.value.end);
        // `Beck Cottage, Loughrigg`: parts of an address, behind a label that says so.
        let has_parts = !has_digit
            && value.contains(", ")
            && words.iter().any(|word| {
                in_list(
                    "address adresse anschrift direccion domicilio indirizzo adres",
                    word,
                )
            });
        if (has_digit || has_parts) && is_free && (is_address || is_code) {
            found.push((field.value.start, field.value.end));
        }
    }
}

/// `my address is 45 Trần Phú, Hải Châu`: what follows in the sentence, if it begins with a number.
fn announced(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    for (at, token) in tokens.iter().enumerate() {
        let is_announced = in_list(
            "address adresse anschrift direccion indirizzo adres",
            &fold(token.text),
        ) && tokens
            .get(at + 1)
            .is_some_and(|next| in_list("is as was lautet ist est es", &fold(next.text)));
        let number = tokens
            .get(at + 2)
            .filter(|number| is_announced && number.number().is_some() && number.text.len() <= 4);
        let Some(number) = number else { continue };
        let rest = tokens.get(at + 3..).unwrap_or_default();
        let length = rest
            .iter()
            .take_while(|token| {
                follows(token) && (is_name(token) || token.is(",") || token.number().is_some())
            })
            .count();
        let last = rest.iter().take(length).rev().find(|token| !token.is(","));
        if let Some(last) = last {
            found.push((number.start, last.end()));
        }
    }
}
