//! The f32 operations between the matrix products.
//!
//! Only `+ - * /`, `sqrt` and rounding are used, in a fixed order, so that every engine and every
//! target computes the same bits. Reductions run in eight lanes, which compilers turn into vectors.

const LANES: usize = 8;

/// Added to a number below 2^22 it rounds to an integer, ties to even, which is left in the low bits. No
/// conversion, so that compilers make vectors of it.
const ROUND: f32 = 12_582_912.0;

fn sum_lanes(lanes: [f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Dot product; the tail beyond a multiple of eight is added last.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_tail) = a.as_chunks::<LANES>();
    let (b, b_tail) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            lanes[i] += a[i] * b[i];
        }
    }
    a_tail
        .iter()
        .zip(b_tail)
        .fold(sum_lanes(lanes), |sum, (a, b)| sum + a * b)
}

/// `out += scale * x`.
pub(crate) fn add_scaled(out: &mut [f32], x: &[f32], scale: f32) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += scale * x;
    }
}

/// `out = x / sqrt(mean(x^2) + epsilon) * weight` for each row of `weight.len()` values.
pub(crate) fn rms_norm(out: &mut [f32], x: &[f32], weight: &[f32], epsilon: f32) {
    let width = weight.len();
    for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
        let scale = 1.0 / (dot(x, x) / width as f32 + epsilon).sqrt();
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }
}

/// `exp(x)` to about 1 unit in the last place: `2^n * p(r)`, `x = n ln 2 + r`, `|r| <= ln 2 / 2`.
/// Below the range of normal numbers the result is 0, above it is the largest power that fits.
///
/// Without a branch, a conversion or a call, so that compilers make vectors of it.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let clamped = if x < 88.0 { x } else { 88.0 };
    let clamped = if clamped > -87.0 { clamped } else { -87.0 };
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts; the product with the first one is exact.
    let r = clamped - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let exponent = rounded.to_bits().wrapping_sub(ROUND.to_bits());
    let power = f32::from_bits(exponent.wrapping_add(127) << 23);
    let smallest = if x < -87.0 { 0.0 } else { 1.0 };
    p * power * smallest
}

/// Nearest integer, ties to even. The caller sees to the range; what is no number becomes some integer.
#[inline(always)]
pub(crate) fn rounded(x: f32) -> i16 {
    (x + ROUND).to_bits() as i16
}

/// Largest magnitude.
pub(crate) fn largest(x: &[f32]) -> f32 {
    let larger = |max: f32, x: f32| if x > max { x } else { max };
    let mut lanes = [0.0; LANES];
    let (chunks, tail) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, x.abs());
        }
    }
    lanes
        .iter()
        .chain(tail)
        .fold(0.0, |max, x| larger(max, x.abs()))
}

fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, tail) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    let larger = |max, x: &f32| if *x > max { *x } else { max };
    lanes.iter().chain(tail).fold(f32::NEG_INFINITY, larger)
}

/// `ln(sum(exp(x)))`: a logit less this is the logarithm of its probability.
pub(crate) fn log_sum_exp(x: &[f32]) -> f32 {
    let max = max(x);
    // f64, since a vocabulary has 150,000 tokens.
    let mut lanes = [0.0f64; LANES];
    let (chunks, tail) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(exp(*x - max));
        }
    }
    let rest = tail.iter().map(|x| f64::from(exp(*x - max)));
    max + libm::log(lanes.into_iter().chain(rest).sum()) as f32
}

/// Turns scores into probabilities.
pub(crate) fn softmax(x: &mut [f32]) {
    let max = max(x);
    for x in &mut *x {
        *x = exp(*x - max);
    }
    let mut lanes = [0.0; LANES];
    let (chunks, tail) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    let inverse = 1.0 / tail.iter().fold(sum_lanes(lanes), |sum, x| sum + x);
    for x in x {
        *x *= inverse;
    }
}

/// `gate = silu(gate) * up`, `silu(x) = x / (1 + exp(-x))`.
pub(crate) fn silu_mul(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_the_true_one() {
        let mut worst = 0.0f64;
        for i in -870_000..880_000 {
            let x = i as f32 / 1e4;
            let want = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - want).abs() / want);
        }
        assert!(worst < 2.5e-7, "relative error {worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::INFINITY).is_finite());
    }

    #[test]
    fn softmax_sums_to_one() {
        for len in [1, 7, 8, 9, 100] {
            let mut x: Vec<f32> = (0..len).map(|i| (i * 37 % 11) as f32 - 300.0).collect();
            softmax(&mut x);
            assert!((x.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn log_sum_exp_makes_probabilities_of_logits() {
        for len in [1, 7, 8, 9, 1000] {
            let x: Vec<f32> = (0..len).map(|i| (i * 37 % 11) as f32 - 30.0).collect();
            let total = log_sum_exp(&x);
            let sum: f64 = x.iter().map(|x| f64::from(x - total).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{len}: {sum}");
        }
    }

    #[test]
    fn dot_covers_the_tail() {
        let a: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(dot(&a, &a), (0..19).map(|i| (i * i) as f32).sum::<f32>());
    }
}
