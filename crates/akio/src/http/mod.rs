//! The HTTP component: OpenAI's API as a `wasi:http` handler, for `wasmtime serve` and whatever else runs
//! components.
//!
//! Each request has everything in it, and the host gives each an instance of its own, so nothing is kept
//! and no conversation can see another. Who may ask, and how many at once, is the host's matter.

#![allow(
    unsafe_code,
    reason = "the exports are those that wasi:http names; the macro that wit-bindgen generates makes them"
)]

mod exchange;

use std::time::{SystemTime, UNIX_EPOCH};

use akio_agent::{AgentError, Options};
use akio_engine::packed::{Packed, tag};
use akio_openai::{
    ApiError, Asked, Done, Head, Kind, request,
    response::{self, DONE},
};
use serde_json::json;
use wasip2::{
    exports::http::incoming_handler::Guest,
    http::types::{IncomingRequest, Method, ResponseOutparam},
};

use crate::{
    embedded,
    json::{
        EventJson, Request,
        call::{CallError, Called},
    },
};
use exchange::{Gone, Reply, read_json};

struct Component;

wasip2::http::proxy::export!(Component);

impl Guest for Component {
    fn handle(request: IncomingRequest, response: ResponseOutparam) {
        // A client that has gone is told nothing.
        let _: Result<(), Gone> = match answer(&request) {
            Ok(Answer::Whole(body)) => Reply::json(response, 200, &body),
            Ok(Answer::Stream(generation)) => generation.stream(response),
            Err(error) => Reply::json(response, error.status, &error.body()),
        };
    }
}

/// What a request gets.
enum Answer {
    Whole(serde_json::Value),
    Stream(Box<Generation>),
}

fn answer(request: &IncomingRequest) -> Result<Answer, ApiError> {
    let path = request.path_with_query().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let method = request.method();
    let is_get = matches!(method, Method::Get | Method::Head);
    let packed =
        embedded::model().map_err(|error| ApiError::new(500, "no_model", error.to_string()))?;
    let name = packed.text(tag::NAME).map_err(damaged)?;
    let describe = || {
        let license = packed.text(tag::LICENSE).map_err(damaged)?;
        Ok(response::model(name, license, 0))
    };
    match path {
        "/health" if is_get => Ok(Answer::Whole(json!({ "status": "ok", "model": name }))),
        "/v1/models" if is_get => Ok(Answer::Whole(
            json!({ "object": "list", "data": [describe()?] }),
        )),
        "/v1/chat/completions" if matches!(method, Method::Post) => {
            let asked = request::chat(&read_json(request)?, None)?;
            Generation::start(packed, Kind::Chat, asked)?.answer()
        }
        "/v1/completions" if matches!(method, Method::Post) => {
            let asked = request::completion(&read_json(request)?, None)?;
            Generation::start(packed, Kind::Text, asked)?.answer()
        }
        "/health" | "/v1/models" | "/v1/chat/completions" | "/v1/completions" => {
            Err(ApiError::wrong_method())
        }
        _ => match path.strip_prefix("/v1/models/") {
            Some(asked) if is_get && asked == name => Ok(Answer::Whole(describe()?)),
            Some(_) if is_get => Err(ApiError::no_such_model(name)),
            _ => Err(ApiError::new(
                404,
                "not_found",
                "there is nothing at this path; see /v1/chat/completions, /v1/completions, /v1/models and /health",
            )),
        },
    }
}

/// An answer that is being written.
struct Generation {
    steps: Steps,
    head: Head,
    is_stream: bool,
    with_usage: bool,
}

/// Where it comes from.
enum Steps {
    Model(Box<akio_agent::Session<'static>>),
    /// A call, which is known as a whole.
    Call(Option<Called>),
}

/// What one step of it gives.
enum Piece {
    Text(String),
    Done(Done),
}

impl Generation {
    fn start(packed: Packed<'static>, kind: Kind, asked: Asked) -> Result<Self, ApiError> {
        let mut request: Request = serde_json::from_value(asked.request)
            .map_err(|why| ApiError::bad_request(why.to_string()))?;
        let called = match request.tool_call.take() {
            Some(call) => call.run(packed).map_err(of_call)?,
            None => None,
        };
        let steps = match called {
            Some(called) => Steps::Call(Some(called)),
            None => {
                let (prompt, params) = request
                    .into_parts(random()?)
                    .map_err(ApiError::bad_request)?;
                let mut session =
                    akio_agent::Session::open(packed, Options::default()).map_err(of_agent)?;
                session.start(prompt, params).map_err(of_agent)?;
                Steps::Model(Box::new(session))
            }
        };
        let model = packed.text(tag::NAME).map_err(damaged)?.to_owned();
        let created = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        Ok(Self {
            steps,
            head: Head {
                kind,
                id: format!("{}-{:016x}", kind.prefix(), random()?),
                created,
                model,
            },
            is_stream: asked.stream,
            with_usage: asked.usage,
        })
    }

    fn answer(mut self) -> Result<Answer, ApiError> {
        if self.is_stream {
            return Ok(Answer::Stream(Box::new(self)));
        }
        let mut text = String::new();
        loop {
            match self.next()? {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Done(done) => return Ok(Answer::Whole(self.head.whole(text, &done))),
            }
        }
    }

    /// The answer as it comes. Its errors have a status if they come before the first piece.
    fn stream(mut self, response: ResponseOutparam) -> Result<(), Gone> {
        let mut piece = self.next();
        if let Err(error) = &piece {
            return Reply::json(response, error.status, &error.body());
        }
        let mut reply = Reply::events(response)?;
        if let Some(chunk) = self.head.opening() {
            reply.event(&chunk.to_string())?;
        }
        loop {
            match piece {
                Ok(Piece::Text(text)) => reply.event(&self.head.text(&text).to_string())?,
                Ok(Piece::Done(done)) => {
                    for chunk in self.head.ending(&done, self.with_usage) {
                        reply.event(&chunk.to_string())?;
                    }
                    reply.event(DONE)?;
                    return reply.end();
                }
                Err(error) => {
                    reply.event(&error.body().to_string())?;
                    return reply.end();
                }
            }
            piece = self.next();
        }
    }

    fn next(&mut self) -> Result<Piece, ApiError> {
        loop {
            let event = match &mut self.steps {
                Steps::Model(session) => EventJson::from(session.next().map_err(of_agent)?),
                Steps::Call(called) => match called.take() {
                    Some(called) => EventJson::from(called),
                    None => return Err(ApiError::failed("the answer has ended")),
                },
            };
            match event {
                EventJson::Text { text, .. } if !text.is_empty() => return Ok(Piece::Text(text)),
                EventJson::Done {
                    reason,
                    text,
                    prompt_tokens,
                    cached_tokens,
                    completion_tokens,
                    call,
                } => {
                    return Ok(Piece::Done(Done {
                        reason: reason.to_owned(),
                        text,
                        prompt_tokens: prompt_tokens as u64,
                        cached_tokens: cached_tokens as u64,
                        completion_tokens: completion_tokens as u64,
                        call: call.map(|call| response::Called {
                            tool: call.tool,
                            arguments: call.arguments,
                        }),
                    }));
                }
                _ => {}
            }
        }
    }
}

fn random() -> Result<u64, ApiError> {
    getrandom::u64().map_err(|why| ApiError::failed(why.to_string()))
}

fn of_call(error: CallError) -> ApiError {
    match error {
        CallError::Tool(error) => ApiError::bad_request(error.to_string()),
        CallError::Agent(error) => of_agent(error),
    }
}

fn of_agent(error: AgentError) -> ApiError {
    ApiError::of_module(error.code(), error.to_string())
}

fn damaged(error: akio_engine::packed::PackError) -> ApiError {
    ApiError::new(500, "bad_model", error.to_string())
}
