//! `edit_file`: parts of a file replaced by others.

use serde_json::{Value, json};

use super::{MAX_FILE, Tool, ToolError, ToolSpec, World, text, text_file};
use crate::request;

mod wanted;

pub(super) struct EditFile(ToolSpec);

impl EditFile {
    pub(super) fn new() -> Self {
        let part =
            |description| json!({"type": "string", "maxLength": 4096, "description": description});
        Self(ToolSpec {
            name: "edit_file".into(),
            description:
                "Change a part of a file: each old_text, which must be in the file exactly \
                          once, is replaced by its new_text."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Path to the file",
                             "minLength": 1, "maxLength": 256},
                    "edits": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 16,
                        "description": "Replacements, all made in the text as it is now",
                        "items": {
                            "type": "object",
                            "properties": {
                                "old_text": part("Text of the file, exactly as it is there"),
                                "new_text": part("What takes its place"),
                            },
                            "required": ["old_text", "new_text"],
                            "additionalProperties": false,
                        },
                    },
                },
                "required": ["path", "edits"],
                "additionalProperties": false,
            }),
            examples: [
                "Change the date in invitation.txt from 3 May to 10 May",
                "Replace apples with pears in groceries.txt",
                "In config.ini set port to 8080 instead of 80",
                "Correct the typo recieve in letter.md",
                "Rename Bob to Robert in the guest list guests.txt",
                "Remove the line about the dentist from todo.md",
                "Update the phone number in contacts.txt to 555 0134",
                "Swap the word cheap for affordable in offer.txt",
                "Ersetze in brief.txt Montag durch Dienstag",
                "Ändere den Preis in angebot.md auf 45 Euro",
                "Remplace lundi par mardi dans agenda.txt",
                "Cambia la hora en cita.txt de las 9 a las 10",
                "In notes.md change the word colour to color",
                "replace every 2023 with 2024 in report.txt",
                "Fix the spelling mistake 'adress' in form.txt",
                "The price in offer.md is wrong, make it 120 instead of 110",
                "Delete the last paragraph of essay.txt",
                "In settings.json turn debug from true to false",
                "Strike the name Peter from team.txt",
                "Please correct the date in letter.txt: it should be 14 March",
                "Cross 'buy milk' off todo.txt",
                "In contract-draft.md swap Smith and Jones",
                "Insert the line 'Bring your passport' after the first one in trip.txt",
                "Add eggs to the end of shopping.txt",
                "Rewrite the greeting in mail.txt from Hi to Dear Sir or Madam",
                "where it says Paris in itinerary.md put Lyon",
                "Edit the heading of page.html so that it reads Welcome back",
                "It must say 18:00 rather than 17:00 in schedule.txt, please adjust that",
                "Our street is misspelt in address.txt, put Elm Street there",
                "Cut the sentence about the weather from article.md",
                "Modify line 3 of poem.txt",
                "Turn the full stop at the end of slogan.txt into an exclamation mark",
                "Verbessere den Tippfehler 'Strase' in adresse.txt",
                "Streiche den Satz über das Wetter aus bericht.md",
                "In preise.csv soll statt 12 eine 14 stehen",
                "Corrige la faute d'orthographe dans lettre.txt",
                "Dans budget.csv, mets 300 à la place de 250",
                "Sustituye Juan por Pedro en lista.txt",
                "Borra la última línea de notas.txt",
                "take the word 'very' out of essay.md",
                "'definately' in blog.md is spelt wrong, correct that",
                "Mark task 3 in tasks.md as done",
                "Let guide.md begin with Welcome instead of Hello",
                "The number 5 in menu.txt has to become a 6",
                "Remove the comma after 'however' in draft.txt",
                "In address-list.txt Anna's street is now Mill Road",
                "update.txt still says March, it should say April",
                "nimm den Satz 'Bis bald' aus gruss.txt heraus",
            ]
            .map(String::from)
            .into(),
            side_effect: true,
        })
    }
}

impl Tool for EditFile {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, text: &str, world: &mut dyn World) -> Option<Value> {
        let path = request::files(text).first().copied()?;
        let (_, content) = text_file::read(path, world).ok()?;
        let (old, new) = wanted::replacements(text, path)
            .into_iter()
            .find(|(old, _)| content.matches(old.as_str()).count() == 1)?;
        Some(json!({"path": path, "edits": [{"old_text": old, "new_text": new}]}))
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let (path, content) = text_file::read(text(arguments, "path", ""), world)?;
        let edits: Vec<Edit<'_>> = arguments
            .get("edits")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|edit| Edit {
                old: text(edit, "old_text", ""),
                new: text(edit, "new_text", ""),
            })
            .collect();
        let changed = apply(&content, &edits).map_err(|(index, message)| ToolError::Edit {
            path: path.clone(),
            edit: index + 1,
            message,
        })?;
        if changed.len() as u64 > MAX_FILE {
            let limit = MAX_FILE;
            return Err(ToolError::TooLarge { path, limit });
        }
        world.write(&path, changed.as_bytes())?;
        Ok(match edits.len() {
            1 => format!("{path} was changed in one place"),
            places => format!("{path} was changed in {places} places"),
        })
    }
}

struct Edit<'a> {
    old: &'a str,
    new: &'a str,
}

/// The content with all edits made, or the index of the first that cannot be, and why.
fn apply(content: &str, edits: &[Edit<'_>]) -> Result<String, (usize, String)> {
    // Models and people write line ends as \n; a file with \r\n keeps its own.
    let is_crlf = content.contains("\r\n");
    let ends = |text: &str| match is_crlf {
        true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => text.to_owned(),
    };
    let mut places = Vec::with_capacity(edits.len());
    for (index, edit) in edits.iter().enumerate() {
        let old = ends(edit.old);
        if old.is_empty() {
            return Err((index, "is empty; say which text to replace".into()));
        }
        let start = find_once(content, &old).map_err(|message| (index, message))?;
        places.push((start, start + old.len(), ends(edit.new), index));
    }
    places.sort_by_key(|(start, ..)| *start);
    let mut changed = String::with_capacity(content.len());
    let mut at = 0;
    for (start, end, new, index) in &places {
        let Some(kept) = content.get(at..*start) else {
            return Err((*index, "overlaps with another edit; make them one".into()));
        };
        changed.extend([kept, new]);
        at = *end;
    }
    changed.push_str(content.get(at..).unwrap_or_default());
    match changed == content {
        true => Err((0, "and new_text are the same".into())),
        false => Ok(changed),
    }
}

/// Where a text is, if it is there once.
fn find_once(content: &str, old: &str) -> Result<usize, String> {
    let mut matches = content.match_indices(old).map(|(at, _)| at);
    let first = matches.next().ok_or_else(|| missing(content, old))?;
    let mut lines = vec![line_of(content, first)];
    lines.extend(matches.map(|at| line_of(content, at)));
    match lines.len() {
        1 => Ok(first),
        count => {
            let lines: Vec<String> = lines.iter().take(5).map(usize::to_string).collect();
            let more = if count > 5 { ", …" } else { "" };
            Err(format!(
                "is there {count} times (lines {}{more}); take in more of the text around it",
                lines.join(", ")
            ))
        }
    }
}

/// What to say where a text is not in the file: the line that is most like it, if there is one.
fn missing(content: &str, old: &str) -> String {
    let wanted = old
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or(old);
    let wanted: String = wanted.trim().chars().take(200).collect();
    let likest = content
        .lines()
        .take(10_000)
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && line.len() <= 400)
        .map(|line| (strsim::jaro_winkler(&wanted, line), line))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match likest {
        Some((_, line)) => format!("is not in it; the likest line is {line:?}"),
        None => "is not in it; read the file first and copy the text exactly".into(),
    }
}

fn line_of(content: &str, at: usize) -> usize {
    1 + content.get(..at).unwrap_or_default().matches('\n').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::held::Held, *};

    fn edit(content: &str, edits: &[(&str, &str)]) -> Result<String, String> {
        let mut world = Held::new([("a.txt", content)]);
        let edits: Vec<Value> = edits
            .iter()
            .map(|(old, new)| json!({"old_text": old, "new_text": new}))
            .collect();
        let arguments = json!({"path": "a.txt", "edits": edits});
        match EditFile::new().call(&arguments, &mut world) {
            Ok(_) => Ok(world.text("a.txt").into()),
            Err(error) => {
                assert_eq!(world.text("a.txt"), content, "an error changes nothing");
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn it_replaces_what_is_there_once() {
        assert_eq!(
            edit("on 3 May\nat 9", &[("9", "10"), ("3 May", "4 May")]).as_deref(),
            Ok("on 4 May\nat 10")
        );
        // Each edit is looked for in the text as it was.
        assert_eq!(edit("a b", &[("a", "b"), ("b", "a")]).as_deref(), Ok("b a"));
        assert_eq!(
            edit("x\r\ny\r\n", &[("x\ny", "y\nx")]).as_deref(),
            Ok("y\r\nx\r\n")
        );
        assert_eq!(edit("one\ntwo\n", &[("two\n", "")]).as_deref(), Ok("one\n"));
    }

    #[test]
    fn it_says_why_it_does_not() {
        for (content, edits, message) in [
            (
                "a\nb a\n",
                &[("b", "c"), ("a", "x")][..],
                "old_text of edit 2 is there 2 times (lines 1, 2); take in more of the text around it",
            ),
            (
                "Dear Mr Smith,\nthank you",
                &[("Dear Mr. Smith", "Dear Bob")],
                "old_text of edit 1 is not in it; the likest line is \"Dear Mr Smith,\"",
            ),
            (
                "abc",
                &[("xyz", "")],
                "old_text of edit 1 is not in it; read the file first and copy the text exactly",
            ),
            (
                "abc",
                &[("ab", "x"), ("bc", "y")],
                "old_text of edit 2 overlaps with another edit; make them one",
            ),
            (
                "abc",
                &[("a", "a")],
                "old_text of edit 1 and new_text are the same",
            ),
            (
                "abc",
                &[("", "a")],
                "old_text of edit 1 is empty; say which text to replace",
            ),
        ] {
            assert_eq!(
                edit(content, edits),
                Err(format!("a.txt was not changed: {message}"))
            );
        }
    }

    proptest! {
        #[test]
        fn an_edit_changes_its_place_alone(
            before in "[a-y\r\n]{0,20}", old in "z[a-y]{0,4}", new in "\\PC{0,8}", after in "[a-y\n]{0,20}",
        ) {
            prop_assume!(old != new);
            let content = format!("{before}{old}{after}");
            let edits = [Edit { old: &old, new: &new }];
            prop_assert_eq!(apply(&content, &edits), Ok(format!("{before}{new}{after}")));
        }

        #[test]
        fn nothing_makes_it_panic(
            content in "[abö\r\n]{0,30}",
            edits in prop::collection::vec(("[abö\r\n]{0,4}", "\\PC{0,4}"), 0..4),
        ) {
            let edits: Vec<Edit<'_>> = edits.iter().map(|(old, new)| Edit { old, new }).collect();
            let _ = apply(&content, &edits);
        }
    }
}
