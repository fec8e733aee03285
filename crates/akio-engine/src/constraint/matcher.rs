//! Follows an answer under a constraint, token by token.
//!
//! The text is a state of the [automaton](super::automaton); the tokens that may come are found by
//! walking down the vocabulary's tree from it. Of the tokens that are left, the shortest text that
//! completes the answer needs at most as many as it has bytes, since every byte that is counted is a
//! token by itself: what would need more is not allowed, so that an answer is complete in time.

use std::rc::Rc;

use super::{
    Compiled, ConstraintError, Vocabulary,
    automaton::{Automaton, DEAD, StateId},
};
use crate::{TokenId, tokenizer::Special};

/// Most bytes that are looked ahead for text that has to come.
const MAX_FORCED: usize = 4096;

/// A text in progress under a constraint.
pub struct Matcher<'a> {
    vocabulary: Rc<Vocabulary<'a>>,
    automaton: Automaton,
    state: StateId,
    /// Tokens that may still come.
    left: usize,
    allowed: Allowed,
}

/// A set of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<u64>);

impl Allowed {
    /// Whether a token is in the set.
    pub fn contains(&self, id: TokenId) -> bool {
        let word = self.0.get(id as usize / 64).copied().unwrap_or_default();
        word >> (id % 64) & 1 == 1
    }

    /// Makes the logits of all other tokens negative infinity.
    pub fn mask(&self, logits: &mut [f32]) {
        for (id, logit) in (0..).zip(logits) {
            if !self.contains(id) {
                *logit = f32::NEG_INFINITY;
            }
        }
    }

    fn insert(&mut self, id: TokenId) {
        if let Some(word) = self.0.get_mut(id as usize / 64) {
            *word |= 1 << (id % 64);
        }
    }
}

impl<'a> Matcher<'a> {
    /// A matcher before the first token, without a limit of tokens.
    ///
    /// # Errors
    /// [`ConstraintError::NothingFits`] if the vocabulary lacks bytes that every text needs,
    /// [`ConstraintError::TooComplex`].
    pub fn new(
        compiled: &Compiled,
        vocabulary: Rc<Vocabulary<'a>>,
    ) -> Result<Self, ConstraintError> {
        let (automaton, state) =
            Automaton::new(compiled.0.clone(), |byte| vocabulary.has_byte(byte))?;
        Ok(Self {
            vocabulary,
            automaton,
            state,
            left: usize::MAX,
            allowed: Allowed::default(),
        })
    }

    /// Tokens that the shortest text needs from here, at most.
    pub fn needed(&self) -> usize {
        self.automaton.shortest(self.state)
    }

    /// Limits the tokens that may still come.
    ///
    /// # Errors
    /// [`ConstraintError::Budget`] if they are too few for the shortest text.
    pub fn limit(&mut self, tokens: usize) -> Result<(), ConstraintError> {
        let needed = self.needed();
        if needed > tokens {
            return Err(ConstraintError::Budget { needed, tokens });
        }
        self.left = tokens;
        Ok(())
    }

    /// Whether the text so far fulfils the constraint.
    pub fn is_complete(&self) -> bool {
        self.automaton.is_complete(self.state)
    }

    /// Whether it does and nothing can follow, by the constraint or by the limit.
    pub fn is_final(&self) -> bool {
        self.automaton.is_final(self.state) || (self.left == 0 && self.is_complete())
    }

    /// The tokens that may come next; end tokens are among them if the text is complete.
    ///
    /// # Errors
    /// [`ConstraintError::TooComplex`].
    pub fn allowed(&mut self) -> Result<&Allowed, ConstraintError> {
        self.state = self.automaton.rest(self.state)?;
        let vocabulary = self.vocabulary.clone();
        let allowed = &mut self.allowed.0;
        allowed.clear();
        allowed.resize(vocabulary.tokenizer.vocab_size().div_ceil(64), 0);
        if self.is_complete() {
            for id in vocabulary.tokenizer.end_ids() {
                self.allowed.insert(*id);
            }
        }
        let Some(left_after) = self.left.checked_sub(1) else {
            return Ok(&self.allowed);
        };
        // The states above the node, and where their children end.
        let mut above = vec![(u32::MAX, self.state)];
        let mut at = 0;
        while let Some(node) = vocabulary.nodes.get(at) {
            while above.last().is_some_and(|(end, _)| *end as usize <= at) {
                above.pop();
            }
            let Some((_, state)) = above.last().copied() else {
                break;
            };
            let state = self.automaton.step(state, node.byte)?;
            if state == DEAD {
                at = node.end as usize;
                continue;
            }
            let tokens = vocabulary.tokens_at(at);
            if !tokens.is_empty() && self.automaton.shortest(state) <= left_after {
                for id in tokens {
                    self.allowed.insert(*id);
                }
            }
            at += 1;
            if node.end as usize > at {
                above.push((node.end, state));
            }
        }
        Ok(&self.allowed)
    }

    /// Takes a token that was allowed.
    ///
    /// # Errors
    /// [`ConstraintError::NotAllowed`] for another one, [`ConstraintError::TooComplex`].
    pub fn advance(&mut self, token: TokenId) -> Result<(), ConstraintError> {
        let bytes = self.vocabulary.tokenizer.token_bytes(token);
        let state = self.follow(self.state, bytes)?;
        let left = self.left.checked_sub(1);
        match left {
            Some(left)
                if state != DEAD && !bytes.is_empty() && self.automaton.shortest(state) <= left =>
            {
                self.state = state;
                self.left = left;
                Ok(())
            }
            _ => Err(ConstraintError::NotAllowed),
        }
    }

    /// The tokens of the text that has to come, whatever the model says. The last of them is left to the
    /// model if more can follow it: one longer token could be more natural.
    ///
    /// # Errors
    /// [`ConstraintError::TooComplex`].
    pub fn forced(&mut self) -> Result<Vec<TokenId>, ConstraintError> {
        let mut text = Vec::new();
        let mut state = self.state;
        while let Some(byte) = self.automaton.forced(state)
            && text.len() < MAX_FORCED
        {
            text.push(byte);
            state = self.automaton.step(state, byte)?;
        }
        let text = match str::from_utf8(&text) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
        };
        let tokenizer = self.vocabulary.tokenizer;
        let mut tokens = tokenizer.encode(text, Special::AsText);
        if !self.automaton.is_final(state) {
            tokens.pop();
        }
        // Some tokenizers change text: what they write must be what has to come.
        let mut rest = text.as_bytes();
        let same = tokens.iter().take_while(|id| {
            let bytes = tokenizer.token_bytes(**id);
            match rest.strip_prefix(bytes) {
                Some(after) if !bytes.is_empty() => rest = after,
                _ => return false,
            }
            true
        });
        let same = same.take(self.left).count();
        tokens.truncate(same);
        Ok(tokens)
    }

    fn follow(&mut self, mut state: StateId, bytes: &[u8]) -> Result<StateId, ConstraintError> {
        for byte in bytes {
            if state == DEAD {
                break;
            }
            state = self.automaton.step(state, *byte)?;
        }
        Ok(state)
    }
}
