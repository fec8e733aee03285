//! Conversations with the real model.

mod common;

use std::sync::LazyLock;

use akio_agent::{
    Constraint, DEFAULT_SYSTEM, Event, FinishReason, Message, Options, Overflow, Params, Prompt,
    Sampling, Schema, Session,
};
use akio_engine::packed::Packed;
use akio_pack::pack;
use common::{answer, greedy, open, user};

static SMOLLM2: LazyLock<Packed<'static>> = LazyLock::new(|| {
    let packing = pack(
        common::gguf_file("smollm2"),
        &akio_pack::Options::default(),
        &mut |_, _| {},
    )
    .unwrap();
    open(&packing.blob)
});

fn session(context: usize, overflow: Overflow) -> Session<'static> {
    Session::open(*SMOLLM2, Options { context, overflow }).unwrap()
}

#[test]
fn it_knows_the_capital_of_france_and_leaves_it_at_that() {
    let mut session = session(0, Overflow::Stop);
    assert_eq!(session.messages(), [Message::system(DEFAULT_SYSTEM)]);
    assert_eq!(session.context(), 4096);
    let (text, _, finish) = answer(
        &mut session,
        user("What is the capital of France?"),
        Params {
            max_tokens: 64,
            ..greedy()
        },
    );
    assert!(text.contains("Paris"), "{text}");
    assert_eq!(finish.reason, FinishReason::Stop, "{text}");
    assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
}

#[test]
fn a_turn_on_cached_tokens_answers_as_one_without() {
    let questions = ["What is the capital of France?", "And of Italy?"];
    let params = Params {
        max_tokens: 24,
        ..greedy()
    };
    let mut session = session(1024, Overflow::Stop);
    let mut held = 0;
    for question in questions {
        let (text, _, finish) = answer(&mut session, user(question), params.clone());
        assert!(finish.cached_tokens >= held);
        held = finish.prompt_tokens + finish.completion_tokens - 1;

        let mut messages = session.messages().to_vec();
        messages.pop();
        let mut fresh = self::session(1024, Overflow::Stop);
        let (again, _, finish) = answer(&mut fresh, Prompt::Messages(messages), params.clone());
        assert_eq!(finish.cached_tokens, 0);
        assert_eq!(again, text);
    }
}

#[test]
fn a_seed_repeats_its_answer() {
    let mut session = session(512, Overflow::Stop);
    let mut tell = |seed| {
        session.reset();
        let sampling = Sampling {
            temperature: 1.0,
            seed,
            ..Sampling::default()
        };
        answer(
            &mut session,
            user("Tell a story."),
            Params {
                max_tokens: 12,
                sampling,
                ..Params::default()
            },
        )
        .0
    };
    let story = tell(1);
    assert_eq!(tell(1), story);
    assert_ne!(tell(2), story);
}

#[test]
fn a_long_conversation_goes_on_in_a_small_context() {
    let mut session = session(100, Overflow::Evict);
    let mut evicted = 0;
    for animal in ["cat", "dog", "horse"] {
        let question = user(&format!("Tell me something about the {animal}."));
        let (text, events, finish) = answer(
            &mut session,
            question,
            Params {
                max_tokens: 30,
                ..greedy()
            },
        );
        assert!(!text.is_empty());
        assert_ne!(finish.reason, FinishReason::Context);
        evicted += events
            .iter()
            .map(|event| {
                if let Event::Overflow { evicted } = event {
                    *evicted
                } else {
                    0
                }
            })
            .sum::<usize>();
    }
    assert!(evicted > 0);
    assert_eq!(session.messages().len(), 1 + 2 * 3 - evicted);
    assert_eq!(session.messages()[0], Message::system(DEFAULT_SYSTEM));
}

#[test]
fn it_fills_a_schema_from_a_sentence() {
    let schema = r#"{"type": "object", "properties": {
        "name": {"type": "string", "maxLength": 24}, "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "city": {"enum": ["Oslo", "Rome", "Lima"]}}, "required": ["name", "age", "city"]}"#;
    let mut session = session(1024, Overflow::Stop);
    let question =
        user("Anna Berg is 37 years old and lives in Oslo. Write her name, age and city as JSON.");
    let params = Params {
        constraint: Some(Constraint::JsonSchema(Schema::parse(schema).unwrap())),
        max_tokens: 64,
        ..greedy()
    };
    let (text, _, finish) = answer(&mut session, question, params);
    assert_eq!(text, r#"{"name":"Anna Berg","age":37,"city":"Oslo"}"#);
    assert_eq!(finish.reason, FinishReason::Stop);
}

#[test]
fn a_likely_answer_scores_higher_and_like_requests_lie_close() {
    let mut session = session(512, Overflow::Stop);
    let question = [Message::user("What is the capital of France?")];
    let answers = [" Paris", " Lyon", " seventeen"];
    let scores = session
        .score(&question, "The capital of France is", &answers)
        .unwrap();
    let sums: Vec<f32> = scores.iter().map(akio_engine::Score::mean).collect();
    assert!(sums[0] > sums[1] && sums[1] > sums[2], "{sums:?}");

    let mut embed = |text| session.embed(text).unwrap();
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let sum = embed("How much is 17 times 23?");
    let product = embed("Multiply 12 by 9.");
    let poem = embed("Write a poem about the sea.");
    let (near, far) = (cosine(&sum, &product), cosine(&sum, &poem));
    assert!(near > far, "{near} {far}");
}
