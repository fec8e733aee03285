//! GGUF metadata to the tokenizer sections of a packed model.
//!
//! Strings are resolved to ids here, once: a merge becomes a row of ids, a byte-level token the
//! bytes it stands for, a SentencePiece score the rank of every merge that makes the piece.

use std::collections::{HashMap, HashSet};
use std::fmt;

use akio_engine::TokenId;
use akio_engine::tokenizer::Scheme;
use akio_engine::tokenizer::tables::{Head, Merge, NONE, kind, tag};
use candle_core::quantized::gguf_file::Value;

/// Pre-tokenizers of byte-level BPE models (`tokenizer.ggml.pre`) whose words are known exactly.
pub const PRE_TOKENIZERS: [(&str, Scheme); 4] = [
    ("gpt-2", Scheme::Gpt2),
    ("llama-bpe", Scheme::Llama3),
    ("qwen2", Scheme::Qwen2),
    ("smollm", Scheme::Smollm),
];

/// Names of tokens that end an answer in any model that has them, next to those that the metadata
/// names. A model may have several: a turn, a message and a document can each end.
const END_NAMES: [&str; 13] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<EOT>",
    // After these a code model goes on with another file.
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
];

/// Values of `tokenizer.ggml.token_type`.
mod token_type {
    pub const NORMAL: u32 = 1;
    pub const UNKNOWN: u32 = 2;
    pub const CONTROL: u32 = 3;
    pub const USER_DEFINED: u32 = 4;
    pub const UNUSED: u32 = 5;
    pub const BYTE: u32 = 6;
}

/// Why a tokenizer cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A metadata key that this tokenizer needs is absent or has another type.
    Missing {
        /// Metadata key.
        key: &'static str,
    },
    /// The tokenizer is neither byte-level BPE nor SentencePiece BPE.
    Model {
        /// `tokenizer.ggml.model` of the file.
        model: String,
    },
    /// It is not known how this BPE tokenizer cuts text into words.
    PreTokenizer {
        /// `tokenizer.ggml.pre` of the file.
        pre: String,
    },
    /// A BPE tokenizer without merges would give one token for every byte.
    NoMerges,
    /// A merge is not two tokens that make a third.
    Merge {
        /// The merge as it stands in the file.
        merge: String,
    },
    /// A list does not have one entry for every token.
    Length {
        /// Metadata key.
        key: &'static str,
        /// Entries found.
        found: usize,
        /// Number of tokens.
        tokens: usize,
    },
    /// A special token is outside of the vocabulary.
    Id {
        /// Metadata key.
        key: &'static str,
        /// The id.
        id: u32,
    },
    /// The tables do not fit 32-bit offsets.
    TooLarge,
}

impl fmt::Display for TokenizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { key } => write!(f, "the GGUF has no usable '{key}'"),
            Self::Model { model } => {
                write!(
                    f,
                    "tokenizer model '{model}' is not supported; supported are 'gpt2' (BPE) and 'llama' (SentencePiece)"
                )
            }
            Self::PreTokenizer { pre } => {
                let known = PRE_TOKENIZERS.map(|(name, _)| name).join(", ");
                write!(
                    f,
                    "pre-tokenizer '{pre}' (tokenizer.ggml.pre) is not supported; supported are {known}"
                )
            }
            Self::NoMerges => write!(
                f,
                "the BPE tokenizer has no merges (tokenizer.ggml.merges); convert the model again"
            ),
            Self::Merge { merge } => {
                write!(f, "merge '{merge}' is not two tokens that make a third")
            }
            Self::Length { key, found, tokens } => {
                write!(f, "'{key}' has {found} entries for {tokens} tokens")
            }
            Self::Id { key, id } => write!(f, "'{key}' is {id}, which is not in the vocabulary"),
            Self::TooLarge => write!(f, "the vocabulary is too large to pack"),
        }
    }
}

impl std::error::Error for TokenizerError {}

/// The sections that [`Tokenizer`](akio_engine::tokenizer::Tokenizer) reads.
///
/// # Errors
/// See [`TokenizerError`].
pub fn sections(
    metadata: &HashMap<String, Value>,
) -> Result<Vec<(&'static str, Vec<u8>)>, TokenizerError> {
    let metadata = Metadata(metadata);
    let vocabulary = Vocabulary::read(&metadata)?;
    let model = match metadata.string("tokenizer.ggml.model")? {
        "gpt2" => byte_level(&metadata, &vocabulary)?,
        "llama" => sentence_piece(&metadata, &vocabulary)?,
        other => {
            return Err(TokenizerError::Model {
                model: other.into(),
            });
        }
    };

    let ends = end_ids(&metadata, &vocabulary)?;
    let kinds: Vec<u8> = (0..)
        .zip(&vocabulary.types)
        .map(|(id, of)| packed_kind(*of, ends.contains(&id)))
        .collect();
    let mut specials: Vec<TokenId> = (0..)
        .zip(&kinds)
        .filter(|(_, of)| **of != kind::TEXT)
        .map(|(id, _)| id)
        .collect();
    let mut words = model.words;
    for ids in [&mut specials, &mut words] {
        ids.sort_by_key(|id| &model.texts[*id as usize]);
    }
    let mut special_starts = [0; 8];
    for first in specials
        .iter()
        .filter_map(|id| model.texts[*id as usize].first())
    {
        special_starts[usize::from(first / 32)] |= 1 << (first % 32);
    }
    let head = Head {
        scheme: model.scheme as u32,
        bos: model.bos.unwrap_or(NONE),
        unknown: model.unknown.unwrap_or(NONE),
        space_prefix: u32::from(model.space_prefix),
        special_starts,
    };
    let offsets = starts(model.texts.iter().map(Vec::len))?;
    let (left, merges) = merge_rows(model.merges, kinds.len())?;
    Ok(vec![
        (tag::HEAD, bytemuck::bytes_of(&head).to_vec()),
        (tag::KINDS, kinds),
        (tag::OFFSETS, bytes(&offsets)),
        (tag::TEXT, model.texts.concat()),
        (tag::BYTES, bytes(&model.bytes)),
        (tag::LEFT, bytes(&left)),
        (tag::MERGES, bytes(&merges)),
        (tag::WORDS, bytes(&words)),
        (tag::SPECIALS, bytes(&specials)),
        (tag::ENDS, bytes(&ends)),
    ])
}

/// What the two kinds of tokenizers have in common.
struct Model {
    scheme: Scheme,
    bos: Option<TokenId>,
    unknown: Option<TokenId>,
    space_prefix: bool,
    /// Bytes of every token as they appear in text.
    texts: Vec<Vec<u8>>,
    /// Token of every byte, or [`NONE`].
    bytes: [TokenId; 256],
    /// Left token and the rest, in any order; of equal pairs the lower rank counts.
    merges: Vec<(TokenId, Merge)>,
    /// Tokens that text becomes without merging.
    words: Vec<TokenId>,
}

/// Byte-level BPE: tokens and merges are written in an alphabet of 256 visible characters.
fn byte_level(
    metadata: &Metadata<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Result<Model, TokenizerError> {
    let pre = metadata.string("tokenizer.ggml.pre")?;
    let (_, scheme) = PRE_TOKENIZERS
        .into_iter()
        .find(|(name, _)| *name == pre)
        .ok_or_else(|| TokenizerError::PreTokenizer { pre: pre.into() })?;
    let alphabet = byte_alphabet();
    let values: HashMap<char, u8> = (0..=255).zip(alphabet).map(|(byte, c)| (c, byte)).collect();
    let decode = |token: &str| {
        token
            .chars()
            .map(|c| values.get(&c).copied())
            .collect::<Option<Vec<u8>>>()
    };
    let texts = vocabulary.texts(|token| decode(token).unwrap_or_else(|| token.into()));
    let ids = vocabulary.ids(|_| true);

    let lines = metadata.array("tokenizer.ggml.merges").unwrap_or_default();
    if lines.is_empty() {
        return Err(TokenizerError::NoMerges);
    }
    let mut merges = Vec::with_capacity(lines.len());
    for (rank, line) in (0..).zip(lines) {
        let line = text(line, "tokenizer.ggml.merges")?;
        let merge = line.split_once(' ').and_then(|(left, right)| {
            let merged = *ids.get(format!("{left}{right}").as_str())?;
            Some((
                *ids.get(left)?,
                Merge {
                    right: *ids.get(right)?,
                    rank,
                    merged,
                },
            ))
        });
        merges.push(merge.ok_or_else(|| TokenizerError::Merge { merge: line.into() })?);
    }
    Ok(Model {
        scheme,
        bos: metadata.bos(vocabulary, scheme == Scheme::Llama3)?,
        // Bytes that the training text never had are left out, as publishers' tokenizers do.
        unknown: None,
        space_prefix: false,
        bytes: alphabet.map(|c| {
            ids.get(c.encode_utf8(&mut [0; 4]) as &str)
                .copied()
                .unwrap_or(NONE)
        }),
        merges,
        words: match scheme {
            // Llama 3 has words that its merges do not reach.
            Scheme::Llama3 => vocabulary
                .of_type(token_type::NORMAL)
                .map(|(id, _)| id)
                .collect(),
            _ => Vec::new(),
        },
        texts,
    })
}

/// SentencePiece BPE: two neighbours merge if the vocabulary has what they make, the best score
/// first. That is a merge for every place where a piece can be cut into two pieces.
fn sentence_piece(
    metadata: &Metadata<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Result<Model, TokenizerError> {
    let key = "tokenizer.ggml.scores";
    let scores = metadata.array(key)?;
    vocabulary.same_length(key, scores.len())?;
    let scores = scores
        .iter()
        .map(|score| score.to_f32())
        .collect::<Result<Vec<_>, _>>();
    let scores = scores.map_err(|_| TokenizerError::Missing { key })?;
    let mut order = scores.clone();
    order.sort_by(|a, b| b.total_cmp(a));
    order.dedup();

    let pieces = vocabulary.ids(|of| of == token_type::NORMAL);
    let mut merges = Vec::new();
    let mut words = Vec::new();
    for (id, piece) in vocabulary.of_type(token_type::NORMAL) {
        let rank =
            order.partition_point(|score| score.total_cmp(&scores[id as usize]).is_gt()) as u32;
        let cuts = piece
            .char_indices()
            .skip(1)
            .map(|(at, _)| piece.split_at(at));
        merges.extend(cuts.filter_map(|(left, right)| {
            Some((
                *pieces.get(left)?,
                Merge {
                    right: *pieces.get(right)?,
                    rank,
                    merged: id,
                },
            ))
        }));
        if piece.chars().nth(1).is_none() {
            words.push(id);
        }
    }
    let mut bytes = [NONE; 256];
    for (id, token) in vocabulary.of_type(token_type::BYTE) {
        if let Some(byte) = byte_value(token) {
            bytes[usize::from(byte)] = id;
        }
    }
    Ok(Model {
        scheme: Scheme::SentencePiece,
        bos: metadata.bos(vocabulary, true)?,
        unknown: metadata.id("tokenizer.ggml.unknown_token_id", vocabulary)?,
        space_prefix: metadata
            .flag("tokenizer.ggml.add_space_prefix")
            .unwrap_or(true),
        texts: vocabulary.texts(|piece| piece.replace('▁', " ").into_bytes()),
        bytes,
        merges,
        words,
    })
}

/// Tokens and their types as the file has them.
struct Vocabulary<'a> {
    tokens: Vec<&'a str>,
    types: Vec<u32>,
}

impl<'a> Vocabulary<'a> {
    fn read(metadata: &Metadata<'a>) -> Result<Self, TokenizerError> {
        let key = "tokenizer.ggml.tokens";
        let tokens = metadata
            .array(key)?
            .iter()
            .map(|token| text(token, key))
            .collect::<Result<Vec<_>, _>>()?;
        let key = "tokenizer.ggml.token_type";
        let types = metadata
            .array(key)?
            .iter()
            .map(|of| number(of, key))
            .collect::<Result<Vec<_>, _>>()?;
        let vocabulary = Self { tokens, types };
        vocabulary.same_length(key, vocabulary.types.len())?;
        Ok(vocabulary)
    }

    fn same_length(&self, key: &'static str, found: usize) -> Result<(), TokenizerError> {
        let tokens = self.tokens.len();
        if found == tokens {
            Ok(())
        } else {
            Err(TokenizerError::Length { key, found, tokens })
        }
    }

    /// Ids, tokens and types.
    fn iter(&self) -> impl Iterator<Item = (TokenId, &'a str, u32)> {
        (0..)
            .zip(&self.tokens)
            .zip(&self.types)
            .map(|((id, token), of)| (id, *token, *of))
    }

    fn of_type(&self, wanted: u32) -> impl Iterator<Item = (TokenId, &'a str)> {
        self.iter()
            .filter(move |(.., of)| *of == wanted)
            .map(|(id, token, _)| (id, token))
    }

    /// Token to id, for the types wanted; of equal tokens the first counts.
    fn ids(&self, wanted: impl Fn(u32) -> bool) -> HashMap<&'a str, TokenId> {
        let mut ids = HashMap::with_capacity(self.tokens.len());
        for (id, token, _) in self.iter().filter(|(.., of)| wanted(*of)) {
            ids.entry(token).or_insert(id);
        }
        ids
    }

    /// The bytes of every token, where `normal` decodes an ordinary one.
    fn texts(&self, normal: impl Fn(&str) -> Vec<u8>) -> Vec<Vec<u8>> {
        let text = |(_, token, of): (TokenId, &str, u32)| match of {
            token_type::NORMAL => normal(token),
            token_type::UNUSED => Vec::new(),
            token_type::BYTE => byte_value(token).into_iter().collect(),
            _ => token.into(),
        };
        self.iter().map(text).collect()
    }
}

/// Metadata with errors that name the key.
struct Metadata<'a>(&'a HashMap<String, Value>);

impl<'a> Metadata<'a> {
    fn get(&self, key: &'static str) -> Result<&'a Value, TokenizerError> {
        self.0.get(key).ok_or(TokenizerError::Missing { key })
    }

    fn string(&self, key: &'static str) -> Result<&'a str, TokenizerError> {
        text(self.get(key)?, key)
    }

    fn array(&self, key: &'static str) -> Result<&'a [Value], TokenizerError> {
        self.get(key)?
            .to_vec()
            .map(Vec::as_slice)
            .map_err(|_| TokenizerError::Missing { key })
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.to_bool().ok()
    }

    /// The id at an optional key.
    fn id(
        &self,
        key: &'static str,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<Option<TokenId>, TokenizerError> {
        let Some(value) = self.0.get(key) else {
            return Ok(None);
        };
        let id = number(value, key)?;
        if (id as usize) < vocabulary.tokens.len() {
            Ok(Some(id))
        } else {
            Err(TokenizerError::Id { key, id })
        }
    }

    /// The token that raw completion starts with; `usual` says what goes without saying.
    fn bos(
        &self,
        vocabulary: &Vocabulary<'_>,
        usual: bool,
    ) -> Result<Option<TokenId>, TokenizerError> {
        if self.flag("tokenizer.ggml.add_bos_token").unwrap_or(usual) {
            self.id("tokenizer.ggml.bos_token_id", vocabulary)
        } else {
            Ok(None)
        }
    }
}

/// All tokens that end an answer; the first one is what templates know as `eos_token`.
fn end_ids(
    metadata: &Metadata<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Result<Vec<TokenId>, TokenizerError> {
    let mut ends: Vec<TokenId> = Vec::new();
    for key in [
        "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id",
    ] {
        ends.extend(metadata.id(key, vocabulary)?);
    }
    ends.extend(
        vocabulary
            .iter()
            .filter(|(_, token, _)| END_NAMES.contains(token))
            .map(|(id, ..)| id),
    );
    let mut seen = HashSet::new();
    ends.retain(|id| seen.insert(*id));
    Ok(ends)
}

/// The type of a token in the packed model. What ends an answer is no text, even where a
/// conversion has lost its type.
fn packed_kind(of: u32, is_end: bool) -> u8 {
    match of {
        token_type::CONTROL | token_type::UNKNOWN => kind::CONTROL,
        _ if is_end => kind::CONTROL,
        token_type::USER_DEFINED => kind::USER_DEFINED,
        _ => kind::TEXT,
    }
}

/// Merges in the order of their pair, and the first row of every left token.
fn merge_rows(
    mut merges: Vec<(TokenId, Merge)>,
    tokens: usize,
) -> Result<(Vec<u32>, Vec<Merge>), TokenizerError> {
    merges.sort_by_key(|(left, merge)| (*left, merge.right, merge.rank));
    merges.dedup_by_key(|(left, merge)| (*left, merge.right));
    let mut counts = vec![0; tokens];
    for (left, _) in &merges {
        counts[*left as usize] += 1;
    }
    Ok((
        starts(counts.into_iter())?,
        merges.into_iter().map(|(_, merge)| merge).collect(),
    ))
}

/// Where each of several parts starts, and where the last one ends.
fn starts(lengths: impl Iterator<Item = usize>) -> Result<Vec<u32>, TokenizerError> {
    let mut end = 0;
    let mut starts = vec![0];
    for len in lengths {
        end += len;
        starts.push(u32::try_from(end).map_err(|_| TokenizerError::TooLarge)?);
    }
    Ok(starts)
}

/// The characters that stand for the bytes 0 to 255: a visible Latin-1 character for itself, the
/// others for those from U+0100 on.
fn byte_alphabet() -> [char; 256] {
    let mut others = '\u{100}'..;
    std::array::from_fn(|byte| match char::from(byte as u8) {
        visible @ ('!'..='~' | '¡'..='¬' | '®'..='ÿ') => visible,
        _ => others.next().unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

/// The byte of a token like `<0x0A>`.
fn byte_value(token: &str) -> Option<u8> {
    u8::from_str_radix(token.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

fn text<'a>(value: &'a Value, key: &'static str) -> Result<&'a str, TokenizerError> {
    value
        .to_string()
        .map(String::as_str)
        .map_err(|_| TokenizerError::Missing { key })
}

/// Writers differ in the integer type.
fn number(value: &Value, key: &'static str) -> Result<u32, TokenizerError> {
    let number = match *value {
        Value::I32(number) => number.try_into().ok(),
        Value::U64(number) => number.try_into().ok(),
        Value::I64(number) => number.try_into().ok(),
        ref other => other.to_u32().ok(),
    };
    number.ok_or(TokenizerError::Missing { key })
}

fn bytes<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}
