//! Conversations, their commands and their files.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::console::{Ran, akio};

const SHORT: [&str; 5] = ["chat", "-t", "0", "-n", "6"];

fn with_file(file: &Path, more: &[&str], stdin: &[u8]) -> Ran {
    akio(&[&SHORT[..], &["--session", file.to_str().unwrap()], more].concat())
        .stdin(stdin)
        .run()
}

fn messages(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn roles(file: &Path) -> Vec<String> {
    messages(file)
        .iter()
        .map(|message| message["role"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_line_is_a_message() {
    let ran = akio(&SHORT).stdin(b"Hello\n\nAgain\n").run();
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    let first = akio(&[&SHORT[1..], &["Hello"]].concat()).run();
    assert!(ran.stdout.starts_with(&first.stdout));
    assert!(ran.stdout.len() > first.stdout.len());
}

#[test]
fn akio_alone_on_a_terminal_chats() {
    let ran = akio(&["-t", "0", "-n", "6"])
        .on_a_terminal()
        .stdin(b"Hello\n")
        .run();
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .starts_with("tiny: /help lists commands, Enter stops"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("> ").count(), 2);
    assert_eq!(
        ran.stdout,
        akio(&[&SHORT[1..], &["Hello"]].concat()).run().stdout
    );
}

#[test]
fn backslash_at_the_end_of_a_line_joins_the_next_on_a_terminal() {
    let directory = tempdir().unwrap();
    for (name, typed, message) in [
        ("two", &b"one\\\ntwo\n"[..], "one\ntwo"),
        ("a blank one between", b"one\\\n\\\r\ntwo\n", "one\n\ntwo"),
        ("itself ends with one", b"C:\\\\\ntwo\n", "C:\\\ntwo"),
        ("the end of stdin", b"one\\\n", "one"),
    ] {
        let file = directory.path().join(name);
        let args = [&SHORT[..], &["--session", file.to_str().unwrap()]].concat();
        let ran = akio(&args).on_a_terminal().stdin(typed).run();
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(roles(&file), ["system", "user", "assistant"], "{name}");
        assert_eq!(messages(&file)[1]["content"], message, "{name}");
    }
    let file = directory.path().join("a pipe");
    with_file(&file, &[], b"one\\\ntwo\n");
    assert_eq!(messages(&file)[1]["content"], "one\\");
    assert_eq!(messages(&file)[3]["content"], "two");
}

#[test]
fn lines_typed_while_an_answer_streams_are_joined_too() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    akio(&[&SHORT[..], &["--session", file.to_str().unwrap()]].concat())
        .on_a_terminal()
        .stdin(b"Hello\none\\\ntwo\n")
        .typed_after(2)
        .run();
    assert_eq!(messages(&file)[3]["content"], "one\ntwo");
}

#[test]
fn commands_are_not_messages() {
    let script = b"/help\n/nonsense\n/system\n/stats\n/exit\nnever read\n";
    let ran = akio(&SHORT).stdin(script).run();
    assert_eq!((ran.code, &*ran.stdout), (0, ""));
    for part in [
        "/reset",
        "goes on in the next line",
        "no command /nonsense",
        "/system needs a text",
        "no answer yet",
    ] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[test]
fn path_is_not_a_command() {
    let ran = akio(&SHORT).stdin(b"/etc/hosts is what?\n").run();
    assert_ne!(ran.stdout, "");
}

#[test]
fn reset_forgets() {
    let once = akio(&SHORT).stdin(b"Hello\n").run().stdout;
    let twice = akio(&SHORT).stdin(b"Hello\n/reset\nHello\n").run().stdout;
    assert_eq!(twice, once.repeat(2));
}

#[test]
fn system_starts_over_with_another_prompt() {
    let given = akio(&[&SHORT[..], &["-s", "Be kind."]].concat())
        .stdin(b"Hello\n")
        .run()
        .stdout;
    let typed = akio(&SHORT)
        .stdin(b"Something\n/system Be kind.\nHello\n")
        .run()
        .stdout;
    assert!(typed.ends_with(&given));
}

#[test]
fn typed_line_stops_the_answer() {
    let long = ["chat", "-t", "0", "-n", "200"];
    let whole = akio(&long).on_a_terminal().stdin(b"Hello\n").run();
    let stopped = akio(&long)
        .on_a_terminal()
        .stdin(b"Hello\n\n/stats\n")
        .typed_after(5)
        .run();
    assert_eq!(stopped.code, 0);
    let text = stopped.stdout.trim_end_matches('\n');
    assert!(whole.stdout.starts_with(text) && whole.stdout.len() > stopped.stdout.len());
    assert!(
        stopped.stderr.contains("answer 5 tokens") || stopped.stderr.contains("answer 6 tokens"),
        "{}",
        stopped.stderr
    );
}

#[test]
fn typed_message_is_the_next_one() {
    let ran = akio(&["chat", "-t", "0", "-n", "200"])
        .on_a_terminal()
        .stdin(b"Hello\n/help\n")
        .typed_after(3)
        .run();
    assert!(ran.stderr.contains("/reset"), "{}", ran.stderr);
}

#[test]
fn end_of_stdin_while_answering_ends_the_chat() {
    let ran = akio(&["chat", "-t", "0", "-n", "200"])
        .on_a_terminal()
        .stdin(b"Hello\n")
        .typed_after(3)
        .run();
    assert_eq!(ran.code, 0);
    assert_eq!(ran.stderr.matches("> ").count(), 1);
}

#[test]
fn chat_survives_a_message_that_is_too_long() {
    let script = format!("{}\nHello\n", "word ".repeat(100));
    let args = [&SHORT[..], &["--ctx", "160"]].concat();
    let ran = akio(&args).on_a_terminal().stdin(script.as_bytes()).run();
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("does not fit into the context of 160"),
        "{}",
        ran.stderr
    );
    assert_ne!(ran.stdout, "");
    let scripted = akio(&args).stdin(script.as_bytes()).run();
    assert_eq!((scripted.code, &*scripted.stdout), (2, ""));
}

#[test]
fn oldest_turns_are_dropped_when_the_context_is_full() {
    let script = "Tell me about it\n".repeat(6);
    let ran = akio(&[&SHORT[..], &["--ctx", "96"]].concat())
        .stdin(script.as_bytes())
        .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("oldest messages were dropped"),
        "{}",
        ran.stderr
    );
    let quiet = akio(&[&SHORT[..], &["-q", "--ctx", "96"]].concat())
        .stdin(script.as_bytes())
        .run();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn session_file_holds_the_conversation_and_resumes_it() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    with_file(&file, &[], b"Hello\n");
    assert_eq!(roles(&file), ["system", "user", "assistant"]);
    assert_eq!(
        messages(&file)[1],
        json!({ "role": "user", "content": "Hello" })
    );
    let copy = directory.path().join("copy.jsonl");
    fs::copy(&file, &copy).unwrap();
    let second = with_file(&file, &[], b"Again\n");
    assert!(second.stderr.contains("(3 messages)"), "{}", second.stderr);
    assert_eq!(
        roles(&file),
        ["system", "user", "assistant", "user", "assistant"]
    );
    assert_eq!(with_file(&copy, &[], b"Again\n").stdout, second.stdout);
    let forgetful = akio(&SHORT).stdin(b"Again\n").run();
    assert_ne!(forgetful.stdout, second.stdout);
}

#[test]
fn torn_last_line_is_dropped() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    with_file(&file, &[], b"Hello\n");
    let whole = fs::read(&file).unwrap();
    let torn = [&whole[..], b"{\"role\":\"user\",\"content\":\"\xC3"].concat();
    fs::write(&file, torn).unwrap();
    let ran = with_file(&file, &[], b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("was cut off"), "{}", ran.stderr);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn whole_last_line_without_its_end_is_kept() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    with_file(&file, &[], b"Hello\n");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, whole.trim_ascii_end()).unwrap();
    with_file(&file, &[], b"");
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn message_without_an_answer_is_no_part_of_the_conversation() {
    let directory = tempdir().unwrap();
    let (clean, killed) = (
        directory.path().join("clean"),
        directory.path().join("killed"),
    );
    with_file(&clean, &[], b"Hello\n");
    let unanswered = format!("{}\n", json!({ "role": "user", "content": "Lost" }));
    fs::write(&killed, fs::read_to_string(&clean).unwrap() + &unanswered).unwrap();
    let (clean, killed) = (
        with_file(&clean, &[], b"Again\n"),
        with_file(&killed, &[], b"Again\n"),
    );
    assert_eq!(clean.stdout, killed.stdout);
}

#[test]
fn reset_begins_a_new_conversation_in_the_file() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    with_file(&file, &["-s", "Be kind."], b"Hello\n/reset\n");
    assert_eq!(roles(&file), ["system", "user", "assistant", "system"]);
    assert!(with_file(&file, &[], b"").stderr.contains("(1 messages)"));
}

#[test]
fn system_prompt_of_a_session_is_not_replaced() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    with_file(&file, &[], b"Hello\n");
    let ran = with_file(&file, &["-s", "Be rude."], b"Hello\n");
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("already has a system prompt"),
        "{}",
        ran.stderr
    );
}

#[test]
fn damaged_line_is_named_and_nothing_is_written() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("talk.jsonl");
    let damaged = "{\"role\":\"system\",\"content\":\"\"}\nnonsense\n";
    fs::write(&file, damaged).unwrap();
    let ran = with_file(&file, &[], b"Hello\n");
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
}
