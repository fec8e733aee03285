//! Which text of a file is to become which, as people ask for it.

use regex_lite::Regex;

use crate::request;

/// What may be said, with what is to go as `old` and what comes as `new`.
const SENTENCES: [&str; 12] = [
    r"(?i)\b(?:replace|exchange|substitute|swap|change|turn|correct|rename|alter|update|rewrite)\s+(?:the\s+\w+\s+)?(?<old>.+?)\s+(?:with|by|to|into|for)\s+(?<new>.+)$",
    r"(?i)\bfrom\s+(?<old>.+?)\s+(?:to|into)\s+(?<new>.+)$",
    r"(?i)(?:\b(?:the|every|each|all)\s+)?(?<old>[^\s]+)\s+(?:must|has to|have to|should|needs to|is to|ought to)\s+(?:now\s+)?(?:be|become|read|say|change to)\s+(?:an?\s+)?(?<new>.+)$",
    r"(?i)\b(?:says?|reads?|has)\s+(?<old>.+?)\s+(?:and\s+)?(?:it\s+|that\s+|but\s+)*(?:must|has to|should|needs to|ought to)\s+(?:now\s+)?(?:be|become|read|say)\s+(?<new>.+)$",
    r"(?i)\b(?:put|write|say|read|be|to|set)\s+(?<new>.+?)\s+(?:instead of|rather than|in place of|in the place of)\s+(?<old>.+)$",
    r"(?i)(?<new>\S+)\s+(?:instead of|rather than|statt|au lieu de|à la place de|en lugar de|en vez de)\s+(?<old>.+)$",
    r"(?i)\b(?:ersetze|tausche)\s+(?<old>.+?)\s+(?:durch|gegen)\s+(?<new>.+)$",
    r"(?i)\b(?:ändere|verbessere|mache?)\s+(?:aus\s+)?(?<old>.+?)\s+(?:in|zu|auf)\s+(?<new>.+)$",
    r"(?i)\b(?:remplace|change)\s+(?<old>.+?)\s+(?:par|en)\s+(?<new>.+)$",
    r"(?i)\b(?:sustituye|cambia|reemplaza)\s+(?<old>.+?)\s+(?:por|a)\s+(?<new>.+)$",
    r"(?i)\b(?:remove|delete|strike|erase|cut|drop|take)\s+(?:the\s+(?:word|words|sentence|line|name|phrase)\s+)?(?<old>.+?)(?:\s+(?:out|off|away))?$",
    r"(?i)\b(?:lösche|streiche|entferne|supprime|efface|borra|quita|elimina)\s+(?:das wort\s+|den satz\s+|la phrase\s+|la palabra\s+)?(?<old>.+)$",
];

/// The replacements that a request can mean, the likeliest first. Which of them fits, the file says.
pub(super) fn replacements(request: &str, file: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let text = without_file(request, file);
    let lower = text.to_lowercase();
    let is_reversed = ["instead of", "rather than", "statt ", "in place of"]
        .iter()
        .any(|words| lower.contains(words));
    let quoted = request::quotations(&text);
    match quoted.as_slice() {
        [old, new] if !is_reversed => push(&mut found, old, new),
        [new, old] => push(&mut found, old, new),
        _ => {}
    }
    for sentence in SENTENCES {
        // The patterns are ours, and a test compiles them.
        let Ok(regex) = Regex::new(sentence) else {
            continue;
        };
        for sentence in text.split_inclusive(['\n', ';']) {
            let Some(captures) = regex.captures(sentence.trim()) else {
                continue;
            };
            let part = |name| captures.name(name).map_or("", |part| part.as_str());
            push(&mut found, part("old"), part("new"));
        }
    }
    found
}

/// The request without the name of the file, and the words that lead to it.
fn without_file(request: &str, file: &str) -> String {
    const LEADING: [&str; 19] = [
        "in the file",
        "in file",
        "out of the file",
        "from the file",
        "out of",
        "in",
        "from",
        "of",
        "off",
        "inside",
        "into",
        "to",
        "aus",
        "dans",
        "de",
        "en",
        "wherever",
        "where",
        "on",
    ];
    let (before, after) = request.split_once(file).unwrap_or((request, ""));
    let mut before = before.trim_end();
    for word in LEADING {
        let cut = before
            .len()
            .checked_sub(word.len())
            .and_then(|at| before.split_at_checked(at));
        if let Some((rest, end)) = cut
            && end.eq_ignore_ascii_case(word)
            && rest.chars().next_back().is_none_or(char::is_whitespace)
        {
            before = rest.trim_end();
            break;
        }
    }
    format!("{before} {}", after.trim_start()).trim().into()
}

fn push(found: &mut Vec<(String, String)>, old: &str, new: &str) {
    let old = tidy(old);
    let new = tidy(new);
    if old.is_empty() {
        return;
    }
    for old in [old, without_article(old)] {
        let pair = (old.to_owned(), new.to_owned());
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
}

/// Without marks at the edges, politeness, and quotation marks around all of it.
fn tidy(text: &str) -> &str {
    let mut text = text.trim();
    for polite in [", please", " please", ", thanks", ", bitte", " bitte"] {
        text = text.strip_suffix(polite).unwrap_or(text);
    }
    let text = text.trim_end_matches([',', ';']).trim();
    let without_end = text.trim_end_matches(['.', '?', '!']);
    for text in [text, without_end] {
        if let Some((inside, rest)) = request::quotation(text)
            && rest.trim_matches(['.', ' ', ',', '!', '?']).is_empty()
        {
            return inside;
        }
    }
    without_end
}

fn without_article(text: &str) -> &str {
    [
        "the ", "every ", "all ", "word ", "der ", "die ", "das ", "le ", "la ", "el ", "a ", "an ",
    ]
    .iter()
    .find_map(|article| text.strip_prefix(article))
    .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_patterns_are_patterns() {
        for sentence in SENTENCES {
            assert!(Regex::new(sentence).is_ok(), "{sentence}");
        }
    }

    #[test]
    fn what_is_to_become_what_is_read() {
        for (request, old, new) in [
            ("Replace 'red' with 'blue' in a.txt", "red", "blue"),
            ("In a.txt put 'blue' instead of 'red'", "red", "blue"),
            ("change Anna to Hanna in a.txt please", "Anna", "Hanna"),
            ("In a.txt the 12 must become a 14.", "12", "14"),
            ("a.txt says June, it should say July", "June,", "July"),
            ("Take the word 'very' out of a.txt", "very", ""),
            ("Ersetze in a.txt rot durch blau", "rot", "blau"),
            ("Remplace lundi par mardi dans a.txt", "lundi", "mardi"),
            ("set the port in a.txt from 80 to 8080", "80", "8080"),
        ] {
            let found = replacements(request, "a.txt");
            let wanted = |(o, n): &(String, String)| {
                o.trim_end_matches(',') == old.trim_end_matches(',') && n == new
            };
            assert!(found.iter().any(wanted), "{request}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn any_request_can_be_read(request in "\\PC{0,80}") {
            replacements(&request, "a.txt");
        }
    }
}
