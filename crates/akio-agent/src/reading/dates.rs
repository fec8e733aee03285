//! Days as documents write them, in a dozen languages: `12.3.2025`, `March 12th, 2025`, `12 mars 2025`.

use super::{
    fold,
    words::{Gap, Kind, Token},
};

/// A day somewhere in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The day of the month; the first number where it is not clear which number is the day.
    pub day: u32,
    /// The month, 1 to 12.
    pub month: u32,
    /// The year, where it is written.
    pub year: Option<i32>,
    /// How day and month were told apart.
    pub order: Order,
}

/// How day and month of a date were told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The month is a word, the year is in front, or the numbers have dots: nothing to decide.
    Clear,
    /// Both are numbers up to 12 and could be exchanged.
    Either,
    /// Two numbers of which only the first can be the day.
    DayFirst,
    /// Two numbers of which only the second can be the day.
    MonthFirst,
}

impl Date {
    /// Year, month and day, if the year is written and the day exists. Where both orders are possible
    /// `month_first` decides.
    pub fn ymd(&self, month_first: bool) -> Option<(i32, u32, u32)> {
        let year = self.year?;
        let (month, day) = match self.order {
            Order::Either if month_first => (self.day, self.month),
            _ => (self.month, self.day),
        };
        exists(year, month, day).then_some((year, month, day))
    }
}

/// Whether there is such a day.
pub fn exists(year: i32, month: u32, day: u32) -> bool {
    chrono::NaiveDate::from_ymd_opt(year, month, day).is_some()
}

/// Names of the months by what they begin with and, where that is not the whole name, all that they can
/// be, without accents.
const MONTHS: [&str; 12] = [
    "january januar jan janner janvier janv enero ene gennaio genn januari janeiro stycznia styczen leden ledna",
    "february februar feb feber fevrier fevr fev febrero febbraio febbr februari fevereiro lutego luty unora",
    "march marz mar mrz maerz mars marzo maart marts marco marca marzec brezna",
    "april apr avril avr abril abr aprile kwietnia kwiecien dubna",
    "may mai mayo maggio magg mei maj maio maja kvetna",
    "june juni jun juin junio giugno giu junho czerwca czerwiec cervna",
    "july juli jul juillet juil julio luglio lug julho lipca lipiec cervence",
    "august aug aout agosto ago augustus augusti sierpnia sierpien srpna",
    "september sept sep septembre septiembre settembre sett set setembro wrzesnia wrzesien zari",
    "october oktober oct okt octobre octubre ottobre ott outubro out pazdziernika pazdziernik rijna",
    "november nov novembre noviembre novembro listopada listopad",
    "december dezember dec dez decembre diciembre dic dicembre desember des dezembro grudnia grudzien prosince",
];

/// Ordinal numbers in words, the first 31 of them.
const ORDINALS: [&str; 31] = [
    "first ersten erster premier primero primo",
    "second zweiten",
    "third dritten",
    "fourth vierten",
    "fifth funften",
    "sixth sechsten",
    "seventh siebten",
    "eighth achten",
    "ninth neunten",
    "tenth zehnten",
    "eleventh elften",
    "twelfth zwolften",
    "thirteenth dreizehnten",
    "fourteenth vierzehnten",
    "fifteenth funfzehnten",
    "sixteenth sechzehnten",
    "seventeenth siebzehnten",
    "eighteenth achtzehnten",
    "nineteenth neunzehnten",
    "twentieth zwanzigsten",
    "twenty-first einundzwanzigsten",
    "twenty-second zweiundzwanzigsten",
    "twenty-third dreiundzwanzigsten",
    "twenty-fourth vierundzwanzigsten",
    "twenty-fifth funfundzwanzigsten",
    "twenty-sixth sechsundzwanzigsten",
    "twenty-seventh siebenundzwanzigsten",
    "twenty-eighth achtundzwanzigsten",
    "twenty-ninth neunundzwanzigsten",
    "thirtieth dreissigsten",
    "thirty-first einunddreissigsten",
];

/// Words between the parts of a date.
const BETWEEN: [&str; 6] = ["of", "de", "del", "di", "do", "d"];

/// The place of a word in a table of words.
fn place(table: &[&str], word: &str) -> Option<u32> {
    let folded = fold(word);
    let at = table
        .iter()
        .position(|names| names.split(' ').any(|name| name == folded))?;
    u32::try_from(at + 1).ok()
}

/// The month that a word is the name of. What is also another English word needs its capital.
pub fn month(word: &str) -> Option<u32> {
    match word {
        "may" | "march" | "mar" | "set" | "out" | "des" | "ago" | "sept" | "marks" => None,
        _ => place(&MONTHS, word),
    }
}

/// All dates of a text, in order.
pub fn find(tokens: &[Token<'_>]) -> Vec<Date> {
    let mut dates = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match read(tokens, at) {
            Some((date, next)) => {
                dates.push(date);
                at = next;
            }
            None => at += 1,
        }
    }
    dates
}

/// A position among tokens.
struct Cursor<'c, 't> {
    tokens: &'c [Token<'t>],
    at: usize,
}

impl<'c, 't> Cursor<'c, 't> {
    fn peek(&self) -> Option<&'c Token<'t>> {
        self.tokens.get(self.at)
    }

    /// The next token, if it stands as close as words do; a date may go on in the next line.
    fn near(&self) -> Option<&'c Token<'t>> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        self.peek()
            .filter(|token| token.gap != Gap::Wide && token.line <= before.line + 1)
    }

    /// Skips a mark that stands directly behind what was read.
    fn skip(&mut self, mark: &str) -> bool {
        let is_there = self
            .peek()
            .is_some_and(|token| token.is(mark) && token.gap == Gap::None);
        self.at += usize::from(is_there);
        is_there
    }

    /// A number of one or two digits.
    fn small(&mut self) -> Option<u32> {
        let token = self.peek()?;
        let number = token.number().filter(|_| token.text.len() <= 2)?;
        self.at += 1;
        Some(number)
    }

    /// A year of four digits.
    fn year(&mut self) -> Option<i32> {
        let token = self.near()?;
        let year = token.number().filter(|_| token.text.len() == 4)?;
        let year = i32::try_from(year).ok()?;
        if !(1000..3000).contains(&year) {
            return None;
        }
        self.at += 1;
        Some(year)
    }

    /// The name of a month, and a dot behind its short form.
    fn month(&mut self) -> Option<u32> {
        let token = self.near().filter(|token| token.is_word())?;
        let is_short = token.text.chars().count() <= 5;
        let month = month(token.text)?;
        self.at += 1;
        if is_short {
            let dot = self.at;
            // The dot at the end of a sentence is not its own.
            if self.skip(".") && self.peek().is_none_or(|token| token.gap == Gap::Line) {
                self.at = dot;
            }
        }
        Some(month)
    }

    /// The end of `3rd`, `1er`, `2º`.
    fn skip_ordinal(&mut self) {
        const ENDS: [&str; 9] = ["st", "nd", "rd", "th", "er", "re", "º", "ª", "e"];
        if self
            .peek()
            .is_some_and(|token| token.gap == Gap::None && ENDS.contains(&token.text))
        {
            self.at += 1;
        }
    }

    fn skip_between(&mut self) {
        while self
            .near()
            .is_some_and(|token| BETWEEN.contains(&token.text) || (token.is("'") || token.is("’")))
        {
            self.at += 1;
        }
    }

    /// A year behind a month or a day, with what may stand between them.
    fn trailing_year(&mut self) -> Option<i32> {
        let before = self.at;
        let _ = self.skip(",") || self.skip("-") || self.skip("/") || self.skip(".");
        self.skip_between();
        let year = self.year();
        if year.is_none() {
            self.at = before;
        }
        year
    }
}

fn read(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let first = tokens.get(at)?;
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    // A part of a longer number, of a version or of a code is no date.
    let touches = before.is_some_and(|before| {
        first.gap == Gap::None
            && (before.kind != Kind::Mark || matches!(before.text, "." | "/" | "-" | ","))
    });
    if touches {
        return None;
    }
    let (mut date, next) = match first.kind {
        Kind::Number if first.text.len() == 4 => year_first(tokens, at)?,
        Kind::Number if first.text.len() <= 2 => {
            numbers(tokens, at).or_else(|| day_and_month(tokens, at))?
        }
        Kind::Word => month_and_day(tokens, at).or_else(|| ordinal_and_month(tokens, at))?,
        _ => return None,
    };
    let year = date.year.unwrap_or(2000);
    let can_be = exists(year, date.month, date.day)
        || (date.order == Order::Either && exists(year, date.day, date.month));
    if !can_be {
        return None;
    }
    date.start = first.start;
    date.end = tokens.get(next.checked_sub(1)?)?.end();
    Some((date, next))
}

const NOWHERE: Date = Date {
    start: 0,
    end: 0,
    day: 0,
    month: 0,
    year: None,
    order: Order::Clear,
};

/// `2025-03-12`, `2025/3/12`, `2025.3.12`.
fn year_first(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let mut cursor = Cursor { tokens, at };
    let token = cursor.peek()?;
    let year = token.number().and_then(|year| i32::try_from(year).ok())?;
    if !(1000..3000).contains(&year) {
        return None;
    }
    cursor.at += 1;
    let separator = cursor
        .peek()
        .filter(|token| token.gap == Gap::None && matches!(token.text, "-" | "/" | "."))?;
    cursor.at += 1;
    let month = cursor.small()?;
    if !cursor.skip(separator.text) {
        return None;
    }
    let day = cursor.small()?;
    let date = Date {
        day,
        month,
        year: Some(year),
        ..NOWHERE
    };
    Some((date, cursor.at))
}

/// `12.3.2025`, `12. 3. 25`, `3/12/2025`, `12-03-2025`.
fn numbers(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let mut cursor = Cursor { tokens, at };
    let day = cursor.small()?;
    let separator = cursor
        .peek()
        .filter(|token| token.gap == Gap::None && matches!(token.text, "-" | "/" | "."))?;
    cursor.at += 1;
    let loose = |token: &Token<'_>| {
        token.gap == Gap::None || (separator.text == "." && token.gap == Gap::Space)
    };
    if !loose(cursor.peek()?) {
        return None;
    }
    let month = cursor.small()?;
    if !cursor.skip(separator.text) {
        return None;
    }
    let token = cursor.peek().filter(|token| loose(token))?;
    let number = token.number()?;
    let year = match token.text.len() {
        4 => number,
        2 if number < 69 => 2000 + number,
        2 => 1900 + number,
        _ => return None,
    };
    cursor.at += 1;
    // One more part: a version, or a number with separators.
    let goes_on = cursor.peek().is_some_and(|token| {
        token.gap == Gap::None
            && token.text == separator.text
            && tokens
                .get(cursor.at + 1)
                .is_some_and(|next| next.gap == Gap::None && next.kind == Kind::Number)
    });
    if goes_on {
        return None;
    }
    let order = match (separator.text, day <= 12, month <= 12) {
        (".", _, _) => Order::Clear,
        (_, true, true) if day == month => Order::Clear,
        (_, true, true) => Order::Either,
        (_, false, _) => Order::DayFirst,
        (_, true, false) => Order::MonthFirst,
    };
    let (day, month) = match order {
        Order::MonthFirst => (month, day),
        _ => (day, month),
    };
    let date = Date {
        day,
        month,
        year: i32::try_from(year).ok(),
        order,
        ..NOWHERE
    };
    Some((date, cursor.at))
}

/// `12 March 2025`, `12. März`, `3rd of March`, `12-Mar-2025`, `1er mars 2025`, `12 de marzo de 2025`.
fn day_and_month(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let mut cursor = Cursor { tokens, at };
    let day = cursor.small()?;
    cursor.skip_ordinal();
    let _ = cursor.skip(".") || cursor.skip("-") || cursor.skip("/");
    month_and_year(cursor, day)
}

/// `first of March 2025`.
fn ordinal_and_month(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let mut cursor = Cursor { tokens, at };
    let day = place(&ORDINALS, cursor.peek()?.text)?;
    cursor.at += 1;
    month_and_year(cursor, day)
}

fn month_and_year(mut cursor: Cursor<'_, '_>, day: u32) -> Option<(Date, usize)> {
    cursor.skip_between();
    let month = cursor.month()?;
    let year = cursor.trailing_year();
    let date = Date {
        day,
        month,
        year,
        ..NOWHERE
    };
    Some((date, cursor.at))
}

/// `March 12, 2025`, `Mar. 12th`.
fn month_and_day(tokens: &[Token<'_>], at: usize) -> Option<(Date, usize)> {
    let mut cursor = Cursor { tokens, at };
    let token = cursor.peek()?;
    let month = month(token.text).filter(|_| token.is_capital())?;
    cursor.at += 1;
    let _ = cursor.skip(".") || cursor.skip("-");
    let near = cursor.near()?;
    if near.gap == Gap::Line {
        return None;
    }
    let day = cursor.small()?;
    cursor.skip_ordinal();
    // `May 12:30` is a time, `March 5.50` an amount.
    let goes_on = matches!(cursor.peek(), Some(mark) if mark.gap == Gap::None && matches!(mark.text, ":" | "." | "%"))
        && tokens
            .get(cursor.at + 1)
            .is_some_and(|next| next.gap == Gap::None && next.kind == Kind::Number);
    if goes_on {
        return None;
    }
    let year = cursor.trailing_year();
    let date = Date {
        day,
        month,
        year,
        ..NOWHERE
    };
    Some((date, cursor.at))
}

#[cfg(test)]
mod tests {
    use super::{super::words::tokens, *};

    fn found(text: &str) -> Vec<String> {
        find(&tokens(text))
            .iter()
            .map(|date| {
                let year = date.year.map_or("0000".into(), |year| year.to_string());
                let order = match date.order {
                    Order::Either => " either",
                    _ => "",
                };
                assert!(text.get(date.start..date.end).is_some());
                format!("{year}-{:02}-{:02}{order}", date.month, date.day)
            })
            .collect()
    }

    #[test]
    fn every_notation_gives_the_same_day() {
        for text in [
            "2025-03-12",
            "2025-03-12T10:00:00Z",
            "2025/3/12",
            "12.3.2025",
            "12. 3. 2025",
            "12.03.25",
            "12 March 2025",
            "12 Mar. 2025",
            "12th March, 2025",
            "the 12th of March 2025",
            "the twelfth of March 2025",
            "March 12, 2025",
            "March 12th 2025",
            "Mar. 12, 2025",
            "12-Mar-2025",
            "12. März 2025",
            "12. Maerz 2025",
            "12 mars 2025",
            "12 de marzo de 2025",
            "12 marzo 2025",
            "12 maart 2025",
            "12 de março de 2025",
            "12. marts 2025",
            "12 marca 2025",
            "Wednesday, 12 March\n2025, at noon",
        ] {
            assert_eq!(found(text), ["2025-03-12"], "{text}");
        }
    }

    #[test]
    fn the_order_of_two_numbers_may_be_open() {
        assert_eq!(found("03/04/2025"), ["2025-04-03 either"]);
        assert_eq!(found("13/04/2025"), ["2025-04-13"]);
        assert_eq!(found("04/13/2025"), ["2025-04-13"]);
        assert_eq!(found("4/4/25"), ["2025-04-04"]);
        let date = find(&tokens("03/04/2025"));
        let days: Vec<_> = [false, true].map(|first| date[0].ymd(first)).into();
        assert_eq!(days, [Some((2025, 4, 3)), Some((2025, 3, 4))]);
    }

    #[test]
    fn a_year_may_be_missing() {
        assert_eq!(
            found("on 24 August and May 3rd"),
            ["0000-08-24", "0000-05-03"]
        );
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for text in [
            "version 1.12.3.4",
            "31.02.2025",
            "45.3.2025",
            "3/2022",
            "0461 5550 943",
            "12.30 Uhr",
            "1.250,00",
            "555-0134-772",
            "they may 3 times",
            "IC 614",
            "2025",
            "203.0.113.58",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
