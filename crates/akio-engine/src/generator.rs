//! From a prompt to a stream of tokens, one step at a time.
//!
//! 1. [`Generator::start`] keeps the K/V of the longest common prefix with what is cached, or with what the
//!    packed model brings.
//! 2. [`Generator::next`] prefills one chunk, or samples one token and decodes it. Tokens that a
//!    constraint forces come without a look at the model, which reads them later, several at once.
//! 3. The caller stops by not calling `next` any more; the cache stays consistent for the next `start`.

use std::collections::VecDeque;

use crate::{
    ConstraintError, EngineError, TokenId, constraint::Matcher, model::Model, sampler::Sampler,
};

/// Tokens between two reports of [`Generator::save`].
const SAVED_CHUNK: usize = 8;

/// What one call of [`Generator::next`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A chunk of the prompt, or of what a constraint forced, was evaluated.
    Prefill {
        /// Tokens in the KV cache.
        done: usize,
        /// Tokens of the prompt and of the answer so far.
        total: usize,
    },
    /// A new token.
    Token(TokenId),
    /// Nothing more will come.
    End(EndReason),
}

/// Why generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The model ended its answer, or nothing can follow under the constraint.
    EndToken,
    /// The limit of new tokens was reached.
    Length,
    /// The context is full.
    Context,
}

/// A model and the tokens whose K/V are in its cache.
pub(crate) struct Cached<'a> {
    pub(crate) model: Box<dyn Model + 'a>,
    held: Vec<TokenId>,
}

impl Cached<'_> {
    /// Refuses a prompt that cannot be evaluated with `room` more tokens behind it.
    pub(crate) fn check(&self, prompt: &[TokenId], room: usize) -> Result<(), EngineError> {
        let context = self.model.context();
        if prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        if prompt.len() + room > context {
            return Err(EngineError::PromptTooLong {
                tokens: prompt.len() + room - 1,
                context,
            });
        }
        self.check_vocabulary(prompt)
    }

    /// Refuses tokens that the model does not have.
    pub(crate) fn check_vocabulary(&self, tokens: &[TokenId]) -> Result<(), EngineError> {
        match tokens
            .iter()
            .find(|id| **id as usize >= self.model.vocab_size())
        {
            Some(&id) => Err(EngineError::UnknownToken { id }),
            None => Ok(()),
        }
    }

    /// Keeps the K/V of the longest common prefix with `tokens`, of at most `len` tokens, takes more of them
    /// from the packed model where that has them, and returns how many there are.
    pub(crate) fn keep(&mut self, tokens: &[TokenId], len: usize) -> usize {
        let common = self.held.iter().zip(tokens).take_while(|(a, b)| a == b);
        let kept = self.model.truncate(common.count().min(len));
        let restored = self.model.restore(&tokens[..len], kept);
        self.held.truncate(kept);
        self.held.extend(&tokens[kept..restored]);
        restored
    }

    /// Appends the K/V of `tokens`; the logits of the last one, if they are wanted.
    pub(crate) fn forward(
        &mut self,
        tokens: &[TokenId],
        want_logits: bool,
    ) -> Result<Option<&mut [f32]>, EngineError> {
        let logits = self.model.forward(tokens, self.held.len(), want_logits)?;
        self.held.extend(tokens);
        Ok(logits)
    }
}

/// A model, what its KV cache holds, and the answer in progress.
pub struct Generator<'a> {
    pub(crate) cached: Cached<'a>,
    /// Prompt and answer so far.
    tokens: Vec<TokenId>,
    prompt_len: usize,
    max_new: usize,
    end_ids: Vec<TokenId>,
    sampler: Option<Sampler>,
    constraint: Option<Matcher<'a>>,
    /// Tokens that the constraint forces next.
    forced: VecDeque<TokenId>,
    ended: Option<EndReason>,
}

impl<'a> Generator<'a> {
    /// A generator with an empty cache.
    pub fn new(model: Box<dyn Model + 'a>) -> Self {
        Self {
            cached: Cached {
                model,
                held: Vec::new(),
            },
            tokens: Vec::new(),
            prompt_len: 0,
            max_new: 0,
            end_ids: Vec::new(),
            sampler: None,
            constraint: None,
            forced: VecDeque::new(),
            ended: None,
        }
    }

    /// Begins an answer of at most `max_new` tokens and returns how many tokens of the prompt need no
    /// evaluation because their K/V are cached. Under a constraint the answer is complete when it ends.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`], [`EngineError::UnknownToken`],
    /// [`EngineError::Constraint`] if the answer could not be completed; the cache is as it was.
    pub fn start(
        &mut self,
        prompt: Vec<TokenId>,
        sampler: Sampler,
        end_ids: Vec<TokenId>,
        max_new: usize,
        mut constraint: Option<Matcher<'a>>,
    ) -> Result<usize, EngineError> {
        self.cached.check(&prompt, 1)?;
        let mut forced = Vec::new();
        if let Some(matcher) = &mut constraint {
            let room = self.cached.model.context() - prompt.len();
            matcher.limit(max_new.min(room))?;
            forced = matcher.forced()?;
        }
        // The last token is evaluated in any case: its logits are needed.
        let kept = self.cached.keep(&prompt, prompt.len() - 1);
        self.prompt_len = prompt.len();
        self.tokens = prompt;
        self.max_new = max_new;
        self.end_ids = end_ids;
        self.sampler = Some(sampler);
        self.constraint = constraint;
        self.forced = forced.into();
        self.ended = None;
        Ok(kept)
    }

    /// Evaluates one prefill chunk, or samples one token.
    ///
    /// # Errors
    /// What the model reports. The answer is then over; the cache stays consistent.
    #[expect(
        clippy::should_implement_trait,
        reason = "a step can fail and says why it ended; Iterator cannot"
    )]
    pub fn next(&mut self) -> Result<Step, EngineError> {
        if let Some(reason) = self.ended {
            return Ok(Step::End(reason));
        }
        let result = self.step();
        match &result {
            Ok(Step::End(reason)) => self.ended = Some(*reason),
            Err(_) => self.ended = Some(EndReason::EndToken),
            Ok(_) => {}
        }
        result
    }

    fn step(&mut self) -> Result<Step, EngineError> {
        let Some(sampler) = self.sampler.as_mut() else {
            return Err(EngineError::EmptyPrompt);
        };
        if let Some(matcher) = &mut self.constraint {
            if let Some(token) = self.forced.pop_front() {
                matcher.advance(token)?;
                self.tokens.push(token);
                return Ok(Step::Token(token));
            }
            if matcher.is_final() {
                return Ok(Step::End(EndReason::EndToken));
            }
        }
        if self.tokens.len() - self.prompt_len >= self.max_new {
            return Ok(Step::End(EndReason::Length));
        }
        if self.tokens.len() >= self.cached.model.context() {
            return Ok(Step::End(EndReason::Context));
        }
        // Something else may have been evaluated since the last step.
        let kept = self.cached.keep(&self.tokens, self.tokens.len() - 1);
        let rest = &self.tokens[kept..];
        let chunk = self.cached.model.chunk();
        if rest.len() > chunk {
            self.cached.forward(&rest[..chunk], false)?;
            return Ok(Step::Prefill {
                done: kept + chunk,
                total: self.tokens.len(),
            });
        }
        let logits = self.cached.forward(rest, true)?;
        let Some(logits) = logits else {
            return Err(EngineError::Config {
                why: "the model returned no logits",
            });
        };
        if let Some(matcher) = &mut self.constraint {
            matcher.allowed()?.mask(logits);
        }
        let token = sampler.sample(logits, &self.tokens);
        if self.end_ids.contains(&token) {
            return match &self.constraint {
                Some(matcher) if !matcher.is_complete() => Err(ConstraintError::NotAllowed.into()),
                _ => Ok(Step::End(EndReason::EndToken)),
            };
        }
        if let Some(matcher) = &mut self.constraint {
            matcher.advance(token)?;
            self.forced.extend(matcher.forced()?);
        }
        self.tokens.push(token);
        Ok(Step::Token(token))
    }

    /// Evaluates `tokens` and appends what a packed model can bring of them to the content of its section
    /// `prefixes`. `progress` is called with the tokens that are done.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`], [`EngineError::UnknownToken`], or
    /// what the model reports.
    pub fn save(
        &mut self,
        tokens: &[TokenId],
        section: &mut Vec<u8>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(), EngineError> {
        self.cached.check(tokens, 0)?;
        let mut done = self.cached.keep(tokens, tokens.len());
        for chunk in tokens[done..].chunks(SAVED_CHUNK) {
            self.cached.forward(chunk, false)?;
            done += chunk.len();
            progress(done);
        }
        self.cached.model.save(tokens, section);
        Ok(())
    }

    /// Whether the answer so far fulfils its constraint, if it has one.
    pub fn is_complete(&self) -> bool {
        self.constraint.as_ref().is_none_or(Matcher::is_complete)
    }

    /// Most tokens that the KV cache holds.
    pub fn context(&self) -> usize {
        self.cached.model.context()
    }

    /// Prompt and answer so far, in tokens.
    pub fn used(&self) -> usize {
        self.tokens.len()
    }

    /// Bytes held by the KV cache now.
    pub fn kv_bytes(&self) -> usize {
        self.cached.model.kv_bytes()
    }
}
