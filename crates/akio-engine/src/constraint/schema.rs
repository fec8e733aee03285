//! A JSON Schema with the order of its members.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::ConstraintError;

/// A JSON Schema that remembers the order in which its `properties` were written: answers have it too.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    pub(super) value: Value,
    /// Names in their order, by the JSON pointer of each object called `properties`.
    order: BTreeMap<String, Vec<String>>,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// [`ConstraintError::Schema`] if the text is not JSON.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        serde_json::from_str(text).map_err(|error| ConstraintError::Schema {
            pointer: String::new(),
            message: format!("is not JSON: {error}"),
        })
    }

    /// Some names of `properties` at a pointer, in their order.
    pub(super) fn sort<T>(&self, pointer: &str, members: &mut [T], name: impl Fn(&T) -> &str) {
        if let Some(order) = self.order.get(pointer) {
            members
                .sort_by_cached_key(|member| order.iter().position(|other| other == name(member)));
        }
    }
}

/// A value has no order of its own: members that are required come first, in the order of `required`.
impl From<Value> for Schema {
    fn from(value: Value) -> Self {
        let mut order = BTreeMap::new();
        required_first(&value, "", &mut order);
        Self { value, order }
    }
}

fn required_first(value: &Value, pointer: &str, order: &mut BTreeMap<String, Vec<String>>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                required_first(item, &format!("{pointer}/{index}"), order);
            }
        }
        Value::Object(object) => {
            if let (Some(Value::Object(properties)), Some(Value::Array(required))) =
                (object.get("properties"), object.get("required"))
            {
                let mut names: Vec<String> = properties.keys().cloned().collect();
                let place = |name: &String| required.iter().position(|other| other == name);
                names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
                order.insert(format!("{pointer}/properties"), names);
            }
            for (name, member) in object {
                required_first(member, &key(pointer, name), order);
            }
        }
        _ => {}
    }
}

/// The pointer to a member.
pub(super) fn key(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut order = BTreeMap::new();
        let place = Place {
            pointer: String::new(),
            order: &mut order,
        };
        let value = place.deserialize(deserializer)?;
        Ok(Self { value, order })
    }
}

/// Reads a value, and notes the order of what is called `properties`.
struct Place<'o> {
    pointer: String,
    order: &'o mut BTreeMap<String, Vec<String>>,
}

impl Place<'_> {
    fn member(&mut self, name: &str) -> Place<'_> {
        Place {
            pointer: key(&self.pointer, name),
            order: self.order,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a JSON Schema")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.member(&array.len().to_string()))? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut names = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.member(&name))?;
            object.insert(name.clone(), value);
            names.push(name);
        }
        if self.pointer.ends_with("/properties") {
            self.order.insert(self.pointer, names);
        }
        Ok(object.into())
    }
}
