//! Ridge regression over the likeness of examples: few of them are enough, and it is trained in an instant.

/// What is added to the likeness of each example with itself. Less follows the examples more closely.
const RIDGE: f64 = 0.3;

/// Weights of the examples for each label: `(labels, examples)`.
///
/// `likeness` is symmetric, `(examples, examples)`; `labels` says which label each example has.
pub(super) fn fit(likeness: &[Vec<f64>], labels: &[usize], count: usize) -> Vec<Vec<f64>> {
    let lower = cholesky(likeness, &ridges(labels, count));
    (0..count)
        .map(|label| {
            let share = labels.iter().filter(|other| **other == label).count() as f64;
            let mean = share / labels.len().max(1) as f64;
            let target = labels
                .iter()
                .map(|other| f64::from(u8::from(*other == label)) - mean)
                .collect();
            solve(&lower, target)
        })
        .collect()
}

/// The ridge of each example: less where a label has few of them, so that each of those counts more.
fn ridges(labels: &[usize], count: usize) -> Vec<f64> {
    let average = labels.len() as f64 / count.max(1) as f64;
    labels
        .iter()
        .map(|label| {
            let own = labels.iter().filter(|other| *other == label).count() as f64;
            RIDGE * (own / average).sqrt()
        })
        .collect()
}

/// The lower triangle whose product with its transpose is the likeness with the ridges.
fn cholesky(likeness: &[Vec<f64>], ridges: &[f64]) -> Vec<Vec<f64>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(likeness.len());
    for ((at, row), ridge) in likeness.iter().enumerate().zip(ridges) {
        let mut new = Vec::with_capacity(at + 1);
        for (before, value) in lower.iter().zip(row) {
            let known = dot(&new, before);
            let diagonal = before.last().copied().unwrap_or(1.0);
            new.push((value - known) / diagonal);
        }
        let own = row.get(at).copied().unwrap_or(0.0) + ridge;
        new.push((own - dot(&new, &new)).max(f64::EPSILON).sqrt());
        lower.push(new);
    }
    lower
}

/// Solves for a target, forwards and back.
fn solve(lower: &[Vec<f64>], target: Vec<f64>) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(target.len());
    for (row, value) in lower.iter().zip(target) {
        let diagonal = row.last().copied().unwrap_or(1.0);
        found.push((value - dot(row, &found)) / diagonal);
    }
    for (at, row) in lower.iter().enumerate().rev() {
        let (before, rest) = found.split_at_mut(at);
        let (Some(value), Some(diagonal)) = (rest.first_mut(), row.last()) else {
            continue;
        };
        *value /= diagonal;
        for (earlier, factor) in before.iter_mut().zip(row) {
            *earlier -= factor * *value;
        }
    }
    found
}

/// The sum of products, as far as both go.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_solve_the_equations() {
        let likeness = vec![
            vec![1.0, 0.5, 0.1],
            vec![0.5, 1.0, 0.2],
            vec![0.1, 0.2, 1.0],
        ];
        let weights = fit(&likeness, &[0, 0, 1], 2);
        for (label, weights) in weights.iter().enumerate() {
            let targets = [
                [1.0 / 3.0, 1.0 / 3.0, -2.0 / 3.0],
                [-1.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0],
            ];
            for (at, row) in likeness.iter().enumerate() {
                let value = dot(row, weights) + ridges(&[0, 0, 1], 2)[at] * weights[at];
                assert!((value - targets[label][at]).abs() < 1e-12);
            }
        }
    }
}
