//! `write_file`: a file with a given content.

use serde_json::{Value, json};

use super::{Kind, Tool, ToolError, ToolSpec, World, path, text};

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

#[cfg(test)]
mod tests {
    use super::{super::world::Held, *};

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
