//! Tools that a client has, as the module is asked to choose among them.

use serde_json::{Value, json};

use crate::{ApiError, message::Message};

/// What the module needs to choose a tool and its arguments; nothing where the model is to answer.
///
/// # Errors
/// Status 400.
pub fn call_request(
    messages: &[Message],
    tools: Option<Value>,
    choice: Option<Value>,
) -> Result<Option<Value>, ApiError> {
    let tools = match tools {
        None => Vec::new(),
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(ApiError::bad_request("'tools' is not a list")),
    };
    let own = tools.iter().enumerate().map(|(at, tool)| own(at, tool));
    let own = own.collect::<Result<Vec<_>, _>>()?;
    let choice = choice.unwrap_or("auto".into());
    let (tool, required) = match &choice {
        Value::String(choice) if choice == "none" => return Ok(None),
        Value::String(choice) if choice == "auto" => (None, false),
        Value::String(choice) if choice == "required" => (None, true),
        choice => match choice["function"]["name"].as_str() {
            Some(name) if own.iter().any(|tool| tool["name"] == name) => (Some(name), true),
            Some(name) => {
                return Err(ApiError::bad_request(format!(
                    "'tool_choice' names {name}, which is not among the tools"
                )));
            }
            None => {
                return Err(ApiError::bad_request(
                    "'tool_choice' must be none, auto, required, or name a function",
                ));
            }
        },
    };
    if own.is_empty() && required {
        return Err(ApiError::bad_request(
            "'tool_choice' is for a call, without tools",
        ));
    }
    // What a tool has said is for the answer: with it the request is not chosen for again.
    let is_asked = matches!(messages.last(), Some(Message::Text { role, .. }) if role == "user");
    if own.is_empty() || !(required || is_asked) {
        return Ok(None);
    }
    let task = messages.iter().rev().find_map(|message| match message {
        Message::Text { role, content } if role == "user" => Some(content),
        _ => None,
    });
    Ok(Some(json!({
        "task": task, "tool": tool, "required": required, "tools": own,
    })))
}

/// A tool as the module takes it.
fn own(at: usize, tool: &Value) -> Result<Value, ApiError> {
    let function = &tool["function"];
    let Some(name) = function["name"].as_str() else {
        return Err(ApiError::bad_request(format!(
            "tool {at} is not a function with a name"
        )));
    };
    let parameters = match &function["parameters"] {
        Value::Null => json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        parameters => parameters.clone(),
    };
    let examples = match &function["examples"] {
        Value::Null => json!([]),
        examples => examples.clone(),
    };
    Ok(json!({
        "name": name,
        "description": function["description"].as_str().unwrap_or_default(),
        "parameters": parameters,
        "examples": examples,
        // Whether it is called is for the client to say.
        "side_effect": false,
    }))
}
