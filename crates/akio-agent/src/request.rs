//! What stands in a request: names of files, patterns, quotations, and what follows certain words. The
//! arguments of a call are taken from there, letter for letter, before a model is asked for them.

use crate::tools::{Kind, World, path};

/// Words of a request that are tried as names of folders.
const MAX_WORDS: usize = 64;

/// Whether this can only be the name of a file: it has an ending.
pub(crate) fn is_file(text: &str) -> bool {
    let Some((stem, ending)) = text.rsplit_once('.') else {
        return false;
    };
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let is_abbreviation = name.chars().count() == 1 && ending.len() == 1;
    is_ending(ending)
        && !is_abbreviation
        && !text.contains(['@', '*'])
        && !text.starts_with("www.")
        && !text.contains("://")
        && name.chars().any(char::is_alphanumeric)
}

/// `*.md`, `recipes/*` or `.zip`.
pub(crate) fn is_pattern(text: &str) -> bool {
    let has_letters = text.chars().any(char::is_alphabetic);
    text.strip_prefix('.').is_some_and(is_ending) || has_letters && text.contains('*')
}

fn is_ending(text: &str) -> bool {
    (1..=5).contains(&text.len())
        && text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The quotation that the text begins with, without its marks, and what follows it.
pub(crate) fn quotation(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let closes = match open {
        '"' => "\"",
        '\'' => "'",
        '“' => "”",
        '„' => "“”",
        '‘' => "’",
        '«' => "»",
        '»' => "«",
        '`' => "`",
        _ => return None,
    };
    let inside = text.get(open.len_utf8()..)?;
    let mut from = 0;
    loop {
        let at = from + inside.get(from..)?.find(|char| closes.contains(char))?;
        let close = inside.get(at..)?.chars().next()?;
        let after = inside.get(at + close.len_utf8()..)?;
        // An apostrophe stands between letters.
        if at > 0 && !after.starts_with(char::is_alphanumeric) {
            return Some((inside.get(..at)?, after));
        }
        from = at + close.len_utf8();
    }
}

/// What stands in quotation marks.
pub(crate) fn quotations(request: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = request;
    let mut before = ' ';
    while let Some(char) = rest.chars().next() {
        match quotation(rest).filter(|_| !before.is_alphanumeric()) {
            Some((inside, after)) => {
                found.push(inside.trim());
                rest = after;
                before = '"';
            }
            None => {
                rest = rest.get(char.len_utf8()..).unwrap_or_default();
                before = char;
            }
        }
    }
    found
}

/// The words of a request, without the marks around them.
pub(crate) fn words(request: &str) -> impl Iterator<Item = &str> {
    const MARKS: [char; 18] = [
        ',', ';', ':', '!', '?', '(', ')', '[', ']', '"', '\'', '”', '“', '„', '«', '»', '`', '’',
    ];
    request
        .split_whitespace()
        .map(|word| {
            let word = word.trim_matches(MARKS).trim_end_matches('.');
            word.trim_matches(MARKS)
        })
        .filter(|word| !word.is_empty())
}

/// The names of files, in their order, each once.
pub(crate) fn files(request: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in words(request).filter(|word| is_file(word)) {
        // rents.txt's
        let word = word.split(['\'', '’']).next().unwrap_or(word);
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// The patterns of names of files, in their order.
pub(crate) fn patterns(request: &str) -> Vec<&str> {
    words(request).filter(|word| is_pattern(word)).collect()
}

/// A folder that is there and that the request names; the one nearest to a word for folders is meant.
pub(crate) fn folder(request: &str, world: &mut dyn World) -> Option<String> {
    let words: Vec<&str> = words(request).take(MAX_WORDS).collect();
    let is_folder_word = |word: &str| {
        let word = word.to_lowercase();
        [
            "folder",
            "director",
            "ordner",
            "verzeichnis",
            "dossier",
            "carpeta",
            "directorio",
        ]
        .iter()
        .any(|beginning| word.starts_with(beginning))
    };
    let mut found: Vec<(usize, String)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let name = word
            .trim_end_matches('/')
            .split("/*")
            .next()
            .unwrap_or(word);
        if name.len() < 2 || is_pattern(name) {
            continue;
        }
        for name in [name.to_owned(), name.to_lowercase()] {
            if let Ok(located) = path::locate(&name, world)
                && located
                    .metadata
                    .is_some_and(|found| found.kind == Kind::Folder)
            {
                let near = words
                    .iter()
                    .enumerate()
                    .filter(|(_, word)| is_folder_word(word));
                let distance = near.map(|(other, _)| other.abs_diff(at)).min();
                found.push((distance.unwrap_or(usize::MAX), located.path));
                break;
            }
        }
    }
    found
        .into_iter()
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, path)| path)
}

/// What follows the first of these words or phrases that occurs, whatever its capital letters.
pub(crate) fn after<'r>(request: &'r str, phrases: &[&str]) -> Option<&'r str> {
    let lower = request.to_lowercase();
    // In some languages a letter changes its length with its case; then places do not agree.
    if lower.len() != request.len() {
        return None;
    }
    let is_edge = |char: Option<char>| char.is_none_or(|char| !char.is_alphanumeric());
    phrases
        .iter()
        .filter_map(|phrase| {
            let at = lower.match_indices(phrase).map(|(at, _)| at).find(|at| {
                let before = lower
                    .get(..*at)
                    .and_then(|before| before.chars().next_back());
                let after = lower
                    .get(at + phrase.len()..)
                    .and_then(|after| after.chars().next());
                let ends_in_word = phrase.ends_with(char::is_alphanumeric);
                is_edge(before) && (!ends_in_word || is_edge(after))
            })?;
            Some((at, at + phrase.len()))
        })
        .min_by_key(|(at, end)| (*at, std::cmp::Reverse(*end)))
        .and_then(|(_, end)| request.get(end..))
        .map(str::trim)
        .filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tools::held::Held;

    #[test]
    fn files_and_quotations_are_found() {
        let request =
            "Put 'Bring the dog's lead' into walk/list.txt and plan.md, please (not list.txt).";
        assert_eq!(files(request), ["walk/list.txt", "plan.md", "list.txt"]);
        assert_eq!(quotations(request), ["Bring the dog's lead"]);
        assert_eq!(
            quotations("the word „Garantie“ or “A b”"),
            ["Garantie", "A b"]
        );
        assert_eq!(patterns("search *.md and .csv"), ["*.md", ".csv"]);
        assert_eq!(
            files("e.g. at 3.50, mail a@b.org, see www.x.org"),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn a_folder_is_one_that_is_there() {
        let mut world = Held::new([("rental/a.txt", ""), ("letters/b.txt", "")]);
        for (request, found) in [
            ("all files of the rental folder", Some("rental")),
            ("Is there something in Letters?", Some("letters")),
            ("letters in the folder rental", Some("rental")),
            ("the tax folder", None),
        ] {
            assert_eq!(folder(request, &mut world).as_deref(), found, "{request}");
        }
    }

    #[test]
    fn what_follows_a_phrase_is_found() {
        let phrases = ["that says", "that"];
        assert_eq!(after("A file That Says: x", &phrases), Some(": x"));
        assert_eq!(after("thatch is not", &phrases), None);
        assert_eq!(after("remember that", &phrases), None);
    }

    proptest! {
        #[test]
        fn no_request_is_too_strange(request in "\\PC*") {
            files(&request);
            quotations(&request);
            after(&request, &["a", "the b"]);
            folder(&request, &mut Held::new([("a/b.txt", "")]));
        }
    }
}
