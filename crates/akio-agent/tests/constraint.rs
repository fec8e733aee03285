//! Answers under a constraint: with a model that says anything, and with one that follows a script.

mod common;

use akio_agent::{
    AgentError, Constraint, ConstraintError, Event, FinishReason, Message, Overflow, Params,
    Prompt, Sampling, Session, tools::schema::validate,
};
use akio_engine::{EngineError, Model, TokenId, tokenizer::Tokenizer};
use common::{BYTES, TEMPLATE, answer, byte_tokens, greedy, scripted, tiny, user};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A model whose logits are noise.
struct Noise {
    state: u64,
    context: usize,
    logits: Vec<f32>,
}

impl Model for Noise {
    fn context(&self) -> usize {
        self.context
    }

    fn vocab_size(&self) -> usize {
        self.logits.len()
    }

    fn chunk(&self) -> usize {
        16
    }

    fn forward(
        &mut self,
        _: &[TokenId],
        _: usize,
        _: bool,
    ) -> Result<Option<&mut [f32]>, EngineError> {
        for logit in &mut self.logits {
            self.state = self
                .state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *logit = (self.state >> 40) as f32 / 2_000_000.0;
        }
        Ok(Some(&mut self.logits))
    }

    fn logits(&mut self, _: usize) -> Option<&mut [f32]> {
        None
    }

    fn truncate(&mut self, len: usize) -> usize {
        len
    }

    fn kv_bytes(&self) -> usize {
        0
    }
}

fn noisy(seed: u64, context: usize) -> Session<'static> {
    let packed = tiny(TEMPLATE);
    let vocab_size = Tokenizer::open(&packed).unwrap().vocab_size();
    let model = Noise {
        state: seed,
        context,
        logits: vec![0.0; vocab_size],
    };
    Session::with_model(packed, Box::new(model), Overflow::Stop).unwrap()
}

fn under(constraint: Constraint) -> Params {
    Params {
        constraint: Some(constraint),
        ..greedy()
    }
}

fn person() -> Constraint {
    Constraint::JsonSchema(
        json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
            "required": ["name", "age"]
        })
        .into(),
    )
}

#[test]
fn forced_text_needs_no_forward_pass_of_its_own() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("\"Ada\",37}");
    // The model would go on with `x` where it may.
    let (text, _, finish) = answer(&mut session, user("Who?"), under(person()));
    assert_eq!(text, r#"{"name":"Ada","age":37}"#);
    assert_eq!(finish.reason, FinishReason::Stop);
    assert_eq!(finish.completion_tokens, text.len());
    assert_eq!(session.messages().last(), Some(&Message::assistant(&*text)));
    // One look at the model for the last byte of each forced stretch and for every free one: the `"`
    // before the name, `Ada"`, the `:` of the age, `37}`.
    assert!(record.borrow().script.is_empty());
    let held = record.borrow().cache.len();
    record.borrow_mut().script = byte_tokens("ok");
    let (_, _, next) = answer(&mut session, user("Go on."), greedy());
    assert!(
        next.cached_tokens >= held - 1,
        "{} of {held}",
        next.cached_tokens
    );
}

#[test]
fn what_the_model_wants_is_masked() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("maybe");
    let choice = Constraint::Choice(vec!["yes".into(), "no".into()]);
    let (text, ..) = answer(&mut session, user("Well?"), under(choice));
    assert!(text == "yes" || text == "no", "{text}");
}

#[test]
fn an_answer_may_go_on_or_end_where_it_is_complete() {
    for (script, expected) in [("12", "12"), ("12x", "12"), ("123456789", "12345678")] {
        let (mut session, record) = scripted(1000, Overflow::Stop);
        record.borrow_mut().script = byte_tokens(script);
        let params = Params {
            max_tokens: 8,
            ..under(Constraint::Regex("[0-9]+".into()))
        };
        let (text, _, finish) = answer(&mut session, user("How many?"), params);
        // What the script wants is not allowed after `12`: the lowest of the equally likely tokens,
        // which is the end, is taken.
        assert_eq!(
            (text.as_str(), finish.reason),
            (expected, FinishReason::Stop)
        );
    }
}

#[test]
fn the_answer_closes_within_its_limit() {
    let shortest = r#"{"name":"","age":0}"#.len();
    for max_tokens in 0..60 {
        let (mut session, record) = scripted(1000, Overflow::Stop);
        record.borrow_mut().script = byte_tokens(&"a".repeat(100));
        let params = Params {
            max_tokens,
            ..under(person())
        };
        if max_tokens < shortest {
            assert_eq!(
                session.start(user("Who?"), params),
                Err(AgentError::Engine(
                    ConstraintError::Budget {
                        needed: shortest,
                        tokens: max_tokens
                    }
                    .into()
                ))
            );
            continue;
        }
        let (text, _, finish) = answer(&mut session, user("Who?"), params);
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        assert!(finish.completion_tokens <= max_tokens);
        assert_eq!(finish.reason, FinishReason::Stop);
    }
}

#[test]
fn the_context_limits_it_too_and_makes_room_if_it_may() {
    let question = |session: &mut Session<'_>| {
        session.set_system("");
        user("Who is it, and how old?")
    };
    let (mut session, record) = scripted(100, Overflow::Stop);
    record.borrow_mut().script = byte_tokens(&"a".repeat(100));
    let prompt = question(&mut session);
    let (text, _, finish) = answer(&mut session, prompt, under(person()));
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    assert_eq!(finish.reason, FinishReason::Stop);
    assert!(finish.prompt_tokens + finish.completion_tokens <= 100);
    // No room for a second turn, unless the first one is dropped.
    let prompt = user("And his brother?");
    assert!(session.start(prompt, under(person())).is_err());
    let (mut session, record) = scripted(100, Overflow::Evict);
    for _ in 0..3 {
        record.borrow_mut().script = byte_tokens(&"a".repeat(100));
        let prompt = user("Who is it, and how old?");
        session.set_system("");
        let (text, ..) = answer(&mut session, prompt, under(person()));
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    }
}

#[test]
fn the_beginning_of_an_answer_can_be_given() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    let prefix = "<tool_call>{\"name\": \"Pay\", \"arguments\":";
    record.borrow_mut().script = byte_tokens("\"Ada\",37}");
    let params = Params {
        prefix: prefix.into(),
        ..under(person())
    };
    let (text, _, finish) = answer(&mut session, user("Call it."), params);
    assert_eq!(text, r#"{"name":"Ada","age":37}"#);
    let prompt = session.render(&[session.messages()[0].clone(), Message::user("Call it.")]);
    let ids = |text: &str| session.count_tokens(text);
    let literals = 3 * ("<|im_start|>".len() - 1) + 2 * ("<|im_end|>".len() - 1);
    // `Pa` is one token here.
    assert_eq!(
        finish.prompt_tokens,
        prompt.unwrap().len() - literals + ids(prefix)
    );
    let said = format!("{prefix}{text}");
    assert_eq!(session.messages().last(), Some(&Message::assistant(said)));
    // The next turn evaluates neither the beginning nor the answer again.
    let held = finish.prompt_tokens + finish.completion_tokens - 1;
    record.borrow_mut().script = byte_tokens("ok");
    let (_, _, next) = answer(&mut session, user("Thanks."), greedy());
    assert_eq!(next.cached_tokens, held);
    // Without a constraint, and with text as it is.
    record.borrow_mut().script = byte_tokens(" Paris");
    let params = Params {
        prefix: "The capital is".into(),
        ..greedy()
    };
    let (text, ..) = answer(&mut session, user("Capital of France?"), params.clone());
    assert_eq!(text, " Paris");
    assert_eq!(
        session.messages().last(),
        Some(&Message::assistant("The capital is Paris"))
    );
    record.borrow_mut().script = byte_tokens(" Rome");
    let (text, ..) = answer(&mut session, Prompt::Raw("Of Italy: ".into()), params);
    assert_eq!(text, " Rome");
}

#[test]
fn an_answer_that_is_stopped_before_it_is_complete_is_dropped() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    let before = session.messages().to_vec();
    record.borrow_mut().script = byte_tokens("\"Ada\",37}");
    session.start(user("Who?"), under(person())).unwrap();
    let mut text = String::new();
    while text != r#"{"name":"Ada"#.replace("Ada", "") {
        if let Event::Text { text: piece, .. } = session.next().unwrap() {
            text += &piece;
        }
    }
    assert_eq!(session.stop(), None);
    assert_eq!(session.messages(), before);
}

#[test]
fn what_cannot_be_answered_is_refused_before_it_begins() {
    let (mut session, _) = scripted(1000, Overflow::Stop);
    let params = Params {
        stop: vec!["\n".into()],
        ..under(person())
    };
    assert_eq!(
        session.start(user("Who?"), params),
        Err(AgentError::StopUnderConstraint)
    );
    let bad = Constraint::JsonSchema(json!({"properties": {"a": {"not": {}}}}).into());
    let error = session.start(user("Who?"), under(bad)).unwrap_err();
    assert_eq!(error.code(), "bad_constraint");
    assert_eq!(
        error.to_string(),
        "the JSON Schema cannot be used: /properties/a/not is a keyword that cannot be kept to"
    );
    // Biases may leave nothing that the constraint allows.
    let params = Params {
        sampling: Sampling {
            logit_bias: vec![(BYTES + TokenId::from(b'y'), f32::NEG_INFINITY)],
            ..greedy().sampling
        },
        ..under(Constraint::Regex("y|y[a-z]".into()))
    };
    session.start(user("Well?"), params).unwrap();
    let error = loop {
        match session.next() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(
        error,
        AgentError::Engine(ConstraintError::NotAllowed.into())
    );
}

fn any_schema() -> impl Strategy<Value = Value> {
    let bounds = |of: &'static str, most: u64| {
        (0..=most, 0..=most, 0..4u8).prop_map(move |(a, b, which)| {
            let mut bounds = json!({});
            if which & 1 != 0 {
                bounds[format!("min{of}")] = json!(a.min(b));
            }
            if which & 2 != 0 {
                bounds[format!("max{of}")] = json!(a.max(b));
            }
            bounds
        })
    };
    let with = |mut schema: Value, other: Value| {
        let other = other.as_object().cloned().unwrap_or_default();
        if let Some(schema) = schema.as_object_mut() {
            schema.extend(other);
        }
        schema
    };
    let leaf = prop_oneof![
        bounds("Length", 9).prop_map(move |bounds| with(json!({"type": "string"}), bounds)),
        (-50i64..50, 0i64..200).prop_map(
            |(min, more)| json!({"type": "integer", "minimum": min, "maximum": min + more})
        ),
        (-50i64..50)
            .prop_map(|min| json!({"type": "number", "exclusiveMinimum": min as f64 / 4.0})),
        prop::sample::select(vec![
            json!({"type": "boolean"}),
            json!({"type": ["null", "integer"]}),
            json!({"type": "string", "pattern": "^[A-Z][a-z]{1,4}$"}),
            json!({"type": "string", "pattern": "\"\\\\"}),
            json!({"enum": ["a", "ab", 1, null]}),
            json!({"const": {"k": ["ä\n", 1.5]}}),
            json!({"type": "object"}),
            json!({}),
        ]),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            (inner.clone(), bounds("Items", 4)).prop_map(move |(items, bounds)| with(
                json!({"type": "array", "items": items}),
                bounds
            )),
            (
                prop::collection::vec(("[a-c]{1,2}|\"", inner.clone(), any::<bool>()), 0..4),
                prop::option::of(inner.clone())
            )
                .prop_map(|(members, rest)| {
                    let mut schema = json!({"type": "object", "properties": {}, "required": []});
                    for (name, member, required) in members {
                        if required && schema["properties"].get(&name).is_none() {
                            schema["required"].as_array_mut().unwrap().push(json!(name));
                        }
                        schema["properties"][name] = member;
                    }
                    if let Some(rest) = rest {
                        schema["additionalProperties"] = rest;
                    }
                    schema
                }),
            prop::collection::vec(inner, 1..3).prop_map(|branches| json!({"anyOf": branches})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn whatever_the_model_says_the_answer_is_valid(
        schema in any_schema(), seed in any::<u64>(), budget in 1usize..300, warm in any::<bool>()
    ) {
        let mut session = noisy(seed, 2000);
        let params = Params {
            max_tokens: budget,
            sampling: Sampling { seed, temperature: if warm { 1.0 } else { 0.0 }, top_k: 0, ..Sampling::default() },
            ..under(Constraint::JsonSchema(schema.clone().into()))
        };
        match session.start(user("Go."), params) {
            Err(AgentError::Engine(EngineError::Constraint(ConstraintError::Budget { needed, tokens }))) => {
                prop_assert!(needed > tokens && tokens == budget);
                return Ok(());
            }
            started => prop_assert_eq!(started, Ok(())),
        }
        let (mut text, mut tokens) = (String::new(), 0);
        let finish = loop {
            match session.next().unwrap() {
                Event::Text { text: piece, .. } => {
                    text += &piece;
                    tokens += 1;
                }
                Event::Done(finish) => break finish,
                _ => {}
            }
        };
        text += &finish.text_tail;
        prop_assert_eq!(finish.reason, FinishReason::Stop);
        prop_assert!(tokens <= budget);
        let value: Value = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert!(!text.contains(['\n', '\r']), "{text}");
        let valid = validate(&schema, &value);
        prop_assert!(valid.is_ok(), "{schema} {text} {valid:?}");
    }
}
