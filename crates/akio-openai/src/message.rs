//! Messages as clients send them, and as every model's template can have them: a role and a text.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ApiError;

/// A message.
pub enum Message {
    /// Said by somebody.
    Text {
        /// Who.
        role: String,
        /// What.
        content: String,
    },
    /// The model asks for tools.
    Calls(Vec<Call>),
    /// What a tool said.
    Result {
        /// The call.
        id: String,
        /// What came of it.
        content: String,
    },
}

/// A tool that is asked for.
pub struct Call {
    id: String,
    name: String,
    /// JSON.
    arguments: String,
}

/// Reads the message at that place of the list.
///
/// # Errors
/// Status 400.
pub fn read(at: usize, message: Value) -> Result<Message, ApiError> {
    let wrong = |what: &str| ApiError::bad_request(format!("message {at} {what}"));
    if !message.is_object() {
        return Err(wrong("is not an object"));
    }
    let role = match &message["role"] {
        Value::Null => return Err(wrong("has no 'role'")),
        // The newer name of the same thing.
        Value::String(role) if role == "developer" => "system".to_owned(),
        Value::String(role) => role.clone(),
        _ => return Err(wrong("has a 'role' that is no text")),
    };
    if let Some(calls) = message["tool_calls"].as_array()
        && !calls.is_empty()
    {
        let calls = calls.iter().map(|call| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            Some(Call {
                id: text(&call["id"])?,
                name: text(&call["function"]["name"])?,
                arguments: text(&call["function"]["arguments"])?,
            })
        });
        let calls = calls.collect::<Option<_>>();
        let calls = calls.ok_or_else(|| wrong("has a tool call without id, name or arguments"))?;
        return Ok(Message::Calls(calls));
    }
    let content = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().map(|part| {
                let text = part["text"].as_str().filter(|_| part["type"] == "text");
                text.ok_or_else(|| wrong("has a part that is no text; only text can be read"))
            });
            texts.collect::<Result<String, _>>()?
        }
        _ => return Err(wrong("has no 'content'")),
    };
    if role != "tool" {
        return Ok(Message::Text { role, content });
    }
    match message["tool_call_id"].as_str() {
        Some(id) => Ok(Message::Result {
            id: id.to_owned(),
            content,
        }),
        None => Err(wrong("has no 'tool_call_id'")),
    }
}

/// The conversation as the model reads it: what tools have said stands in front of the request that they were
/// called for, as text, since not every template knows of tools.
///
/// # Errors
/// Status 400 for a result of what nobody has called for.
pub fn plain(messages: Vec<Message>) -> Result<Vec<Value>, ApiError> {
    let mut plain: Vec<Value> = Vec::new();
    let mut calls = BTreeMap::new();
    // What has been put in front of the last request.
    let mut said = String::new();
    for (at, message) in messages.into_iter().enumerate() {
        match message {
            Message::Text { role, content } => {
                plain.push(json!({ "role": role, "content": content }));
                said.clear();
            }
            Message::Calls(called) => {
                calls.extend(called.into_iter().map(|call| (call.id.clone(), call)));
            }
            Message::Result { id, content } => {
                let request = plain.last_mut().filter(|message| message["role"] == "user");
                let (Some(call), Some(request)) = (calls.get(&id), request) else {
                    return Err(ApiError::bad_request(format!(
                        "no message before message {at} calls for it"
                    )));
                };
                let own = request["content"]
                    .as_str()
                    .and_then(|text| text.get(said.len()..));
                let own = own.unwrap_or_default().to_owned();
                let result = content.trim_end();
                said.push_str(&format!("{} {}:\n{result}\n\n", call.name, call.arguments));
                request["content"] = format!("{said}{own}").into();
            }
        }
    }
    Ok(plain)
}
