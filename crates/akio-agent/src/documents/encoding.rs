//! Bytes to characters: byte order marks, UTF-8, UTF-16, and Windows-1252 for the rest.
//!
//! The standard library has the two Unicode forms, and the table of the third is 32 characters; a crate for
//! encodings brings the tables of forty more, which old letters of these parts of the world are not in.

use std::borrow::Cow;

/// Bytes at the beginning that show whether a file is text.
const PROBE: usize = 8 << 10;

/// How files begin that are no text, whatever their bytes look like.
const SIGNATURES: [&[u8]; 8] = [
    b"%PDF-",
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"\x1F\x8B",
    b"\x7FELF",
    b"{\\rtf",
];

/// Windows-1252 from 0x80 on; the five bytes that it leaves open are the controls of Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The text of a file, or `None` if it is not text.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return without_zeros(String::from_utf8_lossy(rest));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return without_zeros(utf16(rest, u16::from_le_bytes).into());
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return without_zeros(utf16(rest, u16::from_be_bytes).into());
    }
    if SIGNATURES
        .iter()
        .any(|signature| bytes.starts_with(signature))
    {
        return None;
    }
    let probe = bytes.get(..PROBE).unwrap_or(bytes);
    if probe.contains(&0) {
        return unmarked_utf16(bytes, probe).and_then(|text| without_zeros(text.into()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => without_zeros(text.into()),
        Err(_) if is_mostly_utf8(bytes) => without_zeros(String::from_utf8_lossy(bytes)),
        Err(_) if has_many_controls(probe) => None,
        Err(_) => without_zeros(
            bytes
                .iter()
                .map(|byte| windows_1252(*byte))
                .collect::<String>()
                .into(),
        ),
    }
}

fn windows_1252(byte: u8) -> char {
    let high = byte
        .checked_sub(0x80)
        .and_then(|index| WINDOWS_1252.get(usize::from(index)));
    high.copied().unwrap_or(char::from(byte))
}

fn without_zeros(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!text.contains('\0')).then_some(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|chunk| unit(*chunk));
    char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// UTF-16 without a mark: in European text nearly every second byte is zero, and no other.
fn unmarked_utf16(bytes: &[u8], probe: &[u8]) -> Option<String> {
    let zeros = |first: usize| {
        let half = probe.iter().skip(first).step_by(2);
        half.filter(|byte| **byte == 0).count() * 2
    };
    let (even, odd) = (zeros(0), zeros(1));
    let (many, few) = (probe.len() * 7 / 10, probe.len() / 50);
    if odd > many && even <= few {
        Some(utf16(bytes, u16::from_le_bytes))
    } else if even > many && odd <= few {
        Some(utf16(bytes, u16::from_be_bytes))
    } else {
        None
    }
}

/// A few damaged characters do not make UTF-8 another encoding.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut damaged) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk
            .valid()
            .chars()
            .filter(|char| !char.is_ascii())
            .count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    whole > damaged * 2
}

/// Text has tabs, ends of lines and little else below the space.
fn has_many_controls(probe: &[u8]) -> bool {
    let controls = probe.iter().filter(|byte| {
        byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B)
    });
    controls.count() * 50 > probe.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn what_windows_and_mail_programs_write_is_read() {
        let text = "Grüße, 5 € – „ja“\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\xFF\xFE".to_vec(), units(text, u16::to_le_bytes)].concat(),
            [b"\xFE\xFF".to_vec(), units(text, u16::to_be_bytes)].concat(),
            units("Gruesse an alle, bis bald", u16::to_le_bytes),
            units("Gruesse an alle, bis bald", u16::to_be_bytes),
            b"Gr\xFC\xDFe, 5 \x80 \x96 \x84ja\x93\r\n".to_vec(),
        ] {
            let decoded = decode(&bytes).expect("text");
            assert!(
                decoded == text || decoded == "Gruesse an alle, bis bald",
                "{decoded:?}"
            );
        }
    }

    #[test]
    fn a_damaged_character_leaves_the_rest_as_it_is() {
        let decoded = decode(b"K\xC3\xB6ln, M\xC3\xBCnchen, L\xC3\xBCbeck, Z\xC3\xBCrich, \xC3");
        assert_eq!(
            decoded.as_deref(),
            Some("Köln, München, Lübeck, Zürich, \u{FFFD}")
        );
    }

    #[test]
    fn what_is_no_text_is_told_from_text() {
        for bytes in [
            &b"%PDF-1.7 words"[..],
            b"PK\x03\x04 words",
            b"words\0words",
            b"\x01\x02\x03\xFF\x04\x05",
            b"\xFF\xFEa\0\0\0",
        ] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
        assert_eq!(decode(b"").as_deref(), Some(""));
    }

    proptest! {
        #[test]
        fn utf8_is_read_as_it_is(text in "[^\0]{0,60}") {
            prop_assume!(!text.starts_with('\u{FEFF}'));
            prop_assume!(!SIGNATURES.iter().any(|it| text.as_bytes().starts_with(it)));
            let decoded = decode(text.as_bytes());
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(text) = decode(&bytes) {
                prop_assert!(!text.contains('\0'));
            }
        }
    }
}
