//! `remember`: keeps a fact.

use serde_json::{Value, json};

use super::{Tool, ToolError, ToolSpec, World, text};
use crate::{
    memory::{MAX_FACT, Memory},
    request,
};

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
                "Remember: the alarm code changes in May",
                "Remember my locker number, it is 212",
                "Make a mental note that Paul is vegetarian",
                "Please remember I like my tea without sugar",
                "Bear in mind that I can't climb stairs",
                "Don't forget that Lisa moved to Hamburg",
                "Keep in memory that the boiler was serviced in October",
                "Note that my employee number is A-5521",
                "You should know for the future that I work night shifts",
                "Save for later: grandma's flat number is 12",
                "I'm left-handed, keep that in mind",
                "My new email address is ann@example.org, please memorise it",
                "For next time: I take the window seat",
                "Store the fact that our dog is called Rex",
                "I want you to remember the name of my physiotherapist, Mrs Lind",
                "Write down in your memory that I park on level 2",
                "please note I hate coriander",
                "never forget that our anniversary is on 2 July",
                "Merk dir bitte, dass ich keine Nüsse esse",
                "Denk daran: Der Schlüssel liegt bei Frau Kern",
                "Behalte im Kopf, dass meine Kundennummer 4471 ist",
                "Souviens-toi que je suis allergique aux fraises",
                "N'oublie pas que mon train part à 8 h",
                "No olvides que soy vegetariano",
                "Acuérdate de que mi coche es azul",
                "I live in Leeds, keep that",
                "Please store in your memory: Tom's wedding is in June",
                "My brother is allergic to cats. Do not forget it.",
                "add to your memory that the gym is closed on Mondays",
                "for future reference, I am a nurse",
                "I take size 38, just so you know next time",
                "Für später: Meine Schwester heißt jetzt Berger",
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

    fn read_request(&self, text: &str, _world: &mut dyn World) -> Option<Value> {
        Some(json!({"fact": fact(text)}))
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

/// What is to be kept: what follows the words that ask for it, or all that was said.
fn fact(text: &str) -> &str {
    const ASKING: [&str; 34] = [
        "remember that",
        "remember:",
        "remember",
        "keep in mind that",
        "bear in mind that",
        "in mind that",
        "forget that",
        "forget:",
        "note that",
        "note for later that",
        "for later:",
        "for next time:",
        "know that",
        "memorise that",
        "memorize that",
        "next time:",
        "mental note that",
        "in memory that",
        "the fact that",
        "memory that",
        "memory:",
        "this:",
        "dass",
        "merk dir",
        "vergiss nicht:",
        "denk daran:",
        "behalte:",
        "souviens-toi que",
        "retiens que",
        "oublie pas que",
        "recuerda que",
        "olvides que",
        "acuérdate de que",
        "later:",
    ];
    let whole = text.trim();
    let said = request::after(whole, &ASKING).unwrap_or(whole);
    let said = said.trim_start_matches([':', ',', ' ']);
    // "…, please remember" is in front of nothing.
    match said.split_whitespace().count() < 3 {
        true => whole,
        false => said,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

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
