//! `grep_search`: which lines of which files have a text or a pattern in them.

use regex_lite::{Regex, RegexBuilder};
use serde_json::{Value, json};

use super::{
    Kind, MAX_FILE, MAX_OUTPUT, Tool, ToolError, ToolSpec, World, flag, number, path, text,
    text_file::{beginning, is_binary},
    walk::{self, Glob},
};
use crate::request;

const MAX_MATCHES: usize = 100;
/// Most bytes that one search reads, over all files.
const MAX_READ: u64 = 64 << 20;
/// Longer lines are shown from a little before the match, and cut.
const MAX_LINE: usize = 300;

pub(super) struct GrepSearch(ToolSpec);

impl GrepSearch {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "grep_search".into(),
            description:
                "Find the lines that contain a word or a pattern, in one file or in all files \
                          of a folder. Capital letters matter only if the pattern has some."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "File or folder to search; . for all",
                             "minLength": 1, "maxLength": 256},
                    "pattern": {"type": "string", "minLength": 1, "maxLength": 200,
                                "description": "Words or regular expression to search for"},
                    "include": {"type": "string", "minLength": 1, "maxLength": 128,
                                "description": "Pattern of the files to search, ** by default"},
                    "exclude": {"type": "string", "minLength": 1, "maxLength": 128,
                                "description": "Pattern of files to leave out"},
                    "return_line_numbers": {"type": "boolean",
                                            "description": "Show the number of each line"},
                    "literal": {"type": "boolean",
                                "description": "The pattern is plain text"},
                    "ignore_case": {"type": "boolean",
                                    "description": "Capital letters do not matter"},
                    "context_lines": {"type": "integer", "minimum": 0, "maximum": 10,
                                      "description": "Lines to show around each match"},
                },
                "required": ["path", "pattern"],
                "additionalProperties": false,
            }),
            examples: [
                "Which of my files mention the dentist?",
                "Search my notes for the word insurance",
                "Find every line with an error in app.log",
                "Where did I write down the Wi-Fi password?",
                "Look through the letters for Aunt Mary",
                "In which file does the string total due occur?",
                "Find all phone numbers in contacts.txt",
                "grep TODO in the project folder",
                "Durchsuche meine Notizen nach Zahnarzt",
                "In welchen Dateien kommt das Wort Kaution vor?",
                "Cherche le mot facture dans mes fichiers",
                "Busca la palabra alquiler en mis documentos",
                "Show all lines that contain 'urgent' in inbox.txt",
                "Which lines of access.log have the word denied?",
                "find the word 'refund' in all files",
                "Search the letters folder for Mr Brown",
                "In which of my notes do I write about the garden?",
                "grep 'password' in notes",
                "every place where 'invoice' is written in *.txt",
                "Where in my diary is Rome mentioned? Give me file and line",
                "Look for the phrase \"best before\" in the recipes directory",
                "Print the rows of customers.csv with Berlin in them",
                "Does the string deadline appear anywhere in my project files?",
                "list all occurrences of Johnson in members.txt",
                "In which line of script.py is the function main defined?",
                "Go through my mails and find each mention of the concert",
                "i want all the lines with warning from build.log",
                "Search *.md for 'chapter'",
                "Find where the text says 'cancelled' in these files",
                "Look up the lines with an @ sign in contacts.csv",
                "Zeig mir alle Zeilen mit 'offen' in rechnungen.csv",
                "Suche in allen Dateien nach dem Wort Garantie",
                "Wo in meinen Notizen steht etwas von Oma?",
                "Trouve les lignes qui contiennent 'erreur' dans journal.log",
                "Dans quels fichiers le mot loyer apparaît-il ?",
                "Muestra las líneas con 'pendiente' en tareas.txt",
                "Busca 'garantía' en todos los archivos",
                "Where did I note the recipe for plum jam? Search my notes",
                "Which letters mention Uncle Fred?",
                "look in all the text files for the number 4711",
                "In what file and on what line does it say overdue?",
                "Only the lines of list.txt with a price in them please",
                "filter log.txt for timeouts",
                "Is the word 'refund' anywhere in terms.txt?",
                "Wo kommt in meinen Dateien der Name Schmidt vor?",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for GrepSearch {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, text: &str, world: &mut dyn World) -> Option<Value> {
        let pattern = pattern(text)?;
        let path = match request::files(text).first() {
            Some(file) => (*file).to_owned(),
            None => request::folder(text, world).unwrap_or_else(|| ".".into()),
        };
        let mut arguments =
            json!({"path": path, "pattern": pattern, "literal": true, "return_line_numbers": true});
        if let Some(glob) = request::patterns(text).first() {
            arguments["include"] = match glob.strip_prefix('.') {
                Some(ending) => format!("*.{ending}"),
                None => (*glob).into(),
            }
            .into();
        }
        Some(arguments)
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let regex = regex(arguments)?;
        let (files, left_out) = files(arguments, world)?;
        let context = number(arguments, "context_lines").unwrap_or(0);
        let mut report = Report {
            numbered: flag(arguments, "return_line_numbers") || context > 0,
            context,
            ..Report::default()
        };
        let mut to_read = MAX_READ;
        let mut skipped = 0;
        for file in files {
            if report.is_full {
                break;
            }
            let limit = MAX_FILE.min(to_read);
            let Ok(bytes) = world.read(&file, limit) else {
                skipped += 1;
                continue;
            };
            to_read -= limit.min(bytes.len() as u64);
            // A file in another encoding can be searched too, for what is ASCII in it.
            match is_binary(&bytes) {
                true => skipped += 1,
                false => report.search(&file, &String::from_utf8_lossy(&bytes), &regex),
            }
            if to_read == 0 {
                report.is_full = true;
            }
        }
        Ok(report.finish(skipped, left_out))
    }
}

/// The words that a request looks for.
fn pattern(text: &str) -> Option<String> {
    const LEADING: [&str; 30] = [
        "the word",
        "the words",
        "the string",
        "the phrase",
        "the name",
        "the number",
        "search for",
        "look for",
        "searching for",
        "containing",
        "contain",
        "contains",
        "mention",
        "mentions",
        "mentioning",
        "that say",
        "that says",
        "it says",
        "says",
        "occurrences of",
        "mention of",
        "grep",
        "das wort",
        "nach dem wort",
        "nach",
        "le mot",
        "la palabra",
        "for",
        "about",
        "with",
    ];
    const FOLLOWING: [&str; 20] = [
        " in ",
        " within ",
        " from ",
        " anywhere",
        " appear",
        " occur",
        " across ",
        " written",
        " mentioned",
        " come",
        " im ",
        " vor",
        " dans ",
        " apparaît",
        " en ",
        " throughout ",
        " inside ",
        " on ",
        " among ",
        " and ",
    ];
    if let Some(quoted) = request::quotations(text).first() {
        return Some((*quoted).into());
    }
    let rest = LEADING
        .iter()
        .find_map(|words| request::after(text, &[words]))?;
    let end = FOLLOWING.iter().filter_map(|word| rest.find(word)).min();
    let found = rest.get(..end.unwrap_or(rest.len()))?;
    let found = found.trim_matches(|char: char| !char.is_alphanumeric());
    (!found.is_empty() && found.len() <= 200).then(|| found.into())
}

fn regex(arguments: &Value) -> Result<Regex, ToolError> {
    let pattern = text(arguments, "pattern", "");
    let source = match flag(arguments, "literal") {
        true => regex_lite::escape(pattern),
        false => pattern.into(),
    };
    let ignore_case = match arguments.get("ignore_case").and_then(Value::as_bool) {
        Some(given) => given,
        None => !pattern.contains(char::is_uppercase),
    };
    RegexBuilder::new(&source)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| ToolError::Pattern {
            pattern: pattern.into(),
            message: format!("{error}; set literal for plain text"),
        })
}

fn files(arguments: &Value, world: &mut dyn World) -> Result<(Vec<String>, bool), ToolError> {
    let name = text(arguments, "path", ".");
    match walk::folder(name, usize::MAX, world) {
        Ok((found, left_out)) => {
            let include = Glob::new(text(arguments, "include", "**"))?;
            let exclude = match text(arguments, "exclude", "") {
                "" => None,
                pattern => Some(Glob::new(pattern)?),
            };
            let files = found
                .into_iter()
                .filter(|found| found.kind == Kind::File)
                .filter(|found| include.is_match(&found.below))
                .filter(|found| {
                    !exclude
                        .as_ref()
                        .is_some_and(|glob| glob.is_match(&found.below))
                })
                .map(|found| found.path)
                .collect();
            Ok((files, left_out))
        }
        Err(ToolError::NotAFolder(_)) => {
            let (path, _) = path::existing_file(name, world)?;
            Ok((vec![path], false))
        }
        Err(error) => Err(error),
    }
}

/// What was found so far.
#[derive(Default)]
struct Report {
    output: String,
    matches: usize,
    numbered: bool,
    context: usize,
    is_full: bool,
}

impl Report {
    fn search(&mut self, file: &str, text: &str, regex: &Regex) {
        let lines: Vec<&str> = text.lines().collect();
        // The first line that was not shown yet: contexts of neighbours do not repeat lines.
        let mut next = 0;
        for (index, line) in lines.iter().enumerate() {
            let Some(found) = regex.find(line) else {
                continue;
            };
            if self.matches == MAX_MATCHES {
                self.is_full = true;
                return;
            }
            self.matches += 1;
            let first = index.saturating_sub(self.context).max(next);
            let last = (index + self.context).min(lines.len() - 1);
            if self.context > 0 && first > next && next > 0 {
                self.output.push_str("--\n");
            }
            for (index_shown, line) in lines.iter().enumerate().take(last + 1).skip(first) {
                let from = if index_shown == index {
                    found.start()
                } else {
                    0
                };
                self.show(
                    file,
                    index_shown + 1,
                    shorten(line, from),
                    regex.is_match(line),
                );
            }
            next = next.max(last + 1);
            if self.is_full {
                return;
            }
        }
    }

    fn show(&mut self, file: &str, number: usize, line: String, is_match: bool) {
        let mark = if is_match { ':' } else { '-' };
        let shown = match self.numbered {
            true => format!("{file}{mark}{number}{mark}{line}\n"),
            false => format!("{file}{mark}{line}\n"),
        };
        if self.output.len() + shown.len() > MAX_OUTPUT {
            self.is_full = true;
        } else {
            self.output.push_str(&shown);
        }
    }

    fn finish(mut self, skipped: usize, left_out: bool) -> String {
        self.output.push_str(&match (self.matches, self.is_full) {
            (_, true) => "[there is more; narrow the pattern or the path to see it]\n".into(),
            (0, false) => "nothing matches\n".into(),
            (1, false) => "[1 line]\n".into(),
            (matches, false) => format!("[{matches} lines]\n"),
        });
        if skipped > 0 {
            self.output.push_str(&format!(
                "[not searched: {skipped} files that are not text]\n"
            ));
        }
        if left_out {
            self.output
                .push_str("[some folders were not searched: too many files, or not readable]\n");
        }
        self.output
    }
}

/// A line as it is shown: the whole of it, or a part with the match.
fn shorten(line: &str, from: usize) -> String {
    if line.len() <= MAX_LINE {
        return line.into();
    }
    let wanted = from.saturating_sub(MAX_LINE / 4);
    let start = beginning(line, wanted).len();
    let rest = line.get(start..).unwrap_or_default();
    let shown = beginning(rest, MAX_LINE);
    let before = if start > 0 { "…" } else { "" };
    let after = if shown.len() < rest.len() { "…" } else { "" };
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn search(arguments: Value) -> Result<String, ToolError> {
        let mut world = Held::new([
            (
                "notes/health.md",
                "# Health\nDentist on 3 May\ncall the dentist\n",
            ),
            ("notes/old/x.txt", "nothing\nprice: 12.50 (paid)\n"),
            ("todo.txt", "Dentist\n"),
        ]);
        world.put("a.bin", b"dentist\0");
        world.put("latin.txt", b"dentist M\xFCller");
        GrepSearch::new().call(&arguments, &mut world)
    }

    #[test]
    fn it_finds_lines() {
        for (arguments, output) in [
            (
                json!({"path": ".", "pattern": "dentist"}),
                "latin.txt:dentist M\u{FFFD}ller\nnotes/health.md:Dentist on 3 May\n\
                 notes/health.md:call the dentist\ntodo.txt:Dentist\n[4 lines]\n\
                 [not searched: 1 files that are not text]\n",
            ),
            (
                json!({"path": "notes", "pattern": "Dentist", "return_line_numbers": true}),
                "notes/health.md:2:Dentist on 3 May\n[1 line]\n",
            ),
            (
                json!({"path": "todo.txt", "pattern": "DENTIST", "ignore_case": true}),
                "todo.txt:Dentist\n[1 line]\n",
            ),
            (
                json!({"path": "notes/health.md", "pattern": "^#", "context_lines": 1}),
                "notes/health.md:1:# Health\nnotes/health.md-2-Dentist on 3 May\n[1 line]\n",
            ),
            (
                json!({"path": "notes/health.md", "pattern": "dentist", "context_lines": 1}),
                "notes/health.md-1-# Health\nnotes/health.md:2:Dentist on 3 May\n\
                 notes/health.md:3:call the dentist\n[2 lines]\n",
            ),
            (
                json!({"path": ".", "pattern": "(paid)", "literal": true, "include": "*.txt"}),
                "notes/old/x.txt:price: 12.50 (paid)\n[1 line]\n",
            ),
            (
                json!({"path": ".", "pattern": r"\d+\.\d\d", "exclude": "*.bin"}),
                "notes/old/x.txt:price: 12.50 (paid)\n[1 line]\n",
            ),
            (
                json!({"path": "notes", "pattern": "insurance"}),
                "nothing matches\n",
            ),
        ] {
            assert_eq!(
                search(arguments.clone()).as_deref(),
                Ok(output),
                "{arguments}"
            );
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_an_error() {
        for pattern in ["(", "a{99999}", "\\p{L}"] {
            let error = search(json!({"path": ".", "pattern": pattern})).unwrap_err();
            assert_eq!(error.code(), "bad_pattern");
            assert!(error.to_string().ends_with("set literal for plain text"));
        }
        let error = search(json!({"path": "letters", "pattern": "a"})).unwrap_err();
        assert_eq!(error.code(), "not_found");
    }

    #[test]
    fn the_result_is_bounded() {
        let line = format!("{}needle{}\n", "ä".repeat(400), "ö".repeat(400));
        let mut world = Held::new([("long.txt", &line.repeat(500))]);
        let output = GrepSearch::new()
            .call(&json!({"path": ".", "pattern": "needle"}), &mut world)
            .unwrap();
        assert!(output.len() < MAX_OUTPUT + 200);
        assert!(output.contains("needle"));
        assert!(output.ends_with("narrow the pattern or the path to see it]\n"));
    }
}
