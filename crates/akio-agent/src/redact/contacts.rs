//! E-mail addresses, web addresses, internet addresses and telephone numbers.

use std::net::{Ipv4Addr, Ipv6Addr};

use regex_lite::Regex;

use super::{Kind, Page};
use crate::reading::{
    fields::Link,
    fold,
    words::{Gap, Kind as TokenKind},
};

/// E-mail, web and internet addresses.
pub(super) fn take_web(page: &mut Page<'_>) {
    take_spelled_emails(page);
    take_emails(page);
    take_urls(page);
    take_ips(page);
}

fn is_local(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '+' | '%' | '\'')
}

fn is_domain(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '-')
}

/// `name@domain.tld`.
fn take_emails(page: &mut Page<'_>) {
    let text = page.text;
    let ats: Vec<(usize, usize)> = text
        .match_indices('@')
        .map(|(at, _)| (at, at + 1))
        .collect();
    for (at, behind) in ats {
        let before = page.part(0, at);
        let local = before.len() - before.trim_end_matches(is_local).len();
        let start = at - local;
        let start = start + page.part(start, at).len()
            - page
                .part(start, at)
                .trim_start_matches(['.', '\'', '-'])
                .len();
        let rest = page.part(behind, text.len());
        let length = rest.len() - rest.trim_start_matches(is_domain).len();
        let domain = rest
            .get(..length)
            .unwrap_or_default()
            .trim_end_matches(['.', '-']);
        let last = domain.rsplit('.').next().unwrap_or_default();
        let is_host = domain.contains('.')
            && last.chars().count() >= 2
            && last.chars().all(char::is_alphabetic);
        if start < at && is_host && page.is_free(start, behind + domain.len()) {
            page.take(Kind::Email, start, behind + domain.len());
        }
    }
}

/// As people hide them from machines: `name (at) domain (dot) tld`, `name dot surname at domain dot tld`.
fn take_spelled_emails(page: &mut Page<'_>) {
    const LOCAL: &str = r"[\w.+-]+(?:(?: ?[\[({]dot[\])}] ?| dot )[\w-]+)*";
    const DOT: &str = r"(?: ?[\[({](?:dot|punkt|point|punto)[\])}] ?| (?:dot|punkt|punto) )";
    let forms = [
        format!(r"{LOCAL} at [\w-]+(?:{DOT}[\w-]+)+"),
        format!(r"{LOCAL} ?[\[({{]at[\])}}] ?[\w-]+(?:(?:{DOT}|\.)[\w-]+)+"),
    ];
    for form in forms {
        let Ok(form) = Regex::new(&form) else {
            continue;
        };
        let found = form
            .find_iter(page.text)
            .map(|found| (found.start(), found.end()));
        for (start, end) in found.collect::<Vec<_>>() {
            if page.is_free(start, end) {
                page.take(Kind::Email, start, end);
            }
        }
    }
}

/// Ends of bare domains that are taken for web addresses.
const TOP_LEVEL: &str = "com org net edu gov mil int info biz name app dev shop online site blog cloud io ai \
    uk ie us ca au nz za in de at ch li lu fr be nl es pt it eu dk se no fi is pl cz sk hu ro bg gr si hr \
    rs ua lt lv ee tr jp cn kr br mx ar cl co example test invalid";

fn take_urls(page: &mut Page<'_>) {
    let text = page.text;
    let mut starts = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme = page.part(0, at);
        let length = scheme.len()
            - scheme
                .trim_end_matches(|char: char| char.is_ascii_alphanumeric() || char == '+')
                .len();
        if length > 0 {
            starts.push(at - length);
        }
    }
    for prefix in ["www.", "WWW.", "Www."] {
        starts.extend(text.match_indices(prefix).map(|(at, _)| at));
    }
    for start in starts {
        let rest = page.part(start, text.len());
        let length = rest
            .find(|char: char| {
                char.is_whitespace()
                    || matches!(
                        char,
                        '<' | '>' | '"' | '«' | '»' | '“' | '”' | '„' | '`' | '|'
                    )
            })
            .unwrap_or(rest.len());
        let url = trim_url(rest.get(..length).unwrap_or_default());
        if url.len() > 4 && page.is_free(start, start + url.len()) {
            page.take(Kind::Url, start, start + url.len());
        }
    }
    take_domains(page);
}

/// Marks of the sentence around an address are not its own; a bracket only if it was opened inside.
fn trim_url(url: &str) -> &str {
    let mut url = url;
    loop {
        let trimmed = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_']);
        let trimmed = match trimmed.strip_suffix([')', ']', '}']) {
            Some(inner) if !inner.contains(['(', '[', '{']) => inner,
            _ => trimmed,
        };
        if trimmed.len() == url.len() {
            return url;
        }
        url = trimmed;
    }
}

/// `name.example/path` without anything in front.
fn take_domains(page: &mut Page<'_>) {
    let text = page.text;
    let mut from = 0;
    for word in text.split(|char: char| {
        char.is_whitespace()
            || matches!(
                char,
                '<' | '>' | '(' | ')' | '[' | ']' | '"' | ',' | ';' | '|'
            )
    }) {
        let start = from;
        from += word.len();
        from += page
            .part(from, text.len())
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        let host = word.split(['/', '?', ':', '#']).next().unwrap_or_default();
        let Some((name, end)) = host.trim_end_matches(['.', '!']).rsplit_once('.') else {
            continue;
        };
        let is_domain = TOP_LEVEL.split_whitespace().any(|known| known == end)
            && name.len() >= 3
            && name.chars().all(|char| {
                char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '.' | '-')
            })
            && name.starts_with(|char: char| char.is_ascii_lowercase())
            && !name.contains("..");
        let url = trim_url(word);
        if is_domain && page.is_free(start, start + url.len()) {
            page.take(Kind::Url, start, start + url.len());
        }
    }
}

fn take_ips(page: &mut Page<'_>) {
    let is_part = |char: char| char.is_ascii_hexdigit() || matches!(char, '.' | ':');
    let text = page.text;
    let mut at = 0;
    while let Some(found) = page.part(at, text.len()).find(is_part) {
        let start = at + found;
        let rest = page.part(start, text.len());
        let length = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
        at = start + length;
        let before = page.part(0, start).chars().next_back();
        let behind = page.part(at, text.len()).chars().next();
        if before.is_some_and(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
            || behind.is_some_and(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
        {
            continue;
        }
        let address = rest.get(..length).unwrap_or_default().trim_end_matches('.');
        let address = match address.strip_suffix(':') {
            Some(inner) if !address.ends_with("::") => inner,
            _ => address,
        };
        let is_version = || {
            let before = fold(page.line_before(start).trim_end());
            before.ends_with("version") || before.ends_with(" v") || before.ends_with("firmware")
        };
        let is_ip = match address.split_once(':') {
            None => address.parse::<Ipv4Addr>().is_ok() && !is_version(),
            // A port.
            Some((host, port)) if host.contains('.') => {
                host.parse::<Ipv4Addr>().is_ok() && port.parse::<u16>().is_ok()
            }
            Some(_) => address.len() > 2 && address.parse::<Ipv6Addr>().is_ok(),
        };
        if is_ip && page.is_free(start, start + address.len()) {
            page.take(Kind::Ip, start, start + address.len());
        }
    }
}

/// Words that announce a telephone number; those of more than four letters as beginnings of words.
const PHONE_WORDS: &str = "tel tels phone mobil cell fax call calls calling whatsapp sms hotline helpline handynummer \
    handy rufen anruf durchwahl erreich notruf festnetz telef telep appelez appeler appelle joindre joignable tfno tlf telf emergency urgencias urgences notfall emergenza spoed landline switchboard centralita callback portable gsm movil \
    llamar llame llama chiami chiamar chiama cellulare mob natel pager komorka zadzwon puhelin ligar rappel belt bellen telegram";

/// Words directly before a number that is none of a telephone.
const OTHER_WORDS: &str = "order invoice ticket claim article item ref reference no nr id rechnung auftrag \
    bestellung artikel commande facture dossier pedido factura ordine fattura version room zimmer chambre \
    iban konto account card karte carte policy booking parcel tracking sendung train zug vol flight meter \
    zahler serial model part code isbn page line form";

/// Telephone numbers in international and national notations.
pub(super) fn take_phones(page: &mut Page<'_>) {
    let mut labelled = vec![false; page.text.len()];
    let fields = page.fields.iter();
    for field in fields.filter(|field| field.link != Link::Below || field.value.len() < 30) {
        if announces(page.part(field.label.start, field.label.end), false) {
            labelled
                .get_mut(field.value.clone())
                .unwrap_or_default()
                .fill(true);
        }
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = page.tokens.get(at) {
        at += 1;
        let starts = token.kind == TokenKind::Number || token.is("+") || token.is("(");
        if !starts || !begins(page, at - 1) {
            continue;
        }
        let Some((end, next)) = stretch(page, at - 1) else {
            continue;
        };
        let start = token.start;
        let is_labelled = labelled.get(start) == Some(&true);
        // The end of a longer code is no number.
        let before = (at >= 2).then(|| page.tokens.get(at - 2)).flatten();
        let is_rest = token.gap == Gap::Space
            && before.is_some_and(|before| {
                before.text.contains(|char: char| char.is_ascii_digit())
                    && page.date_at(before.start).is_none()
            });
        if is_rest && !is_labelled && !token.is("+") {
            continue;
        }
        if is_phone(page, start, end, is_labelled) {
            found.push((start, end));
            at = next;
        } else if !token.is("+") && !token.is("(") {
            // What follows in the same stretch is no number of its own.
            while page
                .tokens
                .get(at)
                .is_some_and(|token| token.start < end && token.gap != Gap::Space)
            {
                at += 1;
            }
        }
    }
    for (start, end) in found {
        page.take(Kind::Phone, start, end);
    }
}

/// Whether a number can begin with this token.
fn begins(page: &Page<'_>, at: usize) -> bool {
    let Some(token) = page.tokens.get(at) else {
        return false;
    };
    let before = at.checked_sub(1).and_then(|at| page.tokens.get(at));
    token.gap != Gap::None
        || before.is_none_or(|before| {
            before.kind == TokenKind::Mark
                && !matches!(
                    before.text,
                    "." | "-" | "/" | "+" | "#" | "§" | "$" | "€" | "£" | "'" | "’"
                )
        })
}

/// The end of the longest stretch that can be one number, and the token behind it.
fn stretch(page: &Page<'_>, at: usize) -> Option<(usize, usize)> {
    let first = page.tokens.get(at)?;
    let mut end = None;
    let mut next = at;
    let mut index = at;
    while let Some(token) = page.tokens.get(index) {
        let is_first = index == at;
        if !is_first && matches!(token.gap, Gap::Wide | Gap::Line) {
            break;
        }
        if page
            .date_at(token.start)
            .is_some_and(|date| date.year.is_some())
        {
            break;
        }
        match token.text {
            _ if token.kind == TokenKind::Number => {
                end = Some(token.end());
                next = index + 1;
            }
            "+" if is_first => {}
            "(" => {
                // Only digits inside.
                let closed = page
                    .tokens
                    .get(index + 2)
                    .is_some_and(|token| token.is(")"));
                if !closed {
                    break;
                }
            }
            ")" => {}
            "-" | "–" | "/" | "." | "\u{2011}" | "‐" => {
                let follows = page.tokens.get(index + 1).is_some_and(|next| {
                    next.kind == TokenKind::Number
                        && next.gap != Gap::Wide
                        && (next.gap == Gap::None) == (token.gap == Gap::None)
                        && !(token.text == "." && next.gap != Gap::None)
                });
                if !follows {
                    break;
                }
            }
            _ => break,
        }
        index += 1;
        let digits = page
            .part(first.start, token.end())
            .chars()
            .filter(char::is_ascii_digit)
            .count();
        if digits > 16 {
            return None;
        }
    }
    end.map(|end| (end, next))
}

fn is_phone(page: &Page<'_>, start: usize, end: usize, is_labelled: bool) -> bool {
    let part = page.part(start, end);
    if !page.is_free(start, end) {
        return false;
    }
    let behind = page.part(end, page.text.len()).chars().next();
    if behind.is_some_and(|char| char.is_alphanumeric() || matches!(char, '%' | '€' | '$' | '°'))
    {
        return false;
    }
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let groups: Vec<usize> = part
        .split(|char: char| !char.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(str::len)
        .collect();
    let (announced, other) = context(page, start);
    if part.starts_with('+') {
        return (8..=15).contains(&digits);
    }
    if is_labelled || announced {
        return (5..=15).contains(&digits)
            && !is_amount(page, end)
            && !(groups.len() == 1 && digits < 6 && !is_labelled);
    }
    // A whole number of a country is none of a room.
    let is_whole =
        part.trim_start_matches('(').starts_with('0') && digits >= 10 && groups.len() >= 2;
    if other && !is_whole || is_amount(page, end) {
        return false;
    }
    let first = part.trim_start_matches('(');
    if first.starts_with("00") && (10..=16).contains(&digits) && groups.len() > 1 {
        return true;
    }
    let bracketed = part.starts_with('(') && groups.len() >= 2 && (7..=13).contains(&digits);
    let national = first.starts_with('0')
        && (8..=13).contains(&digits)
        && (groups.len() >= 2 || (10..=12).contains(&digits));
    if bracketed || national {
        // A decimal number such as 0.12345678 has one dot.
        return !(groups.len() == 2 && part.starts_with("0."));
    }
    match groups.as_slice() {
        // North America, with or without the 1 in front.
        [3, 3, 4] | [1, 3, 3, 4] => true,
        // Spain
        [3, 2, 2, 2] if part.contains(' ') && part.starts_with(['6', '7', '8', '9']) => true,
        [3, 4] => part.contains('-') || part.contains(' '),
        [2, 2, 2, 2] | [3, 2, 3] | [3, 3, 3] | [3, 2, 2, 2] | [3, 6] | [3, 7] | [3, 4, 3] => {
            !part.contains('.') && follows_name(page, start)
        }
        [3, 4, 4] | [4, 3, 3] | [3, 5, 4] | [4, 4] if part.contains(' ') => {
            follows_name(page, start)
        }
        _ => false,
    }
}

/// Whether what follows makes it an amount or a measure.
fn is_amount(page: &Page<'_>, end: usize) -> bool {
    const UNITS: [&str; 24] = [
        "EUR", "Euro", "euros", "euro", "CHF", "USD", "GBP", "dollars", "pounds", "kg", "g", "km",
        "m", "cm", "mm", "kWh", "l", "ml", "pieces", "Stück", "percent", "Prozent", "mg", "IU",
    ];
    let token = page.tokens.get(page.token_at(end));
    token.is_some_and(|token| {
        token.gap != Gap::Line
            && (UNITS.contains(&token.text) || matches!(token.text, "€" | "$" | "£" | "%"))
    })
}

/// Whether the words before a number announce a telephone, and whether they announce something else.
fn context(page: &Page<'_>, start: usize) -> (bool, bool) {
    let line = page.line_before(start);
    let mut context = String::new();
    if line.trim().chars().count() < 12 && !line.trim_end().ends_with('.') {
        // A sentence goes on.
        let above = page.line_before(
            page.text
                .get(..start - line.len())
                .map_or(0, |text| text.len().saturating_sub(1)),
        );
        context.push_str(tail(above, 30));
        context.push(' ');
    }
    context.push_str(tail(line, 45));
    let last = context
        .rsplit(['.', ';', '!', '?'])
        .find(|part| part.trim().len() > 3)
        .unwrap_or(&context);
    let announced = announces(last, true);
    let word = line
        .trim_end_matches(|char: char| !char.is_alphanumeric())
        .rsplit(|char: char| !char.is_alphanumeric())
        .next()
        .map(fold)
        .unwrap_or_default();
    let other = OTHER_WORDS
        .split_whitespace()
        .any(|other| other == word || (other.len() > 4 && word.ends_with(other)));
    (announced && !other, other)
}

fn tail(text: &str, length: usize) -> &str {
    let from = text
        .char_indices()
        .rev()
        .nth(length)
        .map_or(0, |(at, _)| at);
    text.get(from..).unwrap_or_default()
}

/// Whether a label or a sentence announces a telephone number.
fn announces(label: &str, in_sentence: bool) -> bool {
    let folded = fold(label);
    if folded.len() > 60 && !in_sentence {
        return false;
    }
    folded
        .split(|char: char| !char.is_alphanumeric())
        .any(|word| {
            PHONE_WORDS
                .split_whitespace()
                .any(|known| word == known || (known.len() > 4 && word.starts_with(known)))
                || word.ends_with("phone")
                || word.ends_with("fon")
                || word.ends_with("telefon")
                || (word.ends_with("rufnummer"))
        })
}

/// Whether a number stands behind a name: `Giles, 555 0119`.
fn follows_name(page: &Page<'_>, start: usize) -> bool {
    let line = page.line_before(start);
    let before = line.trim_end();
    let before = before
        .strip_suffix([',', ':', '(', '-', '–', '|'])
        .unwrap_or_default();
    let words: Vec<&str> = before.split_whitespace().rev().take(2).collect();
    !words.is_empty()
        && words
            .iter()
            .all(|word| word.starts_with(char::is_uppercase))
}
