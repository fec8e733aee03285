//! Text to token ids and back.
//!
//! One algorithm serves every model: text is cut at [special tokens](Special), then into words,
//! a word becomes the tokens of its bytes or characters, and neighbours merge by rank. The packed
//! model holds the tables ready to use; SentencePiece's scores are ranks of merges by then.

mod merge;
mod pretokenize;
mod special;
pub mod tables;

use merge::Merger;
pub use pretokenize::Scheme;
use tables::{NONE, Tables, kind};

use crate::TokenId;
use crate::packed::{PackError, Packed};

/// What text that spells a control token becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Ordinary tokens: for text that is not to be trusted.
    AsText,
    /// The control token: for rendered prompts.
    Parse,
}

/// A tokenizer that borrows its tables. Copying it copies pointers only.
#[derive(Clone, Copy)]
pub struct Tokenizer<'a> {
    tables: Tables<'a>,
}

impl<'a> Tokenizer<'a> {
    /// Borrows the tables of a packed model; reads none of them.
    ///
    /// # Errors
    /// `Missing` or `Malformed` if a table is absent or its length does not fit.
    pub fn open(packed: &Packed<'a>) -> Result<Self, PackError> {
        Ok(Self {
            tables: Tables::open(packed)?,
        })
    }

    /// Number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.tables.vocab_size()
    }

    /// The ids of `text`. The beginning-of-text token is not among them unless it is written out.
    ///
    /// User-defined tokens are found either way: they are text, only never cut or merged.
    pub fn encode(&self, text: &str, special: Special) -> Vec<TokenId> {
        let mut ids = Vec::new();
        let mut merger = Merger::default();
        let mut rest = text;
        let mut prefix = self.tables.head.space_prefix == 1;
        while let Some((range, id)) = special::find(&self.tables, rest, special) {
            self.encode_text(&rest[..range.start], prefix, &mut merger, &mut ids);
            ids.push(id);
            prefix = self.tables.head.space_prefix == 1 && self.is_control(id);
            rest = &rest[range.end..];
        }
        self.encode_text(rest, prefix, &mut merger, &mut ids);
        ids
    }

    /// The bytes of a token as they appear in text; a control token's name; nothing for an id
    /// that is not in the vocabulary. Characters can span tokens: see
    /// [`TextStream`](crate::text_stream::TextStream).
    pub fn token_bytes(&self, id: TokenId) -> &'a [u8] {
        self.tables.token(id)
    }

    /// Whether a token steers the model and is no text.
    pub fn is_control(&self, id: TokenId) -> bool {
        self.tables.kind(id) == kind::CONTROL
    }

    /// The bytes of `ids`, without control tokens. A tokenizer that puts a space before text
    /// leaves it there.
    pub fn decode(&self, ids: &[TokenId]) -> Vec<u8> {
        let text = ids.iter().filter(|id| !self.is_control(**id));
        text.flat_map(|id| self.token_bytes(*id)).copied().collect()
    }

    /// The token that raw completion has to start with, if the model wants one.
    pub fn bos(&self) -> Option<TokenId> {
        Some(self.tables.head.bos).filter(|id| *id != NONE)
    }

    /// Tokens that end an answer.
    pub fn end_ids(&self) -> &'a [TokenId] {
        self.tables.ends
    }

    /// Names and ids of all control tokens, in the order of their names.
    pub fn control_tokens(&self) -> impl Iterator<Item = (&'a str, TokenId)> {
        let tokenizer = *self;
        let controls = self
            .tables
            .specials
            .iter()
            .copied()
            .filter(move |id| tokenizer.is_control(*id));
        controls
            .filter_map(move |id| Some((std::str::from_utf8(tokenizer.token_bytes(id)).ok()?, id)))
    }

    fn encode_text(&self, text: &str, prefix: bool, merger: &mut Merger, ids: &mut Vec<TokenId>) {
        let scheme = self.tables.scheme;
        for word in scheme.words(&scheme.normalize(text)) {
            if scheme == Scheme::SentencePiece {
                let space = if prefix { " " } else { "" };
                space
                    .chars()
                    .chain(word.chars())
                    .for_each(|c| self.push_character(c, merger));
            } else if let Some(id) = self.tables.word(word.as_bytes()) {
                ids.push(id);
                continue;
            } else {
                word.bytes()
                    .filter_map(|byte| self.tables.byte(byte))
                    .for_each(|id| merger.push(id));
            }
            merger.finish(&self.tables, ids);
        }
    }

    /// A character's own token, else those of its bytes, else the unknown token.
    fn push_character(&self, c: char, merger: &mut Merger) {
        // SentencePiece writes spaces as U+2581, so it cannot tell the two apart; the tables hold spaces.
        let c = if c == '▁' { ' ' } else { c };
        let mut utf8 = [0; 4];
        let bytes = c.encode_utf8(&mut utf8).as_bytes();
        if let Some(id) = self.tables.word(bytes) {
            return merger.push(id);
        }
        if bytes.iter().all(|byte| self.tables.byte(*byte).is_some()) {
            bytes
                .iter()
                .filter_map(|byte| self.tables.byte(*byte))
                .for_each(|id| merger.push(id));
        } else if self.tables.head.unknown != NONE {
            merger.push(self.tables.head.unknown);
        }
    }
}
