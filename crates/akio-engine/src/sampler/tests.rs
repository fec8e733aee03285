//! Each filter against the plain way of doing it, and the draw against its distribution.

use proptest::prelude::*;

use super::*;

/// Everything off, at temperature 1.
fn plain() -> Sampling {
    Sampling {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        ..Sampling::default()
    }
}

/// The tokens that the filters leave, in the order of their ids.
fn kept(sampling: &Sampling, logits: &[f32]) -> Vec<TokenId> {
    let mut sampler = Sampler::new(sampling.clone()).unwrap();
    let token = sampler.sample(&mut logits.to_vec(), &[]);
    let ids: Vec<TokenId> = sampler
        .candidates
        .iter()
        .map(|candidate| candidate.id)
        .collect();
    assert!(ids.contains(&token));
    ids
}

/// The same by sorting everything.
fn kept_by_sorting(sampling: &Sampling, logits: &[f32]) -> Vec<TokenId> {
    let mut ranked: Vec<Candidate> = candidates(logits).collect();
    ranked.sort_by(rank);
    let best = ranked[0].logit;
    if sampling.top_k > 0 {
        ranked.truncate(sampling.top_k as usize);
    }
    if sampling.top_p < 1.0 {
        let weights: Vec<u64> = ranked
            .iter()
            .map(|candidate| weight(candidate.logit, best, 1.0))
            .collect();
        let target = (f64::from(sampling.top_p) * weights.iter().sum::<u64>() as f64).ceil() as u64;
        let mut mass = 0;
        let outside = weights.iter().position(|weight| {
            let reached = mass >= target;
            mass += weight;
            reached
        });
        ranked.truncate(outside.unwrap_or(ranked.len()).max(1));
    }
    if sampling.min_p > 0.0 {
        ranked.retain(|candidate| candidate.logit >= best + libm::logf(sampling.min_p));
    }
    let mut ids: Vec<TokenId> = ranked.iter().map(|candidate| candidate.id).collect();
    ids.sort_unstable();
    ids
}

/// Logits with ties, zeros of both signs and banned tokens among them.
fn logits() -> impl Strategy<Value = Vec<f32>> {
    let logit = prop_oneof![
        6 => -20.0f32..20.0,
        3 => (-4i8..4).prop_map(f32::from),
        1 => Just(-0.0f32),
        1 => Just(f32::NEG_INFINITY),
        1 => Just(f32::NAN),
    ];
    prop::collection::vec(logit, 1..400).prop_map(|mut logits| {
        logits[0] = 1.0;
        logits
    })
}

proptest! {
    #[test]
    fn top_k_keeps_what_sorting_keeps(logits in logits(), top_k in 0u32..500) {
        let sampling = Sampling { top_k, ..plain() };
        prop_assert_eq!(kept(&sampling, &logits), kept_by_sorting(&sampling, &logits));
    }

    #[test]
    fn top_p_keeps_what_sorting_keeps(logits in logits(), top_p in 0.0f32..=1.0) {
        let sampling = Sampling { top_p, ..plain() };
        prop_assert_eq!(kept(&sampling, &logits), kept_by_sorting(&sampling, &logits));
    }

    #[test]
    fn min_p_keeps_what_sorting_keeps(logits in logits(), min_p in 0.0f32..=1.0) {
        let sampling = Sampling { min_p, ..plain() };
        prop_assert_eq!(kept(&sampling, &logits), kept_by_sorting(&sampling, &logits));
    }

    #[test]
    fn all_filters_together_keep_what_sorting_keeps(
        logits in logits(), top_k in 0u32..100, top_p in 0.0f32..=1.0, min_p in 0.0f32..=1.0,
    ) {
        let sampling = Sampling { top_k, top_p, min_p, ..plain() };
        prop_assert_eq!(kept(&sampling, &logits), kept_by_sorting(&sampling, &logits));
    }

    #[test]
    fn penalties_and_bias_match_their_definition(
        mut logits in prop::collection::vec(-20.0f32..20.0, 1..50),
        history in prop::collection::vec(0u32..60, 0..80),
        repeat_penalty in 0.5f32..2.0,
        repeat_last_n in 0usize..100,
        frequency_penalty in -2.0f32..2.0,
        presence_penalty in -2.0f32..2.0,
        bias in -100.0f32..100.0,
    ) {
        let recent = &history[history.len().saturating_sub(repeat_last_n)..];
        let expected: Vec<f32> = (0..).zip(&logits).map(|(id, logit)| {
            let logit = if id == 3 { logit + bias } else { *logit };
            match recent.iter().filter(|other| **other == id).count() {
                0 => logit,
                count => {
                    let scaled = if logit > 0.0 { logit / repeat_penalty } else { logit * repeat_penalty };
                    scaled - (count as f32 * frequency_penalty + presence_penalty)
                }
            }
        }).collect();
        let mut sampler = Sampler::new(Sampling {
            repeat_penalty, repeat_last_n, frequency_penalty, presence_penalty,
            logit_bias: vec![(3, bias), (1000, bias)],
            ..plain()
        }).unwrap();
        sampler.sample(&mut logits, &history);
        prop_assert_eq!(logits, expected);
    }

    #[test]
    fn any_logits_and_parameters_are_survived(
        mut logits in prop::collection::vec(any::<f32>(), 0..100),
        temperature in prop_oneof![Just(0.0f32), Just(f32::MIN_POSITIVE), Just(f32::MAX), 0.0f32..3.0],
        top_k: u32, top_p in 0.0f32..=1.0, min_p in 0.0f32..=1.0,
        repeat_penalty in prop_oneof![Just(f32::MIN_POSITIVE), Just(f32::MAX), 0.5f32..2.0],
        presence_penalty in prop_oneof![Just(f32::MIN), Just(f32::MAX), -2.0f32..2.0],
        bias in prop_oneof![Just(f32::INFINITY), Just(f32::NEG_INFINITY), -100.0f32..100.0],
        history in prop::collection::vec(any::<u32>(), 0..20),
        seed: u64,
    ) {
        let mut sampler = Sampler::new(Sampling {
            temperature, top_k, top_p, min_p, repeat_penalty, presence_penalty, seed,
            logit_bias: vec![(0, bias), (7, bias)],
            ..Sampling::default()
        }).unwrap();
        let token = sampler.sample(&mut logits, &history) as usize;
        prop_assert!(token == 0 || logits[token] > f32::NEG_INFINITY);
    }

    #[test]
    fn a_seed_repeats_its_sequence(logits in logits(), seed: u64) {
        let draw = || {
            let mut sampler = Sampler::new(Sampling { seed, ..plain() }).unwrap();
            (0..20).map(|_| sampler.sample(&mut logits.clone(), &[])).collect::<Vec<_>>()
        };
        prop_assert_eq!(draw(), draw());
    }
}

#[test]
fn temperature_zero_takes_the_lowest_of_the_most_likely() {
    let mut sampler = Sampler::new(Sampling {
        temperature: 0.0,
        ..plain()
    })
    .unwrap();
    assert_eq!(sampler.sample(&mut [1.0, f32::NAN, 3.0, 2.0, 3.0], &[]), 2);
    assert_eq!(
        sampler.sample(&mut [f32::NAN, f32::NEG_INFINITY, -7.0], &[]),
        2
    );
    assert_eq!(sampler.sample(&mut [-0.0, 0.0], &[]), 0);
    assert_eq!(sampler.sample(&mut [f32::NAN; 3], &[]), 0);
    assert_eq!(sampler.sample(&mut [], &[]), 0);
}

#[test]
fn infinite_bias_forces_and_bans() {
    let with_bias = |logit_bias| {
        Sampler::new(Sampling {
            logit_bias,
            ..plain()
        })
        .unwrap()
    };
    let mut banned = with_bias(vec![(1, f32::NEG_INFINITY)]);
    let mut forced = with_bias(vec![(2, f32::INFINITY)]);
    for _ in 0..200 {
        assert_ne!(banned.sample(&mut [0.0, 9.0, 0.0], &[]), 1);
        assert_eq!(forced.sample(&mut [0.0, 9.0, 0.0], &[]), 2);
    }
}

/// Pearson's statistic of `draws` draws over four tokens; above 16.27 once in a thousand seeds.
fn chi_square(sampling: Sampling, logits: [f32; 4], expected: [f64; 4]) -> f64 {
    let draws = 40_000;
    let mut sampler = Sampler::new(sampling).unwrap();
    let mut seen = [0u32; 4];
    for _ in 0..draws {
        seen[sampler.sample(&mut logits.clone(), &[]) as usize] += 1;
    }
    let expected = expected.map(|probability| probability * f64::from(draws));
    seen.iter()
        .zip(expected)
        .map(|(seen, expected)| (f64::from(*seen) - expected).powi(2) / expected)
        .sum()
}

#[test]
fn draws_follow_the_softmax() {
    let logits = [0.1f32, 0.2, 0.3, 0.4].map(libm::logf);
    assert!(chi_square(plain(), logits, [0.1, 0.2, 0.3, 0.4]) < 16.27);
    // At temperature 0.5 the probabilities are squared.
    let cold = Sampling {
        temperature: 0.5,
        ..plain()
    };
    assert!(
        chi_square(
            cold,
            logits,
            [1.0 / 30.0, 4.0 / 30.0, 9.0 / 30.0, 16.0 / 30.0]
        ) < 16.27
    );
    // The test itself can tell the two apart.
    assert!(chi_square(plain(), logits, [0.25; 4]) > 1000.0);
}

#[test]
fn what_the_filters_drop_is_never_drawn_and_the_rest_keeps_its_proportions() {
    let logits = [0.1f32, 0.2, 0.3, 0.4].map(libm::logf);
    for sampling in [
        Sampling {
            top_k: 2,
            ..plain()
        },
        Sampling {
            top_p: 0.65,
            ..plain()
        },
        Sampling {
            min_p: 0.7,
            ..plain()
        },
    ] {
        let mut sampler = Sampler::new(sampling).unwrap();
        let ones = (0..40_000).filter(|_| match sampler.sample(&mut logits.clone(), &[]) {
            2 => true,
            3 => false,
            other => panic!("token {other} was dropped"),
        });
        let share = ones.count() as f64 / 40_000.0;
        assert!((share - 3.0 / 7.0).abs() < 0.01, "{share}");
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let name = |sampling| match Sampler::new(sampling) {
        Err(EngineError::Sampling { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        name(Sampling {
            temperature: -1.0,
            ..plain()
        }),
        "temperature"
    );
    assert_eq!(
        name(Sampling {
            temperature: f32::INFINITY,
            ..plain()
        }),
        "temperature"
    );
    assert_eq!(
        name(Sampling {
            top_p: f32::NAN,
            ..plain()
        }),
        "top_p"
    );
    assert_eq!(
        name(Sampling {
            min_p: 1.5,
            ..plain()
        }),
        "min_p"
    );
    assert_eq!(
        name(Sampling {
            repeat_penalty: 0.0,
            ..plain()
        }),
        "repeat_penalty"
    );
    assert_eq!(
        name(Sampling {
            frequency_penalty: f32::NAN,
            ..plain()
        }),
        "frequency_penalty"
    );
    assert_eq!(
        name(Sampling {
            presence_penalty: f32::INFINITY,
            ..plain()
        }),
        "presence_penalty"
    );
    assert_eq!(
        name(Sampling {
            logit_bias: vec![(0, f32::NAN)],
            ..plain()
        }),
        "logit_bias"
    );
}

/// First outputs of the published reference code.
#[test]
fn random_numbers_are_those_of_the_reference() {
    let mut rng = Xoshiro256([1, 2, 3, 4]);
    assert_eq!(
        [rng.next(), rng.next(), rng.next(), rng.next()],
        [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386
        ]
    );
    let Xoshiro256(state) = Xoshiro256::seeded(0);
    assert_eq!(
        state,
        [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
            0xf88b_b8a8_724c_81ec
        ]
    );
}

/// The same numbers on every host that runs this test.
#[test]
fn a_seeded_sequence_is_pinned() {
    let logits: Vec<f32> = (0..1000u32)
        .map(|id| (id.wrapping_mul(2_654_435_761) >> 20) as f32 / 400.0)
        .collect();
    let mut sampler = Sampler::new(Sampling {
        temperature: 0.8,
        seed: 42,
        ..Sampling::default()
    })
    .unwrap();
    let drawn: Vec<TokenId> = (0..8)
        .map(|_| sampler.sample(&mut logits.clone(), &[]))
        .collect();
    assert_eq!(drawn, [809, 343, 987, 720, 809, 597, 131, 631]);
}
