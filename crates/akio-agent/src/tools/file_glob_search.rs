//! `file_glob_search`: which files there are.

use serde_json::{Value, json};

use super::{
    Kind, Tool, ToolError, ToolSpec, World, number, text,
    walk::{self, Glob},
};
use crate::request;

const MAX_RESULTS: usize = 100;

pub(super) struct FileGlobSearch(ToolSpec);

impl FileGlobSearch {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "file_glob_search".into(),
            description:
                "List the files of a folder and of the folders in it, or find files by their \
                          names with a pattern: *.txt for names, notes/*.md for paths."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Folder to search; . for all",
                             "minLength": 1, "maxLength": 256},
                    "include": {"type": "string", "minLength": 1, "maxLength": 128,
                                "description": "Pattern of the files to find, ** by default"},
                    "exclude": {"type": "string", "minLength": 1, "maxLength": 128,
                                "description": "Pattern of files to leave out"},
                    "type": {"enum": ["file", "dir", "all"],
                             "description": "What to find: file by default"},
                    "max_depth": {"type": "integer", "minimum": 0, "maximum": 32,
                                  "description": "1 for the folder itself only; 0 for all below it"},
                    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_RESULTS,
                              "description": "Most results, 100 by default"},
                },
                "required": ["path"],
                "additionalProperties": false,
            }),
            examples: [
                "Which files do I have here?",
                "List everything in the invoices folder",
                "Find all my PDF files",
                "Are there any pictures in holidays?",
                "Where is the file with the tax return?",
                "How many text files are in this directory?",
                "Look for spreadsheets whose name begins with budget",
                "What folders are in my documents?",
                "Welche Dateien liegen im Ordner rechnungen?",
                "Finde alle Bilder vom Urlaub",
                "Liste les fichiers du dossier photos",
                "¿Qué archivos hay en la carpeta música?",
                "What files are there in the contracts directory?",
                "Show me all documents ending in .docx",
                "are there any mp3 files in my music folder?",
                "Find every file called readme",
                "Which photos do I have in the album folder?",
                "list all .csv files",
                "How many files are in the archive folder?",
                "Give me the names of the markdown files",
                "Is there a file whose name contains passport?",
                "I am looking for a file, its name starts with lease",
                "Search for *.jpg",
                "Which subfolders does projects have?",
                "Do I have any presentations (.pptx) in here?",
                "Show the directory listing of Downloads",
                "what's in my backup folder",
                "Look up which letters are stored in the correspondence directory",
                "Find the file named something like minutes-may",
                "Tell me the file names in the tax directory",
                "Where did I put cv.pdf? find the path",
                "Which file ends with final.odt?",
                "Zeige alle PDF-Dateien",
                "Gibt es hier Dateien mit der Endung .zip?",
                "Welche Fotos sind im Ordner Urlaub?",
                "Y a-t-il des images .jpg dans le dossier vacances ?",
                "Quels fichiers commencent par facture ?",
                "¿Hay algún archivo .pdf en esta carpeta?",
                "Busca los archivos cuyo nombre empieza por contrato",
                "what are the files in my home directory called",
                "Is there anything in the folder named drafts?",
                "Search for files with 'holiday' in the name",
                "all the *.py files please",
                "Which of my files have the ending .md?",
                "is there some file called lease or rental something",
                "do i have a folder for school",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for FileGlobSearch {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, text: &str, world: &mut dyn World) -> Option<Value> {
        let folder = request::folder(text, world).unwrap_or_else(|| ".".into());
        Some(match pattern(text) {
            Some(include) => json!({"path": folder, "include": include}),
            None => json!({"path": folder}),
        })
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let include = Glob::new(text(arguments, "include", "**"))?;
        let exclude = match text(arguments, "exclude", "") {
            "" => None,
            pattern => Some(Glob::new(pattern)?),
        };
        let wanted = text(arguments, "type", "file");
        let depth = match number(arguments, "max_depth") {
            None | Some(0) => usize::MAX,
            Some(depth) => depth,
        };
        let limit = number(arguments, "limit").unwrap_or(MAX_RESULTS);
        let (found, left_out) = walk::folder(text(arguments, "path", "."), depth, world)?;
        let matches: Vec<String> = found
            .into_iter()
            .filter(|found| match found.kind {
                Kind::Folder => wanted != "file",
                _ => wanted != "dir",
            })
            .filter(|found| include.is_match(&found.below))
            .filter(|found| {
                !exclude
                    .as_ref()
                    .is_some_and(|glob| glob.is_match(&found.below))
            })
            .map(|found| match found.kind {
                Kind::Folder => format!("{}/", found.path),
                _ => found.path,
            })
            .collect();
        Ok(report(&matches, limit, left_out))
    }
}

/// The pattern of the names that a request is about.
fn pattern(text: &str) -> Option<String> {
    const KINDS: [(&str, &str); 9] = [
        ("pdf", "*.pdf"),
        (
            "photo foto picture image bild imagen",
            "*.{jpg,jpeg,png,gif,webp,heic}",
        ),
        ("spreadsheet tabelle tableur", "*.{xlsx,xls,ods,csv}"),
        ("presentation präsentation présentation", "*.{pptx,ppt,odp}"),
        ("markdown", "*.md"),
        ("text-file text-datei", "*.txt"),
        ("archive zip", "*.{zip,tar,gz,7z}"),
        ("mp3 song music-file", "*.{mp3,flac,ogg,wav,m4a}"),
        ("video film", "*.{mp4,mov,mkv,avi,webm}"),
    ];
    const PARTS: [(&str, &str, &str); 20] = [
        ("begins with", "", "*"),
        ("begin with", "", "*"),
        ("beginning with", "", "*"),
        ("starts with", "", "*"),
        ("start with", "", "*"),
        ("starting with", "", "*"),
        ("beginnt mit", "", "*"),
        ("beginnen mit", "", "*"),
        ("commencent par", "", "*"),
        ("commence par", "", "*"),
        ("empieza por", "", "*"),
        ("empiezan por", "", "*"),
        ("ending in", "*", ""),
        ("ends in", "*", ""),
        ("ends with", "*", ""),
        ("ending with", "*", ""),
        ("name contains", "*", "*"),
        ("names contain", "*", "*"),
        ("called", "*", "*"),
        ("named", "*", "*"),
    ];
    if let Some(pattern) = request::patterns(text).first() {
        return Some(match pattern.strip_prefix('.') {
            Some(ending) => format!("*.{ending}"),
            None => (*pattern).into(),
        });
    }
    if let [file] = request::files(text).as_slice() {
        return Some((*file).into());
    }
    let literal = |word: &str| -> String {
        word.chars()
            .filter(|char| !matches!(char, '*' | '?' | '[' | ']' | '{' | '}' | '\\'))
            .collect()
    };
    for (words, before, after) in PARTS {
        let Some(rest) = request::after(text, &[words]) else {
            continue;
        };
        let quoted = request::quotation(rest).map(|(inside, _)| inside);
        let word = quoted.or_else(|| request::words(rest).next()).map(literal);
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            return Some(format!("{before}{word}{after}"));
        }
    }
    if let [quoted] = request::quotations(text).as_slice() {
        return Some(format!("*{}*", literal(quoted)));
    }
    let lower = text
        .to_lowercase()
        .replace("text file", "text-file")
        .replace("music file", "music-file");
    let is_said = |names: &str| {
        names
            .split(' ')
            .any(|name| request::words(&lower).any(|word| word.starts_with(name)))
    };
    KINDS
        .iter()
        .find(|(names, _)| is_said(names))
        .map(|(_, pattern)| (*pattern).into())
}

fn report(matches: &[String], limit: usize, left_out: bool) -> String {
    let mut output = String::new();
    let mut shown = 0;
    for path in matches.iter().take(limit) {
        if output.len() + path.len() >= super::MAX_OUTPUT {
            break;
        }
        output.extend([path, "\n"]);
        shown += 1;
    }
    output.push_str(&match matches.len() {
        0 => "nothing matches\n".into(),
        total if total > shown => {
            format!("[{shown} of {total}; narrow the pattern to see the others]\n")
        }
        total => format!("[{total} in all]\n"),
    });
    if left_out {
        output.push_str("[some folders were not searched: too many files, or not readable]\n");
    }
    output
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn search(arguments: Value) -> Result<String, ToolError> {
        let mut world = Held::new([
            ("bills/2023.pdf", ""),
            ("bills/2024.PDF", ""),
            ("bills/old/2001.pdf", ""),
            ("todo.txt", ""),
        ]);
        FileGlobSearch::new().call(&arguments, &mut world)
    }

    #[test]
    fn it_finds_files_and_folders() {
        for (arguments, output) in [
            (
                json!({"path": ".", "include": "*.pdf"}),
                "bills/2023.pdf\nbills/2024.PDF\nbills/old/2001.pdf\n[3 in all]\n",
            ),
            (
                json!({"path": "bills", "max_depth": 1}),
                "bills/2023.pdf\nbills/2024.PDF\n[2 in all]\n",
            ),
            (
                json!({"path": "bills", "include": "*.pdf", "exclude": "old/**", "limit": 1}),
                "bills/2023.pdf\n[1 of 2; narrow the pattern to see the others]\n",
            ),
            (
                json!({"path": ".", "type": "dir"}),
                "bills/\nbills/old/\n[2 in all]\n",
            ),
            (
                json!({"path": ".", "type": "all", "max_depth": 1}),
                "bills/\ntodo.txt\n[2 in all]\n",
            ),
            (
                json!({"path": ".", "include": "*.doc"}),
                "nothing matches\n",
            ),
        ] {
            assert_eq!(search(arguments).as_deref(), Ok(output));
        }
    }

    #[test]
    fn a_folder_that_is_none_is_an_error() {
        for (path, code) in [
            ("todo.txt", "not_a_folder"),
            ("letters", "not_found"),
            ("/etc", "not_granted"),
            ("..", "bad_path"),
        ] {
            assert_eq!(search(json!({"path": path})).unwrap_err().code(), code);
        }
    }

    #[test]
    fn the_result_is_bounded() {
        let names: Vec<String> = (0..1000).map(|n| format!("{n:0>200}")).collect();
        let output = report(&names, MAX_RESULTS, true);
        assert!(output.len() < super::super::MAX_OUTPUT + 200);
        assert!(output.contains("[40 of 1000; narrow"));
        assert!(output.ends_with("not readable]\n"));
    }
}
