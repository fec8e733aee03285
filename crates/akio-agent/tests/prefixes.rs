//! Beginnings of prompts that the packed model brings change nothing but how much is read.

mod common;

use std::{io::Cursor, sync::LazyLock};

use akio_agent::{Message, Options, Params, Session};
use akio_engine::packed::{Packed, assemble, tag};
use akio_pack::{Packing, pack};
use common::{answer, greedy, open, user};
use proptest::prelude::*;

const TINY: &[u8] = include_bytes!("../../../models/tiny/tiny.gguf");

/// Without prefixes and with them.
type Pair = (Packed<'static>, Packed<'static>);

fn pair(mut packing: Packing) -> Pair {
    let without = open(&packing.blob);
    packing.add_prefixes(&mut |_, _| {}).unwrap();
    (without, open(&packing.blob))
}

fn options() -> akio_pack::Options {
    akio_pack::Options {
        system: Some("You are a tiny model, and you say what comes to your mind.".into()),
        ..akio_pack::Options::default()
    }
}

static TINY_PAIR: LazyLock<Pair> =
    LazyLock::new(|| pair(pack(Cursor::new(TINY), &options(), &mut |_, _| {}).unwrap()));

fn session(packed: Packed<'static>) -> Session<'static> {
    Session::open(packed, Options::default()).unwrap()
}

/// Log-probabilities behind a first question, as bits, and the answers of a short conversation.
fn observed(packed: Packed<'static>) -> (Vec<Vec<u32>>, Vec<String>) {
    let mut session = session(packed);
    let question = "What is the capital of France?";
    let messages = [session.messages(), &[Message::user(question)]].concat();
    let continuations = ["The capital of France is Paris.", "I do not know that."];
    let scores = session.score(&messages, "", &continuations).unwrap();
    let bits = scores
        .iter()
        .map(|score| score.tokens.iter().map(|token| token.to_bits()).collect());
    let bits = bits.collect();
    let params = Params {
        max_tokens: 24,
        ..greedy()
    };
    let questions = [question, "And of Italy?"];
    let answers = questions.map(|question| answer(&mut session, user(question), params.clone()).0);
    (bits, answers.into())
}

/// Tokens of a first prompt that need not be read.
fn cached(packed: Packed<'static>, system: Option<&str>) -> usize {
    let mut session = session(packed);
    if let Some(system) = system {
        session.set_system(system);
    }
    answer(&mut session, user("Hello"), greedy())
        .2
        .cached_tokens
}

#[test]
fn every_bit_is_the_same_as_without_them() {
    let (without, with) = *TINY_PAIR;
    assert_eq!(observed(without), observed(with));
    let packing = pack(
        common::gguf_file("smollm2"),
        &akio_pack::Options::default(),
        &mut |_, _| {},
    );
    let (without, with) = pair(packing.unwrap());
    assert_eq!(observed(without), observed(with));
}

#[test]
fn the_system_prompt_of_the_model_need_not_be_read() {
    let (without, with) = *TINY_PAIR;
    assert_eq!(cached(without, None), 0);
    let all = cached(with, None);
    assert!(all > 15, "{all} tokens");
    // Another one has little more than its first control token in common.
    let few = cached(with, Some("Be brief."));
    assert!((1..all / 2).contains(&few), "{few} tokens");
}

#[test]
fn what_is_read_first_makes_no_difference() {
    let (without, with) = *TINY_PAIR;
    let mut session = session(with);
    // Held positions that the prefix goes on from.
    for system in ["You are a tiny model, and you are silent.", "", "Be brief."] {
        session.set_system(system);
        answer(&mut session, user("Hello"), greedy());
    }
    session.set_system(&options().system.unwrap());
    session.reset();
    let (text, ..) = answer(&mut session, user("Hello"), greedy());
    let mut fresh = self::session(without);
    assert_eq!(answer(&mut fresh, user("Hello"), greedy()).0, text);
}

#[test]
fn models_that_were_packed_before_are_still_right() {
    let section = TINY_PAIR.1.section(tag::PREFIXES).unwrap();
    assert_eq!(
        open(&assemble(&[(tag::PREFIXES, section.into())])).sha256(),
        "30c18851ef67b86eed762ae2ef4028d5933cca6e6d187adb7f57e41d27d2e4ce",
        "keys and values of the same tokens are others: raise ARITHMETIC in prefix.rs of the engine, and put this hash here"
    );
}

#[test]
fn a_packed_model_is_the_same_each_time_and_whole() {
    let packings = [(); 2].map(|()| {
        let mut packing = pack(Cursor::new(TINY), &options(), &mut |_, _| {}).unwrap();
        let before = packing.blob.len();
        packing.add_prefixes(&mut |_, _| {}).unwrap();
        (before, packing.blob)
    });
    let [(before, first), (_, second)] = packings;
    assert!(first == second);
    let packed = open(&first);
    packed.verify().unwrap();
    assert_eq!(
        before + packed.section(tag::PREFIXES).unwrap().len(),
        first.len()
    );
    // There is no room for others.
    let mut again = pack(Cursor::new(TINY), &options(), &mut |_, _| {}).unwrap();
    again.blob = first;
    again.add_prefixes(&mut |_, _| {}).unwrap_err();
}

#[test]
fn what_cannot_be_evaluated_is_left_out() {
    let system = Some("word ".repeat(2000));
    let mut packing = pack(
        Cursor::new(TINY),
        &akio_pack::Options {
            system,
            ..options()
        },
        &mut |_, _| {},
    )
    .unwrap();
    packing.add_prefixes(&mut |_, _| {}).unwrap();
    let packed = open(&packing.blob);
    let (all, short) = (TINY_PAIR.1, packed.section(tag::PREFIXES).unwrap());
    // Only that of a tool's arguments is left.
    assert!(!short.is_empty() && short.len() < all.section(tag::PREFIXES).unwrap().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_ones_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        in_header in any::<bool>(),
    ) {
        let (_, with) = *TINY_PAIR;
        let mut blob = with.bytes().to_vec();
        let section = with.section(tag::PREFIXES).unwrap();
        let start = section.as_ptr() as usize - with.bytes().as_ptr() as usize;
        let len = if in_header { 16 } else { section.len() };
        for (at, value) in changes {
            blob[start + at.index(len)] = value;
        }
        if let Ok(mut session) = Session::open(open(&blob), Options::default()) {
            let messages = [session.messages(), &[Message::user("Hello")]].concat();
            session.score(&messages, "", &["a", "b"]).unwrap();
        }
    }
}
