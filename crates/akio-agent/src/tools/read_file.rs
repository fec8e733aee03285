//! `read_file`: a text file, or some lines of it.

use serde_json::{Value, json};

use super::{MAX_OUTPUT, Tool, ToolError, ToolSpec, World, flag, number, text_file};
use crate::request;

pub(super) struct ReadFile(ToolSpec);

impl ReadFile {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "read_file".into(),
            description:
                "Read a text file, or a range of its lines. The name of the file is known.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Path to the file",
                             "minLength": 1, "maxLength": 256},
                    "start_line": {"type": "integer", "description": "First line to read, from 1",
                                   "minimum": 1, "maximum": 9_999_999},
                    "end_line": {"type": "integer", "description": "Last line to read",
                                 "minimum": 1, "maximum": 9_999_999},
                    "append_loc": {"type": "boolean",
                                   "description": "Put the number of each line before it"},
                },
                "required": ["path"],
                "additionalProperties": false,
            }),
            examples: [
                "Show me what is in shopping.txt",
                "Read letters/landlord.md to me",
                "What does my packing-list.txt say?",
                "Open the file recipes/lasagne.txt",
                "Print lines 10 to 30 of diary.md",
                "Summarise minutes-2023.txt in two sentences",
                "What are the first twenty lines of server.log?",
                "Is my passport number in travel.txt?",
                "Lies mir die Datei mietvertrag.txt vor",
                "Was steht in einkauf.md?",
                "Affiche le contenu de lettre.txt",
                "¿Qué dice el archivo receta.txt?",
                "Open notes.txt",
                "show me letter.md",
                "What is written in agenda.txt?",
                "read out todo.txt please",
                "cat config.yaml",
                "Print the contents of results.csv",
                "Have a look at proposal.md and tell me what it is about",
                "Let me see the first 10 lines of data.csv",
                "Can you read budget/2024.csv?",
                "I want to see my speech, it is in speech.txt",
                "Bring up the file minutes.md on the screen",
                "What have I put on list.txt?",
                "Display lines 5 to 12 of chapter1.txt",
                "Give me a summary of article.txt",
                "Translate hello.txt into German",
                "How does story.md end?",
                "According to timetable.txt, when does the train leave?",
                "who is named as the contact in info.txt?",
                "Tell me the total in receipt.txt",
                "please load journal/monday.md",
                "Zeig mir den Inhalt von brief.txt",
                "Öffne notizen.md",
                "Was steht in der Datei termine.txt?",
                "Fasse bericht.md kurz zusammen",
                "Lis-moi recette.txt",
                "Qu'y a-t-il dans liste.txt ?",
                "Ouvre le fichier notes.md",
                "Muéstrame el contenido de carta.txt",
                "Abre agenda.txt y léemelo",
                "How many guests are on guests.txt?",
                "what did I write in diary-may.md",
                "Check hours.txt and tell me who works on Monday",
                "Is anything about parking in flyer.txt?",
                "Read it out: speech-final.md",
                "I would like to have another look at plan.txt",
                "Who is the author of paper.md?",
                "Explain what script.py does",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for ReadFile {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, text: &str, _world: &mut dyn World) -> Option<Value> {
        let path = request::files(text).first().copied()?;
        let mut arguments = json!({"path": path});
        if let Some((first, last)) = lines(text) {
            arguments["start_line"] = first.into();
            arguments["end_line"] = last.into();
        }
        Some(arguments)
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let (path, text) = text_file::read(super::text(arguments, "path", ""), world)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
        let lines = text.lines().count();
        let start = number(arguments, "start_line");
        let end = number(arguments, "end_line");
        if start.is_none() && end.is_none() && text.len() > MAX_OUTPUT {
            let fit = (lines * MAX_OUTPUT / text.len()).max(1);
            return Err(ToolError::TooLong { path, lines, fit });
        }
        let first = start.unwrap_or(1);
        let last = end.unwrap_or(lines).min(lines);
        if lines == 0 {
            return Ok(format!("{path} is empty"));
        }
        if first > lines || last < first {
            return Err(ToolError::Lines { path, lines });
        }
        Ok(part(text, first, last, flag(arguments, "append_loc")))
    }
}

/// The lines that a request is about: `lines 5 to 12`, `the first 10 lines`, `line 3`.
fn lines(text: &str) -> Option<(u32, u32)> {
    let words: Vec<String> = request::words(text).map(str::to_lowercase).collect();
    let number = |at: usize| {
        words
            .get(at)?
            .parse::<u32>()
            .ok()
            .filter(|number| *number > 0)
    };
    let is_line = |word: &String| matches!(word.as_str(), "line" | "lines" | "zeile" | "zeilen");
    for (at, word) in words.iter().enumerate().filter(|(_, word)| is_line(word)) {
        if let Some(first) = number(at + 1) {
            let last = number(at + 3).filter(|last| *last >= first);
            return Some((first, last.unwrap_or(first)));
        }
        let count = at.checked_sub(1).and_then(number);
        let is_first = at.checked_sub(2).and_then(|at| words.get(at));
        if let Some(count) = count
            && is_first.is_some_and(|word| matches!(word.as_str(), "first" | "ersten"))
            && word.len() > 4
        {
            return Some((1, count));
        }
    }
    None
}

/// Some lines of a text, as many as a result may hold.
fn part(text: &str, first: usize, last: usize, numbered: bool) -> String {
    let mut output = String::new();
    let chosen = text.lines().enumerate().take(last).skip(first - 1);
    for (index, line) in chosen {
        let number = index + 1;
        let label = match numbered {
            true => format!("{number}→"),
            false => String::new(),
        };
        let left = MAX_OUTPUT - output.len();
        if label.len() + line.len() < left {
            output.extend([&label, line, "\n"]);
        } else if number == first {
            // Not even one: its beginning is better than nothing.
            let line = text_file::beginning(line, left.saturating_sub(label.len() + 1));
            return format!("{label}{line}\n[line {number} is cut here]\n");
        } else {
            output.push_str(&format!(
                "[cut before line {number} of {last}; read on with start_line {number}]\n"
            ));
            break;
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn read(arguments: Value, world: &mut Held) -> Result<String, ToolError> {
        ReadFile::new().call(&arguments, world)
    }

    #[test]
    fn it_reads_all_or_some_lines() {
        let mut world = Held::new([("a.txt", "\u{FEFF}one\r\ntwo\nthree"), ("none.txt", "")]);
        for (arguments, text) in [
            (json!({"path": "a.txt"}), "one\ntwo\nthree\n"),
            (json!({"path": "a.txt", "start_line": 2}), "two\nthree\n"),
            (json!({"path": "a.txt", "end_line": 1}), "one\n"),
            (
                json!({"path": "./a.txt", "start_line": 2, "end_line": 9, "append_loc": true}),
                "2→two\n3→three\n",
            ),
            (json!({"path": "none.txt"}), "none.txt is empty"),
        ] {
            assert_eq!(read(arguments, &mut world).as_deref(), Ok(text));
        }
        for range in [
            json!({"path": "a.txt", "start_line": 4}),
            json!({"path": "a.txt", "start_line": 3, "end_line": 2}),
        ] {
            assert_eq!(
                read(range, &mut world).unwrap_err().to_string(),
                "a.txt has only 3 lines; ask for lines 1 to 3"
            );
        }
    }

    #[test]
    fn a_long_file_is_read_in_parts() {
        let long: String = (1..=2000).map(|line| format!("line {line}\n")).collect();
        let mut world = Held::new([("long.txt", &long)]);
        assert_eq!(
            read(json!({"path": "long.txt"}), &mut world)
                .unwrap_err()
                .to_string(),
            "long.txt has 2000 lines, and about 867 fit; read a part with start_line and end_line, \
             or search it with grep_search"
        );
        // Following what the marks say leads through the whole file.
        let mut collected = String::new();
        let mut start = 1;
        loop {
            let arguments = json!({"path": "long.txt", "start_line": start});
            let part = read(arguments, &mut world).unwrap();
            assert!(part.len() <= MAX_OUTPUT + 100);
            match part.split_once("[cut before line ") {
                Some((lines, mark)) => {
                    collected.push_str(lines);
                    start = mark.split(' ').next().unwrap().parse().unwrap();
                }
                None => {
                    collected.push_str(&part);
                    break;
                }
            }
        }
        assert_eq!(collected, long);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut() {
        let long = "ö".repeat(MAX_OUTPUT);
        let mut world = Held::new([("long.txt", &long)]);
        let text = read(json!({"path": "long.txt", "start_line": 1}), &mut world).unwrap();
        assert!(text.ends_with("ö\n[line 1 is cut here]\n"));
        assert!(text.len() <= MAX_OUTPUT + 100);
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let mut world = Held::new([("a/b.txt", "")]);
        world.put("zip", b"PK\0\x01");
        world.put("latin", b"one\nM\xFCller");
        for (path, message) in [
            ("zip", "zip is not a text file"),
            ("latin", "latin is not UTF-8 text from line 2 on"),
            ("a", "a is a folder; list it with file_glob_search"),
            ("c.txt", "there is no c.txt; did you mean a/b.txt?"),
            (
                "../b.txt",
                "\"../b.txt\" is not a path: '..' is not allowed; name the file from the top",
            ),
            ("/b.txt", "/b.txt is outside of what was granted: ."),
        ] {
            let error = read(json!({"path": path}), &mut world).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
