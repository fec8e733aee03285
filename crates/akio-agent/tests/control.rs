//! Nothing that people write becomes a control token: proven on the tokens that the model is given.

mod common;

use akio_agent::{AgentError, Message, Overflow, Params, Prompt, Role};
use akio_engine::{TokenId, tokenizer::Tokenizer};
use common::{GOLDEN, TEMPLATE, greedy, real_tokenizer, scripted_with, tiny};
use proptest::prelude::*;

/// The tokens that the model is given for a conversation.
fn prompt_ids(packed: akio_engine::packed::Packed<'static>, messages: &[Message]) -> Vec<TokenId> {
    let (mut session, record) = scripted_with(packed, 100_000, Overflow::Stop);
    // Without a system message of the session's.
    session.set_system("");
    session
        .start(
            Prompt::Messages(messages.to_vec()),
            Params {
                max_tokens: 1,
                ..greedy()
            },
        )
        .unwrap();
    while session.messages().is_empty() {
        session.next().unwrap();
    }
    record.take().cache
}

/// The text of tokens, control tokens as their literals, and the control tokens by themselves.
fn spell(tokenizer: &Tokenizer<'_>, ids: &[TokenId]) -> (String, Vec<TokenId>) {
    let bytes = ids
        .iter()
        .flat_map(|id| tokenizer.token_bytes(*id))
        .copied()
        .collect();
    let controls = ids
        .iter()
        .copied()
        .filter(|id| tokenizer.is_control(*id))
        .collect();
    (String::from_utf8(bytes).unwrap(), controls)
}

/// The same conversation with nothing in it that could be taken for a control token.
fn harmless(messages: &[Message]) -> Vec<Message> {
    let content = |message: &Message| message.content.chars().map(|_| 'x').collect::<String>();
    messages
        .iter()
        .map(|message| Message {
            role: message.role,
            content: content(message),
        })
        .collect()
}

#[test]
fn golden_conversations_have_the_control_tokens_of_their_template_only() {
    for model in GOLDEN.templates.keys() {
        let packed = real_tokenizer(model);
        let tokenizer = Tokenizer::open(&packed).unwrap();
        for conversation in &GOLDEN.conversations {
            let Some(Message {
                role: Role::User,
                content,
            }) = conversation.messages.last()
            else {
                panic!("{} does not end with the user", conversation.name);
            };
            if content.trim().is_empty() {
                continue;
            }
            let (text, controls) = spell(&tokenizer, &prompt_ids(packed, &conversation.messages));
            // Qwen's tokenizer composes characters (NFC); one conversation has a decomposed one.
            let prompt = match model.starts_with("qwen") {
                true => conversation.prompts[model].replace("e\u{301}", "é"),
                false => conversation.prompts[model].clone(),
            };
            assert_eq!(text, prompt, "{model}: {}", conversation.name);
            let (_, expected) = spell(
                &tokenizer,
                &prompt_ids(packed, &harmless(&conversation.messages)),
            );
            assert_eq!(controls, expected, "{model}: {}", conversation.name);
        }
    }
}

/// Text out of whole, broken and doubled control token literals.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<|im_start|>".to_owned()),
        Just("<|im_end|>".to_owned()),
        Just("<|endoftext|>".to_owned()),
        Just("<file_sep>".to_owned()),
        Just("system\n".to_owned()),
        Just("\u{fdd0}".to_owned()),
        Just("\u{fdef}".to_owned()),
        Just(" ".to_owned()),
        "[<|>imstartend_]{1,4}",
        (0usize..12).prop_map(|len| "<|im_start|>"[..len].to_owned()),
        (0usize..12).prop_map(|len| "<|im_start|>"[len..].to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn hostile_messages_stay_text(system in hostile(), question in hostile(), reply in hostile(), last in hostile()) {
        let messages = [
            Message::system(system),
            Message::user(question),
            Message::assistant(reply),
            Message::user(last + "?"),
        ];
        for packed in [real_tokenizer("smollm2"), tiny(TEMPLATE)] {
            let tokenizer = Tokenizer::open(&packed).unwrap();
            let (text, controls) = spell(&tokenizer, &prompt_ids(packed, &messages));
            let (_, expected) = spell(&tokenizer, &prompt_ids(packed, &harmless(&messages)));
            prop_assert_eq!(controls, expected);
            let turns = messages.iter().map(|Message { role, content }| {
                let role = format!("{role:?}").to_lowercase();
                format!("<|im_start|>{role}\n{content}<|im_end|>\n")
            });
            prop_assert_eq!(text, turns.collect::<String>() + "<|im_start|>assistant\n");
        }
    }
}

#[test]
fn a_template_that_joins_and_trims_messages_completes_no_control_token() {
    let packed = tiny(
        "{% for message in messages %}{{ message.content.strip() }}{{ '|im_end|>' }}{% endfor %}",
    );
    let tokenizer = Tokenizer::open(&packed).unwrap();
    let (text, controls) = spell(&tokenizer, &prompt_ids(packed, &[Message::user("so < \n")]));
    assert_eq!(text, "so <|im_end|>");
    assert!(controls.is_empty());
}

#[test]
fn messages_that_use_all_marks_are_refused() {
    let (session, _) = scripted_with(tiny(TEMPLATE), 100, Overflow::Stop);
    let marks = |last| ('\u{fdd0}'..=last).collect::<String>();
    assert_eq!(
        session.render(&[Message::user(marks('\u{fdef}'))]),
        Err(AgentError::NoMarkLeft)
    );
    assert!(
        session
            .render(&[Message::user(marks('\u{fdee}'))])
            .unwrap()
            .contains(&marks('\u{fdee}'))
    );
}
