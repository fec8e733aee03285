//! Values of schemas out of documents of many kinds, by the rules alone.

use std::{fs, path::Path};

use akio_agent::{
    documents,
    extract::{ExtractError, Extractor, Judge, Question, object},
    tools::schema,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn extract(text: &str, schema: &Value) -> Result<Value, ExtractError> {
    Extractor::new(schema)?
        .extract(text, None)
        .map(|found| object(&found))
}

/// How many fields of the documents of a folder are right, how many there are, and what is wrong.
fn folder(path: &str) -> (usize, usize, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for entry in fs::read_dir(folder).expect("the documents are committed") {
        let file = entry.expect("an entry").path();
        let name = file.display().to_string();
        if name.ends_with(".json") {
            continue;
        }
        let read = |end: &str| -> Value {
            let text = fs::read_to_string(file.with_extension(end)).expect("beside the document");
            serde_json::from_str(&text).expect("JSON")
        };
        let (schema, expected) = (read("schema.json"), read("expected.json"));
        let text = documents::read(&name, &fs::read(&file).expect("a file")).expect("a document");
        let found = extract(&text.text, &schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        schema::validate(&schema, &found).expect("what is found is valid");
        for (field, expected) in expected.as_object().expect("an object") {
            let value = found.get(field).unwrap_or(&Value::Null);
            let same =
                value == expected || (value.is_number() && value.as_f64() == expected.as_f64());
            all += 1;
            if same {
                right += 1;
            } else {
                wrong.push(format!("{name}: {field}: {value}, not {expected}"));
            }
        }
    }
    (right, all, wrong)
}

#[test]
fn documents_of_many_kinds_give_their_values() {
    let (right, all, wrong) = folder("tests/extract");
    assert!(right >= 141 && all == 148, "{right} of {all}: {wrong:#?}");
}

#[test]
fn the_documents_for_tuning_give_their_values() {
    let (right, all, wrong) = folder("../../tests/evals/dev/extraction");
    assert!(right >= 47, "{right} of {all}: {wrong:#?}");
}

#[test]
fn values_know_where_they_stand() {
    let schema = json!({
        "type": "object",
        "properties": {
            "total": { "type": "number", "description": "total to pay" },
            "dueDate": { "type": "string", "format": "date" },
        },
    });
    let text = "Invoice of 3 May 2024\nTotal: 1.250,00 EUR\nDue date: 12. Juni 2024\n";
    let found = Extractor::new(&schema)
        .unwrap()
        .extract(text, None)
        .unwrap();
    let read: Vec<(&str, &Value, &str)> = found
        .iter()
        .map(|found| {
            (
                found.name.as_str(),
                &found.value,
                &text[found.spans[0].clone()],
            )
        })
        .collect();
    assert!(
        read.contains(&("total", &json!(1250), "1.250,00 EUR")),
        "{read:?}"
    );
    assert!(
        read.contains(&("dueDate", &json!("2024-06-12"), "12. Juni 2024")),
        "{read:?}"
    );
}

#[test]
fn what_is_not_there_is_null_left_out_or_an_error() {
    let text = "A note without any figure.";
    let property = |kind: Value, required: Value| json!({ "type": "object", "properties": { "deposit": { "type": kind } }, "required": required });
    assert_eq!(
        extract(
            text,
            &property(json!(["number", "null"]), json!(["deposit"]))
        ),
        Ok(json!({ "deposit": null }))
    );
    assert_eq!(
        extract(text, &property(json!("number"), json!([]))),
        Ok(json!({}))
    );
    let error = extract(text, &property(json!("number"), json!(["deposit"]))).unwrap_err();
    assert_eq!(
        error,
        ExtractError::Missing {
            name: "deposit".into()
        }
    );
    // What is denied is not there either.
    let text = "No deposit is asked for. The rent is 400 euros.";
    assert_eq!(
        extract(
            text,
            &property(json!(["number", "null"]), json!(["deposit"]))
        ),
        Ok(json!({ "deposit": null }))
    );
}

#[test]
fn lists_choices_and_answers_are_read_too() {
    let schema = json!({
        "type": "object",
        "properties": {
            "emails": { "type": "array", "items": { "type": "string", "format": "email" }, "description": "e-mail addresses" },
            "pets": { "type": "boolean", "description": "whether pets are allowed" },
            "currency": { "type": "string", "enum": ["EUR", "GBP"] },
        },
    });
    let text = "Email: a@firm.example, b@firm.example\nPets allowed: no\nPrice: £5\n";
    let found = extract(text, &schema).unwrap();
    assert_eq!(
        found,
        json!({ "emails": ["a@firm.example", "b@firm.example"], "pets": false, "currency": "GBP" })
    );
}

#[test]
fn a_judge_decides_close_calls_alone() {
    struct Last(usize);
    impl Judge for Last {
        fn judge(&mut self, question: &Question<'_>) -> Option<Vec<f32>> {
            self.0 += 1;
            let last = question.candidates.len() - 1;
            Some(
                (0..=last)
                    .map(|at| if at == last { -0.1 } else { -9.0 })
                    .collect(),
            )
        }
    }
    let schema = json!({ "type": "object", "properties": { "date": { "type": "string", "format": "date" } } });
    let text = "Date: 3 May 2024\n\nDate: 4 May 2024\n";
    let mut judge = Last(0);
    let extractor = Extractor::new(&schema).unwrap();
    let found = extractor.extract(text, Some(&mut judge)).unwrap();
    assert_eq!(
        (object(&found), judge.0),
        (json!({ "date": "2024-05-04" }), 1)
    );
    let text = "Date: 3 May 2024\n\nPrinted in a town far away, by people of whom nothing is known, on 4 May 2024.\n";
    let found = extractor.extract(text, Some(&mut judge)).unwrap();
    assert_eq!(
        (object(&found), judge.0),
        (json!({ "date": "2024-05-03" }), 1)
    );
}

#[test]
fn schemas_that_cannot_be_served_are_refused_with_a_pointer() {
    let object = |property: Value| json!({ "type": "object", "properties": { "a/b": property } });
    for (schema, pointer) in [
        (json!({ "type": "string" }), "/type"),
        (json!({ "type": "object" }), "/properties"),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string", "$ref": "#" } } }),
            "/properties/a/$ref",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["b"] }),
            "/required",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" } }, "anyOf": [true] }),
            "/anyOf",
        ),
        (
            object(json!({ "type": "object", "properties": {} })),
            "/properties/a~1b/properties",
        ),
        (
            object(json!({ "type": ["string", "number"] })),
            "/properties/a~1b/type",
        ),
        (
            object(json!({ "type": "string", "format": "uuid" })),
            "/properties/a~1b/format",
        ),
        (
            object(json!({ "type": "string", "pattern": "a" })),
            "/properties/a~1b/pattern",
        ),
        (object(json!({})), "/properties/a~1b"),
        (object(json!({ "type": "array" })), "/properties/a~1b"),
    ] {
        match Extractor::new(&schema).err() {
            Some(ExtractError::Schema { pointer: at, .. }) => assert_eq!(at, pointer, "{schema}"),
            other => panic!("{schema} gave {other:?}"),
        }
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        json!({ "type": "string" }),
        json!({ "type": ["string", "null"], "format": "date" }),
        json!({ "type": "number", "description": "total, in euros" }),
        json!({ "type": ["integer", "null"], "description": "length in days", "minimum": 3 }),
        json!({ "type": "boolean" }),
        json!({ "type": "string", "enum": ["EUR", "bank transfer", ""] }),
        json!({ "type": "array", "items": { "type": "number" }, "maxItems": 2 }),
        json!({ "type": "string", "maxLength": 5 }),
    ]);
    let name = prop::sample::select(vec![
        "total",
        "invoiceNumber",
        "due_date",
        "customer",
        "email",
        "phone",
        "start time",
        "address",
        "city",
        "x",
        "Ünïcode",
    ]);
    prop::collection::btree_map(name, kind, 1..5)
        .prop_map(|properties| json!({ "type": "object", "properties": properties }))
}

fn any_document() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "Total",
            "Rechnung",
            "12.3.2025",
            "03/04/2025",
            "March 12, 2025",
            "1.250,00 €",
            "1'250.–",
            "14:20",
            "R-3381",
            "Frau",
            "Anna",
            "Ltd",
            ":",
            "  ",
            "\n",
            "|",
            ".",
            ",",
            "&",
            "no",
            "none",
            "(",
            "the client)",
            "a@b.example",
            "days",
            "90",
            "€",
            "“",
            "\u{301}",
            "due",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec((piece, prop::sample::select(vec!["", " ", "\n"])), 0..30).prop_map(
        |pieces| {
            pieces
                .into_iter()
                .flat_map(|(piece, gap)| [piece, gap.to_owned()])
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the document, what is found is valid and stands in it.
    #[test]
    fn what_is_found_is_valid_and_in_the_document(schema in any_schema(), text in any_document()) {
        let extractor = Extractor::new(&schema).unwrap();
        let found = extractor.extract(&text, None).unwrap();
        prop_assert!(schema::validate(&schema, &object(&found)).is_ok());
        for found in &found {
            for span in &found.spans {
                prop_assert!(text.get(span.clone()).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}
