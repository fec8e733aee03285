//! `calculate`: arithmetic with exact decimals, percentages and units.
//!
//! The work is done by `fend_core` in exact rational numbers. People write more loosely than it reads:
//! [`notation`] makes one from the other, and lets nothing else of that language through.

mod notation;
mod words;

use std::sync::atomic::{AtomicU32, Ordering};

use fend_core::{Context, CustomUnitAttribute, Interrupt};
use serde_json::{Value, json};

use super::{Tool, ToolError, ToolSpec, World, text};
use notation::{CURRENCIES, Readable};

/// The longest expression, in characters.
const MAX_EXPRESSION: usize = 200;
/// The longest result, in bytes.
const MAX_RESULT: usize = 200;
/// Steps that a calculation may take. The factorial of 1000 takes 6,000.
const MAX_STEPS: u32 = 20_000;

pub(super) struct Calculate(ToolSpec);

impl Calculate {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "calculate".into(),
            description:
                "Calculate exactly: sums, powers, percentages (15% of 80, 80 + 19%), units \
                          (5 km to miles, 20 °C to °F), hours and minutes."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "expression": {"type": "string", "minLength": 1, "maxLength": MAX_EXPRESSION,
                                   "description": "What to calculate, for example (3 + 4.5) * 2"},
                },
                "required": ["expression"],
                "additionalProperties": false,
            }),
            examples: [
                "What is 23 times 47?",
                "How much is 18% of 250 euros?",
                "Add up 12.50, 7.99 and 31",
                "Convert 26 miles to kilometres",
                "How many litres are 3 gallons?",
                "What is the square root of 529?",
                "We are five people and the bill is 86.40, what does each pay?",
                "How warm is 68 °F in Celsius?",
                "Wie viel sind 7 Prozent von 1.200 Euro?",
                "Rechne 144 geteilt durch 12 aus",
                "Combien font 17 fois 23 ?",
                "¿Cuánto es 45 más 19 por ciento?",
                "Multiply 14.5 by 6",
                "What do I get if I divide 91 by 4?",
                "how much is 3.75 plus 18.2",
                "Subtract 45.60 from 200",
                "350 minus 12 percent",
                "What is 7% of 1,850?",
                "How much do I save with 25% off 64.90?",
                "Sum up these amounts: 19.99, 4.50, 102",
                "what's the average of 71, 85 and 90",
                "Work out (12 + 8) * 3.5",
                "Four of us split 72 euros evenly. What is one share?",
                "Three tickets at 11.40 each, how much is that altogether?",
                "I drove 480 km with 31 litres, what is that per 100 km?",
                "10 inches in cm",
                "change 5 kilograms to pounds",
                "What is 200 degrees Fahrenheit in Celsius?",
                "how many minutes are 3 and a half hours",
                "How many hours lie between 8:45 and 16:20?",
                "Net price 250, VAT 20%: what is the gross price?",
                "My rent goes up from 720 to 756, what percentage is that?",
                "2^10",
                "18 * 24 =",
                "Is 17 times 19 more than 300?",
                "A room is 4.2 m by 3.6 m, how big is the floor in square metres?",
                "The recipe needs 180 g of sugar for 4 people, how much for 6?",
                "Interest on 1,500 at 2% for one year?",
                "If one dollar is 0.92 euros, what are 80 dollars in euros?",
                "My salary of 2,400 rises by 3.5 percent. What will it be?",
                "Tip of 15 percent on 48 dollars",
                "Wie viel ist 36 mal 15?",
                "Was kosten 6 Flaschen zu je 1,29 Euro zusammen?",
                "Rechne 3 Meilen in Kilometer um",
                "Combien font 15 % de 240 euros ?",
                "Convertis 12 pouces en centimètres",
                "¿Cuántos kilómetros son 10 millas?",
                "¿Cuánto es 84 dividido entre 7?",
                "Wir teilen 96 Euro durch vier, was zahlt jeder?",
                "Take 30 off 145",
                "what comes out if you multiply 8 by 7 and add 4",
                "double 87.5",
                "two thirds of 96",
                "a quarter of 52",
                "How fast is 90 km/h in mph?",
                "split a bill of 210.60 among six",
                "15 is what per cent of 60?",
                "How much tax is in 119 euros at 19 percent?",
                "A train leaves at 9:40 and arrives at 13:05, how long is the ride?",
                "If 3 pens cost 4.20, what do 5 cost?",
                "convert 75 minutes to hours",
                "how many grams are 4 ounces",
                "Add 19% to 84",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for Calculate {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, request: &str, _world: &mut dyn World) -> Option<Value> {
        let expression = words::read(request)?;
        calculate(&expression).ok()?;
        Some(json!({"expression": expression}))
    }

    fn call(&mut self, arguments: &Value, _world: &mut dyn World) -> Result<String, ToolError> {
        let expression = text(arguments, "expression", "");
        calculate(expression).map_err(|message| ToolError::Calculation {
            expression: expression.chars().take(MAX_EXPRESSION).collect(),
            message,
        })
    }
}

/// The value of an expression.
fn calculate(expression: &str) -> Result<String, String> {
    if expression.chars().count() > MAX_EXPRESSION {
        return Err(format!("it is longer than {MAX_EXPRESSION} characters"));
    }
    let Readable {
        text,
        is_duration,
        is_formatted,
    } = notation::read(expression)?;
    let value = match is_formatted {
        true => evaluate(&text)?,
        false => evaluate_to_ten_places(&text)?,
    };
    // 3.25 hours is right, and 3 h 15 min is what a person says.
    match duration(&text, &value, is_duration) {
        Some(duration) => Ok(format!("{value} = {duration}")),
        None => Ok(value),
    }
}

/// Powers have thousands of decimals, and nobody wants them: ten are enough, unless the value is so small
/// that nothing is left of it.
fn evaluate_to_ten_places(text: &str) -> Result<String, String> {
    let value = evaluate(&format!("{text} to 10 dp"))?;
    let is_nothing =
        value.ends_with(" (rounded)") && !value.contains(|char| matches!(char, '1'..='9'));
    match is_nothing {
        true => evaluate(text),
        false => Ok(value),
    }
}

/// Counts the steps of a calculation and ends one that takes too many.
struct Budget(AtomicU32);

impl Interrupt for Budget {
    fn should_interrupt(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= MAX_STEPS
    }
}

fn evaluate(text: &str) -> Result<String, String> {
    let mut context = Context::new();
    for currency in CURRENCIES {
        context.define_custom_unit_v1(currency, currency, "!", &CustomUnitAttribute::None);
    }
    let budget = Budget(AtomicU32::new(0));
    let result = fend_core::evaluate_with_interrupt(text, &mut context, &budget);
    if budget.0.load(Ordering::Relaxed) > MAX_STEPS {
        return Err("its numbers become too large".into());
    }
    let value = result.map_err(|reason| explain(&reason))?;
    let value = value.get_main_result();
    if value.len() > MAX_RESULT {
        return Err("its result has too many digits".into());
    }
    if value.is_empty() {
        return Err("it has no value".into());
    }
    let value = value.replace(" / ", "/");
    Ok(match value.strip_prefix("approx. ") {
        Some(rounded) => format!("{rounded} (rounded)"),
        None => value,
    })
}

/// What a person can do about an error of the calculator.
fn explain(reason: &str) -> String {
    let is_money = CURRENCIES
        .iter()
        .filter(|currency| reason.contains(**currency))
        .count();
    match (is_money, reason.strip_prefix("unknown identifier ")) {
        (2.., _) => "there are no exchange rates here; calculate with one currency".into(),
        (_, Some(name)) => format!("{name} is not a number, a unit or a function"),
        _ => reason.into(),
    }
}

/// A time in hours, minutes and seconds, if the value is one that reads better so.
fn duration(text: &str, value: &str, is_wanted: bool) -> Option<String> {
    let unit = value.trim_end_matches(" (rounded)").rsplit(' ').next()?;
    let is_hours = matches!(unit, "h" | "hour" | "hours" | "day" | "days");
    let is_smaller = matches!(
        unit,
        "min" | "mins" | "minute" | "minutes" | "s" | "second" | "seconds"
    );
    let is_broken = is_hours && value.contains('.');
    if !(is_broken || is_wanted && (is_hours || is_smaller)) {
        return None;
    }
    let text = text.split(" to ").next().unwrap_or(text);
    let seconds = evaluate(&format!("({text}) to seconds")).ok()?;
    let seconds: i64 = seconds.split(' ').next()?.parse().ok()?;
    let parts = [
        (seconds.abs() / 3600, "h"),
        (seconds.abs() / 60 % 60, "min"),
        (seconds.abs() % 60, "s"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    let sign = if seconds < 0 { "-" } else { "" };
    (parts.len() > 1 || is_wanted && !parts.is_empty())
        .then(|| format!("{sign}{}", parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::held::Held, *};

    fn all(cases: &[(&str, &str)]) {
        for (expression, value) in cases {
            assert_eq!(calculate(expression).as_deref(), Ok(*value), "{expression}");
        }
    }

    #[test]
    fn a_question_in_words_becomes_an_expression() {
        for (request, value) in [
            ("What's 19 percent of 640?", "121.6"),
            (
                "A jacket costs 89 euros and is reduced by 20%. What is the new price?",
                "71.2",
            ),
            ("I get 15% off a bike for 480. How much do I save?", "72"),
            ("Our rent rose from 650 to 702. By how many per cent?", "8"),
            (
                "The price fell from 80 to 68 euros, how much per cent is that?",
                "15",
            ),
            (
                "42 of the 120 seats are taken. What percentage is that?",
                "35",
            ),
            ("Total of 12.40, 7.85 and 3.99?", "24.24"),
            ("Add 45 and 78.5", "123.5"),
            (
                "I had 500 in my account and spent 123.45. What is left?",
                "376.55",
            ),
            (
                "The meter stood at 10450 in May and at 11020 in June. How much was used?",
                "570",
            ),
            (
                "Seven bags of cement at 25 kg each, how heavy are they together?",
                "175",
            ),
            ("12 bottles of wine cost 6.75 apiece. What do I pay?", "81"),
            ("What do five coffees at 2.80 come to?", "14"),
            ("The bill is 84 without tax. What with 19% VAT?", "99.96"),
            ("250 plus 7.7% VAT", "269.25"),
            (
                "A phone costs 595 including 19% VAT. What is the price without VAT?",
                "500",
            ),
            (
                "What is the net amount of 1,190 gross at 19 percent?",
                "1000",
            ),
            ("How much VAT is in 119 at 19%?", "19"),
            (
                "The invoice of 242 includes 21% VAT; how much is the tax?",
                "42",
            ),
            ("20% tip on 45 dollars", "9"),
            (
                "Dinner was 62.50. With a 12% tip, how much do I pay in total?",
                "70",
            ),
            (
                "Three friends split 97.50 equally. How much does each pay?",
                "32.5",
            ),
            ("A prize of 2,400 is divided among 5 winners", "480"),
            ("We are six and pay 133.20 together. Per person?", "22.2"),
            ("How many miles are 42 km?", "26.0976"),
            ("Convert 5 feet 9 inches to centimetres", "175.26"),
            ("80 kg in pounds, please", "176.37"),
            ("How many grams are in 12 ounces?", "340.19"),
            ("180 °C in Fahrenheit", "356"),
            ("What is 98.6 °F in Celsius?", "37"),
            ("25 gallons in litres?", "94.635"),
            ("half a litre in ml", "500"),
            ("3 and a half hours in minutes", "210"),
            ("How many days are 96 hours?", "4"),
            ("From 8:15 to 17:40, how long is that?", "9 h 25 min"),
            (
                "The film starts at 20:15 and lasts 2 h 35 min. When does it end?",
                "22 h 50 min",
            ),
            (
                "I worked from 7:30 to 16:15 with a 45 minute break. How many hours?",
                "8",
            ),
            ("2 h 40 min plus 1 h 35 min", "4 h 15 min"),
            (
                "Night train leaves 22:50, arrives 6:20. Travel time?",
                "7 h 30 min",
            ),
            ("1 hour 50 minutes and 45 minutes, together", "2 h 35 min"),
            ("5,000 at 2% interest for one year", "100"),
            (
                "What interest do 1,200 euros earn in 3 months at 4 % a year?",
                "12",
            ),
            (
                "3000 invested for 2 years at 5% compound interest, what is it worth then?",
                "3307.5",
            ),
            ("average of 14, 18, 22 and 30", "21"),
            (
                "What's the mean temperature if it was 12, 15 and 18 degrees?",
                "15",
            ),
            (
                "A garden is 12 m long and 7.5 m wide. How many square metres?",
                "90",
            ),
            ("My room is 4.5 by 3.2 metres. Floor area?", "14.4"),
            ("How big is a table top of 120 cm x 80 cm in m²?", "0.96"),
            (
                "A recipe for 4 needs 300 g flour. How much flour for 10 people?",
                "750",
            ),
            ("6 eggs cost 2.40. What do 10 eggs cost?", "4"),
            (
                "If 2 litres of paint cover 18 m², how much do 5 litres cover?",
                "45",
            ),
            (
                "One euro is 1.09 dollars. How many dollars do I get for 250 euros?",
                "272.5",
            ),
            (
                "If 1 pound is 1.17 euros, what are 60 pounds in euros?",
                "70.2",
            ),
            (
                "The dollar stands at 0.93 euros. I have 80 dollars, how many euros is that?",
                "74.4",
            ),
            (
                "A euro buys 11.4 Swedish kronor. What are 570 kronor in euros?",
                "50",
            ),
            ("What is 17 times 23?", "391"),
            ("How much is 144 divided by 12?", "12"),
            ("(3 + 4) * 2.5", "17.5"),
            ("what's 2 to the power of 8", "256"),
            ("square root of 169", "13"),
            ("Subtract 37 from 100", "63"),
            ("the difference between 83.2 and 41.7", "41.5"),
            ("How much older is Tom, 52, than Ann, 37?", "15"),
            ("A quarter of 340", "85"),
            ("two thirds of 90", "60"),
            ("Double 37.5", "75"),
            (
                "We drove 420 km with 29.4 litres of petrol. How much is that per 100 km?",
                "7",
            ),
            ("A car goes 150 km in 2 hours, what is its speed?", "75"),
            ("My salary of 2,800 goes up by 4%. What is it then?", "2912"),
            (
                "The population of 5,400 shrank by 5 percent. How many live there now?",
                "5130",
            ),
            ("Wie viel sind 15 % von 260?", "39"),
            (
                "Ein Fahrrad kostet 450 Euro, es gibt 10 % Rabatt. Was zahle ich?",
                "405",
            ),
            ("Was kosten 8 Brötchen zu je 0,45 Euro?", "3.6"),
            ("Wie viel Prozent sind 18 von 72?", "25"),
            ("Wie viele Kilometer sind 12 Meilen?", "19.31"),
            ("Wie lange ist es von 9:20 bis 14:05?", "4 h 45 min"),
            ("1.250 Euro plus 19 % Mehrwertsteuer", "1487.5"),
            (
                "Fünf Freunde teilen sich 87,50 Euro. Wie viel zahlt jeder?",
                "17.5",
            ),
            ("Durchschnitt von 3, 5 und 10", "6"),
            ("Combien font 20 % de 350 ?", "70"),
            (
                "Une robe à 60 euros avec 25 % de réduction, combien coûte-t-elle ?",
                "45",
            ),
            (
                "Nous sommes quatre et l'addition est de 92 euros. Combien chacun ?",
                "23",
            ),
            ("Convertis 10 pouces en cm", "25.4"),
            ("Combien de minutes font 4 heures ?", "240"),
            ("¿Cuánto es el 21 % de 300?", "63"),
            ("¿Cuánto cuestan 3 entradas a 12,50 euros?", "37.5"),
            ("Una camisa de 40 euros con un 15 % de descuento", "34"),
            ("¿Cuántas libras son 10 kilos?", "22.05"),
            ("Took out 60, then 25.50 out of 200. What remains?", "114.5"),
            ("Paid with a 50 note for 32.15, change?", "17.85"),
            (
                "Rent 780, heating 95, power 62: what does it all cost?",
                "937",
            ),
            ("A 750 ml bottle into 125 ml glasses, how many?", "6"),
            ("1.5 kg minus 400 g", "1.1"),
            ("How many weeks are 105 days?", "15"),
            ("50 mph in km/h", "80.47"),
            ("8 hours at 14.50 an hour", "116"),
            ("12 months at 39.90", "478.8"),
            ("I save 75 a month. How much in 2 years?", "1800"),
            ("7 out of 28 in percent", "25"),
            ("Price before 23% VAT if it is 615 with it?", "500"),
            ("fifteen per cent service on 64", "9.6"),
            ("What is 64 with 15 per cent service?", "73.6"),
            ("A 2.5 % fee on 1,800", "45"),
            ("200 g of ham at 18.90 a kilo", "3.78"),
        ] {
            let arguments = Calculate::new().read_request(request, &mut Held::new([]));
            let arguments = arguments.unwrap_or_else(|| panic!("{request} is not read"));
            let expression = text(&arguments, "expression", "");
            let result = calculate(expression).unwrap();
            let is_right = match value.parse::<f64>() {
                Ok(value) => {
                    let number: f64 = result.split(' ').next().unwrap().parse().unwrap();
                    (number - value).abs() < 0.006
                }
                Err(_) => result.contains(value),
            };
            assert!(is_right, "{request}: {expression} = {result}");
        }
    }

    #[test]
    fn what_is_no_calculation_is_left_to_the_model() {
        for request in [
            "",
            "Hello",
            "What is the capital of France?",
            "How many people live in 3 big towns?",
            "We met at 9:15",
        ] {
            assert_eq!(
                Calculate::new().read_request(request, &mut Held::new([])),
                None,
                "{request}"
            );
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        all(&[
            ("0.1 + 0.2", "0.3"),
            ("(1 + 2) * 3", "9"),
            ("2/3*3", "2"),
            ("10/4", "2.5"),
            ("1/3", "0.3333333333 (rounded)"),
            ("-3^2", "-9"),
            ("2**10", "1024"),
            ("2^0.5", "1.4142135624 (rounded)"),
            ("sqrt(16) + √9", "7"),
            ("5! / 3", "40"),
            ("17 mod 5", "2"),
            ("17 % 5", "2"),
            ("123456789 * 987654321", "121932631112635269"),
            ("3 × 4 ÷ 2 − 1", "5"),
            ("3 x 4", "12"),
            ("3x4", "12"),
            ("7²", "49"),
            ("12 : 4", "3"),
            ("2(3 + 4)", "14"),
            ("5 + 3 =", "8"),
            ("5 + 3 = ?", "8"),
            ("1.5e3", "1500"),
            ("½ + ¼", "0.75"),
            ("square root of 529", "23"),
            ("9 squared plus 19", "100"),
            ("144 geteilt durch 12", "12"),
            ("17 fois 23", "391"),
            ("84 divided by 7", "12"),
            ("1000 * 1.035^30", "2806.7937047026 (rounded)"),
            ("10^-30", "0.000000000000000000000000000001"),
            ("-(10^-12)", "-0.000000000001"),
            ("255 to hex", "ff"),
            ("22/7 to 2 decimals", "3.14 (rounded)"),
            ("2/3 to 1 decimal place", "0.7 (rounded)"),
            ("log10(1000)", "3 (rounded)"),
            ("2 pi", "6.2831853072 (rounded)"),
        ]);
    }

    #[test]
    fn percentages_mean_what_a_person_means() {
        all(&[
            ("15% of 80", "12"),
            ("80 + 19%", "95.2"),
            ("80 - 25%", "60"),
            ("80 * 19%", "15.2"),
            ("100 + 50 + 10%", "165"),
            ("(20 + 30) + 10%", "55"),
            ("2 * (50 + 10%)", "110"),
            ("80 - 25% - 10%", "54"),
            ("80 + 5% * 100", "85"),
            ("5% + 10%", "0.15"),
            ("20 / 80 to %", "25%"),
            ("20 / 80 in percent", "25%"),
            ("20% off 50", "40"),
            ("12.5 % of 240", "30"),
            ("50 EUR + 19%", "59.5 EUR"),
            ("7 Prozent von 1.200 Euro", "84 EUR"),
            ("20 pour cent de 50", "10"),
            ("45 más 20 por ciento", "54"),
        ]);
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        all(&[
            ("1,234.56 + 1", "1235.56"),
            ("1.234,56 + 1", "1235.56"),
            ("1 234 + 1", "1235"),
            ("1\u{a0}234,5 + 1", "1235.5"),
            ("1'234.50 + 1", "1235.5"),
            ("12,5 * 2", "25"),
            ("1,250", "1250"),
            ("1.250", "1.25"),
            ("1.250 + 3,50", "1253.5"),
            ("1.000.000 / 4", "250000"),
            ("3.5 mal 2", "7"),
            ("1.200 mal 2", "2400"),
            ("1.234,50 + 3.50", "1238"),
            ("1,000,000 / 4", "250000"),
            ("0,5 + .5", "1"),
        ]);
    }

    #[test]
    fn units_are_converted() {
        all(&[
            ("100 km to miles", "62.1371192237 miles (rounded)"),
            ("5 km in m", "5000 m"),
            ("20 °C to °F", "68 °F"),
            ("68°F in °C", "20 °C"),
            ("100 degrees celsius to fahrenheit", "212 fahrenheit"),
            ("100 C to F", "212 °F"),
            ("37 Grad Celsius in Fahrenheit", "98.6 fahrenheit"),
            ("5 ft 11 in to cm", "180.34 cm"),
            ("12 in to cm", "30.48 cm"),
            ("5'10\" to cm", "177.8 cm"),
            ("5 feet and 10 inches in cm", "177.8 cm"),
            ("5 km / 25 min to km/h", "12 km/h"),
            ("60 mph to km/h", "96.56064 km/h"),
            ("50 m2 to m^2", "50 m^2"),
            ("2 kg + 300 g", "2.3 kg"),
            ("2 gallons to litres", "7.570823568 litres"),
            ("1 GB to MB", "1000 MB"),
            ("3 weeks to days", "21 days"),
            ("10 Meilen in Kilometer", "16.09344 kilometers"),
            ("3 Stunden in Minuten", "180 minutes"),
            ("€50 * 3", "150 EUR"),
            ("$19.99 + $5", "24.99 USD"),
            ("3 fl oz to ml", "88.7205886875 ml"),
        ]);
    }

    #[test]
    fn times_are_said_in_hours_and_minutes() {
        all(&[
            ("2 hours 30 minutes + 45 minutes", "3.25 hours = 3 h 15 min"),
            ("2h 30min to minutes", "150 minutes"),
            ("150 minutes to hours and minutes", "2.5 hours = 2 h 30 min"),
            ("90 min to h", "1.5 h = 1 h 30 min"),
            ("18:00 - 9:15", "8.75 hours = 8 h 45 min"),
            ("8:30 + 1:45", "10.25 hours = 10 h 15 min"),
            ("9:15 - 18:00", "-8.75 hours = -8 h 45 min"),
            ("3 hours * 2", "6 hours"),
        ]);
    }

    #[test]
    fn lists_are_summed_and_averaged() {
        all(&[
            ("sum(1, 2, 3)", "6"),
            ("average(12,15,18)", "15"),
            ("mean(1; 2) * 2", "3"),
            ("sum(2 kg, 300 g)", "2.3 kg"),
        ]);
    }

    #[test]
    fn what_has_no_value_says_why() {
        for (expression, message) in [
            ("", "it is empty"),
            ("1/0", "division by zero"),
            ("9^9^9^9", "its numbers become too large"),
            ("99999!", "'!' follows a whole number up to 500"),
            ("(2 + 3)!", "'!' follows a whole number up to 500"),
            ("1e500000", "1e500000 is too large or too small"),
            ("500! * 500!", "its result has too many digits"),
            ("2^1000", "its result has too many digits"),
            (
                "3 + apples",
                "'apples' is not a number, a unit or a function",
            ),
            (
                "50 EUR + 20 USD",
                "there are no exchange rates here; calculate with one currency",
            ),
            ("(1 + 2", "a parenthesis is not closed"),
            ("1 + 2)", "a parenthesis is closed that was not opened"),
            ("1, 2", "a comma stands where none can"),
            ("x = 5", "'=' stands where none can"),
            ("roll d20", "'roll' is not a number, a unit or a function"),
            ("today", "'today' is not a number, a unit or a function"),
            ("\"a\"", "'\"' stands where none can"),
            ("\\x.x", "'\\' stands where none can"),
            ("1,23,4", "1,23,4 is not a number"),
            (
                "5 km to minutes",
                "cannot convert from km to minutes: units 'meter' and 'second' are incompatible",
            ),
        ] {
            assert_eq!(calculate(expression), Err(message.into()), "{expression}");
        }
        let deep = "(".repeat(100) + "1" + &")".repeat(99);
        assert_eq!(
            calculate(&deep),
            Err("it has more than 24 parentheses in each other".into())
        );
        assert!(calculate(&"1+".repeat(150)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_request_can_be_read(request in "(([a-zé]{1,8}|[0-9.,:]{1,6}|%|€|-|\\?)( |)){0,14}") {
            Calculate::new().read_request(&request, &mut Held::new([]));
        }

        #[test]
        fn whatever_is_written_it_ends(
            parts in prop::collection::vec(
                prop_oneof![
                    "[0-9]{1,3}",
                    prop::sample::select(vec![
                        "+", "-", "*", "/", "^", "(", ")", "%", "!", ",", ".", " of ", " to ", "e", "km", " in ",
                        "sqrt", "sum(", "h", ":", "9^9^9", "m2", "€", "°", "²", " mod ", "\"", "'", "x", "i", "ln",
                        "log", "miles", " and ", "=", "½", "choose", " off ", "1e9", "min", "°C", " ",
                    ]).prop_map(String::from),
                    "\\PC",
                ],
                0..16,
            )
        ) {
            let _ = calculate(&parts.concat());
        }

        #[test]
        fn sums_of_cents_are_exact(cents in prop::collection::vec(0i64..10_000_000, 1..8)) {
            let terms: Vec<String> = cents
                .iter()
                .map(|cents| format!("{}.{:02}", cents / 100, cents % 100))
                .collect();
            let sum: i64 = cents.iter().sum();
            let value = calculate(&terms.join(" + ")).unwrap();
            let (whole, part) = value.split_once('.').unwrap_or((&value, "0"));
            let part: i64 = format!("{part:0<2}").parse().unwrap();
            prop_assert_eq!(whole.parse::<i64>().unwrap() * 100 + part, sum);
        }
    }
}
