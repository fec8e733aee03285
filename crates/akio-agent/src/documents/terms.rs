//! Words as they are compared: without case, accents and endings, for English, German and French alike.
//!
//! One set of endings serves the three languages, since a folder holds papers in any of them and a question
//! does not say which. It cuts more than a stemmer of one language would; that two words fall together now
//! and then costs less than a form that is not found.

/// Words that say nothing about what a text is about, sorted, as [`fold`] leaves them.
const STOP_WORDS: [&str; 369] = [
    "a",
    "ab",
    "aber",
    "about",
    "according",
    "afin",
    "after",
    "again",
    "ai",
    "all",
    "alle",
    "als",
    "also",
    "am",
    "among",
    "an",
    "and",
    "any",
    "anyone",
    "are",
    "as",
    "at",
    "au",
    "auch",
    "auf",
    "aus",
    "aux",
    "avec",
    "avez",
    "avoir",
    "avons",
    "be",
    "been",
    "bei",
    "beim",
    "being",
    "bekomme",
    "bekommt",
    "between",
    "bin",
    "bis",
    "both",
    "but",
    "by",
    "c",
    "can",
    "ce",
    "cela",
    "ces",
    "cet",
    "cette",
    "ceux",
    "chez",
    "ci",
    "combien",
    "comme",
    "comment",
    "could",
    "d",
    "da",
    "damit",
    "dans",
    "darf",
    "das",
    "dass",
    "de",
    "dein",
    "dem",
    "den",
    "denn",
    "depuis",
    "der",
    "des",
    "did",
    "die",
    "dies",
    "diese",
    "diesem",
    "diesen",
    "dieser",
    "dieses",
    "dir",
    "do",
    "does",
    "doing",
    "doit",
    "done",
    "dont",
    "down",
    "du",
    "durch",
    "during",
    "each",
    "ein",
    "eine",
    "einem",
    "einen",
    "einer",
    "eines",
    "elle",
    "elles",
    "en",
    "er",
    "es",
    "est",
    "et",
    "etc",
    "etre",
    "etwas",
    "euch",
    "euer",
    "eux",
    "faire",
    "fait",
    "faut",
    "few",
    "for",
    "from",
    "fuer",
    "fur",
    "gab",
    "gehort",
    "get",
    "gets",
    "gibt",
    "go",
    "going",
    "got",
    "habe",
    "haben",
    "had",
    "has",
    "hat",
    "hatte",
    "have",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "hier",
    "him",
    "his",
    "how",
    "i",
    "ich",
    "if",
    "ihm",
    "ihn",
    "ihr",
    "ihre",
    "ihrem",
    "ihren",
    "ihrer",
    "il",
    "ils",
    "im",
    "in",
    "indem",
    "ins",
    "into",
    "is",
    "ist",
    "ists",
    "it",
    "its",
    "j",
    "je",
    "jede",
    "jeder",
    "jedes",
    "just",
    "kann",
    "kannst",
    "l",
    "la",
    "le",
    "les",
    "leur",
    "leurs",
    "ll",
    "lui",
    "m",
    "ma",
    "man",
    "many",
    "may",
    "me",
    "mehr",
    "mein",
    "meine",
    "meinem",
    "meinen",
    "meiner",
    "mes",
    "mich",
    "might",
    "mir",
    "mit",
    "moi",
    "mon",
    "more",
    "most",
    "much",
    "muss",
    "must",
    "my",
    "n",
    "nach",
    "ne",
    "need",
    "nicht",
    "no",
    "noch",
    "nos",
    "not",
    "notre",
    "nous",
    "nur",
    "o",
    "ob",
    "oder",
    "of",
    "ohne",
    "on",
    "once",
    "one",
    "only",
    "ont",
    "or",
    "other",
    "ou",
    "our",
    "ours",
    "over",
    "own",
    "par",
    "pas",
    "per",
    "peut",
    "peux",
    "please",
    "plus",
    "pour",
    "pourquoi",
    "puis",
    "qu",
    "quand",
    "que",
    "quel",
    "quelle",
    "quelles",
    "quels",
    "qui",
    "quoi",
    "re",
    "s",
    "sa",
    "sans",
    "say",
    "says",
    "se",
    "sein",
    "seine",
    "selon",
    "ses",
    "shall",
    "she",
    "should",
    "si",
    "sich",
    "sie",
    "sind",
    "so",
    "soll",
    "sollen",
    "sollte",
    "some",
    "son",
    "sont",
    "such",
    "suis",
    "sur",
    "t",
    "ta",
    "te",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "ton",
    "too",
    "tous",
    "tout",
    "toute",
    "tu",
    "ueber",
    "um",
    "un",
    "und",
    "under",
    "une",
    "uns",
    "unser",
    "unsere",
    "up",
    "us",
    "ve",
    "very",
    "viel",
    "viele",
    "vom",
    "von",
    "vor",
    "vos",
    "votre",
    "vous",
    "wann",
    "want",
    "war",
    "waren",
    "warum",
    "was",
    "we",
    "welche",
    "welchem",
    "welchen",
    "welcher",
    "welches",
    "wem",
    "wen",
    "wenn",
    "wer",
    "werden",
    "were",
    "what",
    "whats",
    "when",
    "where",
    "which",
    "who",
    "whom",
    "whose",
    "why",
    "wie",
    "wieviel",
    "will",
    "wir",
    "wird",
    "with",
    "wo",
    "worden",
    "would",
    "wurde",
    "y",
    "you",
    "your",
    "yours",
    "zu",
    "zum",
    "zur",
];

/// Endings that words lose, the longest first.
const ENDINGS: [&str; 29] = [
    "ements", "ations", "ungen", "ement", "ation", "ments", "ment", "ings", "ions", "heit", "keit",
    "ung", "ing", "ies", "ied", "ion", "ern", "ent", "ed", "es", "en", "er", "em", "ez", "ly", "s",
    "e", "n", "x",
];
/// What is left of a word has as many characters at least.
const SHORTEST: usize = 4;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// The word without endings.
    pub(super) stem: String,
    /// Where the word stands in the text, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// The words of a text that say what it is about.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let terms = words(text).filter_map(|(start, word)| {
        let folded = fold(word);
        (!is_stop_word(&folded)).then(|| Term {
            stem: stem(&folded),
            start,
            end: start + word.len(),
        })
    });
    terms.collect()
}

/// The words of a text without endings, each once, in their order.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for term in terms(text) {
        if !stems.contains(&term.stem) {
            stems.push(term.stem);
        }
    }
    stems
}

/// The words of a text and where they begin: runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|char: char| !char.is_alphanumeric())
        .filter_map(move |word| {
            let start = at;
            at += word.len();
            // The separator behind it.
            at += text
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            (!word.is_empty()).then_some((start, word))
        })
}

/// A word without case and accents.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for char in word.chars().flat_map(char::to_lowercase) {
        match char {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => folded.push('a'),
            'ç' | 'č' | 'ć' => folded.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' | 'ń' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => folded.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'š' | 'ś' => folded.push('s'),
            'ž' | 'ź' | 'ż' => folded.push('z'),
            'ł' => folded.push('l'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            // Marks that stand alone in decomposed text.
            '\u{300}'..='\u{36F}' => {}
            char => folded.push(char),
        }
    }
    folded
}

/// Whether a folded word says nothing about what a text is about.
pub(super) fn is_stop_word(folded: &str) -> bool {
    STOP_WORDS.binary_search(&folded).is_ok()
}

/// A folded word without endings. Words with digits stay as they are.
pub(super) fn stem(folded: &str) -> String {
    let mut stem = folded;
    if stem.contains(|char: char| char.is_numeric()) {
        return stem.into();
    }
    loop {
        let shorter = ENDINGS.iter().find_map(|ending| {
            let rest = stem.strip_suffix(ending)?;
            // A plural of three letters is one too: keys, bus passes.
            let shortest = if *ending == "s" {
                SHORTEST - 1
            } else {
                SHORTEST
            };
            (rest.chars().count() >= shortest && !(*ending == "s" && rest.ends_with('s')))
                .then_some(rest)
        });
        match shorter {
            Some(shorter) => stem = shorter,
            None => break,
        }
    }
    // Stopped, fitting, Zinn: the consonant is doubled before an ending only.
    let mut chars = stem.chars().rev();
    let is_doubled = matches!((chars.next(), chars.next()), (Some(a), Some(b)) if a == b);
    if is_doubled && stem.chars().count() > SHORTEST && stem.len() < folded.len() {
        stem = stem.get(..stem.len() - 1).unwrap_or(stem);
    }
    match stem.strip_suffix('y') {
        Some(rest) if rest.len() >= SHORTEST - 1 => format!("{rest}i"),
        _ => stem.into(),
    }
}

/// How much two stems are the same word, from 0 to 1: other forms and the parts of compounds count less.
pub(super) fn likeness(a: &str, b: &str) -> f32 {
    if a == b {
        return 1.0;
    }
    let is_number = |text: &str| text.contains(|char: char| char.is_numeric());
    if is_number(a) || is_number(b) {
        return 0.0;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let shared = short
        .bytes()
        .zip(long.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    if shared >= 5 && long.len() - shared <= 3
        || shared == short.len() && shared >= 4 && long.len() - shared <= 2
    {
        return 0.8;
    }
    // Ratenzahlung is about Raten, Zahnarztrechnung about a Rechnung, a wristband is a band.
    let is_part = long.len() >= 8
        && short.len() >= 4
        && (long.starts_with(short) || (long.len() - short.len() >= 4 && long.ends_with(short)));
    if is_part { 0.7 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stop_words_are_sorted_and_folded() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| fold(word) == *word));
    }

    #[test]
    fn forms_of_a_word_are_one_term() {
        for forms in [
            &["clean", "cleans", "cleaned", "cleaning", "Cleaner"][..],
            &["reserve", "reserved", "reservation", "Reservations"],
            &["cancel", "cancelled", "cancellation"],
            &["delivery", "deliveries"],
            &["Rechnung", "Rechnungen"],
            &["Gebühr", "Gebühren", "GEBUHR"],
            &["pâte", "pâtes"],
            &["réservé", "reserve", "réservée"],
            &["Straße", "Strassen"],
            &["key", "keys"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(&fold(form))).collect();
            assert!(
                stems
                    .windows(2)
                    .all(|pair| likeness(&pair[0], &pair[1]) >= 0.8),
                "{stems:?}"
            );
        }
        assert_eq!(
            stems("When does the last bus to E12 leave?"),
            ["last", "bus", "e12", "leav"]
        );
    }

    #[test]
    fn parts_of_compounds_are_like_the_whole() {
        let like = |a: &str, b: &str| likeness(&stem(&fold(a)), &stem(&fold(b)));
        assert!(like("Raten", "Ratenzahlung") > 0.5);
        assert!(like("Rechnung", "Zahnarztrechnung") > 0.5);
        assert!(like("bath", "bathroom") > 0.5);
        for (a, b) in [
            ("car", "carpet"),
            ("hat", "heat"),
            ("F2", "F25"),
            ("winter", "water"),
            ("rent", "parent"),
        ] {
            assert_eq!(like(a, b), 0.0, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn words_stand_where_they_say(text in "\\PC{0,40}") {
            for term in terms(&text) {
                prop_assert!(text.get(term.start..term.end).is_some_and(|word| word.chars().all(char::is_alphanumeric)));
            }
        }
    }
}
