//! JSON Schema: compact JSON, members in the order of the schema, every string and array with an end.
//!
//! What is written is always valid; what is valid is not always written. A schema without
//! `additionalProperties` allows no other members, one without bounds gets some, and recursion ends. A
//! keyword that cannot be kept to is an error, never ignored.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ConstraintError,
    characters::Spelling,
    disjoint::{Comparison, has_type},
    grammar::{Grammar, NodeId},
    json::{ANY_DEPTH, Json, MAX_ITEMS, MAX_STRING},
    json_number::Bounds,
    regex::Pattern,
    schema::{Schema, key},
};

/// How many references may lead to one another: what is recursive ends there.
const MAX_REFERENCES: usize = 16;
/// Deeper schemas are refused.
const MAX_DEPTH: usize = 64;
/// Larger schemas are refused, counted in subschemas, those behind a reference once a level.
const MAX_SCHEMAS: usize = 20_000;

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 12] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// Keywords of each type.
const STRING: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];
const NUMBER: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const ARRAY: [&str; 4] = ["items", "prefixItems", "minItems", "maxItems"];
const OBJECT: [&str; 3] = ["properties", "required", "additionalProperties"];
/// Keywords that stand for themselves.
const OTHER: [&str; 8] = [
    "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable",
];

/// Compiles a schema.
///
/// # Errors
/// [`ConstraintError::Schema`], and as [`Builder::finish`](super::grammar::Builder::finish).
pub(super) fn compile(schema: &Schema) -> Result<Grammar, ConstraintError> {
    let mut compiler = Compiler::new(schema);
    let root = compiler.schema(&schema.value, &Place::default())?;
    compiler.json.to.finish(root)
}

/// Any JSON object.
///
/// # Errors
/// As [`Builder::finish`](super::grammar::Builder::finish).
pub(super) fn any_object() -> Result<Grammar, ConstraintError> {
    let mut json = Json::default();
    let root = json.any_object(ANY_DEPTH);
    json.to.finish(root)
}

type Compiled<T = NodeId> = Result<T, ConstraintError>;

/// Where in a schema we are.
#[derive(Clone, Default)]
struct Place {
    pointer: String,
    depth: usize,
    /// How many references led here.
    references: usize,
}

impl Place {
    fn key(&self, name: &str) -> Self {
        Self {
            pointer: key(&self.pointer, name),
            depth: self.depth + 1,
            references: self.references,
        }
    }

    fn refuse<T>(&self, message: impl Into<String>) -> Compiled<T> {
        Err(ConstraintError::Schema {
            pointer: self.pointer.clone(),
            message: message.into(),
        })
    }
}

struct Compiler<'s> {
    root: &'s Schema,
    json: Json,
    /// What a reference stands for, by its pointer and how many led to it.
    references: BTreeMap<(String, usize), NodeId>,
    schemas: usize,
}

impl<'s> Compiler<'s> {
    fn new(root: &'s Schema) -> Self {
        Self {
            root,
            json: Json::default(),
            references: BTreeMap::new(),
            schemas: 0,
        }
    }

    fn schema(&mut self, schema: &Value, at: &Place) -> Compiled {
        self.schemas += 1;
        if self.schemas > MAX_SCHEMAS || self.json.to.is_full() {
            return Err(ConstraintError::TooLarge);
        }
        if at.depth > MAX_DEPTH {
            return at.refuse("is nested too deeply");
        }
        let schema = match schema {
            Value::Bool(true) => return Ok(self.json.any(ANY_DEPTH)),
            Value::Bool(false) => return Ok(self.json.to.never()),
            Value::Object(schema) => schema,
            _ => return at.refuse("must be a schema: an object, true or false"),
        };
        let known = |keyword: &str| {
            [&ANNOTATIONS[..], &STRING, &NUMBER, &ARRAY, &OBJECT, &OTHER]
                .iter()
                .any(|keywords| keywords.contains(&keyword))
        };
        if let Some(keyword) = schema.keys().find(|keyword| !known(keyword)) {
            return at
                .key(keyword)
                .refuse("is a keyword that cannot be kept to");
        }
        let node = self.asserted(schema, at)?;
        match schema.get("nullable") {
            None | Some(Value::Bool(false)) => Ok(node),
            Some(Value::Bool(true)) => {
                let null = self.json.to.literal("null");
                Ok(self.json.to.alt(vec![node, null]))
            }
            Some(_) => at.key("nullable").refuse("must be true or false"),
        }
    }

    fn asserted(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        // One of these says everything, and nothing else may stand beside it.
        for (keyword, beside) in [
            ("$ref", &[][..]),
            ("const", &["type", "enum"]),
            ("enum", &["type"]),
            ("anyOf", &[]),
            ("oneOf", &[]),
            ("allOf", &[]),
        ] {
            let Some(value) = schema.get(keyword) else {
                continue;
            };
            let other = schema.keys().find(|other| {
                let other = other.as_str();
                other != keyword
                    && other != "nullable"
                    && !beside.contains(&other)
                    && !ANNOTATIONS.contains(&other)
            });
            if let Some(other) = other {
                return at
                    .key(other)
                    .refuse(format!("cannot be combined with {keyword}"));
            }
            let here = at.key(keyword);
            return match keyword {
                "$ref" => self.reference(value, &here),
                "const" | "enum" => self.values(schema, at),
                _ => self.branches(keyword, value, &here),
            };
        }
        self.typed(schema, at)
    }

    fn reference(&mut self, value: &Value, at: &Place) -> Compiled {
        let Some(pointer) = value.as_str().and_then(|target| target.strip_prefix('#')) else {
            return at.refuse("must be a reference into this schema, such as #/$defs/name");
        };
        let Some(target) = self.root.value.pointer(pointer) else {
            return at.refuse(format!("refers to #{pointer}, which is not there"));
        };
        let references = at.references + 1;
        if references > MAX_REFERENCES {
            return Ok(self.json.to.never());
        }
        let key = (pointer.to_owned(), references);
        if let Some(node) = self.references.get(&key) {
            return Ok(*node);
        }
        let place = Place {
            pointer: pointer.into(),
            depth: 0,
            references,
        };
        let node = self.schema(target, &place)?;
        self.references.insert(key, node);
        Ok(node)
    }

    /// The values of `enum` and `const` that the other keywords let through.
    fn values(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        let values = match schema.get("enum") {
            None => schema.get("const").into_iter().collect(),
            Some(Value::Array(values)) if !values.is_empty() => values.iter().collect::<Vec<_>>(),
            Some(_) => {
                return at.key("enum").refuse("must be an array with a value in it");
            }
        };
        let types = types(schema, at)?;
        let texts: Vec<String> = values
            .into_iter()
            .filter(|value| schema.get("const").is_none_or(|only| only == *value))
            .filter(|value| {
                types
                    .as_ref()
                    .is_none_or(|types| types.iter().any(|name| has_type(value, name)))
            })
            .map(Value::to_string)
            .collect();
        if texts.is_empty() {
            return at.refuse("allows no value: none of them has the type");
        }
        let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        Ok(self.json.to.choice(&texts))
    }

    fn branches(&mut self, keyword: &str, value: &Value, at: &Place) -> Compiled {
        let Some(branches) = value.as_array().filter(|branches| !branches.is_empty()) else {
            return at.refuse("must be an array with a schema in it");
        };
        if keyword == "allOf" && branches.len() > 1 {
            return at.refuse("of several schemas cannot be kept to: write them as one");
        }
        let mut comparison = Comparison::new(self.root);
        let mut ways = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let here = at.key(&index.to_string());
            if keyword == "oneOf"
                && let Some(before) = branches
                    .iter()
                    .take(index)
                    .position(|before| !comparison.disjoint(before, branch, 0))
            {
                return here.refuse(format!(
                    "may fit together with branch {before}: let them differ in type or in a required \
                     member with another constant, or use anyOf"
                ));
            }
            ways.push(self.schema(branch, &here)?);
        }
        Ok(self.json.to.alt(ways))
    }

    fn typed(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        let names = match types(schema, at)? {
            Some(names) => names,
            None => {
                let has =
                    |keywords: &[&str]| keywords.iter().any(|name| schema.contains_key(*name));
                let inferred: Vec<String> = [
                    ("object", &OBJECT[..]),
                    ("array", &ARRAY),
                    ("string", &STRING),
                    ("number", &NUMBER),
                ]
                .iter()
                .filter(|(_, keywords)| has(keywords))
                .map(|(name, _)| (*name).to_owned())
                .collect();
                if inferred.is_empty() {
                    return Ok(self.json.any(ANY_DEPTH));
                }
                inferred
            }
        };
        let mut ways = Vec::new();
        for name in &names {
            ways.push(match name.as_str() {
                "null" => self.json.to.literal("null"),
                "boolean" => self.json.to.choice(&[b"true", b"false"]),
                "integer" | "number" => self.number(schema, name == "integer", at)?,
                "string" => self.string(schema, at)?,
                "array" => self.array(schema, at)?,
                _ => self.object(schema, at)?,
            });
        }
        Ok(self.json.to.alt(ways))
    }

    fn number(&mut self, schema: &Map<String, Value>, whole: bool, at: &Place) -> Compiled {
        let bounds = match Bounds::read(schema) {
            Ok(bounds) => bounds,
            Err((keyword, message)) => return at.key(keyword).refuse(message),
        };
        let node = if whole {
            bounds.integer(&mut self.json.to)
        } else {
            bounds.number(&mut self.json.to)
        };
        node.map_or_else(|| at.refuse("no number is within the bounds"), Ok)
    }

    fn string(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        let (min, max) = limits(schema, "Length", MAX_STRING, at)?;
        let (keyword, pattern) = match (schema.get("pattern"), schema.get("format")) {
            (None, None) => {
                let char = self.json.string_char();
                let content = self.json.to.repeat(char, min, max);
                return Ok(self.json.quoted(content));
            }
            (Some(_), Some(_)) => {
                return at.key("format").refuse("cannot be combined with pattern");
            }
            (Some(pattern), None) => ("pattern", pattern.as_str().map(Pattern::parse_anywhere)),
            (None, Some(name)) => {
                let pattern = name.as_str().and_then(format);
                ("format", pattern.map(|pattern| Pattern::parse(&pattern)))
            }
        };
        let here = at.key(keyword);
        let mut pattern = match pattern {
            Some(Ok(pattern)) => pattern,
            Some(Err(error)) => return here.refuse(error.to_string()),
            None if keyword == "pattern" => return here.refuse("must be a regular expression"),
            None => {
                return here.refuse("must be date, time, date-time, email, uuid or ipv4");
            }
        };
        if let Err(message) = pattern.limit(min, max) {
            return here.refuse(message);
        }
        let content = pattern.node(Spelling::Json, max, &mut self.json.to);
        Ok(self.json.quoted(content))
    }

    fn array(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        let mut first = Vec::new();
        match schema.get("prefixItems") {
            None => {}
            Some(Value::Array(schemas)) => {
                let here = at.key("prefixItems");
                for (index, schema) in schemas.iter().enumerate() {
                    first.push(self.schema(schema, &here.key(&index.to_string()))?);
                }
            }
            Some(_) => return at.key("prefixItems").refuse("must be an array of schemas"),
        }
        let item = match schema.get("items") {
            Some(Value::Array(_)) => {
                return at
                    .key("items")
                    .refuse("must be one schema; for a tuple use prefixItems");
            }
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(self.schema(schema, &at.key("items"))?),
            // A tuple ends where nothing is said of what follows, unless more is asked for.
            None if first.is_empty() || schema.contains_key("minItems") => {
                Some(self.json.any(ANY_DEPTH - 1))
            }
            None => None,
        };
        let tuple = first.len() as u32;
        let more = if item.is_some() { MAX_ITEMS } else { 0 };
        let (min, max) = limits(schema, "Items", tuple + more, at)?;
        if item.is_none() && min > tuple {
            return at.key("minItems").refuse("is more than there are items");
        }
        Ok(self.json.array(&first, item, min, max))
    }

    fn object(&mut self, schema: &Map<String, Value>, at: &Place) -> Compiled {
        let none = Map::new();
        let properties = match schema.get("properties") {
            None => &none,
            Some(Value::Object(properties)) => properties,
            Some(_) => return at.key("properties").refuse("must be an object"),
        };
        let required = match schema.get("required") {
            None => Vec::new(),
            Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
                names.iter().filter_map(Value::as_str).collect()
            }
            Some(_) => return at.key("required").refuse("must be an array of names"),
        };
        let free = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            None if schema.contains_key("properties") => None,
            None | Some(Value::Bool(true)) => Some(self.json.any(ANY_DEPTH - 1)),
            Some(schema) => Some(self.schema(schema, &at.key("additionalProperties"))?),
        };
        let mut members: Vec<(&str, NodeId, bool)> = Vec::new();
        let here = at.key("properties");
        for (name, property) in properties {
            let node = self.schema(property, &here.key(name))?;
            members.push((name, node, required.contains(&name.as_str())));
        }
        self.root
            .sort(&here.pointer, &mut members, |(name, ..)| name);
        for name in required {
            if members.iter().any(|(other, ..)| *other == name) {
                continue;
            }
            let node = match (free, schema.get("additionalProperties")) {
                (Some(node), _) => node,
                (None, None) => self.json.any(ANY_DEPTH - 1),
                (None, Some(_)) => {
                    let message = format!("names {name:?}, which is not among the properties");
                    return at.key("required").refuse(message);
                }
            };
            members.push((name, node, true));
        }
        let free = free.map(|value| {
            let names = members.iter().map(|(name, ..)| name.chars().collect());
            self.json.free_member(names.collect(), value)
        });
        Ok(self.json.members(&members, free))
    }
}

/// The names of `type`, if it is there.
fn types(schema: &Map<String, Value>, at: &Place) -> Compiled<Option<Vec<String>>> {
    const TYPES: [&str; 7] = [
        "array", "boolean", "integer", "null", "number", "object", "string",
    ];
    let names: Option<Vec<&str>> = match schema.get("type") {
        None => return Ok(None),
        Some(Value::Array(names)) => names.iter().map(Value::as_str).collect(),
        Some(name) => name.as_str().map(|name| vec![name]),
    };
    match names {
        Some(names) if !names.is_empty() && names.iter().all(|name| TYPES.contains(name)) => {
            Ok(Some(names.into_iter().map(str::to_owned).collect()))
        }
        _ => at
            .key("type")
            .refuse("must be the name of a type, or an array of them"),
    }
}

/// `min` and `max` of something; without a bound the given one.
fn limits(schema: &Map<String, Value>, of: &str, default: u32, at: &Place) -> Compiled<(u32, u32)> {
    let bound = |end: &str| {
        let keyword = format!("{end}{of}");
        match schema.get(&keyword).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(number)) if number < u64::from(u32::MAX) => Ok(Some(number as u32)),
            Some(_) => at.key(&keyword).refuse("must be a whole number, 0 or more"),
        }
    };
    let min = bound("min")?.unwrap_or_default();
    let max = bound("max")?.unwrap_or(default.max(min));
    if min > max {
        let keyword = format!("min{of}");
        return at.key(&keyword).refuse(format!("is more than max{of}"));
    }
    Ok((min, max))
}

/// The expression of a format.
fn format(name: &str) -> Option<String> {
    // February has 29 days in years that can be divided by 4, and by 400 if by 100.
    const DATE: &str = "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])\
        |(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
        |([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
    const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?\
        (Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    const EMAIL: &str = "[A-Za-z0-9_+-]{1,32}(\\.[A-Za-z0-9_+-]{1,32}){0,3}\
        @([a-z0-9]{1,32}(-[a-z0-9]{1,16}){0,3}\\.){1,4}[a-z]{2,16}";
    const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    Some(match name {
        "date" => DATE.into(),
        "time" => TIME.into(),
        "date-time" => format!("{DATE}T{TIME}"),
        "email" => EMAIL.into(),
        "uuid" => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".into(),
        "ipv4" => format!("{BYTE}(\\.{BYTE}){{3}}"),
        _ => return None,
    })
}
