//! How near one model's predictions are to another's.

/// Sums over the positions compared so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agreement {
    positions: usize,
    divergence: f64,
    worst: f64,
    same_top: usize,
    surprise: f64,
    reference_surprise: f64,
}

impl Agreement {
    /// Compares the logits of one position; `next` is the token that really follows.
    pub fn add(&mut self, reference: &[f32], logits: &[f32], next: u32) {
        let (p, q) = (LogSoftmax::new(reference), LogSoftmax::new(logits));
        let divergence: f64 = reference
            .iter()
            .zip(logits)
            .map(|(a, b)| {
                let (log_p, log_q) = (p.of(*a), q.of(*b));
                log_p.exp() * (log_p - log_q)
            })
            .sum();
        self.positions += 1;
        self.divergence += divergence;
        self.worst = self.worst.max(divergence);
        self.same_top += usize::from(top(reference) == top(logits));
        self.surprise -= q.of(logits[next as usize]);
        self.reference_surprise -= p.of(reference[next as usize]);
    }

    /// Positions compared.
    pub fn positions(&self) -> usize {
        self.positions
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.positions as f64
    }

    /// Mean Kullback-Leibler divergence from the reference, in nats.
    pub fn mean_divergence(&self) -> f64 {
        self.mean(self.divergence)
    }

    /// The largest divergence at one position, in nats.
    pub fn worst_divergence(&self) -> f64 {
        self.worst
    }

    /// Part of the positions at which both find the same token most probable.
    pub fn same_top(&self) -> f64 {
        self.mean(self.same_top as f64)
    }

    /// Perplexity of the text.
    pub fn perplexity(&self) -> f64 {
        self.mean(self.surprise).exp()
    }

    /// Perplexity of the text for the reference.
    pub fn reference_perplexity(&self) -> f64 {
        self.mean(self.reference_surprise).exp()
    }
}

struct LogSoftmax {
    max: f64,
    log_sum: f64,
}

impl LogSoftmax {
    fn new(logits: &[f32]) -> Self {
        let max = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = logits.iter().map(|x| (f64::from(*x) - max).exp()).sum();
        Self {
            max,
            log_sum: sum.ln(),
        }
    }

    fn of(&self, logit: f32) -> f64 {
        f64::from(logit) - self.max - self.log_sum
    }
}

/// Index of the largest logit.
pub fn top(logits: &[f32]) -> usize {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_of_known_distributions() {
        let mut same = Agreement::default();
        same.add(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0], 2);
        assert!(same.mean_divergence().abs() < 1e-12);
        assert_eq!(same.same_top(), 1.0);

        // Even odds against three to one: ½ ln(½ / ¾) + ½ ln(½ / ¼) = ½ ln(4 / 3).
        let mut other = Agreement::default();
        other.add(&[0.0, 0.0], &[3f32.ln(), 0.0], 1);
        assert!((other.mean_divergence() - (4f64 / 3.0).ln() / 2.0).abs() < 1e-7);
        assert!((other.perplexity() - 4.0).abs() < 1e-6);
        assert!((other.reference_perplexity() - 2.0).abs() < 1e-12);
    }
}
