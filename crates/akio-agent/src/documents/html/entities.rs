//! Character references: numbers, and the names of HTML 4 that letters, signs and prices are written with.

use std::borrow::Cow;

/// The names of the characters from U+00A0 on.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf",
    "laquo", "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro",
    "para", "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest",
    "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute",
    "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
    "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute",
    "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
    "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde",
    "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc",
    "uuml", "yacute", "thorn", "yuml",
];

const OTHERS: [(&str, char); 60] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Zcaron", 'Ž'),
    ("zcaron", 'ž'),
    ("Ccaron", 'Č'),
    ("ccaron", 'č'),
    ("Lstrok", 'Ł'),
    ("lstrok", 'ł'),
    ("Yuml", 'Ÿ'),
    ("fnof", 'ƒ'),
    ("circ", 'ˆ'),
    ("tilde", '˜'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("lrm", '\u{200E}'),
    ("rlm", '\u{200F}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hyphen", '‐'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("bull", '•'),
    ("hellip", '…'),
    ("permil", '‰'),
    ("prime", '′'),
    ("Prime", '″'),
    ("euro", '€'),
    ("trade", '™'),
    ("numero", '№'),
    ("phone", '☎'),
    ("check", '✓'),
    ("larr", '←'),
    ("rarr", '→'),
    ("minus", '−'),
    ("le", '≤'),
    ("ge", '≥'),
    ("ne", '≠'),
    ("asymp", '≈'),
    ("radic", '√'),
    ("infin", '∞'),
    ("sum", '∑'),
    ("num", '#'),
];

/// The longest name or number that is looked for, in bytes.
const LONGEST: usize = 10;

/// A text with its references replaced by what they stand for; unknown ones stay.
pub(in crate::documents) fn resolve(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        resolved.push_str(before);
        match character(reference) {
            Some((char, length)) => {
                // A soft hyphen is not seen.
                if char != '\u{AD}' {
                    resolved.push(char);
                }
                rest = reference.get(length..).unwrap_or_default();
            }
            None => {
                resolved.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    resolved.push_str(rest);
    resolved.into()
}

/// The character that a reference at the beginning of a text stands for, and its length.
fn character(text: &str) -> Option<(char, usize)> {
    let after = text.strip_prefix('&')?;
    let end = after.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = after.get(..end)?;
    let char = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|char| !char.is_control() || char.is_whitespace())?
        }
        None => named(name)?,
    };
    Some((char, end + 2))
}

fn named(name: &str) -> Option<char> {
    if let Some((_, char)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return Some(*char);
    }
    let index = LATIN.iter().position(|other| *other == name)?;
    char::from_u32(0xA0 + u32::try_from(index).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        for (text, resolved) in [
            ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
            ("&euro;&nbsp;12 &pound;3", "€\u{A0}12 £3"),
            ("&Uuml;ber &szlig; &yuml; &#8364; &#x20ac;", "Über ß ÿ € €"),
            (
                "R&D &unknown; &; &#; &#xD800; &#0; &",
                "R&D &unknown; &; &#; &#xD800; &#0; &",
            ),
            ("Grund&shy;gebühr", "Grundgebühr"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(resolve(text), resolved, "{text}");
        }
    }
}
