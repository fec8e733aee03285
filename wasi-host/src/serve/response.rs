//! Answers in the shape of OpenAI's responses: whole, or as a stream of chunks.

use super::error::ApiError;
use super::instance::Done;
use super::pool::Piece;
use axum::Json;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio::sync::mpsc::Receiver;

/// Which of the two.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/completions`
    Text,
}

/// What all parts of one response repeat.
#[derive(Clone, Debug)]
pub struct Head {
    pub kind: Kind,
    /// Unique on this server.
    pub id: String,
    /// Unix time in seconds.
    pub created: u64,
    /// Name of the model.
    pub model: String,
}

type Pieces = Receiver<Result<Piece, ApiError>>;

/// The whole answer.
///
/// # Errors
/// Those of the answer.
pub async fn whole(head: &Head, mut pieces: Pieces) -> Result<Response, ApiError> {
    let mut text = String::new();
    while let Some(piece) = pieces.recv().await {
        match piece? {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Done(done) => {
                text.push_str(&done.text);
                let mut choice = match head.kind {
                    Kind::Chat => json!({ "message": { "role": "assistant", "content": text } }),
                    Kind::Text => json!({ "text": text }),
                };
                finish(&mut choice, Some(&done));
                let mut body = head.object(false, [choice].into());
                body["usage"] = usage(&done);
                return Ok(Json(body).into_response());
            }
        }
    }
    Err(without_end())
}

/// The answer as it comes. Its errors have a status if they come before the first piece.
///
/// # Errors
/// Those before the first piece.
pub async fn streamed(
    head: Head,
    mut pieces: Pieces,
    with_usage: bool,
) -> Result<Response, ApiError> {
    let first = pieces.recv().await.unwrap_or_else(|| Err(without_end()))?;
    let mut opening = Vec::new();
    if let Kind::Chat = head.kind {
        opening.push(head.chunk(json!({ "role": "assistant", "content": "" })));
    }
    let rest = stream::unfold(pieces, |mut pieces| async {
        Some((pieces.recv().await?, pieces))
    });
    let chunks = stream::once(async { Ok(first) })
        .chain(rest)
        .map(move |piece| match piece {
            Ok(Piece::Text(text)) => vec![data(&head.text(text))],
            Ok(Piece::Done(done)) => head.ending(&done, with_usage),
            Err(error) => vec![data(&error.body())],
        });
    let events = stream::iter(opening)
        .map(|chunk| vec![data(&chunk)])
        .chain(chunks)
        .flat_map(stream::iter)
        .map(Ok::<_, Infallible>);
    Ok(Sse::new(events).into_response())
}

impl Head {
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

    fn text(&self, text: String) -> Value {
        match self.kind {
            Kind::Chat => self.chunk(json!({ "content": text })),
            Kind::Text => self.chunk(text.into()),
        }
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

    /// The last events of a stream.
    fn ending(&self, done: &Done, with_usage: bool) -> Vec<Event> {
        let mut events = Vec::new();
        if !done.text.is_empty() {
            events.push(data(&self.text(done.text.clone())));
        }
        let mut last = match self.kind {
            Kind::Chat => self.chunk(json!({})),
            Kind::Text => self.chunk("".into()),
        };
        finish(&mut last["choices"][0], Some(done));
        events.push(data(&last));
        if with_usage {
            let mut chunk = self.object(true, Vec::new());
            chunk["usage"] = usage(done);
            events.push(data(&chunk));
        }
        events.push(Event::default().data("[DONE]"));
        events
    }
}

fn data(value: &Value) -> Event {
    Event::default().data(value.to_string())
}

/// Adds what every choice has.
fn finish(choice: &mut Value, done: Option<&Done>) {
    choice["index"] = 0.into();
    choice["logprobs"] = Value::Null;
    choice["finish_reason"] = match done {
        None => Value::Null,
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

fn without_end() -> ApiError {
    ApiError::failed("the answer came without an end")
}
