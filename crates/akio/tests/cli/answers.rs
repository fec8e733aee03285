//! One prompt, one answer.

use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::console::akio;

const GREEDY: [&str; 4] = ["-t", "0", "-n", "12"];

fn json(args: &[&str], stdin: &[u8]) -> Value {
    let ran = akio(&[&["--json"], &GREEDY[..], args].concat())
        .stdin(stdin)
        .run();
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("stdout is one JSON object")
}

#[test]
fn stdout_is_the_answer_and_a_newline() {
    let ran = akio(&[&GREEDY[..], &["Hello"]].concat()).run();
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let answer = json(&["Hello"], b"");
    assert_eq!(
        ran.stdout,
        format!("{}\n", answer["text"].as_str().unwrap())
    );
    assert_ne!(ran.stdout, "\n");
}

#[test]
fn json_has_the_documented_fields() {
    let answer = json(&["--seed", "7", "Hello"], b"");
    let tokens = answer["tokens"].as_array().unwrap();
    assert_eq!(answer["usage"]["completion_tokens"], tokens.len());
    assert_eq!(answer["usage"]["cached_tokens"], 0);
    assert!(answer["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
    assert_eq!(answer["seed"], 7);
    assert_eq!(answer["model"], "tiny");
    let reason = if tokens.len() == 12 { "length" } else { "stop" };
    assert_eq!(answer["finish_reason"], reason);
    for time in ["prefill_ms", "prefill_tok_s", "decode_ms", "decode_tok_s"] {
        assert!(answer["timings"][time].as_f64().unwrap() >= 0.0, "{time}");
    }
}

#[test]
fn an_answer_is_what_it_has_to_be() {
    let directory = tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let schema = r#"{"type":"object","properties":{"sea":{"type":"boolean"},"age":{"type":"integer"}},
        "required":["sea","age"]}"#;
    let schema_file = file("answer.schema.json", schema);
    let grammar_file = file("answer.gbnf", "root ::= \"say \" [a-z]{1,5}\n");
    let say = |args: &[&str]| {
        let ran = akio(&[&["--seed", "3", "-n", "40"], args, &["Speak"]].concat()).run();
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{args:?}");
        ran.stdout.strip_suffix('\n').unwrap().to_owned()
    };
    for args in [["-j", schema], ["--json-schema-file", &schema_file]] {
        let text = say(&args);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(
            answer["sea"].is_boolean() && answer["age"].is_i64(),
            "{text}"
        );
        assert!(
            text.starts_with("{\"sea\":") && !text.contains([' ', '\n']),
            "{text}"
        );
    }
    for args in [
        ["--grammar-file", &grammar_file],
        ["--grammar", "root ::= \"say x\""],
    ] {
        assert!(say(&args).starts_with("say "));
    }
    let digits = say(&["--regex", "-[0-9]{3}"]);
    assert!(
        digits.len() == 4 && digits[1..].chars().all(|c| c.is_ascii_digit()),
        "{digits}"
    );
    let choice = say(&["--choice", "-5", "--choice", "twelve"]);
    assert!(["-5", "twelve"].contains(&&*choice), "{choice}");
    // As one JSON object, and in a chat.
    let whole = json(&["--choice", "yes", "--choice", "no", "Sure?"], b"");
    assert!(["yes", "no"].contains(&whole["text"].as_str().unwrap()));
    assert_eq!(whole["finish_reason"], "stop");
    let ran = akio(&["chat", "-q", "--choice", "aye", "-t", "0"])
        .stdin(b"Sure?\nReally?\n")
        .run();
    assert_eq!((ran.code, &*ran.stdout), (0, "aye\naye\n"));
}

#[test]
fn file_stdin_and_argument_are_joined_by_newlines() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    fs::write(&file, "\u{FEFF}one\n").unwrap();
    let file = file.to_str().unwrap();
    let whole = json(&["one\ntwo\nthree"], b"");
    for (args, stdin) in [
        (&["-f", file, "three"][..], &b"two\n"[..]),
        (&["-f", file, "-p", "three"], b"two\r\n"),
        (&["three"], b"one\ntwo\n\n"),
        (&[], b"one\ntwo\nthree"),
    ] {
        let joined = json(args, stdin);
        assert_eq!(joined["tokens"], whole["tokens"], "{args:?}");
        assert_eq!(joined["usage"], whole["usage"], "{args:?}");
    }
}

#[test]
fn same_seed_same_answer() {
    let sampled = |seed| {
        let ran = akio(&["-t", "1", "-n", "24", "--seed", seed, "Hello"]).run();
        assert_eq!(ran.code, 0);
        ran.stdout
    };
    assert_eq!(sampled("1"), sampled("1"));
    assert_ne!(sampled("1"), sampled("2"));
}

#[test]
fn system_prompt_is_part_of_the_prompt() {
    let prompt_tokens = |args: &[&str]| json(args, b"")["usage"]["prompt_tokens"].as_u64().unwrap();
    let without = prompt_tokens(&["-s", "", "Hello"]);
    assert!(prompt_tokens(&["Hello"]) > without, "akio's own");
    assert!(prompt_tokens(&["-s", "Be brief.", "Hello"]) > without);
    assert!(prompt_tokens(&["--raw", "Hello"]) < without);
}

#[test]
fn stop_string_ends_the_answer_and_is_not_printed() {
    let whole = json(&["Hello"], b"");
    let text = whole["text"].as_str().unwrap();
    let middle = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
    let (_, stop) = text.split_at(middle);
    let cut = json(&["--stop", stop, "Hello"], b"");
    assert_eq!(cut["finish_reason"], "stop");
    assert_eq!(
        cut["text"].as_str().unwrap(),
        &text[..text.find(stop).unwrap()]
    );
}

#[test]
fn timings_go_to_stderr_and_only_when_asked_for() {
    let ran = akio(&["-v", "-n", "4", "--seed", "3", "Hello"]).run();
    assert!(
        ran.stderr.contains("tok/s") && ran.stderr.contains("seed 3"),
        "{}",
        ran.stderr
    );
    assert_eq!(akio(&["-v", "-q", "-n", "4", "Hello"]).run().stderr, "");
}

#[test]
fn progress_of_a_long_prompt_is_shown_on_a_terminal_only() {
    let prompt = "the quick brown fox ".repeat(40);
    let args = ["-n", "1", &prompt];
    assert_eq!(akio(&args).run().stderr, "");
    let shown = akio(&args).stderr_on_a_terminal().run().stderr;
    assert!(
        shown.contains("reading the prompt") && shown.ends_with("\r\x1b[K"),
        "{shown:?}"
    );
    assert_eq!(
        akio(&["-q", "-n", "1", &prompt])
            .stderr_on_a_terminal()
            .run()
            .stderr,
        ""
    );
}

#[test]
fn full_context_is_said() {
    let ran = akio(&[
        "-t",
        "0",
        "--logit-bias",
        "0:0",
        "--ctx",
        "160",
        "-n",
        "-1",
        "Hello",
    ])
    .run();
    assert_eq!(ran.code, 0);
    let ended = akio(&["-t", "0", "--ctx", "160", "-n", "-1", "--json", "Hello"]).run();
    let ended: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        ran.stderr.contains("context is full"),
        ended["finish_reason"] == "context"
    );
}
