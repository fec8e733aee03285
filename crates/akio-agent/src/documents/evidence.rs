//! What speaks for a unit as the answer to a question: its words, what sort of answer it holds, and how
//! likely the model finds the question once it has read the unit.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Kind,
    dates::months,
    folder::{Folder, Found},
    question::{Wanted, counted, has_money},
    synonyms,
    terms::{fold, likeness, stem, stems, words},
};

/// So much evidence is enough for an answer.
const ENOUGH: f32 = 0.18;

/// A question as it is searched for.
pub(super) struct Question {
    /// Its words, each once.
    pub(super) stems: Vec<String>,
    /// How much each of them says about where the answer is.
    pub(super) weights: Vec<f32>,
    pub(super) wanted: Vec<Wanted>,
    /// The word behind "how many".
    counted: Option<String>,
    /// For each word whether it is a name: it says which document is meant, not where in it.
    names: Vec<bool>,
    /// For each file how much each word stands in it somewhere.
    files: BTreeMap<String, Vec<f32>>,
    /// For each word how much it says about which file is meant.
    file_weights: Vec<f32>,
    /// The most that the words say for any file.
    best_fit: f32,
}

/// Words that ask rather than name what is asked about, and verbs and particles that go with anything.
const ASKING: &str = "
long often high big large hot far old number name called put find give given goes use used let make made making
possible still exactly first last longest wrong mean means right time day date person thing kind off out rid
without before after again ever already come comes leave take taken bring hold run keep stand turn set say tell
need want pass call look turn happen happens exact current currently actually next during within between
company place amount get got receive expect supposed able show see know
lange hoch oft gross lautet heisst genau eigentlich machen geben finden tage uhr wieder dazu ohne nehmen bringen
kommen lassen stehen laufen halten brauche brauchen bekomme gerade noch schon damit dafur dabei nachste nachsten
temps longtemps mettre trouver jour heure numero nom appelle sais prendre avant apres sans encore deja tenir venir
";

impl Question {
    pub(super) fn new(text: &str, folder: &Folder) -> Self {
        let asking = stems(ASKING);
        let stems = stems(text);
        let weights = folder.index.weights(&stems);
        let weights = stems
            .iter()
            .zip(weights)
            .map(|(word, weight)| match asking.contains(word) {
                true => 0.15 * weight,
                false => weight,
            })
            .collect();
        let files: BTreeMap<String, Vec<f32>> = folder
            .index
            .files
            .iter()
            .map(|(file, indexed)| {
                let words = || indexed.passages.iter().flat_map(BTreeMap::keys);
                let matches = stems.iter().map(|stem| best(stem, words()));
                (file.clone(), matches.collect())
            })
            .collect();
        let count = files.len() as f32;
        let file_weights: Vec<f32> = (0..stems.len())
            .map(|at| {
                let like = files.values().filter_map(|file| file.get(at));
                let with = like.filter(|like| **like >= 0.7).count() as f32;
                (1.0 + (count - with + 0.5) / (with + 0.5)).ln()
            })
            .collect();
        let fits = files.values().map(|file| fit(file, &file_weights));
        let best_fit = fits.fold(0.0, f32::max);
        let names = names(text);
        Self {
            names: stems.iter().map(|stem| names.contains(stem)).collect(),
            file_weights,
            best_fit,
            weights,
            wanted: Wanted::of(text),
            counted: counted(text).filter(|word| !asking.contains(word)),
            files,
            stems,
        }
    }
}

/// The names in a question, without endings: capital letters within a sentence. German has them on every
/// noun, and gives none away.
fn names(question: &str) -> Vec<String> {
    const GERMAN: [&str; 16] = [
        "wie", "wer", "wen", "wem", "wann", "was", "wo", "welche", "welcher", "welches", "der",
        "die", "das", "ich", "ist", "bis",
    ];
    let words: Vec<&str> = words(question).map(|(_, word)| word).collect();
    if words
        .iter()
        .any(|word| GERMAN.contains(&fold(word).as_str()))
    {
        return Vec::new();
    }
    let inner = words.iter().skip(1);
    let names = inner.filter(|word| word.len() > 2 && word.starts_with(char::is_uppercase));
    names.map(|word| stem(&fold(word))).collect()
}

/// A year, a number of an article, the code of an error. Small numbers may be written in words.
fn is_code(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    digits >= 3 || (digits > 0 && word.starts_with(char::is_alphabetic))
}

/// How much the words say that this file is meant.
fn fit(likes: &[f32], weights: &[f32]) -> f32 {
    likes
        .iter()
        .zip(weights)
        .map(|(like, weight)| like * weight)
        .sum()
}

/// The best match of a word.
fn best<'w>(word: &str, among: impl Iterator<Item = &'w String>) -> f32 {
    among
        .map(|other| likeness(word, other).max(synonyms::likeness(word, other)))
        .fold(0.0, f32::max)
}

/// Units that may be the answer: one, or two sentences in a row.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The place of its passage among those found.
    pub(super) found: usize,
    /// Their places in the passage.
    pub(super) units: Range<usize>,
    /// The weighted mean of how well the words of the question are matched, from 0 to 1.
    pub(super) lexical: f32,
    /// The same without the words that name the document.
    pub(super) particular: f32,
    /// How much of that is missing most.
    pub(super) missing: f32,
    /// How much the words say that this file is meant, beside the best one.
    pub(super) fit: f32,
    /// Whether it holds an answer of the sort that is wanted, from 0 to 1.
    pub(super) typed: f32,
    /// A number or a code of the question is not there.
    pub(super) lacks_code: bool,
    /// What is to be counted or measured is not there.
    pub(super) lacks_counted: bool,
    is_heading: bool,
    /// For each token of the question the logarithm of its probability.
    pub(super) likelihood: Vec<f32>,
}

impl Candidate {
    pub(super) fn new(
        question: &Question,
        found: &[Found],
        at: usize,
        units: Range<usize>,
    ) -> Option<Self> {
        let here = found.get(at)?;
        let slice = here.passage.units.get(units.clone())?;
        let text = text(here, units.clone());
        let mut own = stems(&text);
        own.extend(months(&text));
        let around: Vec<String> = here
            .passage
            .units
            .iter()
            .flat_map(|unit| stems(&unit.text))
            .collect();
        let (title, section) = match here.passage.headings.as_slice() {
            [title, .., section] => (stems(title), stems(section)),
            [title] => (stems(title), Vec::new()),
            [] => (Vec::new(), Vec::new()),
        };
        let name = here.file.rsplit('/').next().unwrap_or_default();
        let name = stems(name.rsplit_once('.').map_or(name, |(name, _)| name));
        let anywhere = question.files.get(&here.file);
        let (mut all, mut got, mut all_particular, mut got_particular) = (0.0, 0.0, 0.0, 0.0);
        let mut lacks_code = false;
        let mut missing = 0.0;
        let mut lacks_counted = false;
        for (index, (word, weight)) in question.stems.iter().zip(&question.weights).enumerate() {
            let far = anywhere
                .and_then(|anywhere| anywhere.get(index))
                .copied()
                .unwrap_or(0.0);
            let is_name = question.names.get(index) == Some(&true);
            let subject =
                best(word, title.iter().chain(&name)).max(if is_name { far } else { 0.0 });
            let near = best(word, own.iter())
                .max(0.75 * best(word, section.iter()))
                .max(0.5 * best(word, around.iter()));
            let like = near.max(0.6 * subject).max(0.35 * far);
            all += weight;
            got += weight * like;
            let weight = if subject >= 0.7 {
                0.3 * weight
            } else {
                *weight
            };
            let like = near.max(0.5 * subject).max(0.25 * far);
            all_particular += weight;
            got_particular += weight * like;
            missing = f32::max(missing, weight * (1.0 - like));
            lacks_counted |= question.counted.as_ref() == Some(word)
                && best(word, own.iter().chain(&section)) < 0.7;
            lacks_code |= is_code(word) && near.max(subject) < 0.5;
        }
        let typed = question
            .wanted
            .iter()
            .map(|wanted| typed(*wanted, &text))
            .fold(0.0, f32::max);
        Some(Self {
            found: at,
            is_heading: slice.iter().all(|unit| unit.kind == Kind::Heading),
            units,
            lexical: got / f32::max(all, 1e-6),
            particular: got_particular / f32::max(all_particular, 1e-6),
            missing: missing / f32::max(all_particular, 1e-6),
            fit: anywhere.map_or(0.0, |likes| fit(likes, &question.file_weights))
                / f32::max(question.best_fit, 1e-6),
            typed,
            lacks_code,
            lacks_counted,
            likelihood: Vec::new(),
        })
    }

    /// By its words alone.
    pub(super) fn first_score(&self) -> f32 {
        let length = 0.04 * (self.units.len() - 1) as f32;
        let heading = if self.is_heading { 0.15 } else { 0.0 };
        self.lexical + 0.25 * self.typed + 0.25 * self.fit - length - heading
    }

    /// By all that is known.
    pub(super) fn score(&self) -> f32 {
        let mean = self.likelihood.iter().sum::<f32>() / self.likelihood.len().max(1) as f32;
        self.first_score() + 0.18 * mean
    }

    /// Whether it answers the question.
    pub(super) fn is_enough(&self) -> bool {
        let evidence = self.particular - self.missing - 0.3 * (1.0 - self.fit);
        self.typed >= 0.5 && !self.lacks_code && !self.lacks_counted && evidence > ENOUGH
    }
}

/// Whether a text holds what is wanted, from 0 to 1.
fn typed(wanted: Wanted, text: &str) -> f32 {
    match wanted {
        Wanted::Money if has_money(text) => 1.0,
        Wanted::Money if wanted.is_in(text) => 0.7,
        wanted => f32::from(u8::from(wanted.is_in(text))),
    }
}

/// What stands in units of a passage.
pub(super) fn text(found: &Found, units: Range<usize>) -> String {
    let units = found.passage.units.get(units).unwrap_or_default();
    let texts: Vec<&str> = units.iter().map(|unit| unit.text.as_str()).collect();
    texts.join(" ")
}

/// What the model reads before it is to ask the question itself: headings, and what stands under them.
pub(super) fn context(found: &Found, units: Range<usize>) -> String {
    let mut context = found.passage.headings.join("\n");
    let text = text(found, units);
    if found.passage.headings.last() != Some(&text) {
        context.push('\n');
        context.push_str(&text);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_words() {
        assert_eq!(
            names("When does Ada Winterbourne work at the Rink?").len(),
            3
        );
        assert_eq!(
            names("Wann arbeitet Frau Tannhoff in der Schule?"),
            [] as [String; 0]
        );
        assert_eq!(names("Is it I?"), [] as [String; 0]);
    }

    #[test]
    fn codes_are_told_from_numbers() {
        for (word, code) in [
            ("f7", true),
            ("2022", true),
            ("a12", true),
            ("5", false),
            ("10pm", false),
            ("2nd", false),
            ("pond", false),
        ] {
            assert_eq!(is_code(word), code, "{word}");
        }
    }
}
