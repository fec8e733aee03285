//! Which tool is chosen, on requests that no example was written after.

use akio_agent::{
    choose::Chooser,
    tools::{BUILT_IN, ToolSpec, built_in},
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Requests of the dev half whose right choice is among these tools, of a hundred.
const FLOOR: usize = 95;

fn specs() -> Vec<ToolSpec> {
    BUILT_IN
        .iter()
        .map(|name| built_in(name).expect("a built-in tool").spec().clone())
        .collect()
}

fn tool(name: &str, examples: [&str; 3]) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: format!("Does what is asked: {}.", name.replace('_', " ")),
        parameters: json!({"type": "object", "properties": {}}),
        examples: examples.map(String::from).into(),
        side_effect: false,
    }
}

fn first<'c>(chooser: &'c Chooser, request: &str) -> &'c str {
    chooser.rank(request)[0].tool.unwrap_or("none")
}

#[test]
fn the_right_tool_is_chosen() {
    let specs = specs();
    let chooser = Chooser::new(&specs);
    let known = |name: &Value| name == "none" || specs.iter().any(|spec| name == &*spec.name);
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/evals/dev/tools.jsonl"
    );
    let (mut right, mut all) = (0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        if !known(&item["tool"]) {
            continue;
        }
        all += 1;
        let chosen = first(&chooser, item["request"].as_str().unwrap());
        right += usize::from(item["tool"] == chosen);
        if item["tool"] != chosen {
            println!("{chosen} for {item}");
        }
    }
    println!("{right} of {all}");
    assert!(right * 100 >= all * FLOOR, "{right} of {all}");
}

#[test]
fn a_tool_of_somebody_elses_is_known_by_three_examples() {
    let mut specs = specs();
    specs.push(tool(
        "set_light",
        [
            "Turn on the light in the kitchen",
            "Make the bedroom lamp brighter",
            "Switch off all lights",
        ],
    ));
    specs.push(tool(
        "play_music",
        [
            "Play something by Bach",
            "Put on some jazz",
            "Stop the music",
        ],
    ));
    let chooser = Chooser::new(&specs);
    for (request, name) in [
        ("Please turn off the lamp in the hall", "set_light"),
        ("switch the bathroom light on", "set_light"),
        (
            "It is too dark in the kitchen, lights on please",
            "set_light",
        ),
        ("play Mozart", "play_music"),
        ("Play some quiet music", "play_music"),
        ("What is 12 times 9?", "calculate"),
        ("Show me plan.txt", "read_file"),
        ("How fast does light travel?", "none"),
        ("Why do people like music?", "none"),
        ("Write a song about the light of the moon", "none"),
    ] {
        assert_eq!(first(&chooser, request), name, "{request}");
    }
}

#[test]
fn without_tools_nothing_is_chosen() {
    let chooser = Chooser::new([]);
    assert_eq!(first(&chooser, "What is in plan.txt?"), "none");
}

#[test]
fn what_is_not_granted_is_not_chosen() {
    let clock: Vec<ToolSpec> = specs()
        .into_iter()
        .filter(|spec| spec.name == "get_datetime")
        .collect();
    let chooser = Chooser::new(&clock);
    assert_eq!(first(&chooser, "What time is it?"), "get_datetime");
    assert_eq!(first(&chooser, "Delete the last line of a.txt"), "none");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_request_has_a_choice(request in "\\PC*") {
        let specs: Vec<ToolSpec> = specs().into_iter().take(2).collect();
        let chooser = Chooser::new(&specs);
        let ranks = chooser.rank(&request);
        prop_assert_eq!(ranks.len(), 3);
        prop_assert!(ranks.iter().all(|rank| rank.score.is_finite()));
    }
}
