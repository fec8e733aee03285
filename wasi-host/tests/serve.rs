//! The server with small guests that speak as the module does: who is answered, refused and stopped.

mod common;

use common::{Bundle, stderr};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Answers `info --json`. For `pipe` it answers each line with the number of lines so far, unless the line
/// has a `~` (it computes for ever), a `^` (it traps) or a `|` (it says so for ever).
const GUEST: &str = r#"
    (data (i32.const 64) "{\"name\":\"guest\",\"license\":\"MIT\"}\n")
    (data (i32.const 128) "{\"type\":\"prefill\",\"done\":1,\"total\":1}\n")
    (data (i32.const 192) "{\"type\":\"text\",\"text\":\"0\",\"token\":1}\n")
    (data (i32.const 256) "{\"type\":\"done\",\"reason\":\"length\",\"text\":\".\",\"prompt_tokens\":3,\"cached_tokens\":1,\"completion_tokens\":2}\n")
    (data (i32.const 384) "{\"type\":\"error\",\"code\":\"prompt_too_long\",\"message\":\"too long\"}\n")
    (global $lines (mut i32) (i32.const 0))
    (func $say (param i32 i32) (drop (call $write (local.get 0) (local.get 1))))
    ;; Whether the line of this length at 8192 has the character.
    (func $has (param $length i32) (param $char i32) (result i32)
        (loop $next
            (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (if (i32.eq (i32.load8_u (i32.add (i32.const 8192) (local.get $length))) (local.get $char))
                (then (return (i32.const 1))))
            (br $next))
        unreachable)
    ;; Length of the next line at 8192, 0 at the end.
    (func $line (result i32) (local $length i32)
        (loop $more
            (drop (call $read (i32.add (i32.const 8192) (local.get $length)) (i32.const 4096)))
            (if (i32.eqz (i32.load (i32.const 8))) (then (return (i32.const 0))))
            (local.set $length (i32.add (local.get $length) (i32.load (i32.const 8))))
            (br_if $more (i32.ne (i32.const 10)
                (i32.load8_u (i32.add (i32.const 8191) (local.get $length))))))
        (local.get $length))
    (func (export "_start") (local $length i32)
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 1024) (i32.const 4096)))
        (if (i32.eq (i32.load8_u (i32.const 4101)) (i32.const 105))
            (then (call $say (i32.const 64) (i32.const 33)) (return)))
        (loop $next
            (local.set $length (call $line))
            (if (i32.eqz (local.get $length)) (then (return)))
            (global.set $lines (i32.add (global.get $lines) (i32.const 1)))
            (call $say (i32.const 128) (i32.const 38))
            (if (call $has (local.get $length) (i32.const 126)) (then (loop $ever (br $ever))))
            (if (call $has (local.get $length) (i32.const 94)) (then unreachable))
            (if (call $has (local.get $length) (i32.const 38))
                (then (call $say (i32.const 384) (i32.const 63)) (br $next)))
            (i32.store8 (i32.const 215) (i32.add (i32.const 48) (global.get $lines)))
            (if (call $has (local.get $length) (i32.const 124))
                (then (loop $ever (call $say (i32.const 192) (i32.const 37)) (br $ever))))
            (call $say (i32.const 192) (i32.const 37))
            (call $say (i32.const 256) (i32.const 103))
            (br $next)))"#;

/// A running server. It is killed when a test fails.
struct Server {
    _guest: Bundle,
    process: Child,
    address: SocketAddr,
    log: BufReader<std::process::ChildStderr>,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        Self::start_with(args, |_| {})
    }

    fn start_with(args: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let guest = Bundle::new(GUEST);
        let mut command = guest.command(&[&["serve", "--port", "0"], args].concat());
        change(&mut command);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("akio: listening on http://") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended");
        }
        let address = line
            .trim()
            .rsplit_once('/')
            .unwrap()
            .1
            .replace("0.0.0.0", "127.0.0.1");
        Self {
            _guest: guest,
            process,
            address: address.parse().unwrap(),
            log,
        }
    }

    fn send(&self, request: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        // The server may answer and close before it has read all.
        let _ = stream.write_all(request);
        stream
    }

    /// Status, head and body.
    fn raw(&self, request: &[u8]) -> (u16, String, String) {
        let mut response = Vec::new();
        // What came before a reset counts.
        let _ = self.send(request).read_to_end(&mut response);
        parse(&response)
    }

    fn get(&self, path: &str) -> (u16, String, String) {
        self.raw(
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
    }

    fn post(&self, path: &str, body: &[u8]) -> (u16, Value) {
        let (status, _, body) = self.raw(&request(path, body));
        let json = serde_json::from_str(&body);
        (status, json.unwrap_or(Value::String(body)))
    }

    fn chat(&self, messages: &[(&str, &str)]) -> (u16, Value) {
        self.post("/v1/chat/completions", &conversation(messages))
    }

    fn metric(&self, name: &str) -> u64 {
        let (_, _, text) = self.get("/metrics");
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit_once(' '))
            .map(|(_, value)| value.parse().unwrap())
            .unwrap_or_default()
    }

    /// Waits until a metric is as it shall be.
    fn until(&self, name: &str, value: u64) {
        let begin = Instant::now();
        while self.metric(name) != value {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{name} is {}",
                self.metric(name)
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// The processes that this one has started and that still run.
    fn instances(&self) -> Vec<String> {
        let id = self.process.id().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            // Behind the name in brackets: state, parent.
            let mut fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
            if fields.next() != Some("Z") && fields.next() == Some(&id) {
                found.push(entry.file_name().into_string().unwrap());
            }
        }
        found
    }

    /// A process that was ended is gone a moment later.
    fn until_none_runs(&self) {
        let begin = Instant::now();
        while !self.instances().is_empty() {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{:?}",
                self.instances()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn parse(response: &[u8]) -> (u16, String, String) {
    let text = String::from_utf8_lossy(response).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("no response: {text:?}"));
    (status.parse().unwrap(), head.to_owned(), body.to_owned())
}

fn request(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn conversation(messages: &[(&str, &str)]) -> Vec<u8> {
    let messages: Vec<_> = messages
        .iter()
        .map(|(role, content)| json!({ "role": role, "content": content }))
        .collect();
    json!({ "messages": messages }).to_string().into()
}

fn content(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn an_answer_has_the_shape_that_clients_expect() {
    let server = Server::start(&[]);
    let (status, answer) = server.chat(&[("user", "hi")]);
    assert_eq!(status, 200);
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "guest");
    let choice = &answer["choices"][0];
    let message = json!({ "role": "assistant", "content": "1." });
    assert_eq!(choice["message"], message);
    assert_eq!(choice["finish_reason"], "length");
    let usage = json!({
        "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5,
        "prompt_tokens_details": { "cached_tokens": 1 },
    });
    assert_eq!(answer["usage"], usage);

    let (status, answer) = server.post("/v1/completions", br#"{"prompt":"Once"}"#);
    assert_eq!(
        (status, &answer["object"]),
        (200, &json!("text_completion"))
    );
    assert_eq!(answer["choices"][0]["text"], "1.");
}

#[test]
fn a_stream_is_chunks_then_usage_then_its_end() {
    let server = Server::start(&[]);
    let body = br#"{"messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#;
    let (status, head, body) = server.raw(&request("/v1/chat/completions", body));
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let events: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    let (end, chunks) = events.split_last().unwrap();
    assert_eq!(*end, "[DONE]");
    let chunks: Vec<Value> = chunks
        .iter()
        .map(|chunk| serde_json::from_str(chunk).unwrap())
        .collect();
    let deltas: Vec<_> = chunks
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"].clone())
        .collect();
    assert_eq!(
        deltas,
        [
            json!({ "role": "assistant", "content": "" }),
            json!({ "content": "1" }),
            json!({ "content": "." }),
            json!({}),
            Value::Null,
        ]
    );
    assert_eq!(chunks[3]["choices"][0]["finish_reason"], "length");
    assert_eq!(chunks[4]["usage"]["total_tokens"], 5);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["object"] == "chat.completion.chunk")
    );
}

#[test]
fn a_conversation_goes_on_in_its_instance_and_no_other_enters_it() {
    let server = Server::start(&[]);
    let said = |messages: &[(&str, &str)]| content(&server.chat(messages).1).to_owned();
    assert_eq!(said(&[("user", "a")]), "1.");
    // Another one, and one that begins in the same way.
    assert_eq!(said(&[("user", "b")]), "1.");
    assert_eq!(said(&[("user", "a")]), "1.");
    assert_eq!(
        said(&[("user", "a"), ("assistant", "other"), ("user", "c")]),
        "1."
    );
    // The second message of the first conversation, and its third.
    let mut talk = vec![("user", "b"), ("assistant", "1."), ("user", "c")];
    assert_eq!(said(&talk), "2.");
    talk.extend([("assistant", "2."), ("user", "d")]);
    assert_eq!(said(&talk), "3.");
    assert_eq!(server.metric("akio_instances_started_total"), 4);
}

#[test]
fn only_a_few_conversations_are_kept() {
    let server = Server::start(&["--keep", "2"]);
    for name in ["a", "b", "c"] {
        assert_eq!(content(&server.chat(&[("user", name)]).1), "1.");
    }
    assert_eq!(server.metric("akio_instances_idle"), 2);
    let next = |name| {
        let talk = [("user", name), ("assistant", "1."), ("user", "x")];
        content(&server.chat(&talk).1).to_owned()
    };
    assert_eq!(next("c"), "2.");
    assert_eq!(next("a"), "1.");

    let none = Server::start(&["--keep", "0"]);
    none.chat(&[("user", "a")]);
    assert_eq!(none.metric("akio_instances_idle"), 0);
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let server = Server::start(&["--parallel", "2"]);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..64)
            .map(|number| {
                let server = &server;
                scope.spawn(move || server.chat(&[("user", &number.to_string())]))
            })
            .collect();
        for client in clients {
            let (status, answer) = client.join().unwrap();
            assert_eq!((status, content(&answer)), (200, "1."));
        }
    });
    assert_eq!(server.metric("akio_answers_total"), 64);
    assert_eq!(server.metric("akio_requests_waiting"), 0);
    assert!(server.metric("akio_instances_idle") <= 8);
}

#[test]
fn a_full_queue_refuses_and_a_client_that_leaves_makes_room() {
    let server = Server::start(&["--parallel", "1", "--queue", "1"]);
    let body = conversation(&[("user", "~")]);
    let busy = server.send(&request("/v1/chat/completions", &body));
    server.until("akio_instances_busy", 1);
    let waiting = server.send(&request("/v1/chat/completions", &body));
    server.until("akio_requests_waiting", 1);
    let (status, head, answer) = server.raw(&request("/v1/chat/completions", &body));
    assert_eq!(status, 503, "{answer}");
    assert!(head.contains("retry-after: 1"), "{head}");
    assert!(answer.contains("queue_full"), "{answer}");
    // Health is answered however busy it is.
    assert_eq!(server.get("/health").0, 200);

    drop(waiting);
    server.until("akio_requests_waiting", 0);
    drop(busy);
    server.until("akio_instances_busy", 0);
    server.until("akio_answers_cancelled_total", 2);
    server.until_none_runs();
    assert_eq!(content(&server.chat(&[("user", "a")]).1), "1.");
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_stream_ends_its_instance() {
    let server = Server::start(&["--parallel", "1"]);
    let body = br#"{"messages":[{"role":"user","content":"|"}],"stream":true}"#;
    let mut stream = server.send(&request("/v1/chat/completions", body));
    let mut some = [0; 2000];
    stream.read_exact(&mut some).unwrap();
    assert_eq!(server.metric("akio_instances_busy"), 1);
    drop(stream);
    server.until("akio_instances_busy", 0);
    server.until_none_runs();
}

#[test]
fn an_answer_that_takes_too_long_is_stopped() {
    let server = Server::start(&["--timeout", "500ms", "--parallel", "1"]);
    let (status, answer) = server.chat(&[("user", "~")]);
    assert_eq!((status, &answer["error"]["code"]), (504, &json!("timeout")));
    // Also one that nobody reads.
    let body = br#"{"messages":[{"role":"user","content":"|"}],"stream":true}"#;
    let unread = server.send(&request("/v1/chat/completions", body));
    server.until("akio_instances_busy", 1);
    server.until("akio_instances_busy", 0);
    drop(unread);
    server.until_none_runs();
}

#[test]
fn an_instance_that_fails_is_one_error() {
    let server = Server::start(&[]);
    let (status, answer) = server.chat(&[("user", "^")]);
    assert_eq!(status, 500);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("unreachable"), "{message}");
    let (status, answer) = server.chat(&[("user", "&")]);
    let code = &answer["error"]["code"];
    assert_eq!((status, code), (400, &json!("context_length_exceeded")));
    assert_eq!(content(&server.chat(&[("user", "a")]).1), "1.");
}

#[test]
fn hostile_requests_are_refused_and_the_server_goes_on() {
    let server = Server::start(&[]);
    let chat = "/v1/chat/completions";
    for (body, part) in [
        (&b""[..], "not a JSON object"),
        (b"{", "not a JSON object"),
        (b"\xff\xfe", "not a JSON object"),
        (b"{\"messages\":\"\xff\"}", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"{}", "'messages' is missing"),
        (
            br#"{"messages":[{"role":"user","content":"a"}],"n":5}"#,
            "'n'",
        ),
        (&[b'['; 100_000], "not a JSON object"),
    ] {
        let (status, answer) = server.post(chat, body);
        assert_eq!(status, 400, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{message}");
        assert_eq!(answer["error"]["type"], "invalid_request_error");
    }
    assert_eq!(server.post(chat, &vec![b' '; 5 << 20]).0, 413);
    // A length that is announced and does not come is not waited for.
    let huge = format!(
        "POST {chat} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: 99999999999\r\n\r\n"
    );
    let (status, _, answer) = server.raw(huge.as_bytes());
    assert_eq!(status, 413, "{answer}");
    for (head, status) in [
        ("GET /v1/chat/completions HTTP/1.1\r\nHost: localhost", 405),
        ("GET /nothing HTTP/1.1\r\nHost: localhost", 404),
        ("GET /../etc/passwd HTTP/1.1\r\nHost: localhost", 404),
        ("GET /v1/models/other HTTP/1.1\r\nHost: localhost", 404),
        ("GET /health HTTP/1.1\r\nHost: attacker.example", 403),
        ("GET /health HTTP/1.1", 403),
        (
            "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 0",
            415,
        ),
        ("NONSENSE", 400),
    ] {
        let close = format!("{head}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(close.as_bytes()).0, status, "{head}");
    }
    let (status, _, _) = server.raw(&[b'a'; 1 << 20]);
    assert!((400..500).contains(&status), "{status}");
    assert_eq!(content(&server.chat(&[("user", "a")]).1), "1.");
}

#[test]
fn the_key_opens_everything_but_health() {
    let key = |command: &mut Command| {
        command.env("AKIO_API_KEY", "secret");
    };
    for server in [
        Server::start(&["--api-key", "secret"]),
        Server::start_with(&[], key),
    ] {
        assert_eq!(server.get("/health").0, 200);
        for path in ["/v1/models", "/metrics"] {
            for (given, status) in [
                ("", 401),
                ("Authorization: Bearer wrong\r\n", 401),
                ("Authorization: Bearer\r\n", 401),
                ("Authorization: Basic secret\r\n", 401),
                ("Authorization: Bearer secret\r\n", 200),
            ] {
                let head = format!(
                    "GET {path} HTTP/1.1\r\nHost: my-name\r\n{given}Connection: close\r\n\r\n"
                );
                assert_eq!(server.raw(head.as_bytes()).0, status, "{path} {given}");
            }
        }
        let (status, answer) = server.chat(&[("user", "a")]);
        assert_eq!(
            (status, &answer["error"]["code"]),
            (401, &json!("invalid_api_key"))
        );
    }
}

#[test]
fn models_and_metrics_tell_what_there_is() {
    let server = Server::start(&[]);
    let (status, _, body) = server.get("/v1/models");
    let models: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &models["object"]), (200, &json!("list")));
    assert_eq!(models["data"][0]["id"], "guest");
    assert_eq!(models["data"][0]["license"], "MIT");
    assert_eq!(server.get("/v1/models/guest").0, 200);

    server.chat(&[("user", "a")]);
    server.chat(&[("user", "&")]);
    for (name, value) in [
        ("akio_prompt_tokens_total", 3),
        ("akio_cached_tokens_total", 1),
        ("akio_completion_tokens_total", 2),
        ("akio_answers_total", 1),
        (
            "akio_responses_total{path=\"/v1/chat/completions\",status=\"200\"}",
            1,
        ),
        (
            "akio_responses_total{path=\"/v1/chat/completions\",status=\"400\"}",
            1,
        ),
    ] {
        assert_eq!(server.metric(name), value, "{name}");
    }
    let (_, head, text) = server.get("/metrics");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap();
    }
}

#[test]
fn a_folder_is_served_with_its_headers_and_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), "secret").unwrap();
    let web = dir.path().join("web");
    fs::create_dir(&web).unwrap();
    fs::write(web.join("index.html"), "<p>page</p>").unwrap();
    fs::write(web.join("a.wasm"), "0123456789").unwrap();
    fs::write(
        web.join("_headers"),
        "/*\n  Cross-Origin-Opener-Policy: same-origin\n",
    )
    .unwrap();
    let server = Server::start(&["--web", web.to_str().unwrap()]);
    let (status, head, body) = server.get("/");
    assert_eq!((status, &*body), (200, "<p>page</p>"));
    assert!(
        head.contains("cross-origin-opener-policy: same-origin"),
        "{head}"
    );
    let (_, head, _) = server.get("/a.wasm");
    assert!(head.contains("content-type: application/wasm"), "{head}");
    let range =
        b"GET /a.wasm HTTP/1.1\r\nHost: localhost\r\nRange: bytes=4-\r\nConnection: close\r\n\r\n";
    let (status, _, body) = server.raw(range);
    assert_eq!((status, &*body), (206, "456789"));
    for path in ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret"] {
        let (status, _, body) = server.get(path);
        assert!(status >= 400 && !body.contains("secret"), "{path}");
    }
    // The API is where it was.
    assert_eq!(server.get("/health").0, 200);
    assert_eq!(content(&server.chat(&[("user", "a")]).1), "1.");
}

#[test]
fn a_signal_lets_answers_end_and_a_second_one_does_not() {
    for name in ["INT", "TERM"] {
        let mut server = Server::start(&[]);
        server.chat(&[("user", "a")]);
        let kept = server.instances();
        assert_eq!(kept.len(), 1);
        server.signal(name);
        assert_eq!(server.process.wait().unwrap().code(), Some(0));
        gone(&kept);
    }

    let mut server = Server::start(&["--grace", "60"]);
    let body = br#"{"messages":[{"role":"user","content":"|"}],"stream":true}"#;
    let mut stream = server.send(&request("/v1/chat/completions", body));
    stream.read_exact(&mut [0; 500]).unwrap();
    let busy = server.instances();
    server.signal("TERM");
    let mut line = String::new();
    server.log.read_line(&mut line).unwrap();
    assert!(line.starts_with("akio: stopping"), "{line}");
    // It takes nobody new, and goes on answering.
    assert!(TcpStream::connect(server.address).is_err());
    stream.read_exact(&mut [0; 100_000]).unwrap();
    assert_eq!(server.process.try_wait().unwrap(), None);
    server.signal("TERM");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    gone(&busy);

    let mut server = Server::start(&["--grace", "0"]);
    let stream = server.send(&request(
        "/v1/chat/completions",
        &conversation(&[("user", "~")]),
    ));
    server.until("akio_instances_busy", 1);
    let busy = server.instances();
    server.signal("INT");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    gone(&busy);
    drop(stream);
}

/// Waits until processes have ended.
fn gone(processes: &[String]) {
    let begin = Instant::now();
    for id in processes {
        while fs::exists(format!("/proc/{id}/exe")).unwrap_or(false) {
            assert!(begin.elapsed() < Duration::from_secs(20), "{id} runs on");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn other_machines_are_let_in_only_with_a_warning() {
    let mut server = Server::start(&[]);
    assert!(server.address.ip().is_loopback());
    server.signal("TERM");
    let mut rest = String::new();
    server.log.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("warning"), "{rest}");

    let guest = Bundle::new(GUEST);
    for (args, part) in [
        (&["--host", "0.0.0.0"][..], "anyone who can reach"),
        (&["--host", "0.0.0.0", "--api-key", "k"], "encrypted"),
    ] {
        let mut process = guest
            .command(&[&["serve", "--port", "0"], args].concat())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stderr.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        assert!(
            line.starts_with("akio: warning: ") && line.contains(part),
            "{line}"
        );
    }
}

#[test]
fn wrong_flags_are_wrong_usage_and_help_is_help() {
    let guest = Bundle::new(GUEST);
    for args in [
        &["serve", "--port", "many"][..],
        &["serve", "--parallel", "0"],
        &["serve", "--nonsense"],
        &["serve", "extra"],
        &["serve", "--dir", "."],
        &["serve", "--max-output", "1"],
        &["serve", "--web", "/nowhere"],
    ] {
        let output = guest.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
    let help = guest.run(&["serve", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = common::stdout(&help);
    for part in ["--api-key", "--timeout", "AKIO_API_KEY", "Examples:"] {
        assert!(text.contains(part), "{text}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    common::failed_in_one_line(&guest.run(&["serve", "--port", &port]), "cannot listen on");
    let mut unknown = guest.command(&["serve", "--host", "no.such.host.invalid"]);
    common::failed_in_one_line(&unknown.output().unwrap(), "cannot listen on");
}

#[test]
fn a_module_that_does_not_start_is_one_line() {
    let guest = Bundle::new(r#"(func (export "_start") unreachable)"#);
    common::failed_in_one_line(&guest.run(&["serve", "--port", "0"]), "does not start");
    let guest = Bundle::new(GUEST);
    common::failed_in_one_line(
        &guest.run(&["serve", "--port", "0", "--max-memory", "64K"]),
        "--max-memory",
    );
}
