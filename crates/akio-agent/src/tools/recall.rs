//! `recall`: looks for facts that were kept.

use serde_json::{Value, json};

use super::{MAX_OUTPUT, Tool, ToolError, ToolSpec, World, text};
use crate::memory::{Fact, Memory};

pub(super) struct Recall(ToolSpec);

impl Recall {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "recall".into(),
            description: "Look up what the person asked to remember in earlier conversations."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "minLength": 1, "maxLength": 200,
                              "description": "Words to look for"},
                },
                "required": ["query"],
                "additionalProperties": false,
            }),
            examples: [
                "When is my sister's birthday again?",
                "What did I ask you to remember about the car?",
                "Do you still know where the spare key is?",
                "What have I told you about my allergies?",
                "What was the name of my plumber?",
                "Which shoe size did I tell you?",
                "Tell me everything you remember about Anna",
                "What do you know about me?",
                "Was hattest du dir über meinen Zug gemerkt?",
                "Wie hieß noch mal der Hausmeister?",
                "Qu'est-ce que je t'ai demandé de retenir sur le médecin ?",
                "¿Qué te dije sobre mi dirección?",
                "Where did I say the passport is?",
                "Do you remember what my wife's ring size is?",
                "I told you my doctor's name, what was it?",
                "What did I say about the heating?",
                "Remind me what I told you about Tom",
                "What was the PIN hint I gave you?",
                "which colour did I say the kitchen should be",
                "You know my favourite tea, don't you? Which is it?",
                "What have you remembered about my holidays?",
                "What facts have you stored about me?",
                "I mentioned my cousin's address to you once, tell it to me again",
                "Have I told you when the bins are collected?",
                "List everything I asked you to keep in mind",
                "what's my shirt size, you should know it",
                "When did I say the car needs its inspection?",
                "What do you have on my neighbour from before?",
                "the name of my daughter's teacher, i gave it to you last week",
                "How do I like my coffee? I've told you already",
                "Did I ever tell you my blood type?",
                "Was habe ich dir über mein Auto erzählt?",
                "Weißt du noch, wie mein Zahnarzt heißt?",
                "Welche Schuhgröße hatte ich dir genannt?",
                "Wann hat meine Schwester Geburtstag? Das habe ich dir mal gesagt.",
                "Tu te souviens du nom de mon voisin ?",
                "Qu'est-ce que je t'ai dit à propos de mon vélo ?",
                "¿Te acuerdas de mi talla?",
                "¿Qué sabes de mi hermana? Te lo conté.",
                "What's my landlord called? You have it from me",
                "When is Mum's birthday again?",
                "My locker number, what was it again?",
                "Tell me what you know about my cat",
                "Which seat do I prefer on trains? I mentioned it",
                "You noted my licence plate, tell me what it is",
                "Wie war noch mal meine Kundennummer?",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for Recall {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, request: &str, _world: &mut dyn World) -> Option<Value> {
        let query: String = request.chars().take(200).collect();
        Some(json!({"query": query}))
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let memory = Memory::of(world)?;
        let found = memory.search(text(arguments, "query", ""));
        // A short memory is better shown than searched: the words may be others.
        let all: Vec<&Fact> = memory.facts().collect();
        let (facts, heading) = match (found.is_empty(), all.len()) {
            (_, 0) => return Ok("nothing is remembered yet".into()),
            (false, _) => (found, ""),
            (true, 1..=10) => (all, "nothing with these words; all that is remembered:\n"),
            (true, count) => {
                return Ok(format!(
                    "none of the {count} remembered facts has these words"
                ));
            }
        };
        let mut output = String::from(heading);
        for fact in facts {
            let date = fact.time.get(..10).unwrap_or(&fact.time);
            let line = format!("{}. {} ({date})\n", fact.id, fact.text);
            if output.len() + line.len() > MAX_OUTPUT {
                output.push_str("[there is more; use other words to see it]\n");
                break;
            }
            output.push_str(&line);
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn recall(facts: &[String], query: &str) -> String {
        let mut memory = Memory::default();
        for fact in facts {
            memory.add(fact, 1_700_000_000).unwrap();
        }
        let mut world = Held::new([]);
        world.memory = Some(memory.to_bytes());
        Recall::new()
            .call(&json!({"query": query}), &mut world)
            .unwrap()
    }

    #[test]
    fn it_finds_what_was_kept() {
        let facts = ["The key is under the pot".into(), "Bob likes tea".into()];
        assert_eq!(
            recall(&facts, "where is the key"),
            "1. The key is under the pot (2023-11-14)\n"
        );
        assert_eq!(
            recall(&facts, "passport"),
            "nothing with these words; all that is remembered:\n\
             1. The key is under the pot (2023-11-14)\n2. Bob likes tea (2023-11-14)\n"
        );
        assert_eq!(recall(&[], "key"), "nothing is remembered yet");
    }

    #[test]
    fn the_result_is_bounded() {
        let facts: Vec<String> = (0..200)
            .map(|n| format!("fact {n} {}", "x".repeat(90)))
            .collect();
        let output = recall(&facts, "fact");
        assert!(output.len() < MAX_OUTPUT + 100);
        assert!(output.ends_with("[there is more; use other words to see it]\n"));
        assert_eq!(
            recall(&facts, "key"),
            "none of the 200 remembered facts has these words"
        );
    }
}
