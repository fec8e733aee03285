//! A conversation on a real pseudo-terminal.

mod common;

use common::{Bundle, TINY, Work};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Repeats each line, then answers with a dot every 10 ms until there is input
/// (`stopped`) or there were 300 (`done`); `bye` at the end of the input.
const TALK: &str = r#"
    (data (i32.const 64) "got:.stopped\ndone\nbye\n")
    ;; Two subscriptions: fd_read of stdin, and a clock of 0 ns; then a clock of 10 ms.
    (data (i32.const 256) "\01\00\00\00\00\00\00\00" "\01\00\00\00\00\00\00\00" "\00\00\00\00")
    (data (i32.const 304) "\02\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\01\00\00\00")
    (data (i32.const 352) "\03\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\01\00\00\00\00\00\00\00" "\80\96\98\00")
    (func $say (param i32 i32) (drop (call $write (local.get 0) (local.get 1))))
    (func $stdin_is_ready (result i32)
        (drop (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 2) (i32.const 16)))
        (i64.eq (i64.load (i32.const 512)) (i64.const 1)))
    (func $read_line (result i32)
        (drop (call $read (i32.const 1024) (i32.const 1024)))
        (i32.load (i32.const 8)))
    (func $answer
        (local $left i32)
        (local.set $left (i32.const 300))
        (loop $more
            (if (call $stdin_is_ready) (then
                (drop (call $read_line))
                (call $say (i32.const 69) (i32.const 8))
                (return)))
            (call $say (i32.const 68) (i32.const 1))
            (drop (call $poll_oneoff (i32.const 352) (i32.const 512) (i32.const 1) (i32.const 16)))
            (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $say (i32.const 77) (i32.const 5)))
    (func (export "_start")
        (local $length i32)
        (block $end (loop $talk
            (br_if $end (i32.eqz (local.tee $length (call $read_line))))
            (call $say (i32.const 64) (i32.const 4))
            (call $say (i32.const 1024) (local.get $length))
            (call $answer)
            (br $talk)))
        (call $say (i32.const 82) (i32.const 4)))"#;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";

/// A program on a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    fn start(guest: &Bundle) -> Self {
        Self::start_with(guest, &[])
    }

    fn start_with(guest: &Bundle, args: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .unwrap();
        let child = Command::new("setsid")
            .arg("--ctty")
            .arg(&guest.program)
            .args(args)
            .env("AKIO_CACHE", &guest.cache)
            .env("TERM", "xterm")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        let keyboard = File::from(master);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen: receiver,
            shown: String::new(),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` is shown and forgets all up to its end.
    fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("waited for {text:?}, saw {:?}", self.shown),
            }
        }
    }

    fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

#[test]
fn a_conversation_with_history() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press("hellp\x7fo\r");
    terminal.expect("got:hello\r\n");
    terminal.expect("done\r\n");
    terminal.expect("> ");
    terminal.press(CTRL_D);
    terminal.expect("bye");
    assert_eq!(terminal.end().code(), Some(0));

    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press(UP);
    terminal.press("\r");
    terminal.expect("got:hello\r\n");
}

#[test]
fn ctrl_c_stops_the_answer_and_not_the_program() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start(&guest);
    for line in ["one", "two"] {
        terminal.expect("> ");
        terminal.press(&format!("{line}\r"));
        terminal.expect(&format!("got:{line}\r\n"));
        terminal.expect("...");
        terminal.press(CTRL_C);
        terminal.expect("stopped\r\n");
    }
    terminal.expect("> ");
    terminal.press(CTRL_D);
    terminal.expect("bye");
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line_and_twice_ends_the_conversation() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press("wrong");
    terminal.press(CTRL_C);
    terminal.expect("Ctrl-C again");
    terminal.expect("> ");
    terminal.press("right\r");
    terminal.expect("got:right\r\n");
    terminal.expect("...");
    terminal.press(CTRL_C);
    terminal.expect("> ");
    terminal.press(CTRL_C);
    terminal.expect("> ");
    terminal.press(CTRL_C);
    terminal.expect("bye");
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn ctrl_c_twice_ends_a_guest_that_does_not_look() {
    let guest = Bundle::new(
        r#"(data (i32.const 64) "working")
        (func (export "_start")
            (drop (call $read (i32.const 1024) (i32.const 1024)))
            (drop (call $write (i32.const 64) (i32.const 7)))
            (loop $ever (br $ever)))"#,
    );
    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press("go\r");
    terminal.expect("working");
    terminal.press(CTRL_C);
    terminal.expect("^C");
    thread::sleep(Duration::from_millis(100));
    assert_eq!(terminal.child.try_wait().unwrap(), None);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn pasted_lines_are_one_message() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press("\x1b[200~one\ntwo\x1b[201~\r");
    terminal.expect("got:one\\\r\ntwo\r\n");
}

#[test]
fn keys_that_come_together_are_all_read() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start(&guest);
    terminal.expect("> ");
    terminal.press("one\rtwo\r");
    terminal.expect("got:one\r\n");
    terminal.expect("done\r\n");
    terminal.expect("got:two\r\n");
    terminal.expect("done\r\n");
}

#[test]
fn ctrl_c_ends_a_guest_that_never_read() {
    let guest = Bundle::new(
        r#"(data (i32.const 64) "running")
        (func (export "_start") (drop (call $write (i32.const 64) (i32.const 7))) (loop $ever (br $ever)))"#,
    );
    let mut terminal = Terminal::start(&guest);
    terminal.expect("running");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().signal(), Some(2));
}

#[test]
fn a_conversation_whose_time_is_over_leaves_the_terminal_as_it_was() {
    let guest = Bundle::new(TALK);
    let mut terminal = Terminal::start_with(&guest, &["--timeout", "2s"]);
    let modes = |terminal: &Terminal| tcgetattr(&terminal.keyboard).unwrap().local_modes;
    let before = modes(&terminal);
    assert!(before.contains(LocalModes::ICANON | LocalModes::ECHO));
    terminal.expect("> ");
    assert!(!modes(&terminal).contains(LocalModes::ICANON));
    terminal.expect("stopped after 2s");
    terminal.expect("--timeout");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(124));
    assert_eq!(modes(&terminal), before);
}

#[test]
fn a_sealed_model_asks_for_its_passphrase_and_does_not_show_it() {
    let mut work = Work::new();
    fs::write(work.path("key"), "correct horse").unwrap();
    work.run(&[
        "embed",
        TINY,
        "-o",
        "sealed",
        "--native",
        "--seal",
        "--key-file",
        "key",
    ]);
    work.0.program = work.path("sealed");
    let mut terminal = Terminal::start(&work.0);
    terminal.expect("Passphrase: ");
    // Typed wrongly, taken back, and typed again.
    terminal.press("wrong\x15correct hosre\x7f\x7f\x7frse\r");
    terminal.expect("AKIOPACK");
    assert!(!terminal.shown.contains("correct"));
    assert!(terminal.end().success());

    let mut terminal = Terminal::start(&work.0);
    terminal.expect("Passphrase: ");
    terminal.press("corr");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().code(), Some(130));
}
