//! Every variant against the scalar one, and the scalar one against arithmetic in f64.

use std::{vec, vec::Vec};

use proptest::prelude::*;

use crate::{
    Activations, BLOCK, Forms, Matrix, Precision, STRIP, TileKind, Variant,
    activations::{self, Block, Bytes, Vectors, Words},
    attention::{self, KEY_MAX, Keys, LANES, Pair, VALUE_MAX, Values, WEIGHT_MAX, query_max},
    dequantize_row, f16_to_f32, matmul_with,
};

const KINDS: [TileKind; 6] = [
    TileKind::Q4,
    TileKind::Q5,
    TileKind::Q8,
    TileKind::Q4K,
    TileKind::Q5K,
    TileKind::Q6K,
];

/// xorshift64*, so that the same bytes are made on every target.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 56) as u8).collect()
    }

    /// Uniform in -1..1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Random weights with scales of a sane size: f16 scales have their exponent limited.
fn tiles(kind: TileKind, rows: usize, cols: usize, fill: Option<u8>, noise: &mut Noise) -> Vec<u8> {
    let mut data = noise.bytes(kind.tensor_bytes(rows, cols).unwrap());
    let scales = match kind {
        TileKind::Q8 | TileKind::Q6K => 4,
        _ => 8,
    };
    for tile in data.chunks_exact_mut(kind.block_bytes()) {
        if let Some(fill) = fill {
            tile[2 * scales..].fill(fill);
        }
        for scale in tile[..2 * scales].as_chunks_mut::<2>().0 {
            scale[1] = scale[1] & 0x83 | 0x20;
        }
    }
    data
}

fn run(variant: Variant, w: &Matrix<'_>, x: &Activations) -> Vec<f32> {
    // Filled with NaN: an output that is not written shows.
    let mut out = vec![f32::NAN; x.n() * w.rows()];
    matmul_with(variant, w, x, &mut out);
    out
}

/// In every form that a variant may want.
fn quantize(x: &[f32], k: usize, precision: Precision) -> Activations {
    let forms = Forms {
        bytes: precision == Precision::Bits8,
        words: true,
    };
    let mut activations = Activations::new();
    activations.quantize(x, k, precision, forms);
    activations
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn check(
    kind: TileKind,
    rows: usize,
    cols: usize,
    n: usize,
    fill: Option<u8>,
    x: &[f32],
    noise: &mut Noise,
) {
    let data = tiles(kind, rows, cols, fill, noise);
    let w = Matrix::new(kind, rows, cols, &data).unwrap();
    for precision in [Precision::Bits8, Precision::Bits12] {
        check_precision(&w, n, x, precision);
    }
}

fn check_precision(w: &Matrix<'_>, n: usize, x: &[f32], precision: Precision) {
    let (kind, rows, cols) = (w.kind(), w.rows(), w.cols());
    let activations = quantize(x, cols, precision);
    let want = run(Variant::Scalar, w, &activations);
    for &variant in Variant::AVAILABLE {
        let got = run(variant, w, &activations);
        assert_eq!(
            bits(&got),
            bits(&want),
            "{} {kind:?} {rows}x{cols} n={n} {precision:?}",
            variant.name()
        );
    }
    // One token at a time gives the bits of the panel: chunking never changes a result.
    for (token, want) in want.chunks_exact(rows).enumerate() {
        let one = quantize(&x[token * cols..(token + 1) * cols], cols, precision);
        assert_eq!(bits(&run(Variant::BEST, w, &one)), bits(want));
        let mut least = Activations::new();
        let x = &x[token * cols..(token + 1) * cols];
        least.quantize(x, cols, precision, w.forms(precision));
        assert_eq!(bits(&run(Variant::BEST, w, &least)), bits(want));
    }
    // The quantised product against f64 over the dequantised operands.
    let mut row = vec![0.0; cols];
    for r in 0..rows {
        dequantize_row(w, r, &mut row);
        for t in 0..n {
            let (mut sum, mut size) = (0.0, 1e-30);
            for block in 0..cols / BLOCK {
                let of_block: &Block<Words> = activations.block(t, block);
                for k in 0..BLOCK {
                    let product = f64::from(row[block * BLOCK + k])
                        * f64::from(of_block.q.q(k))
                        * f64::from(of_block.d[0]);
                    sum += product;
                    size += product.abs();
                }
            }
            let got = f64::from(want[t * rows + r]);
            // Asymmetric types subtract two large sums, hence relative to the sizes added.
            assert!(
                (got - sum).abs() <= 1e-4 * size.max(sum.abs()),
                "{kind:?} {got} {sum}"
            );
        }
    }
}

#[test]
fn variants_equal_scalar_on_odd_shapes() {
    let mut noise = Noise(7);
    for kind in KINDS {
        for rows in [1, 3, 4, 5, 17, 70] {
            for blocks in [1, 2, 5] {
                for n in [1, 2, 4, 32, 35] {
                    let cols = kind.block_cols() * blocks;
                    let x: Vec<f32> = (0..n * cols).map(|_| noise.unit() * 3.0).collect();
                    check(kind, rows, cols, n, None, &x, &mut noise);
                }
            }
        }
    }
}

#[test]
fn variants_equal_scalar_at_extremes() {
    let mut noise = Noise(8);
    for kind in KINDS {
        let cols = kind.block_cols() * 2;
        for fill in [0x00, 0xff, 0x80, 0x7f] {
            for value in [0.0, 1.0, -1.0, f32::MAX / 1e6, 1e-30] {
                let x: Vec<f32> = (0..5 * cols)
                    .map(|i| if i % 2 == 0 { value } else { -value })
                    .collect();
                check(kind, 6, cols, 5, Some(fill), &x, &mut noise);
                check(
                    kind,
                    6,
                    cols,
                    5,
                    Some(fill),
                    &vec![value; 5 * cols],
                    &mut noise,
                );
            }
        }
    }
}

/// Three heads over `positions`, every number made by `value` from its largest magnitude.
fn check_attention(dim: usize, positions: usize, mut value: impl FnMut(i16) -> i16) {
    let mut pair = |max| [value(max), value(max)];
    let queries: Vec<[Pair; 3]> = (0..dim / 2)
        .map(|_| [(); 3].map(|()| [pair(query_max(dim)); 4]))
        .collect();
    let keys: Vec<Keys> = (0..positions / LANES * dim / 2)
        .map(|_| [(); LANES].map(|()| pair(KEY_MAX)))
        .collect();
    let weights: Vec<[Pair; 3]> = (0..positions / 2)
        .map(|_| [(); 3].map(|()| [pair(WEIGHT_MAX).map(|weight| weight.saturating_abs()); 4]))
        .collect();
    let values: Vec<Values> = (0..positions / 2)
        .map(|_| [(); LANES].map(|()| pair(VALUE_MAX.into()).map(|value| value as i8)))
        .collect();

    let product = |a: [i16; 2], b: [i16; 2]| -> i64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| i64::from(*a) * i64::from(b))
            .sum()
    };
    for &variant in Variant::AVAILABLE {
        let mut scores = vec![f32::NAN; 3 * positions];
        attention::scores(variant, &queries, &keys, &mut scores);
        let outputs = attention::outputs(variant, &weights, &values);
        for h in 0..3 {
            for (pos, score) in scores[h * positions..][..positions].iter().enumerate() {
                let keys = keys[pos / LANES * dim / 2..]
                    .iter()
                    .map(|keys| keys[pos % LANES]);
                let want: i64 = queries
                    .iter()
                    .zip(keys)
                    .map(|(q, k)| product(q[h][0], k))
                    .sum();
                assert_eq!(*score, want as f32, "{} {dim} {pos}", variant.name());
            }
            for (lane, output) in outputs[h].iter().enumerate() {
                let values = values.iter().map(|values| values[lane].map(i16::from));
                let products: Vec<i64> = weights
                    .iter()
                    .zip(values)
                    .map(|(w, v)| product(w[h][0], v))
                    .collect();
                let want: i64 = products.iter().sum();
                let size: i64 = products.iter().map(|product| product.abs()).sum();
                // Sums over more than one span are rounded once for each.
                let near = (f64::from(*output) - want as f64).abs() <= 1e-6 * size as f64;
                assert!(near, "{} {output} {want}", variant.name());
            }
        }
        let mut specified = vec![f32::NAN; 3 * positions];
        attention::scores(Variant::Scalar, &queries, &keys, &mut specified);
        assert_eq!(bits(&scores), bits(&specified));
        let specified = attention::outputs(Variant::Scalar, &weights, &values);
        assert_eq!(bits(outputs.as_flattened()), bits(specified.as_flattened()));
    }
}

#[test]
fn attention_is_exact_at_extremes() {
    for dim in [2, 64, 128, 256] {
        check_attention(dim, 1200, |max| max);
        check_attention(dim, 8, |max| -max);
    }
}

#[test]
fn the_build_has_the_variant_it_claims() {
    if cfg!(all(target_arch = "wasm32", feature = "relaxed")) {
        assert_eq!(Variant::BEST.name(), "relaxed");
    } else if cfg!(target_feature = "simd128") {
        assert_eq!(Variant::BEST.name(), "simd128");
    } else {
        assert_eq!(Variant::BEST, Variant::Scalar);
    }
}

#[test]
fn f16_is_exact_for_every_finite_value() {
    for bits in 0..=u16::MAX {
        let want = half::f16::from_bits(bits);
        if want.is_finite() {
            assert_eq!(
                f16_to_f32(bits).to_bits(),
                want.to_f32().to_bits(),
                "{bits:#06x}"
            );
        }
    }
}

#[test]
fn a_matrix_of_another_length_is_refused() {
    for kind in KINDS {
        let cols = kind.block_cols();
        let data = vec![0; kind.tensor_bytes(STRIP, cols).unwrap()];
        assert!(Matrix::new(kind, STRIP, cols, &data).is_some());
        assert!(Matrix::new(kind, STRIP, cols, &data[1..]).is_none());
        assert!(Matrix::new(kind, STRIP + 1, cols, &data).is_none());
        assert!(Matrix::new(kind, STRIP, cols + 1, &data).is_none());
        assert!(Matrix::new(kind, 0, cols, &[]).is_none());
    }
    assert!(Matrix::new(TileKind::F32, 1, 4, &[0; 16]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn variants_equal_scalar(seed in 1u64.., kind in 0usize..6, rows in 1usize..20, blocks in 1usize..4, n in 1usize..40) {
        let mut noise = Noise(seed);
        let cols = KINDS[kind].block_cols() * blocks;
        let x: Vec<f32> = (0..n * cols).map(|_| noise.unit() * 100.0).collect();
        check(KINDS[kind], rows, cols, n, None, &x, &mut noise);
    }

    #[test]
    fn attention_is_exact(seed in 1u64.., dim in 1usize..40, positions in 1usize..100) {
        let mut noise = Noise(seed);
        check_attention(2 * dim, LANES * positions, |max| (noise.unit() * f32::from(max)) as i16);
    }

    #[test]
    fn quantised_activations_are_near(x in prop::collection::vec(-1e4f32..1e4, BLOCK)) {
        for precision in [Precision::Bits8, Precision::Bits12] {
            let activations = quantize(&x, BLOCK, precision);
            let block: &Block<Words> = activations.block(0, 0);
            for (k, x) in x.iter().enumerate() {
                prop_assert!((x - block.q.q(k) as f32 * block.d[0]).abs() <= block.d[0] * 0.5001);
                if precision == Precision::Bits8 {
                    let bytes: &Block<Bytes> = activations.block(0, 0);
                    prop_assert_eq!(bytes.q.q(k), block.q.q(k));
                }
            }
        }
    }

    #[test]
    fn activations_equal_those_of_the_specification(bits in prop::collection::vec(any::<u32>(), BLOCK), small: bool) {
        let number = |bits| {
            let x = f32::from_bits(bits);
            if small { x.abs().min(1e3).copysign(x) } else { x }
        };
        let x: Vec<f32> = bits.into_iter().map(number).collect();
        let x: &[f32; BLOCK] = x.first_chunk().unwrap();
        for max in [127.0, 2047.0] {
            let (want, got) = (activations::quantize(x, max), activations::Quantized::best(x, max));
            prop_assert_eq!(got.q, want.q);
            prop_assert_eq!(got.sums, want.sums);
            prop_assert_eq!(got.d.to_bits(), want.d.to_bits());
        }
    }
}
