//! Bank accounts and payment cards, by their check digits and their forms.

use regex_lite::Regex;

use super::{Kind, Page};
use crate::reading::fold;

pub(super) fn take(page: &mut Page<'_>) {
    take_ibans(page);
    take_cards(page);
    take_accounts(page);
}

/// Lengths of the account numbers of some countries. A number of that form is masked with a wrong check
/// digit too: it is then somebody's with a slip in it.
const LENGTHS: [(&str, usize); 34] = [
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
];

fn take_ibans(page: &mut Page<'_>) {
    let text = page.text;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let start = at;
        at += 1;
        let is_start = matches!(bytes.get(start..start + 4), Some([a, b, c, d])
            if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit());
        let touches = page
            .part(0, start)
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        if !is_start || touches {
            continue;
        }
        if let Some(end) = iban_end(page, start)
            && page.is_free(start, end)
        {
            page.take(Kind::Iban, start, end);
            at = end;
        }
    }
}

fn iban_end(page: &Page<'_>, start: usize) -> Option<usize> {
    let rest = page.part(start, page.text.len());
    let mut number = String::new();
    let mut ends = Vec::new();
    let mut gaps = 0;
    for (at, char) in rest.char_indices() {
        if char.is_ascii_alphanumeric() {
            number.push(char.to_ascii_uppercase());
            gaps = 0;
            ends.push(start + at + 1);
            if number.len() == 34 {
                break;
            }
        } else if matches!(char, ' ' | '\u{a0}' | '\u{202f}' | '-' | '.') && gaps == 0 {
            gaps = 1;
        } else {
            break;
        }
    }
    let is_end = |length: usize| {
        let end = ends.get(length.checked_sub(1)?).copied()?;
        let behind = page.part(end, page.text.len()).chars().next();
        behind
            .is_none_or(|char| !char.is_alphanumeric())
            .then_some(end)
    };
    let country = number.get(..2)?;
    let known = LENGTHS
        .iter()
        .find(|(name, _)| *name == country)
        .map(|(_, length)| *length);
    if let Some(length) = known {
        return is_end(length);
    }
    (15..=number.len()).rev().find_map(|length| {
        let end = is_end(length)?;
        (remainder(number.get(..length)?) == Some(1)).then_some(end)
    })
}

/// The remainder of an account number by 97: 1 if its check digits are right.
fn remainder(number: &str) -> Option<u32> {
    let (head, rest) = number.split_at_checked(4)?;
    let mut remainder = 0;
    for char in rest.chars().chain(head.chars()) {
        let value = char.to_digit(36)?;
        let shift = if value < 10 { 10 } else { 100 };
        remainder = (remainder * shift + value) % 97;
    }
    Some(remainder)
}

/// Words that announce a card.
const CARD_WORDS: [&str; 8] = [
    "card",
    "karte",
    "carte",
    "tarjeta",
    "carta",
    "visa",
    "mastercard",
    "kaart",
];

/// Thirteen to nineteen digits in groups.
fn take_cards(page: &mut Page<'_>) {
    let bytes = page.text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        let touches = page
            .part(0, start)
            .chars()
            .next_back()
            .is_some_and(|char| char.is_alphanumeric() || matches!(char, '-' | '+' | '.'));
        if !bytes.get(start).is_some_and(u8::is_ascii_digit) || touches {
            continue;
        }
        let mut digits = Vec::new();
        let mut groups = vec![0];
        let mut end = start;
        for (offset, char) in page.part(start, page.text.len()).char_indices() {
            match char {
                '0'..='9' => {
                    digits.push(u32::from(char) - u32::from('0'));
                    if let Some(group) = groups.last_mut() {
                        *group += 1;
                    }
                    end = start + offset + 1;
                }
                ' ' | '\u{a0}' | '-' if groups.last() != Some(&0) => groups.push(0),
                _ => break,
            }
            if digits.len() > 20 {
                break;
            }
        }
        at = end.max(at);
        groups.retain(|group| *group > 0);
        let behind = page.part(end, page.text.len()).chars().next();
        if !(13..=19).contains(&digits.len()) || behind.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let before = fold(page.line_before(start));
        let announced = CARD_WORDS.iter().any(|word| before.contains(word));
        let has_form = matches!(
            groups.as_slice(),
            [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 4, 3]
        ) && digits.first().is_some_and(|digit| (3..=6).contains(digit));
        let is_card = has_form
            || announced
            || (luhn(&digits)
                && groups.len() == 1
                && digits.len() >= 15
                && digits.first().is_some_and(|digit| (3..=6).contains(digit)));
        if is_card && page.is_free(start, end) {
            page.take(Kind::Card, start, end);
        }
    }
}

/// Whether the last of the digits is the check digit of a card.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => *digit,
            _ if *digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Numbers of accounts without that of their bank: `sort code 20-99-41, account 71044820`.
fn take_accounts(page: &mut Page<'_>) {
    const FORM: &str = r"(?i)\b(?:konto-?nr|kontonummer|acct|a/c|acc|account|kto)(?: ?(?:no|nr|number|num|#))?[.:# ]{1,24}(\d(?:[ -]?\d){4,16})\b";
    let Ok(form) = Regex::new(FORM) else { return };
    let found: Vec<(usize, usize)> = form
        .captures_iter(page.text)
        .filter_map(|captures| captures.get(1))
        .map(|number| (number.start(), number.end()))
        .collect();
    for (start, end) in found {
        if page.is_free(start, end) {
            page.take(Kind::Iban, start, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_computed_as_the_standards_say() {
        assert_eq!(remainder("GB82WEST12345698765432"), Some(1));
        assert_ne!(remainder("GB82WEST12345698765431"), Some(1));
        let digits: Vec<u32> = "4111111111111111"
            .chars()
            .filter_map(|char| char.to_digit(10))
            .collect();
        assert!(luhn(&digits));
        assert!(!luhn(&[4, 1, 1, 2]));
    }
}
