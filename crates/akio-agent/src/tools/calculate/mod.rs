//! `calculate`: arithmetic with exact decimals, percentages and units.
//!
//! The work is done by `fend_core` in exact rational numbers. People write more loosely than it reads:
//! [`notation`] makes one from the other, and lets nothing else of that language through.

mod notation;

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

    use super::*;

    fn all(cases: &[(&str, &str)]) {
        for (expression, value) in cases {
            assert_eq!(calculate(expression).as_deref(), Ok(*value), "{expression}");
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
