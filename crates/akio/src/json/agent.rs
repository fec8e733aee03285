//! The JSON between the page and an agent: tools and limits in, events, answers and values out.

use std::fmt;

use akio_agent::{
    agent::{AgentEvent, AgentOptions, Call, Outcome, Permission, Step},
    documents::{self, Answer, Citation},
    extract::{self, Found},
    redact,
    tools::{BUILT_IN, GrantError, Outside, ToolSpec, Tools, built_in},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How an agent is opened. What is left out takes its default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRequest {
    /// Context in tokens; the agent's default if it is left out.
    pub context: Option<usize>,
    #[serde(default)]
    tools: Vec<ToolRequest>,
    permission: Option<Permission>,
    max_steps: Option<usize>,
    max_tokens: Option<usize>,
}

/// A built-in tool by its name, or one of the caller's.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ToolRequest {
    BuiltIn(String),
    Own(OwnTool),
}

/// A tool of the caller's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnTool {
    name: String,
    description: String,
    parameters: Value,
    #[serde(default)]
    examples: Vec<String>,
    side_effect: bool,
}

/// Why a tool is not granted.
#[derive(Debug, PartialEq, Eq)]
pub enum ToolRefusal {
    /// There is none of this name.
    Unknown(String),
    /// It cannot be one.
    Grant(GrantError),
}

impl fmt::Display for ToolRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                f,
                "there is no built-in tool {name:?}; there is {}",
                BUILT_IN.join(", ")
            ),
            Self::Grant(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ToolRefusal {}

impl From<GrantError> for ToolRefusal {
    fn from(error: GrantError) -> Self {
        Self::Grant(error)
    }
}

impl AgentRequest {
    /// The tools that are granted, and what holds for all tasks.
    ///
    /// # Errors
    /// [`ToolRefusal`].
    pub fn into_parts(self) -> Result<(Tools, AgentOptions), ToolRefusal> {
        let mut tools = Tools::default();
        for tool in self.tools {
            tools.grant(match tool {
                ToolRequest::BuiltIn(name) => built_in(&name).ok_or(ToolRefusal::Unknown(name))?,
                ToolRequest::Own(own) => Box::new(Outside::new(own.into())?),
            })?;
        }
        let default = AgentOptions::default();
        let options = AgentOptions {
            max_steps: self.max_steps.unwrap_or(default.max_steps),
            max_tokens: self.max_tokens.unwrap_or(default.max_tokens),
            permission: self.permission.unwrap_or(default.permission),
            ..default
        };
        Ok((tools, options))
    }
}

impl From<OwnTool> for ToolSpec {
    fn from(own: OwnTool) -> Self {
        Self {
            name: own.name,
            description: own.description,
            parameters: own.parameters,
            examples: own.examples,
            side_effect: own.side_effect,
        }
    }
}

/// What came of a call that the caller made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provided {
    /// What the tool says.
    Result(String),
    /// Why it failed.
    Error(String),
}

impl From<Provided> for Result<String, String> {
    fn from(provided: Provided) -> Self {
        match provided {
            Provided::Result(result) => Ok(result),
            Provided::Error(error) => Err(error),
        }
    }
}

/// One event of a task.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AgentEventJson {
    /// The model read a part of a prompt, or wrote a part of a call.
    Progress {
        /// Tokens read; 0 while it writes.
        done: usize,
        /// Tokens to read.
        total: usize,
    },
    /// A piece of the answer.
    Token {
        /// Its text.
        text: String,
    },
    /// A call that is about to be made.
    ToolCall {
        /// Which.
        call: Call,
    },
    /// A call that needs approval.
    Approval {
        /// Which.
        call: Call,
    },
    /// A call that the caller makes.
    Execute {
        /// Which.
        call: Call,
    },
    /// The call was made or refused.
    ToolResult {
        /// What came of it.
        step: Step,
    },
    /// Where the answer comes from.
    Citation {
        /// File and lines.
        citation: Place,
    },
    /// A fact was kept.
    Memory {
        /// Its text.
        text: String,
    },
    /// Something did not fit into the context.
    Overflow,
    /// The end of the task.
    Done {
        /// What came of it.
        outcome: Outcome,
    },
}

/// Lines of a file.
#[derive(Debug, Serialize)]
pub struct Place {
    file: String,
    start_line: usize,
    end_line: usize,
}

impl From<AgentEvent> for AgentEventJson {
    fn from(event: AgentEvent) -> Self {
        match event {
            AgentEvent::Progress { done, total } => Self::Progress { done, total },
            AgentEvent::Token(text) => Self::Token { text },
            AgentEvent::ToolCall(call) => Self::ToolCall { call },
            AgentEvent::Approval(call) => Self::Approval { call },
            AgentEvent::Execute(call) => Self::Execute { call },
            AgentEvent::ToolResult(step) => Self::ToolResult { step },
            AgentEvent::Citation {
                file,
                start_line,
                end_line,
            } => Self::Citation {
                citation: Place {
                    file,
                    start_line,
                    end_line,
                },
            },
            AgentEvent::Memory(text) => Self::Memory { text },
            AgentEvent::Overflow => Self::Overflow,
            AgentEvent::Done(outcome) => Self::Done { outcome },
        }
    }
}

/// An answer from documents.
pub fn answer(answer: &Answer) -> Value {
    let citation = |citation: &Citation| {
        json!({
            "file": citation.file,
            "start_line": citation.start_line,
            "end_line": citation.end_line,
            "passage": citation.passage,
        })
    };
    let citations: Vec<Value> = answer.citations.iter().map(citation).collect();
    json!({"answer": answer.text, "found": answer.found, "citations": citations})
}

/// The values of a document, and where they stand.
pub fn extraction(file: &str, found: &[Found], text: &documents::Text) -> Value {
    json!({"file": file, "values": extract::object(found), "spans": spans(found, text)})
}

/// For each property the line of the file and the text that its value was read from.
fn spans(found: &[Found], text: &documents::Text) -> Value {
    let place = |span: &std::ops::Range<usize>| {
        let before = text.text.get(..span.start).unwrap_or_default();
        let line = text.lines.get(before.matches('\n').count());
        json!({ "line": line, "text": text.text.get(span.clone()) })
    };
    let spans = found
        .iter()
        .filter(|found| !found.spans.is_empty())
        .map(|found| (found.name.clone(), found.spans.iter().map(place).collect()));
    Value::Object(spans.collect::<Map<_, _>>())
}

/// A text with masks in the place of what is personal; the spans count UTF-16 code units, as JavaScript does.
pub fn redaction(text: &str) -> Value {
    let spans = redact::find(text);
    let masked = redact::mask(text, &spans);
    let (mut from, mut units, mut line) = (0, 0, 1);
    let mut place = |at: usize| {
        let between = text.get(from..at).unwrap_or_default();
        units += between.encode_utf16().count();
        line += between.matches('\n').count();
        from = at;
        (units, line)
    };
    let spans: Vec<Value> = spans
        .iter()
        .map(|span| {
            let (start, line) = place(span.start);
            let (end, _) = place(span.end);
            json!({"kind": span.kind, "start": start, "end": end, "line": line})
        })
        .collect();
    json!({"text": masked, "spans": spans})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(tools: Value) -> Result<Vec<String>, ToolRefusal> {
        let request = json!({"tools": tools, "permission": "deny", "max_steps": 2});
        let request: AgentRequest = serde_json::from_value(request).unwrap();
        let (tools, options) = request.into_parts()?;
        assert_eq!((options.max_steps, options.max_tokens), (2, 512));
        assert_eq!(options.permission, Permission::Deny);
        Ok(tools.specs().map(|spec| spec.name.clone()).collect())
    }

    fn own(name: &str, parameters: Value) -> Value {
        json!({"name": name, "description": "Does it.", "parameters": parameters, "side_effect": false})
    }

    #[test]
    fn tools_are_granted_by_name_or_description() {
        let object = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        let names = granted(json!(["calculate", own("weather", object.clone())]));
        assert_eq!(names.unwrap(), ["calculate", "weather"]);
        let refused = |tools: Value| granted(tools).unwrap_err();
        assert_eq!(refused(json!(["fly"])), ToolRefusal::Unknown("fly".into()));
        assert_eq!(
            refused(json!([own("a b", object.clone())])),
            GrantError::Name("a b".into()).into()
        );
        assert_eq!(
            refused(json!([own("a", object.clone()), own("a", object)])),
            GrantError::Taken("a".into()).into()
        );
        for (parameters, pointer) in [
            (json!({"type": "string"}), "/type"),
            (
                json!({"type": "object", "properties": {"a": {"not": {}}}}),
                "/properties/a/not",
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "text"}}}),
                "/properties/a/type",
            ),
        ] {
            let ToolRefusal::Grant(error) = refused(json!([own("a", parameters)])) else {
                panic!("the schema is at fault")
            };
            assert_eq!(error.pointer(), Some(pointer), "{error}");
        }
    }

    #[test]
    fn places_in_a_text_are_those_of_javascript() {
        assert_eq!(
            redaction("Für 🦊:\nbob@example.org, now"),
            json!({
                "text": "Für 🦊:\n[EMAIL], now",
                "spans": [{"kind": "email", "start": 8, "end": 23, "line": 2}],
            })
        );
        assert_eq!(redaction(""), json!({"text": "", "spans": []}));
    }

    #[test]
    fn what_a_tool_says_is_a_result_or_an_error() {
        let provided = |text: &str| {
            let provided: Provided = serde_json::from_str(text).unwrap();
            Result::from(provided)
        };
        assert_eq!(provided(r#"{"result":"12"}"#), Ok("12".to_owned()));
        assert_eq!(provided(r#"{"error":"no"}"#), Err("no".to_owned()));
    }

    #[test]
    fn events_are_tagged() {
        let call = Call {
            tool: "calculate".into(),
            arguments: json!({"expression": "1+1"}),
        };
        let event = AgentEventJson::from(AgentEvent::Execute(call));
        assert_eq!(
            serde_json::to_value(event).unwrap(),
            json!({"type": "execute", "call": {"tool": "calculate", "arguments": {"expression": "1+1"}}})
        );
        let event = AgentEventJson::from(AgentEvent::Overflow);
        assert_eq!(
            serde_json::to_value(event).unwrap(),
            json!({"type": "overflow"})
        );
    }
}
