//! One answer: pulls events from the session and sends its text out.

use std::time::{Duration, Instant};

use akio_agent::{Event, Finish, Session};
use akio_engine::TokenId;
use serde::Serialize;

use super::{Console, Error};

/// An answer that has ended.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tokens: Vec<TokenId>,
    /// `None` if it was interrupted before its first token.
    pub(super) finish: Option<Finish>,
    pub(super) timings: Timings,
}

/// Times of one answer in milliseconds, rates in tokens per second; a rate of nothing is 0.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Timings {
    /// From the request to the first token.
    pub(super) prefill_ms: f64,
    /// Prompt tokens evaluated, those in the cache left out, per second.
    pub(super) prefill_tok_s: f64,
    /// From the first token to the end.
    pub(super) decode_ms: f64,
    /// Tokens after the first, per second.
    pub(super) decode_tok_s: f64,
}

impl Answer {
    /// One line about speed.
    pub(super) fn summary(&self) -> String {
        let Timings {
            prefill_tok_s,
            decode_tok_s,
            ..
        } = self.timings;
        let new = self.tokens.len();
        match &self.finish {
            Some(finish) => format!(
                "prompt {} tokens ({} cached), {prefill_tok_s:.0} tok/s; answer {new} tokens, {decode_tok_s:.1} tok/s",
                finish.prompt_tokens, finish.cached_tokens
            ),
            None if new == 0 => "stopped before the first token".into(),
            None => "stopped before the answer was complete".into(),
        }
    }
}

/// Pulls the answer that was started on `session` until it ends or `interrupted`, and prints its text
/// as it comes if `show`.
pub(super) fn answer(
    session: &mut Session<'_>,
    console: &mut Console<'_>,
    show: bool,
    mut interrupted: impl FnMut(&mut Console<'_>) -> Result<bool, Error>,
) -> Result<Answer, Error> {
    let begin = Instant::now();
    let mut first = None;
    let mut reading = false;
    let mut text = String::new();
    let mut tokens = Vec::new();
    let finish = loop {
        let event = session.next();
        if reading && !matches!(event, Ok(Event::Prefill { .. })) {
            reading = false;
            console.end_progress();
        }
        match event? {
            Event::Prefill { done, total } => {
                reading = true;
                console.progress(done, total);
            }
            Event::Text { text: piece, token } => {
                first.get_or_insert_with(Instant::now);
                tokens.push(token);
                text.push_str(&piece);
                if show {
                    console.print(&piece)?;
                }
            }
            Event::Overflow { evicted } => {
                console.note(&format!(
                    "the context is full: the {evicted} oldest messages were dropped"
                ));
            }
            Event::Done(finish) => break Some(finish),
        }
        if interrupted(console)? {
            break session.stop();
        }
    };
    if reading {
        console.end_progress();
    }
    if let Some(finish) = &finish {
        text.push_str(&finish.text_tail);
        if show {
            console.print(&finish.text_tail)?;
        }
    }
    let end = Instant::now();
    let first = first.unwrap_or(end);
    let evaluated = finish
        .as_ref()
        .map_or(0, |finish| finish.prompt_tokens - finish.cached_tokens);
    let timings = Timings {
        prefill_ms: milliseconds(first - begin),
        prefill_tok_s: rate(evaluated, first - begin),
        decode_ms: milliseconds(end - first),
        decode_tok_s: rate(tokens.len().saturating_sub(1), end - first),
    };
    Ok(Answer {
        text,
        tokens,
        finish,
        timings,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Tokens per second; 0 for none.
pub(super) fn rate(tokens: usize, time: Duration) -> f64 {
    if tokens == 0 || time.is_zero() {
        0.0
    } else {
        tokens as f64 / time.as_secs_f64()
    }
}
