//! `akio bench`: prefill and decode speed, without sampling noise and without an early end.

use std::{collections::BTreeMap, time::Instant};

use akio_engine::{
    Generator, Step, TokenId, model,
    packed::{PackError, Packed, tag},
    sampler::{Sampler, Sampling},
    tokenizer::{Special, Tokenizer},
};
use serde::Serialize;

use super::{Console, Error, args, kernels, native_host, stream::rate};
use crate::{BUILD, embedded, threads};

/// What the guest can know of its own speed. The host adds start-up time and resident memory.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    build: &'static str,
    host: String,
    threads: usize,
    prefill_tokens: usize,
    prefill_tok_s: f64,
    decode_tokens: usize,
    decode_tok_s: f64,
    linear_memory_bytes: Option<u64>,
    /// What a decoded token takes of each tile kind, with the head apart, which prefill does without.
    weights: BTreeMap<String, Weights>,
}

/// Matrices of one tile kind.
#[derive(Default, Serialize)]
struct Weights {
    bytes: usize,
    /// Multiplications with an addition for one token.
    macs: usize,
}

pub(super) fn run(
    packed: &Packed<'_>,
    args: &args::Bench,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    if args.kernels {
        return kernels::run(args.json, console);
    }
    let room = [args.prefill, args.decode, 2]
        .iter()
        .fold(args.context, |sum, part| sum.saturating_add(*part));
    let tokenizer = Tokenizer::open(packed)?;
    let mut generator = Generator::new(model::open(packed, room)?);
    let text = words(&tokenizer, args.context + args.prefill + 1);
    let mut prefill = Vec::with_capacity(args.repeat);
    let mut decode = Vec::with_capacity(args.repeat);
    for run in 0..args.repeat {
        // Another first token each time, so that nothing is found in the cache.
        let prompt = text
            .iter()
            .cycle()
            .skip(run)
            .take(args.context + args.prefill);
        let prompt: Vec<TokenId> = prompt.copied().collect();
        // Something has to be there to go on from.
        let context = prompt.iter().take(args.context.max(1)).copied().collect();
        generator.start(context, greedy()?, Vec::new(), args.decode + 1, None)?;
        until_token(&mut generator)?;
        let begin = Instant::now();
        for _ in 0..args.decode {
            until_token(&mut generator)?;
        }
        decode.push(rate(args.decode, begin.elapsed()));
        let tokens = prompt.len();
        let kept = generator.start(prompt, greedy()?, Vec::new(), 1, None)?;
        let begin = Instant::now();
        until_token(&mut generator)?;
        prefill.push(rate(tokens - kept, begin.elapsed()));
    }
    let report = Report {
        model: packed.text(tag::NAME)?,
        build: BUILD,
        host: native_host().unwrap_or_else(|| HOST.into()),
        threads: threads::number(),
        prefill_tokens: args.prefill,
        prefill_tok_s: median(prefill),
        decode_tokens: args.decode,
        decode_tok_s: median(decode),
        linear_memory_bytes: embedded::linear_memory_bytes(),
        weights: weights(packed)?,
    };
    if args.json {
        return console.print(&format!("{}\n", serde_json::json!(report)));
    }
    console.print(&format!(
        "{}, {}, {}\nprefill  {} tokens  {:.1} tok/s\ndecode   {} tokens  {:.1} tok/s\n",
        report.model,
        report.build,
        report.host,
        report.prefill_tokens,
        report.prefill_tok_s,
        report.decode_tokens,
        report.decode_tok_s
    ))
}

/// All matrices but the embedding, of which a token takes one row, unless it is the head too.
fn weights(packed: &Packed<'_>) -> Result<BTreeMap<String, Weights>, PackError> {
    let head = match packed.tensor("output.weight") {
        Ok(_) => "output.weight",
        Err(_) => "token_embd.weight",
    };
    let mut weights: BTreeMap<String, Weights> = BTreeMap::new();
    for tensor in packed.tensors()? {
        let (name, tensor) = tensor?;
        if tensor.rows == 1 || name == "token_embd.weight" && name != head {
            continue;
        }
        let part = if name == head { " head" } else { "" };
        let kind = format!("{:?}{part}", tensor.kind);
        let of_kind = weights.entry(kind).or_default();
        of_kind.bytes += tensor.data.len();
        of_kind.macs += tensor.rows * tensor.cols;
    }
    Ok(weights)
}

/// The name of a host that does not introduce itself.
pub(super) const HOST: &str = if cfg!(target_os = "wasi") {
    "wasi"
} else {
    "none"
};

fn greedy() -> Result<Sampler, Error> {
    Ok(Sampler::new(Sampling {
        temperature: 0.0,
        ..Sampling::default()
    })?)
}

/// Evaluates what is left of the prompt and the next token.
fn until_token(generator: &mut Generator<'_>) -> Result<(), Error> {
    while let Step::Prefill { .. } = generator.next()? {}
    Ok(())
}

/// `count` tokens of plain text.
fn words(tokenizer: &Tokenizer<'_>, count: usize) -> Vec<TokenId> {
    let text = "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old tree. ";
    let once = tokenizer.encode(text, Special::AsText);
    once.iter().copied().cycle().take(count).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
