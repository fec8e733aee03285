//! Turns, context and errors, with a model that follows a script.

mod common;

use akio_agent::{
    AgentError, Event, FinishReason, Message, Options, Overflow, Params, Prompt, Sampling, Session,
};
use akio_engine::{EngineError, TokenId};
use common::{
    BYTES, IM_END, IM_START, TEMPLATE, answer, byte_tokens, greedy, scripted, scripted_with, tiny,
    user,
};

#[test]
fn a_turn_becomes_part_of_the_conversation() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    session.set_system("Be brief.");
    record.borrow_mut().script = byte_tokens("Paris.");
    let (text, events, finish) = answer(&mut session, user("Capital of France?"), greedy());
    assert_eq!(text, "Paris.");
    assert_eq!(finish.reason, FinishReason::Stop);
    assert_eq!(finish.cached_tokens, 0);
    assert_eq!(finish.completion_tokens, 6);
    let prompt = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nCapital of France?<|im_end|>\n<|im_start|>assistant\n";
    let messages = [
        Message::system("Be brief."),
        Message::user("Capital of France?"),
    ];
    assert_eq!(session.render(&messages).unwrap(), prompt);
    // Every control token is one token, everything else is a token per byte here.
    assert_eq!(
        finish.prompt_tokens,
        prompt.len() - 3 * ("<|im_start|>".len() - 1) - 2 * ("<|im_end|>".len() - 1)
    );
    assert_eq!(
        session.messages(),
        [&messages[..], &[Message::assistant("Paris.")]].concat()
    );
    // Chunks of 16 tokens; the last one comes with the first token.
    assert_eq!(events.len(), (finish.prompt_tokens - 1) / 16);
    assert_eq!(
        events[0],
        Event::Prefill {
            done: 16,
            total: finish.prompt_tokens
        }
    );
}

#[test]
fn the_next_turn_evaluates_new_tokens_only() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    // `P` and `a` by themselves, which encoding the text again would not give.
    record.borrow_mut().script = byte_tokens("Paris, Paris");
    let (_, _, first) = answer(&mut session, user("Capital of France?"), greedy());
    assert_ne!(
        session.count_tokens("Paris, Paris"),
        first.completion_tokens
    );
    let held = record.borrow().cache.clone();
    assert_eq!(held.len(), first.prompt_tokens + first.completion_tokens);

    record.borrow_mut().script = byte_tokens("Rome");
    let (text, _, second) = answer(&mut session, user("Of Italy?"), greedy());
    assert_eq!(text, "Rome");
    assert_eq!(second.cached_tokens, held.len());
    assert_eq!(record.borrow().cache[..held.len()], held);

    // Also if the caller holds the conversation.
    let mut messages = session.messages().to_vec();
    messages.push(Message::user("Of Spain?"));
    let before = record.borrow().cache.len();
    let (_, _, third) = answer(&mut session, Prompt::Messages(messages), greedy());
    assert_eq!(third.cached_tokens, before);
}

#[test]
fn an_answer_goes_on_from_its_prefix() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens(" it is Rome.");
    let params = Params {
        prefix: "Well,".into(),
        ..greedy()
    };
    let question = [Message::user("Capital of Italy?")];
    let (text, _, finish) = answer(&mut session, Prompt::Messages(question.to_vec()), params);
    assert_eq!(text, " it is Rome.");
    let asked = session.count_messages(question.to_vec()).unwrap();
    assert_eq!(finish.prompt_tokens, asked + "Well,".len());
    assert_eq!(
        session.messages().last(),
        Some(&Message::assistant("Well, it is Rome."))
    );

    // The whole answer is in the cache, prefix included.
    let held = record.borrow().cache.len();
    record.borrow_mut().script = byte_tokens("Yes");
    let (_, _, finish) = answer(&mut session, user("Sure?"), greedy());
    assert_eq!(finish.cached_tokens, held);
}

#[test]
fn a_conversation_may_end_with_any_message() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    for last in [
        Message::system("Say hello."),
        Message::assistant("Hello."),
        Message::user(""),
    ] {
        record.borrow_mut().script = byte_tokens("Hi");
        let messages = Prompt::Messages(vec![last.clone()]);
        assert_eq!(answer(&mut session, messages, greedy()).0, "Hi");
        let messages = session.messages();
        assert_eq!(messages[messages.len() - 2], last);
    }
}

#[test]
fn a_stop_string_ends_the_answer_before_it() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("one\n\ntwo");
    let params = Params {
        stop: vec!["\n\n".into()],
        ..greedy()
    };
    let (text, _, finish) = answer(&mut session, user("Count."), params);
    assert_eq!(
        (text.as_str(), finish.reason, finish.completion_tokens),
        ("one", FinishReason::Stop, 5)
    );
    assert_eq!(session.messages().last(), Some(&Message::assistant("one")));
    record.borrow_mut().script.clear();
    let (_, _, next) = answer(&mut session, user("Go on."), greedy());
    assert_eq!(next.cached_tokens, finish.prompt_tokens + 3);
}

#[test]
fn text_that_may_begin_a_stop_string_comes_at_the_end() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("one\n");
    let params = Params {
        stop: vec!["\n\n".into()],
        ..greedy()
    };
    let (text, _, finish) = answer(&mut session, user("Count."), params);
    assert_eq!((text.as_str(), finish.text_tail.as_str()), ("one\n", "\n"));
}

#[test]
fn the_length_limit_ends_the_answer() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("one two");
    let (text, _, finish) = answer(
        &mut session,
        user("Count."),
        Params {
            max_tokens: 3,
            ..greedy()
        },
    );
    assert_eq!(
        (text.as_str(), finish.reason),
        ("one", FinishReason::Length)
    );
    let (text, _, finish) = answer(
        &mut session,
        user("Count."),
        Params {
            max_tokens: 0,
            ..greedy()
        },
    );
    assert_eq!((text.as_str(), finish.reason), ("", FinishReason::Length));
}

#[test]
fn control_tokens_in_an_answer_have_no_text() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = [byte_tokens("a"), vec![IM_START], byte_tokens("b")].concat();
    let (text, _, finish) = answer(&mut session, user("Hi"), greedy());
    assert_eq!((text.as_str(), finish.completion_tokens), ("ab", 3));
}

#[test]
fn stopping_keeps_the_partial_answer() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("one two three");
    session
        .start(
            user("Count."),
            Params {
                stop: vec!["ex".into()],
                ..greedy()
            },
        )
        .unwrap();
    let mut text = String::new();
    while text != "on" {
        if let Event::Text { text: piece, .. } = session.next().unwrap() {
            text += &piece;
        }
    }
    session.next().unwrap();
    let finish = session.stop().unwrap();
    // The `e` could have been the beginning of the stop string.
    assert_eq!(
        (finish.text_tail.as_str(), finish.completion_tokens),
        ("e", 3)
    );
    assert_eq!(session.messages().last(), Some(&Message::assistant("one")));
    assert_eq!(session.next(), Err(AgentError::NotStarted));
    assert_eq!(session.stop(), None);
}

#[test]
fn stopping_before_the_first_token_leaves_the_conversation() {
    let (mut session, _) = scripted(1000, Overflow::Stop);
    let before = session.messages().to_vec();
    session
        .start(
            user("A question that takes more than one chunk to read."),
            greedy(),
        )
        .unwrap();
    assert!(matches!(session.next(), Ok(Event::Prefill { .. })));
    assert_eq!(session.stop(), None);
    assert_eq!(session.messages(), before);
}

#[test]
fn an_error_leaves_the_conversation_and_the_session_goes_on() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    record.borrow_mut().script = byte_tokens("Hello");
    answer(&mut session, user("Hi"), greedy());
    let before = session.messages().to_vec();
    for evaluations in [0, 1, 2, 3] {
        record.borrow_mut().script = byte_tokens("broken");
        record.borrow_mut().fails_after = Some(evaluations);
        session.start(user("And now?"), greedy()).unwrap();
        let error = loop {
            if let Err(error) = session.next() {
                break error;
            }
        };
        assert_eq!(
            error,
            EngineError::Fallback("broken on purpose".into()).into()
        );
        assert_eq!(session.messages(), before);
        assert_eq!(session.next(), Err(AgentError::NotStarted));
    }
    record.borrow_mut().fails_after = None;
    record.borrow_mut().script = byte_tokens("Fine");
    assert_eq!(answer(&mut session, user("And now?"), greedy()).0, "Fine");
}

#[test]
fn what_cannot_be_answered_is_a_typed_error() {
    let (mut session, _) = scripted(1000, Overflow::Stop);
    let before = session.messages().to_vec();
    let empty = AgentError::Engine(EngineError::EmptyPrompt);
    let mut error = |prompt, params| session.start(prompt, params).unwrap_err();
    assert_eq!(error(user(""), greedy()), empty);
    assert_eq!(error(user(" \n\t"), greedy()), empty);
    assert_eq!(error(Prompt::Raw(String::new()), greedy()), empty);
    assert_eq!(error(Prompt::Messages(Vec::new()), greedy()), empty);
    assert_eq!(
        error(
            user("Hi"),
            Params {
                stop: vec![String::new()],
                ..greedy()
            }
        ),
        AgentError::EmptyStop
    );
    let bias = Sampling {
        logit_bias: vec![(100_000, 1.0)],
        ..Sampling::default()
    };
    assert_eq!(
        error(
            user("Hi"),
            Params {
                sampling: bias,
                ..greedy()
            }
        ),
        EngineError::UnknownToken { id: 100_000 }.into()
    );
    let hot = Sampling {
        temperature: f32::NAN,
        ..Sampling::default()
    };
    assert_eq!(
        error(
            user("Hi"),
            Params {
                sampling: hot,
                ..greedy()
            }
        )
        .code(),
        "bad_request"
    );
    let refused = error(
        Prompt::Messages(vec![Message::user("Hi"), Message::user("Hi?")]),
        greedy(),
    );
    assert_eq!(
        refused.to_string(),
        "the model's chat template fails at line 3: roles must alternate"
    );
    assert_eq!(session.messages(), before);
    assert_eq!(session.next(), Err(AgentError::NotStarted));
}

#[test]
fn a_prompt_longer_than_the_context_is_refused_with_numbers() {
    for overflow in [Overflow::Stop, Overflow::Evict] {
        let (mut session, _) = scripted(50, overflow);
        session.set_system("");
        let tokens = session.count_tokens("user\nassistant\n\n") + 3;
        let fits = |len: usize| "x".repeat(len - tokens);
        let too_long = EngineError::PromptTooLong {
            tokens: 50,
            context: 50,
        };
        assert_eq!(
            session.start(user(&fits(50)), greedy()),
            Err(too_long.into())
        );
        session.start(user(&fits(49)), greedy()).unwrap();
    }
}

#[test]
fn an_answer_that_fills_the_context_ends_there() {
    for overflow in [Overflow::Stop, Overflow::Evict] {
        let (mut session, record) = scripted(100, overflow);
        session.set_system("");
        record.borrow_mut().script = byte_tokens(&"on and ".repeat(20));
        let (text, events, finish) = answer(&mut session, user("Talk."), greedy());
        assert_eq!(finish.reason, FinishReason::Context);
        assert_eq!(finish.prompt_tokens + finish.completion_tokens, 100);
        assert_eq!(text.len(), finish.completion_tokens);
        assert!(
            events
                .iter()
                .all(|event| matches!(event, Event::Prefill { .. }))
        );
        assert_eq!(session.messages().len(), 2);
    }
}

#[test]
fn eviction_drops_the_oldest_turns_first() {
    let (mut session, record) = scripted(160, Overflow::Evict);
    session.set_system("System");
    for turn in ["first", "second", "third"] {
        record.borrow_mut().script = byte_tokens("ok");
        let (_, events, _) = answer(&mut session, user(turn), greedy());
        assert!(
            events
                .iter()
                .all(|event| matches!(event, Event::Prefill { .. }))
        );
    }
    record.borrow_mut().script = byte_tokens("ok");
    let long = "fourth, and much longer than the ones before it";
    session
        .start(
            user(long),
            Params {
                max_tokens: 10,
                ..greedy()
            },
        )
        .unwrap();
    assert_eq!(session.next(), Ok(Event::Overflow { evicted: 2 }));
    while !matches!(session.next(), Ok(Event::Done(_))) {}
    let contents: Vec<_> = session
        .messages()
        .iter()
        .map(|message| &*message.content)
        .collect();
    assert_eq!(
        contents,
        ["System", "second", "ok", "third", "ok", long, "ok"]
    );
}

#[test]
fn eviction_in_the_middle_of_an_answer_goes_on_with_it() {
    let (mut session, record) = scripted(160, Overflow::Evict);
    session.set_system("System");
    for turn in ["first", "second"] {
        record.borrow_mut().script = byte_tokens("ok");
        answer(&mut session, user(turn), greedy());
    }
    let long = "0123456789".repeat(8);
    record.borrow_mut().script = byte_tokens(&long);
    let (text, events, finish) = answer(&mut session, user("third"), greedy());
    assert_eq!(text, long);
    assert_eq!(
        (finish.reason, finish.completion_tokens),
        (FinishReason::Stop, long.len())
    );
    assert!(events.contains(&Event::Overflow { evicted: 4 }));
    let expected = [
        Message::system("System"),
        Message::user("third"),
        Message::assistant(&*long),
    ];
    assert_eq!(session.messages(), expected);
    let prompt = session.render(&expected[..2]).unwrap();
    let tokenizer = session.tokenizer();
    let held = record.borrow().cache.clone();
    let spelled: Vec<u8> = held
        .iter()
        .flat_map(|id| tokenizer.token_bytes(*id))
        .copied()
        .collect();
    assert_eq!(String::from_utf8(spelled).unwrap(), prompt + &long);
}

#[test]
fn an_error_after_an_eviction_brings_the_evicted_back() {
    let (mut session, record) = scripted(100, Overflow::Evict);
    session.set_system("");
    record.borrow_mut().script = byte_tokens("ok");
    answer(&mut session, user("first"), greedy());
    let before = session.messages().to_vec();
    record.borrow_mut().fails_after = Some(0);
    session.start(user(&"long ".repeat(13)), greedy()).unwrap();
    assert_eq!(session.next(), Ok(Event::Overflow { evicted: 2 }));
    assert!(session.next().is_err());
    assert_eq!(session.messages(), before);
}

#[test]
fn raw_text_has_control_tokens_and_no_conversation() {
    let (mut session, record) = scripted(1000, Overflow::Stop);
    let before = session.messages().to_vec();
    record.borrow_mut().script = byte_tokens("c");
    let (text, ..) = answer(&mut session, Prompt::Raw("<|im_start|>ab".into()), greedy());
    assert_eq!(text, "c");
    let b = BYTES + TokenId::from(b'b');
    assert_eq!(record.borrow().cache, [IM_START, b - 1, b, b + 1]);
    assert_eq!(session.messages(), before);
}

#[test]
fn messages_replace_the_conversation_and_get_the_system_prompt() {
    let (mut session, _) = scripted(1000, Overflow::Stop);
    session.set_system("System");
    answer(&mut session, user("first"), greedy());
    answer(
        &mut session,
        Prompt::Messages(vec![Message::user("other")]),
        greedy(),
    );
    assert_eq!(
        session.messages(),
        [
            Message::system("System"),
            Message::user("other"),
            Message::assistant("")
        ]
    );
    let own = [Message::system(""), Message::user("other")];
    answer(&mut session, Prompt::Messages(own.to_vec()), greedy());
    assert_eq!(session.messages()[..2], own);
    session.reset();
    assert_eq!(session.messages(), [Message::system("System")]);
    session.set_system("");
    assert_eq!(session.messages(), []);
}

#[test]
fn without_a_template_the_last_message_is_continued() {
    let (mut session, record) = scripted_with(tiny(""), 1000, Overflow::Evict);
    record.borrow_mut().script = byte_tokens("c");
    answer(&mut session, user("<|im_end|>ab"), greedy());
    assert_eq!(record.borrow().cache, byte_tokens("<|im_end|>abc"));
    assert!(!record.borrow().cache.contains(&IM_END));
}

#[test]
fn a_broken_template_is_an_error_when_opening() {
    let (model, _) = common::Scripted::new(10, 300, IM_END);
    let error = Session::with_model(tiny("{% for %}"), Box::new(model), Overflow::Stop)
        .err()
        .unwrap();
    assert_eq!(error.code(), "bad_template");
    assert!(Session::open(tiny(TEMPLATE), Options::default()).is_err());
}
