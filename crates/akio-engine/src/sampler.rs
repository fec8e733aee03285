//! Chooses the next token from the logits.
//!
//! In this order, which is llama.cpp's:
//!
//! 1. `logit_bias` is added.
//! 2. Repetition, frequency and presence penalties over the last `repeat_last_n` tokens.
//! 3. Temperature 0 ends here: the largest logit wins, ties go to the lowest id.
//! 4. `top_k`, then `top_p`, then `min_p` drop the unlikely.
//! 5. The rest is drawn from with `softmax(logits / temperature)`.
//!
//! Tokens are ranked by falling logit, then by rising id. Every filter keeps a prefix of that ranking,
//! so it is found by selection and the vocabulary is never sorted. Probabilities are 40-bit fixed-point
//! integers, whose sums do not depend on their order, and `exp` is `libm`'s: the same logits and seed
//! give the same token on every host.

use std::cmp::Ordering;

use crate::{EngineError, TokenId};

/// How tokens are chosen. Every filter can be switched off on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 always takes the most likely token.
    pub temperature: f32,
    /// Keeps the `top_k` most likely tokens; 0 keeps all.
    pub top_k: u32,
    /// Keeps the fewest most likely tokens that reach this probability together; 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens at least this likely relative to the most likely one; 0 keeps all.
    pub min_p: f32,
    /// Positive logits of recent tokens are divided by it, others multiplied; 1 is off.
    pub repeat_penalty: f32,
    /// How many of the latest tokens, prompt included, count as recent.
    pub repeat_last_n: usize,
    /// Subtracted from a recent token's logit once per occurrence; 0 is off.
    pub frequency_penalty: f32,
    /// Subtracted from a recent token's logit once; 0 is off.
    pub presence_penalty: f32,
    /// Added to the logits of these tokens; negative infinity bans one.
    pub logit_bias: Vec<(TokenId, f32)>,
    /// Where the random numbers start.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.2,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            repeat_last_n: 64,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            logit_bias: Vec::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    fn check(&self) -> Result<(), EngineError> {
        let checks = [
            (
                "temperature",
                self.temperature.is_finite() && self.temperature >= 0.0,
                "0 or a positive number",
            ),
            (
                "top_p",
                (0.0..=1.0).contains(&self.top_p),
                "between 0 and 1",
            ),
            (
                "min_p",
                (0.0..=1.0).contains(&self.min_p),
                "between 0 and 1",
            ),
            (
                "repeat_penalty",
                self.repeat_penalty.is_finite() && self.repeat_penalty > 0.0,
                "a positive number",
            ),
            (
                "frequency_penalty",
                self.frequency_penalty.is_finite(),
                "a finite number",
            ),
            (
                "presence_penalty",
                self.presence_penalty.is_finite(),
                "a finite number",
            ),
            (
                "logit_bias",
                !self.logit_bias.iter().any(|(_, bias)| bias.is_nan()),
                "a number per token",
            ),
        ];
        match checks.into_iter().find(|(_, ok, _)| !ok) {
            Some((name, _, need)) => Err(EngineError::Sampling { name, need }),
            None => Ok(()),
        }
    }
}

/// Chooses tokens one after the other; owns the random state of one answer.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    rng: Xoshiro256,
    candidates: Vec<Candidate>,
    recent: Vec<TokenId>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    id: TokenId,
    logit: f32,
    /// Fixed-point probability relative to the most likely token.
    weight: u64,
}

impl Sampler {
    /// A sampler at the beginning of its random sequence.
    ///
    /// # Errors
    /// [`EngineError::Sampling`] names the first parameter that is out of range.
    pub fn new(sampling: Sampling) -> Result<Self, EngineError> {
        sampling.check()?;
        let rng = Xoshiro256::seeded(sampling.seed);
        Ok(Self {
            sampling,
            rng,
            candidates: Vec::new(),
            recent: Vec::new(),
        })
    }

    /// The next token, given the logits `(vocab_size,)`, which bias and penalties change in place, and
    /// all tokens so far. Logits that are not a number are never chosen; if nothing can be chosen, the
    /// token is 0.
    pub fn sample(&mut self, logits: &mut [f32], history: &[TokenId]) -> TokenId {
        self.add_bias(logits);
        self.add_penalties(logits, history);
        let best = most_likely(logits);
        if self.sampling.temperature == 0.0 || best.logit == f32::NEG_INFINITY {
            return best.id;
        }
        let last = self.last_kept(logits, best.logit);
        let floor = match self.sampling.min_p {
            0.0 => f32::NEG_INFINITY,
            min_p => best.logit + libm::logf(min_p),
        };
        self.draw(logits, best.logit, |candidate| {
            candidate.logit >= floor && last.is_none_or(|last| rank(candidate, &last).is_le())
        })
    }

    fn add_bias(&self, logits: &mut [f32]) {
        for (id, bias) in &self.sampling.logit_bias {
            if let Some(logit) = logits.get_mut(*id as usize) {
                *logit += bias;
            }
        }
    }

    fn add_penalties(&mut self, logits: &mut [f32], history: &[TokenId]) {
        let Sampling {
            repeat_penalty,
            repeat_last_n,
            frequency_penalty,
            presence_penalty,
            ..
        } = self.sampling;
        if repeat_penalty == 1.0 && frequency_penalty == 0.0 && presence_penalty == 0.0 {
            return;
        }
        self.recent.clear();
        self.recent.extend(history.iter().rev().take(repeat_last_n));
        self.recent.sort_unstable();
        for same in self.recent.chunk_by(|a, b| a == b) {
            let Some(logit) = same.first().and_then(|id| logits.get_mut(*id as usize)) else {
                continue;
            };
            if *logit > 0.0 {
                *logit /= repeat_penalty;
            } else {
                *logit *= repeat_penalty;
            }
            *logit -= same.len() as f32 * frequency_penalty + presence_penalty;
        }
    }

    /// The last of the ranking that passes `top_k` and `top_p`; `None` if all do.
    fn last_kept(&mut self, logits: &[f32], best: f32) -> Option<Candidate> {
        let top_k = self.sampling.top_k as usize;
        let top_k = if top_k == 0 {
            logits.len()
        } else {
            top_k.min(logits.len())
        };
        let top_p = self.sampling.top_p;
        if top_k == logits.len() && top_p == 1.0 {
            return None;
        }
        collect_top(&mut self.candidates, logits, top_k);
        if top_p < 1.0 {
            let mut mass = 0;
            for candidate in &mut self.candidates {
                candidate.weight = weight(candidate.logit, best, 1.0);
                mass += candidate.weight;
            }
            let target = (f64::from(top_p) * mass as f64).ceil() as u64;
            keep_mass(&mut self.candidates, target);
        }
        self.candidates.iter().copied().max_by(rank)
    }

    /// Draws from the tokens that `keep` lets through, at the temperature.
    fn draw(&mut self, logits: &[f32], best: f32, keep: impl Fn(&Candidate) -> bool) -> TokenId {
        let temperature = self.sampling.temperature;
        let mut mass = 0;
        self.candidates.clear();
        // In the order of the ids, so that the draw does not depend on how selection left them.
        self.candidates
            .extend(
                candidates(logits)
                    .filter(|candidate| keep(candidate))
                    .map(|candidate| {
                        let weight = weight(candidate.logit, best, temperature);
                        mass += weight;
                        Candidate {
                            weight,
                            ..candidate
                        }
                    }),
            );
        let mut left = self.rng.below(mass);
        for candidate in &self.candidates {
            match left.checked_sub(candidate.weight) {
                Some(rest) => left = rest,
                None => return candidate.id,
            }
        }
        0
    }
}

/// The ranking: falling logit, then rising id. Logits are numbers here.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit
        .partial_cmp(&a.logit)
        .unwrap_or(Ordering::Equal)
        .then(a.id.cmp(&b.id))
}

/// Every token that can be chosen.
fn candidates(logits: &[f32]) -> impl Iterator<Item = Candidate> {
    (0..)
        .zip(logits)
        .filter(|(_, logit)| **logit > f32::NEG_INFINITY)
        .map(|(id, logit)| Candidate {
            id,
            logit: *logit,
            weight: 0,
        })
}

fn most_likely(logits: &[f32]) -> Candidate {
    let none = Candidate {
        id: 0,
        logit: f32::NEG_INFINITY,
        weight: 0,
    };
    candidates(logits).fold(
        none,
        |best, next| if next.logit > best.logit { next } else { best },
    )
}

/// Probability relative to the most likely token, in units of 2^-40: the masses of 2^24 tokens can be
/// added without overflow.
fn weight(logit: f32, best: f32, temperature: f32) -> u64 {
    const ONE: f32 = (1u64 << 40) as f32;
    if logit == best {
        // Also where both are infinite and the difference is not a number.
        return ONE as u64;
    }
    (libm::expf((logit - best) / temperature) * ONE) as u64
}

/// Fills `top` with the first `k` of the ranking, in any order. `k` is at least 1.
fn collect_top(top: &mut Vec<Candidate>, logits: &[f32], k: usize) {
    top.clear();
    let mut floor = f32::NEG_INFINITY;
    for candidate in candidates(logits) {
        if candidate.logit > floor {
            top.push(candidate);
            if top.len() >= 2 * k {
                floor = keep_first(top, k);
            }
        }
    }
    keep_first(top, k);
}

/// Keeps the first `k` of the ranking and returns the logit that a token with a higher id must exceed
/// to be among them.
fn keep_first(top: &mut Vec<Candidate>, k: usize) -> f32 {
    if k == 0 || top.len() < k {
        return f32::NEG_INFINITY;
    }
    let (_, last, _) = top.select_nth_unstable_by(k - 1, rank);
    let floor = last.logit;
    top.truncate(k);
    floor
}

/// Keeps the fewest first of the ranking whose weights reach `target`, and at least one.
fn keep_mass(top: &mut Vec<Candidate>, target: u64) {
    // The weights before `low` do not reach the target, those before `high` do or are all there are.
    let (mut low, mut high, mut mass) = (0, top.len(), 0);
    while high - low > 1 {
        let half = (high - low) / 2;
        let (before, ..) = top[low..high].select_nth_unstable_by(half, rank);
        let more: u64 = before.iter().map(|candidate| candidate.weight).sum();
        if mass + more >= target {
            high = low + half;
        } else {
            mass += more;
            low += half;
        }
    }
    top.truncate(high);
}

/// xoshiro256++ by Blackman and Vigna, seeded by splitmix64.
#[derive(Clone, Debug)]
struct Xoshiro256([u64; 4]);

impl Xoshiro256 {
    fn seeded(mut seed: u64) -> Self {
        Self(std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }))
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let out = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }

    /// A number from 0 to `bound - 1`; uneven by at most `bound` in 2^64.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests;
