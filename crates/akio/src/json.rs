//! The JSON between the page and the module: options and requests in, events out.

use std::collections::BTreeMap;

use akio_agent::{Event, FinishReason, Message, Overflow, Params, Prompt};
use akio_engine::sampler::Sampling;
use serde::{Deserialize, Serialize};

/// How a session is opened.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionOptions {
    /// Context in tokens; the agent's default if it is left out.
    pub context: Option<usize>,
    /// When the context is full.
    pub overflow: Option<OverflowPolicy>,
}

/// What to do when the context is full.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverflowPolicy {
    /// End the answer.
    Stop,
    /// Drop the oldest turns but the system prompt.
    Evict,
}

impl From<OverflowPolicy> for Overflow {
    fn from(policy: OverflowPolicy) -> Self {
        match policy {
            OverflowPolicy::Stop => Self::Stop,
            OverflowPolicy::Evict => Self::Evict,
        }
    }
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
}

impl Request {
    /// The prompt and the parameters, with the seed where the request has none.
    ///
    /// # Errors
    /// What is wrong with the request: exactly one of `messages` and `raw` makes a prompt.
    pub fn into_parts(self, random_seed: u64) -> Result<(Prompt, Params), &'static str> {
        let prompt = match (self.messages, self.raw) {
            (Some(messages), None) => Prompt::Messages(messages),
            (None, Some(text)) => Prompt::Raw(text),
            (None, None) => return Err("the request has neither 'messages' nor 'raw'"),
            (Some(_), Some(_)) => return Err("the request has both 'messages' and 'raw'; give one of them"),
        };
        let Params { max_tokens, stop, sampling: default } = Params::default();
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
            sampling,
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
    },
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
