//! `akio redact`: masked text or JSON Lines, from files and stdin, without a model.

use std::fs;

use akio::embedded::SlotError;
use serde_json::json;

use crate::console::akio;

const LETTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/letter.txt");

#[test]
fn a_letter_keeps_its_words_and_loses_its_people() {
    let ran = akio(&["redact", LETTER]).model(Err(SlotError::Empty)).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    for kept in [
        "Harrow & Pike Insurance",
        "claim 40817",
        "invoice 2023-117",
        "1,480 pounds",
        "19 May",
        "Dear Ms [NAME],",
        "account [IBAN], or call me on [PHONE]",
    ] {
        assert!(ran.stdout.contains(kept), "{kept} in {}", ran.stdout);
    }
    for lost in [
        "Ottilie",
        "Brankovich",
        "Juniper",
        "WR6",
        "HP-559012-K",
        "Adeyemi",
        "Gerold",
        "Unwin",
        "1974",
        "960",
        "WEST",
    ] {
        assert!(!ran.stdout.contains(lost), "{lost} in {}", ran.stdout);
    }
}

#[test]
fn json_tells_where_the_spans_are() {
    let text = "Übergabe\n\nHi Ada,\ncall +44 20 7946 0018\n";
    let ran = akio(&["redact", "--json", "-"])
        .stdin(text.as_bytes())
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let object: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let expected = json!({
        "file": "-",
        "text": "Übergabe\n\nHi [NAME],\ncall [PHONE]\n",
        "spans": [
            { "kind": "name", "start": 14, "end": 17, "line": 3 },
            { "kind": "phone", "start": 24, "end": 40, "line": 4 },
        ],
    });
    assert_eq!(object, expected);
    assert_eq!(&text[24..40], "+44 20 7946 0018");
}

#[test]
fn each_file_is_one_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "Mr Babbage").unwrap();
    let file = file.to_str().unwrap();
    let ran = akio(&["redact", "--json", file, file]).run();
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 2), "{ran:?}");
    let ran = akio(&["redact", file, file]).run();
    assert_eq!(ran.stdout, "Mr [NAME]\nMr [NAME]\n");
}

#[test]
fn what_cannot_be_read_is_said() {
    let ran = akio(&["redact"]).run();
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("FILE"), "{ran:?}");
    let ran = akio(&["redact", "missing.txt"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    let ran = akio(&["redact", "-"]).stdin(b"\xff\xfe\x00").run();
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("UTF-8"), "{ran:?}");
}
