//! The JSON between the page and the module: options and requests in, events out.

pub mod agent;
pub mod call;

use std::collections::BTreeMap;

use akio_agent::{
    Constraint, Event, FinishReason, Message, Overflow, Params, Prompt, Sampling, Schema,
    agent::Call,
};
use call::{CallRequest, Called};
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// How a session is opened.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionOptions {
    /// Context in tokens; the agent's default if it is left out.
    pub context: Option<usize>,
    /// When the context is full.
    pub overflow: Option<Overflow>,
}

/// One request for an answer. What is left out takes its default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    messages: Option<Vec<Message>>,
    raw: Option<String>,
    max_tokens: Option<usize>,
    stop: Option<Vec<String>>,
    temperature: Option<f32>,
    top_k: Option<u32>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    repeat_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    presence_penalty: Option<f32>,
    logit_bias: Option<BTreeMap<u32, f32>>,
    seed: Option<u64>,
    prefix: Option<String>,
    response_format: Option<ResponseFormat>,
    /// One of the caller's tools may be called in the place of an answer.
    #[serde(rename = "call")]
    pub tool_call: Option<CallRequest>,
}

/// What an answer has to be, as OpenAI's clients say it.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: NamedSchema },
    Regex { regex: String },
    Grammar { grammar: String },
    Choice { choices: Vec<String> },
}

/// A schema with what else those clients send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedSchema {
    schema: Schema,
    #[serde(rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "strict")]
    _strict: Option<IgnoredAny>,
}

impl From<ResponseFormat> for Option<Constraint> {
    fn from(format: ResponseFormat) -> Self {
        Some(match format {
            ResponseFormat::Text => return None,
            ResponseFormat::JsonObject => Constraint::JsonObject,
            ResponseFormat::JsonSchema { json_schema } => {
                Constraint::JsonSchema(json_schema.schema)
            }
            ResponseFormat::Regex { regex } => Constraint::Regex(regex),
            ResponseFormat::Grammar { grammar } => Constraint::Grammar(grammar),
            ResponseFormat::Choice { choices } => Constraint::Choice(choices),
        })
    }
}

impl Request {
    /// The prompt and the parameters, with the seed where the request has none.
    ///
    /// # Errors
    /// What is wrong with the request: exactly one of `messages` and `raw` makes a prompt, and a call is not
    /// taken here.
    pub fn into_parts(self, random_seed: u64) -> Result<(Prompt, Params), &'static str> {
        if self.tool_call.is_some() {
            return Err("'call' is for `akio pipe`; an agent calls tools");
        }
        let prompt = match (self.messages, self.raw) {
            (Some(messages), None) => Prompt::Messages(messages),
            (None, Some(text)) => Prompt::Raw(text),
            (None, None) => return Err("the request has neither 'messages' nor 'raw'"),
            (Some(_), Some(_)) => {
                return Err("the request has both 'messages' and 'raw'; give one of them");
            }
        };
        let Params {
            max_tokens,
            stop,
            sampling: default,
            prefix,
            ..
        } = Params::default();
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(default.temperature),
            top_k: self.top_k.unwrap_or(default.top_k),
            top_p: self.top_p.unwrap_or(default.top_p),
            min_p: self.min_p.unwrap_or(default.min_p),
            repeat_penalty: self.repeat_penalty.unwrap_or(default.repeat_penalty),
            frequency_penalty: self.frequency_penalty.unwrap_or(default.frequency_penalty),
            presence_penalty: self.presence_penalty.unwrap_or(default.presence_penalty),
            logit_bias: self.logit_bias.unwrap_or_default().into_iter().collect(),
            seed: self.seed.unwrap_or(random_seed),
            ..default
        };
        let params = Params {
            max_tokens: self.max_tokens.unwrap_or(max_tokens),
            stop: self.stop.unwrap_or(stop),
            constraint: self.response_format.and_then(Into::into),
            sampling,
            prefix: self.prefix.unwrap_or(prefix),
        };
        Ok((prompt, params))
    }
}

/// One event of an answer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum EventJson {
    /// A chunk of the prompt was evaluated.
    Prefill {
        /// Prompt tokens evaluated or cached.
        done: usize,
        /// Prompt tokens in all.
        total: usize,
    },
    /// A new token.
    Text {
        /// The text that it completes; may be empty.
        text: String,
        /// Its id.
        token: u32,
    },
    /// Messages were dropped to make room.
    Overflow {
        /// How many.
        evicted: usize,
    },
    /// The answer has ended.
    Done {
        /// `stop`, `length` or `context`.
        reason: &'static str,
        /// Text that was held back in case a stop string would follow.
        text: String,
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// Those that were in the cache.
        cached_tokens: usize,
        /// Tokens of the answer.
        completion_tokens: usize,
        /// A tool is to be called in its place.
        #[serde(skip_serializing_if = "Option::is_none")]
        call: Option<Call>,
    },
}

impl From<Called> for EventJson {
    fn from(called: Called) -> Self {
        Self::Done {
            reason: reason_word(FinishReason::Stop),
            text: String::new(),
            prompt_tokens: called.prompt_tokens,
            cached_tokens: 0,
            completion_tokens: called.completion_tokens,
            call: Some(called.call),
        }
    }
}

impl From<Event> for EventJson {
    fn from(event: Event) -> Self {
        match event {
            Event::Prefill { done, total } => Self::Prefill { done, total },
            Event::Text { text, token } => Self::Text { text, token },
            Event::Overflow { evicted } => Self::Overflow { evicted },
            Event::Done(finish) => Self::Done {
                reason: reason_word(finish.reason),
                text: finish.text_tail,
                prompt_tokens: finish.prompt_tokens,
                cached_tokens: finish.cached_tokens,
                completion_tokens: finish.completion_tokens,
                call: None,
            },
        }
    }
}

/// The word for the end of an answer.
pub fn reason_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::Context => "context",
    }
}

#[cfg(test)]
mod tests {
    use akio_agent::Finish;

    use super::*;

    fn parts(request: &str) -> Result<(Prompt, Params), String> {
        let request: Request = serde_json::from_str(request).map_err(|error| error.to_string())?;
        request.into_parts(42).map_err(str::to_owned)
    }

    #[test]
    fn request_with_every_field() {
        let (prompt, params) = parts(
            r#"{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stop":["a"],"temperature":0.5,
            "top_k":3,"top_p":0.8,"min_p":0.1,"repeat_penalty":1.1,"frequency_penalty":-0.5,
            "presence_penalty":0.25,"logit_bias":{"198":-5},"seed":9,"prefix":"Well",
            "response_format":{"type":"json_object"}}"#,
        )
        .unwrap();
        assert_eq!(prompt, Prompt::Messages(vec![Message::user("Hi")]));
        let sampling = Sampling {
            temperature: 0.5,
            top_k: 3,
            top_p: 0.8,
            min_p: 0.1,
            repeat_penalty: 1.1,
            frequency_penalty: -0.5,
            presence_penalty: 0.25,
            logit_bias: vec![(198, -5.0)],
            seed: 9,
            ..Sampling::default()
        };
        assert_eq!(
            params,
            Params {
                max_tokens: 5,
                stop: vec!["a".into()],
                sampling,
                constraint: Some(Constraint::JsonObject),
                prefix: "Well".into(),
            }
        );
    }

    #[test]
    fn a_response_format_is_a_constraint() {
        let constraint = |format: &str| {
            parts(&format!(r#"{{"raw":"a","response_format":{format}}}"#))
                .map(|(_, params)| params.constraint)
        };
        let schema = r#"{"type":"object","properties":{"z":{"const":1},"a":{"type":"null"}}}"#;
        for (format, expected) in [
            (r#"{"type":"text"}"#.to_owned(), None),
            (
                format!(
                    r#"{{"type":"json_schema","json_schema":{{"name":"n","strict":true,"schema":{schema}}}}}"#
                ),
                Some(Constraint::JsonSchema(Schema::parse(schema).unwrap())),
            ),
            (
                r#"{"type":"regex","regex":"a+"}"#.into(),
                Some(Constraint::Regex("a+".into())),
            ),
            (
                r#"{"type":"grammar","grammar":"root ::= \"a\""}"#.into(),
                Some(Constraint::Grammar("root ::= \"a\"".into())),
            ),
            (
                r#"{"type":"choice","choices":["a","b"]}"#.into(),
                Some(Constraint::Choice(vec!["a".into(), "b".into()])),
            ),
        ] {
            assert_eq!(constraint(&format), Ok(expected), "{format}");
        }
        for format in [
            r#"{"type":"xml"}"#,
            r#"{"type":"json_schema"}"#,
            r#"{"type":"json_schema","json_schema":{"name":"n"}}"#,
            r#"{"type":"json_schema","json_schema":{"schema":{},"scheme":{}}}"#,
        ] {
            assert!(constraint(format).is_err(), "{format}");
        }
    }

    #[test]
    fn session_options_name_the_overflow_policy() {
        for (json, overflow) in [
            ("{}", None),
            (r#"{"overflow":"stop"}"#, Some(Overflow::Stop)),
            (r#"{"overflow":"evict"}"#, Some(Overflow::Evict)),
        ] {
            let options: SessionOptions = serde_json::from_str(json).unwrap();
            assert_eq!(options.overflow, overflow);
        }
        assert!(serde_json::from_str::<SessionOptions>(r#"{"overflow":"Evict"}"#).is_err());
    }

    #[test]
    fn what_is_left_out_takes_its_default() {
        let (prompt, params) = parts(r#"{"raw":"Once"}"#).unwrap();
        assert_eq!(prompt, Prompt::Raw("Once".into()));
        let sampling = Sampling {
            seed: 42,
            ..Sampling::default()
        };
        assert_eq!(
            params,
            Params {
                sampling,
                ..Params::default()
            }
        );
    }

    #[test]
    fn requests_that_make_no_sense_are_refused() {
        for (request, part) in [
            ("{", "EOF"),
            ("{}", "neither"),
            (r#"{"raw":"a","messages":[]}"#, "both"),
            (r#"{"raw":"a","temprature":1}"#, "temprature"),
            (r#"{"raw":"a","seed":-1}"#, "-1"),
            (r#"{"raw":"a","logit_bias":{"x":1}}"#, "x"),
            (r#"{"messages":[{"role":"king","content":""}]}"#, "king"),
        ] {
            let error = parts(request).unwrap_err();
            assert!(error.contains(part), "{request}: {error}");
        }
    }

    #[test]
    fn events_are_tagged_by_their_type() {
        for (event, json) in [
            (
                Event::Prefill { done: 1, total: 2 },
                r#"{"type":"prefill","done":1,"total":2}"#,
            ),
            (
                Event::Text {
                    text: "a".into(),
                    token: 3,
                },
                r#"{"type":"text","text":"a","token":3}"#,
            ),
            (
                Event::Overflow { evicted: 4 },
                r#"{"type":"overflow","evicted":4}"#,
            ),
            (
                Event::Done(Finish {
                    reason: FinishReason::Length,
                    text_tail: "b".into(),
                    prompt_tokens: 5,
                    cached_tokens: 6,
                    completion_tokens: 7,
                }),
                r#"{"type":"done","reason":"length","text":"b","prompt_tokens":5,"cached_tokens":6,"completion_tokens":7}"#,
            ),
        ] {
            assert_eq!(
                serde_json::to_string(&EventJson::from(event)).unwrap(),
                json
            );
        }
    }
}
