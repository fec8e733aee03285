//! When an answer counts as right: the rules of tests/evals/README.md, as `check.py` has them.

/// Case, white space, kinds of quotes and dashes, thousands separators and `.00` do not count.
pub fn normalise(text: &str) -> String {
    let text: Vec<char> = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '’' | '‘' => '\'',
            '“' | '”' => '"',
            '–' | '—' => '-',
            '\u{a0}' | '\u{202f}' => ' ',
            c => c,
        })
        .collect();
    let digit = |text: &[char], at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let joined: Vec<char> = (0..text.len())
        .filter(|&at| {
            let separates = matches!(text[at], ' ' | ',' | '.' | '\'')
                && at > 0
                && digit(&text, at - 1)
                && (1..=3).all(|next| digit(&text, at + next))
                && !digit(&text, at + 4);
            !separates
        })
        .map(|at| text[at])
        .collect();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(&c) = joined.get(at) {
        let is_zero = matches!(c, '.' | ',')
            && at > 0
            && digit(&joined, at - 1)
            && joined.get(at + 1..at + 3) == Some(&['0', '0'])
            && !digit(&joined, at + 3);
        if is_zero {
            at += 3;
        } else {
            plain.push(c);
            at += 1;
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `part` is in the text as whole words and whole numbers: `12` is not in `112` or `12.50`.
pub fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (normalise(text), normalise(part));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    !part.is_empty()
        && text.match_indices(&part).any(|(start, _)| {
            let mut before = text[..start].chars().rev();
            let mut after = text[start + part.len()..].chars();
            let begins = match before.next() {
                Some('.' | ',') => !before.next().is_some_and(|c| c.is_ascii_digit()),
                Some(c) => !is_word(c),
                None => true,
            };
            let ends = match after.next() {
                Some('.' | ',') => !after.next().is_some_and(|c| c.is_ascii_digit()),
                Some(c) => !is_word(c),
                None => true,
            };
            begins && ends
        })
}

/// Whether a number in the text has more decimals than `answer` and rounds to it.
pub fn rounds_to(text: &str, answer: &str) -> bool {
    let decimals = answer.split_once('.').map_or(0, |(_, after)| after.len());
    let Ok(wanted) = answer.parse::<f64>() else {
        return false;
    };
    normalise(text)
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')))
        .map(|number| number.trim_matches('.'))
        .filter(|number| {
            let after = number.split_once('.').map_or(0, |(_, after)| after.len());
            after > decimals
        })
        .filter_map(|number| number.parse::<f64>().ok())
        .any(|number| (number - wanted).abs() <= 0.5 * 0.1f64.powi(decimals as i32) + 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_count_is_dropped() {
        assert_eq!(normalise("  Total:\u{a0}1 250,00 €"), "total: 1250 €");
        assert_eq!(normalise("1'250.00 – “x”"), "1250 - \"x\"");
        assert_eq!(normalise("12.50 and 1.2345"), "12.50 and 1.2345");
    }

    #[test]
    fn whole_words_and_whole_numbers_count() {
        assert!(contains("It is 12.", "12"));
        assert!(contains("by March 3, 2025", "march 3, 2025"));
        for text in ["112", "12.50", "1.12", "A12", "12th"] {
            assert!(!contains(text, "12"), "{text}");
        }
    }

    #[test]
    fn a_longer_number_may_round_to_the_answer() {
        assert!(rounds_to("62.1371192237 miles (rounded)", "62.1371"));
        assert!(!rounds_to("62.13 miles", "62.1371"));
        assert!(!rounds_to("62.1379", "62.137"));
    }
}
