//! What sort of answer a question wants, and whether a text has one of that sort.
//!
//! Patterns of English, German and French. A question that fits none may have any answer.

use super::terms::{fold, is_stop_word, stem, words};

/// A sort of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// An amount of money.
    Money,
    /// A number, mostly with a unit.
    Number,
    /// How long something takes, or how often it happens.
    Duration,
    /// A date, a day, a time.
    When,
    /// A person.
    Who,
    /// A number to call.
    Phone,
    /// An address of e-mail.
    Email,
    /// A number of a bank account.
    Account,
    /// A page of the web.
    Web,
    /// Anything.
    Any,
}

/// Beginnings of words that say what is wanted, by sort; a space stands between words.
const PATTERNS: [(Wanted, &[&str]); 9] = [
    (
        Wanted::Phone,
        &[
            "phone",
            "telephone",
            "telefon",
            "telefonnummer",
            "rufnummer",
            "handynummer",
            "numero de tel",
            "fax",
        ],
    ),
    (
        Wanted::Email,
        &[
            "email",
            "e mail",
            "mail address",
            "mailadresse",
            "courriel",
            "adresse mail",
        ],
    ),
    (
        Wanted::Account,
        &[
            "iban",
            "account number",
            "kontonummer",
            "bankverbindung",
            "bank details",
            "numero de compte",
        ],
    ),
    (
        Wanted::Web,
        &[
            "website",
            "web site",
            "web address",
            "homepage",
            "webseite",
            "internetseite",
            "site web",
        ],
    ),
    (
        Wanted::Duration,
        &[
            "how long",
            "how often",
            "how much notice",
            "how much time",
            "how many days",
            "how many weeks",
            "how many months",
            "how many years",
            "how many hours",
            "how many minutes",
            "how soon",
            "how frequently",
            "wie lange",
            "wie oft",
            "wie viele tage",
            "wie viele wochen",
            "wie viele monate",
            "wie viele jahre",
            "wie viele stunden",
            "kundigungsfrist",
            "combien de temps",
            "combien de jours",
            "combien de semaines",
            "combien de mois",
            "combien d annees",
            "combien d heures",
            "quelle duree",
            "notice period",
            "what period",
        ],
    ),
    (
        Wanted::When,
        &[
            "when",
            "what time",
            "which time",
            "which day",
            "what day",
            "which date",
            "what date",
            "which month",
            "what month",
            "which year",
            "what year",
            "by which",
            "deadline",
            "wann",
            "wieviel uhr",
            "wie viel uhr",
            "welchem tag",
            "welcher tag",
            "welchen tag",
            "welches datum",
            "welchem datum",
            "welchem monat",
            "welcher monat",
            "welchem jahr",
            "quand",
            "quelle heure",
            "quel jour",
            "quelle date",
            "quel mois",
            "quelle annee",
            "on which",
            "which weekday",
            "date of birth",
        ],
    ),
    (
        Wanted::Money,
        &[
            "cost",
            "price",
            "charge",
            "charged",
            "pay",
            "paid",
            "fee",
            "deposit",
            "rent ",
            "expensive",
            "surcharge",
            "refund",
            "kostet",
            "kosten",
            "preis",
            "gebuhr",
            "betrag",
            "bezahl",
            "zahlen",
            "zahle",
            "zahlt",
            "teuer",
            "kaution",
            "miete ",
            "coute",
            "cout ",
            "prix",
            "tarif",
            "payer",
            "paye",
            "montant",
            "frais",
            "caution",
            "loyer",
            "salary",
            "gehalt",
            "salaire",
            "how much money",
            "fine for",
            "penalty",
        ],
    ),
    (
        Wanted::Number,
        &[
            "per ",
            "how much",
            "how many",
            "how high",
            "how big",
            "how large",
            "how hot",
            "how warm",
            "how cold",
            "how tall",
            "how heavy",
            "how wide",
            "how deep",
            "how far",
            "how old",
            "how fast",
            "how thick",
            "how loud",
            "what temperature",
            "what size",
            "which number",
            "what number",
            "what percentage",
            "weigh",
            "wie viel",
            "wieviel",
            "wie viele",
            "wie hoch",
            "wie gross",
            "wie warm",
            "wie heiss",
            "wie kalt",
            "wie schwer",
            "wie breit",
            "wie tief",
            "wie weit",
            "wie alt",
            "wie schnell",
            "wie lang ",
            "combien",
            "quelle temperature",
            "quelle taille",
            "quel poids",
            "quel age",
            "quelle quantite",
        ],
    ),
    (
        Wanted::Who,
        &[
            "who ",
            "whom",
            "whose",
            "wer ",
            "wem ",
            "wen ",
            "wessen",
            "qui ",
            "a qui",
            "de qui",
            "name of the person",
            "wie heisst der",
            "wie heisst die",
        ],
    ),
];

impl Wanted {
    /// What a question wants, the likeliest first; at least one.
    pub(super) fn of(question: &str) -> Vec<Self> {
        let folded: Vec<String> = words(question).map(|(_, word)| fold(word)).collect();
        let spaced = format!(" {} ", folded.join(" "));
        let mut wanted: Vec<Self> = Vec::new();
        for (kind, patterns) in PATTERNS {
            let is_there = patterns
                .iter()
                .any(|pattern| spaced.contains(&format!(" {pattern}")));
            if is_there {
                wanted.push(kind);
            }
        }
        // Yes or no: the verb comes first, and no other word asks.
        if wanted.is_empty() {
            wanted.push(Self::Any);
        }
        wanted
    }

    /// Whether a text has such an answer.
    pub(super) fn is_in(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Money => has_money(text) || has_bare_number(text),
            Self::Number => has_number(text),
            Self::Duration => is_span(text) || has_word(text, &FREQUENCIES),
            Self::When => is_time(text),
            Self::Who => has_name(text),
            Self::Phone => digits_in_a_row(text) >= 6,
            Self::Email => text.split_whitespace().any(|word| {
                word.split_once('@')
                    .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
            }),
            Self::Account => has_iban(text) || digits_in_a_row(text) >= 8,
            Self::Web => {
                let text = text.to_lowercase();
                text.contains("www.") || text.contains("http")
            }
        }
    }
}

/// The word that a question wants counted or measured: `eggs` of "how many eggs". Without endings.
pub(super) fn counted(question: &str) -> Option<String> {
    const BEFORE: [&[&str]; 9] = [
        &["how", "many"],
        &["how", "much"],
        &["wie", "viel"],
        &["wie", "viele"],
        &["wieviel"],
        &["wieviele"],
        &["combien", "de"],
        &["combien", "d"],
        &["combien", "des"],
    ];
    let folded: Vec<String> = words(question).map(|(_, word)| fold(word)).collect();
    let behind = |at: usize| {
        let rest = folded.get(at..)?;
        let before = BEFORE.iter().find(|before| {
            rest.len() > before.len()
                && rest.iter().zip(**before).all(|(word, other)| word == other)
        })?;
        rest.get(before.len()).filter(|word| !is_stop_word(word))
    };
    (0..folded.len()).find_map(behind).map(|word| stem(word))
}

/// Whether an amount of money is written as one.
pub(super) fn has_money(text: &str) -> bool {
    const SIGNS: [char; 5] = ['€', '$', '£', '¥', '₣'];
    let is_sign = text.contains(SIGNS) && has_number(text);
    is_sign || has_word(text, &CURRENCIES) || has_cents(text)
}

/// A number with two decimals.
fn has_cents(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).enumerate().any(|(at, window)| {
        let after = bytes.get(at + 4);
        matches!(window, [a, b'.' | b',', b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit())
            && !after.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
    })
}

const CURRENCIES: [&str; 22] = [
    "eur", "euro", "euros", "usd", "dollar", "dollars", "gbp", "pound", "pounds", "chf", "franken",
    "francs", "cent", "cents", "pence", "crowns", "kronen", "kroner", "zloty", "yen", "sek", "nok",
];
const FREQUENCIES: [&str; 21] = [
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "annually",
    "once",
    "twice",
    "always",
    "never",
    "every",
    "taglich",
    "wochentlich",
    "monatlich",
    "jahrlich",
    "halbjahrlich",
    "einmal",
    "zweimal",
    "nie",
    "chaque",
    "jamais",
    "toujours",
];
const NUMBERS: [&str; 82] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "hundred",
    "half",
    "quarter",
    "dozen",
    "none",
    "nothing",
    "third",
    "zwei",
    "drei",
    "vier",
    "funf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwolf",
    "dreizehn",
    "vierzehn",
    "funfzehn",
    "zwanzig",
    "dreissig",
    "vierzig",
    "funfzig",
    "hundert",
    "halb",
    "halbe",
    "halben",
    "viertel",
    "einem",
    "einen",
    "einer",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "cent",
    "demi",
    "demie",
    "quart",
    "vingtaine",
    "free",
    "gratis",
];
const TIMES: [&str; 88] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "aug",
    "sept",
    "oct",
    "nov",
    "dec",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mondays",
    "saturdays",
    "sundays",
    "noon",
    "midnight",
    "dusk",
    "dawn",
    "morning",
    "evening",
    "afternoon",
    "weekdays",
    "weekends",
    "weekend",
    "spring",
    "summer",
    "autumn",
    "winter",
    "clock",
    "januar",
    "februar",
    "marz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "sonntags",
    "uhr",
    "mittag",
    "mitternacht",
    "morgen",
    "abend",
    "tag",
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "midi",
    "minuit",
    "matin",
    "soir",
];
const SPANS: [&str; 38] = [
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "night", "nights",
    "week", "weeks", "month", "months", "year", "years", "stunde", "stunden", "tage", "tagen",
    "woche", "wochen", "monat", "monate", "monaten", "jahre", "jahren", "heures", "jours",
    "semaines", "min", "h", "mois", "ans", "annees", "jour", "heure", "annee",
];

/// A number in digits or in words. `F7` and `A12` are names.
pub(super) fn has_number(text: &str) -> bool {
    words(text).any(|(_, word)| is_number(word))
}

fn is_number(word: &str) -> bool {
    word.starts_with(|char: char| char.is_ascii_digit()) || NUMBERS.contains(&fold(word).as_str())
}

/// A number that no unit follows: in tables of prices it is an amount.
fn has_bare_number(text: &str) -> bool {
    let all: Vec<(usize, &str)> = words(text).collect();
    all.iter().enumerate().any(|(at, (start, word))| {
        let is_bare = word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() <= 6;
        let before = text.get(..*start).and_then(|text| text.chars().next_back());
        let is_part = matches!(before, Some(':' | '/' | '-' | '.'));
        let unit = all.get(at + 1).map(|(_, next)| fold(next));
        let has_unit = unit.is_some_and(|unit| is_unit(&unit) || TIMES.contains(&unit.as_str()));
        is_bare && !is_part && !has_unit
    })
}

fn is_unit(word: &str) -> bool {
    SPANS.contains(&word) || MEASURES.contains(&word)
}

/// A number with a unit of time or length.
fn is_span(text: &str) -> bool {
    let all: Vec<&str> = words(text).map(|(_, word)| word).collect();
    all.iter().enumerate().any(|(at, word)| {
        let glued = word.trim_start_matches(|char: char| char.is_ascii_digit());
        let is_glued = glued.len() < word.len() && is_unit(&fold(glued));
        let near = all.iter().skip(at + 1).take(2);
        is_glued || (is_number(word) && near.into_iter().any(|next| is_unit(&fold(next))))
    }) || has_word(text, &["until", "bis", "jusqu"]) && is_time(text)
}

/// Units of length, weight, volume and the like.
const MEASURES: [&str; 44] = [
    "mm",
    "cm",
    "m",
    "km",
    "metre",
    "metres",
    "meter",
    "meters",
    "centimetres",
    "kilometres",
    "miles",
    "mile",
    "feet",
    "foot",
    "inch",
    "inches",
    "zentimeter",
    "kilometer",
    "square",
    "quadratmeter",
    "g",
    "kg",
    "gram",
    "grams",
    "gramm",
    "kilo",
    "kilos",
    "kilogramm",
    "l",
    "ml",
    "cl",
    "dl",
    "litre",
    "litres",
    "liter",
    "liters",
    "c",
    "degrees",
    "grad",
    "kwh",
    "db",
    "percent",
    "watt",
    "bar",
];

fn has_word(text: &str, list: &[&str]) -> bool {
    words(text).any(|(_, word)| list.contains(&fold(word).as_str()))
}

/// A date, a day or a time, or a stretch of time to count from something.
fn is_time(text: &str) -> bool {
    if has_word(text, &TIMES) || (has_number(text) && has_word(text, &SPANS)) {
        return true;
    }
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    // 14:30, 14.30, 14h30, 2024-05-01, 01.05.2024, 2024.
    let is_clock = (0..bytes.len()).any(|at| {
        is_digit(at)
            && matches!(bytes.get(at + 1), Some(b':' | b'.' | b'h' | b'/' | b'-'))
            && is_digit(at + 2)
            && is_digit(at + 3)
            && !is_digit(at + 4)
    });
    is_clock
        || words(text).any(|(_, word)| {
            word.len() == 4
                && (word.starts_with("19") || word.starts_with("20"))
                && word.bytes().all(|byte| byte.is_ascii_digit())
        })
        || text.to_lowercase().contains(" at ten")
}

/// Words before the name of a person.
const TITLES: [&str; 22] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "sir",
    "frau",
    "herr",
    "herrn",
    "m",
    "mme",
    "mlle",
    "madame",
    "monsieur",
    "aunt",
    "uncle",
    "tante",
    "onkel",
    "doctor",
    "tel",
];

/// A title with a name, or two words in a row with capital letters that begin no sentence.
fn has_name(text: &str) -> bool {
    let all: Vec<(usize, &str)> = words(text).collect();
    let is_capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(char::is_uppercase)
            && chars.next().is_none_or(|char| !char.is_uppercase())
    };
    all.windows(2).any(|pair| match pair {
        [(_, first), (at, second)] => {
            let is_title = TITLES.contains(&fold(first).as_str()) && is_capital(first);
            let gap = text.get(..*at).unwrap_or_default();
            let follows = gap.ends_with([' ', '.', '\u{A0}']);
            follows
                && is_capital(second)
                && (is_title
                    || (is_capital(first)
                        && gap.ends_with(' ')
                        && !gap.trim_end().ends_with(['.', ':', ';', '!', '?'])
                        || is_initial(first)))
        }
        _ => false,
    })
}

fn is_initial(word: &str) -> bool {
    word.chars().count() == 1 && word.chars().all(char::is_uppercase)
}

/// The longest run of digits, with single spaces and the marks of phone numbers between them.
fn digits_in_a_row(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    let mut before = ' ';
    for char in text.chars() {
        match char {
            char if char.is_ascii_digit() => run += 1,
            ' ' | '/' | '-' | '(' | ')' | '+' if before != char => {}
            _ => run = 0,
        }
        before = char;
        longest = longest.max(run);
    }
    longest
}

/// Two letters, two digits, and eleven or more of either, perhaps in groups.
fn has_iban(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|char| *char != ' ').collect();
    compact.windows(15).any(|window| {
        let (country, rest) = window.split_at(2);
        let (check, account) = rest.split_at(2);
        country.iter().all(char::is_ascii_uppercase)
            && check.iter().all(char::is_ascii_digit)
            && account.iter().all(char::is_ascii_alphanumeric)
            && account.iter().filter(|char| char.is_ascii_digit()).count() >= 6
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_say_what_they_want() {
        for (question, wanted) in [
            ("How much is a family ticket?", Wanted::Number),
            ("What does a new key cost?", Wanted::Money),
            ("When is the hall open?", Wanted::When),
            ("How long is the warranty?", Wanted::Duration),
            ("Who looks after the boiler?", Wanted::Who),
            ("What's the landlord's phone number?", Wanted::Phone),
            ("Wie viel kostet der Stellplatz?", Wanted::Money),
            ("Bis wann muss ich kündigen?", Wanted::When),
            ("Wer hat unterschrieben?", Wanted::Who),
            ("Wie lautet die IBAN?", Wanted::Account),
            ("Combien de temps dure la cuisson ?", Wanted::Duration),
            ("À quelle heure ferme le parc ?", Wanted::When),
            ("What colour is the door?", Wanted::Any),
        ] {
            assert_eq!(Wanted::of(question).first(), Some(&wanted), "{question}");
        }
    }

    #[test]
    fn what_is_counted_stands_behind_how_many() {
        for (question, word) in [
            ("How many chairs are there?", Some("chair")),
            ("Combien de pommes faut-il ?", Some("pomm")),
            ("Wie viele Stühle gibt es?", Some("stuhl")),
            ("How much is it?", None),
            ("Who counts the chairs?", None),
            ("How many", None),
        ] {
            assert_eq!(counted(question).as_deref(), word, "{question}");
        }
    }

    #[test]
    fn answers_are_known_by_their_looks() {
        for (wanted, yes, no) in [
            (Wanted::When, "It opens at 9:30.", "It opens slowly."),
            (Wanted::When, "bis zum 3. Mai", "bis zur Mauer"),
            (Wanted::Who, "ask Mr Quill", "ask the office"),
            (Wanted::Who, "Signed: Ann Gray", "Signed: yes"),
            (Wanted::Phone, "Tel. 0555 01 00", "room 12, 2024"),
            (Wanted::Email, "write to a.b@c.example", "meet @ noon"),
            (
                Wanted::Account,
                "DE12 3456 7890 1234 5678 90",
                "invoice 2024/12",
            ),
            (Wanted::Number, "a dozen eggs", "some eggs"),
            (Wanted::Duration, "cleaned twice", "cleaned well"),
        ] {
            assert!(wanted.is_in(yes), "{wanted:?} {yes}");
            assert!(!wanted.is_in(no), "{wanted:?} {no}");
        }
        assert!(
            has_money("12.50")
                && has_money("5 Euro")
                && has_money("£3")
                && !has_money("12:50")
                && !has_money("1.2.2024")
        );
    }
}
