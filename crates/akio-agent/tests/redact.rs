//! What is personal in letters, forms and lists of many kinds, and what is not.
//!
//! The texts in redact/ have marks: `⟦kind:text⟧` must be masked, and nothing else.

use std::{fs, path::Path};

use akio_agent::redact::{Kind, Span, find, mask};
use proptest::prelude::*;

/// A text without its marks, and the marked stretches.
fn unmark(marked: &str) -> (String, Vec<(String, usize, usize)>) {
    let mut text = String::new();
    let mut marks = Vec::new();
    for (index, part) in marked.split('⟦').enumerate() {
        if index == 0 {
            text.push_str(part);
            continue;
        }
        let (mark, rest) = part.split_once('⟧').expect("a closed mark");
        let (kind, personal) = mark.split_once(':').expect("a kind");
        let start = text.len();
        text.push_str(personal);
        marks.push((kind.to_owned(), start, text.len()));
        text.push_str(rest);
    }
    (text, marks)
}

/// How many marks and masks there are; marked stretches with a letter or digit left, and masks that touch no mark.
fn faults(marked: &str) -> ([usize; 2], Vec<String>) {
    let (text, marks) = unmark(marked);
    let spans = find(&text);
    let is_masked = |at: usize| {
        spans
            .iter()
            .any(|span| (span.start..span.end).contains(&at))
    };
    let mut faults = Vec::new();
    for (kind, start, end) in &marks {
        let part = &text[*start..*end];
        if part
            .char_indices()
            .any(|(at, char)| char.is_alphanumeric() && !is_masked(start + at))
        {
            faults.push(format!("left: {kind} {part}"));
        }
    }
    for span in &spans {
        if !marks
            .iter()
            .any(|(_, start, end)| *start < span.end && span.start < *end)
        {
            faults.push(format!(
                "false: {:?} {}",
                span.kind,
                &text[span.start..span.end]
            ));
        }
    }
    ([marks.len(), spans.len()], faults)
}

/// All texts of a folder: how many marks and masks they have, and all faults.
fn folder(path: &str) -> ([usize; 2], Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut total = ([0, 0], Vec::new());
    for entry in fs::read_dir(folder).expect("the texts are committed") {
        let path = entry.expect("an entry").path();
        let ([marks, masks], faults) = faults(&fs::read_to_string(&path).expect("a text"));
        total.0[0] += marks;
        total.0[1] += masks;
        total.1.extend(
            faults
                .iter()
                .map(|fault| format!("{}: {fault}", path.display())),
        );
    }
    total
}

#[test]
fn letters_forms_and_lists_lose_what_is_personal_and_nothing_else() {
    let ([marks, _], faults) = folder("tests/redact");
    assert!(marks > 250, "{marks}");
    assert_eq!(faults, Vec::<String>::new());
}

/// How many of the marks of a folder are masked, and how many masks touch a mark.
fn shares(path: &str) -> [(usize, usize); 2] {
    let ([marks, masks], faults) = folder(path);
    let left = faults.iter().filter(|fault| fault.contains(": left: "));
    let false_masks = faults.iter().filter(|fault| fault.contains(": false: "));
    let (left, false_masks) = (left.count(), false_masks.count());
    println!(
        "{path}: {} of {marks} masked, {} of {masks} with reason",
        marks - left,
        masks - false_masks
    );
    for fault in faults {
        println!("{fault}");
    }
    [(marks - left, marks), (masks - false_masks, masks)]
}

fn is_share((right, of): (usize, usize), percent: usize) -> bool {
    of > 60 && right * 100 >= of * percent
}

#[test]
fn the_texts_for_tuning_lose_what_is_personal_and_little_else() {
    let [masked, with_reason] = shares("../../tests/evals/dev/redaction");
    assert!(is_share(masked, 99), "{masked:?}");
    assert!(is_share(with_reason, 98), "{with_reason:?}");
}

#[test]
fn the_texts_kept_aside_lose_most_of_what_is_personal_and_little_else() {
    let [masked, with_reason] = shares("../../tests/evals/dev/aside/redaction");
    assert!(is_share(masked, 90), "{masked:?}");
    assert!(is_share(with_reason, 90), "{with_reason:?}");
}

#[test]
fn masks_say_what_was_there() {
    let text = "Dear Ms Lovelace, your policy number HX-1122 is at https://x.example/p.";
    let spans = find(text);
    assert_eq!(
        spans,
        [
            Span {
                kind: Kind::Name,
                start: 8,
                end: 16
            },
            Span {
                kind: Kind::Id,
                start: 37,
                end: 44
            },
            Span {
                kind: Kind::Url,
                start: 51,
                end: 70
            },
        ]
    );
    assert_eq!(
        mask(text, &spans),
        "Dear Ms [NAME], your policy number [ID] is at [URL]."
    );
}

#[test]
fn what_is_common_is_left_alone() {
    for text in [
        "",
        "Dear Sir or Madam,\n\nthe meeting is on Monday, 3 March 2025, at 10:30 in room 12.\n\nKind regards",
        "Invoice 2024-118 of 3 May 2024 over 1,250.00 EUR, order 99812, article 4711, ticket 55120.",
        "Sehr geehrte Damen und Herren,\n\ndie Rechnung Nr. 4711 über 1.250,00 Euro ist am 3. Mai 2024 fällig.\n\nMit freundlichen Grüßen",
        "Madame, Monsieur,\n\nla facture n° 88120 du 3 mai 2024 s'élève à 1 250,00 €.\n\nCordialement",
        "Version 4.12.0.7 of the firmware needs 2048 MB; the train IC 614 leaves platform 7 at 17:42.",
        "The Customer Service of Riverbend Clinic in Port Seldon is closed on Easter Monday.",
        "Total 12 000 000 kWh in 2024, 38 % more than in 2019.",
    ] {
        let spans = find(text);
        assert_eq!(spans, [], "{}", mask(text, &spans));
    }
}

/// Words, marks and line ends that the rules look at, in any order.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "Dear",
            "Mr",
            "Frau",
            "Herrn",
            "Dr.",
            "Anna",
            "Müller",
            "O'Neil",
            "von der",
            "GmbH",
            "Straße",
            "12",
            "11b",
            "Road",
            "rue",
            "de",
            "l'",
            "née",
            "geb.",
            "born",
            "12.3.1957",
            "03/04/1980",
            "March",
            "IBAN",
            "DE89",
            "3704 0044",
            "+49",
            "(0)",
            "0461",
            "555-0134",
            "Tel.",
            "customer number",
            "Nr.",
            ":",
            ",",
            ".",
            "\n",
            "\n\n",
            "  ",
            "\t",
            "|",
            "@",
            "a@b.cd",
            "://",
            "www.",
            "1.2.3.4",
            "::1",
            "é́",
            "ﬁ",
            "\u{a0}",
            "Passport",
            "XDA849213",
            "Kind regards",
            "Name:",
            "P.",
            "’s",
            "「",
            "İ",
            "ß",
            "Postfach",
            "12345",
            "Town",
            "NB4 7QT",
            "\r\n",
            "4539 1488 0343 6467",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        "[A-Z][a-zäöüéß]{1,8}",
        "[0-9]{1,7}",
    ];
    let gap = prop::sample::select(vec!["", " ", " ", " ", "\n"]);
    prop::collection::vec((piece, gap), 0..40).prop_map(|pieces| {
        pieces
            .into_iter()
            .flat_map(|(piece, gap)| [piece, gap.to_owned()])
            .collect()
    })
}

proptest! {
    #[test]
    fn spans_of_any_text_lie_in_order_on_characters_and_in_lines(text in any_text()) {
        let spans = find(&text);
        let mut last = 0;
        for span in &spans {
            prop_assert!(last <= span.start && span.start < span.end);
            let part = text.get(span.start..span.end);
            prop_assert!(part.is_some_and(|part| !part.contains('\n') && part.trim() == part && part.chars().any(char::is_alphanumeric)));
            last = span.end;
        }
        // What is left is the text without the spans, and masks.
        let masked = mask(&text, &spans);
        let mut rest = masked.as_str();
        let mut from = 0;
        for span in &spans {
            rest = rest.strip_prefix(&text[from..span.start]).expect("the text between");
            rest = rest.strip_prefix(span.kind.mask()).expect("the mask");
            from = span.end;
        }
        prop_assert_eq!(rest, &text[from..]);
    }
}
