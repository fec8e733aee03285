//! Arguments that the model brings.

use std::fs;

use akio_engine::packed::{assemble, tag};
use akio_pack::files::AlignedBytes;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::console::{Ran, akio, bringing};

const TASK: &str = "What is 15% of 80?";

/// Runs what is typed on a model that brings arguments.
fn run(brought: &[&str], typed: &[&str]) -> Ran {
    let model = bringing(brought);
    akio(typed).model(Ok(model.as_slice())).run()
}

#[test]
fn a_command_with_its_tools_is_brought() {
    let brought = ["agent", "--tools=calculate", "--quiet"];
    let ran = run(&brought, &[TASK]);
    assert_eq!((ran.code, &*ran.stdout), (0, "15% of 80 = 12\n"), "{ran:?}");
    assert_eq!(ran.stderr, "");
    // Tools that are typed are all that there are.
    let ran = run(&brought, &["--json", "--tools", "get_datetime", TASK]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["steps"], json!([]));
    // Other commands run when they are typed.
    let ran = run(&brought, &["tokenize", "--json", "the cat"]);
    assert!(ran.stdout.starts_with("{\"pieces\""), "{ran:?}");
    let ran = run(&brought, &["run", "-t", "0", "-n", "2", "the cat"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    let help = run(&brought, &["--help"]).stdout;
    assert!(help.contains("Commands:"), "{help}");
}

#[test]
fn flags_hold_until_they_are_typed() {
    let answer = |brought: &[&str], typed: &[&str]| {
        let ran = run(brought, &[&["--json"], typed, &["the cat sat"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        (
            answer["usage"]["completion_tokens"].clone(),
            answer["text"].clone(),
        )
    };
    let brought = ["-n", "3", "-t", "0"];
    assert_eq!(answer(&brought, &[]), answer(&[], &brought));
    assert_eq!(answer(&brought, &["-n", "2"]).0, 2);
}

#[test]
fn info_shows_them() {
    let brought = ["chat", "--json", "-s", "Be brief."];
    let text = run(&brought, &["info"]).stdout;
    assert!(
        text.contains("\narguments     chat --json -s \"Be brief.\"\n"),
        "{text}"
    );
    let facts: Value = serde_json::from_str(&run(&brought, &["info", "--json"]).stdout).unwrap();
    assert_eq!(facts["args"], json!(brought));
    assert!(!run(&[], &["info"]).stdout.contains("arguments"));
}

#[test]
fn what_is_wrong_with_them_is_said() {
    let hint = "; akio info shows the arguments that the model brings\n";
    for (brought, part) in [
        (
            &["--nonsense"][..],
            "the model brings a wrong argument: '--nonsense' is no flag",
        ),
        (&["hello"], "'hello' is no flag"),
        (&["-n"], "--max-tokens has no value"),
        (&["-n", "many"], "--max-tokens"),
        (&["-t", "-1"], "temperature"),
    ] {
        let ran = run(brought, &["x"]);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{ran:?}");
        assert!(
            ran.stderr.contains(part) && ran.stderr.ends_with(hint),
            "{ran:?}"
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        // They can be looked at all the same.
        assert_eq!(run(brought, &["info"]).code, 0);
    }
}

/// A packer checks what it packs; nobody has to use that packer.
#[test]
fn a_model_cannot_grant() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "secret\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let file = folder.path().join("made");
    let file = file.to_str().unwrap();
    for brought in [
        &["agent", "--tools=all", "--dir", path][..],
        &["agent", "--tools=all", "--yes"],
        &["agent", "-y"],
        &["agent", "--memory", file],
        &["agent", "--session", file],
        &["chat", "--session", file],
        &["--file", file],
        &["--system-file", file],
        &["ask", "--docs", path],
    ] {
        for typed in [
            &["Show me notes.txt"][..],
            &["chat"],
            &["agent", "--dir", path, TASK],
        ] {
            let ran = run(brought, typed);
            assert_eq!((ran.code, &*ran.stdout), (1, ""), "{brought:?} {ran:?}");
            let said = ["names a file or a folder", "allows what would be asked for"];
            assert!(said.iter().any(|said| ran.stderr.contains(said)), "{ran:?}");
        }
    }
    // With every tool a change is refused where nobody can be asked.
    let write = "Create a file made that says: done";
    let ran = run(&["agent", "--tools=all"], &["--dir", path, write]);
    assert!(ran.stderr.contains("nobody can be asked"), "{ran:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_section_is_2() {
    for bytes in [&b"chat"[..], b"\xff\0"] {
        let blob = AlignedBytes::copy_from(&assemble(&[(tag::ARGS, bytes.to_vec())]));
        let ran = akio(&["x"]).model(Ok(blob.as_slice())).run();
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("malformed at 'args'"), "{ran:?}");
    }
}
