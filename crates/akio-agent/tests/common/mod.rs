//! Models for the tests: a tiny one that says what it is told, and the real ones' tokenizers.

#![allow(dead_code, reason = "every test file uses its part")]

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::File,
    path::PathBuf,
    rc::Rc,
    sync::{LazyLock, Mutex},
};

use akio_agent::{Event, Finish, Message, Overflow, Params, Prompt, Sampling, Session};
use akio_engine::{
    EngineError, Model, TokenId,
    packed::{ALIGN, Packed, assemble, tag},
};
use akio_pack::{gguf::Gguf, tokenizer};
use candle_core::quantized::gguf_file::Value;
use serde::Deserialize;

/// ChatML without a system prompt of its own; refuses two user messages in a row.
pub const TEMPLATE: &str = "\
{%- for message in messages %}
    {%- if message.role == 'user' and loop.previtem is defined and loop.previtem.role == 'user' %}
        {{- raise_exception('roles must alternate') }}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
";

pub const IM_START: TokenId = 0;
pub const IM_END: TokenId = 1;
/// Token of byte 0; the other bytes follow.
pub const BYTES: TokenId = 2;
/// The one merge of the tiny tokenizer.
pub const PA: TokenId = BYTES + 256;

/// Tokens for ASCII text that the tiny tokenizer would not choose if the text has a `Pa`.
pub fn byte_tokens(text: &str) -> Vec<TokenId> {
    text.bytes()
        .map(|byte| BYTES + TokenId::from(byte))
        .collect()
}

/// A packed model with a byte-level tokenizer and this template, but without tensors.
pub fn tiny(template: &str) -> Packed<'static> {
    let strings =
        |strings: Vec<String>| Value::Array(strings.into_iter().map(Value::String).collect());
    let mut tokens = vec!["<|im_start|>".into(), "<|im_end|>".into()];
    tokens.extend((0..=255).map(|byte| byte_char(byte).to_string()));
    tokens.push("Pa".into());
    let kinds = (0..tokens.len())
        .map(|id| Value::U32(if id < 2 { 3 } else { 1 }))
        .collect();
    let metadata = HashMap::from([
        ("tokenizer.ggml.model".into(), Value::String("gpt2".into())),
        ("tokenizer.ggml.pre".into(), Value::String("gpt-2".into())),
        ("tokenizer.ggml.tokens".into(), strings(tokens)),
        ("tokenizer.ggml.token_type".into(), Value::Array(kinds)),
        ("tokenizer.ggml.merges".into(), strings(vec!["P a".into()])),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(IM_END)),
    ]);
    packed(&metadata, template)
}

/// The character that stands for a byte in byte-level vocabularies.
fn byte_char(byte: u8) -> char {
    let visible = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if visible(byte) {
        return char::from(byte);
    }
    let hidden_before = (0..byte).filter(|byte| !visible(*byte)).count() as u32;
    char::from_u32(256 + hidden_before).unwrap()
}

fn packed(metadata: &HashMap<String, Value>, template: &str) -> Packed<'static> {
    let mut sections = tokenizer::sections(metadata).unwrap();
    sections.push((tag::TEMPLATE, template.into()));
    open(&assemble(&sections))
}

/// A packed model that stays in memory for the whole test.
pub fn open(blob: &[u8]) -> Packed<'static> {
    let space = vec![0; blob.len() + ALIGN].leak();
    let start = space.as_ptr().align_offset(ALIGN);
    let aligned = &mut space[start..start + blob.len()];
    aligned.copy_from_slice(blob);
    Packed::open(aligned).unwrap()
}

/// What a [`Scripted`] model was asked.
#[derive(Default)]
pub struct Record {
    /// Tokens whose keys and values it would hold.
    pub cache: Vec<TokenId>,
    /// How many tokens it evaluated in all.
    pub evaluated: usize,
    /// Tokens it will choose, first the next; the end token when there are none left.
    pub script: Vec<TokenId>,
    /// Evaluations until it fails.
    pub fails_after: Option<usize>,
}

/// A model that chooses the tokens of a script.
pub struct Scripted {
    record: Rc<RefCell<Record>>,
    context: usize,
    end: TokenId,
    logits: Vec<f32>,
}

impl Scripted {
    pub fn new(context: usize, vocab_size: usize, end: TokenId) -> (Self, Rc<RefCell<Record>>) {
        let record = Rc::<RefCell<Record>>::default();
        (
            Self {
                record: record.clone(),
                context,
                end,
                logits: vec![0.0; vocab_size],
            },
            record,
        )
    }
}

impl Model for Scripted {
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
        tokens: &[TokenId],
        pos: usize,
        want_logits: bool,
    ) -> Result<Option<&mut [f32]>, EngineError> {
        let mut record = self.record.borrow_mut();
        assert_eq!(record.cache.len(), pos);
        assert!((1..=self.chunk()).contains(&tokens.len()));
        assert!(pos + tokens.len() <= self.context);
        if let Some(left) = &mut record.fails_after {
            *left = left
                .checked_sub(1)
                .ok_or(EngineError::Fallback("broken on purpose".into()))?;
        }
        record.cache.extend(tokens);
        record.evaluated += tokens.len();
        if !want_logits {
            return Ok(None);
        }
        let next = if record.script.is_empty() {
            self.end
        } else {
            record.script.remove(0)
        };
        self.logits.fill(0.0);
        self.logits[next as usize] = 1.0;
        Ok(Some(&mut self.logits))
    }

    fn logits(&mut self, _: usize) -> Option<&mut [f32]> {
        Some(&mut self.logits)
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.record.borrow_mut().cache.truncate(len);
        len
    }

    fn kv_bytes(&self) -> usize {
        self.record.borrow().cache.len()
    }
}

/// A session with the tiny tokenizer and a scripted model.
pub fn scripted(context: usize, overflow: Overflow) -> (Session<'static>, Rc<RefCell<Record>>) {
    scripted_with(tiny(TEMPLATE), context, overflow)
}

pub fn scripted_with(
    packed: Packed<'static>,
    context: usize,
    overflow: Overflow,
) -> (Session<'static>, Rc<RefCell<Record>>) {
    let tokenizer = akio_engine::tokenizer::Tokenizer::open(&packed).unwrap();
    let (model, record) = Scripted::new(context, tokenizer.vocab_size(), tokenizer.end_ids()[0]);
    (
        Session::with_model(packed, Box::new(model), overflow).unwrap(),
        record,
    )
}

pub fn greedy() -> Params {
    Params {
        sampling: Sampling {
            temperature: 0.0,
            ..Sampling::default()
        },
        ..Params::default()
    }
}

pub fn user(text: &str) -> Prompt {
    Prompt::User(text.into())
}

/// Runs a turn to its end: the text, everything else that happened, and how it ended.
pub fn answer(
    session: &mut Session<'_>,
    prompt: Prompt,
    params: Params,
) -> (String, Vec<Event>, Finish) {
    session.start(prompt, params).unwrap();
    let (mut text, mut events) = (String::new(), Vec::new());
    loop {
        match session.next().unwrap() {
            Event::Text { text: piece, .. } => text += &piece,
            Event::Done(finish) => return (text + &finish.text_tail, events, finish),
            event => events.push(event),
        }
    }
}

/// The golden prompts.
#[derive(Deserialize)]
pub struct Golden {
    pub templates: HashMap<String, GoldenTemplate>,
    pub conversations: Vec<GoldenConversation>,
}

#[derive(Deserialize)]
pub struct GoldenTemplate {
    /// Of the GGUF.
    pub sha256: String,
    pub template: String,
}

#[derive(Deserialize)]
pub struct GoldenConversation {
    pub name: String,
    pub messages: Vec<Message>,
    /// By model.
    pub prompts: HashMap<String, String>,
}

pub static GOLDEN: LazyLock<Golden> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../tests/golden/prompts.json")).unwrap()
});

pub fn gguf(model: &str) -> Gguf<File> {
    Gguf::open(gguf_file(model)).unwrap()
}

/// A real model out of akio's cache.
pub fn gguf_file(model: &str) -> File {
    let dir = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = dir("AKIO_CACHE")
        .or_else(|| Some(dir("XDG_CACHE_HOME")?.join("akio")))
        .or_else(|| Some(dir("HOME")?.join(".cache/akio")))
        .expect("AKIO_CACHE, XDG_CACHE_HOME or HOME is set");
    let path = cache
        .join("models")
        .join(format!("{}.gguf", GOLDEN.templates[model].sha256));
    File::open(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask test` fetches it", path.display())
    })
}

/// A packed model with a real model's tokenizer and template, but without tensors.
pub fn real_tokenizer(model: &str) -> Packed<'static> {
    static OPEN: LazyLock<Mutex<HashMap<String, Packed<'static>>>> = LazyLock::new(Mutex::default);
    *OPEN.lock().unwrap().entry(model.into()).or_insert_with(|| {
        let gguf = gguf(model);
        packed(
            gguf.metadata(),
            gguf.text("tokenizer.chat_template").unwrap(),
        )
    })
}
