//! The packed tokenizers of the real models against the crate `tokenizers`, which publishers use.
//!
//! The oracle is configured as a publisher's `tokenizer.json` is, with vocabulary and merges from
//! the GGUF. Only metadata is read, so the tests are fast; the model files must be in the cache.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::LazyLock;

use akio_engine::TokenId;
use akio_engine::packed::{self, PackError, Packed};
use akio_engine::text_stream::TextStream;
use akio_engine::tokenizer::{Special, Tokenizer};
use akio_pack::tokenizer::{TokenizerError, sections};
use candle_core::quantized::gguf_file::{Content, Value};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use tokenizers::NormalizedString;
use tokenizers::utils::SysRegex;

const TORTURE: &str = include_str!("../../../tests/golden/torture.txt");

type Metadata = HashMap<String, Value>;
type Sections = Vec<(&'static str, Vec<u8>)>;

struct Model {
    akio: Tokenizer<'static>,
    /// `tokenizers` that finds control tokens in text, and one that does not.
    parse: tokenizers::Tokenizer,
    as_text: tokenizers::Tokenizer,
}

static SMOLLM2: LazyLock<Model> = LazyLock::new(|| {
    let metadata = smollm2();
    let digits = json!({"type": "Digits", "individual_digits": true});
    Model::new(
        &metadata,
        byte_level_oracle(&metadata, Json::Null, json!([digits, gpt2_words()]), false),
    )
});

static QWEN: LazyLock<Model> = LazyLock::new(|| {
    let metadata = qwen();
    Model::new(
        &metadata,
        byte_level_oracle(
            &metadata,
            json!({"type": "NFC"}),
            llama3_words(r"\p{N}"),
            false,
        ),
    )
});

static GEMMA: LazyLock<Model> = LazyLock::new(|| {
    let metadata = gemma();
    Model::new(&metadata, sentence_piece_oracle(&metadata))
});

/// The words of GPT-2 with the vocabulary of SmolLM2.
static GPT2: LazyLock<Model> = LazyLock::new(|| {
    let metadata = with(
        smollm2(),
        "tokenizer.ggml.pre",
        Value::String("gpt-2".into()),
    );
    Model::new(
        &metadata,
        byte_level_oracle(&metadata, Json::Null, json!([gpt2_words()]), false),
    )
});

/// The words of Llama 3, and words that are tokens taken whole, with the vocabulary of Qwen.
static LLAMA3: LazyLock<Model> = LazyLock::new(|| {
    let metadata = with(
        qwen(),
        "tokenizer.ggml.pre",
        Value::String("llama-bpe".into()),
    );
    Model::new(
        &metadata,
        byte_level_oracle(&metadata, Json::Null, llama3_words(r"\p{N}{1,3}"), true),
    )
});

impl Model {
    fn new(metadata: &Metadata, oracle: Json) -> Self {
        let parse: tokenizers::Tokenizer = serde_json::from_value(oracle).unwrap();
        let mut as_text = parse.clone();
        as_text.set_encode_special_tokens(true);
        Self {
            akio: open(&sections(metadata).unwrap()).unwrap(),
            parse,
            as_text,
        }
    }

    /// Panics with the first difference, if there is one.
    #[track_caller]
    fn check(&self, text: &str) {
        for (special, oracle) in [
            (Special::AsText, &self.as_text),
            (Special::Parse, &self.parse),
        ] {
            let ids = self.akio.encode(text, special);
            let encoding = oracle.encode(text, false).unwrap();
            let want = encoding.get_ids();
            if ids != want {
                let same = ids.iter().zip(want).take_while(|(a, b)| a == b).count();
                panic!(
                    "{special:?} differs from token {same} on in {text:?}\n akio       {}\n tokenizers {}",
                    self.show(&ids[same..]),
                    self.show(&want[same..])
                );
            }
        }
    }

    fn show(&self, ids: &[TokenId]) -> String {
        let token = |id: &TokenId| {
            format!(
                "{id} {:?}",
                String::from_utf8_lossy(self.akio.token_bytes(*id))
            )
        };
        ids.iter().take(8).map(token).collect::<Vec<_>>().join(", ")
    }
}

fn smollm2() -> Metadata {
    metadata("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
}

fn qwen() -> Metadata {
    metadata("1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32")
}

fn gemma() -> Metadata {
    metadata("a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818")
}

fn metadata(sha256: &str) -> Metadata {
    let dir = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = dir("AKIO_CACHE")
        .or_else(|| Some(dir("XDG_CACHE_HOME")?.join("akio")))
        .or_else(|| Some(dir("HOME")?.join(".cache/akio")))
        .expect("AKIO_CACHE, XDG_CACHE_HOME or HOME is set");
    let path = cache.join("models").join(format!("{sha256}.gguf"));
    let file = File::open(&path).unwrap_or_else(|error| {
        panic!(
            "this test reads the model {} ({error}); `cargo xtask test` fetches it",
            path.display()
        )
    });
    Content::read(&mut BufReader::new(file)).unwrap().metadata
}

fn with(mut metadata: Metadata, key: &str, value: Value) -> Metadata {
    metadata.insert(key.into(), value);
    metadata
}

/// Opens sections for the rest of the test run.
fn open(sections: &Sections) -> Result<Tokenizer<'static>, PackError> {
    let blob = packed::assemble(sections);
    let room = vec![0; blob.len() + packed::ALIGN].leak();
    let start = room.as_ptr().align_offset(packed::ALIGN);
    let aligned = &mut room[start..start + blob.len()];
    aligned.copy_from_slice(&blob);
    Tokenizer::open(&Packed::open(aligned)?)
}

fn strings(metadata: &Metadata, key: &str) -> Vec<String> {
    metadata[key]
        .to_vec()
        .unwrap()
        .iter()
        .map(|value| value.to_string().unwrap().clone())
        .collect()
}

fn types(metadata: &Metadata) -> Vec<i32> {
    metadata["tokenizer.ggml.token_type"]
        .to_vec()
        .unwrap()
        .iter()
        .map(|of| of.to_i32().unwrap())
        .collect()
}

const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

fn oracle(metadata: &Metadata, normalizer: Json, pre_tokenizer: Json, model: Json) -> Json {
    let tokens = strings(metadata, "tokenizer.ggml.tokens");
    let added = (0..)
        .zip(tokens)
        .zip(types(metadata))
        .filter(|(_, of)| [CONTROL, USER_DEFINED].contains(of));
    let added = added.map(|((id, token), of): ((u32, _), _)| {
        json!({
            "id": id, "content": token, "special": of == CONTROL,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        })
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added.collect::<Json>(),
        "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": null, "decoder": null, "model": model,
    })
}

fn byte_level_oracle(
    metadata: &Metadata,
    normalizer: Json,
    words: Json,
    whole_words: bool,
) -> Json {
    let vocab: HashMap<String, u32> = strings(metadata, "tokenizer.ggml.tokens")
        .into_iter()
        .zip(0..)
        .collect();
    let merges = strings(metadata, "tokenizer.ggml.merges");
    let model =
        json!({"type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": whole_words});
    oracle(
        metadata,
        normalizer,
        json!({"type": "Sequence", "pretokenizers": words}),
        model,
    )
}

fn gpt2_words() -> Json {
    json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true})
}

fn llama3_words(digits: &str) -> Json {
    let regex = format!(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    );
    json!([
        {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
    ])
}

/// BPE over characters, with every cut of a piece into two pieces as a merge, in the order of the
/// scores: how SentencePiece models are converted for `tokenizers`.
fn sentence_piece_oracle(metadata: &Metadata) -> Json {
    let tokens = strings(metadata, "tokenizer.ggml.tokens");
    let scores = metadata["tokenizer.ggml.scores"].to_vec().unwrap();
    let mut pieces: Vec<usize> = (0..)
        .zip(types(metadata))
        .filter(|(_, of)| *of == NORMAL)
        .map(|(id, _)| id)
        .collect();
    let known: HashMap<&str, usize> = pieces
        .iter()
        .map(|id| (tokens[*id].as_str(), *id))
        .collect();
    pieces.sort_by(|a, b| {
        scores[*b]
            .to_f32()
            .unwrap()
            .total_cmp(&scores[*a].to_f32().unwrap())
    });
    let mut merges = Vec::new();
    for id in pieces {
        let piece = tokens[id].as_str();
        let cuts = piece
            .char_indices()
            .skip(1)
            .map(|(at, _)| piece.split_at(at));
        merges.extend(
            cuts.filter(|(left, right)| known.contains_key(left) && known.contains_key(right)),
        );
    }
    let vocab: HashMap<&str, u32> = tokens.iter().map(String::as_str).zip(0..).collect();
    let model = json!({
        "type": "BPE", "vocab": vocab, "merges": merges,
        "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
    });
    let spaces = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    oracle(metadata, spaces, Json::Null, model)
}

fn check_torture(model: &Model) {
    TORTURE
        .split_inclusive('\n')
        .for_each(|line| model.check(line));
    model.check(TORTURE);
}

#[test]
fn smollm2_torture() {
    check_torture(&SMOLLM2);
}

#[test]
fn qwen_torture() {
    check_torture(&QWEN);
}

#[test]
fn gemma_torture() {
    check_torture(&GEMMA);
}

#[test]
fn gpt2_torture() {
    check_torture(&GPT2);
}

#[test]
fn llama3_torture() {
    check_torture(&LLAMA3);
}

/// Every character but those assigned after the oracle's Unicode version: for them the classes
/// depend on the year.
#[test]
fn every_character_is_cut_alike() {
    let unassigned = SysRegex::new(r"\p{Cn}").unwrap();
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for characters in all.chunks(64) {
        let known = characters
            .iter()
            .filter(|c| unassigned.find_iter(&c.to_string()).next().is_none());
        let text: String = known.map(|c| format!("a{c}b {c}1{c}\n")).collect();
        for model in [&SMOLLM2, &LLAMA3] {
            model.check(&text);
        }
    }
}

/// Text that is hard to cut: what words are made of, what divides them, and tokens written out.
fn hard_text() -> impl Strategy<Value = String> {
    let marks = "'’ſ\u{301}\u{323}\u{200d}\u{fe0f}é한각ᄒ🦀👍🏽好ßΣя0१½²Ⅷ.,-_<>|{}()#\"\\/=▁Ġ\u{a0}\u{3000}\u{2028}\u{85}\u{b}\0\u{7f}\u{e000}";
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,8}",
        3 => "[ \t\r\n]{1,4}",
        2 => "[0-9]{1,5}",
        2 => "'([stmdSTMD]|re|RE|ve|Ll|LL|ll)",
        4 => select(marks.chars().collect::<Vec<_>>()).prop_map(String::from),
        2 => "[\u{c0}-\u{2ff}\u{370}-\u{5ff}\u{900}-\u{dff}\u{3040}-\u{30ff}\u{4e00}-\u{9fff}]",
        1 => select(TORTURE.split(' ').collect::<Vec<_>>()).prop_map(String::from),
        1 => select(vec!["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<tool_call>", "<b>", "</h1>", "<bos>", "<unused7>", "<|im_"])
            .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_text_has_the_ids_of_tokenizers(text in hard_text()) {
        for model in [&SMOLLM2, &QWEN, &GEMMA, &GPT2, &LLAMA3] {
            model.check(&text);
        }
    }

    #[test]
    fn decoding_gives_the_text_back(text in hard_text()) {
        for special in [Special::AsText, Special::Parse] {
            let decode = |model: &Model| {
                let ids = model.akio.encode(&text, special);
                // Not `decode`: control tokens that were written out are to come back, too.
                ids.iter().flat_map(|id| model.akio.token_bytes(*id)).copied().collect::<Vec<u8>>()
            };
            // Qwen composes characters; SentencePiece takes its own sign of a space for one;
            // SmolLM2 has no token for some bytes.
            let composed = NormalizedString::from(text.as_str()).nfc().get().to_owned();
            prop_assert_eq!(decode(&QWEN), composed.into_bytes());
            prop_assert_eq!(decode(&GEMMA), text.replace('▁', " ").into_bytes());
            let missing = b"\x04\x06\x13\x14\x16\x1d\xf1\xf2";
            prop_assert_eq!(decode(&SMOLLM2), text.bytes().filter(|byte| !missing.contains(byte)).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn tokens_stream_as_the_text_they_decode_to(ids in prop::collection::vec(0u32..262_144, 0..40)) {
        for model in [&SMOLLM2, &QWEN, &GEMMA] {
            let tokenizer = &model.akio;
            let mut stream = TextStream::new(Vec::new());
            let tokens = ids.iter().filter(|id| !tokenizer.is_control(**id));
            let mut text: String = tokens.map(|id| stream.push(tokenizer.token_bytes(*id)).text).collect();
            text += &stream.finish();
            prop_assert_eq!(text, String::from_utf8_lossy(&tokenizer.decode(&ids)).into_owned());
        }
    }

    #[test]
    fn text_as_text_has_no_control_tokens(text in hard_text()) {
        for model in [&SMOLLM2, &QWEN, &GEMMA] {
            prop_assert!(model.akio.encode(&text, Special::AsText).iter().all(|id| !model.akio.is_control(*id)));
        }
    }

    #[test]
    fn damaged_tables_do_not_panic(
        byte_level in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
        text in hard_text(),
    ) {
        let metadata = if byte_level { tiny_byte_level() } else { tiny_sentence_piece() };
        let mut sections = sections(&metadata).unwrap();
        for (section, at, value) in damage {
            let bytes = &mut section.get_mut(&mut sections).1;
            if !bytes.is_empty() {
                *at.get_mut(bytes) = value;
            }
        }
        if let Some((section, len)) = cut {
            let bytes = &mut section.get_mut(&mut sections).1;
            bytes.truncate(len.index(bytes.len() + 1));
        }
        if let Ok(tokenizer) = open(&sections) {
            for special in [Special::AsText, Special::Parse] {
                tokenizer.decode(&tokenizer.encode(&text, special));
            }
            tokenizer.control_tokens().for_each(drop);
        }
    }
}

/// Time that grows with the square of a word's length would not pass unnoticed.
#[test]
fn long_words_are_encoded_in_good_time() {
    let word: String = (0..400_000u32)
        .map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 13) as u8 % 26))
        .collect();
    for model in [&SMOLLM2, &QWEN, &GEMMA] {
        for text in [
            &word,
            &"a".repeat(400_000),
            &" ".repeat(400_000),
            &" \n".repeat(200_000),
        ] {
            let ids = model.akio.encode(text, Special::Parse);
            assert_eq!(model.akio.decode(&ids), text.as_bytes());
        }
    }
}

#[test]
fn models_say_how_text_begins_and_ends() {
    let names = |model: &Model| {
        let ids = model.akio.end_ids().iter();
        ids.map(|id| String::from_utf8(model.akio.token_bytes(*id).into()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&SMOLLM2), ["<|im_end|>", "<|endoftext|>"]);
    assert_eq!(
        names(&QWEN),
        [
            "<|im_end|>",
            "<|endoftext|>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|file_sep|>"
        ]
    );
    assert_eq!(names(&GEMMA), ["<eos>", "<end_of_turn>"]);
    assert_eq!(
        [&SMOLLM2, &QWEN, &GEMMA].map(|model| model.akio.bos()),
        [None, None, Some(2)]
    );
    assert_eq!(
        [&SMOLLM2, &QWEN, &GEMMA].map(|model| model.akio.vocab_size()),
        [49_152, 151_936, 262_144]
    );
    assert_eq!(
        [&SMOLLM2, &QWEN, &GEMMA].map(|model| model.akio.control_tokens().count()),
        [17, 20, 6249]
    );
    assert!(
        SMOLLM2
            .akio
            .control_tokens()
            .any(|token| token == ("<|im_start|>", 1))
    );
    assert_eq!(SMOLLM2.akio.encode("<|im_start|>", Special::Parse), [1]);
    assert_eq!(SMOLLM2.akio.decode(&[1, 2, 49_152, u32::MAX]), b"");
}

fn texts(values: &[&str]) -> Value {
    Value::Array(
        values
            .iter()
            .map(|value| Value::String((*value).into()))
            .collect(),
    )
}

fn tiny(model: &str, tokens: &[(&str, i32)]) -> Metadata {
    let names: Vec<&str> = tokens.iter().map(|(token, _)| *token).collect();
    let types = tokens.iter().map(|(_, of)| Value::I32(*of)).collect();
    [
        ("tokenizer.ggml.model", Value::String(model.into())),
        ("tokenizer.ggml.tokens", texts(&names)),
        ("tokenizer.ggml.token_type", Value::Array(types)),
        ("tokenizer.ggml.eos_token_id", Value::U32(0)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn tiny_byte_level() -> Metadata {
    let tokens = [
        ("<|im_end|>", CONTROL),
        ("<b>", USER_DEFINED),
        ("a", NORMAL),
        ("b", NORMAL),
        ("Ġ", NORMAL),
        ("Ġa", NORMAL),
        ("ab", NORMAL),
        ("Ġab", NORMAL),
    ];
    let metadata = with(
        tiny("gpt2", &tokens),
        "tokenizer.ggml.pre",
        Value::String("llama-bpe".into()),
    );
    with(
        metadata,
        "tokenizer.ggml.merges",
        texts(&["a b", "Ġ a", "Ġ ab"]),
    )
}

fn tiny_sentence_piece() -> Metadata {
    const UNKNOWN: i32 = 2;
    const BYTE: i32 = 6;
    let tokens = [
        ("<eos>", CONTROL),
        ("<unk>", UNKNOWN),
        ("\n\n", USER_DEFINED),
        ("<0xC3>", BYTE),
        ("<0xA9>", BYTE),
        ("▁", NORMAL),
        ("a", NORMAL),
        ("b", NORMAL),
        ("ab", NORMAL),
        ("▁a", NORMAL),
    ];
    let scores = (0..tokens.len())
        .map(|id| Value::F32(-(id as f32)))
        .collect();
    let metadata = with(
        tiny("llama", &tokens),
        "tokenizer.ggml.scores",
        Value::Array(scores),
    );
    with(metadata, "tokenizer.ggml.unknown_token_id", Value::U32(1))
}

#[test]
fn sentence_piece_options() {
    let encode = |metadata: &Metadata, text: &str, special| {
        open(&sections(metadata).unwrap())
            .unwrap()
            .encode(text, special)
    };
    let prefixed = tiny_sentence_piece();
    // A space before text and after a control token, not after a user-defined one.
    assert_eq!(
        encode(&prefixed, "ab<eos>a\n\na", Special::Parse),
        [5, 8, 0, 9, 2, 6]
    );
    assert_eq!(encode(&prefixed, "", Special::Parse), [0; 0]);
    let plain = with(
        tiny_sentence_piece(),
        "tokenizer.ggml.add_space_prefix",
        Value::Bool(false),
    );
    // Bytes of characters without a token, one unknown token where bytes are missing, too.
    assert_eq!(encode(&plain, "aé好b", Special::Parse), [6, 3, 4, 1, 7]);
    assert_eq!(encode(&plain, " a▁a", Special::AsText), [9, 9]);
}

#[test]
fn what_cannot_be_packed_is_named() {
    let bpe = tiny_byte_level;
    let without = |key: &str| {
        let mut metadata = bpe();
        metadata.remove(key);
        sections(&metadata).unwrap_err()
    };
    assert_eq!(without("tokenizer.ggml.merges"), TokenizerError::NoMerges);
    assert_eq!(
        without("tokenizer.ggml.tokens"),
        TokenizerError::Missing {
            key: "tokenizer.ggml.tokens"
        }
    );
    assert_eq!(
        without("tokenizer.ggml.pre"),
        TokenizerError::Missing {
            key: "tokenizer.ggml.pre"
        }
    );
    let changed = |key, value| sections(&with(bpe(), key, value)).unwrap_err();
    assert_eq!(
        changed("tokenizer.ggml.merges", texts(&[])),
        TokenizerError::NoMerges
    );
    assert_eq!(
        changed("tokenizer.ggml.merges", texts(&["a b", "b b"])),
        TokenizerError::Merge {
            merge: "b b".into()
        }
    );
    assert_eq!(
        changed("tokenizer.ggml.model", Value::String("t5".into())),
        TokenizerError::Model { model: "t5".into() }
    );
    assert_eq!(
        changed(
            "tokenizer.ggml.token_type",
            Value::Array(vec![Value::I32(1)])
        ),
        TokenizerError::Length {
            key: "tokenizer.ggml.token_type",
            found: 1,
            tokens: 8
        }
    );
    assert_eq!(
        changed("tokenizer.ggml.eos_token_id", Value::U32(8)),
        TokenizerError::Id {
            key: "tokenizer.ggml.eos_token_id",
            id: 8
        }
    );
    let unknown = changed("tokenizer.ggml.pre", Value::String("klingon".into())).to_string();
    assert_eq!(
        unknown,
        "pre-tokenizer 'klingon' (tokenizer.ggml.pre) is not supported; supported are gpt-2, llama-bpe, qwen2, smollm"
    );
}
