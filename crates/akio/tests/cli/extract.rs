//! `akio extract`: JSON Lines from files and stdin, with and without a model.

use std::fs;

use akio::embedded::SlotError;
use serde_json::{Value, json};

use crate::console::akio;

const INVOICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/invoice.txt");
const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/invoice.schema.json"
);

fn values() -> Value {
    json!({
        "customer": "Ottilie Brankovich",
        "discount": null,
        "doors": 2,
        "due_date": "2025-05-12",
        "invoice_number": "TR-2025-0418",
        "payment": "bank transfer",
        "total": 1824,
    })
}

#[test]
fn an_invoice_gives_its_values() {
    let ran = akio(&["extract", "--no-model", "--schema", SCHEMA, INVOICE])
        .model(Err(SlotError::Empty))
        .run();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(
        serde_json::from_str::<Value>(&ran.stdout).unwrap(),
        values()
    );
    // A model that knows nothing changes no clear value.
    let ran = akio(&["extract", "--schema", SCHEMA, INVOICE, INVOICE]).run();
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 2), "{ran:?}");
    let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["due_date"], values()["due_date"]);
}

#[test]
fn spans_say_where_values_stand() {
    let text = fs::read(INVOICE).unwrap();
    let ran = akio(&["extract", "--no-model", "--spans", "--schema", SCHEMA, "-"])
        .stdin(&text)
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&object["file"], &object["values"]),
        (&json!("-"), &values())
    );
    assert_eq!(
        object["spans"]["due_date"],
        json!([{ "line": 7, "text": "12 May 2025" }])
    );
    assert_eq!(
        object["spans"]["total"],
        json!([{ "line": 14, "text": "£ 1,824.00" }])
    );
    assert_eq!(object["spans"].get("discount"), None);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = write("broken.json", "{");
    let nested = write(
        "nested.json",
        r#"{"type":"object","properties":{"a":{"type":"object"}}}"#,
    );
    let strict = write(
        "strict.json",
        r#"{"type":"object","properties":{"total":{"type":"number"}},"required":["total"]}"#,
    );
    let empty = write("empty.txt", "Nothing here.\n");
    let binary = write("binary.txt", "\0\0\0");
    for (schema, file, code, message) in [
        (&broken, &empty, 1, "is not JSON"),
        (&nested, &empty, 1, "/properties/a/type must be"),
        (&strict, &empty, 1, "has nothing for \"total\""),
        (&strict, &binary, 1, "is not a text file"),
        (&strict, &"missing.txt".to_owned(), 3, "missing.txt"),
        (&"missing.json".to_owned(), &empty, 3, "missing.json"),
    ] {
        let ran = akio(&["extract", "--no-model", "--schema", schema, file]).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert!(ran.stderr.contains(message), "{ran:?}");
    }
    let ran = akio(&["extract", INVOICE]).run();
    assert!(ran.code == 1 && ran.stderr.contains("--schema"), "{ran:?}");
}
