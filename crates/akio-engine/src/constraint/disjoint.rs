//! Whether two schemas can be told apart: what `oneOf` needs, since an answer must fit one branch alone.

use serde_json::{Map, Number, Value};

use super::schema::Schema;

/// Members of members are not looked into more deeply.
const MAX_DEPTH: usize = 3;
/// References are not followed further.
const MAX_REFERENCES: usize = 16;
/// After so many comparisons nothing is plain to see any more.
const MAX_COMPARISONS: usize = 20_000;

/// Compares the branches of one `oneOf`.
pub(super) struct Comparison<'s> {
    root: &'s Schema,
    left: usize,
}

impl<'s> Comparison<'s> {
    pub fn new(root: &'s Schema) -> Self {
        Self {
            root,
            left: MAX_COMPARISONS,
        }
    }

    /// Whether it is plain to see that no value fits both schemas.
    pub fn disjoint(&mut self, a: &Value, b: &Value, depth: usize) -> bool {
        self.left = self.left.saturating_sub(1);
        if depth > MAX_DEPTH || self.left == 0 {
            return false;
        }
        let (Value::Object(a), Value::Object(b)) = (self.resolved(a), self.resolved(b)) else {
            return false;
        };
        if a.contains_key("nullable") || b.contains_key("nullable") {
            return false;
        }
        match (values(a), values(b)) {
            (Some(a), Some(b)) => return !a.iter().any(|value| b.contains(value)),
            (Some(values), None) => return no_value_has_type(&values, b),
            (None, Some(values)) => return no_value_has_type(&values, a),
            (None, None) => {}
        }
        let (Some(types_a), Some(types_b)) = (types(a), types(b)) else {
            return false;
        };
        let is_number = |name: &str| name == "integer" || name == "number";
        let mut shared = types_a.iter().filter(|a| {
            types_b
                .iter()
                .any(|b| *a == b || (is_number(a) && is_number(b)))
        });
        match shared.next() {
            None => true,
            Some(name) if *name == "object" && shared.next().is_none() => {
                let properties = a.get("properties").and_then(Value::as_object);
                let names = properties.into_iter().flat_map(Map::keys);
                names.into_iter().any(|name| {
                    match (required_member(a, name), required_member(b, name)) {
                        (Some(a), Some(b)) => self.disjoint(a, b, depth + 1),
                        _ => false,
                    }
                })
            }
            Some(_) => false,
        }
    }

    /// What a chain of references ends at.
    fn resolved<'v>(&self, mut schema: &'v Value) -> &'v Value
    where
        's: 'v,
    {
        for _ in 0..MAX_REFERENCES {
            let target = schema.get("$ref").and_then(Value::as_str);
            let target =
                target.and_then(|target| self.root.value.pointer(target.strip_prefix('#')?));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }
}

/// The values of `const` or `enum`.
fn values(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

fn types(schema: &Map<String, Value>) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        name => Some(vec![name.as_str()?]),
    }
}

fn no_value_has_type(values: &[&Value], schema: &Map<String, Value>) -> bool {
    types(schema).is_some_and(|names| {
        !values
            .iter()
            .any(|value| names.iter().any(|name| has_type(value, name)))
    })
}

fn required_member<'v>(schema: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let required = schema.get("required")?.as_array()?;
    let required = required.iter().any(|other| other.as_str() == Some(name));
    let properties = schema.get("properties")?.as_object()?;
    properties.get(name).filter(|_| required)
}

/// Whether a value is of the type with this name.
pub(super) fn has_type(value: &Value, name: &str) -> bool {
    let whole = |number: &Number| {
        number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|x| x.fract() == 0.0)
    };
    match (name, value) {
        ("integer", Value::Number(number)) => whole(number),
        ("array", Value::Array(_))
        | ("boolean", Value::Bool(_))
        | ("null", Value::Null)
        | ("number", Value::Number(_))
        | ("object", Value::Object(_))
        | ("string", Value::String(_)) => true,
        _ => false,
    }
}
