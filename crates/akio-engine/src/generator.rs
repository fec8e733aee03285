//! From a prompt to a stream of tokens, one step at a time.
//!
//! 1. [`Generator::start`] keeps the K/V of the longest common prefix with what is cached.
//! 2. [`Generator::next`] prefills one chunk, or samples one token and decodes it.
//! 3. The caller stops by not calling `next` any more; the cache stays consistent for the next `start`.

use crate::{EngineError, TokenId, model::Model, sampler::Sampler};

/// What one call of [`Generator::next`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A chunk of the prompt was evaluated.
    Prefill {
        /// Prompt tokens in the KV cache.
        done: usize,
        /// Prompt tokens in all.
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
    /// The model ended its answer.
    EndToken,
    /// The limit of new tokens was reached.
    Length,
    /// The context is full.
    Context,
}

/// A model, what its KV cache holds, and the answer in progress.
pub struct Generator<'a> {
    model: Box<dyn Model + 'a>,
    /// Prompt and answer so far.
    tokens: Vec<TokenId>,
    /// Leading `tokens` whose K/V are in the cache.
    cached: usize,
    prompt_len: usize,
    max_new: usize,
    end_ids: Vec<TokenId>,
    sampler: Option<Sampler>,
    ended: Option<EndReason>,
}

impl<'a> Generator<'a> {
    /// A generator with an empty cache.
    pub fn new(model: Box<dyn Model + 'a>) -> Self {
        Self {
            model,
            tokens: Vec::new(),
            cached: 0,
            prompt_len: 0,
            max_new: 0,
            end_ids: Vec::new(),
            sampler: None,
            ended: None,
        }
    }

    /// Begins an answer of at most `max_new` tokens and returns how many tokens of the prompt need no
    /// evaluation because their K/V are cached.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`], [`EngineError::UnknownToken`]; the
    /// cache is as it was.
    pub fn start(
        &mut self,
        prompt: Vec<TokenId>,
        sampler: Sampler,
        end_ids: Vec<TokenId>,
        max_new: usize,
    ) -> Result<usize, EngineError> {
        if prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        if prompt.len() >= self.context() {
            return Err(EngineError::PromptTooLong {
                tokens: prompt.len(),
                context: self.context(),
            });
        }
        if let Some(&id) = prompt
            .iter()
            .find(|id| **id as usize >= self.model.vocab_size())
        {
            return Err(EngineError::UnknownToken { id });
        }
        let known = &self.tokens[..self.cached];
        let common = known
            .iter()
            .zip(&prompt)
            .take_while(|(a, b)| a == b)
            .count();
        // The last prompt token is evaluated in any case: its logits are needed.
        self.cached = self.model.truncate(common.min(prompt.len() - 1));
        self.prompt_len = prompt.len();
        self.tokens = prompt;
        self.max_new = max_new;
        self.end_ids = end_ids;
        self.sampler = Some(sampler);
        self.ended = None;
        Ok(self.cached)
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
        if self.tokens.len() - self.prompt_len >= self.max_new {
            return Ok(Step::End(EndReason::Length));
        }
        if self.tokens.len() >= self.model.context() {
            return Ok(Step::End(EndReason::Context));
        }
        let rest = &self.tokens[self.cached..];
        let chunk = self.model.chunk();
        if rest.len() > chunk {
            self.model.forward(&rest[..chunk], self.cached, false)?;
            self.cached += chunk;
            return Ok(Step::Prefill {
                done: self.cached,
                total: self.prompt_len,
            });
        }
        let logits = self.model.forward(rest, self.cached, true)?;
        self.cached = self.tokens.len();
        let Some(logits) = logits else {
            return Err(EngineError::Config {
                why: "the model returned no logits",
            });
        };
        let token = sampler.sample(logits, &self.tokens);
        if self.end_ids.contains(&token) {
            return Ok(Step::End(EndReason::EndToken));
        }
        self.tokens.push(token);
        Ok(Step::Token(token))
    }

    /// Most tokens that the KV cache holds.
    pub fn context(&self) -> usize {
        self.model.context()
    }

    /// Prompt and answer so far, in tokens.
    pub fn used(&self) -> usize {
        self.tokens.len()
    }

    /// Bytes held by the KV cache now.
    pub fn kv_bytes(&self) -> usize {
        self.model.kv_bytes()
    }
}
