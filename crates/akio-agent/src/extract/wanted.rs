//! What a schema asks for: each property with the type of its values and the terms that stand near them.

use serde_json::{Map, Value};

use super::{
    ExtractError,
    lexicon::{Lexicon, is_general, is_listed},
};
use crate::{
    reading::{amounts, fold},
    tools::schema,
};

/// Most properties of a schema.
const MAX_PROPERTIES: usize = 64;

/// What kind of value a property has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Date,
    Number,
    Integer,
    Boolean,
    Choice(Vec<Value>),
    Text(Topic),
}

/// What a string is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// A person.
    Person,
    /// A firm, a club, a house.
    Organisation,
    /// A person or a firm.
    Party,
    /// A number or a code.
    Code,
    Email,
    Phone,
    Url,
    Iban,
    Time,
    Address,
    Place,
    Any,
}

/// A property of the schema.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) required: bool,
    pub(super) nullable: bool,
    pub(super) is_list: bool,
    pub(super) shape: Shape,
    /// The property's own schema.
    pub(super) schema: Value,
    /// Terms near its value, with their weights.
    pub(super) terms: Vec<(String, f32)>,
    /// Terms of the unit behind its value: `in days`.
    pub(super) units: Vec<String>,
    pub(super) currency: Option<&'static str>,
    pub(super) is_money: bool,
    /// Whether the description asks for a full name.
    pub(super) is_full: bool,
    /// Whether the description says that the month is written first, or last.
    pub(super) month_first: Option<bool>,
}

impl Wanted {
    /// Whether one of its terms is this one.
    pub(super) fn has(&self, term: &str) -> bool {
        self.terms.iter().any(|(known, _)| known == term)
    }
}

/// Reads the properties of a schema.
///
/// # Errors
/// [`ExtractError::Schema`] with a JSON pointer.
pub(super) fn read(schema: &Value, lexicon: &Lexicon) -> Result<Vec<Wanted>, ExtractError> {
    let refuse = |pointer: &str, message: &str| {
        Err(ExtractError::Schema {
            pointer: pointer.into(),
            message: message.into(),
        })
    };
    schema::check(schema)
        .map_err(|(pointer, message)| ExtractError::Schema { pointer, message })?;
    for keyword in ["anyOf", "oneOf", "allOf", "enum", "const"] {
        if schema.get(keyword).is_some() {
            return refuse(
                &format!("/{keyword}"),
                "cannot be extracted; describe the values by properties",
            );
        }
    }
    let empty = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    if properties.is_empty() {
        return refuse("/properties", "has no property to extract");
    }
    if properties.len() > MAX_PROPERTIES {
        return refuse("/properties", "has more than 64 properties");
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if let Some(name) = required
        .iter()
        .find(|name| !properties.contains_key(**name))
    {
        return refuse(
            "/required",
            &format!("names {name:?}, which is no property"),
        );
    }
    properties
        .iter()
        .map(|(name, property)| wanted(name, property, required.contains(&name.as_str()), lexicon))
        .collect()
}

fn wanted(
    name: &str,
    property: &Value,
    required: bool,
    lexicon: &Lexicon,
) -> Result<Wanted, ExtractError> {
    let at = |keyword: &str| {
        let name = name.replace('~', "~0").replace('/', "~1");
        format!("/properties/{name}{keyword}")
    };
    let refuse = |keyword: &str, message: &str| {
        Err(ExtractError::Schema {
            pointer: at(keyword),
            message: message.into(),
        })
    };
    for keyword in ["anyOf", "oneOf", "allOf", "const", "properties", "pattern"] {
        if property.get(keyword).is_some() {
            return refuse(&format!("/{keyword}"), "cannot be extracted");
        }
    }
    let types: Vec<&str> = match property.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ if property.get("enum").is_some() => vec!["string"],
        _ => return refuse("", "must have a type"),
    };
    let choices = property.get("enum").and_then(Value::as_array);
    let nullable =
        types.contains(&"null") && choices.is_none_or(|choices| choices.contains(&Value::Null));
    let mut named = types.iter().filter(|name| **name != "null");
    let (Some(kind), None) = (named.next(), named.next()) else {
        return refuse("/type", "must be one type, or one type and null");
    };
    let is_list = *kind == "array";
    let inner = if is_list {
        property.get("items")
    } else {
        Some(property)
    };
    let Some(inner) = inner.filter(|inner| inner.is_object()) else {
        return refuse("", "must say by items what the array holds");
    };
    let kind = if is_list {
        inner
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("string")
    } else {
        kind
    };
    let description = property
        .get("description")
        .or_else(|| inner.get("description"));
    let description = description.and_then(Value::as_str).unwrap_or_default();
    let hints = Hints::read(name, description, lexicon);
    let choices = inner.get("enum").and_then(Value::as_array);
    let format = inner.get("format").and_then(Value::as_str);
    let shape = match (kind, format, choices) {
        ("string" | "number" | "integer", _, Some(choices)) => Shape::Choice(
            choices
                .iter()
                .filter(|choice| !choice.is_null())
                .cloned()
                .collect(),
        ),
        ("string", Some("date"), None) => Shape::Date,
        ("string", Some("email"), None) => Shape::Text(Topic::Email),
        ("string", Some("uri" | "url"), None) => Shape::Text(Topic::Url),
        ("string", Some("time"), None) => Shape::Text(Topic::Time),
        ("string", Some(_), None) => return refuse("/format", "must be date, time, email or uri"),
        ("string", None, None) => Shape::Text(hints.topic(name, description)),
        ("number", _, None) => Shape::Number,
        ("integer", _, None) => Shape::Integer,
        ("boolean", _, None) => Shape::Boolean,
        _ => {
            return refuse(
                "/type",
                "must be string, number, integer, boolean, or an array of one of them",
            );
        }
    };
    Ok(Wanted {
        name: name.into(),
        description: description.into(),
        required,
        nullable,
        is_list,
        shape,
        schema: property.clone(),
        terms: hints.terms,
        units: hints.units,
        currency: hints.currency,
        is_money: hints.is_money,
        is_full: fold(description).contains("full name"),
        month_first: hints.month_first,
    })
}

/// What name and description say.
struct Hints {
    terms: Vec<(String, f32)>,
    units: Vec<String>,
    currency: Option<&'static str>,
    is_money: bool,
    month_first: Option<bool>,
}

/// The words of a name in any case: `invoiceNumber`, `invoice_number`.
fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for char in name.chars() {
        let begins = char.is_uppercase() && was_small;
        if begins || !char.is_alphanumeric() {
            words.push(String::new());
        }
        if char.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(char);
        }
        was_small = char.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words of money, where the unit says nothing else.
const MONEY: &str = "price total net tax deposit rent premium excess salary discount refund shipping balance loan instalment";

impl Hints {
    fn read(name: &str, description: &str, lexicon: &Lexicon) -> Self {
        let mut hints = Self {
            terms: Vec::new(),
            units: Vec::new(),
            currency: None,
            is_money: false,
            month_first: None,
        };
        let folded = fold(description);
        if folded.contains("day before month")
            || folded.contains("day first")
            || folded.contains("day comes first")
        {
            hints.month_first = Some(false);
        } else if folded.contains("month before day")
            || folded.contains("month first")
            || folded.contains("month comes first")
        {
            hints.month_first = Some(true);
        }
        for word in words_of_name(name) {
            hints.add(&word, 1.0, lexicon);
            // `plate_a`
            if word.chars().count() == 1 {
                hints.terms.push((fold(&word), 0.6));
            }
        }
        for (index, clause) in folded.split([',', ';', '(', ')']).enumerate() {
            let words: Vec<&str> = clause
                .split(|char: char| {
                    !(char.is_alphanumeric() || matches!(char, '\'' | '-' | '€' | '$' | '£'))
                })
                .filter(|word| !word.is_empty())
                .collect();
            let speaks = words.first().is_some_and(|first| {
                matches!(
                    *first,
                    "null"
                        | "as"
                        | "without"
                        | "if"
                        | "exactly"
                        | "e"
                        | "eg"
                        | "like"
                        | "with"
                        | "not"
                        | "or"
                        | "otherwise"
                        | "including"
                        | "excluding"
                )
            }) || words.iter().any(|word| {
                matches!(
                    *word,
                    "included" | "writes" | "format" | "iso" | "yyyy-mm-dd" | "null"
                )
            });
            let leaves_out = folded_has(
                clause,
                &[
                    "before tax",
                    "without tax",
                    "without vat",
                    "before vat",
                    "excluding tax",
                    "excluding vat",
                    "net of tax",
                    "before taxes",
                ],
            );
            let includes = folded_has(
                clause,
                &[
                    "tax included",
                    "vat included",
                    "including tax",
                    "including vat",
                    "with tax",
                    "with vat",
                    "after tax",
                ],
            );
            if leaves_out {
                hints.add("net", 0.9, lexicon);
            }
            if includes {
                hints.add("total", 0.5, lexicon);
            }
            let mut after_in = false;
            for word in &words {
                let code = currency_name(word).or_else(|| amounts::currency(&word.to_uppercase()));
                if code.is_some() && (after_in || index > 0 && words.len() <= 3) {
                    hints.currency = code;
                    hints.is_money = true;
                    after_in = false;
                    continue;
                }
                if after_in && !matches!(*word, "the" | "a" | "full" | "swiss" | "us") {
                    hints.units.extend(lexicon.terms(word));
                }
                after_in = *word == "in" || (after_in && matches!(*word, "swiss" | "us" | "full"));
                let skipped = speaks
                    || (leaves_out
                        && matches!(*word, "tax" | "vat" | "without" | "before" | "excluding"))
                    || (includes && matches!(*word, "tax" | "vat" | "with" | "including"));
                if !skipped {
                    hints.add(word, if index == 0 { 0.8 } else { 0.4 }, lexicon);
                }
            }
        }
        let last = words_of_name(name).pop().unwrap_or_default();
        const UNITS: &str = "days weeks months years hours minutes nights litres liters kg kilograms kilometres km percent kwh metres grams";
        if UNITS.split_whitespace().any(|unit| unit == last) {
            hints.units.extend(lexicon.terms(&last));
        }
        hints.is_money |= hints.units.is_empty()
            && hints
                .terms
                .iter()
                .any(|(term, _)| MONEY.split_whitespace().any(|money| money == term));
        hints
    }

    /// Adds the terms of a word.
    fn add(&mut self, word: &str, weight: f32, lexicon: &Lexicon) {
        let folded = fold(word);
        if Lexicon::is_stop(&folded) || folded.chars().count() < 2 {
            return;
        }
        let mut terms = lexicon.terms(&folded);
        // A word that means something needs no stem.
        if terms.iter().any(|term| is_listed(term)) {
            terms.retain(|term| is_listed(term));
        }
        let share = if terms.len() > 1 { 0.75 } else { 1.0 };
        for term in terms {
            let weight = weight * share * if is_general(&term) { 0.35 } else { 1.0 };
            match self.terms.iter_mut().find(|(known, _)| *known == term) {
                Some((_, known)) => *known = known.max(weight) + 0.2 * known.min(weight),
                None => self.terms.push((term, weight)),
            }
        }
    }

    fn has(&self, terms: &str) -> bool {
        terms
            .split(' ')
            .any(|term| self.terms.iter().any(|(known, _)| known == term))
    }

    /// What a string is about.
    fn topic(&self, name: &str, description: &str) -> Topic {
        let words: Vec<String> = words_of_name(name).iter().map(|word| fold(word)).collect();
        let said = fold(description);
        let says = |word: &str| {
            words.iter().any(|known| known == word)
                || said
                    .split(|char: char| !char.is_alphanumeric())
                    .any(|known| known == word)
        };
        let is_named = |word: &str| words.iter().any(|known| known == word);
        if says("iban") {
            return Topic::Iban;
        }
        if is_named("email") || is_named("mail") || said.contains("e-mail") || says("email") {
            return Topic::Email;
        }
        let ends_number = words.last().is_some_and(|word| {
            matches!(
                word.as_str(),
                "number" | "no" | "nr" | "id" | "code" | "reference" | "ref" | "plate" | "serial"
            )
        });
        if self.has("phone") {
            return Topic::Phone;
        }
        if self.has("website") || is_named("url") {
            return Topic::Url;
        }
        if is_named("time") || said.starts_with("time") || (says("time") && says("written")) {
            return Topic::Time;
        }
        if ends_number
            || said.starts_with("number of")
            || said.contains(" number")
            || said.starts_with("number")
            || says("reference")
            || says("plate")
            || says("registration")
        {
            return Topic::Code;
        }
        let names_party = says("name") || self.has("customer recipient sender seller landlord tenant guest doctor patient employer employee teacher contractor participant organiser author witness winner child insurance");
        let is_firm = says("firm")
            || says("company")
            || says("shop")
            || says("hotel")
            || says("school")
            || says("organisation")
            || says("organization")
            || says("bank")
            || says("club")
            || says("clinic")
            || says("restaurant")
            || says("airline")
            || says("store")
            || says("organisation")
            || says("insurer")
            || self.has("employer contractor organiser");
        let is_person = says("person")
            || says("full")
            || says("title")
            || says("who")
            || self.has("doctor patient employee teacher child witness author guest tenant");
        if says("address") {
            return Topic::Address;
        }
        let is_thing = self.has("product model course title subject material")
            && !self.has("customer seller teacher author organiser");
        if is_thing {
            return Topic::Any;
        }
        if names_party {
            return if is_firm && !is_person {
                Topic::Organisation
            } else if is_person && !is_firm {
                Topic::Person
            } else {
                Topic::Party
            };
        }
        if self.has("city country street")
            || says("where")
            || says("destination")
            || says("station")
            || says("airport")
            || says("location")
            || says("venue")
        {
            return Topic::Place;
        }
        Topic::Any
    }
}

fn folded_has(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// The code of a currency by its name in a description.
fn currency_name(word: &str) -> Option<&'static str> {
    match word {
        "francs" | "franc" => Some("CHF"),
        "crowns" | "kronor" => Some("SEK"),
        "kroner" => Some("NOK"),
        "sterling" => Some("GBP"),
        _ => None,
    }
}
