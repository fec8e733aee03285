//! What was measured, written down line by line as it is known, so that a run that was cut goes on where it was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::step;

/// What a row is of, for example `engine` and `threads`.
pub type Labels = BTreeMap<String, String>;

/// What a measurement gave, for example `decode` in tokens/s.
pub type Values = BTreeMap<String, f64>;

/// All rounds of one thing that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub labels: Labels,
    pub values: BTreeMap<String, Vec<f64>>,
}

impl Row {
    /// Median over the rounds.
    pub fn median(&self, value: &str) -> Option<f64> {
        let mut values = self.values.get(value)?.clone();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// Least and most.
    pub fn spread(&self, value: &str) -> Option<[f64; 2]> {
        let mut values = self.values.get(value)?.clone();
        values.sort_by(f64::total_cmp);
        Some([*values.first()?, *values.last()?])
    }

    /// Whether the row has these labels, and perhaps others.
    pub fn is(&self, labels: &[(&str, &str)]) -> bool {
        let mut wanted = labels.iter();
        wanted.all(|(name, text)| self.label(name) == *text)
    }

    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// One measurement.
#[derive(Serialize, Deserialize)]
struct Sample {
    labels: Labels,
    round: usize,
    values: Values,
}

/// The measurements of one part.
pub struct Journal {
    path: PathBuf,
    file: File,
    samples: Vec<Sample>,
    /// Only what has all of these words, separated by commas, as labels is measured.
    filter: Option<String>,
}

impl Journal {
    /// Goes on with what an earlier run measured of the same artefacts.
    pub fn open(path: PathBuf, artefacts: &str, filter: Option<String>) -> Result<Self> {
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let mut lines = text.lines();
        let goes_on = lines.next() == Some(artefacts) && filter.is_none();
        // A line that is not whole was being written when the run was cut.
        let samples: Vec<Sample> = lines
            .filter(|_| goes_on)
            .map_while(|line| serde_json::from_str(line).ok())
            .collect();
        let mut file = File::create(&path)?;
        writeln!(file, "{artefacts}")?;
        for sample in &samples {
            writeln!(file, "{}", serde_json::to_string(sample)?)?;
        }
        Ok(Self {
            path,
            file,
            samples,
            filter,
        })
    }

    /// Measures, unless this round of it is known. `None` is a thing that this machine does not have.
    pub fn measure(
        &mut self,
        labels: &Labels,
        round: usize,
        work: impl FnOnce() -> Result<Option<Values>>,
    ) -> Result<()> {
        let is_known = |sample: &Sample| sample.round == round && sample.labels == *labels;
        if !self.is_wanted(labels) || self.samples.iter().any(is_known) {
            return Ok(());
        }
        let words = labels.values().map(String::as_str);
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let title = words.join(", ");
        let mut found = None;
        step::timed(&format!("{round}: {title}"), |_| {
            found = work().with_context(|| title.clone())?;
            Ok(())
        })?;
        if let Some(values) = found {
            let sample = Sample {
                labels: labels.clone(),
                round,
                values,
            };
            writeln!(self.file, "{}", serde_json::to_string(&sample)?)?;
            self.samples.push(sample);
        }
        Ok(())
    }

    /// Whether each word of the filter is one of the labels.
    fn is_wanted(&self, labels: &Labels) -> bool {
        let words = self.filter.iter().flat_map(|filter| filter.split(','));
        words
            .map(str::trim)
            .all(|word| labels.values().any(|label| label == word))
    }

    /// What was measured, in the order in which it began.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for Sample { labels, values, .. } in &self.samples {
            let known = rows.iter().position(|row| row.labels == *labels);
            let at = known.unwrap_or_else(|| {
                rows.push(Row {
                    labels: labels.clone(),
                    values: BTreeMap::new(),
                });
                rows.len() - 1
            });
            for (name, value) in values {
                let row = rows[at].values.entry(name.clone()).or_default();
                row.push((value * 1000.0).round() / 1000.0);
            }
        }
        rows
    }

    /// Forgets what has found its place elsewhere.
    pub fn remove(self) -> Result<()> {
        fs::remove_file(&self.path)
            .with_context(|| format!("cannot remove {}", self.path.display()))
    }
}

/// Labels from pairs of name and text.
pub fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    let pairs = pairs.map(|(name, text)| (name.to_owned(), text.to_owned()));
    Labels::from(pairs)
}

/// Values from pairs of name and number; what is not known is left out.
pub fn values<const N: usize>(pairs: [(&str, Option<f64>); N]) -> Values {
    let known = pairs.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_cut_goes_on_and_one_of_other_artefacts_starts_over() {
        let row = labels([("engine", "akio"), ("threads", "1")]);
        let mut runs = 0;
        let folder = tempfile::tempdir().unwrap();
        let mut run = |artefacts: &str| {
            let path = folder.path().join("part.jsonl");
            let mut journal = Journal::open(path, artefacts, None).unwrap();
            for round in 1..=2 {
                let work = || {
                    runs += 1;
                    Ok(Some(values([
                        ("decode", Some(f64::from(runs))),
                        ("no", None),
                    ])))
                };
                journal.measure(&row, round, work).unwrap();
            }
            journal.rows()
        };
        let first = run("a");
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].values["decode"], [1.0, 2.0]);
        assert_eq!(first[0].median("decode"), Some(2.0));
        assert_eq!(first[0].spread("decode"), Some([1.0, 2.0]));
        let again = run("a");
        assert_eq!(again, first);
        let other = run("b");
        assert_eq!(other[0].values["decode"], [3.0, 4.0]);
    }
}
