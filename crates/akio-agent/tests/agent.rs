//! Tasks with tools that the caller does, with a model that follows a script.

mod common;

use akio_agent::{
    Agent, Overflow,
    agent::{AgentEvent, AgentFinish, AgentOptions, Call, Choice, Decision, Outcome, Permission},
    tools::{GrantError, Held, Outside, ToolSpec, Tools, built_in},
};
use common::{byte_tokens, scripted};
use serde_json::{Value, json};

const TASK: &str = "Switch on the lamp in the hall";

fn lamp(parameters: Value, side_effect: bool) -> ToolSpec {
    ToolSpec {
        name: "switch_lamp".into(),
        description: "Switch a lamp on or off.".into(),
        parameters,
        examples: [
            "Switch on the lamp in the kitchen",
            "Turn off the light in the bedroom",
            "lamp on in the bathroom please",
        ]
        .map(String::from)
        .into(),
        side_effect,
    }
}

fn rooms() -> Value {
    json!({
        "type": "object",
        "properties": {"room": {"enum": ["hall", "kitchen"]}},
        "required": ["room"],
        "additionalProperties": false,
    })
}

/// An agent with the lamp beside the built-in tools. The model chooses the hall, and then says this.
fn agent(side_effect: bool, permission: Permission, said: &str) -> Agent<'static> {
    let (session, record) = scripted(2000, Overflow::Stop);
    // It is asked about the beginning of the room and about its end.
    record.borrow_mut().script = [byte_tokens("h\""), byte_tokens(said)].concat();
    let mut tools = Tools::default();
    for name in ["calculate", "remember", "write_file"] {
        tools.grant(built_in(name).unwrap()).unwrap();
    }
    let lamp = Outside::new(lamp(rooms(), side_effect)).unwrap();
    tools.grant(Box::new(lamp)).unwrap();
    let options = AgentOptions {
        permission,
        ..AgentOptions::default()
    };
    Agent::new(session, tools, options)
}

fn call() -> Call {
    Call {
        tool: "switch_lamp".into(),
        arguments: json!({"room": "hall"}),
    }
}

/// Does the task to its end; what was asked of the caller, and what came of it.
fn done(
    agent: &mut Agent<'_>,
    approve: bool,
    result: Option<Result<&str, &str>>,
) -> (Vec<AgentEvent>, Outcome) {
    let mut world = Held::new([]);
    let mut asked = Vec::new();
    agent.start(TASK, &mut world).unwrap();
    loop {
        match agent.next(&mut world).unwrap() {
            AgentEvent::Done(outcome) => return (asked, outcome),
            AgentEvent::Execute(call) => {
                if let Some(result) = result {
                    agent.provide(result.map(String::from).map_err(String::from));
                }
                asked.push(AgentEvent::Execute(call));
            }
            AgentEvent::Approval(call) => {
                agent.decide(approve);
                asked.push(AgentEvent::Approval(call));
            }
            _ => {}
        }
    }
}

#[test]
fn a_tool_of_the_callers_is_chosen_and_done_outside() {
    let mut agent = agent(false, Permission::Deny, "It is on.");
    let (asked, outcome) = done(&mut agent, false, Some(Ok("on, at 40 watts")));
    assert_eq!(asked, [AgentEvent::Execute(call())]);
    let [step] = outcome.steps.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!(step.call, call());
    assert_eq!(step.result, "on, at 40 watts");
    assert_eq!((step.decision, step.failed), (Decision::Granted, false));
    // What the tool found out is said, whatever the model makes of it.
    assert_eq!(outcome.answer, "It is on.\non, at 40 watts");
    assert_eq!(outcome.finish_reason, AgentFinish::Stop);
    assert_eq!(agent.conversation().len(), 3);
}

#[test]
fn what_changes_something_is_done_after_approval_alone() {
    let asks = [AgentEvent::Approval(call()), AgentEvent::Execute(call())];
    for (permission, approve, expected, decision) in [
        (Permission::Ask, true, &asks[..], Decision::Approved),
        (Permission::Ask, false, &asks[..1], Decision::Denied),
        (Permission::Allow, false, &asks[1..], Decision::Approved),
        (Permission::Deny, true, &[], Decision::Denied),
    ] {
        let mut agent = agent(true, permission, "Done.");
        let (asked, outcome) = done(&mut agent, approve, Some(Ok("on")));
        assert_eq!(asked, expected, "{permission:?}");
        assert_eq!(outcome.steps[0].decision, decision, "{permission:?}");
        let is_denied = decision == Decision::Denied;
        assert_eq!(outcome.steps[0].failed, is_denied);
        assert_eq!(outcome.answer.contains("nothing was changed"), is_denied);
    }
}

#[test]
fn an_error_of_the_caller_is_said_and_silence_is_one() {
    for (result, answer) in [
        (Some(Err("the bulb is broken")), "The bulb is broken."),
        (None, "Switch_lamp gave no result."),
    ] {
        let mut agent = agent(false, Permission::Ask, "");
        let (_, outcome) = done(&mut agent, false, result);
        assert!(outcome.steps[0].failed);
        assert_eq!(outcome.answer, answer);
    }
}

#[test]
fn a_stop_while_the_caller_works_leaves_no_trace() {
    let mut world = Held::new([]);
    let mut agent = agent(false, Permission::Ask, "It is on.");
    let before = agent.conversation().to_vec();
    agent.start(TASK, &mut world).unwrap();
    while !matches!(agent.next(&mut world).unwrap(), AgentEvent::Execute(_)) {}
    agent.stop();
    agent.provide(Ok("on".into()));
    assert!(agent.next(&mut world).is_err());
    assert_eq!(agent.conversation(), before);
}

#[test]
fn a_schema_that_no_answer_can_be_kept_to_is_refused() {
    let parameters = json!({"type": "object", "properties": {"room": {"not": {}}}});
    let Err(GrantError::Schema { pointer, .. }) = Outside::new(lamp(parameters, false)) else {
        panic!("the schema is at fault")
    };
    assert_eq!(pointer, "/properties/room/not");
}

#[test]
fn a_call_can_be_had_without_being_made() {
    let mut world = Held::new([]);
    let mut agent = agent(true, Permission::Ask, "");
    let before = agent.conversation().to_vec();
    assert_eq!(agent.propose(TASK, &mut world).unwrap(), Some(call()));
    assert_eq!(agent.propose("Good morning!", &mut world).unwrap(), None);
    // What stands in the task needs no model, and the tool may be another than the task calls for.
    assert!(
        agent
            .start_call("2 + 3", Choice::Tool("calculate"), &mut world)
            .unwrap()
    );
    assert!(
        matches!(agent.next(&mut world).unwrap(), AgentEvent::ToolCall(call) if call.tool == "calculate")
    );
    assert_eq!(agent.usage(), (0, 0));
    assert!(
        !agent
            .start_call(TASK, Choice::Tool("fly"), &mut world)
            .unwrap()
    );
    assert!(
        agent
            .start_call("Good morning!", Choice::Required, &mut world)
            .unwrap()
    );
    agent.stop();
    assert_eq!(agent.conversation(), before);
}
