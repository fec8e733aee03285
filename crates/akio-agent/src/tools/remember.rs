//! `remember`: keeps a fact.

use serde_json::{Value, json};

use super::{Tool, ToolError, ToolSpec, World, text};
use crate::memory::{MAX_FACT, Memory};

pub(super) struct Remember(ToolSpec);

impl Remember {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "remember".into(),
            description:
                "Keep a fact for later conversations, when the person asks to remember it.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "fact": {"type": "string", "minLength": 1, "maxLength": MAX_FACT,
                             "description": "The fact in one sentence"},
                },
                "required": ["fact"],
                "additionalProperties": false,
            }),
            examples: [
                "Remember that my sister's birthday is on 4 June",
                "Please keep in mind that I am allergic to peanuts",
                "Don't forget: the spare key is under the flower pot",
                "Note for later that the car needs new tyres in autumn",
                "Memorise that my shoe size is 43",
                "From now on remember that I prefer short answers",
                "Keep this for next time: the plumber is called Mr Hill",
                "Merke dir, dass mein Zug um 7:42 fährt",
                "Vergiss nicht, dass Oma keine Milch verträgt",
                "Bitte behalte: Der Hausmeister heißt Krause",
                "Retiens que mon code postal est 69003",
                "Recuerda que mi médico es la doctora Ruiz",
            ]
            .map(String::from)
            .into(),
            side_effect: true,
        })
    }
}

impl Tool for Remember {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let mut memory = Memory::of(world)?;
        let now = world.now();
        let fact = memory
            .add(text(arguments, "fact", ""), now)
            .map_err(|error| ToolError::Memory(error.to_string()))?;
        world.write_memory(&memory.to_bytes())?;
        Ok(format!("remembered as number {}: {}", fact.id, fact.text))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::world::Held, *};

    #[test]
    fn a_fact_lasts() {
        let mut world = Held::new([]);
        let said = Remember::new()
            .call(&json!({"fact": "The key is\nunder the pot"}), &mut world)
            .unwrap();
        assert_eq!(said, "remembered as number 1: The key is under the pot");
        let memory = Memory::parse(&world.memory.clone().unwrap()).unwrap();
        assert_eq!(
            memory.facts().next().unwrap().text,
            "The key is under the pot"
        );
    }

    #[test]
    fn without_a_file_nothing_is_remembered() {
        let mut world = Held::new([]);
        world.memory = None;
        let error = Remember::new()
            .call(&json!({"fact": "x"}), &mut world)
            .unwrap_err();
        assert_eq!(error.code(), "not_granted");
    }

    #[test]
    fn a_damaged_file_is_not_overwritten() {
        let mut world = Held::new([]);
        world.memory = Some(b"my diary\n".into());
        let error = Remember::new()
            .call(&json!({"fact": "x"}), &mut world)
            .unwrap_err();
        assert_eq!(error.code(), "memory");
        assert_eq!(world.memory.as_deref(), Some(&b"my diary\n"[..]));
    }
}
