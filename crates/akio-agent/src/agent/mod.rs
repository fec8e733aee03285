//! The loop: plan, call, observe, answer.
//!
//! [`Agent::start`] takes a task, [`Agent::next`] gives one event at a time, and [`Agent::stop`] leaves the
//! conversation as it was. What to do next is decided by the plan, from the task and from the names of
//! files alone: nothing that a file or a tool says can grant a tool, start a call or approve one. The model
//! writes what does not stand in the task, under the schema of the tool, and the answer.

mod answer;
mod plan;

use std::collections::VecDeque;

use akio_engine::{Constraint, sampler::Sampling};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    AgentError, Event, FinishReason, Message, Params, Prompt, Session,
    choose::Chooser,
    tools::{Tools, World},
};
pub(crate) use plan::FILLING;
use plan::{Intent, Task};

/// The longest arguments that a model writes for a call, in tokens.
const MAX_ARGUMENTS: usize = 512;

/// What holds for all tasks of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentOptions {
    /// Most calls for one task.
    pub max_steps: usize,
    /// Most tokens of an answer.
    pub max_tokens: usize,
    /// How tokens of an answer are chosen.
    pub sampling: Sampling,
    /// What happens to calls that change something.
    pub permission: Permission,
}

impl Default for AgentOptions {
    fn default() -> Self {
        Self {
            max_steps: 8,
            max_tokens: 512,
            sampling: Sampling {
                temperature: 0.0,
                ..Sampling::default()
            },
            permission: Permission::Ask,
        }
    }
}

/// What happens to calls that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// The person is asked about each: [`AgentEvent::Approval`].
    Ask,
    /// They are made.
    Allow,
    /// They are refused.
    Deny,
}

/// Which tool is to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'t> {
    /// The one that the task calls for, if it does.
    Auto,
    /// The one that the task calls for most.
    Required,
    /// This one.
    Tool(&'t str),
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its name.
    pub tool: String,
    /// As its schema says.
    pub arguments: Value,
}

/// Why a call was made or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It changes nothing, and was granted.
    Granted,
    /// It changes something, and was approved.
    Approved,
    /// It changes something, and was not approved.
    Denied,
}

/// A call and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was called.
    #[serde(flatten)]
    pub call: Call,
    /// Whether it was made.
    pub decision: Decision,
    /// What the tool said, or its error.
    pub result: String,
    /// The tool gave an error, or the call was not made.
    pub failed: bool,
}

/// What one call of [`Agent::next`] did.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentEvent {
    /// The model read a part of a prompt, or wrote a part of a call's arguments.
    Progress {
        /// Tokens read or found in the cache; 0 while it writes.
        done: usize,
        /// Tokens to read.
        total: usize,
    },
    /// A piece of the answer.
    Token(String),
    /// A call that is about to be made.
    ToolCall(Call),
    /// This call needs approval: [`Agent::decide`] before the next step.
    Approval(Call),
    /// This call is made by the caller: [`Agent::provide`] before the next step.
    Execute(Call),
    /// The call was made or refused.
    ToolResult(Step),
    /// Where the answer comes from.
    Citation {
        /// Path of the file.
        file: String,
        /// First line, from 1.
        start_line: usize,
        /// Last line.
        end_line: usize,
    },
    /// A fact was kept.
    Memory(String),
    /// Something did not fit into the context and was cut or dropped.
    Overflow,
    /// The task is done, or has been given up.
    Done(Outcome),
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// What is said to the person.
    pub answer: String,
    /// The calls, in their order.
    pub steps: Vec<Step>,
    /// Why it ended.
    pub finish_reason: AgentFinish,
    /// Tokens that the model read.
    pub prompt_tokens: usize,
    /// Tokens that it wrote.
    pub completion_tokens: usize,
}

/// Why a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentFinish {
    /// The answer is complete.
    Stop,
    /// The answer has as many tokens as it may have.
    Length,
    /// The context is full.
    Context,
    /// It took more calls than are allowed.
    Steps,
}

/// A model with tools.
pub struct Agent<'a> {
    session: Session<'a>,
    tools: Tools,
    chooser: Chooser,
    options: AgentOptions,
    conversation: Vec<Message>,
    turn: Option<Turn>,
}

/// A task in progress.
struct Turn {
    task: Task,
    steps: Vec<Step>,
    state: State,
    /// Events that follow from the last one.
    pending: VecDeque<AgentEvent>,
    /// What the model wrote so far: arguments or the answer.
    written: String,
    prompt_tokens: usize,
    completion_tokens: usize,
}

enum State {
    /// What comes next is open.
    Deciding,
    /// The model writes the arguments of this call, which has those that are known.
    Filling(plan::Blank),
    /// A call that is about to be made.
    Ready(Call),
    /// The call is to be approved, if it needs that, and made.
    Called(Call),
    /// The person is asked about the call.
    Asked(Call, Option<bool>),
    /// The caller makes the call; what came of it.
    Outside(Call, Decision, Option<Result<String, String>>),
    /// The model writes the answer; what has to come after it.
    Answering(String),
    /// The answer is known.
    Composed(String),
    Done(AgentFinish),
}

impl<'a> Agent<'a> {
    /// An agent with these tools, and no conversation yet.
    pub fn new(session: Session<'a>, tools: Tools, options: AgentOptions) -> Self {
        Self {
            chooser: Chooser::new(tools.specs()),
            conversation: session.messages().to_vec(),
            session,
            tools,
            options,
            turn: None,
        }
    }

    /// The model and what it was told.
    pub fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// The model, to ask it about something else between two steps.
    pub fn session_mut(&mut self) -> &mut Session<'a> {
        &mut self.session
    }

    /// The tools.
    pub fn tools(&mut self) -> &mut Tools {
        &mut self.tools
    }

    /// The conversation up to the last task that is done.
    pub fn conversation(&self) -> &[Message] {
        &self.conversation
    }

    /// Goes on with another conversation. A task in progress is given up.
    pub fn set_conversation(&mut self, messages: Vec<Message>) {
        self.stop();
        self.conversation = messages;
    }

    /// Begins a task; [`Agent::next`] does it. One in progress is given up.
    ///
    /// # Errors
    /// [`AgentError::Engine`] with an empty prompt if the task is empty.
    pub fn start(&mut self, task: &str, world: &mut dyn World) -> Result<(), AgentError> {
        self.stop();
        if task.trim().is_empty() {
            return Err(akio_engine::EngineError::EmptyPrompt.into());
        }
        self.turn = Some(Turn {
            task: Task::new(task, &self.chooser, &self.tools, world),
            steps: Vec::new(),
            state: State::Deciding,
            pending: VecDeque::new(),
            written: String::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
        });
        Ok(())
    }

    /// Gives up the task in progress. The conversation is as before it; what a call has changed, stays.
    pub fn stop(&mut self) {
        self.turn = None;
        self.session.reset();
    }

    /// Makes permissions stricter; looser ones than those that hold change nothing.
    pub fn restrict(&mut self, permission: Permission) {
        let is_stricter = match permission {
            Permission::Allow => false,
            Permission::Ask => self.options.permission == Permission::Allow,
            Permission::Deny => true,
        };
        if is_stricter {
            self.options.permission = permission;
        }
    }

    /// Answers [`AgentEvent::Approval`].
    pub fn decide(&mut self, approve: bool) {
        if let Some(Turn {
            state: State::Asked(_, decision),
            ..
        }) = &mut self.turn
        {
            *decision = Some(approve);
        }
    }

    /// Answers [`AgentEvent::Execute`] with what the tool says, or with its error.
    pub fn provide(&mut self, result: Result<String, String>) {
        if let Some(Turn {
            state: State::Outside(_, _, provided),
            ..
        }) = &mut self.turn
        {
            *provided = Some(result);
        }
    }

    /// One step of the task. After an error it is given up.
    ///
    /// # Errors
    /// [`AgentError::NotStarted`] before [`Agent::start`] and after [`AgentEvent::Done`]; what the session
    /// reports.
    pub fn next(&mut self, world: &mut dyn World) -> Result<AgentEvent, AgentError> {
        let mut turn = self.turn.take().ok_or(AgentError::NotStarted)?;
        loop {
            if let Some(event) = self.step(&mut turn, world)? {
                if !matches!(event, AgentEvent::Done(_)) {
                    self.turn = Some(turn);
                }
                return Ok(event);
            }
        }
    }

    /// Begins a call without making it: [`Agent::next`] then gives [`AgentEvent::ToolCall`], and
    /// [`Agent::stop`] is to follow. False if the model answers by itself, or there is no such tool.
    ///
    /// # Errors
    /// What the session reports.
    pub fn start_call(
        &mut self,
        task: &str,
        choice: Choice<'_>,
        world: &mut dyn World,
    ) -> Result<bool, AgentError> {
        self.start(task, world)?;
        let Some(mut turn) = self.turn.take() else {
            return Ok(false);
        };
        let ranks = self.chooser.rank(task);
        let chosen = turn.task.tool.as_deref();
        let tool = match choice {
            Choice::Auto => chosen,
            Choice::Required => chosen.or(ranks.iter().find_map(|rank| rank.tool)),
            Choice::Tool(name) => Some(name),
        };
        let Some(tool) = tool.and_then(|tool| self.tools.spec(tool)) else {
            return Ok(false);
        };
        let tool = tool.name.clone();
        turn.state = match self.tools.read_request(&tool, task, world) {
            Some(arguments) => State::Ready(Call { tool, arguments }),
            None => {
                let blank = turn.task.blank(&tool, &[], &self.tools);
                self.fill(&blank, task, &[])?;
                State::Filling(blank)
            }
        };
        self.turn = Some(turn);
        Ok(true)
    }

    /// Which tool the task calls for, and with what: the call as it would be made, without making it.
    /// `None` if the model answers by itself.
    ///
    /// # Errors
    /// What the session reports.
    pub fn propose(
        &mut self,
        task: &str,
        world: &mut dyn World,
    ) -> Result<Option<Call>, AgentError> {
        if !self.start_call(task, Choice::Auto, world)? {
            return Ok(None);
        }
        loop {
            if let AgentEvent::ToolCall(call) = self.next(world)? {
                self.stop();
                return Ok(Some(call));
            }
        }
    }

    /// Tokens that the model has read and written for the task in progress.
    pub fn usage(&self) -> (usize, usize) {
        let turn = self.turn.as_ref();
        turn.map_or((0, 0), |turn| (turn.prompt_tokens, turn.completion_tokens))
    }

    fn step(
        &mut self,
        turn: &mut Turn,
        world: &mut dyn World,
    ) -> Result<Option<AgentEvent>, AgentError> {
        if let Some(event) = turn.pending.pop_front() {
            return Ok(Some(event));
        }
        match std::mem::replace(&mut turn.state, State::Deciding) {
            State::Deciding => self.decide_next(turn, world),
            State::Filling(blank) => {
                let event = self.session.next()?;
                if let Some(event) = Self::write(turn, &event) {
                    turn.state = State::Filling(blank);
                    return Ok(Some(event));
                }
                let arguments = blank.arguments(&turn.written);
                turn.written.clear();
                turn.state = State::Ready(Call {
                    tool: blank.tool,
                    arguments: arguments.unwrap_or_else(|| json!({})),
                });
                Ok(None)
            }
            State::Ready(call) => {
                turn.state = State::Called(call.clone());
                Ok(Some(AgentEvent::ToolCall(call)))
            }
            State::Called(call) => Ok(Some(self.permit(turn, call, world))),
            State::Asked(call, decision) => Ok(Some(match decision {
                Some(true) => self.run(turn, call, Decision::Approved, world),
                _ => Self::refuse(turn, call),
            })),
            State::Outside(call, decision, provided) => {
                let silent = || Err(format!("{} gave no result", call.tool));
                let result = provided.unwrap_or_else(silent);
                Ok(Some(Self::conclude(turn, call, decision, result)))
            }
            State::Answering(after) => {
                let event = self.session.next()?;
                let is_token = matches!(event, Event::Text { .. });
                let before = turn.written.len();
                if let Some(event) = Self::write(turn, &event) {
                    turn.state = State::Answering(after);
                    let piece = turn.written.get(before..).unwrap_or_default();
                    return Ok(Some(match is_token {
                        true => AgentEvent::Token(piece.into()),
                        false => event,
                    }));
                }
                turn.state = State::Done(match event {
                    Event::Done(finish) => match finish.reason {
                        FinishReason::Stop => AgentFinish::Stop,
                        FinishReason::Length => AgentFinish::Length,
                        FinishReason::Context => AgentFinish::Context,
                    },
                    _ => AgentFinish::Stop,
                });
                let mut tail = turn.written.get(before..).unwrap_or_default().to_owned();
                // What a tool found out is in the answer, whatever the model makes of it.
                if !after.is_empty() && !answer::has(&turn.written, &after) {
                    tail.push_str(&format!("\n{after}"));
                    turn.written.push_str(&format!("\n{after}"));
                }
                Ok((!tail.is_empty()).then_some(AgentEvent::Token(tail)))
            }
            State::Composed(text) => {
                turn.written.clone_from(&text);
                turn.state = State::Done(AgentFinish::Stop);
                Ok(Some(AgentEvent::Token(text)))
            }
            State::Done(finish_reason) => Ok(Some(self.finish(turn, finish_reason))),
        }
    }

    /// Takes over what the session did; `None` at the end of its answer.
    fn write(turn: &mut Turn, event: &Event) -> Option<AgentEvent> {
        match event {
            Event::Prefill { done, total } => Some(AgentEvent::Progress {
                done: *done,
                total: *total,
            }),
            Event::Text { text, .. } => {
                turn.written.push_str(text);
                Some(AgentEvent::Progress { done: 0, total: 0 })
            }
            Event::Overflow { .. } => Some(AgentEvent::Overflow),
            Event::Done(finish) => {
                turn.written.push_str(&finish.text_tail);
                turn.prompt_tokens += finish.prompt_tokens;
                turn.completion_tokens += finish.completion_tokens;
                None
            }
        }
    }

    fn decide_next(
        &mut self,
        turn: &mut Turn,
        world: &mut dyn World,
    ) -> Result<Option<AgentEvent>, AgentError> {
        let intent = turn.task.next(&turn.steps, &self.tools, world);
        let is_call = !matches!(intent, Intent::Answer);
        if is_call && turn.steps.len() >= self.options.max_steps {
            turn.written = format!("The task was given up after {} calls.", turn.steps.len());
            turn.state = State::Done(AgentFinish::Steps);
            return Ok(Some(AgentEvent::Token(turn.written.clone())));
        }
        match intent {
            Intent::Call(call) => {
                let is_repeated = turn.steps.iter().any(|step| step.call == call);
                if !is_repeated {
                    turn.state = State::Ready(call);
                    return Ok(None);
                }
            }
            Intent::Fill(blank) => {
                self.fill(&blank, turn.task.request(), &turn.steps)?;
                turn.state = State::Filling(blank);
                return Ok(None);
            }
            Intent::Answer => {}
        }
        self.answer(turn)
    }

    /// Lets the model write what is missing in a call.
    fn fill(
        &mut self,
        blank: &plan::Blank,
        request: &str,
        steps: &[Step],
    ) -> Result<(), AgentError> {
        let observed = self.observations(steps);
        let messages = vec![
            Message::system(FILLING),
            Message::user(format!(
                "{observed}Task: {request}\n\n{}",
                blank.instruction
            )),
        ];
        let params = Params {
            max_tokens: MAX_ARGUMENTS,
            constraint: Some(Constraint::JsonSchema(blank.schema.clone().into())),
            sampling: self.options.sampling.clone(),
            ..Params::default()
        };
        self.session.start(Prompt::Messages(messages), params)
    }

    /// What the calls so far have shown, cut so that it takes at most half of the context.
    fn observations(&self, steps: &[Step]) -> String {
        let shown: Vec<&Step> = steps.iter().filter(|step| !step.failed).collect();
        let room = self.session.context() / 2 / shown.len().max(1);
        let mut text = String::new();
        for step in shown {
            let name = answer::subject(&step.call);
            let result = self.cut(step.result.trim_end(), room);
            text.push_str(&format!("{name}:\n{result}\n\n"));
        }
        text
    }

    /// The beginning of a text, of at most so many tokens, with a mark where it was cut.
    fn cut(&self, text: &str, tokens: usize) -> String {
        if self.session.count_tokens(text) <= tokens {
            return text.into();
        }
        let lines: Vec<&str> = text.lines().collect();
        let (mut few, mut many) = (0, lines.len());
        while few < many {
            let middle = (few + many).div_ceil(2);
            let part = lines.get(..middle).unwrap_or_default().join("\n");
            match self.session.count_tokens(&part) <= tokens {
                true => few = middle,
                false => many = middle - 1,
            }
        }
        let part = lines.get(..few).unwrap_or_default().join("\n");
        format!("{part}\n[cut here: {few} of {} lines]", lines.len())
    }

    /// A call that changes something needs approval.
    fn permit(&mut self, turn: &mut Turn, call: Call, world: &mut dyn World) -> AgentEvent {
        let spec = match self.tools.check(&call.tool, &call.arguments) {
            Ok(spec) => spec,
            Err(error) => {
                let error = Err(error.to_string());
                return Self::conclude(turn, call, Decision::Granted, error);
            }
        };
        match (spec.side_effect, self.options.permission) {
            (false, _) => self.run(turn, call, Decision::Granted, world),
            (true, Permission::Allow) => self.run(turn, call, Decision::Approved, world),
            (true, Permission::Deny) => Self::refuse(turn, call),
            (true, Permission::Ask) => {
                turn.state = State::Asked(call.clone(), None);
                AgentEvent::Approval(call)
            }
        }
    }

    fn run(
        &mut self,
        turn: &mut Turn,
        call: Call,
        decision: Decision,
        world: &mut dyn World,
    ) -> AgentEvent {
        if self.tools.is_outside(&call.tool) {
            turn.state = State::Outside(call.clone(), decision, None);
            return AgentEvent::Execute(call);
        }
        let result = self.tools.call(&call.tool, &call.arguments, world);
        let result = result.map_err(|error| error.to_string());
        Self::conclude(turn, call, decision, result)
    }

    fn conclude(
        turn: &mut Turn,
        call: Call,
        decision: Decision,
        result: Result<String, String>,
    ) -> AgentEvent {
        let failed = result.is_err();
        let step = Step {
            call,
            decision,
            result: result.unwrap_or_else(|error| error),
            failed,
        };
        turn.steps.push(step.clone());
        turn.pending.extend(answer::consequence(&step));
        AgentEvent::ToolResult(step)
    }

    fn refuse(turn: &mut Turn, call: Call) -> AgentEvent {
        let result = format!("{} was not approved, and nothing was changed", call.tool);
        let step = Step {
            call,
            decision: Decision::Denied,
            result,
            failed: true,
        };
        turn.steps.push(step.clone());
        AgentEvent::ToolResult(step)
    }

    /// Begins the answer: as the results say, or in the model's words.
    fn answer(&mut self, turn: &mut Turn) -> Result<Option<AgentEvent>, AgentError> {
        turn.written.clear();
        if let Some(text) = answer::compose(&turn.task, &turn.steps) {
            turn.state = State::Composed(text);
            return Ok(None);
        }
        let mut messages = self.conversation.clone();
        let observed = self.observations(&turn.steps);
        messages.push(Message::user(format!("{observed}{}", turn.task.request())));
        let params = Params {
            max_tokens: self.options.max_tokens,
            sampling: self.options.sampling.clone(),
            ..Params::default()
        };
        self.session.start(Prompt::Messages(messages), params)?;
        turn.state = State::Answering(answer::fact(&turn.steps));
        Ok(None)
    }

    fn finish(&mut self, turn: &mut Turn, finish_reason: AgentFinish) -> AgentEvent {
        let answer = turn.written.trim().to_owned();
        self.conversation.push(Message::user(turn.task.request()));
        self.conversation.push(Message::assistant(&*answer));
        AgentEvent::Done(Outcome {
            answer,
            steps: std::mem::take(&mut turn.steps),
            finish_reason,
            prompt_tokens: turn.prompt_tokens,
            completion_tokens: turn.completion_tokens,
        })
    }
}
