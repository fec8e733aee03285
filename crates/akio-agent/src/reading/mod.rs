//! How people write things: words, dates, amounts, and the fields of forms and tables.
//!
//! What is found here is a place in the text and what stands there; what it means to anybody is for
//! [`redact`](crate::redact) and the other readers to say. All positions are bytes.

pub mod amounts;
pub mod dates;
pub mod fields;
pub mod words;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A word as lists have it: small letters, without accents.
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for char in word.nfd().filter(|char| !is_combining_mark(*char)) {
        match char {
            'ß' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            '’' => folded.push('\''),
            _ => folded.extend(char.to_lowercase().filter(|char| !is_combining_mark(*char))),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn words_are_compared_without_capitals_and_accents() {
        for (word, folded) in [
            ("Geschäft", "geschaft"),
            ("STRAßE", "strasse"),
            ("Échéance", "echeance"),
            ("Łukasz", "lukasz"),
            ("İpek", "ipek"),
            ("Sørensen", "sorensen"),
            ("l’été", "l'ete"),
        ] {
            assert_eq!(fold(word), folded);
        }
    }
}
