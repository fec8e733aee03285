//! The audit trail: every step as a line of the session file.
//!
//! The file is that of a chat, so either can go on from the other. A step stands between the task and the
//! answer, and names what a later reader needs to check it: when, how long, which call, who allowed it, and
//! the hashes of what was asked and of what came out.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use akio_agent::{
    Message, Role,
    agent::{Agent, Decision, Outcome, Step},
    memory,
    tools::{Tools, World},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{AgentArgs, Console, Error, Files};
use crate::cli::session_file::{Resumed, SessionFile};

/// One step, as a line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    role: ToolRole,
    time: String,
    prompt_sha256: String,
    tool: String,
    arguments: Value,
    decision: Decision,
    failed: bool,
    result_sha256: String,
    result_bytes: usize,
    ms: u64,
}

/// How a line of a step begins.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ToolRole {
    Tool,
}

/// What is written down of a run.
pub(super) struct Trail {
    file: Option<SessionFile>,
    prompt_sha256: String,
}

impl Trail {
    /// Opens the file, if there is one, and lets the agent go on from what it holds.
    pub(super) fn open(
        path: Option<&Path>,
        agent: &mut Agent<'_>,
        console: &mut Console<'_>,
    ) -> Result<Self, Error> {
        let mut trail = Self {
            file: None,
            prompt_sha256: String::new(),
        };
        let Some(path) = path else {
            return Ok(trail);
        };
        let (mut file, Resumed { messages, torn, .. }) = SessionFile::open(path)?;
        if torn {
            console.note(&format!(
                "akio: the last line of {} was cut off and is dropped",
                path.display()
            ));
        }
        if messages.is_empty() {
            for message in agent.conversation() {
                file.append(message.role, &message.content)?;
            }
        } else {
            agent.set_conversation(messages);
        }
        trail.file = Some(file);
        Ok(trail)
    }

    pub(super) fn begin(&mut self, task: &str) -> Result<(), Error> {
        self.prompt_sha256 = sha256(task);
        match &mut self.file {
            Some(file) => file.append(Role::User, task),
            None => Ok(()),
        }
    }

    pub(super) fn step(&mut self, step: &Step, took: Duration) -> Result<(), Error> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        file.append_line(&Line {
            role: ToolRole::Tool,
            time: memory::time(now),
            prompt_sha256: self.prompt_sha256.clone(),
            tool: step.call.tool.clone(),
            arguments: step.call.arguments.clone(),
            decision: step.decision,
            failed: step.failed,
            result_sha256: sha256(&step.result),
            result_bytes: step.result.len(),
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        })
    }

    pub(super) fn end(&mut self, outcome: &Outcome) -> Result<(), Error> {
        match &mut self.file {
            Some(file) => file.append_line(&Answer {
                message: Message::assistant(&*outcome.answer),
                finish_reason: json_word(outcome),
                prompt_tokens: outcome.prompt_tokens,
                completion_tokens: outcome.completion_tokens,
            }),
            None => Ok(()),
        }
    }
}

/// The answer, as a line.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    message: Message,
    finish_reason: Value,
    prompt_tokens: usize,
    completion_tokens: usize,
}

fn json_word(outcome: &Outcome) -> Value {
    serde_json::json!(outcome.finish_reason)
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the recorded calls again that change nothing and were made, and says whether their results are
/// the same. Only tools that are granted now are called.
pub(super) fn replay(
    args: &AgentArgs,
    mut tools: Tools,
    world: &mut Files,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let Some(path) = &args.session else {
        return Ok(());
    };
    let (_, resumed) = SessionFile::open(path)?;
    for (number, line) in resumed.steps.iter().enumerate() {
        let line: Line = serde_json::from_value(line.clone()).map_err(|error| {
            Error::Usage(format!(
                "{}, step {}, cannot be read ({error})",
                path.display(),
                number + 1
            ))
        })?;
        let verdict = match tools.check(&line.tool, &line.arguments) {
            _ if line.decision != Decision::Granted => "not made again: it changes something",
            Ok(spec) if spec.side_effect => "not made again: it changes something",
            Err(_) => "not made again: the tool is not granted",
            Ok(_) => {
                let world: &mut dyn World = world;
                let result = match tools.call(&line.tool, &line.arguments, world) {
                    Ok(result) => result,
                    Err(error) => error.to_string(),
                };
                match sha256(&result) == line.result_sha256 {
                    true => "same",
                    false => "different",
                }
            }
        };
        console.print(&format!(
            "{}  {}  {} {}: {verdict}\n",
            number + 1,
            line.time,
            line.tool,
            line.arguments
        ))?;
    }
    Ok(())
}
