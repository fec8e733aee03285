//! Arguments against a tool's JSON Schema.
//!
//! Constrained decoding keeps a model to the schema, but arguments also come from an API, from a file or
//! from a person, and a call is checked wherever it comes from. The keywords are those that arguments of
//! tools use; a schema with another one is refused when the tool is granted, not ignored when it is called.

use serde_json::{Map, Value};

use super::ToolError;

/// Deeper schemas and values are refused.
const MAX_DEPTH: usize = 32;

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 11] = [
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "format",
    "readOnly",
    "title",
    "writeOnly",
];

/// Checks that a schema is one of an object and uses only what [`validate`] knows.
///
/// # Errors
/// A JSON pointer into the schema, and what is wrong there.
pub fn check(schema: &Value) -> Result<(), (String, String)> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err(("/type".into(), "must be \"object\"".into()));
    }
    check_at(schema, &Pointer::ROOT)
}

fn check_at(schema: &Value, at: &Pointer<'_>) -> Result<(), (String, String)> {
    let refuse = |at: &Pointer<'_>, message: &str| Err((at.text(), message.to_owned()));
    if at.depth > MAX_DEPTH {
        return refuse(at, "is nested too deeply");
    }
    let object = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(object) => object,
        _ => return refuse(at, "must be a schema: an object, true or false"),
    };
    for (keyword, value) in object {
        let here = at.key(keyword);
        match keyword.as_str() {
            "type" => {
                let is_type =
                    |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
                let known = is_type(value)
                    || value
                        .as_array()
                        .is_some_and(|names| !names.is_empty() && names.iter().all(is_type));
                if !known {
                    return refuse(&here, "must be the name of a type, or an array of them");
                }
            }
            "enum" => {
                if value.as_array().is_none_or(Vec::is_empty) {
                    return refuse(&here, "must be an array with a value in it");
                }
            }
            "const" => {}
            "properties" => {
                let Some(properties) = value.as_object() else {
                    return refuse(&here, "must be an object");
                };
                for (name, property) in properties {
                    check_at(property, &here.key(name))?;
                }
            }
            "required" => {
                if !value
                    .as_array()
                    .is_some_and(|names| names.iter().all(Value::is_string))
                {
                    return refuse(&here, "must be an array of names");
                }
            }
            "additionalProperties" | "items" => check_at(value, &here)?,
            "anyOf" | "oneOf" | "allOf" => {
                let Some(schemas) = value.as_array().filter(|schemas| !schemas.is_empty()) else {
                    return refuse(&here, "must be an array with a schema in it");
                };
                for (index, schema) in schemas.iter().enumerate() {
                    check_at(schema, &here.index(index))?;
                }
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" => {
                if !value.is_u64() {
                    return refuse(&here, "must be a whole number, 0 or more");
                }
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                if !value.is_number() {
                    return refuse(&here, "must be a number");
                }
            }
            "pattern" => {
                let readable = value
                    .as_str()
                    .is_some_and(|pattern| regex_lite::Regex::new(pattern).is_ok());
                if !readable {
                    return refuse(&here, "must be a regular expression");
                }
            }
            keyword if ANNOTATIONS.contains(&keyword) => {}
            _ => return refuse(&here, "is a keyword that cannot be checked"),
        }
    }
    Ok(())
}

const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Checks a value against a schema that [`check`] accepted.
///
/// # Errors
/// [`ToolError::Arguments`] with a JSON pointer into the value, for the first thing that is wrong.
pub fn validate(schema: &Value, value: &Value) -> Result<(), ToolError> {
    validate_at(schema, value, &Pointer::ROOT)
        .map_err(|(pointer, message)| ToolError::Arguments { pointer, message })
}

fn validate_at(schema: &Value, value: &Value, at: &Pointer<'_>) -> Result<(), (String, String)> {
    let refuse = |message: String| Err((at.text(), message));
    if at.depth > MAX_DEPTH {
        return refuse("is nested too deeply".into());
    }
    let schema = match schema {
        Value::Object(schema) => schema,
        Value::Bool(false) => return refuse("must not be there".into()),
        _ => return Ok(()),
    };
    if let Some(types) = schema.get("type") {
        let names: Vec<&str> = match types {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            name => name.as_str().into_iter().collect(),
        };
        if !names.iter().any(|name| has_type(value, name)) {
            let names: Vec<String> = names.iter().map(|name| with_article(name)).collect();
            return refuse(format!(
                "must be {}, not {}",
                names.join(" or "),
                brief(value)
            ));
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        let values: Vec<String> = values.iter().map(brief).collect();
        return refuse(format!(
            "must be one of {}, not {}",
            values.join(", "),
            brief(value)
        ));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return refuse(format!("must be {}, not {}", brief(only), brief(value)));
    }
    match value {
        Value::String(text) => validate_string(schema, text).or_else(refuse)?,
        Value::Number(number) => {
            validate_number(schema, number.as_f64().unwrap_or(f64::NAN)).or_else(refuse)?;
        }
        Value::Array(items) => {
            validate_length(schema, "Items", items.len(), "items").or_else(refuse)?;
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    validate_at(schema, item, &at.index(index))?;
                }
            }
        }
        Value::Object(object) => validate_object(schema, object, at)?,
        Value::Null | Value::Bool(_) => {}
    }
    let schemas = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    for schema in schemas("allOf").into_iter().flatten() {
        validate_at(schema, value, at)?;
    }
    let fitting = |schemas: &[Value]| {
        schemas
            .iter()
            .filter(|schema| validate_at(schema, value, at).is_ok())
            .count()
    };
    if schemas("anyOf").is_some_and(|schemas| fitting(schemas) == 0) {
        return refuse("fits none of the forms it may have".into());
    }
    if schemas("oneOf").is_some_and(|schemas| fitting(schemas) != 1) {
        return refuse("must fit exactly one of the forms it may have".into());
    }
    Ok(())
}

fn validate_string(schema: &Map<String, Value>, text: &str) -> Result<(), String> {
    validate_length(schema, "Length", text.chars().count(), "characters")?;
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else {
        return Ok(());
    };
    // Compiled once before, by check().
    match regex_lite::Regex::new(pattern) {
        Ok(regex) if !regex.is_match(text) => Err(format!("must match {pattern}")),
        _ => Ok(()),
    }
}

fn validate_number(schema: &Map<String, Value>, number: f64) -> Result<(), String> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let broken = |(keyword, words): (&str, &str), holds: fn(f64, f64) -> bool| {
        bound(keyword)
            .filter(|bound| !holds(number, *bound))
            .map(|bound| format!("must be {words} {bound}, not {number}"))
    };
    let broken = broken(("minimum", "at least"), |number, bound| number >= bound)
        .or_else(|| broken(("maximum", "at most"), |number, bound| number <= bound))
        .or_else(|| {
            broken(("exclusiveMinimum", "more than"), |number, bound| {
                number > bound
            })
        })
        .or_else(|| {
            broken(("exclusiveMaximum", "less than"), |number, bound| {
                number < bound
            })
        });
    broken.map_or(Ok(()), Err)
}

fn validate_length(
    schema: &Map<String, Value>,
    of: &str,
    length: usize,
    unit: &str,
) -> Result<(), String> {
    let bound = |end: &str| schema.get(&format!("{end}{of}")).and_then(Value::as_u64);
    let length = length as u64;
    if let Some(least) = bound("min").filter(|least| length < *least) {
        return Err(format!("must have at least {least} {unit}, not {length}"));
    }
    if let Some(most) = bound("max").filter(|most| length > *most) {
        return Err(format!("must have at most {most} {unit}, not {length}"));
    }
    Ok(())
}

fn validate_object(
    schema: &Map<String, Value>,
    object: &Map<String, Value>,
    at: &Pointer<'_>,
) -> Result<(), (String, String)> {
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            return Err((at.text(), format!("must have {name:?}")));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in object {
        let here = at.key(name);
        match (
            properties.and_then(|properties| properties.get(name)),
            schema.get("additionalProperties"),
        ) {
            (Some(property), _) => validate_at(property, value, &here)?,
            (None, Some(Value::Bool(false))) => {
                let known: Vec<&str> = properties
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(String::as_str)
                    .collect();
                return Err((
                    here.text(),
                    format!("is not an argument; there is {}", known.join(", ")),
                ));
            }
            (None, Some(rest)) => validate_at(rest, value, &here)?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => {
            value.is_i64()
                || value.is_u64()
                || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        _ => value.is_string(),
    }
}

fn with_article(name: &str) -> String {
    match name {
        "array" | "integer" | "object" => format!("an {name}"),
        "null" => name.into(),
        _ => format!("a {name}"),
    }
}

/// A value as it is quoted in an error.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Where in a document we are; written out only when something is wrong.
struct Pointer<'a> {
    parent: Option<&'a Pointer<'a>>,
    step: Step<'a>,
    depth: usize,
}

enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl Pointer<'_> {
    const ROOT: Pointer<'static> = Pointer {
        parent: None,
        step: Step::Root,
        depth: 0,
    };

    fn key<'a>(&'a self, name: &'a str) -> Pointer<'a> {
        self.step(Step::Key(name))
    }

    fn index(&self, index: usize) -> Pointer<'_> {
        self.step(Step::Index(index))
    }

    fn step<'a>(&'a self, step: Step<'a>) -> Pointer<'a> {
        Pointer {
            parent: Some(self),
            step,
            depth: self.depth + 1,
        }
    }

    fn text(&self) -> String {
        let before = self.parent.map(Pointer::text).unwrap_or_default();
        match self.step {
            Step::Root => before,
            Step::Key(name) => {
                format!("{before}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            Step::Index(index) => format!("{before}/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refusal(schema: &Value, value: &Value) -> String {
        validate(schema, value).unwrap_err().to_string()
    }

    #[test]
    fn each_keyword_refuses_with_its_pointer() {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": {"type": "string", "minLength": 2, "maxLength": 4},
                "line": {"type": "integer", "minimum": 1, "maximum": 9},
                "share": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                "kind": {"enum": ["file", "dir"]},
                "fixed": {"const": true},
                "code": {"type": "string", "pattern": "^[a-z]+$"},
                "edits": {
                    "type": "array", "minItems": 1, "maxItems": 2,
                    "items": {"type": "object", "required": ["a/b"], "additionalProperties": false,
                              "properties": {"a/b": {"type": "boolean"}}}
                },
                "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "one": {"oneOf": [{"minimum": 1}, {"minimum": 5}]},
                "all": {"allOf": [{"minimum": 1}, {"maximum": 5}]},
            },
            "required": ["path"],
            "additionalProperties": {"type": "integer"},
        });
        assert_eq!(check(&schema), Ok(()));
        let good = json!({
            "path": "äöü", "line": 3.0, "share": null, "kind": "dir", "fixed": true, "code": "x",
            "edits": [{"a/b": true}], "either": null, "one": 2, "all": 5, "more": 1
        });
        assert_eq!(validate(&schema, &good), Ok(()));
        for (changed, message) in [
            (
                json!({"path": "a"}),
                "/path must have at least 2 characters, not 1",
            ),
            (
                json!({"path": "abcde"}),
                "/path must have at most 4 characters, not 5",
            ),
            (json!({"path": true}), "/path must be a string, not true"),
            (json!({"line": 0}), "/line must be at least 1, not 0"),
            (json!({"line": 10}), "/line must be at most 9, not 10"),
            (json!({"line": 1.5}), "/line must be an integer, not 1.5"),
            (
                json!({"share": "x"}),
                "/share must be a number or null, not \"x\"",
            ),
            (json!({"share": 0}), "/share must be more than 0, not 0"),
            (json!({"share": 1}), "/share must be less than 1, not 1"),
            (
                json!({"kind": "x"}),
                "/kind must be one of \"file\", \"dir\", not \"x\"",
            ),
            (json!({"fixed": 1}), "/fixed must be true, not 1"),
            (json!({"code": "X"}), "/code must match ^[a-z]+$"),
            (
                json!({"edits": []}),
                "/edits must have at least 1 items, not 0",
            ),
            (json!({"edits": [{}]}), "/edits/0 must have \"a/b\""),
            (
                json!({"edits": [{"a/b": 1}]}),
                "/edits/0/a~1b must be a boolean, not 1",
            ),
            (
                json!({"edits": [{"a/b": true, "c": 1}]}),
                "/edits/0/c is not an argument; there is a/b",
            ),
            (
                json!({"either": 1}),
                "/either fits none of the forms it may have",
            ),
            (
                json!({"one": 5}),
                "/one must fit exactly one of the forms it may have",
            ),
            (json!({"all": 6}), "/all must be at most 5, not 6"),
            (json!({"more": "x"}), "/more must be an integer, not \"x\""),
        ] {
            let mut value = good.clone();
            for (name, part) in changed.as_object().unwrap() {
                value[name] = part.clone();
            }
            assert_eq!(
                refusal(&schema, &value),
                format!("the arguments are wrong: {message}")
            );
        }
        assert_eq!(
            refusal(&schema, &json!({})),
            "the arguments are wrong: they must have \"path\""
        );
        assert_eq!(
            refusal(&schema, &json!("path")),
            "the arguments are wrong: they must be an object, not \"path\""
        );
    }

    #[test]
    fn a_schema_that_cannot_be_checked_is_refused() {
        for (property, pointer) in [
            (json!({"$ref": "#/$defs/a"}), "/properties/a/$ref"),
            (json!({"not": {}}), "/properties/a/not"),
            (json!({"type": "text"}), "/properties/a/type"),
            (json!({"enum": []}), "/properties/a/enum"),
            (json!({"pattern": "("}), "/properties/a/pattern"),
            (json!({"maxLength": -1}), "/properties/a/maxLength"),
            (json!({"minimum": "1"}), "/properties/a/minimum"),
            (
                json!({"anyOf": [{"oneOf": 1}]}),
                "/properties/a/anyOf/0/oneOf",
            ),
            (json!({"items": 3}), "/properties/a/items"),
            (json!({"required": "a"}), "/properties/a/required"),
            (json!(3), "/properties/a"),
        ] {
            let schema = json!({"type": "object", "properties": {"a": property}});
            assert_eq!(check(&schema).unwrap_err().0, pointer);
        }
        assert_eq!(check(&json!({})).unwrap_err().0, "/type");
    }

    #[test]
    fn depth_is_bounded() {
        let mut schema = json!({"type": "object"});
        let mut value = json!({});
        for _ in 0..40 {
            schema = json!({"type": "object", "properties": {"a": schema}});
            value = json!({"a": value});
        }
        assert!(check(&schema).unwrap_err().1.contains("too deeply"));
        assert!(refusal(&schema, &value).contains("too deeply"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<f64>().prop_map(|number| json!(number)),
            any::<i64>().prop_map(|number| json!(number)),
            "[a-z]{0,6}".prop_map(Value::String),
            prop::sample::select(&TYPES[..]).prop_map(|name| json!(name)),
        ];
        let keyword = prop_oneof![
            "[a-c]",
            prop::sample::select(vec![
                "type",
                "properties",
                "items",
                "enum",
                "anyOf",
                "oneOf",
                "required",
                "minLength",
                "maximum",
                "additionalProperties",
                "pattern",
            ])
            .prop_map(String::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(keyword.clone(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(schema in any_json(), value in any_json()) {
            let _ = check(&schema);
            let _ = validate(&schema, &value);
        }
    }
}
