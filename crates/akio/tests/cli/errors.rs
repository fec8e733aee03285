//! Everything that can be wrong, what is said about it, and the exit code.

use std::io::Write;

use akio::embedded::SlotError;
use rustix::io::Errno;

use crate::console::{Broken, TINY, akio};

#[track_caller]
fn fails(ran: crate::console::Ran, code: u8, part: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr.starts_with("akio: ") && ran.stderr.contains(part),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn usage_is_1() {
    for (args, part) in [
        (&["--tmp", "1", "x"][..], "--temp"),
        (&["-t", "-1", "x"], "temperature"),
        (&["-t", "nan", "x"], "temperature"),
        (&["--top-p", "2", "x"], "top_p"),
        (&["--logit-bias", "4000000000:1", "x"], "4000000000"),
        (&["--stop", "", "x"], "stop string"),
        (&["--ctx", "1000000", "x"], "1000000"),
        (&["chat", "one", "two"], "one"),
        (&["-j", "{", "x"], "not JSON"),
        (&["-j", r#"{"items":{"not":{}}}"#, "x"], "/items/not"),
        (&["chat", "--regex", "a("], "character 2"),
        (&["--grammar", "root ::= \"a", "x"], "line 1"),
        (&["--choice", "", "x"], "choice"),
        (&["--choice", "yes", "-n", "2", "x"], "up to 3 tokens"),
        (&["--choice", "yes", "-r", "e", "x"], "stop strings"),
    ] {
        fails(akio(args).run(), 1, part);
    }
}

#[test]
fn empty_prompts_are_1() {
    for args in [
        &[""][..],
        &["-p", ""],
        &[" \n"],
        &[],
        &["run"],
        &["--raw", ""],
    ] {
        fails(akio(args).run(), 1, "prompt is empty");
    }
    fails(akio(&[]).stdin(b"\n \r\n").run(), 1, "prompt is empty");
}

#[test]
fn prompt_flags_without_a_prompt_do_not_open_a_chat() {
    for args in [&["run"][..], &["--json"], &["--raw"]] {
        fails(akio(args).on_a_terminal().run(), 1, "prompt is empty");
    }
}

#[test]
fn stdin_that_is_not_utf8_is_1() {
    fails(
        akio(&[]).stdin(b"abc\xFFdef").run(),
        1,
        "stdin is not valid UTF-8 from byte 3",
    );
    fails(akio(&["chat"]).stdin(b"\xC3\n").run(), 1, "not valid UTF-8");
    fails(
        akio(&["tokenize"]).stdin(b"\x80").run(),
        1,
        "not valid UTF-8",
    );
}

#[test]
fn endless_stdin_is_1() {
    let stdin = vec![b'a'; (16 << 20) + 1];
    fails(akio(&[]).stdin(&stdin).run(), 1, "16 MiB");
}

#[test]
fn prompt_longer_than_the_context_is_2() {
    fails(
        akio(&["--ctx", "16", &"word ".repeat(50)]).run(),
        2,
        "context of 16",
    );
}

#[test]
fn no_model_is_2_and_says_how_to_get_one() {
    fails(
        akio(&["x"]).model(Err(SlotError::Empty)).run(),
        2,
        "akio-pack inject",
    );
    fails(
        akio(&["info"]).model(Err(SlotError::OutOfBounds)).run(),
        2,
        "inject the model again",
    );
    let help = akio(&["--help"]).model(Err(SlotError::Empty)).run();
    assert_eq!((help.code, &*help.stderr), (0, ""));
}

#[test]
fn damaged_model_is_2() {
    fails(
        akio(&["x"]).model(Ok(b"not a model")).run(),
        2,
        "not a packed akio model",
    );
    let cut = &TINY.as_slice()[..1000];
    fails(akio(&["x"]).model(Ok(cut)).run(), 2, "truncated");
}

#[test]
fn missing_file_is_3() {
    fails(
        akio(&["-f", "/no/such/file", "x"]).run(),
        3,
        "/no/such/file",
    );
    fails(
        akio(&["--system-file", "/no/such/file", "x"]).run(),
        3,
        "/no/such/file",
    );
    fails(
        akio(&["chat", "--session", "/no/such/file"]).run(),
        3,
        "/no/such/file",
    );
}

#[test]
fn closed_pipe_is_a_quiet_end() {
    for args in [&["x"][..], &["--help"], &["info"], &["tokenize", "x"]] {
        let ended = akio(args).run_into(&mut Broken(Errno::PIPE));
        assert_eq!(ended, (0, String::new()), "{args:?}");
    }
}

#[test]
fn full_disk_is_3() {
    let says_so = |stdout: &mut dyn Write| {
        let (code, stderr) = akio(&["x"]).run_into(stdout);
        assert_eq!(code, 3);
        assert!(
            stderr.starts_with("akio: stdout: No space left"),
            "{stderr}"
        );
    };
    says_so(&mut Broken(Errno::NOSPC));
    #[cfg(target_os = "linux")]
    says_so(
        &mut std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap(),
    );
}
