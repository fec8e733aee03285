//! A vocabulary of 512 tokens, learnt from the golden text.

use std::collections::{BTreeMap, BTreeSet};

use candle_core::quantized::gguf_file::Value;

use crate::tiny::Arch;

const SIZE: usize = 512;
const TEXT: &str = include_str!("../golden/pride-and-prejudice.txt");

/// Token types of the GGUF.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

pub(crate) struct Vocabulary {
    sentence_piece: bool,
    /// Value of `tokenizer.ggml.pre`.
    pre: &'static str,
    tokens: Vec<(String, i32)>,
    /// Pairs in the order in which they were merged.
    merges: Vec<(String, String)>,
}

impl Vocabulary {
    pub(crate) fn new(arch: Arch) -> Self {
        match arch {
            Arch::Gemma3 => Self::sentence_piece(),
            Arch::Qwen2 | Arch::Qwen3 => Self::byte_level("qwen2"),
            Arch::Llama | Arch::Phi3 => Self::byte_level("smollm"),
        }
    }

    /// Control tokens, the 256 bytes as printable characters, merges.
    fn byte_level(pre: &'static str) -> Self {
        let mut tokens: Vec<_> = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
            .map(|token| (token.to_owned(), CONTROL))
            .into();
        tokens.extend((0..=255).map(|byte| (printable(byte).to_string(), NORMAL)));
        let words = TEXT
            .split(|c: char| !c.is_alphabetic())
            .map(|word| format!("{}{word}", printable(b' ')));
        let merges = learn(words, SIZE - tokens.len());
        tokens.extend(merges.iter().map(|(a, b)| (format!("{a}{b}"), NORMAL)));
        Self {
            sentence_piece: false,
            pre,
            tokens,
            merges,
        }
    }

    /// Control tokens, byte tokens, the characters of the text, merges.
    fn sentence_piece() -> Self {
        let mut tokens: Vec<_> = [
            ("<pad>", CONTROL),
            ("<eos>", CONTROL),
            ("<bos>", CONTROL),
            ("<unk>", UNKNOWN),
        ]
        .map(|(token, kind)| (token.to_owned(), kind))
        .into();
        tokens.extend((0..=255).map(|byte| (format!("<0x{byte:02X}>"), BYTE)));
        let text = TEXT.replace(' ', "▁");
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        tokens.extend(
            letters
                .into_iter()
                .map(|letter| (letter.to_string(), NORMAL)),
        );
        let words = text.split('▁').map(|word| format!("▁{word}"));
        let merges = learn(words, SIZE - tokens.len());
        tokens.extend(merges.iter().map(|(a, b)| (format!("{a}{b}"), NORMAL)));
        Self {
            sentence_piece: true,
            pre: "default",
            tokens,
            merges,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn metadata(self) -> Vec<(String, Value)> {
        let text = |text: &str| Value::String(text.into());
        let strings =
            |strings: Vec<String>| Value::Array(strings.into_iter().map(Value::String).collect());
        let kinds = self
            .tokens
            .iter()
            .map(|(_, kind)| Value::I32(*kind))
            .collect();
        let first_merge = self.tokens.len() - self.merges.len();
        let scores = (0..self.tokens.len())
            .map(|id| Value::F32(-(id.saturating_sub(first_merge) as f32)))
            .collect();
        let tokens = self.tokens.into_iter().map(|(token, _)| token).collect();
        let mut metadata = vec![
            ("pre", text(self.pre)),
            ("tokens", strings(tokens)),
            ("token_type", Value::Array(kinds)),
        ];
        if self.sentence_piece {
            metadata.extend([
                ("model", text("llama")),
                ("scores", Value::Array(scores)),
                ("bos_token_id", Value::U32(2)),
                ("eos_token_id", Value::U32(1)),
                ("unknown_token_id", Value::U32(3)),
                ("add_bos_token", Value::Bool(true)),
                ("add_space_prefix", Value::Bool(false)),
            ]);
        } else {
            let merges = self
                .merges
                .iter()
                .map(|(a, b)| format!("{a} {b}"))
                .collect();
            metadata.extend([
                ("model", text("gpt2")),
                ("merges", strings(merges)),
                ("bos_token_id", Value::U32(1)),
                ("eos_token_id", Value::U32(2)),
                ("add_bos_token", Value::Bool(false)),
                ("add_space_prefix", Value::Bool(false)),
            ]);
        }
        metadata
            .into_iter()
            .map(|(name, value)| (format!("tokenizer.ggml.{name}"), value))
            .collect()
    }
}

/// The `count` merges that byte pair encoding learns; equal frequencies go by the pair's spelling, and
/// no token is made twice.
fn learn(words: impl Iterator<Item = String>, count: usize) -> Vec<(String, String)> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut words: Vec<(Vec<String>, i32)> = counts
        .into_iter()
        .map(|(word, count)| (word.chars().map(String::from).collect(), count))
        .collect();
    let mut merges: Vec<(String, String)> = Vec::new();
    let mut made = BTreeSet::new();
    while merges.len() < count {
        let mut pairs = BTreeMap::new();
        for (word, count) in &words {
            for pair in word.windows(2) {
                *pairs.entry((&pair[0], &pair[1])).or_insert(0) += count;
            }
        }
        let best = pairs
            .into_iter()
            .filter(|((a, b), _)| !made.contains(&format!("{a}{b}")))
            .min_by_key(|(_, seen)| -*seen);
        let Some(((a, b), _)) = best else {
            break;
        };
        let (a, b) = (a.clone(), b.clone());
        for (word, _) in &mut words {
            let mut at = 0;
            while at + 1 < word.len() {
                if (&word[at], &word[at + 1]) == (&a, &b) {
                    word[at].push_str(&b);
                    word.remove(at + 1);
                }
                at += 1;
            }
        }
        made.insert(format!("{a}{b}"));
        merges.push((a, b));
    }
    merges
}

/// The character that byte-level BPE writes for a byte: itself if it is printable, else the next free
/// one from U+0100 on.
fn printable(byte: u8) -> char {
    let direct = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if direct(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|other| !direct(*other)).count() as u32;
    char::from_u32(0x100 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
}
