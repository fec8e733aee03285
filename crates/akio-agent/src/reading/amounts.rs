//! Numbers and amounts of money in any notation: `1,250 EUR`, `1.250,00 €`, `1 250,50`, `1'250.–`.

use super::words::{Gap, Kind, Token};

/// A number somewhere in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Where it begins, with its sign or currency.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The first token of the number itself, and the one behind it.
    pub tokens: (usize, usize),
    /// Its value.
    pub value: f64,
    /// Whether it is written with decimals.
    pub has_decimals: bool,
    /// Its currency, as a code of three letters.
    pub currency: Option<&'static str>,
    /// Whether a percent sign follows.
    pub is_percent: bool,
}

/// Signs and words of currencies.
const CURRENCIES: [(&str, &str); 12] = [
    ("EUR", "€ EUR euro euros"),
    ("USD", "$ USD US$ dollar dollars"),
    ("GBP", "£ GBP pound pounds"),
    ("CHF", "CHF Fr SFr franken francs franc Franken"),
    ("JPY", "¥ JPY yen"),
    ("SEK", "SEK kr kronor"),
    ("NOK", "NOK kroner"),
    ("DKK", "DKK"),
    ("PLN", "PLN zł zloty złotych"),
    ("CZK", "CZK Kč"),
    ("CAD", "CAD C$"),
    ("AUD", "AUD A$"),
];

/// The currency that a word or sign stands for.
pub fn currency(word: &str) -> Option<&'static str> {
    CURRENCIES
        .iter()
        .find(|(_, signs)| {
            signs
                .split(' ')
                .any(|sign| sign == word || (word.len() > 3 && sign.eq_ignore_ascii_case(word)))
        })
        .map(|(code, _)| *code)
}

/// How the digits of a number are grouped: the values, and how its separators are to be read.
struct Digits<'t> {
    groups: Vec<&'t str>,
    separators: Vec<&'t str>,
    /// The token behind it.
    next: usize,
}

/// Whether a separator stands for thousands only.
fn is_space(separator: &str) -> bool {
    matches!(separator, "'" | "’" | " ")
}

fn digits<'t>(tokens: &[Token<'t>], at: usize) -> Digits<'t> {
    let mut groups = Vec::new();
    let mut separators = Vec::new();
    let mut next = at;
    if let Some(token) = tokens.get(at) {
        groups.push(token.text);
        next += 1;
    }
    loop {
        let number = |index: usize| tokens.get(index).filter(|token| token.kind == Kind::Number);
        // `1 250`: one space, and three digits exactly.
        let spaced = number(next).filter(|token| {
            token.gap == Gap::Space
                && token.text.len() == 3
                && groups.last().is_some_and(|last: &&str| last.len() <= 3)
                && groups.first().is_some_and(|first| !first.starts_with('0'))
                && separators.iter().all(|separator| *separator == " ")
        });
        if let Some(token) = spaced {
            separators.push(" ");
            groups.push(token.text);
            next += 1;
            continue;
        }
        let mark = tokens
            .get(next)
            .filter(|token| token.gap == Gap::None && matches!(token.text, "." | "," | "'" | "’"));
        let (Some(mark), Some(token)) = (
            mark,
            number(next + 1).filter(|token| token.gap == Gap::None),
        ) else {
            break;
        };
        separators.push(mark.text);
        groups.push(token.text);
        next += 2;
    }
    Digits {
        groups,
        separators,
        next,
    }
}

/// What a text shows of how it writes decimals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `12.50`
    Dot,
    /// `12,50`
    Comma,
    /// Neither, or both.
    Open,
}

impl Style {
    fn of(tokens: &[Token<'_>]) -> Self {
        let shows = |mark: &str| {
            tokens.windows(5).any(|window| {
                matches!(window, [before, a, b, c, behind] if a.kind == Kind::Number
                    && !(before.is(mark) && a.gap == Gap::None)
                    && b.is(mark) && b.gap == Gap::None
                    && c.kind == Kind::Number && c.gap == Gap::None && c.text.len() <= 2
                    && !(behind.is(mark) && behind.gap == Gap::None))
            })
        };
        match (shows("."), shows(",")) {
            (true, false) => Self::Dot,
            (false, true) => Self::Comma,
            _ => Self::Open,
        }
    }
}

/// The value of grouped digits, and whether they have decimals; `None` if they are a date, a version or
/// the like.
fn value(digits: &Digits<'_>, style: Style, is_money: bool) -> Option<(f64, bool)> {
    let (groups, separators) = (&digits.groups, &digits.separators);
    let last = separators.last().copied();
    let is_thousand = groups.last().is_some_and(|group| group.len() == 3)
        && groups
            .first()
            .is_some_and(|first| *first != "0" && first.len() <= 3);
    let decimals = match last {
        None => false,
        Some(last) if is_space(last) => false,
        // Two kinds of separators: the last one is that of the decimals.
        Some(last) if separators.iter().any(|other| *other != last) => {
            separators.iter().filter(|other| **other == last).count() == 1
        }
        // `1.250.000`
        Some(_) if separators.len() > 1 => false,
        Some(_) if !is_thousand => true,
        // Money has no three decimals.
        Some(".") => style == Style::Dot && !is_money,
        Some(_) => style == Style::Comma && !is_money,
    };
    let whole = if decimals {
        groups.len() - 1
    } else {
        groups.len()
    };
    let (head, rest) = groups.get(..whole)?.split_first()?;
    if !rest.is_empty() && (head.len() > 3 || rest.iter().any(|group| group.len() != 3)) {
        return None;
    }
    let mut text: String = groups.get(..whole)?.concat();
    if text.len() > 15 {
        return None;
    }
    if decimals {
        text.push('.');
        text.push_str(groups.last()?);
    }
    Some((text.parse().ok()?, decimals))
}

/// All numbers of a text, in order. Parts of words and of codes are none; dates are for the caller to
/// leave out.
pub fn find(tokens: &[Token<'_>]) -> Vec<Amount> {
    let style = Style::of(tokens);
    let mut amounts = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.kind != Kind::Number {
            at += 1;
            continue;
        }
        let read = digits(tokens, at);
        if let Some(amount) = amount(tokens, at, &read, style) {
            amounts.push(amount);
        }
        at = read.next;
    }
    amounts
}

fn amount(tokens: &[Token<'_>], at: usize, read: &Digits<'_>, style: Style) -> Option<Amount> {
    let first = tokens.get(at)?;
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let touching = before.filter(|_| first.gap == Gap::None);
    let is_part = touching.is_some_and(|before| {
        before.is_word() && currency(before.text).is_none()
            || matches!(before.text, "-" | "/" | "." | ":" | "_" | "#")
                && at
                    .checked_sub(2)
                    .and_then(|at| tokens.get(at))
                    .is_some_and(|word| before.gap == Gap::None && word.kind != Kind::Mark)
    });
    if is_part {
        return None;
    }
    let mut next = read.next;
    let money =
        |token: Option<&Token<'_>>| token.is_some_and(|token| currency(token.text).is_some());
    let is_money = money(before) || money(tokens.get(read.next));
    let (mut value, has_decimals) = value(read, style, is_money)?;
    // `1'250.–`, `2.399,-`
    let round = tokens
        .get(next)
        .is_some_and(|mark| matches!(mark.text, "." | ",") && mark.gap == Gap::None)
        && tokens
            .get(next + 1)
            .is_some_and(|dash| matches!(dash.text, "-" | "–" | "—") && dash.gap == Gap::None);
    if round {
        next += 2;
    }
    let behind = tokens.get(next).filter(|token| token.gap != Gap::Line);
    // `3-5`, `12:30`, `12a`
    let goes_on = !round
        && behind.is_some_and(|behind| {
            behind.gap == Gap::None
                && (behind.is_word() && behind.text.contains(|char: char| char.is_ascii_digit())
                    || matches!(behind.text, "-" | "/" | ":" | "_")
                        && tokens.get(next + 1).is_some_and(|token| {
                            token.gap == Gap::None && token.kind != Kind::Mark
                        }))
        });
    if goes_on {
        return None;
    }
    let mut start = first.start;
    let mut end = tokens.get(next.checked_sub(1)?)?.end();
    let near = |token: &&Token<'_>| token.gap != Gap::Line && token.gap != Gap::Wide;
    let mut sign = None;
    let mut lead = at;
    let mut found = None;
    if let Some(before) = before.filter(|_| near(&first))
        && let Some(code) = currency(before.text)
    {
        found = Some(code);
        start = before.start;
        lead -= 1;
    }
    if let Some(before) = lead.checked_sub(1).and_then(|at| tokens.get(at))
        && matches!(before.text, "-" | "−" | "–")
        && tokens.get(lead).is_some_and(|token| token.gap == Gap::None)
        && before.gap != Gap::None
    {
        sign = Some(before.start);
    }
    if let Some(behind) = behind.filter(near)
        && found.is_none()
        && let Some(code) = currency(behind.text)
    {
        found = Some(code);
        end = behind.end();
    }
    if let Some(sign) = sign {
        start = sign;
        value = -value;
    }
    let is_percent = behind.is_some_and(|behind| {
        behind.is("%")
            || matches!(behind.text, "percent" | "Prozent" | "per" | "pourcent")
                && (behind.text != "per"
                    || tokens
                        .get(next + 1)
                        .is_some_and(|token| token.text == "cent"))
    });
    Some(Amount {
        start,
        end,
        tokens: (at, next),
        value,
        has_decimals,
        currency: found,
        is_percent,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::words::tokens, *};

    fn values(text: &str) -> Vec<f64> {
        find(&tokens(text))
            .iter()
            .map(|amount| amount.value)
            .collect()
    }

    #[test]
    fn every_notation_gives_its_value() {
        for (text, value) in [
            ("1,250 EUR", 1250.0),
            ("1.250,00 €", 1250.0),
            ("1 250,50", 1250.5),
            ("1\u{a0}250 €", 1250.0),
            ("1'250.–", 1250.0),
            ("CHF 1'180.-", 1180.0),
            ("€ 2.399,-", 2399.0),
            ("$1,234,567.89", 1_234_567.89),
            ("1.234.567", 1_234_567.0),
            ("12,5", 12.5),
            ("0.125", 0.125),
            ("38.40 l", 38.4),
            ("£85", 85.0),
            ("−$10.00", -10.0),
            ("20 %", 20.0),
            ("1,080", 1080.0),
            ("1.044 EUR", 1044.0),
        ] {
            assert_eq!(values(text), [value], "{text}");
        }
        // Other numbers of the text tell what a single separator before three digits is.
        assert_eq!(values("from 1.044 kg and 12,5 kg on"), [1044.0, 12.5]);
        assert_eq!(values("from 1.044 kg and 12.5 kg on"), [1.044, 12.5]);
    }

    #[test]
    fn currencies_are_read_on_either_side() {
        let read = |text| {
            find(&tokens(text))
                .first()
                .and_then(|amount| amount.currency)
        };
        assert_eq!(read("EUR 5"), Some("EUR"));
        assert_eq!(read("5 euros"), Some("EUR"));
        assert_eq!(read("$5"), Some("USD"));
        assert_eq!(read("5 kg"), None);
    }

    #[test]
    fn parts_of_codes_and_versions_are_no_numbers() {
        for text in [
            "R-3381",
            "VT9K-66120-B",
            "4.12.0.7",
            "12:30",
            "GC-2204-17",
            "EC/7719",
            "11b2",
        ] {
            assert_eq!(values(text), Vec::<f64>::new(), "{text}");
        }
    }
}
