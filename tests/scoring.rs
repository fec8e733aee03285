//! Given text is scored by the logits that generation sees, and an answer in progress does not notice.

use std::io::Cursor;

use akio_engine::{
    EndReason, EngineError, Generator, Step, TokenId, model,
    packed::Packed,
    sampler::{Sampler, Sampling},
};
use akio_tests::{
    aligned::Aligned,
    tiny::{Arch, Tiny},
};
use candle_core::quantized::GgmlDType;

const ARCHS: [Arch; 5] = [
    Arch::Llama,
    Arch::Qwen2,
    Arch::Qwen3,
    Arch::Gemma3,
    Arch::Phi3,
];
const OUR_OWN: [Arch; 2] = [Arch::Llama, Arch::Qwen2];
const CONTEXT: usize = 256;

fn pack(arch: Arch) -> Aligned {
    let gguf = Tiny::new(arch, GgmlDType::Q4_0).gguf().unwrap();
    let options = akio_pack::Options::default();
    let packing = akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {}).unwrap();
    Aligned::new(&packing.blob)
}

fn generator(blob: &Aligned) -> Generator<'_> {
    let packed = Packed::open(blob.bytes()).unwrap();
    Generator::new(model::open(&packed, CONTEXT).unwrap())
}

fn tokens(count: usize, step: u32) -> Vec<TokenId> {
    (0..count as u32).map(|i| 3 + i * step % 500).collect()
}

/// Logarithms of probabilities, from the logits of one token after another.
fn expected(blob: &Aligned, prompt: &[TokenId], continuation: &[TokenId]) -> Vec<f64> {
    let packed = Packed::open(blob.bytes()).unwrap();
    let mut model = model::open(&packed, CONTEXT).unwrap();
    let all = [prompt, continuation].concat();
    let mut found = Vec::new();
    for (pos, next) in all.iter().enumerate().skip(1) {
        let logits = model.forward(&all[pos - 1..pos], pos - 1, true).unwrap();
        let logits: Vec<f64> = logits.unwrap().iter().copied().map(f64::from).collect();
        let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
        found.push(logits[*next as usize] - total.ln());
    }
    found.split_off(prompt.len() - 1)
}

#[test]
fn a_score_is_what_generation_would_give_each_token() {
    // Longer than one chunk, and continuations that begin alike.
    let prompt = tokens(70, 37);
    let continuations = [
        tokens(1, 41),
        vec![],
        tokens(80, 41),
        tokens(3, 41),
        tokens(3, 43),
    ];
    for arch in ARCHS {
        let blob = pack(arch);
        let scores = generator(&blob).score(&prompt, &continuations).unwrap();
        assert_eq!(scores.len(), continuations.len());
        for (score, continuation) in scores.iter().zip(&continuations) {
            let expected = expected(&blob, &prompt, continuation);
            assert_eq!(score.tokens.len(), expected.len());
            for (found, expected) in score.tokens.iter().zip(&expected) {
                let difference = (f64::from(*found) - expected).abs();
                assert!(difference < 2e-3, "{arch:?}: {found} for {expected}");
            }
            let sum: f64 = expected.iter().sum();
            assert!((f64::from(score.sum()) - sum).abs() < 0.1, "{arch:?}");
        }
    }
}

#[test]
fn scores_do_not_depend_on_what_was_evaluated_before() {
    for arch in OUR_OWN {
        let blob = pack(arch);
        let (prompt, names) = (tokens(20, 37), [tokens(4, 41), tokens(4, 43)]);
        let mut used = generator(&blob);
        let first = used.score(&prompt, &names).unwrap();
        used.embed(&tokens(9, 11)).unwrap();
        used.score(&prompt[..7], &names[..1]).unwrap();
        assert_eq!(used.score(&prompt, &names).unwrap(), first);
        let alone = generator(&blob).score(&prompt, &names[1..]).unwrap();
        assert_eq!(alone, first[1..]);
    }
}

#[test]
fn an_answer_in_progress_goes_on_as_if_nothing_had_been_scored() {
    let answer = |blob: &Aligned, scored: bool| {
        let mut generator = generator(blob);
        let sampling = Sampling {
            seed: 7,
            ..Sampling::default()
        };
        let sampler = Sampler::new(sampling).unwrap();
        // Shorter than one chunk, so that scoring between two steps never undoes a step.
        let prompt = tokens(40, 37);
        generator.start(prompt, sampler, vec![], 12, None).unwrap();
        let mut said = Vec::new();
        loop {
            match generator.next().unwrap() {
                Step::Token(id) => said.push(id),
                Step::Prefill { .. } => {}
                Step::End(reason) => {
                    assert_eq!(reason, EndReason::Length);
                    return said;
                }
            }
            if scored {
                let names = [tokens(3, 41), tokens(2, 43)];
                generator.score(&tokens(20, 29), &names).unwrap();
            }
        }
    };
    for arch in OUR_OWN {
        let blob = pack(arch);
        assert_eq!(answer(&blob, true), answer(&blob, false), "{arch:?}");
    }
}

#[test]
fn a_text_is_embedded_as_the_mean_of_its_hidden_states() {
    for arch in OUR_OWN {
        let blob = pack(arch);
        let packed = Packed::open(blob.bytes()).unwrap();
        let mut model = model::open(&packed, CONTEXT).unwrap();
        let text = tokens(100, 37);
        let mut mean: Vec<f64> = Vec::new();
        for (pos, token) in text.iter().enumerate() {
            model.forward(&[*token], pos, false).unwrap();
            let state = model.hidden().unwrap();
            mean.resize(state.len(), 0.0);
            for (mean, x) in mean.iter_mut().zip(state) {
                *mean += f64::from(*x) / text.len() as f64;
            }
        }
        let mut generator = generator(&blob);
        let embedding = generator.embed(&text).unwrap();
        assert_eq!(embedding.len(), mean.len());
        for (found, expected) in embedding.iter().zip(&mean) {
            assert!((f64::from(*found) - expected).abs() < 1e-3, "{arch:?}");
        }
        assert_eq!(generator.embed(&text).unwrap(), embedding);
    }
}

#[test]
fn what_cannot_be_scored_is_refused_and_the_rest_goes_on() {
    let blob = pack(Arch::Llama);
    let mut generator = generator(&blob);
    let prompt = tokens(10, 37);
    let first = generator.score(&prompt, &[tokens(2, 41)]).unwrap();
    assert_eq!(
        generator.score(&[], &[tokens(2, 41)]),
        Err(EngineError::EmptyPrompt)
    );
    assert_eq!(
        generator.score(&prompt, &[vec![u32::MAX]]),
        Err(EngineError::UnknownToken { id: u32::MAX })
    );
    assert!(matches!(
        generator.score(&prompt, &[tokens(CONTEXT, 41)]),
        Err(EngineError::PromptTooLong { .. })
    ));
    assert!(matches!(
        generator.embed(&tokens(CONTEXT + 1, 41)),
        Err(EngineError::PromptTooLong { .. })
    ));
    assert_eq!(generator.embed(&[]), Err(EngineError::EmptyPrompt));
    assert_eq!(generator.score(&prompt, &[tokens(2, 41)]).unwrap(), first);
    for arch in [Arch::Qwen3, Arch::Gemma3, Arch::Phi3] {
        let blob = pack(arch);
        assert_eq!(
            self::generator(&blob).embed(&prompt),
            Err(EngineError::NoHiddenStates)
        );
    }
}

#[test]
fn reading_ahead_goes_in_steps_and_changes_no_score() {
    let prompt = tokens(200, 37);
    let continuations = [tokens(9, 5), tokens(1, 7)];
    for arch in ARCHS {
        let blob = pack(arch);
        let expected = generator(&blob).score(&prompt, &continuations).unwrap();
        let mut generator = generator(&blob);
        let mut steps = 0;
        while generator.read_ahead(&prompt).unwrap() {
            steps += 1;
        }
        assert!(steps > 1, "{arch:?}");
        assert_eq!(generator.score(&prompt, &continuations).unwrap(), expected);
        assert!(generator.read_ahead(&[]).is_err());
        assert!(generator.read_ahead(&tokens(CONTEXT + 1, 3)).is_err());
    }
}
