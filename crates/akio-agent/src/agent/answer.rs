//! What is said at the end. Results that speak for themselves are said as they are: a small model would
//! only get them wrong. Everything else the model answers, with the results in front of it.

use super::{AgentEvent, Call, Decision, Step, plan::Task};

/// The answer, if it follows from the results.
pub(super) fn compose(task: &Task, steps: &[Step]) -> Option<String> {
    let last = steps.last()?;
    if last.failed {
        return Some(failure(last));
    }
    let result = last.result.trim();
    let text = match last.call.tool.as_str() {
        "calculate" => {
            let expression = last.call.arguments["expression"]
                .as_str()
                .unwrap_or_default();
            format!("{} = {result}", expression.trim())
        }
        "get_datetime" => format!("It is {result}."),
        "recall" => result.to_owned(),
        "remember" | "write_file" | "edit_file" => sentence(result),
        "file_glob_search" => result.to_owned(),
        "grep_search" => result.to_owned(),
        "read_file" if shows(task.request()) => result.to_owned(),
        _ => return None,
    };
    let before = earlier(steps);
    Some(format!("{before}{text}"))
}

/// What the calls before the last one have found out, where it belongs into the answer.
fn earlier(steps: &[Step]) -> String {
    let changes = |step: &Step| step.decision == Decision::Approved;
    let Some((last, before)) = steps.split_last() else {
        return String::new();
    };
    let mut text = String::new();
    for step in before {
        let is_said = changes(step) || changes(last) && step.call.tool == "calculate";
        if is_said {
            text.push_str(&sentence(step.result.trim()));
            text.push('\n');
        }
    }
    text
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let is_name = text
        .split_whitespace()
        .next()
        .is_some_and(|word| word.contains(['.', '/']));
    let first = match chars.next() {
        Some(first) if !is_name => first.to_uppercase().to_string() + chars.as_str(),
        _ => text.to_owned(),
    };
    match first.ends_with(['.', '!', '?', '\n']) {
        true => first,
        false => format!("{first}."),
    }
}

fn failure(step: &Step) -> String {
    sentence(step.result.trim())
}

/// Whether a request wants to see a file, and asks nothing of it.
fn shows(request: &str) -> bool {
    const ASKING: [&str; 44] = [
        "summar",
        "how ",
        "when",
        "who",
        "why",
        "which",
        "where",
        "whether",
        "is ",
        "are ",
        "does ",
        "translate",
        "explain",
        "according",
        "tell me the",
        "tell me when",
        "tell me who",
        "tell me if",
        "count",
        "name the",
        "list what",
        "list the",
        "zusammenfass",
        "fasse",
        "wie ",
        "wann",
        "wer ",
        "welche",
        "resum",
        "résum",
        "combien",
        "quand",
        "qui ",
        "cuándo",
        "cuánto",
        "quién",
        "about",
        "mention",
        "what time",
        "what date",
        "what temp",
        "what is the",
        "what was",
        "what are",
    ];
    let lower = request.to_lowercase();
    !ASKING
        .iter()
        .any(|word| lower.starts_with(word) || lower.contains(&format!(" {word}")))
}

/// What has to be in the model's answer: a short result of a tool that finds out one thing.
pub(super) fn fact(steps: &[Step]) -> String {
    match steps.last() {
        Some(step) if !step.failed && step.result.len() <= 80 && step.call.tool != "read_file" => {
            step.result.trim().into()
        }
        _ => String::new(),
    }
}

/// What else follows from a result: the source of what is said, or a fact that is kept now.
pub(super) fn consequence(step: &Step) -> Option<AgentEvent> {
    let argument = |name: &str| step.call.arguments.get(name);
    match step.call.tool.as_str() {
        _ if step.failed => None,
        "remember" => Some(AgentEvent::Memory(argument("fact")?.as_str()?.into())),
        "read_file" => {
            let start = argument("start_line").and_then(serde_json::Value::as_u64);
            let start_line = usize::try_from(start.unwrap_or(1)).ok()?;
            Some(AgentEvent::Citation {
                file: argument("path")?.as_str()?.into(),
                start_line,
                end_line: start_line + step.result.lines().count().max(1) - 1,
            })
        }
        _ => None,
    }
}

/// Whether an answer has a fact in it, whatever its capital letters and spaces.
pub(super) fn has(answer: &str, fact: &str) -> bool {
    let plain = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    plain(answer).contains(&plain(fact))
}

/// What a call is about, as a heading of its result.
pub(super) fn subject(call: &Call) -> String {
    let argument = |name: &str| call.arguments[name].as_str().unwrap_or_default().to_owned();
    match call.tool.as_str() {
        "read_file" => argument("path"),
        "file_glob_search" => format!("Files in {}", argument("path")),
        "grep_search" => format!("Lines with {:?}", argument("pattern")),
        "calculate" => argument("expression"),
        tool => tool.into(),
    }
}
