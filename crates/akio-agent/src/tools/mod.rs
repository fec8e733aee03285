//! What the agent can do besides talking: the tools, the grants, and the check of every call.
//!
//! A tool has a [`ToolSpec`], from which the model chooses, and does its work in a [`World`] that the shell
//! passes in; this crate touches no file and no clock. [`Tools`] holds what was granted, and a call goes
//! through it: the arguments are checked against the tool's schema first, and every error is a
//! [`ToolError`] that says in plain words what the model can do about it.
//!
//! Names and arguments are those of llama.cpp's built-in tools where it has the tool.

pub mod error;
pub mod held;
pub mod path;
pub mod schema;
pub mod world;

mod calculate;
mod edit_file;
mod file_glob_search;
mod get_datetime;
mod grep_search;
mod outside;
mod read_file;
mod recall;
mod remember;
mod search_documents;
mod text_file;
pub(crate) mod walk;
mod write_file;

use serde_json::Value;

pub use error::{GrantError, ToolError};
pub use held::Held;
pub use outside::Outside;
pub use world::{Entry, Kind, Metadata, World, WorldError, WorldErrorKind};

/// The longest result of a built-in tool in bytes. A loop with a small context cuts further.
pub const MAX_OUTPUT: usize = 8 << 10;
/// The largest file that a built-in tool reads or writes, in bytes.
pub const MAX_FILE: u64 = 16 << 20;

/// What the model is told about a tool, and what its arguments must look like.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// The name by which it is called.
    pub name: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// JSON Schema of the arguments, an object.
    pub parameters: Value,
    /// Requests that this tool is right for: the choice of a tool learns from them.
    pub examples: Vec<String>,
    /// Whether it changes anything: such a call needs approval.
    pub side_effect: bool,
}

/// Something the agent can do.
pub trait Tool {
    /// What the model is told about it.
    fn spec(&self) -> &ToolSpec;

    /// The arguments for a request in plain words, where they stand in it; `None` leaves them to the model.
    fn read_request(&self, _request: &str, _world: &mut dyn World) -> Option<Value> {
        None
    }

    /// Whether the caller does it: then [`call`](Self::call) is not for this.
    fn is_outside(&self) -> bool {
        false
    }

    /// Does it. The arguments have been checked against the schema.
    ///
    /// # Errors
    /// A [`ToolError`] whose text goes back to the model.
    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError>;
}

/// The names of the built-in tools that [`built_in`] makes.
pub const BUILT_IN: [&str; 10] = [
    "calculate",
    "edit_file",
    "file_glob_search",
    "get_datetime",
    "grep_search",
    "read_file",
    "recall",
    "remember",
    "search_documents",
    "write_file",
];

/// A built-in tool by its name.
pub fn built_in(name: &str) -> Option<Box<dyn Tool>> {
    Some(match name {
        "calculate" => Box::new(calculate::Calculate::new()),
        "edit_file" => Box::new(edit_file::EditFile::new()),
        "file_glob_search" => Box::new(file_glob_search::FileGlobSearch::new()),
        "get_datetime" => Box::new(get_datetime::GetDatetime::new()),
        "grep_search" => Box::new(grep_search::GrepSearch::new()),
        "read_file" => Box::new(read_file::ReadFile::new()),
        "recall" => Box::new(recall::Recall::new()),
        "remember" => Box::new(remember::Remember::new()),
        "search_documents" => Box::new(search_documents::SearchDocuments::new()),
        "write_file" => Box::new(write_file::WriteFile::new()),
        _ => return None,
    })
}

/// The tools that a session was granted; there are none until they are.
#[derive(Default)]
pub struct Tools {
    granted: Vec<Box<dyn Tool>>,
}

impl Tools {
    /// Grants a tool.
    ///
    /// # Errors
    /// [`GrantError`] if its name is taken or not a name, or its schema uses what cannot be checked.
    pub fn grant(&mut self, tool: Box<dyn Tool>) -> Result<(), GrantError> {
        let spec = tool.spec();
        let name = &spec.name;
        let is_name = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !is_name {
            return Err(GrantError::Name(name.clone()));
        }
        if self.spec(name).is_some() {
            return Err(GrantError::Taken(name.clone()));
        }
        schema::check(&spec.parameters).map_err(|(pointer, message)| GrantError::Schema {
            name: name.clone(),
            pointer,
            message,
        })?;
        self.granted.push(tool);
        Ok(())
    }

    /// What was granted, in the order in which it was.
    pub fn specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.granted.iter().map(|tool| tool.spec())
    }

    /// A granted tool by its name.
    pub fn spec(&self, name: &str) -> Option<&ToolSpec> {
        self.specs().find(|spec| spec.name == name)
    }

    /// Whether a granted tool is done by the caller.
    pub fn is_outside(&self, name: &str) -> bool {
        let mut granted = self.granted.iter();
        granted.any(|tool| tool.is_outside() && tool.spec().name == name)
    }

    /// Checks a call without making it: the tool is granted, and the arguments follow its schema.
    ///
    /// # Errors
    /// [`ToolError::Unknown`] or [`ToolError::Arguments`].
    pub fn check(&self, name: &str, arguments: &Value) -> Result<&ToolSpec, ToolError> {
        let spec = self.spec(name).ok_or_else(|| self.unknown(name))?;
        schema::validate(&spec.parameters, arguments)?;
        Ok(spec)
    }

    /// The arguments for a request, if they stand in it and follow the schema.
    pub fn read_request(&self, name: &str, request: &str, world: &mut dyn World) -> Option<Value> {
        let tool = self.granted.iter().find(|tool| tool.spec().name == name)?;
        let arguments = tool.read_request(request, world)?;
        self.check(name, &arguments).ok()?;
        Some(arguments)
    }

    /// Checks a call and makes it. Approval is the caller's matter, and comes before.
    ///
    /// # Errors
    /// [`ToolError`].
    pub fn call(
        &mut self,
        name: &str,
        arguments: &Value,
        world: &mut dyn World,
    ) -> Result<String, ToolError> {
        self.check(name, arguments)?;
        match self
            .granted
            .iter_mut()
            .find(|tool| tool.spec().name == name)
        {
            Some(tool) => tool.call(arguments, world),
            None => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> ToolError {
        ToolError::Unknown {
            name: name.into(),
            granted: self.specs().map(|spec| spec.name.clone()).collect(),
        }
    }
}

/// A string argument, or the default where it is left out.
fn text<'a>(arguments: &'a Value, name: &str, default: &'a str) -> &'a str {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or(default)
}

/// A flag, false where it is left out.
fn flag(arguments: &Value, name: &str) -> bool {
    arguments.get(name).and_then(Value::as_bool) == Some(true)
}

/// A whole number that is not negative, where it is given.
fn number(arguments: &Value, name: &str) -> Option<usize> {
    let number = arguments.get(name)?;
    // JSON Schema counts 3.0 among the integers.
    let number = number
        .as_u64()
        .or_else(|| number.as_f64().map(|number| number as u64))?;
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{held::Held, *};

    fn all() -> Tools {
        let mut tools = Tools::default();
        for name in BUILT_IN {
            tools
                .grant(built_in(name).expect("a built-in tool"))
                .expect("a fresh name and a schema that can be checked");
        }
        tools
    }

    #[test]
    fn every_built_in_tool_is_described_bounded_and_has_examples() {
        for spec in all().specs() {
            let name = &spec.name;
            assert!(spec.description.ends_with('.'), "{name}");
            assert!(spec.examples.len() >= 10, "{name}");
            assert_eq!(spec.parameters["additionalProperties"], false, "{name}");
            bounded(name, &spec.parameters);
        }
    }

    /// A model that fills an unbounded string may never end it.
    fn bounded(at: &str, schema: &Value) {
        match schema["type"].as_str() {
            Some("string") => {
                assert!(
                    schema["maxLength"].is_u64() || schema["enum"].is_array(),
                    "{at}"
                );
            }
            Some("array") => {
                assert!(schema["maxItems"].is_u64(), "{at}");
                bounded(at, &schema["items"]);
            }
            Some("object") => {
                for (name, property) in schema["properties"].as_object().expect("properties") {
                    bounded(&format!("{at}/{name}"), property);
                }
            }
            Some("integer") => assert!(schema["maximum"].is_u64(), "{at}"),
            _ => {}
        }
    }

    #[test]
    fn what_changes_something_says_so() {
        let changing: Vec<String> = all()
            .specs()
            .filter(|spec| spec.side_effect)
            .map(|spec| spec.name.clone())
            .collect();
        assert_eq!(changing, ["edit_file", "remember", "write_file"]);
    }

    #[test]
    fn a_call_is_refused_unless_the_tool_was_granted() {
        let mut world = Held::new([("a.txt", "text")]);
        let mut tools = Tools::default();
        tools.grant(built_in("get_datetime").unwrap()).unwrap();
        let error = tools
            .call("read_file", &json!({"path": "a.txt"}), &mut world)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no tool read_file; there is get_datetime"
        );
    }

    #[test]
    fn arguments_are_checked_before_a_call() {
        let mut world = Held::new([("a.txt", "text")]);
        let error = all()
            .call("read_file", &json!({"path": 3}), &mut world)
            .unwrap_err();
        assert_eq!(
            error,
            ToolError::Arguments {
                pointer: "/path".into(),
                message: "must be a string, not 3".into()
            }
        );
    }

    #[test]
    fn a_name_can_be_granted_once() {
        let mut tools = all();
        assert_eq!(
            tools.grant(built_in("recall").unwrap()),
            Err(GrantError::Taken("recall".into()))
        );
    }
}
