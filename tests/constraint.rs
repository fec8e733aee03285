//! The mask of a constraint is what trying every token gives, with models of our own and of candle.

use std::{io::Cursor, rc::Rc};

use akio_engine::{
    Constraint, EndReason, Generator, Step, TokenId,
    constraint::{Matcher, Vocabulary},
    model,
    packed::Packed,
    sampler::{Sampler, Sampling},
    tokenizer::Tokenizer,
};
use akio_tests::{
    aligned::Aligned,
    tiny::{Arch, Tiny},
};
use candle_core::quantized::GgmlDType;
use serde_json::{Value, json};

const CONTEXT: usize = 256;
const MAX_NEW: usize = 28;

fn pack(arch: Arch) -> Aligned {
    let gguf = Tiny::new(arch, GgmlDType::Q4_0).gguf().unwrap();
    let options = akio_pack::Options::default();
    let packing = akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {}).unwrap();
    Aligned::new(&packing.blob)
}

fn constraints() -> Vec<Constraint> {
    vec![
        Constraint::JsonSchema(json!({
            "type": "object",
            "properties": {"the": {"type": "string", "maxLength": 12}, "n": {"type": "integer"}},
            "required": ["the"]
        }).into()),
        Constraint::Regex("[a-z ]{0,9}(, [a-zäöü]+)?".into()),
        Constraint::Choice(vec!["pride".into(), "prejudice".into()]),
    ]
}

fn sampling(temperature: f32) -> Sampling {
    Sampling {
        temperature,
        top_k: 20,
        seed: 11,
        ..Sampling::default()
    }
}

/// The answer of the generator, and the whole of its text.
fn answer(blob: &Aligned, constraint: &Constraint, temperature: f32) -> (Vec<TokenId>, String) {
    let packed = Packed::open(blob.bytes()).unwrap();
    let tokenizer = Tokenizer::open(&packed).unwrap();
    let vocabulary = Rc::new(Vocabulary::new(tokenizer));
    let matcher = Matcher::new(&constraint.compile().unwrap(), vocabulary).unwrap();
    let mut generator = Generator::new(model::open(&packed, CONTEXT).unwrap());
    let sampler = Sampler::new(sampling(temperature)).unwrap();
    let ends = tokenizer.end_ids().to_vec();
    generator
        .start(vec![5, 6, 7], sampler, ends, MAX_NEW, Some(matcher))
        .unwrap();
    let mut tokens = Vec::new();
    loop {
        match generator.next().unwrap() {
            Step::Token(token) => tokens.push(token),
            Step::Prefill { .. } => {}
            Step::End(reason) => {
                assert_eq!(reason, EndReason::EndToken);
                assert!(generator.is_complete());
                let text = String::from_utf8(tokenizer.decode(&tokens)).unwrap();
                return (tokens, text);
            }
        }
    }
}

/// The same by trying every token at every step.
fn brute_force(blob: &Aligned, constraint: &Constraint, temperature: f32) -> Vec<TokenId> {
    let packed = Packed::open(blob.bytes()).unwrap();
    let tokenizer = Tokenizer::open(&packed).unwrap();
    let vocabulary = Rc::new(Vocabulary::new(tokenizer));
    let compiled = constraint.compile().unwrap();
    let after = |tokens: &[TokenId]| {
        let mut matcher = Matcher::new(&compiled, vocabulary.clone()).ok()?;
        matcher.limit(MAX_NEW).ok()?;
        for token in tokens {
            matcher.advance(*token).ok()?;
        }
        Some(matcher)
    };
    let mut sampler = Sampler::new(sampling(temperature)).unwrap();
    let mut model = model::open(&packed, CONTEXT).unwrap();
    let mut tokens: Vec<TokenId> = Vec::new();
    loop {
        let mut matcher = after(&tokens).unwrap();
        let forced = matcher.forced().unwrap();
        tokens.extend(forced);
        let matcher = after(&tokens).unwrap();
        if matcher.is_final() {
            return tokens;
        }
        model.truncate(0);
        let prompt = [&[5, 6, 7], &*tokens].concat();
        let logits = model.forward(&prompt, 0, true).unwrap().unwrap();
        for (id, logit) in (0..).zip(&mut *logits) {
            let fits = if tokenizer.end_ids().contains(&id) {
                matcher.is_complete()
            } else {
                !tokenizer.is_control(id) && after(&[&*tokens, &[id]].concat()).is_some()
            };
            if !fits {
                *logit = f32::NEG_INFINITY;
            }
        }
        let token = sampler.sample(logits, &prompt);
        if tokenizer.end_ids().contains(&token) {
            return tokens;
        }
        tokens.push(token);
    }
}

#[test]
fn the_mask_is_what_trying_every_token_gives() {
    for arch in [Arch::Llama, Arch::Qwen2] {
        let blob = pack(arch);
        for constraint in constraints() {
            for temperature in [0.0, 0.9] {
                let (tokens, text) = answer(&blob, &constraint, temperature);
                assert_eq!(
                    tokens,
                    brute_force(&blob, &constraint, temperature),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn models_of_candle_keep_to_it_as_well() {
    for arch in [Arch::Qwen3, Arch::Gemma3, Arch::Phi3] {
        let blob = pack(arch);
        for constraint in constraints() {
            let (_, text) = answer(&blob, &constraint, 0.9);
            match &constraint {
                Constraint::JsonSchema(_) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    assert!(value["the"].is_string(), "{text}");
                }
                Constraint::Choice(texts) => assert!(texts.contains(&text), "{text}"),
                _ => assert!(text.len() <= MAX_NEW, "{text}"),
            }
        }
    }
}
