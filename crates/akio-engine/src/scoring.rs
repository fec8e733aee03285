//! What a model makes of given text: how likely it is, and what it means to the model.
//!
//! Nothing is sampled, and an answer in progress goes on afterwards: its next step evaluates again what
//! was taken out of the KV cache. Sums run in a fixed order, so every host gets the same numbers.

use crate::{EngineError, Generator, TokenId, generator::Cached, math::log_sum_exp};

const NO_LOGITS: EngineError = EngineError::Config {
    why: "the model returned no logits",
};

/// How likely a continuation is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Natural logarithm of the probability of each token, given those before it.
    pub tokens: Vec<f32>,
}

impl Score {
    /// Logarithm of the probability of the whole continuation.
    pub fn sum(&self) -> f32 {
        self.tokens.iter().sum()
    }

    /// The same for an average token; 0 without tokens.
    pub fn mean(&self) -> f32 {
        self.sum() / self.tokens.len().max(1) as f32
    }
}

impl Generator<'_> {
    /// The score of each continuation of `prompt`, which is evaluated once. Models whose cache can only
    /// start over evaluate it again for each continuation of more than one token.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`], [`EngineError::UnknownToken`], or
    /// what the model reports.
    pub fn score(
        &mut self,
        prompt: &[TokenId],
        continuations: &[Vec<TokenId>],
    ) -> Result<Vec<Score>, EngineError> {
        let longest = continuations.iter().map(Vec::len).max().unwrap_or_default();
        self.cached.check(prompt, longest.max(1))?;
        for continuation in continuations {
            self.cached.check_vocabulary(continuation)?;
        }
        let logits = evaluate(&mut self.cached, prompt)?;
        let total = log_sum_exp(logits);
        let mut scores: Vec<Score> = continuations
            .iter()
            .map(|continuation| {
                let first = continuation.first();
                let logit = first.and_then(|id| logits.get(*id as usize));
                Score {
                    tokens: logit.map(|logit| logit - total).into_iter().collect(),
                }
            })
            .collect();
        for (continuation, score) in continuations.iter().zip(&mut scores) {
            follow(&mut self.cached, prompt, continuation, score)?;
        }
        Ok(scores)
    }

    /// Evaluates a chunk of a prompt before it is scored, and returns whether there is more than another
    /// chunk of it: then this is to be called again.
    ///
    /// # Errors
    /// As [`score`](Generator::score).
    pub fn read_ahead(&mut self, prompt: &[TokenId]) -> Result<bool, EngineError> {
        self.cached.check(prompt, 1)?;
        let kept = self.cached.keep(prompt, prompt.len() - 1);
        let chunk = self.cached.model.chunk();
        let Some((next, [_, ..])) = prompt[kept..].split_at_checked(chunk) else {
            return Ok(false);
        };
        self.cached.forward(next, false)?;
        Ok(true)
    }

    /// The mean hidden state, `(dim,)`, of a text: what it means to the model.
    ///
    /// # Errors
    /// [`EngineError::NoHiddenStates`] for models that run through candle, and as
    /// [`score`](Generator::score).
    pub fn embed(&mut self, text: &[TokenId]) -> Result<Vec<f32>, EngineError> {
        self.cached.check(text, 0)?;
        // Hidden states are not cached.
        self.cached.keep(&[], 0);
        let mut mean = Vec::new();
        for tokens in text.chunks(self.cached.model.chunk()) {
            self.cached.forward(tokens, false)?;
            let hidden = self.cached.model.hidden();
            let hidden = hidden.ok_or(EngineError::NoHiddenStates)?;
            let dim = hidden.len() / tokens.len();
            mean.resize(dim, 0.0);
            for state in hidden.chunks_exact(dim) {
                for (mean, x) in mean.iter_mut().zip(state) {
                    *mean += x;
                }
            }
        }
        for mean in &mut mean {
            *mean /= text.len() as f32;
        }
        Ok(mean)
    }
}

/// Evaluates a prompt; the logits of its last token.
fn evaluate<'c>(
    cached: &'c mut Cached<'_>,
    prompt: &[TokenId],
) -> Result<&'c mut [f32], EngineError> {
    let kept = cached.keep(prompt, prompt.len() - 1);
    let mut rest = &prompt[kept..];
    let chunk = cached.model.chunk();
    while rest.len() > chunk {
        cached.forward(&rest[..chunk], false)?;
        rest = &rest[chunk..];
    }
    cached.forward(rest, true)?.ok_or(NO_LOGITS)
}

/// Scores the tokens of a continuation after its first one.
fn follow(
    cached: &mut Cached<'_>,
    prompt: &[TokenId],
    continuation: &[TokenId],
    score: &mut Score,
) -> Result<(), EngineError> {
    let ([before @ .., _], [_, targets @ ..]) = (continuation, continuation) else {
        return Ok(());
    };
    if before.is_empty() {
        return Ok(());
    }
    // What another continuation shares with this one has to go too: its logits are gone.
    if cached.keep(prompt, prompt.len()) < prompt.len() {
        evaluate(cached, prompt)?;
    }
    let step = match cached.model.hidden() {
        Some(_) => cached.model.chunk(),
        None => 1,
    };
    for (tokens, targets) in before.chunks(step).zip(targets.chunks(step)) {
        cached.forward(tokens, false)?;
        for (index, target) in targets.iter().enumerate() {
            let logits = cached.model.logits(index).ok_or(NO_LOGITS)?;
            let logit = logits.get(*target as usize).copied();
            score
                .tokens
                .extend(logit.map(|logit| logit - log_sum_exp(logits)));
        }
    }
    Ok(())
}
