//! A calculation that is asked for in words: prices, percentages, shares, units, times.
//!
//! [`read`] finds the quantities of a request, and each rule knows one kind of question about them. What
//! no rule knows is left to the model.

mod quantity;

use quantity::{Item, Kind, Quantity};

/// The expression that a request asks for.
pub(super) fn read(request: &str) -> Option<String> {
    if request.len() > 1000 {
        return None;
    }
    let question = Question::new(request);
    let rules: [fn(&Question) -> Option<String>; 18] = [
        written,
        commanded,
        times,
        conversion,
        exchange,
        percentage,
        average,
        consumption,
        several,
        scaled,
        fraction,
        area,
        rate,
        fitting,
        difference,
        share,
        product,
        together,
    ];
    rules.iter().find_map(|rule| rule(&question))
}

/// A request and what is in it.
struct Question {
    items: Vec<Item>,
    /// All words in small letters, with a space before and after each.
    text: String,
}

impl Question {
    fn new(request: &str) -> Self {
        let items = quantity::items(request);
        let mut text = String::from(" ");
        for item in &items {
            match item {
                Item::Word(word) => text.push_str(word),
                Item::Quantity(_) => text.push('#'),
            }
            text.push(' ');
        }
        Self { items, text }
    }

    fn quantities(&self) -> Vec<&Quantity> {
        self.items
            .iter()
            .filter_map(|item| match item {
                Item::Quantity(quantity) => Some(quantity),
                Item::Word(_) => None,
            })
            .collect()
    }

    /// Whether one of these words or phrases occurs; one that ends in `*` may go on.
    fn has(&self, words: &str) -> bool {
        self.find(words).is_some()
    }

    /// Where the first of these words is.
    fn find(&self, words: &str) -> Option<usize> {
        words
            .split('|')
            .filter_map(|word| match word.strip_suffix('*') {
                Some(beginning) => self.text.find(&format!(" {beginning}")),
                None => self.text.find(&format!(" {word} ")),
            })
            .min()
    }

    /// The percentage and the other numbers, if there is one percentage.
    fn split_percent(&self) -> Option<(&Quantity, Vec<&Quantity>)> {
        let (percents, others): (Vec<_>, Vec<_>) = self
            .quantities()
            .into_iter()
            .partition(|quantity| quantity.kind == Kind::Percent);
        match percents.as_slice() {
            [percent] => Some((percent, others)),
            _ => None,
        }
    }

    /// The words of the sentence in front of a quantity and behind it, up to the next one.
    fn near(&self, quantity: &Quantity) -> (String, String) {
        let at = quantity.at;
        let word = |item: &Item| match item {
            Item::Word(word) if word != "." => Some(word.clone()),
            _ => None,
        };
        let mut before: Vec<String> = self.items.iter().take(at).rev().map_while(word).collect();
        before.reverse();
        let after: Vec<String> = self.items.iter().skip(at + 1).map_while(word).collect();
        let pad = |words: Vec<String>| format!(" {} ", words.join(" "));
        (pad(before), pad(after))
    }
}

fn any(text: &str, words: &str) -> bool {
    words.split('|').any(|word| match word.strip_suffix('*') {
        Some(beginning) => text.contains(&format!(" {beginning}")),
        None => text.contains(&format!(" {word} ")),
    })
}

/// An expression as it is written or spelled out: `(3 + 4) * 2`, `17 times 23`, `square root of 81`.
fn written(question: &Question) -> Option<String> {
    let text = question.text.as_str();
    // From the first operand to the last.
    let first = question.items.iter().position(|item| match item {
        Item::Quantity(_) => true,
        Item::Word(word) => matches!(word.as_str(), "(" | "√" | "sqrt") || word == "square",
    })?;
    let last = question.items.iter().rposition(|item| match item {
        Item::Quantity(_) => true,
        Item::Word(word) => matches!(word.as_str(), ")" | "squared" | "cubed" | "²" | "³"),
    })?;
    let mut expression = String::new();
    let mut operators = 0;
    let mut operands = 0;
    let mut at = first;
    while at <= last {
        let item = question.items.get(at)?;
        at += 1;
        let word = match item {
            Item::Quantity(quantity) => {
                operands += 1;
                expression.push_str(&quantity.text());
                expression.push(' ');
                continue;
            }
            Item::Word(word) => word.as_str(),
        };
        let mut then = |words: &[&str]| {
            let is_next = matches!(question.items.get(at), Some(Item::Word(next)) if words.contains(&next.as_str()));
            at += usize::from(is_next);
            is_next
        };
        let operator = match word {
            "+" | "plus" | "más" | "mas" => "+",
            "-" | "−" | "–" | "minus" | "moins" | "menos" | "weniger" => "-",
            "*" | "×" | "·" | "x" | "times" | "mal" | "fois" => "*",
            "multiplied" | "multipliziert" | "multiplié" | "multiplicado" => {
                then(&["by", "mit", "par", "por"]);
                "*"
            }
            "por" => "*",
            "/" | "÷" | "over" => "/",
            "divided" | "geteilt" | "divisé" | "dividido" => {
                then(&["by", "durch", "par", "por", "entre"]);
                "/"
            }
            "durch" | "entre" if operands > 0 => "/",
            "^" | "hoch" => "^",
            "to" if then(&["the"]) && then(&["power"]) => {
                then(&["of"]);
                "^"
            }
            "²" | "squared" => {
                operators += 1;
                expression.push_str("^2 ");
                continue;
            }
            "³" | "cubed" => {
                operators += 1;
                expression.push_str("^3 ");
                continue;
            }
            "√" | "sqrt" => {
                operators += 1;
                operands += 1;
                expression.push_str("sqrt ");
                continue;
            }
            "square" if then(&["root"]) => {
                then(&["of"]);
                operators += 1;
                operands += 1;
                expression.push_str("sqrt ");
                continue;
            }
            "(" | ")" => {
                expression.push_str(word);
                continue;
            }
            _ => return None,
        };
        operators += 1;
        expression.push_str(operator);
        expression.push(' ');
    }
    let is_root = any(text, "wurzel|quadratwurzel|racine|raíz") && operands == 1;
    if is_root {
        return Some(format!("sqrt {}", expression.trim()));
    }
    let asks = any(
        text,
        "percent|percentage|per cent|area|floor|size|big|large|m²|fläche|square|surface|área|cada|each|jeder|chacun",
    );
    let is_plain = expression.starts_with("sqrt") || !asks;
    (operators > 0 && operands > 1 && is_plain || operators > 0 && expression.contains('^'))
        .then(|| expression.trim().into())
}

/// `multiply 3 by 4`, `subtract 5 from 20`, `add 8% to 310`.
fn commanded(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let [a, b] = quantities.get(..2)? else {
        return None;
    };
    let (_, between) = question.near(a);
    let (before, _) = question.near(a);
    let (left, right) = (a.text(), b.text());
    let expression = if any(&before, "multiply|multipliziere|multiplie|multiplica") {
        format!("{left} * {right}")
    } else if any(&before, "divide|teile|dividiere|divise|dividir")
        && any(&between, "by|durch|par|por|entre")
    {
        format!("{left} / {right}")
    } else if any(
        &before,
        "subtract|take|deduct|zieh|ziehe|subtrahiere|retire|soustrais|resta|quita",
    ) && any(&between, "from|off|von|de")
    {
        format!("{right} - {left}")
    } else if any(&before, "add|addiere|ajoute|suma|añade") && any(&between, "to|zu|à|a") {
        format!("{right} + {left}")
    } else if any(&before, "increase|raise|erhöhe|augmente|aumenta") && b.kind == Kind::Percent {
        format!("{left} + {right}")
    } else if any(&before, "reduce|decrease|lower|verringere|réduis|reduce")
        && b.kind == Kind::Percent
    {
        format!("{left} - {right}")
    } else {
        return None;
    };
    let Some(c) = quantities.get(2) else {
        return Some(expression);
    };
    let (before, _) = question.near(c);
    let operator = if any(&before, "add|plus") {
        "+"
    } else if any(&before, "subtract|minus|take") {
        "-"
    } else if any(&before, "multiply|times") {
        "*"
    } else if any(&before, "divide") {
        "/"
    } else {
        return None;
    };
    Some(format!("({expression}) {operator} {}", c.text()))
}

/// The time between two times of the day, or one and how long something lasts.
fn times(question: &Question) -> Option<String> {
    let (clocks, others): (Vec<_>, Vec<_>) = question
        .quantities()
        .into_iter()
        .partition(|quantity| quantity.kind == Kind::Clock);
    let durations: Vec<&&Quantity> = others.iter().filter(|other| other.is_time()).collect();
    match (clocks.as_slice(), durations.as_slice()) {
        ([start, end], []) => Some(span(start, end)),
        ([start, end], [pause]) => Some(format!("{} - {}", span(start, end), pause.text())),
        ([start], [length]) => {
            let sign = match question.has("before|earlier|ago|vor|vorher|früher|avant|antes") {
                true => '-',
                false => '+',
            };
            Some(format!("{} {sign} {}", start.text(), length.text()))
        }
        _ => None,
    }
}

fn span(start: &Quantity, end: &Quantity) -> String {
    // Over midnight.
    let day = if end.number < start.number {
        " + 24:00"
    } else {
        ""
    };
    format!("{} - {}{day}", end.text(), start.text())
}

/// One measure, and another unit of the same kind.
fn conversion(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let measured: Vec<&&Quantity> = quantities.iter().filter(|one| one.unit.is_some()).collect();
    let [from] = measured.as_slice() else {
        return None;
    };
    let others = quantities.len() - 1;
    let unit = from.unit?;
    let target = quantity::targets(&question.items)
        .into_iter()
        .find(|target| target.kind == unit.kind && target.name != unit.name)?;
    (others == 0
        || quantities
            .iter()
            .all(|one| one.number == 1.0 || one.at == from.at))
    .then(|| format!("{} to {}", from.text(), target.name))
}

/// Money in another currency, at a rate that is given.
fn exchange(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let amounts: Vec<&&Quantity> = quantities
        .iter()
        .filter(|one| one.kind == Kind::Plain && one.number != 1.0)
        .collect();
    let [a, b] = amounts.as_slice() else {
        return None;
    };
    let currencies = quantity::currencies(&question.items);
    if currencies.len() < 2 {
        return None;
    }
    // The rate is said of one of the other: a franc is 1.06 euros.
    let is_rate = |quantity: &Quantity| {
        let (before, _) = question.near(quantity);
        any(
            &before,
            "is|equals|costs|cost|buys|gets|worth|rate|=|at|ist|sind|kostet|entspricht|wert|kurs|vaut|taux|vale|equivale|cambio|kurs|für|for|per|je",
        ) && any(
            &before,
            "a|an|one|the|ein|einen|einem|der|dem|die|un|une|l|le|la|el|rate|kurs|taux|#|1|per|je|cambio|euro|dollar|dólar|franc|franken",
        )
    };
    let (rate, amount) = match (is_rate(a), is_rate(b)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        // A rate has decimals and is small.
        _ if a.number < b.number => (a, b),
        _ => (b, a),
    };
    // The amount is in the currency of the rate, or in the one that the rate is said of.
    let of = |quantity: &Quantity| match quantity.unit {
        Some(unit) if unit.name == "lb" => Some("GBP"),
        _ => quantity.currency,
    };
    let (rate_in, amount_in) = (of(rate)?, of(amount)?);
    match rate_in == amount_in {
        true => Some(format!("{} / {}", amount.value, rate.value)),
        false => Some(format!("{} * {}", amount.value, rate.value)),
    }
}

const TAX: &str =
    "vat|tax|taxes|gst|mwst|mehrwertsteuer|umsatzsteuer|steuer|ust|tva|taxe|iva|impuesto|impuestos";
const INCLUDED: &str = "contain*|includ*|inside|part of|therein|darin|enthalten|enthält|steckt|stecken|inklusive|compris*|inclu*|contien*|hidden";
const WITHOUT: &str = "without|before|net|excluding|excl|ex|netto|nettopreis|nettobetrag|ohne|hors|sans|ht|sin|neto|bleibt|deducted|taken off|exclusive";
const OFF: &str = "off|discount*|reduc*|reduction|reduziert*|rabatt*|sale|cheaper|less|minus|lower|nachlass|skonto|remise|réduction|solde*|moins|descuento*|rebaja*|menos|falls|fell|drops|dropped|decrease*|decline*|loses|lost|sinkt|sinken|weniger|günstiger|deduct*|markdown|down|shrank|shrink*|shrunk|cut|rebate|baisse*|soldé*|baja|bajó|moins cher";
const MORE: &str = "add*|plus|on top|with|gross|brutto|tip|service|rise*|rises|raise*|raised|more|increase*|mehr|steigt|zuzüglich|ajout*|augment*|más|con|sube|aumenta*|extra|grows|grow|grew|markup|surcharge|aufschlag|erhöh*|goes up|went up|higher|teurer|dearer|ttc|avec|propina|trinkgeld|pourboire|including|incl|inclusive|all together|in all|total|whole";
const INTEREST: &str =
    "interest|zins*|intérêt*|interés|intereses|per annum|p a|a year|yearly|annual*";

/// Questions with one percentage, or that ask for one.
fn percentage(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let Some((percent, others)) = question.split_percent() else {
        return asked_percent(question, &quantities);
    };
    let p = &percent.value;
    let (spans, mut amounts): (Vec<&Quantity>, Vec<&Quantity>) =
        others.into_iter().partition(|one| one.is_time());
    if question.has(INTEREST) && !amounts.is_empty() {
        let base = &amounts.first()?.value;
        return Some(interest(question, base, p, spans.first().copied()));
    }
    // So many people share it, or so many things cost it.
    let mut count = None;
    if let [a, b] = amounts.as_slice() {
        let (few, base) = if a.is_count() { (*a, *b) } else { (*b, *a) };
        if !few.is_count() {
            return None;
        }
        count = Some(few);
        amounts = vec![base];
    }
    let [base] = amounts.as_slice() else {
        return None;
    };
    let b = base.text();
    let total = {
        let (_, after_percent) = question.near(percent);
        let follows = base.at > percent.at;
        let begins = |words: &str| {
            words
                .split('|')
                .any(|word| after_percent.starts_with(&format!(" {word} ")))
        };
        let is_whole = question.has("whole|total|in all|altogether|all in all|pay|gesamt*|insgesamt|zusammen|tout compris|en total");
        let is_of = follows
            && (begins("of|von|de|des|du|d|del|auf|sur|sobre") || any(&after_percent, "on"))
            && !question.has(OFF)
            && !is_whole;
        let asks_part = question.has("how much do i save|how much would i save|saving*|save|spare|ersparnis|how much is the discount|how much is the tip|what tip|how big a tip|what is the tip|amount of the tip|the discount worth|how big is the discount|wie viel spare");
        let (before_base, after_base) = question.near(base);
        let near = format!("{before_base}{after_base}");
        let is_gross = any(
            &near,
            "gross|brutto|included|including|includes|incl|inclusive|inklusive|ttc|comprise|incluido|contained|contains",
        );
        let is_net = !is_gross
            && any(
                &near,
                "net|netto|without|before|excluding|excl|ohne|hors|ht|sans|sin|neto|neta",
            );
        let is_tax = question.has(TAX) || question.has("net|netto") && question.has("gross|brutto");
        let asks_tax = question.has("how much vat|how much tax|how much is the tax|how much is the vat|how much of it is|how much of that is|what is the vat|what is the tax|the tax in|the vat in|the tax part|the vat part|wie viel mehrwertsteuer|wie viel mwst|wie viel steuer|wie hoch ist die|combien de tva|quelle est la tva|montant de la tva|cuánto iva|cuánto es el iva|which part|tax content|vat content|tax portion|vat portion");
        let is_inside =
            is_gross || question.has(INCLUDED) || question.has("in #|in the|in a|in it");
        if is_tax && asks_tax && is_inside {
            format!("{b} / (1 + {p}/100) * {p}/100")
        } else if is_tax && asks_tax {
            format!("{p}% of {b}")
        } else if is_tax && !is_net && question.has(WITHOUT) {
            format!("{b} / (1 + {p}/100)")
        } else if asks_part || is_of {
            format!("{p}% of {b}")
        } else if question.has(OFF) {
            format!("{b} - {p}%")
        } else if question.has(MORE) || is_tax {
            format!("{b} + {p}%")
        } else {
            format!("{p}% of {b}")
        }
    };
    match count {
        Some(count) if question.has(EACH) || question.has(SPLIT) => {
            Some(format!("({total}) / {}", count.value))
        }
        Some(count) => Some(format!("({total}) * {}", count.value)),
        None => Some(total),
    }
}

/// Simple interest, or compound where it is asked for.
fn interest(question: &Question, base: &str, p: &str, span: Option<&Quantity>) -> String {
    let years = match span {
        Some(span) => match span.unit.map(|unit| unit.name) {
            Some("month") => format!("{}/12", span.value),
            Some("week") => format!("{}/52", span.value),
            Some("day") => format!("{}/365", span.value),
            _ => span.value.clone(),
        },
        None => "1".into(),
    };
    let is_total = question.has("total|balance|end up|in all|altogether|grow* to|worth|have after|account after|repay|pay back|insgesamt|endkapital|kapital nach|become*|capital final");
    let is_compound = question.has("compound*|zinseszins*|composé*|compuesto*|reinvested")
        && !question.has("without compounding|not compounded|no compound*|ohne zinseszins");
    match (is_compound, is_total) {
        (true, true) => format!("{base} * (1 + {p}/100)^({years})"),
        (true, false) => format!("{base} * (1 + {p}/100)^({years}) - {base}"),
        (false, true) => format!("{base} + {base} * {p}/100 * {years}"),
        (false, false) => format!("{base} * {p}/100 * {years}"),
    }
}

/// How many per cent one number is of another, or how many more it is.
fn asked_percent(question: &Question, quantities: &[&Quantity]) -> Option<String> {
    if !question.has("percent|percentage|per cent|percents|%|prozent|pour cent|pourcentage|por ciento|porcentaje|rate of growth") {
        return None;
    }
    let plain: Vec<&&Quantity> = quantities
        .iter()
        .filter(|one| one.kind == Kind::Plain)
        .collect();
    let [a, b] = plain.as_slice() else {
        return None;
    };
    let (x, y) = (&a.value, &b.value);
    let changes = question.has("from|grew|grow*|growth|rise*|rose|increase*|went up|goes up|up from|change*|raised|raise|fell|drop*|decrease*|decline*|gestiegen|steigt|stieg|wuchs|gewachsen|sank|gesunken|zunahme|erhöht|augment*|passe*|baiss*|sub*|aumenta*|baja*|cheaper|dearer|discount|more|less|lost|gained|reduced|now");
    let (_, between) = question.near(a);
    if any(&between, "of|out of|von|de|sur|aus|among|in")
        && !any(&between, "to|now|auf|à|a")
        && !question.has("growth|from")
    {
        return Some(format!("{x} / {y} * 100"));
    }
    if changes {
        return Some(match a.number > b.number && question.has("fell|drop*|decrease*|decline*|cheaper|discount|less|lost|sank|gesunken|baiss*|baja*|reduced|down") {
            true => format!("({x} - {y}) / {x} * 100"),
            false => format!("({y} - {x}) / {x} * 100"),
        });
    }
    Some(match a.number < b.number {
        true => format!("{x} / {y} * 100"),
        false => format!("{y} / {x} * 100"),
    })
}

fn list(quantities: &[&Quantity]) -> String {
    let texts: Vec<String> = quantities.iter().map(|one| one.text()).collect();
    texts.join(", ")
}

fn average(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let asks = question.has(
        "average|mean|averages|durchschnitt*|mittelwert|mittel|moyenne|media|promedio|schnitt",
    );
    (asks && quantities.len() > 1 && !question.has("speed|geschwindigkeit|vitesse|velocidad"))
        .then(|| format!("average({})", list(&quantities)))
}

/// A price or an amount for so many, wanted for another number.
fn scaled(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let [a, b, c] = quantities.as_slice() else {
        return None;
    };
    if quantities.iter().any(|one| one.kind != Kind::Plain) {
        return None;
    }
    let is_question = |one: &Quantity| {
        let (before, after) = question.near(one);
        any(
            &before,
            "how|what|which|wie|was|combien|cuánt*|need|for|pour|para|für|do|would|if|and|make|,",
        ) || any(&after, "?")
    };
    if !is_question(c) || question.has("each|apiece|jeder|chacun") {
        return None;
    }
    let is_amount = |one: &Quantity| {
        one.unit.is_some_and(|unit| unit.kind != "time")
            || one.currency.is_some()
            || one.value.contains('.')
    };
    let amount_first = match (is_amount(a), is_amount(b)) {
        (true, false) => true,
        (false, true) => false,
        // For 4 people 300 g; 300 g for 4 people.
        _ => a.number > b.number,
    };
    let (amount, count) = if amount_first { (a, b) } else { (b, a) };
    // The same things are counted.
    let same_thing = is_amount(c) && !is_amount(count);
    if same_thing {
        return None;
    }
    let unit = amount.text();
    Some(format!("{unit} / {} * {}", count.value, c.value))
}

/// Litres on a hundred kilometres, and speed.
fn consumption(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let kind = |kind: &'static str| {
        quantities
            .iter()
            .find(|one| one.unit.is_some_and(|unit| unit.kind == kind) && one.number != 100.0)
    };
    if let (Some(way), Some(volume)) = (kind("length"), kind("volume"))
        && question
            .has("per #|on #|auf #|aux #|por cada #|consumption|verbrauch*|consumo|consommation")
    {
        return Some(format!("{} / {} * 100", volume.value, way.value));
    }
    if let (Some(way), Some(time)) = (kind("length"), kind("time"))
        && quantities.len() == 2
        && question.has("speed|fast|schnell|geschwindigkeit|vitesse|velocidad|per hour|km/h|mph")
    {
        return Some(format!("{} / {}", way.text(), time.text()));
    }
    None
}

/// Half of something, a quarter, two thirds, double.
fn fraction(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let (base, count) = match quantities.as_slice() {
        [base] => (base, "1"),
        [count, base]
            if question
                .has("thirds|quarters|fifths|eighths|drittel|viertel|fünftel|tiers|quarts") =>
        {
            (base, count.value.as_str())
        }
        _ => return None,
    };
    let b = base.text();
    let part = |n: u32| Some(format!("{b} / {n} * {count}"));
    if question.has("half|halved|hälfte|halb|halbe|moitié|mitad") {
        part(2)
    } else if question.has("third|thirds|drittel|tiers|tercio") {
        part(3)
    } else if question.has("quarter|quarters|viertel|quart|quarts|cuarto|cuarta") {
        part(4)
    } else if question.has("fifth|fifths|fünftel|cinquième|quinto") {
        part(5)
    } else if question.has("eighth|eighths|achtel") {
        part(8)
    } else if question.has("tenth|tenths|zehntel|dixième|décimo") {
        part(10)
    } else if question.has("double|doubled|twice|doppelt*|verdopp*|double|doble") {
        Some(format!("{b} * 2"))
    } else if question.has("triple|tripled|thrice|three times|dreifach*") {
        Some(format!("{b} * 3"))
    } else {
        None
    }
}

/// Two or three lengths make an area or a room.
fn area(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let asks = question.has("area|floor|surface|size|big|large|square|m²|sq|m2|cm²|fläche|flächeninhalt|groß|gross|quadratmeter|superficie|surface|aire|mètres carrés|área|metros cuadrados|grande|how much grass|carpet|tiles|paint");
    let sizes: Vec<&&Quantity> = quantities
        .iter()
        .filter(|one| one.kind == Kind::Plain)
        .collect();
    let crossed = question.has("# by #|# x #|# times #|# × #|# * #|# mal #|# auf #|# sur #|# por #|# wide|# long|wide|long|breit|lang|large|ancho|largo");
    let is_length = |one: &Quantity| one.unit.is_some_and(|unit| unit.kind == "length");
    if !crossed || !sizes.iter().any(|one| is_length(one)) {
        return None;
    }
    let unit = sizes.iter().find_map(|one| one.unit)?;
    let text = |one: &Quantity| match one.unit {
        Some(_) => one.text(),
        None => format!("{} {}", one.value, unit.name),
    };
    let is_around = question.has("around|perimeter|fence|umfang|périmètre|perímetro|border|edge");
    let is_room = question.has("volume|cubic|litres|liters|kubikmeter|volumen|m³|rauminhalt");
    let (product, power) = match sizes.as_slice() {
        [a, b] if is_around => return Some(format!("2 * ({} + {})", text(a), text(b))),
        [a, b] if asks || !is_room => (format!("{} * {}", text(a), text(b)), 2),
        [a, b, c] if is_room || asks => (format!("{} * {} * {}", text(a), text(b), text(c)), 3),
        _ => return None,
    };
    let target = quantity::targets(&question.items)
        .into_iter()
        .find(|target| target.kind == if power == 2 { "area" } else { "volume" });
    Some(match target {
        Some(target) => format!("({product}) to {}", target.name),
        None => product,
    })
}

const EACH: &str = "each|everyone|everybody|apiece|per person|per head|per capita|one share|a share|every one|jeder|jede|jedem|pro person|pro kopf|chacun|chacune|par personne|cada uno|cada una|por persona|everyone's|person|one pay|one get|one of us|each of them|individual|toca";
const SPLIT: &str = "split*|share*|divid*|between|among|evenly|equally|teilen|aufteil*|aufgeteilt|geteilt|verteil*|teilt|partag*|répart*|repart*|divid*|entre";

/// An amount that several share.
fn share(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let [a, b] = quantities.as_slice() else {
        return None;
    };
    if !(question.has(SPLIT)
        || question.has(EACH)
        || question.has(
            "how many * per|per day|per week|per month|a day|a month|a week|monthly|daily|weekly",
        ))
    {
        return None;
    }
    // Three books at 5 each are a product.
    let (_, after) = question.near(b);
    let (before, _) = question.near(b);
    if any(&before, "at|à|a|zu|je|for") && any(&after, "each|apiece|je|chacun|cada")
        || question.has("# each|# apiece|# per person|# pro person|# par personne|# por persona|je #|every # costs|# a head")
            && !question.has(SPLIT)
    {
        return None;
    }
    let (count, total) = match (a.is_count(), b.is_count()) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ if a.number < b.number => (a, b),
        _ => (b, a),
    };
    Some(format!("{} / {}", total.text(), count.value))
}

/// So many of what costs or weighs so much.
fn product(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let plain = quantities.iter().all(|one| one.kind == Kind::Plain);
    let [a, b] = quantities.as_slice() else {
        return None;
    };
    let cue = question.has("at #|at eur #|at $ #|each|apiece|a piece|per|every|times|for # each|à #|zu je|je #|zu #|pro|chacun*|l unité|pièce|cada|la unidad|a # cada|por #|multipl*|costs # each|of # each|an hour|a day|a week|a month|a year|an item|a kilo|a litre|a metre|die stunde|pro stunde|por hora|l heure|a night|stück|the piece|nights|hourly|daily|weekly|monthly|a head|a ticket|a metre|a bottle|a person");
    if !plain || !(cue || question.has("cuánto*|cuánta*|cuestan") && question.has("a #")) {
        return None;
    }
    // 200 g at 18.90 a kilo
    let per_unit = question.has("a kilo|per kilo|per kg|a kg|das kilo|pro kilo|le kilo|el kilo|a litre|per litre|a liter|per liter|der liter|pro liter|le litre|el litro");
    if per_unit && a.unit.is_some_and(|unit| matches!(unit.name, "g" | "ml")) {
        return Some(format!("{} / 1000 * {}", a.value, b.value));
    }
    // Hours of work times what an hour is paid are no hours.
    let is_price = |one: &Quantity| one.currency.is_some() || one.value.contains('.');
    let text =
        |one: &Quantity, other: &Quantity| match (one.is_time() || per_unit) && is_price(other) {
            true => one.value.clone(),
            false => one.text(),
        };
    Some(format!("{} * {}", text(a, b), text(b, a)))
}

/// How much more, or what is left.
fn difference(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let asks = question.has("difference|how much more|how many more|how much less|left|remain*|remains|change|heavier|lighter|older|younger|taller|longer|shorter|cheaper|dearer|more than|less than|came in|come in|gain*|lost|lose|loss|missing|still|back|gap|weniger|mehr als|übrig|bleib*|unterschied|differenz|fehlen|fehlt|rest|wechselgeld|rückgeld|reste*|différence|manque*|rend*|queda*|sobra*|diferencia|falta*|cambio|used|use|consum*|verbrauch*|took in|profit|drove|driven|since|until|apart|exceed*|weigh* more|short|owe|grew by|grown|rise by|risen");
    if !asks {
        return None;
    }
    match quantities.as_slice() {
        [a, b]
            if a.kind == Kind::Plain
                && b.kind == Kind::Plain
                && a.unit.map(|unit| unit.kind) == b.unit.map(|unit| unit.kind) =>
        {
            Some(match a.number < b.number {
                true => format!("{} - {}", b.text(), a.text()),
                false => format!("{} - {}", a.text(), b.text()),
            })
        }
        _ => None,
    }
}

const ALL: &str = "sum|add*|total|together|altogether|in all|all in all|overall|combined|plus|zusammen|summe|insgesamt|gesamt*|addier*|somme|ensemble|en tout|suma|juntos|en total|tot up|how much is that|comes to|come to|it all|everything|alles|au total";
const LEFT: &str =
    "left|remain*|change|übrig|bleib*|rest|reste*|queda*|sobra*|missing|still|noch|fehlt|fehlen";

/// Three and more amounts: all together, or what is left of the largest.
fn several(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let plain = quantities.iter().all(|one| one.kind == Kind::Plain);
    if quantities.len() < 3 || !plain || question.has(SPLIT) || question.has("if|each") {
        return None;
    }
    let texts = |quantities: &[&Quantity], joint: &str| {
        let texts: Vec<String> = quantities.iter().map(|one| one.text()).collect();
        texts.join(joint)
    };
    if question.has(LEFT) {
        let largest = quantities
            .iter()
            .max_by(|a, b| a.number.total_cmp(&b.number))?;
        let rest: Vec<&Quantity> = quantities
            .iter()
            .filter(|one| one.at != largest.at)
            .copied()
            .collect();
        return Some(format!("{} - {}", largest.text(), texts(&rest, " - ")));
    }
    question.has(ALL).then(|| texts(&quantities, " + "))
}

/// Amounts or lengths of time that are added.
fn together(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let is_sum = question.has(ALL) && quantities.iter().all(|one| one.kind == Kind::Plain)
        || quantities.iter().all(|one| one.is_time());
    (is_sum && quantities.len() > 1).then(|| {
        let texts: Vec<String> = quantities.iter().map(|one| one.text()).collect();
        texts.join(" + ")
    })
}

/// So much a month, for so many years.
fn rate(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let [a, b] = quantities.as_slice() else {
        return None;
    };
    let (amount, span) = match (a.is_time(), b.is_time()) {
        (false, true) => (a, b),
        (true, false) => (b, a),
        _ => return None,
    };
    let per = |words: &str| question.has(words);
    let month = per(
        "a month|per month|monthly|each month|every month|im monat|pro monat|monatlich|par mois|al mes|por mes",
    );
    let week = per(
        "a week|per week|weekly|each week|every week|pro woche|wöchentlich|par semaine|por semana",
    );
    let day = per(
        "a day|per day|daily|each day|every day|am tag|pro tag|täglich|par jour|al día|por día",
    );
    let hour =
        per("an hour|per hour|hourly|pro stunde|die stunde|par heure|l heure|por hora|la hora");
    let times = match span.unit?.name {
        "year" if month => 12,
        "year" if week => 52,
        "year" if day => 365,
        "week" if day => 7,
        "day" if hour => 24,
        "year" | "month" | "week" | "day" | "hour" if month || week || day || hour => 1,
        _ => return None,
    };
    Some(match times {
        1 => format!("{} * {}", span.value, amount.text()),
        times => format!("{} * {times} * {}", span.value, amount.text()),
    })
}

/// How many small ones one large one fills.
fn fitting(question: &Question) -> Option<String> {
    let quantities = question.quantities();
    let [a, b] = quantities.as_slice() else {
        return None;
    };
    let is_same = a.unit.is_some() && a.unit.map(|unit| unit.kind) == b.unit.map(|unit| unit.kind);
    let asks = question.has("how many|wie viele|combien de|cuántos|cuántas")
        && question.has("fit*|fill*|into|out of|pieces|cut|stücke|passen|füll*|portions|servings|glasses|pack*|each");
    (is_same && asks && a.kind == Kind::Plain && b.kind == Kind::Plain).then(|| {
        match a.number < b.number && a.unit == b.unit {
            true => format!("({}) / ({})", b.text(), a.text()),
            false => format!("({}) / ({})", a.text(), b.text()),
        }
    })
}
