//! The loops by themselves, on data that stays in a near cache, in multiplications a second. Natively that is the
//! scalar variant, the specification; `akio bench --kernels` measures those of the module.

use std::hint::black_box;

use akio_kernels::{
    Activations, Matrix, Precision, TileKind, Variant,
    attention::{self, KEY_MAX, Keys, LANES, Pair, VALUE_MAX, Values, WEIGHT_MAX, query_max},
    matmul,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ROWS: usize = 256;
const COLS: usize = 1024;

/// Query heads that share keys and values, and their width.
const HEADS: usize = 3;
const DIM: usize = 64;

fn matrices(criterion: &mut Criterion) {
    for kind in TileKind::ALL {
        // Scales of a sane size; of the rest any bits are weights.
        let weights = vec![0x2D; kind.tensor_bytes(ROWS, COLS).unwrap()];
        let Some(matrix) = Matrix::new(kind, ROWS, COLS, &weights) else {
            continue;
        };
        let mut group = criterion.benchmark_group(format!("{kind:?}"));
        for n in [1, 64] {
            let x: Vec<f32> = (0..n * COLS).map(|i| (i % 31) as f32 - 15.0).collect();
            let mut activations = Activations::new();
            activations.quantize(&x, COLS, Precision::Bits8, matrix.forms(Precision::Bits8));
            let mut out = vec![0.0; n * ROWS];
            group.throughput(Throughput::Elements((n * ROWS * COLS) as u64));
            group.bench_function(format!("{n} tokens"), |bencher| {
                bencher.iter(|| matmul(black_box(&matrix), black_box(&activations), &mut out));
            });
        }
    }
}

fn attention(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attention");
    for positions in [512, 2000] {
        group.throughput(Throughput::Elements((HEADS * positions * DIM) as u64));
        let keys: Vec<Keys> = vec![[[KEY_MAX / 3; 2]; LANES]; positions / LANES * (DIM / 2)];
        let queries: Vec<[Pair; HEADS]> = vec![[[[query_max(DIM) / 3; 2]; 4]; HEADS]; DIM / 2];
        let mut scores = vec![0.0; HEADS * positions];
        group.bench_function(format!("keys, {positions} positions"), |bencher| {
            bencher.iter(|| {
                let queries = black_box(&queries);
                attention::scores::<HEADS>(Variant::BEST, queries, black_box(&keys), &mut scores);
            });
        });
        let slices = vec![vec![[[VALUE_MAX / 3; 2]; LANES] as Values; positions / 2]; DIM / LANES];
        let weights: Vec<[Pair; HEADS]> = vec![[[[WEIGHT_MAX / 3; 2]; 4]; HEADS]; positions / 2];
        group.bench_function(format!("values, {positions} positions"), |bencher| {
            bencher.iter(|| {
                for slice in black_box(&slices) {
                    let weights = black_box(&weights);
                    black_box(attention::outputs::<HEADS>(Variant::BEST, weights, slice));
                }
            });
        });
    }
}

criterion_group!(benches, matrices, attention);
criterion_main!(benches);
