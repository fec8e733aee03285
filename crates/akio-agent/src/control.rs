//! Control tokens come from the template, never from what people write.
//!
//! A message may contain the letters `<|im_start|>`. Before rendering, [`Controls::disarm`] puts a mark
//! behind the first character of each such literal; after rendering, [`Controls::split`] finds the
//! literals that are whole, which only the template can have written. The mark is a character that
//! Unicode reserves for internal use, and it is taken out of the text again before that is encoded.

use akio_engine::TokenId;

use crate::{AgentError, Message};

/// A run of a rendered prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// A control token that the template wrote.
    Control(TokenId),
    /// Everything between two of them, with marks.
    Text(&'t str),
}

/// The control tokens of a vocabulary by their literals.
pub(crate) struct Controls<'a> {
    /// Longest first, so that the first match is the longest.
    literals: Vec<(&'a str, TokenId)>,
}

impl<'a> Controls<'a> {
    pub(crate) fn new(literals: impl Iterator<Item = (&'a str, TokenId)>) -> Self {
        let mut literals: Vec<_> = literals
            .filter(|(literal, _)| !literal.is_empty())
            .collect();
        literals.sort_by_key(|(literal, _)| std::cmp::Reverse(literal.len()));
        Self { literals }
    }

    /// The literal of a control token.
    pub(crate) fn literal(&self, id: TokenId) -> Option<&'a str> {
        self.literals
            .iter()
            .find(|(_, other)| *other == id)
            .map(|(literal, _)| *literal)
    }

    /// The messages with every control token literal in them broken by the mark, and the mark. A
    /// beginning of a literal at the end of a message is broken as well: the template could complete it.
    ///
    /// # Errors
    /// [`AgentError::NoMarkLeft`].
    pub(crate) fn disarm(&self, messages: &[Message]) -> Result<(Vec<Message>, char), AgentError> {
        let mark = ('\u{FDD0}'..='\u{FDEF}')
            .find(|mark| {
                !messages
                    .iter()
                    .any(|message| message.content.contains(*mark))
            })
            .ok_or(AgentError::NoMarkLeft)?;
        let messages = messages
            .iter()
            .map(|message| Message {
                role: message.role,
                content: self.disarm_text(&message.content, mark),
            })
            .collect();
        Ok((messages, mark))
    }

    fn disarm_text(&self, text: &str, mark: char) -> String {
        let mut disarmed = String::with_capacity(text.len());
        // The template may trim the message.
        let trimmed = text.trim_end();
        for (at, char) in text.char_indices() {
            disarmed.push(char);
            let rest = &text[at..];
            let begins = |literal: &str| {
                rest.starts_with(literal)
                    || trimmed
                        .get(at..)
                        .is_some_and(|end| !end.is_empty() && literal.starts_with(end))
            };
            if self.literals.iter().any(|(literal, _)| begins(literal)) {
                disarmed.push(mark);
            }
        }
        disarmed
    }

    /// Splits a rendered prompt at its control tokens. Text parts are not empty.
    pub(crate) fn split<'t>(&self, prompt: &'t str) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut text_start = 0;
        let mut at = 0;
        while let Some(char) = prompt[at..].chars().next() {
            let found = self
                .literals
                .iter()
                .find(|(literal, _)| prompt[at..].starts_with(literal));
            let Some((literal, id)) = found else {
                at += char.len_utf8();
                continue;
            };
            if text_start < at {
                parts.push(Part::Text(&prompt[text_start..at]));
            }
            parts.push(Part::Control(*id));
            at += literal.len();
            text_start = at;
        }
        if text_start < at {
            parts.push(Part::Text(&prompt[text_start..]));
        }
        parts
    }
}
