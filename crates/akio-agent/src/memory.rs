//! What the person asked to keep: facts with numbers and dates, one a line in a file of theirs.
//!
//! The file is JSON Lines. A fact is `{"id":1,"time":"2026-01-31T12:00:00Z","text":"…"}`; in the place of one
//! that was deleted stays `{"id":1,"deleted":"2026-02-01T09:00:00Z"}`, so that no number is used twice, and
//! nothing of its text. The whole file is written anew at each change. Where another program was
//! interrupted in the last line, that line is dropped, and [`Memory::is_cut`] says so.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::tools::{ToolError, World};

/// The longest fact, in characters.
pub const MAX_FACT: usize = 500;
/// The largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its number, from 1.
    pub id: u64,
    /// When it was added, in UTC as of RFC 3339.
    pub time: String,
    /// What is to be kept.
    pub text: String,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Fact(Fact),
    Deleted { id: u64, deleted: String },
}

impl Line {
    fn id(&self) -> u64 {
        match self {
            Self::Fact(fact) => fact.id,
            Self::Deleted { id, .. } => *id,
        }
    }
}

/// All that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    lines: Vec<Line>,
    is_cut: bool,
}

impl Memory {
    /// Reads the content of a memory file.
    ///
    /// # Errors
    /// [`MemoryError::TooLarge`]; [`MemoryError::Line`] for a line that is neither a fact nor a deleted one,
    /// or has the number of another, unless it is the last one and has no end.
    pub fn parse(bytes: &[u8]) -> Result<Self, MemoryError> {
        if bytes.len() > MAX_BYTES {
            return Err(MemoryError::TooLarge);
        }
        let mut memory = Self::default();
        let mut ids = BTreeSet::new();
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let wrong = |message: String| MemoryError::Line {
                line: index + 1,
                message,
            };
            match serde_json::from_slice::<Line>(line) {
                Ok(line) if ids.insert(line.id()) => memory.lines.push(line),
                Ok(line) => return Err(wrong(format!("the number {} is taken", line.id()))),
                Err(_) if !line.ends_with(b"\n") => memory.is_cut = true,
                Err(error) => return Err(wrong(error.to_string())),
            }
        }
        Ok(memory)
    }

    /// Reads the memory of a world.
    ///
    /// # Errors
    /// [`ToolError::World`] if there is no file or it cannot be read, [`ToolError::Memory`] if it is damaged.
    pub fn of(world: &mut dyn World) -> Result<Self, ToolError> {
        let bytes = world.read_memory()?;
        Self::parse(&bytes)
            .map_err(|error| ToolError::Memory(format!("the memory file cannot be used: {error}")))
    }

    /// The content of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines = self.lines.iter().map(|line| {
            // Numbers and strings only: this cannot fail.
            let line = serde_json::to_string(line).unwrap_or_default();
            format!("{line}\n")
        });
        lines.collect::<String>().into_bytes()
    }

    /// The last line of the file was incomplete and was dropped.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// All facts, in the order in which they were added.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.lines.iter().filter_map(|line| match line {
            Line::Fact(fact) => Some(fact),
            Line::Deleted { .. } => None,
        })
    }

    /// Adds a fact; white space in it becomes single spaces. A fact that is there already is returned as it is.
    ///
    /// # Errors
    /// [`MemoryError::Empty`], [`MemoryError::TooLong`], [`MemoryError::Full`].
    pub fn add(&mut self, text: &str, now: i64) -> Result<Fact, MemoryError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err(MemoryError::Empty);
        }
        if text.chars().count() > MAX_FACT {
            return Err(MemoryError::TooLong);
        }
        if let Some(fact) = self.facts().find(|fact| fact.text == text) {
            return Ok(fact.clone());
        }
        let last = self.lines.iter().map(Line::id).max().unwrap_or(0);
        let fact = Fact {
            id: last.checked_add(1).ok_or(MemoryError::Full)?,
            time: time(now),
            text,
        };
        self.lines.push(Line::Fact(fact.clone()));
        if self.to_bytes().len() > MAX_BYTES {
            self.lines.pop();
            return Err(MemoryError::Full);
        }
        Ok(fact)
    }

    /// Deletes a fact and returns it.
    ///
    /// # Errors
    /// [`MemoryError::NoSuchFact`].
    pub fn delete(&mut self, id: u64, now: i64) -> Result<Fact, MemoryError> {
        for line in &mut self.lines {
            if let Line::Fact(fact) = line
                && fact.id == id
            {
                let fact = fact.clone();
                let deleted = time(now);
                *line = Line::Deleted { id, deleted };
                return Ok(fact);
            }
        }
        Err(MemoryError::NoSuchFact(id))
    }

    /// The facts that have a word of the query in them, the best first. A word counts the more, the fewer
    /// facts have it.
    pub fn search(&self, query: &str) -> Vec<&Fact> {
        let texts: Vec<(&Fact, BTreeSet<String>)> =
            self.facts().map(|fact| (fact, words(&fact.text))).collect();
        let weights: Vec<(String, f64)> = words(query)
            .into_iter()
            .filter_map(|word| {
                let with = texts.iter().filter(|(_, text)| has(text, &word)).count();
                (with > 0).then(|| (word, (1.0 + texts.len() as f64 / with as f64).ln()))
            })
            .collect();
        let mut found: Vec<(f64, &Fact)> = texts
            .iter()
            .map(|(fact, text)| {
                let hits = weights.iter().filter(|(word, _)| has(text, word));
                (hits.map(|(_, weight)| weight).sum(), *fact)
            })
            .filter(|(score, _)| *score > 0.0)
            .collect();
        found.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(second.id.cmp(&first.id)));
        found.into_iter().map(|(_, fact)| fact).collect()
    }
}

/// Seconds since the beginning of 1970 as `2026-01-31T08:15:00Z`.
pub fn time(now: i64) -> String {
    let now = DateTime::from_timestamp(now, 0).unwrap_or_default();
    now.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The words of a text in small letters.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a text has a word, or another form of it: birthday finds birthdays.
fn has(text: &BTreeSet<String>, word: &str) -> bool {
    let is_form = |other: &String| {
        let (short, long) = if word.len() < other.len() {
            (word, other.as_str())
        } else {
            (other.as_str(), word)
        };
        short.chars().count() >= 4 && long.starts_with(short) && long.len() - short.len() <= 3
    };
    text.contains(word) || text.iter().any(is_form)
}

/// What can go wrong with a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// The file is larger than [`MAX_BYTES`].
    TooLarge,
    /// A line of the file is not one of a memory.
    Line {
        /// Which, from 1.
        line: usize,
        /// Why not.
        message: String,
    },
    /// There is nothing to keep.
    Empty,
    /// The fact is longer than [`MAX_FACT`].
    TooLong,
    /// The file would become larger than [`MAX_BYTES`].
    Full,
    /// No fact has this number.
    NoSuchFact(u64),
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "it is larger than 1 MiB, which no memory of akio is"),
            Self::Line { line, message } => {
                write!(f, "line {line} is not a line of a memory: {message}")
            }
            Self::Empty => write!(f, "there is nothing to remember"),
            Self::TooLong => write!(
                f,
                "a fact has at most {MAX_FACT} characters; keep the gist of it"
            ),
            Self::Full => write!(f, "the memory is full; delete what is no longer needed"),
            Self::NoSuchFact(id) => write!(f, "no fact has the number {id}; list them first"),
        }
    }
}

impl std::error::Error for MemoryError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn with(facts: &[&str]) -> Memory {
        let mut memory = Memory::default();
        for fact in facts {
            memory.add(fact, NOW).unwrap();
        }
        memory
    }

    fn found(memory: &Memory, query: &str) -> Vec<u64> {
        memory.search(query).iter().map(|fact| fact.id).collect()
    }

    #[test]
    fn facts_are_kept_in_a_file_of_lines() {
        let mut memory = with(&["My bike is \n blue", "Anna: 555 0134"]);
        memory.delete(1, NOW + 60).unwrap();
        let bytes = memory.to_bytes();
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            "{\"id\":1,\"deleted\":\"2023-11-14T22:14:20Z\"}\n\
             {\"id\":2,\"time\":\"2023-11-14T22:13:20Z\",\"text\":\"Anna: 555 0134\"}\n"
        );
        let mut memory = Memory::parse(&bytes).unwrap();
        assert_eq!(memory.facts().count(), 1);
        assert_eq!(memory.delete(1, NOW), Err(MemoryError::NoSuchFact(1)));
        // Deleting the newest does not free its number.
        memory.delete(2, NOW).unwrap();
        assert_eq!(memory.add("new", NOW).unwrap().id, 3);
        assert_eq!(
            memory.add(" new ", NOW + 9).unwrap().time,
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(memory.facts().count(), 1);
    }

    #[test]
    fn a_cut_file_loses_its_last_line_at_most() {
        let bytes = with(&["one", "two", "three"]).to_bytes();
        let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for end in 0..=bytes.len() {
            let memory = Memory::parse(&bytes[..end]).unwrap();
            let whole = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
            let facts = memory.facts().count();
            // A line that lacks its end only is whole.
            assert!(
                facts == whole || (facts == whole + 1 && !memory.is_cut()),
                "{end}"
            );
            let is_between = end == 0 || bytes[end - 1] == b'\n';
            assert_eq!(memory.is_cut(), facts == whole && !is_between, "{end}");
        }
        let mut damaged = bytes.clone();
        damaged[second] = b'x';
        assert!(matches!(
            Memory::parse(&damaged),
            Err(MemoryError::Line { line: 2, .. })
        ));
        let twice = [&bytes[..second], &bytes[..second]].concat();
        assert_eq!(
            Memory::parse(&twice).unwrap_err().to_string(),
            "line 2 is not a line of a memory: the number 1 is taken"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut memory = Memory::default();
        assert_eq!(memory.add(" \n", NOW), Err(MemoryError::Empty));
        let long = "ö".repeat(MAX_FACT);
        assert!(memory.add(&long, NOW).is_ok());
        assert_eq!(
            memory.add(&format!("{long}ö"), NOW),
            Err(MemoryError::TooLong)
        );
        assert_eq!(
            Memory::parse(&vec![b'\n'; MAX_BYTES + 1]),
            Err(MemoryError::TooLarge)
        );
        memory.lines.push(Line::Deleted {
            id: u64::MAX,
            deleted: time(NOW),
        });
        assert_eq!(memory.add("one", NOW), Err(MemoryError::Full));
        let line = Line::Fact(Fact {
            id: 1,
            time: time(NOW),
            text: long,
        });
        let lines = vec![line; MAX_BYTES / (2 * MAX_FACT + 70)];
        let mut memory = Memory {
            lines,
            is_cut: false,
        };
        let mut kept = 0;
        while memory.add(&format!("{kept:0>MAX_FACT$}"), NOW).is_ok() {
            kept += 1;
            assert!(memory.to_bytes().len() <= MAX_BYTES);
        }
        assert_eq!(
            memory.add(&"x".repeat(MAX_FACT), NOW),
            Err(MemoryError::Full)
        );
    }

    #[test]
    fn words_find_facts() {
        let memory = with(&[
            "Anna's birthday is on 3 May",
            "The bike is in the cellar",
            "Bob has his birthday in June",
            "Allergisch gegen Nüsse",
        ]);
        assert_eq!(found(&memory, "When is Anna's birthday?"), [1, 3, 2]);
        assert_eq!(found(&memory, "birthdays"), [3, 1]);
        assert_eq!(found(&memory, "NÜSSE"), [4]);
        assert_eq!(found(&memory, "passport"), [] as [u64; 0]);
        assert_eq!(found(&memory, "?"), [] as [u64; 0]);
    }

    proptest! {
        #[test]
        fn a_memory_reads_what_it_wrote(
            facts in prop::collection::vec("\\PC{1,20}", 0..6),
            deleted in prop::collection::vec(1u64..8, 0..4),
        ) {
            let mut memory = Memory::default();
            for fact in &facts {
                let _ = memory.add(fact, NOW);
            }
            for id in deleted {
                let _ = memory.delete(id, NOW);
            }
            prop_assert_eq!(Memory::parse(&memory.to_bytes()), Ok(memory));
        }

        #[test]
        fn no_file_makes_it_panic(text in "([{}\":,\n0-9]|id|time|text|deleted|\\PC){0,60}", query in "\\PC{0,12}") {
            if let Ok(memory) = Memory::parse(text.as_bytes()) {
                memory.search(&query);
            }
        }
    }
}
