//! `akio memory`: each verb holds across restarts, and nothing is lost.

use std::{fs, path::Path};

use akio::embedded::SlotError;

use crate::console::{Ran, akio};

/// Runs a verb as a process of its own would; no model is needed for it.
fn memory(file: &Path, args: &[&str]) -> Ran {
    let file = file.to_str().expect("a UTF-8 path");
    let line = [&["memory"][..], args, &["--memory", file]].concat();
    akio(&line).model(Err(SlotError::Empty)).run()
}

fn printed(file: &Path, args: &[&str]) -> Vec<String> {
    let ran = memory(file, args);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    // The date between number and text is today's.
    ran.stdout
        .lines()
        .map(|line| {
            let (id, rest) = line.split_once("  ").expect("a number");
            let (date, text) = rest.split_once("  ").expect("a date");
            assert_eq!(date.len(), 10, "{line}");
            format!("{id} {text}")
        })
        .collect()
}

#[test]
fn each_verb_holds_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.jsonl");
    assert_eq!(
        printed(&file, &["add", "The key is under the pot"]),
        ["1 The key is under the pot"]
    );
    assert_eq!(
        printed(&file, &["add", "Bob drinks tea"]),
        ["2 Bob drinks tea"]
    );
    assert_eq!(
        printed(&file, &["add", "Anna drinks coffee"]),
        ["3 Anna drinks coffee"]
    );
    assert_eq!(
        printed(&file, &["search", "what does Anna drink"]),
        ["3 Anna drinks coffee", "2 Bob drinks tea"]
    );
    assert_eq!(printed(&file, &["delete", "2"]), ["2 Bob drinks tea"]);
    assert_eq!(
        printed(&file, &["list"]),
        ["1 The key is under the pot", "3 Anna drinks coffee"]
    );
    assert_eq!(
        printed(&file, &["search", "drinks"]),
        ["3 Anna drinks coffee"]
    );
    let kept = fs::read_to_string(&file).unwrap();
    assert!(
        !kept.contains("Bob"),
        "nothing of a deleted fact stays: {kept}"
    );
    assert_eq!(printed(&file, &["add", "new"]), ["4 new"]);
}

#[test]
fn json_is_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.jsonl");
    let json = |args: &[&str]| -> serde_json::Value {
        let ran = memory(&file, &[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    assert_eq!(json(&["list"]), serde_json::json!([]));
    let added = json(&["add", "one"]);
    assert_eq!((&added["id"], &added["text"]), (&1.into(), &"one".into()));
    assert_eq!(json(&["list"])[0], added);
    assert_eq!(json(&["search", "one"])[0], added);
    assert_eq!(json(&["delete", "1"]), added);
    assert_eq!(json(&["list"]), serde_json::json!([]));
}

#[test]
fn a_cut_file_loses_its_last_line_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.jsonl");
    for fact in ["one", "two"] {
        printed(&file, &["add", fact]);
    }
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    let ran = memory(&file, &["list"]);
    assert!(ran.stdout.starts_with("1  ") && !ran.stdout.contains("two"));
    assert!(
        ran.stderr.contains("is incomplete and is left out"),
        "{ran:?}"
    );
    assert_eq!(printed_after_note(&file, &["add", "three"]), "three");
    assert_eq!(printed(&file, &["list"]), ["1 one", "2 three"]);
}

fn printed_after_note(file: &Path, args: &[&str]) -> String {
    let ran = memory(file, args);
    assert_eq!(ran.code, 0);
    let text = ran.stdout.trim_end().rsplit("  ").next();
    text.expect("a text").into()
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.jsonl");
    printed(&file, &["add", "one"]);
    let before = fs::read(&file).unwrap();
    for (args, code, message) in [
        (
            &["delete", "7"][..],
            1,
            "no fact has the number 7; list them first",
        ),
        (&["delete", "x"], 1, "invalid value 'x'"),
        (&["add", " "], 1, "there is nothing to remember"),
        (&["forget", "1"], 1, "unrecognized subcommand 'forget'"),
    ] {
        let ran = memory(&file, args);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(message), "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(akio(&["memory", "list"]).run().code, 1);
    // A file of somebody else's is not touched.
    let diary = folder.path().join("diary.txt");
    fs::write(&diary, "Dear diary\n").unwrap();
    let ran = memory(&diary, &["add", "two"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("line 1 is not a line of a memory"),
        "{ran:?}"
    );
    assert_eq!(fs::read_to_string(&diary).unwrap(), "Dear diary\n");
    let ran = memory(&folder.path().join("missing/facts.jsonl"), &["add", "two"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let ran = memory(&folder.path().join("empty.jsonl"), &["list"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("nothing is remembered in"));
}
