//! Our forward pass against candle-transformers with exact weights, over one long context.
//!
//! Every position of the golden text is predicted three times, token by token: by us, by candle with
//! dequantised weights (the reference), and by stock candle with its quantised kernels, whose own
//! distance from the reference shows what rounding alone does (on the first 500 positions, to save
//! time). The two candles are processes with one thread each; their logits arrive through a pipe,
//! position by position.
//!
//! AKIO_ORACLE_POSITIONS sets the number of positions, AKIO_TEST_FULL=1 makes Qwen as long as SmolLM2
//! and adds Gemma.

use std::{
    env,
    fs::{self, File},
    io::{Read, Write, stderr},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{PoisonError, RwLock},
    time::Instant,
};

use akio_engine::{
    Model, TokenId, model,
    packed::Packed,
    tokenizer::{Special, Tokenizer},
};
use akio_tests::{
    agreement::{Agreement, top},
    aligned::Aligned,
    models,
};

const CONTEXT: usize = 2048;
const LONG: usize = 2000;
const STOCK: usize = 500;
const TEXT: &str = include_str!("golden/pride-and-prejudice.txt");

/// Prompts and what llama.cpp continues them with, on the same GGUF, always taking the most probable
/// token, up to the first near tie (llama.cpp rounds its activations, the f32 weights here do not).
/// The last prompt has 773 tokens, more than the sliding window of 512.
const GEMMA: [(&str, &str); 4] = [
    (
        "The capital of France is",
        " the capital of the country of France. It is the largest city in France",
    ),
    (
        "It is a truth universally acknowledged,",
        " that the more you know about a subject, the more you love it.",
    ),
    ("1, 2, 3, 4, 5,", " 6, 7, 8, 9, 10, 11, 12,"),
    (
        TEXT.split_at(3149).0,
        " I am sure she is not half as good as",
    ),
];

/// Held for writing while memory is measured, for reading by the other tests.
static MEMORY: RwLock<()> = RwLock::new(());

#[test]
fn smollm2_predicts_what_exact_weights_predict() {
    compare("smollm2", LONG);
}

#[test]
fn qwen_predicts_what_exact_weights_predict() {
    compare("qwen2.5-coder-0.5b", if full() { LONG } else { 200 });
}

/// Gemma runs through candle, so candle proves nothing about it.
#[test]
fn gemma_says_what_llama_cpp_says_in_little_memory() {
    if !full() {
        return;
    }
    let _alone = MEMORY.write().unwrap_or_else(PoisonError::into_inner);
    let blob = pack(&models::weights("gemma3-270m"));
    let packed = Packed::open(blob.bytes()).unwrap();
    let tokenizer = Tokenizer::open(&packed).unwrap();
    let before = forget_peak_memory();
    let mut model = model::open(&packed, CONTEXT).unwrap();
    for (prompt, continuation) in GEMMA {
        let mut tokens: Vec<_> = tokenizer.bos().into_iter().collect();
        tokens.extend(tokenizer.encode(prompt, Special::AsText));
        let answer = greedy(&mut *model, &mut tokens, 24);
        let answer = String::from_utf8(tokenizer.decode(&answer)).unwrap();
        assert!(
            answer.starts_with(continuation),
            "{answer:?} is not {continuation:?}"
        );
    }
    let peak = peak_memory() - before + blob.bytes().len();
    say(&format!(
        "gemma3-270m: {} MB at most, blob included",
        peak / 1_000_000
    ));
    assert!(peak < 1_500_000_000);
}

fn full() -> bool {
    env::var_os("AKIO_TEST_FULL").is_some()
}

fn say(line: &str) {
    // Unlike eprintln!, this is not held back until the end of the test.
    let _ = writeln!(stderr(), "{line}");
}

fn compare(name: &str, positions: usize) {
    let _shared = MEMORY.read().unwrap_or_else(PoisonError::into_inner);
    let start = Instant::now();
    let positions = match env::var("AKIO_ORACLE_POSITIONS") {
        Ok(count) => count.parse().expect("AKIO_ORACLE_POSITIONS is a number"),
        Err(_) => positions,
    };
    let weights = models::weights(name);
    let blob = pack(&weights);
    let packed = Packed::open(blob.bytes()).unwrap();
    let tokens = encode(&Tokenizer::open(&packed).unwrap(), TEXT, positions + 1);
    let mut reference = Candle::start(&weights, &tokens, true);
    let mut stock = Candle::start(&weights, &tokens[..tokens.len().min(STOCK)], false);
    let mut model = model::open(&packed, CONTEXT).unwrap();

    let line = |who: &str, agreement: &Agreement| {
        say(&format!(
            "{name}: {who:<5} {:>4} positions, mean KL {:.2e}, worst {:.2e}, same top token {:.2} %, \
             perplexity {:.3} (exact weights: {:.3})",
            agreement.positions(),
            agreement.mean_divergence(),
            agreement.worst_divergence(),
            100.0 * agreement.same_top(),
            agreement.perplexity(),
            agreement.reference_perplexity(),
        ));
    };
    let [mut ours, mut first, mut theirs] = [Agreement::default(); 3];
    for (pos, pair) in tokens.windows(2).enumerate() {
        let logits = model.forward(&pair[..1], pos, true).unwrap().unwrap();
        let exact = reference.next();
        ours.add(exact, logits, pair[1]);
        if pos < STOCK {
            first.add(exact, logits, pair[1]);
            theirs.add(exact, stock.next(), pair[1]);
        }
        if (pos + 1) % STOCK == 0 {
            line("akio", &ours);
        }
    }

    line("akio", &ours);
    // On the same positions as stock candle, to compare the two.
    line("akio", &first);
    line("stock", &theirs);
    say(&format!(
        "{name}: {positions} positions in {} s",
        start.elapsed().as_secs()
    ));
    assert!(ours.mean_divergence() < 2e-3);
    assert!(ours.same_top() >= 0.97);
    assert!((ours.perplexity() / ours.reference_perplexity() - 1.0).abs() < 0.01);
}

fn pack(weights: &Path) -> Aligned {
    let file = File::open(weights).unwrap();
    let packing = akio_pack::pack(file, &akio_pack::Options::default(), &mut |_, _| {}).unwrap();
    Aligned::new(&packing.blob)
}

/// The first `count` tokens of `text`, with the model's first token if it wants one.
fn encode(tokenizer: &Tokenizer, text: &str, count: usize) -> Vec<TokenId> {
    let mut tokens: Vec<_> = tokenizer.bos().into_iter().collect();
    tokens.extend(tokenizer.encode(text, Special::AsText));
    assert!(
        tokens.len() >= count,
        "the text has {} tokens",
        tokens.len()
    );
    tokens.truncate(count);
    tokens
}

/// Appends the most probable token `count` times.
fn greedy(model: &mut dyn Model, tokens: &mut Vec<TokenId>, count: usize) -> Vec<TokenId> {
    let prompt = tokens.len();
    let mut pos = model.truncate(0);
    while tokens.len() < prompt + count {
        let end = tokens.len().min(pos + model.chunk());
        let logits = model
            .forward(&tokens[pos..end], pos, true)
            .unwrap()
            .unwrap();
        pos = end;
        if pos == tokens.len() {
            tokens.push(top(logits) as TokenId);
        }
    }
    tokens.split_off(prompt)
}

/// Starts a new measurement and returns the memory in use, in bytes.
fn forget_peak_memory() -> usize {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    peak_memory()
}

/// The most memory in use at once, in bytes.
fn peak_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    1024 * kilobytes
}

/// candle-transformers in a process of its own.
struct Candle {
    process: Child,
    out: ChildStdout,
    bytes: Vec<u8>,
    logits: Vec<f32>,
}

impl Candle {
    fn start(weights: &Path, tokens: &[TokenId], exact: bool) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_reference"))
            .arg(weights)
            .env("RAYON_NUM_THREADS", "1")
            .env("CANDLE_DEQUANTIZE_ALL", if exact { "1" } else { "0" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let tokens: Vec<u8> = tokens
            .iter()
            .flat_map(|token| token.to_le_bytes())
            .collect();
        process.stdin.take().unwrap().write_all(&tokens).unwrap();
        let out = process.stdout.take().unwrap();
        Self {
            process,
            out,
            bytes: Vec::new(),
            logits: Vec::new(),
        }
    }

    /// Logits after the next token.
    fn next(&mut self) -> &[f32] {
        if self.bytes.is_empty() {
            let mut vocab = [0; 4];
            self.out.read_exact(&mut vocab).unwrap();
            self.bytes
                .resize(size_of::<f32>() * u32::from_le_bytes(vocab) as usize, 0);
        }
        self.out.read_exact(&mut self.bytes).unwrap();
        self.logits.clear();
        let values = self
            .bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        self.logits.extend(values);
        &self.logits
    }
}

impl Drop for Candle {
    fn drop(&mut self) {
        // It still waits for its pipe to be read if the test has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
