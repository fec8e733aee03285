//! Answers in the shape of OpenAI's responses: whole, or as a stream of chunks.

use serde::Deserialize;
use serde_json::{Value, json};

/// What ends a stream of events, in the place of a chunk.
pub const DONE: &str = "[DONE]";

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/completions`
    Text,
}

impl Kind {
    /// What ids of its responses begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl",
            Self::Text => "cmpl",
        }
    }
}

/// The end of an answer, as the module says it.
#[derive(Clone, Debug, Deserialize)]
pub struct Done {
    /// `stop`, `length` or `context`.
    pub reason: String,
    /// The last piece.
    pub text: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Those that did not have to be read again.
    pub cached_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// A tool is to be called, in the place of an answer.
    #[serde(default)]
    pub call: Option<Called>,
}

/// A tool that is to be called.
#[derive(Clone, Debug, Deserialize)]
pub struct Called {
    /// Its name.
    pub tool: String,
    /// As its schema says.
    pub arguments: Value,
}

/// What all parts of one response repeat.
#[derive(Clone, Debug)]
pub struct Head {
    /// What was asked for.
    pub kind: Kind,
    /// Unique among those of the server.
    pub id: String,
    /// Unix time in seconds.
    pub created: u64,
    /// Name of the model.
    pub model: String,
}

impl Head {
    /// The whole answer; `text` is all of it but the last piece.
    pub fn whole(&self, mut text: String, done: &Done) -> Value {
        text.push_str(&done.text);
        let mut choice = match (self.kind, &done.call) {
            (Kind::Chat, Some(call)) => json!({ "message": {
                "role": "assistant", "content": null, "tool_calls": [self.tool_call(call)],
            }}),
            (Kind::Chat, None) => json!({ "message": { "role": "assistant", "content": text } }),
            (Kind::Text, _) => json!({ "text": text }),
        };
        finish(&mut choice, Some(done));
        let mut body = self.object(false, [choice].into());
        body["usage"] = usage(done);
        body
    }

    /// The chunk before all text, if there is one.
    pub fn opening(&self) -> Option<Value> {
        match self.kind {
            Kind::Chat => Some(self.chunk(json!({ "role": "assistant", "content": "" }))),
            Kind::Text => None,
        }
    }

    /// A chunk with a piece of the answer.
    pub fn text(&self, text: &str) -> Value {
        match self.kind {
            Kind::Chat => self.chunk(json!({ "content": text })),
            Kind::Text => self.chunk(text.into()),
        }
    }

    /// The last chunks of a stream.
    pub fn ending(&self, done: &Done, with_usage: bool) -> Vec<Value> {
        let mut chunks = Vec::new();
        if !done.text.is_empty() {
            chunks.push(self.text(&done.text));
        }
        if let Some(call) = &done.call {
            let mut call = self.tool_call(call);
            call["index"] = 0.into();
            chunks.push(self.chunk(json!({ "tool_calls": [call] })));
        }
        let mut last = match self.kind {
            Kind::Chat => self.chunk(json!({})),
            Kind::Text => self.chunk("".into()),
        };
        finish(&mut last["choices"][0], Some(done));
        chunks.push(last);
        if with_usage {
            let mut chunk = self.object(true, Vec::new());
            chunk["usage"] = usage(done);
            chunks.push(chunk);
        }
        chunks
    }

    /// There is one call at most, so the response's id names it too.
    fn tool_call(&self, call: &Called) -> Value {
        json!({
            "id": format!("call-{}", self.id),
            "type": "function",
            "function": { "name": call.tool, "arguments": call.arguments.to_string() },
        })
    }

    fn object(&self, chunk: bool, choices: Vec<Value>) -> Value {
        let object = match (self.kind, chunk) {
            (Kind::Chat, true) => "chat.completion.chunk",
            (Kind::Chat, false) => "chat.completion",
            (Kind::Text, _) => "text_completion",
        };
        json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }

    /// A chunk with a delta, or with a text.
    fn chunk(&self, part: Value) -> Value {
        let mut choice = match self.kind {
            Kind::Chat => json!({ "delta": part }),
            Kind::Text => json!({ "text": part }),
        };
        finish(&mut choice, None);
        self.object(true, [choice].into())
    }
}

/// A model as `/v1/models` lists it.
pub fn model(name: &str, license: &str, created: u64) -> Value {
    json!({
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": "akio",
        "license": license,
    })
}

/// Adds what every choice has.
fn finish(choice: &mut Value, done: Option<&Done>) {
    choice["index"] = 0.into();
    choice["logprobs"] = Value::Null;
    choice["finish_reason"] = match done {
        None => Value::Null,
        Some(done) if done.call.is_some() => "tool_calls".into(),
        Some(done) if done.reason == "stop" => "stop".into(),
        Some(_) => "length".into(),
    };
}

fn usage(done: &Done) -> Value {
    json!({
        "prompt_tokens": done.prompt_tokens,
        "completion_tokens": done.completion_tokens,
        "total_tokens": done.prompt_tokens + done.completion_tokens,
        "prompt_tokens_details": { "cached_tokens": done.cached_tokens },
    })
}
