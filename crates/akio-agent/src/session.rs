//! A conversation with a model, one step at a time.
//!
//! [`Session::start`] begins a turn, [`Session::next`] steps through it until [`Event::Done`], and
//! [`Session::stop`] ends it early. A turn works on its own copy of the conversation, which replaces the
//! session's when the turn is done: an error leaves everything as it was.
//!
//! The model's own words are kept as the tokens it chose. Encoding their text again could give other
//! tokens, and the keys and values that the model holds for them would be of no use.

use std::{ops::ControlFlow, rc::Rc};

use akio_engine::{
    Constraint, EngineError, Generator, Score, TokenId,
    constraint::{Matcher, Vocabulary},
    generator::{EndReason, Step},
    model::{self, Model},
    packed::{Packed, tag},
    sampler::{Sampler, Sampling},
    text_stream::TextStream,
    tokenizer::{Special, Tokenizer},
};
use serde::Deserialize;

use crate::{
    AgentError, Message, Role,
    control::{Controls, Part},
    default_system,
    template::Template,
};

/// Context of a session that does not ask for one, in tokens, if the model was trained for as many.
const DEFAULT_CONTEXT: usize = 4096;

/// What holds for a whole session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Most tokens of prompt and answer together; 0 is 4096, or fewer if the model was trained for fewer.
    pub context: usize,
    /// What to do when they are not enough.
    pub overflow: Overflow,
}

/// What to do when the context is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overflow {
    /// A prompt that does not fit is an error, and an answer that reaches the end stops.
    #[default]
    Stop,
    /// The oldest turns are dropped, never the system prompt and the newest user message.
    Evict,
}

/// What holds for one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// The answer ends before the first of these.
    pub stop: Vec<String>,
    /// What the answer has to be; without stop strings, since it ends when it is that.
    pub constraint: Option<Constraint>,
    /// Text with which the assistant's message begins. Events give what follows it, and the constraint
    /// is about that; the message in the conversation has both.
    pub prefix: String,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            max_tokens: 1024,
            stop: Vec::new(),
            constraint: None,
            prefix: String::new(),
            sampling: Sampling::default(),
        }
    }
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The next user message of the conversation.
    User(String),
    /// A conversation that replaces the session's, and that the next message of the assistant goes on with.
    /// Without a system message at its beginning it gets the session's.
    Messages(Vec<Message>),
    /// Text to continue, with control tokens where their literals stand; the conversation is not touched.
    Raw(String),
}

/// What one call of [`Session::next`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A chunk of the prompt, or of what a constraint forced, was evaluated.
    Prefill {
        /// Tokens evaluated or found in the cache.
        done: usize,
        /// Tokens of the prompt and of the answer so far.
        total: usize,
    },
    /// A token of the answer.
    Text {
        /// What is new of the answer's text; empty while a character or a stop string may be incomplete.
        text: String,
        /// The token.
        token: TokenId,
    },
    /// The context was full and old messages were dropped.
    Overflow {
        /// How many.
        evicted: usize,
    },
    /// The answer is complete and part of the conversation.
    Done(Finish),
}

/// The end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Why it ended.
    pub reason: FinishReason,
    /// Text that was held back and belongs to the answer.
    pub text_tail: String,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them whose keys and values were still there from the turn before.
    pub cached_tokens: usize,
    /// Tokens of the answer.
    pub completion_tokens: usize,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended it, it fulfils its constraint, a stop string came, or [`Session::stop`] was called.
    Stop,
    /// It has as many tokens as were asked for.
    Length,
    /// The context is full.
    Context,
}

/// A model and a conversation with it.
pub struct Session<'a> {
    packed: Packed<'a>,
    tokenizer: Tokenizer<'a>,
    controls: Controls<'a>,
    template: Option<Template<'a>>,
    pub(crate) generator: Generator<'a>,
    overflow: Overflow,
    system: String,
    messages: Vec<Message>,
    spoken: Vec<Encoded>,
    /// For constraints, made when the first one comes.
    vocabulary: Option<Rc<Vocabulary<'a>>>,
    turn: Option<Turn>,
}

/// A stretch of a prompt between two control tokens, as text and as tokens.
#[derive(Clone, Default)]
pub(crate) struct Encoded {
    text: String,
    ids: Vec<TokenId>,
}

/// What a turn answers.
enum Source {
    /// The conversation up to the newest user message.
    Chat(Vec<Message>),
    /// Text as it is.
    Raw(String),
}

/// An answer in progress.
struct Turn {
    source: Source,
    params: Params,
    stream: TextStream,
    /// The end of the prompt, which the answer continues.
    opening: Encoded,
    /// Tokens that the answer needs, at most, to be as short as its constraint allows.
    needed: usize,
    answer: Encoded,
    /// A stop string came.
    stopped: bool,
    /// Dropped messages that are yet to be reported.
    evicted: usize,
    prompt_tokens: usize,
    cached_tokens: usize,
}

impl<'a> Session<'a> {
    /// Opens the model and begins an empty conversation with its [`default_system`] prompt.
    ///
    /// # Errors
    /// [`AgentError::Engine`] if the model cannot be run with this context, [`AgentError::Template`] if
    /// its chat template is not valid.
    pub fn open(packed: Packed<'a>, options: Options) -> Result<Self, AgentError> {
        let context = match options.context {
            0 => DEFAULT_CONTEXT.min(packed.config()?.seq_len as usize),
            context => context,
        };
        Self::with_model(packed, model::open(&packed, context)?, options.overflow)
    }

    /// The same with a forward pass of the caller's.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn with_model(
        packed: Packed<'a>,
        model: Box<dyn Model + 'a>,
        overflow: Overflow,
    ) -> Result<Self, AgentError> {
        let tokenizer = Tokenizer::open(&packed)?;
        let controls = Controls::new(tokenizer.control_tokens());
        let literal =
            |id: Option<TokenId>| id.and_then(|id| controls.literal(id)).unwrap_or_default();
        let template = match packed.text(tag::TEMPLATE)? {
            "" => None,
            source => {
                let (bos, eos) = (tokenizer.bos(), tokenizer.end_ids().first().copied());
                Some(Template::new(source, literal(bos), literal(eos))?)
            }
        };
        let mut session = Self {
            packed,
            tokenizer,
            controls,
            template,
            generator: Generator::new(model),
            overflow,
            system: default_system(&packed)?.into(),
            messages: Vec::new(),
            spoken: Vec::new(),
            vocabulary: None,
            turn: None,
        };
        session.reset();
        Ok(session)
    }

    /// Changes the system prompt of this conversation and the ones after it. With an empty one the
    /// conversation has no system message, and some templates then add their own. An answer in progress
    /// is stopped first.
    pub fn set_system(&mut self, system: &str) {
        self.stop();
        self.system = system.into();
        self.messages.retain(|message| message.role != Role::System);
        self.add_system();
    }

    /// Begins a new conversation with the same system prompt. An answer in progress is discarded.
    pub fn reset(&mut self) {
        self.turn = None;
        self.messages.clear();
        self.add_system();
    }

    fn add_system(&mut self) {
        if !self.system.is_empty() {
            self.messages.insert(0, Message::system(&*self.system));
        }
    }

    /// The conversation, system message first, up to the last complete turn.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer<'a> {
        &self.tokenizer
    }

    /// The packed model.
    pub fn packed(&self) -> &Packed<'a> {
        &self.packed
    }

    /// Most tokens of prompt and answer together.
    pub fn context(&self) -> usize {
        self.generator.context()
    }

    /// Bytes held by the keys and values of the model's attention now.
    pub fn kv_bytes(&self) -> usize {
        self.generator.kv_bytes()
    }

    /// How many tokens a text has, control token literals counted as plain text.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokenizer.encode(text, Special::AsText).len()
    }

    /// How many tokens the model reads for these messages, the opening of its answer included. Without a
    /// system message at their beginning the session's counts too.
    ///
    /// # Errors
    /// [`AgentError::Template`], [`AgentError::NoMarkLeft`].
    pub fn count_messages(&self, messages: Vec<Message>) -> Result<usize, AgentError> {
        let (ids, _) = self.encode_messages(&self.with_system(messages))?;
        Ok(ids.len())
    }

    /// The prompt that the model reads for these messages; without a chat template, the last message.
    ///
    /// # Errors
    /// [`AgentError::Template`], [`AgentError::NoMarkLeft`].
    pub fn render(&self, messages: &[Message]) -> Result<String, AgentError> {
        let (prompt, mark) = self.render_marked(messages)?;
        Ok(prompt.replace(mark, ""))
    }

    /// Reads a part of what [`score`](Self::score) would read first, and says whether to go on with that: so
    /// a long text can be shown and stopped.
    ///
    /// # Errors
    /// [`AgentError::Engine`], [`AgentError::Template`], [`AgentError::NoMarkLeft`].
    pub fn read_ahead(&mut self, messages: &[Message], opening: &str) -> Result<bool, AgentError> {
        let ids = self.encode_opening(messages, opening)?;
        Ok(self.generator.read_ahead(&ids)?)
    }

    /// How likely each continuation of an assistant's answer is that begins with `opening`, after these
    /// messages. The conversation and an answer in progress are not touched.
    ///
    /// # Errors
    /// [`AgentError::Engine`] if prompt and continuation do not fit into the context,
    /// [`AgentError::Template`], [`AgentError::NoMarkLeft`].
    pub fn score(
        &mut self,
        messages: &[Message],
        opening: &str,
        continuations: &[&str],
    ) -> Result<Vec<Score>, AgentError> {
        let ids = self.encode_opening(messages, opening)?;
        let continuations: Vec<_> = continuations
            .iter()
            .map(|text| self.tokenizer.encode(text, Special::AsText))
            .collect();
        Ok(self.generator.score(&ids, &continuations)?)
    }

    /// The model's mean hidden state over a text, `(dim,)`.
    ///
    /// # Errors
    /// [`AgentError::Engine`] with [`EngineError::NoHiddenStates`] for models that run through candle, or
    /// if the text is empty or longer than the context.
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>, AgentError> {
        let mut ids: Vec<TokenId> = self.tokenizer.bos().into_iter().collect();
        ids.extend(self.tokenizer.encode(text, Special::AsText));
        Ok(self.generator.embed(&ids)?)
    }

    fn render_marked(&self, messages: &[Message]) -> Result<(String, char), AgentError> {
        let (disarmed, mark) = self.controls.disarm(messages)?;
        let prompt = match &self.template {
            Some(template) => template.render(&disarmed)?,
            None => disarmed
                .into_iter()
                .next_back()
                .map(|message| message.content)
                .unwrap_or_default(),
        };
        Ok((prompt, mark))
    }

    /// Begins an answer; [`Session::next`] gives it. An answer in progress is stopped first.
    ///
    /// # Errors
    /// [`AgentError::Engine`] with [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`],
    /// [`EngineError::Sampling`], [`EngineError::UnknownToken`] or [`EngineError::Constraint`];
    /// [`AgentError::EmptyStop`], [`AgentError::StopUnderConstraint`],
    /// [`AgentError::Template`], [`AgentError::NoMarkLeft`].
    pub fn start(&mut self, prompt: Prompt, params: Params) -> Result<(), AgentError> {
        self.stop();
        let vocab_size = self.tokenizer.vocab_size();
        if let Some((id, _)) = params
            .sampling
            .logit_bias
            .iter()
            .find(|(id, _)| *id as usize >= vocab_size)
        {
            return Err(EngineError::UnknownToken { id: *id }.into());
        }
        if params.stop.iter().any(String::is_empty) {
            return Err(AgentError::EmptyStop);
        }
        if !params.stop.is_empty() && params.constraint.is_some() {
            return Err(AgentError::StopUnderConstraint);
        }
        let matcher = match &params.constraint {
            Some(constraint) => Some(self.matcher(constraint)?),
            None => None,
        };
        let mut turn = Turn {
            source: self.source(prompt)?,
            stream: TextStream::new(params.stop.clone()),
            params,
            opening: Encoded::default(),
            answer: Encoded::default(),
            needed: matcher
                .as_ref()
                .map_or(1, |matcher| matcher.needed().max(1)),
            stopped: false,
            evicted: 0,
            prompt_tokens: 0,
            cached_tokens: 0,
        };
        let ids = self.fit(&mut turn)?;
        turn.prompt_tokens = ids.len();
        turn.cached_tokens = self.generate(ids, &turn, matcher)?;
        self.turn = Some(turn);
        Ok(())
    }

    fn matcher(&mut self, constraint: &Constraint) -> Result<Matcher<'a>, AgentError> {
        let tokenizer = self.tokenizer;
        let compiled = constraint.compile().map_err(EngineError::from)?;
        let vocabulary = self
            .vocabulary
            .get_or_insert_with(|| Rc::new(Vocabulary::new(tokenizer)));
        Ok(Matcher::new(&compiled, vocabulary.clone()).map_err(EngineError::from)?)
    }

    fn source(&self, prompt: Prompt) -> Result<Source, AgentError> {
        let empty = match &prompt {
            Prompt::Raw(text) => text.is_empty(),
            Prompt::User(text) => text.trim().is_empty(),
            Prompt::Messages(messages) => messages.is_empty(),
        };
        if empty {
            return Err(EngineError::EmptyPrompt.into());
        }
        Ok(match prompt {
            Prompt::Raw(text) => Source::Raw(text),
            Prompt::User(text) => {
                let mut messages = self.messages.clone();
                messages.push(Message::user(text));
                Source::Chat(messages)
            }
            Prompt::Messages(messages) => Source::Chat(self.with_system(messages)),
        })
    }

    /// The messages, behind the session's system message if they have none of their own.
    fn with_system(&self, mut messages: Vec<Message>) -> Vec<Message> {
        let has_system = messages
            .first()
            .is_some_and(|message| message.role == Role::System);
        if !has_system && !self.system.is_empty() {
            messages.insert(0, Message::system(&*self.system));
        }
        messages
    }

    /// One step of the answer. After an error the turn is over and the conversation as before it.
    ///
    /// # Errors
    /// [`AgentError::NotStarted`] before `start` and after [`Event::Done`]; what the model reports.
    #[expect(
        clippy::should_implement_trait,
        reason = "a step can fail and has a last value; Iterator cannot"
    )]
    pub fn next(&mut self) -> Result<Event, AgentError> {
        let mut turn = self.turn.take().ok_or(AgentError::NotStarted)?;
        match self.step(&mut turn)? {
            ControlFlow::Continue(event) => {
                self.turn = Some(turn);
                Ok(event)
            }
            ControlFlow::Break(reason) => Ok(Event::Done(self.finish(turn, reason))),
        }
    }

    /// Ends the answer in progress. What there is of it stays in the conversation; if there is nothing,
    /// or not yet what a constraint asks for, the conversation is as before the turn.
    pub fn stop(&mut self) -> Option<Finish> {
        let complete = self.generator.is_complete();
        let turn = self
            .turn
            .take()
            .filter(|turn| complete && !turn.answer.ids.is_empty())?;
        Some(self.finish(turn, FinishReason::Stop))
    }

    /// The next event, or why there is none.
    fn step(&mut self, turn: &mut Turn) -> Result<ControlFlow<FinishReason, Event>, AgentError> {
        if turn.evicted > 0 {
            let evicted = std::mem::take(&mut turn.evicted);
            return Ok(ControlFlow::Continue(Event::Overflow { evicted }));
        }
        if turn.stopped {
            return Ok(ControlFlow::Break(FinishReason::Stop));
        }
        Ok(match self.generator.next()? {
            Step::Prefill { done, total } => ControlFlow::Continue(Event::Prefill { done, total }),
            Step::Token(token) => ControlFlow::Continue(self.read(turn, token)),
            Step::End(EndReason::EndToken) => ControlFlow::Break(FinishReason::Stop),
            Step::End(EndReason::Length) => ControlFlow::Break(FinishReason::Length),
            Step::End(EndReason::Context) => {
                let ids = self.fit(turn)?;
                if ids.len() >= self.context() {
                    return Ok(ControlFlow::Break(FinishReason::Context));
                }
                // Under a constraint an answer ends before the context does.
                self.generate(ids, turn, None)?;
                return self.step(turn);
            }
        })
    }

    fn read(&self, turn: &mut Turn, token: TokenId) -> Event {
        turn.answer.ids.push(token);
        let text = if self.tokenizer.is_control(token) {
            String::new()
        } else {
            let piece = turn.stream.push(self.tokenizer.token_bytes(token));
            turn.stopped = piece.stopped;
            piece.text
        };
        turn.answer.text.push_str(&text);
        Event::Text { text, token }
    }

    fn finish(&mut self, mut turn: Turn, reason: FinishReason) -> Finish {
        let text_tail = if turn.stopped {
            String::new()
        } else {
            turn.stream.finish()
        };
        turn.answer.text.push_str(&text_tail);
        let finish = Finish {
            reason,
            text_tail,
            prompt_tokens: turn.prompt_tokens,
            cached_tokens: turn.cached_tokens,
            completion_tokens: turn.answer.ids.len(),
        };
        if let Source::Chat(mut messages) = turn.source {
            let in_use = |spoken: &Encoded| {
                messages
                    .iter()
                    .any(|message| spoken.text.ends_with(&message.content))
            };
            self.spoken.retain(in_use);
            // The tokens of a stop string are not in the text.
            if !turn.stopped {
                let text = turn.opening.text + &turn.answer.text;
                self.spoken.push(Encoded {
                    text,
                    ids: [turn.opening.ids, turn.answer.ids].concat(),
                });
            }
            messages.push(Message::assistant(turn.params.prefix + &turn.answer.text));
            self.messages = messages;
        }
        finish
    }

    /// The tokens of prompt and answer so far, after dropping turns if they do not fit and may be dropped.
    fn fit(&mut self, turn: &mut Turn) -> Result<Vec<TokenId>, AgentError> {
        let context = self.context();
        let answered = turn.answer.ids.len();
        let mut ids = self.encode(turn)?;
        if turn.needed.saturating_add(ids.len() + answered) > context
            && self.overflow == Overflow::Evict
            && self.template.is_some()
        {
            // Room for a good part of the answer, so that this does not happen again at once.
            let room = turn
                .params
                .max_tokens
                .saturating_sub(answered)
                .min(context / 4)
                .max(turn.needed);
            while room.saturating_add(ids.len() + answered) > context {
                match turn.source.evict() {
                    0 => break,
                    evicted => turn.evicted += evicted,
                }
                ids = self.encode(turn)?;
            }
        }
        ids.extend(&turn.answer.ids);
        Ok(ids)
    }

    /// The tokens of the prompt.
    fn encode(&self, turn: &mut Turn) -> Result<Vec<TokenId>, AgentError> {
        let mut ids = match &turn.source {
            Source::Raw(text) => {
                let mut ids: Vec<TokenId> = self.tokenizer.bos().into_iter().collect();
                ids.extend(self.tokenizer.encode(text, Special::Parse));
                ids
            }
            Source::Chat(messages) => {
                let (ids, opening) = self.encode_messages(messages)?;
                turn.opening = opening;
                ids
            }
        };
        let prefix = self.tokenizer.encode(&turn.params.prefix, Special::AsText);
        turn.opening.text.push_str(&turn.params.prefix);
        turn.opening.ids.extend(&prefix);
        ids.extend(prefix);
        Ok(ids)
    }

    /// The tokens of the prompt for these messages, and of an answer's beginning.
    fn encode_opening(
        &self,
        messages: &[Message],
        opening: &str,
    ) -> Result<Vec<TokenId>, AgentError> {
        let (mut ids, _) = self.encode_messages(messages)?;
        ids.extend(self.tokenizer.encode(opening, Special::AsText));
        Ok(ids)
    }

    /// The tokens of the prompt for these messages, and the text that the answer continues.
    pub(crate) fn encode_messages(
        &self,
        messages: &[Message],
    ) -> Result<(Vec<TokenId>, Encoded), AgentError> {
        let (prompt, mark) = self.render_marked(messages)?;
        // The template says whether the beginning is marked.
        let bos = self.tokenizer.bos().filter(|_| self.template.is_none());
        let mut ids: Vec<TokenId> = bos.into_iter().collect();
        let mut opening = Encoded::default();
        for part in self.controls.split(&prompt) {
            opening = Encoded::default();
            match part {
                Part::Control(id) => ids.push(id),
                Part::Text(text) => {
                    opening = self.encode_text(text.replace(mark, ""));
                    ids.extend(&opening.ids);
                }
            }
        }
        Ok((ids, opening))
    }

    /// Text as the tokens that the model chose for it, if it is the model's.
    fn encode_text(&self, text: String) -> Encoded {
        match self.spoken.iter().find(|spoken| spoken.text == text) {
            Some(spoken) => spoken.clone(),
            None => Encoded {
                ids: self.tokenizer.encode(&text, Special::AsText),
                text,
            },
        }
    }

    /// Starts the generator behind the answer so far.
    fn generate(
        &mut self,
        ids: Vec<TokenId>,
        turn: &Turn,
        constraint: Option<Matcher<'a>>,
    ) -> Result<usize, AgentError> {
        let answered = turn.answer.ids.len();
        let mut sampling = turn.params.sampling.clone();
        // An answer that goes on after an eviction does not repeat its random numbers.
        sampling.seed = sampling.seed.wrapping_add(answered as u64);
        let end_ids = self.tokenizer.end_ids().to_vec();
        let left = turn.params.max_tokens.saturating_sub(answered);
        Ok(self
            .generator
            .start(ids, Sampler::new(sampling)?, end_ids, left, constraint)?)
    }
}

impl Source {
    /// Drops the oldest turn, a user message with its answer, and returns how many messages that were.
    /// The system message and the newest user message stay.
    fn evict(&mut self) -> usize {
        let Self::Chat(messages) = self else {
            return 0;
        };
        let first = messages
            .iter()
            .take_while(|message| message.role == Role::System)
            .count();
        let rest = messages.get(first + 1..).unwrap_or_default();
        let Some(next) = rest.iter().position(|message| message.role == Role::User) else {
            return 0;
        };
        messages.drain(first..=first + next).count()
    }
}
