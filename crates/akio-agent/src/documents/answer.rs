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

/// Answers a question from the documents of a folder. The session's conversation is not touched.
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
    let mut weigh = |text: &str, done: usize, total: usize| {
        progress(Progress::Weighing { done, total });
        let prompt = format!("{text}\n\nWrite a question that this text answers.");
        let scores = session.score(&[Message::user(prompt)], "", &[question])?;
        Ok(scores.into_iter().next().unwrap_or_default().tokens)
    };
    decide(&mut weigh, folder, question, world)
}

/// How likely the model finds each token of the question after it has read a text.
type Weigh<'w> = dyn FnMut(&str, usize, usize) -> Result<Vec<f32>, AgentError> + 'w;

fn decide(
    weigh: &mut Weigh<'_>,
    folder: &Folder,
    question: &str,
    world: &mut dyn World,
) -> Result<Answer, AgentError> {
    let question = Question::new(question, folder);
    let found = folder.search(&question.stems, PASSAGES, world);
    let mut candidates = candidates(&question, &found);
    let total = candidates.len();
    for (done, candidate) in candidates.iter_mut().enumerate() {
        if let Some(found) = found.get(candidate.found) {
            candidate.likelihood = weigh(&context(found, candidate.units.clone()), done, total)?;
        }
    }
    // Of equal ones the last counts: the order is turned round.
    let best = candidates
        .into_iter()
        .rev()
        .max_by(|a, b| a.score().total_cmp(&b.score()));
    let answer = best.and_then(|best| {
        let found = found.get(best.found)?;
        best.is_enough().then(|| answer(found, &best))?
    });
    Ok(answer.unwrap_or_else(|| Answer {
        text: NOT_FOUND.into(),
        found: false,
        citations: Vec::new(),
    }))
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
    use crate::tools::world::Held;

    /// A model that finds every question equally likely.
    fn decided(world: &mut Held, question: &str) -> Answer {
        let folder = Folder::open(".", world, &mut |_| {}).unwrap();
        let mut weigh = |_: &str, _: usize, _: usize| Ok(vec![-1.0; 4]);
        decide(&mut weigh, &folder, question, world).unwrap()
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
        let folder = Folder::open(".", &mut world, &mut |_| {}).unwrap();
        for (likely, line) in [("40", 3), ("55", 5)] {
            let mut weigh = |text: &str, _: usize, _: usize| {
                Ok(vec![if text.contains(likely) { -1.0 } else { -3.0 }; 4])
            };
            let answer =
                decide(&mut weigh, &folder, "What does the boat cost?", &mut world).unwrap();
            assert_eq!(answer.citations[0].start_line, line);
        }
        let mut broken = |_: &str, _: usize, _: usize| Err(AgentError::EmptyStop);
        assert!(decide(&mut broken, &folder, "What does the boat cost?", &mut world).is_err());
    }
}
