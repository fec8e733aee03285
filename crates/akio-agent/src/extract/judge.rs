//! The model as a judge between values that fit about as well.

use super::{Judge, Question};
use crate::{Message, Session};

/// Most bytes of the document that the model reads.
const MAX_DOCUMENT: usize = 6000;

/// Asks the model how likely each candidate is as the answer, without sampling anything.
pub struct ModelJudge<'s, 'm> {
    session: &'s mut Session<'m>,
}

impl<'s, 'm> ModelJudge<'s, 'm> {
    /// The conversation of the session is not touched.
    pub fn new(session: &'s mut Session<'m>) -> Self {
        Self { session }
    }
}

impl Judge for ModelJudge<'_, '_> {
    fn read_ahead(&mut self, question: &Question<'_>) -> bool {
        let messages = [Message::user(prompt(question))];
        self.session.read_ahead(&messages, "").unwrap_or(false)
    }

    fn judge(&mut self, question: &Question<'_>) -> Option<Vec<f32>> {
        let messages = [Message::user(prompt(question))];
        // A document that does not fit is left to the rules.
        let scores = self
            .session
            .score(&messages, "", question.candidates)
            .ok()?;
        Some(scores.iter().map(akio_engine::Score::mean).collect())
    }
}

fn prompt(question: &Question<'_>) -> String {
    let mut end = question.document.len().min(MAX_DOCUMENT);
    while !question.document.is_char_boundary(end) {
        end -= 1;
    }
    let document = question.document.get(..end).unwrap_or_default();
    let name = question.name.replace('_', " ");
    let asked = match question.description {
        "" => name,
        description => format!("{name} ({description})"),
    };
    // The document comes first, so that the next question finds it in the cache.
    format!(
        "{document}\n\nCopy this value out of the document above: {asked}. Give the value alone."
    )
}
