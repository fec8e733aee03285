//! Answers from documents: the unit that the evidence speaks for, or that there is none.
//!
//! The words choose a few candidates, and the model weighs them by the question: the better a unit answers
//! it, the likelier the model finds the question after it has read the unit. A small model tells that far
//! better than it answers itself. The answer stands in the document to the letter, so it has a place to cite.

use std::fmt;

use super::{
    Kind,
    evidence::{Candidate, Question, context, text},
    folder::{Folder, Found},
};
use crate::{AgentError, Message, Session, tools::World};

/// What is said where no document has the answer.
pub const NOT_FOUND: &str = "This is not in your files.";

/// Passages that the words choose.
const PASSAGES: usize = 40;
/// Units that the model weighs.
const CANDIDATES: usize = 6;

/// An answer, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The words of the document, or [`NOT_FOUND`].
    pub text: String,
    /// Whether a document has the answer.
    pub found: bool,
    /// Where; none if it was not found.
    pub citations: Vec<Citation>,
}

/// Lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The path of the file.
    pub file: String,
    /// The first line, from 1.
    pub start_line: u32,
    /// The last line.
    pub end_line: u32,
    /// What stands there, without markup.
    pub passage: Vec<String>,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            start_line,
            end_line,
            ..
        } = self;
        match start_line == end_line {
            true => write!(f, "{file}, line {start_line}"),
            false => write!(f, "{file}, lines {start_line}-{end_line}"),
        }
    }
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Files are being read.
    Reading {
        /// Files done.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// The model weighs passages.
    Weighing {
        /// Passages done.
        done: usize,
        /// Of so many.
        total: usize,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading { done, total } => write!(f, "reading the documents: {done} of {total}"),
            Self::Weighing { done, total } => write!(f, "weighing passages: {done} of {total}"),
        }
    }
}

/// Answers a question from the documents of a folder: [`Asking`] to its end.
///
/// # Errors
/// [`AgentError`] if the model cannot weigh the passages.
pub fn ask(
    session: &mut Session<'_>,
    folder: &Folder,
    question: &str,
    world: &mut dyn World,
    progress: &mut dyn FnMut(Progress),
) -> Result<Answer, AgentError> {
    let mut asking = Asking::new(question, folder, world);
    while let Some(step) = asking.progress() {
        progress(step);
        asking.next(session)?;
    }
    Ok(asking.answer())
}

/// A question that is being answered, step by step.
pub struct Asking {
    asked: String,
    found: Vec<Found>,
    candidates: Vec<Candidate>,
    /// How many candidates have been weighed.
    weighed: usize,
}

impl Asking {
    /// Finds what the words of the question speak for.
    pub fn new(asked: &str, folder: &Folder, world: &mut dyn World) -> Self {
        let question = Question::new(asked, folder);
        let found = folder.search(&question.stems, PASSAGES, world);
        Self {
            asked: asked.into(),
            candidates: candidates(&question, &found),
            found,
            weighed: 0,
        }
    }

    /// How far it is; `None` when everything is weighed.
    pub fn progress(&self) -> Option<Progress> {
        let (done, total) = (self.weighed, self.candidates.len());
        (done < total).then_some(Progress::Weighing { done, total })
    }

    /// Lets the model read a part of a passage, or weigh it. The session's conversation is not touched.
    ///
    /// # Errors
    /// [`AgentError`] if the model cannot weigh the passage.
    pub fn next(&mut self, session: &mut Session<'_>) -> Result<(), AgentError> {
        let text = self.text();
        let prompt = format!("{text}\n\nWrite a question that this text answers.");
        let messages = [Message::user(prompt)];
        if session.read_ahead(&messages, "")? {
            return Ok(());
        }
        let scores = session.score(&messages, "", &[&self.asked])?;
        self.weigh(scores.into_iter().next().unwrap_or_default().tokens);
        Ok(())
    }

    /// The answer, when everything is weighed.
    pub fn answer(self) -> Answer {
        // Of equal ones the last counts: the order is turned round.
        let best = self
            .candidates
            .into_iter()
            .rev()
            .max_by(|a, b| a.score().total_cmp(&b.score()));
        let answer = best.and_then(|best| {
            let found = self.found.get(best.found)?;
            best.is_enough().then(|| answer(found, &best))?
        });
        answer.unwrap_or_else(|| Answer {
            text: NOT_FOUND.into(),
            found: false,
            citations: Vec::new(),
        })
    }

    /// What the model reads of the next candidate.
    fn text(&self) -> String {
        let candidate = self.candidates.get(self.weighed);
        candidate
            .and_then(|candidate| {
                let found = self.found.get(candidate.found)?;
                Some(context(found, candidate.units.clone()))
            })
            .unwrap_or_default()
    }

    /// How likely the model finds each token of the question after it has read that.
    fn weigh(&mut self, likelihood: Vec<f32>) {
        if let Some(candidate) = self.candidates.get_mut(self.weighed) {
            candidate.likelihood = likelihood;
        }
        self.weighed += 1;
    }
}

/// The units that the words speak for most.
fn candidates(question: &Question, found: &[Found]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = found
        .iter()
        .enumerate()
        .flat_map(|(at, found)| {
            let units = &found.passage.units;
            let pairs = units.windows(2).enumerate().filter(|(_, pair)| {
                // Two sentences of a paragraph: the second says "it" of what the first names.
                pair.iter().all(|unit| unit.kind == Kind::Plain)
            });
            let pairs = pairs.map(|(unit, _)| unit..unit + 2);
            (0..units.len())
                .map(|unit| unit..unit + 1)
                .chain(pairs)
                .map(move |units| (at, units))
        })
        .filter_map(|(at, units)| Candidate::new(question, found, at, units))
        .collect();
    candidates.sort_by(|a, b| b.first_score().total_cmp(&a.first_score()));
    candidates.truncate(CANDIDATES);
    candidates
}

fn answer(found: &Found, best: &Candidate) -> Option<Answer> {
    let units = found.passage.units.get(best.units.clone())?;
    let citation = Citation {
        file: found.file.clone(),
        start_line: units.first()?.start,
        end_line: units.iter().map(|unit| unit.end).max()?,
        passage: units.iter().map(|unit| unit.text.clone()).collect(),
    };
    Some(Answer {
        text: text(found, best.units.clone()),
        found: true,
        citations: vec![citation],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::held::Held;

    /// The answer of a model that finds a question as likely as `weigh` says after a text.
    fn weighed(world: &mut Held, question: &str, weigh: impl Fn(&str) -> f32) -> Answer {
        let folder = Folder::open(".", world, &mut |_| {}).unwrap();
        let mut asking = Asking::new(question, &folder, world);
        while asking.progress().is_some() {
            let text = asking.text();
            asking.weigh(vec![weigh(&text); 4]);
        }
        asking.answer()
    }

    fn decided(world: &mut Held, question: &str) -> Answer {
        weighed(world, question, |_| -1.0)
    }

    fn papers() -> Held {
        Held::new([
            (
                "rink.txt",
                "NORTHSIDE ICE RINK\n\n1. Prices\n    Item                Price\n    Skates, per hour     4.00\n    \
                 Helmet, per hour     1.50\n    Ten visits          55.00\n\n2. When we are open\nThe rink is open from \
                 October to March. On Sundays it opens at eleven, and\nmusic is played until five. Lost property is kept by \
                 Mrs Ada Winterbourne for six\nweeks.\n\n3. Groups\nGroups of more than fifteen book ten days ahead. \
                 Dogs stay outside.\n",
            ),
            (
                "schule.md",
                "# Elternbrief der Klasse 4b\n\nLiebe Eltern,\n\nder Ausflug in den Tierpark ist am 12. Juni. Die Fahrt kostet \
                 14 Euro pro Kind.\nBitte geben Sie das Geld bis zum 2. Juni bei Frau Tannhoff ab.\n\nDer Unterricht endet an \
                 diesem Tag um 15 Uhr.\n",
            ),
            (
                "velo.csv",
                "Pièce,Prix,Garantie\nChaîne,24.90,un an\nSelle,39.00,deux ans\n",
            ),
            (
                "visits.csv",
                "Date,Visitors,Staff\n2025-02-28,398,4\n2025-03-31,412,5\n2025-04-30,377,4\n",
            ),
        ])
    }

    #[test]
    fn answers_stand_in_the_documents_and_are_cited() {
        let mut world = papers();
        for (question, part, file, lines) in [
            (
                "What does it cost to rent skates for an hour?",
                "4.00",
                "rink.txt",
                (5, 5),
            ),
            (
                "When does the rink open on Sundays?",
                "eleven",
                "rink.txt",
                (10, 11),
            ),
            (
                "Who looks after lost property?",
                "Winterbourne",
                "rink.txt",
                (11, 12),
            ),
            (
                "How far ahead do groups have to book?",
                "ten days",
                "rink.txt",
                (15, 15),
            ),
            (
                "Wie viel kostet der Ausflug in den Tierpark?",
                "14 Euro",
                "schule.md",
                (5, 5),
            ),
            (
                "Bei wem gebe ich das Geld ab?",
                "Tannhoff",
                "schule.md",
                (6, 6),
            ),
            ("Wann endet der Unterricht?", "15 Uhr", "schule.md", (8, 8)),
            (
                "Quel est le prix de la selle ?",
                "39.00",
                "velo.csv",
                (3, 3),
            ),
        ] {
            let answer = decided(&mut world, question);
            assert!(
                answer.found && answer.text.contains(part),
                "{question}: {answer:?}"
            );
            let citation = &answer.citations[0];
            assert_eq!(citation.file, file, "{question}");
            assert!(
                citation.start_line <= lines.1 && citation.end_line >= lines.0,
                "{question}: {citation:?}"
            );
        }
    }

    #[test]
    fn what_no_document_says_is_not_answered() {
        let mut world = papers();
        for question in [
            "What is the phone number of the ice rink?",
            "How many people fit into the rink?",
            "What does a locker cost at the rink?",
            "How long is the season ticket valid?",
            "Who owns the ice rink?",
            "Was kostet das Mittagessen?",
            "Wie lautet die E-Mail-Adresse von Frau Tannhoff?",
            "Combien de pédales faut-il ?",
            "What was paid in 1987?",
            "",
            "?!",
        ] {
            let answer = decided(&mut world, question);
            assert_eq!(
                (answer.found, answer.text.as_str(), answer.citations.len()),
                (false, NOT_FOUND, 0),
                "{question}: {answer:?}"
            );
        }
        let answer = decided(&mut Held::new([("a.bin", "x")]), "What does it cost?");
        assert!(!answer.found);
    }

    #[test]
    fn the_model_decides_between_units_with_the_same_words() {
        let mut world = Held::new([(
            "a.txt",
            "NOTES\n\nThe boat costs 40.00.\n\nThe boat costs 55.00.\n",
        )]);
        for (likely, line) in [("40", 3), ("55", 5)] {
            let weigh = |text: &str| if text.contains(likely) { -1.0 } else { -3.0 };
            let answer = weighed(&mut world, "What does the boat cost?", weigh);
            assert_eq!(answer.citations[0].start_line, line);
        }
    }
}
