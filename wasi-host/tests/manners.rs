//! Settings, the doctor, completions and manual pages.

mod common;

use common::{Bundle, HELLO, TINY, Work, stderr, stdout};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Grows its memory by 64 MiB, and says what came of it.
const GROW: &str = r#"
    (data (i32.const 64) "refused\n")
    (func (export "_start")
        (if (i32.eq (memory.grow (i32.const 1024)) (i32.const -1))
            (then (drop (call $write (i32.const 64) (i32.const 8))))))"#;

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let guest = Bundle::new(GROW);
    let config = guest.dir.path().join("config/akio/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "max-memory = \"1M\"\n").unwrap();
    let run = |args: &[&str], variable: Option<&str>| {
        let mut command = guest.command(args);
        command.env("XDG_CONFIG_HOME", guest.dir.path().join("config"));
        command.envs(variable.map(|value| ("AKIO_MAX_MEMORY", value)));
        stdout(&command.output().unwrap()).to_owned()
    };
    assert_eq!(run(&[], None), "refused\n");
    assert_eq!(run(&[], Some("1G")), "");
    assert_eq!(run(&["--max-memory", "2M"], Some("1G")), "refused\n");
    assert_eq!(run(&["--max-memory", "1G"], Some("1M")), "");
}

#[test]
fn wrong_settings_are_named_with_their_place() {
    let guest = Bundle::new(HELLO);
    let config = guest.dir.path().join("settings");
    for (text, part) in [
        (
            "timeout = \"soon\"\n",
            "settings: --timeout soon is not a time",
        ),
        (
            "\nmax_memory = \"1G\"\n",
            "settings, line 2: unknown field `max_memory`",
        ),
        ("timeout = 5\n", "settings, line 1: "),
        ("what is this", "settings, line 1: "),
    ] {
        fs::write(&config, text).unwrap();
        let output = guest
            .command(&[])
            .env("AKIO_CONFIG", &config)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            stderr(&output).contains(part),
            "{} without {part}",
            stderr(&output)
        );
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
    let output = guest
        .command(&[])
        .env("AKIO_TIMEOUT", "soon")
        .output()
        .unwrap();
    assert!(
        stderr(&output).contains("AKIO_TIMEOUT: --timeout soon"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_doctor_finds_nothing_wrong_with_what_is_right() {
    let work = Work::new();
    work.run(&["embed", TINY, "-o", "mine", "--native", "--name", "mine"]);
    work.run(&["embed", TINY, "-o", "mine.wasm"]);
    work.run(&["extract-model", "mine", "-o", "model"]);
    for (file, parts) in [
        (
            "mine",
            &["code", "mine, 128832 bytes, the sha256 is right"][..],
        ),
        ("mine.wasm", &["128832 bytes, the sha256 is right"]),
        ("model", &["128832 bytes, the sha256 is right"]),
    ] {
        let report = work.run(&["doctor", file]);
        assert!(!report.contains("wrong "), "{report}");
        for part in parts.iter().chain(&["ok     processor", "ok     cache"]) {
            assert!(report.contains(part), "{report} without {part}");
        }
    }
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let work = Work::new();
    work.run(&["embed", TINY, "-o", "mine", "--native"]);
    let good = work.read("mine");
    let mut code = good.clone();
    code[good.len() - 200_000] ^= 1;
    fs::write(work.path("code"), code).unwrap();
    fs::write(
        work.path("text"),
        "not a model, but long enough for one to begin with",
    )
    .unwrap();
    for (file, parts) in [
        ("text", &["wrong  model"][..]),
        ("missing", &["wrong  file", "wrong  model"]),
        ("code", &["wrong  code"]),
    ] {
        let output = work.try_run(&["doctor", file]);
        assert_eq!(output.status.code(), Some(3), "{file}: {}", stdout(&output));
        for part in parts {
            assert!(
                stdout(&output).contains(part),
                "{} without {part}",
                stdout(&output)
            );
        }
        assert!(stderr(&output).contains("wrong"), "{}", stderr(&output));
    }
    // A cache that others can write to is not used; that is no reason not to run.
    fs::create_dir_all(work.0.cache.join("modules")).unwrap();
    fs::set_permissions(work.0.cache.join("modules"), Permissions::from_mode(0o777)).unwrap();
    assert!(work.run(&["doctor", "mine"]).contains("note   cache"));
}

#[test]
fn completions_are_for_each_shell_and_know_all_commands() {
    let guest = Bundle::new(HELLO);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = guest.run(&["completions", shell]);
        for word in ["chat", "serve", "doctor", "temperature", "max-memory"] {
            assert!(stdout(&output).contains(word), "{shell} without {word}");
        }
    }
    let script = guest.dir.path().join("script");
    fs::write(&script, guest.run(&["completions", "bash"]).stdout).unwrap();
    let complete = "source ./script; COMP_WORDS=(akio com); COMP_CWORD=1; _akio akio com akio; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["-c", complete])
        .current_dir(guest.dir.path())
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "completions\n", "{}", stderr(&output));
    assert_eq!(guest.run(&["completions", "cmd"]).status.code(), Some(1));
}

#[test]
fn there_is_a_page_for_each_command() {
    let guest = Bundle::new(HELLO);
    let page = guest.run(&["man"]);
    assert!(stdout(&page).contains(".TH akio 1"), "{}", stdout(&page));
    assert!(
        stdout(&page).contains("\\-\\-max\\-memory"),
        "{}",
        stdout(&page)
    );
    let page = guest.run(&["man", "serve"]);
    assert!(
        stdout(&page).contains("akio\\-serve") && stdout(&page).contains("\\-\\-port"),
        "{}",
        stdout(&page)
    );
    assert_eq!(guest.run(&["man", "nonsense"]).status.code(), Some(1));
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal() {
    let guest = Bundle::new(HELLO);
    for args in [
        &["serve", "--help"][..],
        &["man", "serve"],
        &["doctor"],
        &["embed"],
        &["--dir"],
    ] {
        let output = guest
            .command(args)
            .env("CLICOLOR_FORCE", "1")
            .env("TERM", "xterm-256color")
            .output()
            .unwrap();
        for text in [stdout(&output), stderr(&output)] {
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
    }
}
