//! Servers under load: akio's two and llama.cpp's, on the same file and the same requests, in turn.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::journal::{Journal, Values, labels, values};
use super::peers::{self, Peers};
use crate::edition::Edition;
use crate::{child, paths, peak, test};

/// Clients that ask at the same time.
const CLIENTS: [usize; 4] = [1, 8, 32, 64];
/// Requests of all of them together, at least; each client has two at least.
const REQUESTS: usize = 32;
/// Most tokens of an answer.
const TOKENS: u64 = 32;
/// Time that a server has to start.
const START: Duration = Duration::from_secs(120);

pub fn measure(journal: &mut Journal, peers: &Peers) -> Result<()> {
    let model = peers::weights(Edition::Default)?;
    let wasmtime = test::wasmtime()?;
    let cores = thread::available_parallelism()?.to_string();
    for clients in CLIENTS {
        let mut akio = child::program(paths::dist().join("akio"));
        akio.args(["serve", "--queue", "64", "--port"]);
        let mut component = child::program(&wasmtime);
        component.args(["serve", "-S", "cli", "--addr"]);
        let mut servers = vec![
            ("akio serve", akio),
            ("akio-http.wasm, wasmtime serve", component),
        ];
        if let Some(python) = &peers.llama_cpp {
            let mut llama_cpp = child::program(python);
            llama_cpp.args([
                "-m",
                "llama_cpp.server",
                "--n_ctx",
                "4096",
                "--n_threads",
                &cores,
            ]);
            llama_cpp.args(["--model"]).arg(&model).arg("--port");
            servers.push(("llama.cpp, llama_cpp.server", llama_cpp));
        }
        for (name, mut command) in servers {
            let row = labels([("server", name), ("clients", &clients.to_string())]);
            journal.measure(&row, 1, || {
                let port = free_port()?;
                if name.contains("wasmtime") {
                    command.arg(format!("127.0.0.1:{port}"));
                    command.arg(paths::dist().join("akio-http.wasm"));
                } else {
                    command.arg(port.to_string());
                }
                let server = Server::start(command, port)?;
                Ok(Some(server.load(clients)?))
            })?;
        }
    }
    Ok(())
}

/// A port that nobody listened on a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A server, which ends with this.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(mut command: Command, port: u16) -> Result<Self> {
        let log = fs::File::create(paths::work()?.join("server.log"))?;
        let process = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let mut server = Self { process, port };
        let begin = Instant::now();
        while server.exchange("GET", "/v1/models", "").is_err() {
            ensure!(begin.elapsed() < START, "the server does not answer");
            if let Some(status) = server.process.try_wait()? {
                bail!("the server ended ({status}); see target/xtask/server.log");
            }
            thread::sleep(Duration::from_millis(50));
        }
        // What is done once for all requests is done before they are timed.
        server.ask(0)?;
        Ok(server)
    }

    /// All clients ask one question after the other.
    fn load(&self, clients: usize) -> Result<Values> {
        let requests = REQUESTS.max(2 * clients);
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let begin = Instant::now();
        let (answers, memory) = thread::scope(|scope| -> Result<_> {
            let client = || {
                let mut answers = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        done.fetch_add(1, Ordering::Relaxed);
                        return answers;
                    }
                    let begin = Instant::now();
                    let tokens = self.ask(number).ok();
                    answers.push((tokens, begin.elapsed()));
                }
            };
            let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
            let mut memory = 0;
            while done.load(Ordering::Relaxed) < clients.len() {
                memory = memory.max(peak::proportional(self.process.id())?);
                thread::sleep(Duration::from_millis(20));
            }
            let answers: Vec<_> = clients
                .into_iter()
                .flat_map(|client| client.join().unwrap_or_default())
                .collect();
            Ok((answers, memory))
        })?;
        let wall = begin.elapsed().as_secs_f64();
        let mut times: Vec<Duration> = answers
            .iter()
            .filter_map(|(tokens, time)| tokens.map(|_| *time))
            .collect();
        times.sort();
        let at = |part: f64| {
            let place = ((times.len() as f64 * part).ceil() as usize).max(1) - 1;
            times.get(place).map(Duration::as_secs_f64)
        };
        let tokens: u64 = answers.iter().filter_map(|(tokens, _)| *tokens).sum();
        // Seconds are from connecting to the last byte; memory is the most of all processes of the server
        // together, pages that several have mapped counted once.
        Ok(values([
            ("answered", Some(times.len() as f64)),
            ("requests", Some(requests as f64)),
            ("p50_s", at(0.5)),
            ("p95_s", at(0.95)),
            ("tok_s", Some(tokens as f64 / wall)),
            ("bytes", Some(memory as f64)),
        ]))
    }

    /// One question, with a beginning of its own; returns the number of tokens of its answer.
    fn ask(&self, number: usize) -> Result<u64> {
        let body = json!({
            "model": "any",
            "temperature": 0,
            "max_tokens": TOKENS,
            "messages": [
                { "role": "system", "content": format!("You answer question {number}.") },
                { "role": "user", "content": "What should I think of when I plan a walk in the mountains?" },
            ],
        });
        let answer = self.exchange("POST", "/v1/chat/completions", &body.to_string())?;
        answer["usage"]["completion_tokens"]
            .as_u64()
            .context("an answer without usage")
    }

    /// In HTTP 1.0 a response ends with its connection.
    fn exchange(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        let (head, body) = response
            .split_once("\r\n\r\n")
            .context("a response without an end of its head")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        ensure!(status == "200", "status {status}: {body}");
        Ok(serde_json::from_str(body)?)
    }
}
