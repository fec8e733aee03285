//! `write_file`: a file with a given content.

use serde_json::{Value, json};

use super::{Kind, Tool, ToolError, ToolSpec, World, path, text};
use crate::request;

pub(super) struct WriteFile(ToolSpec);

impl WriteFile {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "write_file".into(),
            description: "Write a text into a file: a new file, or all of an old one anew.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Path of the file to write",
                             "minLength": 1, "maxLength": 256},
                    "content": {"type": "string", "description": "All that the file will hold",
                                "maxLength": 65_536},
                },
                "required": ["path", "content"],
                "additionalProperties": false,
            }),
            examples: [
                "Create a file groceries.txt with milk, eggs and bread in it",
                "Save this poem as poem.txt",
                "Write a packing list for a weekend at the sea to packing.md",
                "Make a new note called ideas.md that says: paint the fence",
                "Put the text Hello World into hello.txt",
                "Write a short letter to my landlord and save it in letter.txt",
                "Store the result in result.txt",
                "Start a file diary.md with today's entry: it rained all day",
                "Lege eine Datei einkauf.txt mit Brot und Käse an",
                "Speichere das als notiz.txt",
                "Crée un fichier liste.txt avec du pain et du lait",
                "Guarda este texto en el archivo poema.txt",
                "Make a file todo.txt containing: call the bank",
                "create notes/ideas.md with three ideas for a birthday party",
                "Save the following to address.txt: 12 Green Lane",
                "Write 'I am on holiday' into away.txt",
                "Generate a CSV people.csv with the columns name and age",
                "Put a haiku about autumn into haiku.txt",
                "new file readme.md with the title My project",
                "Please store this list as list.txt: hammer, nails, glue",
                "I need a text file called sign.txt that says Closed today",
                "Draft an invitation to my party and save it under invitation.txt",
                "Write down 'milk, butter, flour' in a new file baking.txt",
                "Set up an empty file log.txt",
                "The text 'Do not disturb' should be saved as door.txt",
                "Compose a thank-you letter and put it in thanks.md",
                "Overwrite status.txt with the word done",
                "Start a new document journal.md beginning with the line Monday",
                "Export the numbers 1 to 5 to numbers.csv",
                "Make me an html page hello.html with a headline",
                "Erstelle eine Datei namens liste.txt mit: Milch, Eier",
                "Schreibe 'Bin gleich zurück' in zettel.txt",
                "Lege eine neue Datei plan.md an",
                "Crée une note memo.txt qui dit : appeler le garage",
                "Enregistre ce texte sous poeme.txt",
                "Haz un archivo nuevo tareas.txt con: llamar al banco",
                "Escribe 'Hola mundo' en saludo.txt",
                "Note in shopping.txt: two lemons",
                "I want a file week.md listing the days from Monday to Sunday",
                "Copy this into quote.txt: Less is more",
                "Produce a table of the planets and save it as planets.csv",
                "the words 'Mind the step' belong in a new file step.txt",
                "Keep this recipe in a file soup.md: leeks, potatoes, cream",
            ]
            .map(String::from)
            .into(),
            side_effect: true,
        })
    }
}

impl Tool for WriteFile {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, text: &str, _world: &mut dyn World) -> Option<Value> {
        let files = request::files(text);
        let [path] = files.as_slice() else {
            return None;
        };
        let content = content(text, path)?;
        Some(json!({"path": path, "content": content}))
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let content = text(arguments, "content", "");
        let located = path::locate(text(arguments, "path", ""), world)?;
        let path = located.path;
        let how = match located.metadata.map(|metadata| metadata.kind) {
            None => "written, a new file",
            Some(Kind::File) => "written, in the place of the old one",
            Some(_) => return Err(ToolError::IsFolder(path)),
        };
        world.write(&path, content.as_bytes())?;
        let lines = content.lines().count();
        Ok(format!(
            "{path} was {how}: {lines} lines, {} bytes",
            content.len()
        ))
    }
}

/// The text that a file is to hold, where the request has it letter for letter.
fn content<'r>(request: &'r str, path: &str) -> Option<&'r str> {
    const SAYING: [&str; 24] = [
        "that says",
        "which says",
        "that reads",
        "saying",
        "containing",
        "with the text",
        "with the words",
        "with the word",
        "with the line",
        "with the content",
        "with the columns",
        "the columns",
        "consisting of",
        "beginning with the line",
        "mit dem text",
        "mit dem inhalt",
        "mit:",
        "qui dit",
        "avec le texte",
        "con el texto",
        "con:",
        "que diga",
        "with:",
        "following text",
    ];
    let (before, after) = request.split_once(path)?;
    let tidy = |text: &'r str| {
        let text = text.trim().trim_start_matches([':', ',']).trim();
        let text = text.strip_suffix(" in it").unwrap_or(text);
        let quoted = request::quotation(text)
            .filter(|(_, rest)| rest.trim_matches(['.', '!', ' ']).is_empty());
        let text = quoted.map_or(text, |(inside, _)| inside);
        Some(text).filter(|text| !text.is_empty())
    };
    if let Some(said) = request::after(after, &SAYING).or_else(|| request::after(before, &SAYING)) {
        let said = said.split(" into ").next().unwrap_or(said);
        return tidy(said);
    }
    if let [quoted] = request::quotations(request).as_slice() {
        return Some(quoted);
    }
    // Save this as list.txt: nails, glue
    if let Some((words, said)) = after.split_once(':')
        && words.split_whitespace().count() < 5
    {
        return tidy(said);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    #[test]
    fn it_writes_new_files_and_replaces_old_ones() {
        let mut world = Held::new([("old.txt", "old"), ("a/b", "")]);
        let mut write = |path: &str| {
            let arguments = json!({"path": path, "content": "one\ntwo\n"});
            WriteFile::new().call(&arguments, &mut world)
        };
        assert_eq!(
            write("x/new.txt").as_deref(),
            Ok("x/new.txt was written, a new file: 2 lines, 8 bytes")
        );
        assert_eq!(
            write("old.txt").as_deref(),
            Ok("old.txt was written, in the place of the old one: 2 lines, 8 bytes")
        );
        for (path, code) in [
            ("a", "is_folder"),
            (".", "is_folder"),
            ("/x", "not_granted"),
            ("../x", "bad_path"),
        ] {
            assert_eq!(write(path).unwrap_err().code(), code);
        }
        assert_eq!(world.text("x/new.txt"), "one\ntwo\n");
        assert_eq!(world.text("old.txt"), "one\ntwo\n");
    }
}
