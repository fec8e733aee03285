//! Which passage of which file has which words, kept in a file beside the documents.
//!
//! BM25 is here in its thirty lines: a word counts where another form of it stands too, or a compound with
//! it, and then for less, which ready-made indexes do not know. A file is read again when its size or the
//! time of its last change is another.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::terms::likeness;

/// What an index is written as; another number is another layout.
const VERSION: u32 = 1;

/// Passages that are added in thought: where there are two or three, a word is no rarer than another.
const FEW: usize = 10;

/// How often each word stands in a passage.
pub(super) type Counts = BTreeMap<String, u32>;

/// The words of all passages of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    version: u32,
    /// By path below the folder.
    pub(super) files: BTreeMap<String, Indexed>,
}

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Indexed {
    pub(super) size: u64,
    /// Milliseconds since the beginning of 1970, where the system says.
    pub(super) modified: Option<u64>,
    /// Empty for a file that is no text.
    pub(super) passages: Vec<Counts>,
}

/// A passage that has words of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit<'i> {
    pub(super) file: &'i str,
    /// Its place in the file.
    pub(super) passage: usize,
    pub(super) score: f32,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            version: VERSION,
            files: BTreeMap::new(),
        }
    }
}

impl Index {
    /// Reads an index; what is none, or of another version, is an empty one.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes)
            .ok()
            .filter(|index: &Self| index.version == VERSION)
            .unwrap_or_default()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and numbers only: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// How much each word says about where an answer is: the more, the fewer passages have it. One that none
    /// has says as much as one that is there once.
    pub(super) fn weights(&self, query: &[String]) -> Vec<f32> {
        let words = Search::new(self, query).words.into_iter();
        words.map(|word| word.weight).collect()
    }

    /// The passages that have words of a query, the best first, at most so many.
    pub(super) fn search(&self, query: &[String], limit: usize) -> Vec<Hit<'_>> {
        let search = Search::new(self, query);
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for (file, indexed) in &self.files {
            for (passage, counts) in indexed.passages.iter().enumerate() {
                let score = search.score(counts);
                if score > 0.0 {
                    hits.push(Hit {
                        file,
                        passage,
                        score,
                    });
                }
            }
        }
        hits.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| (a.file, a.passage).cmp(&(b.file, b.passage)))
        });
        hits.truncate(limit);
        hits
    }
}

/// A query, and what the whole index says about its words.
struct Search<'i> {
    words: Vec<Word<'i>>,
    mean_length: f32,
}

/// A word of a query.
struct Word<'i> {
    weight: f32,
    /// The words of the index that are like it, and how much.
    forms: HashMap<&'i str, f32>,
}

impl<'i> Search<'i> {
    fn new(index: &'i Index, query: &[String]) -> Self {
        let all = || index.files.values().flat_map(|file| &file.passages);
        let passages = all().count();
        let length: u64 = all()
            .flat_map(BTreeMap::values)
            .map(|count| u64::from(*count))
            .sum();
        let words = query.iter().map(|word| {
            let mut forms: HashMap<&str, f32> = HashMap::new();
            let mut with = 0;
            for counts in all() {
                let mut is_here = false;
                for term in counts.keys() {
                    let like = *forms.entry(term).or_insert_with(|| likeness(word, term));
                    is_here |= like > 0.0;
                }
                with += usize::from(is_here);
            }
            forms.retain(|_, like| *like > 0.0);
            let (with, all) = (with.max(1) as f32, (passages + FEW) as f32);
            Word {
                weight: ((all - with + 0.5) / (with + 0.5) + 1.0).ln(),
                forms,
            }
        });
        Self {
            words: words.collect(),
            mean_length: (length as f32 / passages.max(1) as f32).max(1.0),
        }
    }

    fn score(&self, counts: &Counts) -> f32 {
        const K: f32 = 1.2;
        const B: f32 = 0.5;
        let length: u32 = counts.values().sum();
        let norm = K * (1.0 - B + B * length as f32 / self.mean_length);
        let scores = self.words.iter().map(|word| {
            let matches = word
                .forms
                .iter()
                .filter_map(|(form, like)| Some(counts.get(*form).copied()? as f32 * like));
            let count: f32 = matches.fold(0.0, f32::max);
            word.weight * count * (K + 1.0) / (count + norm)
        });
        scores.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::terms::{stems, terms},
        *,
    };

    fn index(files: &[(&str, &[&str])]) -> Index {
        let mut index = Index::default();
        for (name, passages) in files {
            let passages = passages.iter().map(|passage| {
                let mut counts = Counts::new();
                for term in terms(passage) {
                    *counts.entry(term.stem).or_default() += 1;
                }
                counts
            });
            let indexed = Indexed {
                size: 1,
                modified: Some(2),
                passages: passages.collect(),
            };
            index.files.insert((*name).into(), indexed);
        }
        index
    }

    fn found(index: &Index, query: &str) -> Vec<(String, usize)> {
        let hits = index.search(&stems(query), 3).into_iter();
        hits.map(|hit| (hit.file.to_owned(), hit.passage)).collect()
    }

    #[test]
    fn the_passage_with_the_rarest_words_comes_first() {
        let index = index(&[
            (
                "a",
                &[
                    "The garage is rented by the month",
                    "The rent is 40 a month",
                ],
            ),
            ("b", &["A boat for a month", "Die Garagenmiete steigt"]),
        ]);
        assert_eq!(found(&index, "rent of the boat")[0], ("b".into(), 0));
        assert_eq!(found(&index, "Garage")[0], ("a".into(), 0));
        assert!(found(&index, "Garage").contains(&("b".into(), 1)));
        assert_eq!(found(&index, "unicorn"), []);
        assert_eq!(found(&index, ""), []);
        let weights = index.weights(&stems("month boat unicorn"));
        assert!(
            weights.is_sorted() && weights[0] < weights[1],
            "{weights:?}"
        );
    }

    #[test]
    fn an_index_is_read_as_it_was_written_and_rubbish_as_none() {
        let index = index(&[("a", &["one two"])]);
        assert_eq!(Index::parse(&index.to_bytes()), index);
        for rubbish in [
            &b""[..],
            b"{}",
            b"[1]",
            br#"{"version":0,"files":{}}"#,
            b"\xFF",
        ] {
            assert_eq!(Index::parse(rubbish), Index::default());
        }
    }
}
