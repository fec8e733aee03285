//! What the server has done, in the text format of Prometheus.

use akio_openai::Done;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counters since the start.
#[derive(Default)]
pub struct Metrics(Mutex<Counts>);

#[derive(Clone, Default)]
struct Counts {
    /// Responses by path and status.
    responses: BTreeMap<(String, u16), u64>,
    answers: u64,
    seconds: f64,
    prompt_tokens: u64,
    cached_tokens: u64,
    completion_tokens: u64,
    cancelled: u64,
    started: u64,
}

/// What there is now.
pub struct Now {
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// Instances that compute.
    pub busy: usize,
    /// Instances that hold a conversation and do nothing.
    pub idle: usize,
}

impl Metrics {
    /// A response with this status has begun.
    pub fn responded(&self, path: &str, status: u16) {
        self.count(|counts| {
            *counts
                .responses
                .entry((path.to_owned(), status))
                .or_default() += 1;
        });
    }

    /// An answer has come to its end.
    pub fn answered(&self, done: &Done, time: Duration) {
        self.count(|counts| {
            counts.answers += 1;
            counts.seconds += time.as_secs_f64();
            counts.prompt_tokens += done.prompt_tokens;
            counts.cached_tokens += done.cached_tokens;
            counts.completion_tokens += done.completion_tokens;
        });
    }

    /// A client has gone before the end of its answer.
    pub fn cancelled(&self) {
        self.count(|counts| counts.cancelled += 1);
    }

    /// An instance was started.
    pub fn started(&self) {
        self.count(|counts| counts.started += 1);
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All of it, as `/metrics` gives it.
    pub fn text(&self, now: &Now) -> String {
        let counts = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut text = String::new();
        metric(
            &mut text,
            "responses_total",
            "counter",
            "Responses by path and status.",
        );
        for ((path, status), number) in &counts.responses {
            let labels = format!("{{path=\"{path}\",status=\"{status}\"}}");
            let _ = writeln!(text, "akio_responses_total{labels} {number}");
        }
        for (name, kind, help, value) in [
            (
                "answers_total",
                "counter",
                "Answers that came to their end.",
                counts.answers,
            ),
            (
                "answers_cancelled_total",
                "counter",
                "Answers whose client has gone.",
                counts.cancelled,
            ),
            (
                "prompt_tokens_total",
                "counter",
                "Tokens of prompts.",
                counts.prompt_tokens,
            ),
            (
                "cached_tokens_total",
                "counter",
                "Tokens of prompts that did not have to be read again.",
                counts.cached_tokens,
            ),
            (
                "completion_tokens_total",
                "counter",
                "Tokens of answers.",
                counts.completion_tokens,
            ),
            (
                "instances_started_total",
                "counter",
                "Instances of the module that were started.",
                counts.started,
            ),
            (
                "requests_waiting",
                "gauge",
                "Requests that wait for their turn.",
                now.waiting as u64,
            ),
            (
                "instances_busy",
                "gauge",
                "Instances that compute.",
                now.busy as u64,
            ),
            (
                "instances_idle",
                "gauge",
                "Instances that wait for the next message of their conversation.",
                now.idle as u64,
            ),
        ] {
            metric(&mut text, name, kind, help);
            let _ = writeln!(text, "akio_{name} {value}");
        }
        metric(
            &mut text,
            "answer_seconds",
            "summary",
            "Time of answers, waiting not counted.",
        );
        let _ = writeln!(text, "akio_answer_seconds_sum {}", counts.seconds);
        let _ = writeln!(text, "akio_answer_seconds_count {}", counts.answers);
        text
    }
}

/// The two lines above a metric. Writing to a string does not fail.
fn metric(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP akio_{name} {help}\n# TYPE akio_{name} {kind}");
}
