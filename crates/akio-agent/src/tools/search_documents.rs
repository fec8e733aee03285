//! `search_documents`: which passages of the person's papers are about something.

use serde_json::{Value, json};

use super::{MAX_OUTPUT, Tool, ToolError, ToolSpec, World, number, text};
use crate::documents::{Folder, stems};

/// Passages that are shown unless the call asks for fewer or more.
const LIMIT: usize = 5;

pub(super) struct SearchDocuments(ToolSpec);

impl SearchDocuments {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "search_documents".into(),
            description: "Find out what the person's documents say about something: contracts, letters, bills, \
                          guides, lists. Shows the best passages with file and lines."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "minLength": 1, "maxLength": 300,
                              "description": "What to look for, in a few words or as a question"},
                    "path": {"type": "string", "minLength": 1, "maxLength": 256,
                             "description": "Folder or file to search, all by default"},
                    "limit": {"type": "integer", "minimum": 1, "maximum": 20,
                              "description": "Most passages to show, 5 by default"},
                },
                "required": ["query"],
                "additionalProperties": false,
            }),
            examples: [
                "What does my lease say about pets?",
                "What does the phone contract say about cancelling?",
                "According to the manual, how do I reset the heating?",
                "What was the total on the plumber's bill?",
                "Does the insurance cover a stolen bicycle?",
                "When is the deposit paid back, going by the contract?",
                "Look in my papers for what the school letter says about the trip",
                "Who signed the agreement with the builders?",
                "Was steht im Mietvertrag über Haustiere?",
                "Wie lange ist laut Rechnung Zeit zum Zahlen?",
                "Que dit la lettre de l'assurance sur la franchise ?",
                "¿Qué dice el contrato sobre la fianza?",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for SearchDocuments {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let folder = Folder::open(text(arguments, "path", "."), world, &mut |_| {})?;
        if folder.is_empty() {
            return Ok("there are no documents here: text, Markdown, HTML, CSV or JSON".into());
        }
        let query = stems(text(arguments, "query", ""));
        let limit = number(arguments, "limit").unwrap_or(LIMIT);
        let mut output = String::new();
        for found in folder.search(&query, limit, world) {
            let passage = found.reference_and_text();
            if output.len() + passage.len() > MAX_OUTPUT {
                output.push_str("[there is more; ask for fewer passages or with other words]\n");
                break;
            }
            output.push_str(&passage);
        }
        match output.is_empty() {
            true => Ok(format!(
                "nothing about this in {} documents; the words may be others there",
                folder.len()
            )),
            false => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::world::Held, *};

    fn search(world: &mut Held, arguments: Value) -> Result<String, String> {
        SearchDocuments::new()
            .call(&arguments, world)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn it_shows_passages_with_file_and_lines() {
        let mut world = Held::new([
            (
                "flat/lease.txt",
                "LEASE\n\nThe rent is 780 a month.\nIt is due on the 3rd.\n\nPets are not allowed.\n",
            ),
            ("car.csv", "Day,Paid\nMonday,60.90\nFriday,12.00\n"),
            ("photo.jpg", "\u{1}"),
        ]);
        assert_eq!(
            search(
                &mut world,
                json!({"query": "How high is the rent?", "limit": 1})
            )
            .unwrap(),
            "flat/lease.txt:3-4 (LEASE)\nThe rent is 780 a month.\nIt is due on the 3rd.\n\n"
        );
        assert_eq!(
            search(
                &mut world,
                json!({"query": "paid on Friday", "path": "car.csv"})
            )
            .unwrap(),
            "car.csv:1-3 (car)\nDay: Paid\nDay: Monday; Paid: 60.90\nDay: Friday; Paid: 12.00\n\n"
        );
        assert_eq!(
            search(&mut world, json!({"query": "submarine"})).unwrap(),
            "nothing about this in 2 documents; the words may be others there"
        );
        assert!(world.files.len() == 3, "a search writes nothing");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut world = Held::new([("a.txt", "x")]);
        assert!(search(&mut world, json!({"query": "x", "path": "b"})).is_err());
        assert!(search(&mut world, json!({"query": "x", "path": "../b"})).is_err());
        let mut empty = Held::new([("a.bin", "x")]);
        assert!(
            search(&mut empty, json!({"query": "x"}))
                .unwrap()
                .starts_with("there are no documents")
        );
    }

    #[test]
    fn the_result_is_bounded() {
        let text = format!("{}\n\n", "rent ".repeat(150)).repeat(60);
        let mut world = Held::new([("a.txt", text.as_str())]);
        let output = search(&mut world, json!({"query": "rent", "limit": 20})).unwrap();
        assert!(output.len() < MAX_OUTPUT + 100);
        assert!(output.ends_with("with other words]\n"));
    }
}
