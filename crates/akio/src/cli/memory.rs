//! `akio memory`: what the agent was asked to keep, in a file of the person's.

use akio_agent::{
    memory::{Fact, Memory, MemoryError},
    tools::{ToolError, World},
};
use serde_json::json;

use super::{
    Console, Error,
    args::{self, MemoryVerb},
    files::Files,
};

pub(super) fn run(args: &args::Memory, console: &mut Console<'_>) -> Result<(), Error> {
    let store = args.verb.store();
    let name = store.memory.display();
    let mut world = Files::new(&[], Some(store.memory.clone()))?;
    let mut memory = Memory::of(&mut world)?;
    if memory.is_cut() {
        console.note(&format!(
            "the last line of {name} is incomplete and is left out"
        ));
    }
    let now = world.now();
    let is_one = matches!(
        args.verb,
        MemoryVerb::Add { .. } | MemoryVerb::Delete { .. }
    );
    let facts: Vec<Fact> = match &args.verb {
        MemoryVerb::Add { text, .. } => vec![memory.add(text, now)?],
        MemoryVerb::Delete { id, .. } => vec![memory.delete(*id, now)?],
        MemoryVerb::List { .. } => memory.facts().cloned().collect(),
        MemoryVerb::Search { query, .. } => memory.search(query).into_iter().cloned().collect(),
    };
    if is_one {
        world
            .write_memory(&memory.to_bytes())
            .map_err(ToolError::from)?;
    }
    if store.json {
        let json = match facts.first() {
            Some(fact) if is_one => json!(fact),
            _ => json!(facts),
        };
        return console.print(&format!("{json}\n"));
    }
    if facts.is_empty() {
        console.note(&match memory.facts().count() {
            0 => format!("nothing is remembered in {name}"),
            facts => format!("none of the {facts} facts in {name} has these words"),
        });
    }
    for fact in &facts {
        let date = fact.time.get(..10).unwrap_or(&fact.time);
        console.print(&format!("{}  {date}  {}\n", fact.id, fact.text))?;
    }
    Ok(())
}

impl From<MemoryError> for Error {
    fn from(error: MemoryError) -> Self {
        Self::Usage(error.to_string())
    }
}
