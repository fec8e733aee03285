//! The quantities of a request: numbers in digits or words, with percent sign, unit or currency, and times
//! of the day.

/// What a request consists of.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Quantity(Quantity),
    /// A word in small letters, or an operator, a parenthesis or a question mark.
    Word(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Plain,
    Percent,
    /// A time of the day.
    Clock,
}

/// A number and what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Quantity {
    /// In plain notation; with several units, a sum in parentheses.
    pub(super) value: String,
    pub(super) number: f64,
    pub(super) kind: Kind,
    pub(super) unit: Option<Unit>,
    pub(super) currency: Option<&'static str>,
    /// Which item it is.
    pub(super) at: usize,
    /// The word behind it.
    pub(super) noun: String,
    has_parts: bool,
}

/// A unit as the calculator calls it, and what it measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
}

impl Quantity {
    fn new(value: String, number: f64, kind: Kind) -> Self {
        Self {
            value,
            number,
            kind,
            unit: None,
            currency: None,
            at: 0,
            noun: String::new(),
            has_parts: false,
        }
    }

    /// As it stands in an expression. Currencies are left out: they would not mix.
    pub(super) fn text(&self) -> String {
        match (self.kind, self.unit) {
            (Kind::Percent, _) => format!("{}%", self.value),
            (_, Some(unit)) if !self.has_parts => format!("{} {}", self.value, unit.name),
            _ => self.value.clone(),
        }
    }

    pub(super) fn is_time(&self) -> bool {
        self.unit.is_some_and(|unit| unit.kind == "time")
    }

    /// Whether it counts persons or things.
    pub(super) fn is_count(&self) -> bool {
        let is_whole = self.number.fract() == 0.0 && (1.0..=400.0).contains(&self.number);
        self.kind == Kind::Plain
            && is_whole
            && self.unit.is_none()
            && self.currency.is_none()
            && !self.value.contains('.')
            && self.noun.chars().next().is_some_and(char::is_alphabetic)
            && !matches!(
                self.noun.as_str(),
                "is" | "and"
                    | "with"
                    | "ist"
                    | "und"
                    | "est"
                    | "et"
                    | "plus"
                    | "at"
                    | "among"
                    | "between"
            )
    }
}

const UNITS: [(&str, &str, &str); 52] = [
    (
        "mm",
        "length",
        "mm millimetre millimeter millimetres millimeters millimètres milímetros",
    ),
    (
        "cm",
        "length",
        "cm centimetre centimeter centimetres centimeters zentimeter zentimetern centimètre centimètres centímetro centímetros",
    ),
    (
        "m",
        "length",
        "m metre meter metres meters metern mètre mètres metro metros",
    ),
    (
        "km",
        "length",
        "km kilometre kilometer kilometres kilometers kilometern kilomètre kilomètres kilómetro kilómetros kms",
    ),
    (
        "inches",
        "length",
        "inch inches zoll pouce pouces pulgada pulgadas",
    ),
    ("feet", "length", "ft foot feet fuß pied pieds"),
    ("yards", "length", "yd yard yards"),
    (
        "miles",
        "length",
        "mi mile miles meile meilen milla millas milles",
    ),
    ("nautical_miles", "length", "nmi"),
    ("mg", "mass", "mg milligram milligrams milligramm"),
    (
        "g",
        "mass",
        "g gram grams gramme grammes gramm gramo gramos",
    ),
    (
        "kg",
        "mass",
        "kg kilogram kilograms kilogramm kilo kilos kilogrammes kilogramos kilogramme",
    ),
    ("tonnes", "mass", "tonne tonnes tonnen toneladas"),
    ("oz", "mass", "oz ounce ounces unze unzen onces onza onzas"),
    (
        "lb",
        "mass",
        "lb lbs pound pounds pfund livre livres libra libras",
    ),
    ("stone", "mass", "stone stones"),
    (
        "ml",
        "volume",
        "ml millilitre milliliter millilitres milliliters mililitros",
    ),
    ("cl", "volume", "cl centilitre centilitres zentiliter"),
    ("dl", "volume", "dl decilitre decilitres deziliter"),
    (
        "litres",
        "volume",
        "l litre liter litres liters litern litro litros",
    ),
    (
        "gallons",
        "volume",
        "gallon gallons gallone gallonen gal galón galones",
    ),
    ("pints", "volume", "pint pints"),
    ("cups", "volume", "cup cups"),
    ("tablespoons", "volume", "tbsp tablespoon tablespoons"),
    ("teaspoons", "volume", "tsp teaspoon teaspoons"),
    ("m^3", "volume", "m³ m3 kubikmeter"),
    ("°C", "temperature", "°c celsius centigrade c"),
    ("°F", "temperature", "°f fahrenheit f"),
    ("kelvin", "temperature", "kelvin"),
    (
        "second",
        "time",
        "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos",
    ),
    (
        "minute",
        "time",
        "min mins minute minutes minuten minuto minutos",
    ),
    (
        "hour",
        "time",
        "h hr hrs hour hours stunde stunden std heure heures hora horas",
    ),
    ("day", "time", "day days tag tage tagen jour jours día días"),
    (
        "week",
        "time",
        "week weeks woche wochen semaine semaines semana semanas",
    ),
    (
        "month",
        "time",
        "month months monat monate monaten mois mes meses",
    ),
    (
        "year",
        "time",
        "year years jahr jahre jahren ans année années año años",
    ),
    ("m^2", "area", "m² m2 sqm quadratmeter quadratmetern"),
    ("cm^2", "area", "cm² cm2 quadratzentimeter"),
    ("km^2", "area", "km² km2 quadratkilometer"),
    ("feet^2", "area", "sqft"),
    ("acres", "area", "acre acres"),
    (
        "hectares",
        "area",
        "ha hectare hectares hektar hectárea hectáreas",
    ),
    ("km/h", "speed", "km/h kmh kph"),
    ("mph", "speed", "mph"),
    ("m/s", "speed", "m/s"),
    ("kB", "data", "kb kilobyte kilobytes"),
    ("MB", "data", "mb megabyte megabytes"),
    ("GB", "data", "gb gigabyte gigabytes"),
    ("TB", "data", "tb terabyte terabytes"),
    ("kcal", "energy", "kcal kilocalories kilokalorien calories"),
    ("kJ", "energy", "kj kilojoule kilojoules"),
    ("kWh", "energy", "kwh"),
];

const CURRENCIES: [(&str, &str); 14] = [
    ("EUR", "€ eur euro euros"),
    ("USD", "$ usd dollar dollars dólar dólares"),
    ("GBP", "£ gbp sterling quid"),
    ("CHF", "chf franc francs franken franco francos"),
    ("JPY", "¥ jpy yen"),
    ("DKK", "dkk"),
    ("SEK", "sek"),
    ("NOK", "nok"),
    (
        "CROWN",
        "crown crowns krone kronen kroner krona kronor couronne couronnes corona coronas koruna korunas",
    ),
    ("PLN", "pln zloty zlotys złoty"),
    ("CNY", "cny yuan renminbi"),
    ("INR", "inr rupee rupees rupien roupies rupias"),
    ("HUF", "huf forint forints"),
    ("TRY", "lira liras lire"),
];

/// Numbers in words.
const WORDS: [(&str, u32); 86] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("dozen", 12),
    ("hundred", 100),
    ("thousand", 1000),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dutzend", 12),
    ("zwanzig", 20),
    ("dreißig", 30),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("sept", 7),
    ("huit", 8),
    ("neuf", 9),
    ("dix", 10),
    ("onze", 11),
    ("douze", 12),
    ("quinze", 15),
    ("vingt", 20),
    ("trente", 30),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("doce", 12),
    ("quince", 15),
    ("veinte", 20),
    ("treinta", 30),
    ("docena", 12),
    ("cien", 100),
    ("hundert", 100),
    ("mil", 1000),
    ("mille", 1000),
    ("tausend", 1000),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("achtzehn", 18),
    ("treize", 13),
    ("quatorze", 14),
    ("seize", 16),
    ("catorce", 14),
    ("trece", 13),
    ("cuarenta", 40),
];

pub(super) fn unit(word: &str) -> Option<Unit> {
    UNITS
        .iter()
        .find(|(.., words)| words.split(' ').any(|other| other == word))
        .map(|(name, kind, _)| Unit { name, kind })
}

fn currency(word: &str) -> Option<&'static str> {
    CURRENCIES
        .iter()
        .find(|(_, words)| words.split(' ').any(|other| other == word))
        .map(|(name, _)| *name)
}

/// Units that are named without a number: what a result is wanted in.
pub(super) fn targets(items: &[Item]) -> Vec<Unit> {
    let words: Vec<&str> = items
        .iter()
        .map(|item| match item {
            Item::Word(word) => word.as_str(),
            Item::Quantity(_) => "#",
        })
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .copied()
            .unwrap_or("");
        let asks = matches!(
            before,
            "in" | "to"
                | "into"
                | "as"
                | "en"
                | "a"
                | "à"
                | "many"
                | "of"
                | "nach"
                | "zu"
                | "degrees"
                | "grad"
                | "degrés"
                | "grados"
                | "?"
        );
        // A letter alone is a unit only where one is asked for.
        let is_letter = word.chars().count() == 1;
        if is_letter && !asks {
            continue;
        }
        let squared = matches!(before, "square" | "sq" | "squared")
            || words.get(at + 1).is_some_and(|after| {
                matches!(*after, "carrés" | "carré" | "cuadrados" | "cuadrado" | "²")
            });
        let found_unit = match unit(word) {
            Some(Unit { name: "m", .. }) if squared => unit("m²"),
            Some(Unit { name: "cm", .. }) if squared => unit("cm²"),
            Some(Unit { name: "km", .. }) if squared => unit("km²"),
            Some(Unit { name: "feet", .. }) if squared => unit("sqft"),
            Some(Unit {
                name: "gallons", ..
            }) if matches!(before, "imperial" | "uk" | "british") => Some(Unit {
                name: "imperial_gallons",
                kind: "volume",
            }),
            Some(Unit { name: "pints", .. }) if matches!(before, "imperial" | "uk" | "british") => {
                Some(Unit {
                    name: "imperial_pints",
                    kind: "volume",
                })
            }
            Some(Unit { name: "km", .. }) if is_per_hour(&words, at) => unit("km/h"),
            Some(Unit { name: "miles", .. }) if is_per_hour(&words, at) => unit("mph"),
            other => other,
        };
        found.extend(found_unit);
    }
    found
}

fn is_per_hour(words: &[&str], at: usize) -> bool {
    matches!(
        words.get(at + 1..at + 3),
        Some([
            "per" | "an" | "pro" | "par" | "por",
            "hour" | "stunde" | "heure" | "hora"
        ])
    )
}

/// The currencies that are named, each once, in their order.
pub(super) fn currencies(items: &[Item]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for item in items {
        let named = match item {
            Item::Word(word) => currency(word).or_else(|| {
                (word == "pound"
                    || word == "pounds"
                    || word == "pfund"
                    || word == "livres"
                    || word == "libras")
                    .then_some("GBP")
            }),
            Item::Quantity(quantity) if quantity.unit.is_some_and(|unit| unit.name == "lb") => {
                Some("GBP")
            }
            Item::Quantity(quantity) => quantity.currency,
        };
        if let Some(named) = named.filter(|named| !found.contains(named)) {
            found.push(named);
        }
    }
    found
}

/// Words, numbers and what belongs together.
pub(super) fn items(request: &str) -> Vec<Item> {
    let mut items = join(cut(request));
    for at in 0..items.len() {
        let word = |at: usize| match items.get(at) {
            Some(Item::Word(word)) => word.as_str(),
            _ => "",
        };
        let noun = word(at + 1).to_owned();
        // Swedish kronor
        let is_adjective = noun.chars().count() > 3 && noun.chars().all(char::is_alphabetic);
        let named = currency(word(at + 2)).filter(|_| is_adjective);
        if let Some(Item::Quantity(quantity)) = items.get_mut(at) {
            quantity.at = at;
            quantity.noun = noun;
            if quantity.kind == Kind::Plain && quantity.unit.is_none() {
                quantity.currency = quantity.currency.or(named);
            }
        }
    }
    items
}

/// Languages that write a comma before the decimals.
fn has_decimal_comma(request: &str) -> bool {
    const WORDS: [&str; 42] = [
        "wie",
        "viel",
        "viele",
        "sind",
        "und",
        "von",
        "für",
        "mit",
        "prozent",
        "rechne",
        "kostet",
        "kosten",
        "mehrwertsteuer",
        "mwst",
        "steuer",
        "rabatt",
        "durchschnitt",
        "zusammen",
        "summe",
        "teilen",
        "jeder",
        "combien",
        "est",
        "les",
        "pour",
        "fait",
        "font",
        "avec",
        "coûte",
        "coûtent",
        "calcule",
        "moyenne",
        "chacun",
        "cuánto",
        "cuánta",
        "cuántos",
        "cuántas",
        "cuesta",
        "cuestan",
        "por",
        "calcula",
        "descuento",
    ];
    let lower = request.to_lowercase();
    lower
        .split(|char: char| !char.is_alphabetic())
        .any(|word| WORDS.contains(&word))
}

fn cut(request: &str) -> Vec<Item> {
    let has_comma = has_decimal_comma(request);
    let mut items = Vec::new();
    let mut rest = request;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        if char.is_ascii_digit() {
            let (item, left) = number(rest, has_comma);
            items.push(item);
            rest = left;
        } else if char.is_alphabetic() || char == '°' {
            let is_word = |char: char| char.is_alphabetic() || matches!(char, '°' | '²' | '³');
            let mut end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
            let next = rest.get(end..).unwrap_or_default();
            let word = rest.get(..end).unwrap_or_default().to_lowercase();
            if (word == "km" && next.starts_with("/h")) || (word == "m" && next.starts_with("/s")) {
                end += 2;
            } else if matches!(&*word, "m" | "cm" | "km")
                && next.starts_with(['2', '3'])
                && !next
                    .get(1..)
                    .unwrap_or_default()
                    .starts_with(|char: char| char.is_alphanumeric())
            {
                end += 1;
            }
            let word = rest.get(..end).unwrap_or_default().to_lowercase();
            items.push(Item::Word(word));
            rest = rest.get(end..).unwrap_or_default();
        } else {
            // The end of a sentence.
            if matches!(char, '.' | '!' | ';')
                && !after.starts_with(|char: char| !char.is_whitespace())
            {
                items.push(Item::Word(".".into()));
            }
            if matches!(
                char,
                '+' | '-'
                    | '−'
                    | '–'
                    | '*'
                    | '×'
                    | '·'
                    | '/'
                    | '÷'
                    | '^'
                    | '('
                    | ')'
                    | '%'
                    | '?'
                    | '€'
                    | '$'
                    | '£'
                    | '¥'
                    | '='
                    | '√'
                    | '\''
                    | '"'
                    | '″'
                    | '′'
                    | '½'
                    | ','
                    | ':'
            ) {
                items.push(Item::Word(char.into()));
            }
            rest = after;
        }
    }
    items
}

/// A number or a time of the day at the beginning of a text.
fn number(text: &str, has_comma: bool) -> (Item, &str) {
    let mut end = 0;
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    while digit(end) {
        end += 1;
    }
    // 9:40, 9h40
    let hour: u32 = text
        .get(..end)
        .and_then(|hour| hour.parse().ok())
        .unwrap_or(99);
    if hour < 25
        && matches!(bytes.get(end), Some(b':'))
        && digit(end + 1)
        && digit(end + 2)
        && !digit(end + 3)
    {
        let minutes = text.get(end + 1..end + 3).unwrap_or("00");
        let left = text.get(end + 3..).unwrap_or_default();
        let (hour, left) = half_of_day(hour, left);
        return (Item::Quantity(clock(hour, minutes)), left);
    }
    if hour < 13
        && let (later, left) = half_of_day(hour, text.get(end..).unwrap_or_default())
        && left.len() < text.len() - end
    {
        return (Item::Quantity(clock(later, "00")), left);
    }
    loop {
        let separator = bytes.get(end).copied();
        let groups = (1..=3).filter(|at| digit(end + at)).count();
        let is_group = groups == 3 && !digit(end + 4);
        let goes_on = match separator {
            Some(b'.' | b',') => digit(end + 1),
            Some(b' ' | b'\'') => {
                is_group
                    && !text
                        .get(..end)
                        .is_some_and(|before| before.contains(['.', ',']))
                    && end <= 3
            }
            _ => false,
        };
        // A list of numbers: 12,15,18.
        if !goes_on {
            break;
        }
        end += 1;
        while digit(end) {
            end += 1;
        }
    }
    let (digits, left) = text.split_at_checked(end).unwrap_or((text, ""));
    let value = plain(digits, has_comma);
    let number = value.parse().unwrap_or(0.0);
    (
        Item::Quantity(Quantity::new(value, number, Kind::Plain)),
        left,
    )
}

fn clock(hour: u32, minutes: &str) -> Quantity {
    let number = f64::from(hour * 60 + minutes.parse::<u32>().unwrap_or(0));
    Quantity::new(format!("{hour}:{minutes}"), number, Kind::Clock)
}

/// am and pm.
fn half_of_day(hour: u32, text: &str) -> (u32, &str) {
    let trimmed = text.strip_prefix(' ').unwrap_or(text);
    for (mark, is_later) in [
        ("pm", true),
        ("p.m.", true),
        ("am", false),
        ("a.m.", false),
        ("PM", true),
        ("AM", false),
    ] {
        if let Some(left) = trimmed.strip_prefix(mark)
            && !left.starts_with(char::is_alphabetic)
        {
            let hour = match (hour, is_later) {
                (12, false) => 0,
                (12, true) => 12,
                (hour, true) if hour < 12 => hour + 12,
                (hour, _) => hour,
            };
            return (hour, left);
        }
    }
    (hour, text)
}

/// Digits with at most one point.
fn plain(digits: &str, has_comma: bool) -> String {
    let digits: String = digits
        .chars()
        .filter(|char| !matches!(char, ' ' | '\''))
        .collect();
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let decimals = |mark: char| {
        digits
            .rsplit_once(mark)
            .map_or(0, |(_, decimals)| decimals.len())
    };
    let decimal = match (points, commas) {
        (0, 0) => return digits,
        (1, 0) if decimals('.') == 3 && has_comma => None,
        (1, 0) => Some('.'),
        (_, 0) => None,
        (0, 1) if decimals(',') == 3 && !has_comma => None,
        (0, 1) => Some(','),
        (0, _) => None,
        _ if digits.rfind('.') > digits.rfind(',') => Some('.'),
        _ => Some(','),
    };
    let mut plain = String::new();
    let at = decimal.and_then(|mark| digits.rfind(mark));
    for (index, char) in digits.char_indices() {
        if Some(index) == at {
            plain.push('.');
        } else if char.is_ascii_digit() {
            plain.push(char);
        }
    }
    plain
}

/// Puts numbers in words, percent signs, units and currencies to the numbers.
fn join(cut: Vec<Item>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = cut.into_iter().peekable();
    while let Some(item) = rest.next() {
        let Item::Word(word) = item else {
            push_number(&mut items, item);
            continue;
        };
        let next = match rest.peek() {
            Some(Item::Word(next)) => next.clone(),
            _ => String::new(),
        };
        let last = match items.last_mut() {
            Some(Item::Quantity(quantity)) => Some(quantity),
            _ => None,
        };
        let has_number = last.is_some();
        match word.as_str() {
            "%" | "percent" | "prozent" if has_number => set(last, |one| one.kind = Kind::Percent),
            "per" | "pour" | "por" if has_number && matches!(&*next, "cent" | "ciento") => {
                rest.next();
                set(last, |one| one.kind = Kind::Percent);
            }
            "per" | "pour" | "por" if matches!(&*next, "cent" | "ciento") => {
                rest.next();
                items.push(Item::Word("percent".into()));
            }
            "degree" | "degrees" | "grad" | "degrés" | "grados" if has_number => {
                match unit(&next).filter(|unit| unit.kind == "temperature") {
                    Some(unit) => {
                        rest.next();
                        set(last, |one| one.unit = Some(unit));
                    }
                    None => items.push(Item::Word(word)),
                }
            }
            "imperial" | "uk" | "us" | "british"
                if has_number && matches!(&*next, "gallon" | "gallons" | "pint" | "pints") =>
            {
                let is_gallon = next.starts_with('g');
                let name = match (&*word, is_gallon) {
                    ("us", true) => "gallons",
                    ("us", false) => "pints",
                    (_, true) => "imperial_gallons",
                    _ => "imperial_pints",
                };
                rest.next();
                set(last, |one| {
                    one.unit = Some(Unit {
                        name,
                        kind: "volume",
                    })
                });
            }
            "fl" if has_number && next == "oz" => {
                rest.next();
                set(last, |one| {
                    one.unit = Some(Unit {
                        name: "floz",
                        kind: "volume",
                    })
                });
            }
            "square" | "sq" if has_number => {
                let name = match unit(&next).map(|unit| unit.name) {
                    Some("m") => "m^2",
                    Some("cm") => "cm^2",
                    Some("feet") => "feet^2",
                    Some("km") => "km^2",
                    _ => {
                        items.push(Item::Word(word));
                        continue;
                    }
                };
                rest.next();
                set(last, |one| one.unit = Some(Unit { name, kind: "area" }));
            }
            // Half an hour.
            "half" if matches!(&*next, "a" | "an") => {
                rest.next();
                let named = match rest.peek() {
                    Some(Item::Word(word)) => unit(word),
                    _ => None,
                };
                if named.is_some() {
                    rest.next();
                    let mut half = Quantity::new("0.5".into(), 0.5, Kind::Plain);
                    half.unit = named;
                    items.push(Item::Quantity(half));
                } else {
                    items.extend([Item::Word(word), Item::Word(next)]);
                }
            }
            // Three and a half.
            "and" if has_number && matches!(&*next, "a") => {
                rest.next();
                let part = match rest.peek() {
                    Some(Item::Word(part)) if part == "half" => Some(0.5),
                    Some(Item::Word(part)) if part == "quarter" => Some(0.25),
                    _ => None,
                };
                match part {
                    Some(part) => {
                        rest.next();
                        set(last, |one| {
                            one.number += part;
                            one.value = one.number.to_string();
                        });
                    }
                    None => {
                        items.push(Item::Word(word));
                        items.push(Item::Word(next));
                    }
                }
            }
            _ => read_word(word, &mut items),
        }
    }
    items
}

fn set(quantity: Option<&mut Quantity>, change: impl FnOnce(&mut Quantity)) {
    if let Some(quantity) = quantity {
        change(quantity);
    }
}

/// A word that may be a unit, a currency or a number.
fn read_word(word: String, items: &mut Vec<Item>) {
    if let Some(Item::Quantity(last)) = items.last_mut()
        && last.kind == Kind::Plain
        && last.currency.is_none()
    {
        let part = last.unit.and_then(|unit| smaller(unit.name)).and_then(unit);
        if last.has_parts && part.is_some() && unit(&word) == part {
            return;
        }
        if let Some(found) = unit(&word).filter(|_| last.unit.is_none()) {
            last.unit = Some(found);
            merge(items);
            return;
        }
        if let Some(found) = currency(&word).filter(|_| last.unit.is_none()) {
            last.currency = Some(found);
            return;
        }
    }
    let number = WORDS.iter().find(|(name, _)| *name == word);
    let Some((_, number)) = number else {
        items.push(Item::Word(word));
        return;
    };
    let number = f64::from(*number);
    // Twenty-five, two hundred.
    let is_dash = matches!(items.last(), Some(Item::Word(dash)) if dash == "-");
    if is_dash && items.len() > 1 && number < 10.0 {
        let before = items.len() - 2;
        if let Some(Item::Quantity(tens)) = items.get_mut(before)
            && (20.0..100.0).contains(&tens.number)
        {
            tens.number += number;
            tens.value = tens.number.to_string();
            items.pop();
            return;
        }
    }
    if let Some(Item::Quantity(last)) = items.last_mut()
        && last.unit.is_none()
        && last.currency.is_none()
        && last.kind == Kind::Plain
        && number >= 12.0
        && (number == 12.0 || number >= 100.0)
    {
        last.number *= number;
        last.value = last.number.to_string();
        return;
    }
    push_number(
        items,
        Item::Quantity(Quantity::new(number.to_string(), number, Kind::Plain)),
    );
}

/// A number; a currency sign in front of it belongs to it.
fn push_number(items: &mut Vec<Item>, item: Item) {
    let Item::Quantity(mut quantity) = item else {
        return;
    };
    if let Some(Item::Word(word)) = items.last()
        && let Some(found) = currency(word)
        && (word.chars().count() == 1 || word.len() == 3)
    {
        quantity.currency = Some(found);
        items.pop();
    }
    // 3 h 25, 6 ft 2
    if let Some(Item::Quantity(last)) = items.last_mut()
        && let Some(small) = last.unit.and_then(|unit| smaller(unit.name))
        && quantity.number < 60.0
        && !last.has_parts
        && quantity.kind == Kind::Plain
    {
        quantity.unit = unit(small);
    }
    items.push(Item::Quantity(quantity));
    merge(items);
}

fn smaller(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "hour" => "min",
        "feet" => "inches",
        "minute" => "s",
        "stone" => "lb",
        _ => return None,
    })
}

/// Makes one quantity of two neighbours such as 5 feet and 2 inches.
fn merge(items: &mut Vec<Item>) {
    let is_and = matches!(items.get(items.len().wrapping_sub(2)), Some(Item::Word(and)) if matches!(and.as_str(), "and" | "und" | "et" | "y"));
    let between = usize::from(is_and);
    let Some(at) = items.len().checked_sub(2 + between) else {
        return;
    };
    let (Some(Item::Quantity(large)), Some(Item::Quantity(small))) = (items.get(at), items.last())
    else {
        return;
    };
    let (Some(unit), Some(part)) = (large.unit, small.unit) else {
        return;
    };
    let fits = smaller(unit.name).and_then(self::unit) == Some(part)
        || unit.name == "lb" && part.name == "oz"
        || unit.name == "kg" && part.name == "g"
        || unit.name == "day" && part.name == "hour";
    if !fits || small.has_parts || is_and && (small.number >= 60.0 || large.has_parts) {
        return;
    }
    let mut whole = large.clone();
    let so_far = match large.has_parts {
        true => large.value.trim_matches(['(', ')']).to_owned(),
        false => large.text(),
    };
    whole.value = format!("({so_far} + {})", small.text());
    whole.has_parts = true;
    items.truncate(at);
    items.push(Item::Quantity(whole));
}
