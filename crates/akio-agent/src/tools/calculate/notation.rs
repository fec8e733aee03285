//! How people write calculations, read as one that leaves nothing open.
//!
//! The text is cut into [`Token`]s, numbers with any separators among them, then written out again with
//! plain numbers, percentages as fractions, and parentheses around a number and its unit.

const MAX_DEPTH: usize = 24;
/// The largest number whose factorial is taken: the time that it takes grows without a check.
const MAX_FACTORIAL: u32 = 500;
/// The largest power of ten in a number like 1e9.
const MAX_EXPONENT: i32 = 300;

/// Currencies, each a unit of its own: offline there are no exchange rates.
pub(super) const CURRENCIES: [&str; 12] = [
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK",
];

/// An expression that the calculator reads as the person meant it.
pub(super) struct Readable {
    pub(super) text: String,
    /// The result is a time that is to be said in hours and minutes.
    pub(super) is_duration: bool,
    /// The expression says how the result is to be written.
    pub(super) is_formatted: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A number in plain notation.
    Number(String),
    /// A time of the day, in hours and minutes.
    Clock(String),
    /// A unit, a constant or a function.
    Name(String),
    /// `+ - * / ^ ! mod`
    Operator(&'static str),
    Percent,
    /// 20% off 50
    Off,
    /// km *to* miles
    To,
    Open,
    /// `sum(` or `average(`: a parenthesis with a list in it.
    OpenList {
        is_average: bool,
    },
    Close,
    Comma,
    And,
}

/// Reads an expression.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<Readable, String> {
    let text = text.trim().trim_end_matches(['=', '?', ' ']);
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err("it is empty".into());
    }
    Writer::write(&tokens)
}

// ---- from text to tokens ----

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let style = Style::of(text);
    let mut tokens: Vec<Token> = Vec::new();
    let mut lists = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        let is_in_list = lists.last() == Some(&true);
        if char.is_whitespace() {
            rest = after;
            continue;
        }
        if let Some((token, left)) = clock(rest) {
            tokens.push(token);
            rest = left;
            continue;
        }
        if char.is_ascii_digit()
            || char == '.' && after.starts_with(|char: char| char.is_ascii_digit())
        {
            let (digits, left) = digits(rest, is_in_list);
            tokens.push(Token::Number(style.plain(digits)?));
            rest = left;
            continue;
        }
        if char.is_alphabetic() || matches!(char, '°' | 'µ' | '€' | '$' | '£' | '¥') {
            let (name, left) = name(rest);
            rest = left;
            word(name, &mut rest, &mut tokens, &mut lists)?;
            continue;
        }
        rest = after;
        let token = match char {
            '+' => Token::Operator("+"),
            '-' | '−' | '–' => Token::Operator("-"),
            '*' if rest.starts_with('*') => {
                rest = rest.get(1..).unwrap_or_default();
                Token::Operator("^")
            }
            '*' | '×' | '·' | '⋅' | '∙' => Token::Operator("*"),
            '/' | '÷' | ':' | '∕' => Token::Operator("/"),
            '^' => Token::Operator("^"),
            '!' => match tokens.last() {
                Some(Token::Number(n)) if n.parse().is_ok_and(|n: u32| n <= MAX_FACTORIAL) => {
                    Token::Operator("!")
                }
                _ => return Err(format!("'!' follows a whole number up to {MAX_FACTORIAL}")),
            },
            '%' => Token::Percent,
            '²' | '³' => {
                tokens.push(Token::Operator("^"));
                Token::Number(if char == '²' { "2" } else { "3" }.into())
            }
            '½' => Token::Number("0.5".into()),
            '¼' => Token::Number("0.25".into()),
            '¾' => Token::Number("0.75".into()),
            '√' => Token::Name("sqrt".into()),
            '(' => {
                lists.push(false);
                Token::Open
            }
            ')' => {
                lists
                    .pop()
                    .ok_or("a parenthesis is closed that was not opened")?;
                Token::Close
            }
            ',' | ';' if is_in_list => Token::Comma,
            ',' | ';' => return Err("a comma stands where none can".into()),
            '\'' | '′' if is_number(tokens.last()) => Token::Name("feet".into()),
            '"' | '″' if is_number(tokens.last()) => Token::Name("inches".into()),
            _ => return Err(format!("'{char}' stands where none can")),
        };
        tokens.push(token);
        if lists.len() > MAX_DEPTH {
            return Err(format!(
                "it has more than {MAX_DEPTH} parentheses in each other"
            ));
        }
    }
    match lists.is_empty() {
        true => Ok(tokens),
        false => Err("a parenthesis is not closed".into()),
    }
}

fn is_percent_sign(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    ["%", "percent", "prozent"]
        .iter()
        .any(|sign| text.starts_with(sign))
}

fn is_number(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::Number(_)))
}

/// Hours and minutes, as in 9:15.
fn clock(text: &str) -> Option<(Token, &str)> {
    let two = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let hours = two(text);
    let after = text.get(hours..)?.strip_prefix(':')?;
    if !(1..=2).contains(&hours) || two(after) != 2 {
        return None;
    }
    let minutes = after.get(..2)?;
    let rest = after.get(2..)?;
    if minutes >= "60" || rest.starts_with(':') {
        return None;
    }
    let hours = text.get(..hours)?;
    Some((
        Token::Clock(format!("({hours} hours + {minutes} minutes)")),
        rest,
    ))
}

/// The digits and separators that a number consists of.
fn digits(text: &str, is_in_list: bool) -> (&str, &str) {
    let mut end = 0;
    let mut is_exponent = false;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let count = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut chars = rest.chars();
        let Some(char) = chars.next() else { break };
        let after = chars.as_str();
        let following = count(after);
        let goes_on = match char {
            '0'..='9' => true,
            '.' => following > 0 && !is_exponent,
            ',' => following > 0 && !is_exponent && !is_in_list,
            // Between groups of three alone.
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' | '_' => {
                end > 0
                    && following == 3
                    && !is_exponent
                    && groups_may_follow(text.get(..end).unwrap_or_default())
            }
            'e' | 'E' => {
                let digits = after.strip_prefix(['-', '+']).unwrap_or(after);
                let is_one = !is_exponent && count(digits) > 0;
                if is_one {
                    is_exponent = true;
                    end += after.len() - digits.len();
                }
                is_one
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        end += char.len_utf8();
    }
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Whether what was read of a number can be its first groups of thousands.
fn groups_may_follow(text: &str) -> bool {
    let last = text
        .rsplit(|char: char| !char.is_ascii_digit())
        .next()
        .unwrap_or_default();
    let is_first = last.len() == text.len();
    !text.contains(['.', ',']) && (last.len() == 3 || is_first && last.len() < 3)
}

/// Words of languages in which a comma stands before the decimals.
const COMMA_WORDS: [&str; 18] = [
    "prozent", "von", "mal", "durch", "geteilt", "hoch", "und", "stunden", "meilen", "fois",
    "divisé", "moins", "pour", "más", "menos", "por", "dividido", "entre",
];

/// Which separator stands before the decimals, as far as the numbers tell.
#[derive(Clone, Copy)]
struct Style {
    is_comma: bool,
}

impl Style {
    /// A comma, if a number can only be read so (3,50 or 1.234,50 or 1.000.000), or the words are those of
    /// a language that writes it so.
    fn of(text: &str) -> Self {
        let is_part = |char: char| char.is_ascii_digit() || matches!(char, '.' | ',');
        let is_comma = text.split(|char| !is_part(char)).any(|number| {
            let number = number.trim_matches(['.', ',']);
            let decimals = number
                .rsplit_once(',')
                .map(|(whole, decimals)| (whole, decimals.len()));
            match decimals {
                Some((whole, _)) if whole.contains(',') => false,
                Some((whole, _)) if whole.contains('.') => true,
                Some((_, length)) if number.contains('.') => length == 0,
                Some((whole, length)) => length != 3 || whole.len() > 3 || whole == "0",
                None => number.matches('.').count() > 1,
            }
        });
        let is_foreign = text
            .split(|char: char| !char.is_alphabetic())
            .any(|word| COMMA_WORDS.contains(&word.to_lowercase().as_str()));
        Self {
            is_comma: is_comma || is_foreign,
        }
    }

    /// A number in digits and at most one point.
    fn plain(self, number: &str) -> Result<String, String> {
        let wrong = || format!("{number} is not a number");
        let (mantissa, exponent) = match number.find(['e', 'E']) {
            Some(at) => number.split_at_checked(at).ok_or_else(wrong)?,
            None => (number, ""),
        };
        // 3.5 has no thousands whatever the style is.
        let is_point = mantissa.split_once('.').is_some_and(|(whole, decimals)| {
            decimals.len() != 3 && !mantissa.contains(',') && !decimals.contains('.')
                || whole.is_empty()
        });
        let is_comma = self.is_comma && !is_point;
        let (decimal, thousands) = if is_comma { (',', '.') } else { ('.', ',') };
        let (whole, decimals) = match mantissa.split_once(decimal) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (mantissa, None),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if decimals.is_some_and(|decimals| !is_digits(decimals)) {
            return Err(wrong());
        }
        let mut groups = whole.split(|char: char| !char.is_ascii_digit());
        let first = groups.next().unwrap_or_default();
        let mut plain = String::from(first);
        for group in groups {
            let is_group = group.len() == 3 && (1..=3).contains(&first.len());
            if !is_group && whole.contains(thousands) {
                return Err(wrong());
            }
            plain.push_str(group);
        }
        if plain.is_empty() {
            plain.push('0');
        }
        if let Some(decimals) = decimals {
            plain.push('.');
            plain.push_str(decimals);
        }
        let is_small = exponent
            .get(1..)
            .is_none_or(|power| power.parse().is_ok_and(|n: i32| n.abs() <= MAX_EXPONENT));
        if !is_small {
            return Err(format!("{number} is too large or too small"));
        }
        plain.push_str(exponent);
        Ok(plain)
    }
}

fn name(text: &str) -> (&str, &str) {
    let is_symbol = |char| matches!(char, '€' | '$' | '£' | '¥');
    let end = match text.chars().next() {
        Some(char) if is_symbol(char) => char.len_utf8(),
        _ => text
            .char_indices()
            .find(|(_, char)| !(char.is_alphabetic() || matches!(char, '°' | 'µ')))
            .map_or(text.len(), |(at, _)| at),
    };
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Takes one of these words, if it comes next.
fn then(rest: &mut &str, words: &[&str]) -> bool {
    let (next, left) = name(rest.trim_start());
    let is_one = words.contains(&next.to_lowercase().as_str());
    if is_one {
        *rest = left;
    }
    is_one
}

/// What a word stands for; takes further words that belong to it.
fn word(
    name: &str,
    rest: &mut &str,
    tokens: &mut Vec<Token>,
    lists: &mut Vec<bool>,
) -> Result<(), String> {
    let lower = name.to_lowercase();
    let token = match lower.as_str() {
        "plus" | "más" => Token::Operator("+"),
        "minus" | "moins" | "menos" => Token::Operator("-"),
        "times" | "multiplied" | "mal" | "fois" | "x" => {
            then(rest, &["by"]);
            Token::Operator("*")
        }
        "divided" | "geteilt" | "divisé" | "dividido" => {
            then(rest, &["by", "durch", "par", "por", "entre"]);
            Token::Operator("/")
        }
        "por" if then(rest, &["ciento"]) => Token::Percent,
        "pour" if then(rest, &["cent"]) => Token::Percent,
        "por" => Token::Operator("*"),
        "mod" | "modulo" => Token::Operator("mod"),
        "hoch" => Token::Operator("^"),
        "squared" | "cubed" => {
            tokens.push(Token::Operator("^"));
            Token::Number(if lower == "squared" { "2" } else { "3" }.into())
        }
        "percent" | "prozent" => Token::Percent,
        "of" | "von" | "de" => Token::Operator("*"),
        "off" => Token::Off,
        "and" | "und" => Token::And,
        "to" | "into" | "as" | "en" => Token::To,
        // Also inches: 5 ft 11 in to cm.
        "in" if is_number(tokens.last()) && !is_percent_sign(rest) => Token::Name("inches".into()),
        "in" => Token::To,
        "square" if then(rest, &["root"]) => {
            then(rest, &["of"]);
            Token::Name("sqrt".into())
        }
        "degree" | "degrees" | "grad" if then(rest, &["celsius", "c"]) => {
            Token::Name("celsius".into())
        }
        "degree" | "degrees" | "grad" if then(rest, &["fahrenheit", "f"]) => {
            Token::Name("fahrenheit".into())
        }
        "log" if rest.starts_with("10") || rest.starts_with('2') => {
            let length = if rest.starts_with('2') { 1 } else { 2 };
            let (base, left) = rest.split_at_checked(length).unwrap_or_default();
            *rest = left;
            Token::Name(format!("log{base}"))
        }
        "decimals" => Token::Name("dp".into()),
        "decimal" if then(rest, &["places", "place"]) => Token::Name("dp".into()),
        "fl" if then(rest, &["oz"]) => Token::Name("floz".into()),
        "sum" | "average" | "avg" | "mean" if rest.trim_start().starts_with('(') => {
            *rest = rest.trim_start().get(1..).unwrap_or_default();
            lists.push(true);
            let is_average = lower != "sum";
            Token::OpenList { is_average }
        }
        _ => {
            let name = unit(&lower).unwrap_or(name);
            if FORBIDDEN.contains(&name) {
                return Err(format!("'{name}' is not a number, a unit or a function"));
            }
            // €50 is 50 EUR, and so is 50 €.
            let is_before = CURRENCIES.contains(&name)
                && !is_number(tokens.last())
                && rest
                    .trim_start()
                    .starts_with(|char: char| char.is_ascii_digit());
            if is_before {
                let (digits, left) = digits(rest.trim_start(), lists.last() == Some(&true));
                tokens.push(Token::Number(Style::of(digits).plain(digits)?));
                *rest = left;
            }
            tokens.push(Token::Name(name.into()));
            // m2 is m^2, and log10 is a name.
            if let Some(digit) = rest.chars().next().filter(|char| matches!(char, '2' | '3')) {
                let left = rest.get(1..).unwrap_or_default();
                if !left.starts_with(|char: char| char.is_ascii_digit()) && !is_before {
                    tokens.push(Token::Operator("^"));
                    tokens.push(Token::Number(digit.into()));
                    *rest = left;
                }
            }
            return Ok(());
        }
    };
    tokens.push(token);
    Ok(())
}

/// Words of the calculator's language that are no part of a calculation, or take any time.
const FORBIDDEN: [&str; 22] = [
    "roll",
    "sample",
    "mean",
    "fib",
    "fibonacci",
    "choose",
    "permute",
    "nCr",
    "nPr",
    "and",
    "or",
    "xor",
    "not",
    "true",
    "false",
    "today",
    "tomorrow",
    "yesterday",
    "version",
    "earth",
    "print",
    "println",
];

/// What a result can be converted to that is no unit.
const FORMATS: [&str; 10] = [
    "dp",
    "sf",
    "hex",
    "hexadecimal",
    "binary",
    "octal",
    "decimal",
    "fraction",
    "exact",
    "float",
];

/// Names of units and currencies that the calculator has under another one.
fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "€" | "eur" | "euro" | "euros" => "EUR",
        "$" | "usd" | "dollar" | "dollars" | "dólares" => "USD",
        "£" | "gbp" => "GBP",
        "¥" | "jpy" | "yen" => "JPY",
        "chf" | "franken" => "CHF",
        "kilo" | "kilos" => "kg",
        "kilometern" | "kilometer" | "kilomètres" | "kilómetros" => "kilometer",
        "metern" | "mètres" | "metros" => "meter",
        "zentimeter" | "zentimetern" | "centimètres" | "centímetros" => "centimeter",
        "meile" | "meilen" | "millas" => "miles",
        "zoll" | "pouces" | "pulgadas" => "inches",
        "fuß" | "fuss" | "pieds" | "pies" => "feet",
        "gramm" | "grammes" | "gramos" => "grams",
        "pfund" | "livres" | "libras" => "lb",
        "sekunden" | "secondes" | "segundos" => "seconds",
        "minuten" | "minutos" => "minutes",
        "stunde" | "stunden" | "std" | "heures" | "horas" => "hours",
        "tag" | "tage" | "tagen" | "jours" | "días" => "days",
        "woche" | "wochen" | "semaines" | "semanas" => "weeks",
        _ => return None,
    })
}

// ---- from tokens to text ----

/// The text so far, in pieces, and where each open parenthesis began.
#[derive(Default)]
struct Writer<'t> {
    /// What is not written yet.
    rest: &'t [Token],
    pieces: Vec<String>,
    levels: Vec<Level>,
    is_duration: bool,
    is_formatted: bool,
}

/// A parenthesis that is open.
#[derive(Default)]
struct Level {
    /// The first piece in it.
    start: usize,
    inside: Inside,
}

/// What is in a parenthesis.
#[derive(Default)]
enum Inside {
    #[default]
    Sum,
    List,
    Average {
        items: usize,
    },
}

impl<'t> Writer<'t> {
    fn write(tokens: &'t [Token]) -> Result<Readable, String> {
        let mut writer = Self {
            rest: tokens,
            ..Self::default()
        };
        writer.levels.push(Level::default());
        while let Some(token) = writer.next() {
            writer.token(token)?;
        }
        Ok(Readable {
            text: writer.pieces.join(" "),
            is_duration: writer.is_duration,
            is_formatted: writer.is_formatted,
        })
    }

    fn next(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn token(&mut self, token: &Token) -> Result<(), String> {
        match token {
            Token::Number(number) => self.quantity(number),
            Token::Clock(time) => {
                self.is_duration = true;
                self.pieces.push(time.clone());
            }
            Token::Name(name) => self.pieces.push(name.clone()),
            Token::Operator(sign @ ("+" | "-")) => self.sum(sign),
            Token::Operator(sign) => self.pieces.push((*sign).into()),
            // 17 % 5 is a remainder.
            Token::Percent if self.rest.first().is_some_and(begins_operand) => {
                self.pieces.push("mod".into());
            }
            Token::Percent => self.pieces.push("/ 100".into()),
            Token::Off => return Err("'off' follows a percentage, as in 20% off 50".into()),
            Token::To => self.to()?,
            Token::Open => self.open("(", Inside::Sum),
            Token::OpenList { is_average: false } => self.open("((", Inside::List),
            Token::OpenList { is_average: true } => self.open("(((", Inside::Average { items: 1 }),
            Token::Comma => {
                self.pieces.push(NEXT_ITEM.into());
                if let Some(Level {
                    inside: Inside::Average { items },
                    ..
                }) = self.levels.last_mut()
                {
                    *items += 1;
                }
            }
            Token::Close => {
                let level = self.levels.pop().unwrap_or_default();
                self.pieces.push(match level.inside {
                    Inside::Sum => ")".into(),
                    Inside::List => "))".into(),
                    Inside::Average { items } => format!(")) / {items})"),
                });
            }
            Token::And => self.pieces.push("+".into()),
        }
        Ok(())
    }

    fn open(&mut self, parenthesis: &str, inside: Inside) {
        self.pieces.push(parenthesis.into());
        let start = self.pieces.len();
        self.levels.push(Level { start, inside });
    }

    /// A number with what belongs to it: a percent sign, or units.
    fn quantity(&mut self, number: &str) {
        if let Some(rest) = percent(self.rest) {
            let (rest, share) = match rest {
                [Token::Off, rest @ ..] => (rest, format!("(1 - {number} / 100) *")),
                _ => (rest, format!("({number} / 100)")),
            };
            self.rest = rest;
            self.pieces.push(share);
            return;
        }
        // One unit after another: 5 feet 10 inches, 5 feet and 10 inches, km / h.
        let mut quantity = String::from(number);
        let mut has_unit = false;
        loop {
            let (taken, joint) = match self.rest {
                [Token::Name(_), Token::Open, ..] => break,
                [Token::Name(_), ..] => (0, String::new()),
                [Token::Operator("/"), Token::Name(_), ..] if has_unit => (1, "/ ".into()),
                [Token::Number(more), Token::Name(_), ..] if has_unit => (1, format!("{more} ")),
                [Token::And, Token::Number(more), Token::Name(_), ..] if has_unit => {
                    (2, format!("{more} "))
                }
                _ => break,
            };
            let Some([Token::Name(name), rest @ ..]) = self.rest.get(taken..) else {
                break;
            };
            self.rest = rest;
            has_unit = true;
            quantity.push_str(&format!(" {joint}{name}"));
            if let [Token::Operator("^"), Token::Number(power), rest @ ..] = rest {
                self.rest = rest;
                quantity.push_str(&format!("^{power}"));
            }
        }
        self.pieces.push(match has_unit {
            true => format!("({quantity})"),
            false => quantity,
        });
    }

    /// A plus or minus. Before a percentage that ends a term it means a share of all that is before it.
    fn sum(&mut self, sign: &str) {
        let start = self.levels.last().map_or(0, |level| level.start);
        let before = self.pieces.get(start..).unwrap_or_default();
        let item = before.iter().rposition(|piece| piece == NEXT_ITEM);
        let start = start + item.map_or(0, |comma| comma + 1);
        let before = self.pieces.get(start..).unwrap_or_default();
        // 5% + 10%
        let is_share = matches!(before, [only] if only.ends_with(" / 100)"));
        if let [Token::Number(share), after @ ..] = self.rest
            && let Some(rest) = percent(after)
            && !before.is_empty()
            && !is_share
            && matches!(
                rest.first(),
                None | Some(Token::Operator("+" | "-") | Token::Close | Token::Comma | Token::To)
            )
        {
            self.pieces.insert(start, "(".into());
            self.pieces.push(format!(") * (1 {sign} {share} / 100)"));
            self.rest = rest;
            return;
        }
        self.pieces.push(sign.into());
    }

    /// A conversion. What follows is a unit, a format, or hours and minutes.
    fn to(&mut self) -> Result<(), String> {
        if let [Token::Name(hours), Token::And, Token::Name(_)] = self.rest
            && hours.starts_with('h')
        {
            self.is_duration = true;
            self.rest = &[];
            self.pieces.push("to hours".into());
            return Ok(());
        }
        self.pieces.push("to".into());
        while let Some(token) = self.next() {
            self.pieces.push(match token {
                Token::Name(name) => {
                    self.is_formatted |= FORMATS.contains(&name.as_str());
                    name.clone()
                }
                Token::Number(number) => number.clone(),
                Token::Percent => "%".into(),
                Token::Operator(sign @ ("/" | "*" | "^" | "-")) => (*sign).into(),
                _ => return Err("after 'to' there can only be a unit".into()),
            });
        }
        Ok(())
    }
}

/// Between the items of a list that is summed.
const NEXT_ITEM: &str = ") + (";

/// What follows a percent sign, if one comes next, and no remainder as in 17 % 5.
fn percent(tokens: &[Token]) -> Option<&[Token]> {
    match tokens {
        [Token::Percent, next, ..] if begins_operand(next) => None,
        [Token::Percent, rest @ ..] => Some(rest),
        _ => None,
    }
}

fn begins_operand(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(_) | Token::Name(_) | Token::Open | Token::OpenList { .. } | Token::Clock(_)
    )
}
