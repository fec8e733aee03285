//! An agent with files held in this module's memory.
//!
//! A task is pulled like an answer: `start`, then `next` until `done`, with `decide` after `approval` and
//! `provide` after `execute`. So are answers from the files and values out of them: `ask` or `extract`, then
//! `step` until `done`. After each call [`Agent::changes`] says what is to be kept elsewhere too, and
//! [`Agent::settle`] lets that stand or takes it back.

use akio_agent::{
    Options, Overflow, Session,
    agent::{Choice, Permission},
    documents::{self, Asking, Folder, Progress, Reading, Text},
    extract::{Extracting, Extractor, ModelJudge},
    memory::{Fact, Memory},
    tools::{Held, World},
};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use super::errors::{
    agent_error, bad_request, extract_error, memory_error, refusal, slot_error, tool_error,
};
use crate::{
    embedded,
    json::agent::{AgentEventJson, AgentRequest, Provided, answer, extraction, redaction},
};

/// A model with tools, files and a memory.
#[wasm_bindgen]
pub struct Agent {
    agent: akio_agent::Agent<'static>,
    world: Held,
    /// The words of the files, and the revision of the world that they are of.
    folder: Option<(u64, Folder)>,
    work: Option<Work>,
}

/// What [`Agent::step`] goes on with.
enum Work {
    /// Files are read for a question.
    Reading(String, Reading),
    /// The model weighs passages.
    Weighing(Asking),
    /// Values of a file.
    Extracting(String, Text, Extracting<Extractor>),
}

#[wasm_bindgen]
impl Agent {
    /// Opens an agent; the options are JSON: `context`, `tools` (names, or objects with `name`,
    /// `description`, `parameters`, `examples`, `side_effect`), `permission`, `max_steps`, `max_tokens`.
    #[wasm_bindgen(constructor)]
    pub fn new(options_json: &str) -> Result<Self, JsValue> {
        let request: AgentRequest = serde_json::from_str(options_json).map_err(bad_request)?;
        let packed = embedded::model().map_err(slot_error)?;
        let session = Options {
            context: request.context.unwrap_or_default(),
            // What is read for a task counts more than what was said before it.
            overflow: Overflow::Evict,
        };
        let (tools, options) = request.into_parts().map_err(|error| refusal(&error))?;
        let session = Session::open(packed, session).map_err(agent_error)?;
        Ok(Self {
            agent: akio_agent::Agent::new(session, tools, options),
            world: Held::new([]),
            folder: None,
            work: None,
        })
    }

    /// Begins a task.
    pub fn start(&mut self, task: &str) -> Result<(), JsValue> {
        self.at_this_time();
        self.agent.start(task, &mut self.world).map_err(agent_error)
    }

    /// Begins a call without making it: `next` gives it as `tool_call`, and then `stop` is to follow. It is of
    /// this tool, else of the one that the task calls for, if it does or one is required. False without a call.
    pub fn start_call(
        &mut self,
        task: &str,
        tool: Option<String>,
        is_required: bool,
    ) -> Result<bool, JsValue> {
        self.at_this_time();
        let choice = match &tool {
            Some(name) => Choice::Tool(name),
            None if is_required => Choice::Required,
            None => Choice::Auto,
        };
        let started = self.agent.start_call(task, choice, &mut self.world);
        started.map_err(agent_error)
    }

    /// Tokens that the model has read and written for the task in progress.
    pub fn usage(&self) -> Vec<u32> {
        let (read, written) = self.agent.usage();
        vec![read as u32, written as u32]
    }

    /// The next event of the task, as JSON.
    pub fn next(&mut self) -> Result<String, JsValue> {
        self.at_this_time();
        let event = self.agent.next(&mut self.world).map_err(agent_error)?;
        to_json(&AgentEventJson::from(event))
    }

    /// Answers the event `approval`.
    pub fn decide(&mut self, approve: bool) {
        self.agent.decide(approve);
    }

    /// Answers the event `execute` with JSON: `{"result": string}` or `{"error": string}`.
    pub fn provide(&mut self, provided_json: &str) -> Result<(), JsValue> {
        let provided: Provided = serde_json::from_str(provided_json).map_err(bad_request)?;
        self.agent.provide(provided.into());
        Ok(())
    }

    /// Gives up the task; the conversation is as before it.
    pub fn stop(&mut self) {
        self.agent.stop();
    }

    /// Makes permissions stricter: `"ask"` or `"deny"`.
    pub fn restrict(&mut self, permission_json: &str) -> Result<(), JsValue> {
        let permission: Permission = serde_json::from_str(permission_json).map_err(bad_request)?;
        self.agent.restrict(permission);
        Ok(())
    }

    /// The conversation up to the last task that is done, as JSON.
    pub fn conversation(&self) -> Result<String, JsValue> {
        to_json(&self.agent.conversation())
    }

    /// Goes on with another conversation.
    pub fn set_conversation(&mut self, messages_json: &str) -> Result<(), JsValue> {
        let messages = serde_json::from_str(messages_json).map_err(bad_request)?;
        self.agent.set_conversation(messages);
        Ok(())
    }

    /// Adds a file, or replaces it, and returns the path that it has here.
    pub fn add_file(&mut self, path: &str, content: Vec<u8>) -> Result<String, JsValue> {
        self.at_this_time();
        let added = self.world.add(path, content);
        added.map_err(|error| tool_error(&error))
    }

    /// Paths and sizes of all files, as JSON.
    pub fn files(&self) -> Result<String, JsValue> {
        let files = self.world.files();
        let files: Vec<Value> = files
            .map(|(path, bytes)| json!({"path": path, "bytes": bytes}))
            .collect();
        to_json(&files)
    }

    /// The content of a file.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>, JsValue> {
        let content = self.world.content(path);
        content
            .map(<[u8]>::to_vec)
            .map_err(|error| tool_error(&error))
    }

    /// Deletes a file.
    pub fn delete_file(&mut self, path: &str) -> Result<(), JsValue> {
        let removed = self.world.remove(path);
        removed.map_err(|error| tool_error(&error))
    }

    /// Deletes all files.
    pub fn clear_files(&mut self) {
        self.world.clear();
    }

    /// What has changed since it was settled, as JSON: paths, and `null` for the memory.
    pub fn changes(&self) -> Result<String, JsValue> {
        to_json(&self.world.changes().collect::<Vec<_>>())
    }

    /// Lets the changes stand, or takes them back.
    pub fn settle(&mut self, keep: bool) {
        self.world.settle(keep);
    }

    /// The file of the memory.
    pub fn memory_file(&self) -> Vec<u8> {
        self.world.memory.clone().unwrap_or_default()
    }

    /// Takes this file for the memory.
    pub fn set_memory_file(&mut self, content: Vec<u8>) -> Result<(), JsValue> {
        Memory::parse(&content).map_err(|error| memory_error(&error))?;
        self.world.memory = Some(content);
        Ok(())
    }

    /// All facts, as JSON.
    pub fn facts(&mut self) -> Result<String, JsValue> {
        let memory = self.memory()?;
        to_json(&memory.facts().collect::<Vec<_>>())
    }

    /// The facts that have a word of the query, as JSON, the best first.
    pub fn search_facts(&mut self, query: &str) -> Result<String, JsValue> {
        let memory = self.memory()?;
        to_json(&memory.search(query))
    }

    /// Keeps a fact, and returns it as JSON.
    pub fn add_fact(&mut self, text: &str) -> Result<String, JsValue> {
        self.change_memory(|memory, now| memory.add(text, now))
    }

    /// Deletes a fact, and returns it as JSON.
    pub fn delete_fact(&mut self, id: f64) -> Result<String, JsValue> {
        // What is not a whole number is no number of a fact.
        let id = if id.fract() == 0.0 && id > 0.0 {
            id as u64
        } else {
            0
        };
        self.change_memory(|memory, now| memory.delete(id, now))
    }

    /// Begins the answer to a question from the files.
    pub fn ask(&mut self, question: &str) -> Result<(), JsValue> {
        if question.trim().is_empty() {
            return Err(agent_error(akio_engine::EngineError::EmptyPrompt.into()));
        }
        let known = self.folder.as_ref();
        let known = known.filter(|(revision, _)| *revision == self.world.revision());
        self.work = Some(match known {
            Some((_, folder)) => Work::Weighing(Asking::new(question, folder, &mut self.world)),
            None => {
                let reading = Reading::new(".", &mut self.world);
                let reading = reading.map_err(|error| tool_error(&error))?;
                Work::Reading(question.into(), reading)
            }
        });
        Ok(())
    }

    /// Begins to look for the values of a JSON Schema in a file.
    pub fn extract(&mut self, path: &str, schema_json: &str) -> Result<(), JsValue> {
        let schema: Value = serde_json::from_str(schema_json).map_err(bad_request)?;
        let extractor = Extractor::new(&schema).map_err(|error| extract_error(&error))?;
        let content = self.world.content(path);
        let content = content.map_err(|error| tool_error(&error))?;
        let text = documents::read(path, content).map_err(bad_request)?;
        let extracting = Extracting::new(extractor, &text.text);
        let extracting = extracting.map_err(|error| extract_error(&error))?;
        self.work = Some(Work::Extracting(path.into(), text, extracting));
        Ok(())
    }

    /// A step of what was begun last, as JSON: `{"type":"progress","phase","done","total"}`, or
    /// `{"type":"done","result"}` at its end.
    pub fn step(&mut self) -> Result<String, JsValue> {
        let work = self.work.take();
        let work = work.ok_or_else(|| agent_error(akio_agent::AgentError::NotStarted))?;
        let (work, said) = self.go_on(work)?;
        self.work = work;
        to_json(&said)
    }
}

impl Agent {
    /// One step: what is left to do, and what is said of it.
    fn go_on(&mut self, work: Work) -> Result<(Option<Work>, Value), JsValue> {
        match work {
            Work::Reading(question, mut reading) => {
                if let Some(progress) = reading.progress() {
                    reading.next(&mut self.world);
                    return Ok((Some(Work::Reading(question, reading)), said(progress)));
                }
                let folder = reading.finish();
                let asking = Asking::new(&question, &folder, &mut self.world);
                self.folder = Some((self.world.revision(), folder));
                self.go_on(Work::Weighing(asking))
            }
            Work::Weighing(mut asking) => match asking.progress() {
                Some(progress) => {
                    let session = self.agent.session_mut();
                    asking.next(session).map_err(agent_error)?;
                    Ok((Some(Work::Weighing(asking)), said(progress)))
                }
                None => Ok((None, done(answer(&asking.answer())))),
            },
            Work::Extracting(file, text, mut extracting) => match extracting.progress() {
                Some((decided, total)) => {
                    extracting.next(&mut ModelJudge::new(self.agent.session_mut()));
                    let work = Work::Extracting(file, text, extracting);
                    Ok((Some(work), progress("extract", decided, total)))
                }
                None => {
                    let found = extracting.finish().map_err(|error| extract_error(&error))?;
                    Ok((None, done(extraction(&file, &found, &text))))
                }
            },
        }
    }

    fn memory(&mut self) -> Result<Memory, JsValue> {
        Memory::of(&mut self.world).map_err(|error| tool_error(&error))
    }

    fn change_memory(
        &mut self,
        change: impl FnOnce(&mut Memory, i64) -> Result<Fact, akio_agent::memory::MemoryError>,
    ) -> Result<String, JsValue> {
        self.at_this_time();
        let mut memory = self.memory()?;
        let fact = change(&mut memory, self.world.now).map_err(|error| memory_error(&error))?;
        let written = self.world.write_memory(&memory.to_bytes());
        written.map_err(|error| tool_error(&error.into()))?;
        to_json(&fact)
    }

    fn at_this_time(&mut self) {
        self.world.now = (js_sys::Date::now() / 1000.0) as i64;
    }
}

/// A text with masks in the place of what is personal, as JSON; `start` and `end` of its spans count
/// UTF-16 code units of the text that was given.
#[wasm_bindgen]
pub fn redact(text: &str) -> Result<String, JsValue> {
    to_json(&redaction(text))
}

fn said(step: Progress) -> Value {
    match step {
        Progress::Reading { done, total } => progress("read", done, total),
        Progress::Weighing { done, total } => progress("weigh", done, total),
    }
}

fn progress(phase: &str, done: usize, total: usize) -> Value {
    json!({"type": "progress", "phase": phase, "done": done, "total": total})
}

fn done(result: Value) -> Value {
    json!({"type": "done", "result": result})
}

fn to_json(value: &impl Serialize) -> Result<String, JsValue> {
    serde_json::to_string(value).map_err(bad_request)
}
