//! OpenAI's requests as those of the module.
//!
//! The module knows the fields that steer an answer and refuses others by name, so only three kinds are
//! handled here: those that shape the response, those that mean nothing to a model of one's own, and
//! those that ask for what akio does not do, which are accepted with their neutral value alone.

use crate::{ApiError, message, tools};
use serde_json::{Map, Value, json};

/// Fields of clients that make no difference here.
const IGNORED: [&str; 9] = [
    "model",
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "parallel_tool_calls",
];

/// A request for an answer.
#[derive(Debug, PartialEq)]
pub struct Asked {
    /// What the module is asked.
    pub request: Value,
    /// The conversation; none where a text is continued.
    pub messages: Option<Vec<Value>>,
    /// The answer is wanted as it comes.
    pub stream: bool,
    /// A stream ends with the number of tokens.
    pub usage: bool,
}

/// Reads the body of `/v1/chat/completions`.
///
/// # Errors
/// Status 400.
pub fn chat(body: &[u8], max_tokens: Option<u64>) -> Result<Asked, ApiError> {
    let mut fields = object(body)?;
    let messages = match fields.remove("messages") {
        Some(Value::Array(messages)) => messages
            .into_iter()
            .enumerate()
            .map(|(at, message)| message::read(at, message))
            .collect::<Result<Vec<_>, _>>()?,
        Some(_) => return Err(ApiError::bad_request("'messages' is not a list")),
        None => return Err(ApiError::bad_request("'messages' is missing")),
    };
    let call = tools::call_request(
        &messages,
        fields.remove("tools"),
        fields.remove("tool_choice"),
    )?;
    let messages = message::plain(messages)?;
    let mut asked = common(fields, max_tokens)?;
    asked.request["messages"] = messages.clone().into();
    if let Some(call) = call {
        asked.request["call"] = call;
    }
    asked.messages = Some(messages);
    Ok(asked)
}

/// Reads the body of `/v1/completions`.
///
/// # Errors
/// Status 400.
pub fn completion(body: &[u8], max_tokens: Option<u64>) -> Result<Asked, ApiError> {
    let mut fields = object(body)?;
    let prompt = match fields.remove("prompt") {
        Some(Value::String(prompt)) => prompt,
        Some(Value::Array(prompts)) => match <[Value; 1]>::try_from(prompts) {
            Ok([Value::String(prompt)]) => prompt,
            _ => return Err(ApiError::bad_request("'prompt' must be one text")),
        },
        Some(_) => return Err(ApiError::bad_request("'prompt' is not a text")),
        None => return Err(ApiError::bad_request("'prompt' is missing")),
    };
    neutral(&mut fields, "best_of", &[json!(1)])?;
    neutral(&mut fields, "echo", &[json!(false)])?;
    neutral(&mut fields, "suffix", &[json!("")])?;
    let mut asked = common(fields, max_tokens)?;
    asked.request["raw"] = prompt.into();
    Ok(asked)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|why| ApiError::bad_request(format!("the body is not a JSON object: {why}")))?;
    // Clients write null for what they leave out.
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// What both kinds of request have.
fn common(mut fields: Map<String, Value>, max_tokens: Option<u64>) -> Result<Asked, ApiError> {
    for name in IGNORED {
        fields.remove(name);
    }
    // The module's own name for what 'tools' become.
    if fields.contains_key("call") {
        return Err(ApiError::bad_request(
            "'call' is not supported; give 'tools'",
        ));
    }
    neutral(&mut fields, "n", &[json!(1)])?;
    neutral(&mut fields, "logprobs", &[json!(false)])?;
    neutral(&mut fields, "top_logprobs", &[json!(0)])?;
    neutral(&mut fields, "functions", &[json!([])])?;
    neutral(&mut fields, "modalities", &[json!(["text"])])?;
    if fields.get("response_format") == Some(&json!({ "type": "text" })) {
        fields.remove("response_format");
    }
    let stream = switch(&mut fields, "stream")?;
    let usage = match fields.remove("stream_options") {
        None => false,
        Some(Value::Object(mut options)) => switch(&mut options, "include_usage")?,
        Some(_) => return Err(ApiError::bad_request("'stream_options' is not an object")),
    };
    if let Some(tokens) = fields.remove("max_completion_tokens") {
        fields.insert("max_tokens".into(), tokens);
    }
    if let Some(limit) = max_tokens {
        let asked = fields.get("max_tokens").cloned().unwrap_or(limit.into());
        let Some(tokens) = asked.as_u64() else {
            return Err(ApiError::bad_request("'max_tokens' is not a whole number"));
        };
        fields.insert("max_tokens".into(), tokens.min(limit).into());
    }
    if let Some(stop) = fields.get_mut("stop")
        && stop.is_string()
    {
        *stop = json!([stop]);
    }
    Ok(Asked {
        request: fields.into(),
        messages: None,
        stream,
        usage,
    })
}

/// Removes a field that may have these values and no other.
fn neutral(fields: &mut Map<String, Value>, name: &str, allowed: &[Value]) -> Result<(), ApiError> {
    match fields.remove(name) {
        Some(value) if !allowed.contains(&value) => {
            let allowed: Vec<_> = allowed.iter().map(Value::to_string).collect();
            Err(ApiError::bad_request(format!(
                "'{name}' is not supported; leave it out or make it {}",
                allowed.join(" or ")
            )))
        }
        _ => Ok(()),
    }
}

fn switch(fields: &mut Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    match fields.remove(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(value),
        Some(_) => Err(ApiError::bad_request(format!(
            "'{name}' is neither true nor false"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        chat(body.as_bytes(), None).unwrap_err().message
    }

    #[test]
    fn a_request_with_everything_that_clients_send() {
        let body = json!({
            "model": "any", "user": "u", "n": 1, "logprobs": null, "tools": [], "tool_choice": "auto",
            "response_format": { "type": "text" }, "stream": true,
            "stream_options": { "include_usage": true }, "stop": "x", "seed": 7,
            "max_completion_tokens": 5, "temperature": 0.5, "top_p": 0.9,
            "messages": [
                { "role": "developer", "content": "Be brief." },
                { "role": "user", "name": "n", "content": [
                    { "type": "text", "text": "a" }, { "type": "text", "text": "b" },
                ]},
            ],
        });
        let messages = vec![
            json!({ "role": "system", "content": "Be brief." }),
            json!({ "role": "user", "content": "ab" }),
        ];
        let asked = chat(body.to_string().as_bytes(), None).unwrap();
        let expected = Asked {
            request: json!({
                "messages": messages, "stop": ["x"], "seed": 7, "max_tokens": 5,
                "temperature": 0.5, "top_p": 0.9,
            }),
            messages: Some(messages),
            stream: true,
            usage: true,
        };
        assert_eq!(asked, expected);
    }

    #[test]
    fn tools_are_chosen_from_for_the_last_request_and_their_results_stand_before_it() {
        let tool = json!({ "type": "function", "function": {
            "name": "weather", "description": "Tells the weather.",
            "parameters": { "type": "object", "properties": { "city": { "type": "string" } } },
        }});
        let own = json!({
            "name": "weather", "description": "Tells the weather.", "side_effect": false, "examples": [],
            "parameters": { "type": "object", "properties": { "city": { "type": "string" } } },
        });
        let request = |messages: Value, choice: Value| {
            let body = json!({ "messages": messages, "tools": [tool], "tool_choice": choice });
            chat(body.to_string().as_bytes(), None).unwrap().request
        };
        let question = json!({ "role": "user", "content": "Is it warm in Rome?" });
        let call = |tool: Value, required: bool| {
            json!({
                "task": "Is it warm in Rome?", "tool": tool, "required": required, "tools": [own],
            })
        };
        for (choice, expected) in [
            (json!(null), call(json!(null), false)),
            (json!("auto"), call(json!(null), false)),
            (json!("required"), call(json!(null), true)),
            (json!("none"), json!(null)),
            (
                json!({ "type": "function", "function": { "name": "weather" } }),
                call(json!("weather"), true),
            ),
        ] {
            assert_eq!(request(json!([question]), choice)["call"], expected);
        }
        let called = json!([
            question,
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Rome\"}" } },
            ]},
            { "role": "tool", "tool_call_id": "1", "content": "21 degrees\n" },
        ]);
        let request = request(called, json!("auto"));
        assert_eq!(request["call"], json!(null));
        assert_eq!(
            request["messages"],
            json!([{ "role": "user", "content": "weather {\"city\":\"Rome\"}:\n21 degrees\n\nIs it warm in Rome?" }])
        );
    }

    #[test]
    fn a_text_to_continue() {
        for prompt in [json!("Once"), json!(["Once"])] {
            let body = json!({ "prompt": prompt, "echo": false, "best_of": 1, "stop": ["a", "b"] });
            let asked = completion(body.to_string().as_bytes(), None).unwrap();
            assert_eq!(asked.request, json!({ "raw": "Once", "stop": ["a", "b"] }));
            assert_eq!(asked.messages, None);
        }
        for prompt in [json!(["a", "b"]), json!([[1, 2]]), json!(5), json!(null)] {
            let body = json!({ "prompt": prompt });
            completion(body.to_string().as_bytes(), None).unwrap_err();
        }
    }

    #[test]
    fn the_servers_limit_of_tokens_holds() {
        for (asked, given) in [
            (json!(null), 10),
            (json!(3), 3),
            (json!(11), 10),
            (json!(u64::MAX), 10),
        ] {
            let body = json!({ "prompt": "a", "max_tokens": asked });
            let asked = completion(body.to_string().as_bytes(), Some(10)).unwrap();
            assert_eq!(asked.request["max_tokens"], given);
        }
        for wrong in [json!(-1), json!("many"), json!(1.5)] {
            let body = json!({ "prompt": "a", "max_tokens": wrong });
            completion(body.to_string().as_bytes(), Some(10)).unwrap_err();
        }
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (body, part) in [
            ("", "not a JSON object"),
            ("[]", "not a JSON object"),
            ("{}", "'messages' is missing"),
            (r#"{"messages":5}"#, "not a list"),
            (r#"{"messages":["a"]}"#, "message 0 is not an object"),
            (r#"{"messages":[{}]}"#, "message 0 has no 'role'"),
            (
                r#"{"messages":[{"role":"user"}]}"#,
                "message 0 has no 'content'",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
                "only text",
            ),
            (
                r#"{"messages":[{"role":"assistant","content":"","tool_calls":[{}]}]}"#,
                "message 0 has a tool call",
            ),
            (
                r#"{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b","tool_call_id":"c"}]}"#,
                "no message before message 1 calls for it",
            ),
            (r#"{"messages":[],"n":2}"#, "'n' is not supported"),
            (r#"{"messages":[],"call":{}}"#, "'call' is not supported"),
            (r#"{"messages":[],"logprobs":true}"#, "'logprobs'"),
            (r#"{"messages":[],"tools":[{}]}"#, "tool 0"),
            (r#"{"messages":[],"tools":5}"#, "'tools' is not a list"),
            (
                r#"{"messages":[{"role":"user","content":"a"}],"tools":[],"tool_choice":"required"}"#,
                "without tools",
            ),
            (r#"{"messages":[],"stream":"yes"}"#, "'stream'"),
            (
                r#"{"messages":[],"stream_options":true}"#,
                "'stream_options'",
            ),
        ] {
            let message = refusal(body);
            assert!(message.contains(part), "{body}: {message}");
        }
    }
}
