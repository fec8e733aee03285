//! Requests of a program: one object a line in, events out.

use serde_json::{Value, json};

use crate::console::akio;

fn pipe(args: &[&str], stdin: &[u8]) -> Vec<Value> {
    let ran = akio(&[&["pipe"], args].concat()).stdin(stdin).run();
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is an object"))
        .collect()
}

fn lines(requests: &[Value]) -> Vec<u8> {
    let lines: Vec<_> = requests
        .iter()
        .map(|request| format!("{request}\n"))
        .collect();
    lines.concat().into()
}

fn says(content: &str) -> Value {
    json!({ "role": "user", "content": content })
}

/// The text of an answer, and its last event.
fn answer(events: &[Value]) -> (String, &Value) {
    let text = events
        .iter()
        .filter_map(|event| event.get("text").and_then(Value::as_str))
        .collect();
    (text, events.last().expect("an answer has an end"))
}

#[test]
fn the_answer_is_that_of_the_command() {
    let request = json!({ "messages": [says("Hello")], "temperature": 0, "max_tokens": 12 });
    let events = pipe(&[], &lines(&[request]));
    let (text, done) = answer(&events);
    let ran = akio(&["-t", "0", "-n", "12", "Hello"]).run();
    assert_eq!(format!("{text}\n"), ran.stdout);
    assert_eq!(done["type"], "done");
    assert!(done["prompt_tokens"].as_u64().unwrap() > 0);
    assert!(events.iter().any(|event| event["type"] == "prefill"));
}

#[test]
fn a_conversation_that_goes_on_is_not_read_again() {
    let first = json!({ "messages": [says("Hello")], "temperature": 0, "max_tokens": 12 });
    let (said, _) = {
        let events = pipe(&[], &lines(std::slice::from_ref(&first)));
        let (said, done) = answer(&events);
        (said, done.clone())
    };
    let messages = json!([says("Hello"), { "role": "assistant", "content": said }, says("More")]);
    let second = json!({ "messages": messages, "temperature": 0, "max_tokens": 4 });
    let together = pipe(&[], &lines(&[first, second.clone()]));
    let alone = pipe(&[], &lines(&[second]));
    let cached = |events: &[Value]| {
        let (_, done) = answer(events);
        done["cached_tokens"].as_u64().unwrap()
    };
    assert!(cached(&together) > 0);
    assert_eq!(cached(&alone), 0);
}

#[test]
fn what_cannot_be_answered_is_an_error_and_the_next_request_is_answered() {
    let long = "word ".repeat(2000);
    let cases: [(&[u8], &str, &str); 9] = [
        (b"{\n", "bad_request", "cannot be read"),
        (b"[1]\n", "bad_request", "cannot be read"),
        (b"\xff\xfe\n", "bad_request", "not valid UTF-8"),
        (b"{}\n", "bad_request", "neither"),
        (b"{\"raw\":\"a\",\"colour\":1}\n", "bad_request", "colour"),
        (
            b"{\"raw\":\"a\",\"temperature\":-1}\n",
            "bad_request",
            "temperature",
        ),
        (
            b"{\"raw\":\"a\",\"stop\":[\"\"]}\n",
            "bad_request",
            "stop string",
        ),
        (b"{\"raw\":\"\"}\n", "empty_prompt", ""),
        (
            &lines(&[json!({ "raw": long })]),
            "prompt_too_long",
            "context",
        ),
    ];
    let good = json!({ "raw": "Hello", "max_tokens": 1 });
    for (line, code, part) in cases {
        let events = pipe(
            &[],
            &[line, b"\n", &lines(std::slice::from_ref(&good))].concat(),
        );
        assert_eq!(events[0]["type"], "error", "{events:?}");
        assert_eq!(events[0]["code"], code);
        let message = events[0]["message"].as_str().unwrap();
        assert!(message.contains(part), "{message}");
        assert_eq!(answer(&events).1["type"], "done", "{events:?}");
    }
}

#[test]
fn the_context_is_as_asked() {
    let request = json!({ "raw": "Hello", "max_tokens": 100, "temperature": 0 });
    let events = pipe(&["--ctx", "20"], &lines(&[request]));
    let (_, done) = answer(&events);
    if done["reason"] != "stop" {
        assert_eq!(done["reason"], "context");
    }
    assert!(
        done["prompt_tokens"].as_u64().unwrap() + done["completion_tokens"].as_u64().unwrap() <= 20
    );
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(rustix::io::Errno::PIPE.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let request = lines(&[json!({ "raw": "Hello" })]);
    let ended = akio(&["pipe"]).stdin(&request).run_into(&mut Closed);
    assert_eq!(ended, (0, String::new()));
}

#[test]
fn a_line_without_end_is_refused() {
    let endless = vec![b' '; 17 << 20];
    let ran = akio(&["pipe"]).stdin(&endless).run();
    assert_eq!((ran.code, &*ran.stdout), (3, ""));
    assert!(ran.stderr.starts_with("akio: stdin: "), "{}", ran.stderr);
}
