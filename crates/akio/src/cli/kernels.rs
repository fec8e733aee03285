//! `akio bench --kernels`: the loops over weights and over keys and values, by themselves and on data that
//! stays in a near cache, so that the speed of a token can be held against them.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use akio_kernels::{
    Activations, Matrix, Precision, TileKind, Variant,
    attention::{self, KEY_MAX, Keys, LANES, Pair, VALUE_MAX, Values, WEIGHT_MAX, query_max},
    matmul,
};
use serde::Serialize;

use super::{Console, Error, bench::HOST, native_host};
use crate::BUILD;

/// Shape of the matrices: with 8-bit weights a third of a mebibyte.
const ROWS: usize = 256;
const COLS: usize = 1024;

/// Tokens of decode, and of a chunk of prefill.
const TOKENS: [usize; 2] = [1, 64];

/// Positions in front of a token, query heads that share keys and values, and their width, as SmolLM2 has them.
const POSITIONS: [usize; 2] = [512, 2000];
const HEADS: usize = 3;
const DIM: usize = 64;

/// A measurement takes this long at least, and the best of so many counts: whatever else runs can only slow it.
const LEAST: Duration = Duration::from_millis(10);
const MEASUREMENTS: usize = 5;

#[derive(Serialize)]
struct Report {
    build: &'static str,
    host: String,
    kernels: Vec<Rate>,
}

/// Speed of one loop.
#[derive(Serialize)]
struct Rate {
    kernel: String,
    /// Of the activations; none of its own for keys and values.
    bits: Option<u32>,
    /// Tokens or positions.
    n: usize,
    /// Multiplications with an addition in a nanosecond.
    mac_ns: f64,
}

pub(super) fn run(json: bool, console: &mut Console<'_>) -> Result<(), Error> {
    let mut kernels = Vec::new();
    for kind in TileKind::ALL {
        for precision in [Precision::Bits8, Precision::Bits12] {
            kernels.extend(
                TOKENS
                    .into_iter()
                    .filter_map(|n| matrix(kind, precision, n)),
            );
        }
    }
    for positions in POSITIONS {
        kernels.extend([keys(positions), values(positions)]);
    }
    let report = Report {
        build: BUILD,
        host: native_host().unwrap_or_else(|| HOST.into()),
        kernels,
    };
    if json {
        return console.print(&format!("{}\n", serde_json::json!(report)));
    }
    for Rate {
        kernel,
        bits,
        n,
        mac_ns,
    } in report.kernels
    {
        let bits = bits.map_or(String::new(), |bits| format!("{bits} bits"));
        console.print(&format!(
            "{kernel:<7} {bits:<8} {n:>5}  {mac_ns:.1} MAC/ns\n"
        ))?;
    }
    Ok(())
}

/// `None` for the kind of vectors.
fn matrix(kind: TileKind, precision: Precision, n: usize) -> Option<Rate> {
    // Scales of a sane size; of the rest any bits are weights.
    let weights = vec![0x2D; kind.tensor_bytes(ROWS, COLS)?];
    let matrix = Matrix::new(kind, ROWS, COLS, &weights)?;
    let x: Vec<f32> = (0..n * COLS).map(|i| (i % 31) as f32 - 15.0).collect();
    let mut activations = Activations::new();
    activations.quantize(&x, COLS, precision, matrix.forms(precision));
    let mut out = vec![0.0; n * ROWS];
    let time = fastest(|| matmul(black_box(&matrix), black_box(&activations), &mut out));
    Some(Rate {
        kernel: format!("{kind:?}"),
        bits: Some(match precision {
            Precision::Bits8 => 8,
            Precision::Bits12 => 12,
        }),
        n,
        mac_ns: per_nanosecond(n * ROWS * COLS, time),
    })
}

fn keys(positions: usize) -> Rate {
    let keys: Vec<Keys> = vec![[[KEY_MAX / 3; 2]; LANES]; positions / LANES * (DIM / 2)];
    let queries: Vec<[Pair; HEADS]> = vec![[[[query_max(DIM) / 3; 2]; 4]; HEADS]; DIM / 2];
    let mut scores = vec![0.0; HEADS * positions];
    let time = fastest(|| {
        let queries = black_box(&queries);
        attention::scores::<HEADS>(Variant::BEST, queries, black_box(&keys), &mut scores);
    });
    of_positions("keys", positions, time)
}

fn values(positions: usize) -> Rate {
    let slice: Vec<Values> = vec![[[VALUE_MAX / 3; 2]; LANES]; positions / 2];
    let values = vec![slice; DIM / LANES];
    let weights: Vec<[Pair; HEADS]> = vec![[[[WEIGHT_MAX / 3; 2]; 4]; HEADS]; positions / 2];
    let time = fastest(|| {
        for slice in &values {
            let weights = black_box(&weights);
            black_box(attention::outputs::<HEADS>(
                Variant::BEST,
                weights,
                black_box(slice),
            ));
        }
    });
    of_positions("values", positions, time)
}

fn of_positions(kernel: &str, positions: usize, time: f64) -> Rate {
    Rate {
        kernel: kernel.into(),
        bits: None,
        n: positions,
        mac_ns: per_nanosecond(HEADS * positions * DIM, time),
    }
}

fn per_nanosecond(macs: usize, seconds: f64) -> f64 {
    (macs as f64 / (seconds * 1e9) * 100.0).round() / 100.0
}

/// Seconds of one call.
fn fastest(mut call: impl FnMut()) -> f64 {
    let mut time = |calls: u32| {
        let begin = Instant::now();
        (0..calls).for_each(|_| call());
        begin.elapsed()
    };
    let mut calls = 1;
    while time(calls) < LEAST && calls < 1 << 30 {
        calls *= 2;
    }
    let times = (0..MEASUREMENTS).map(|_| time(calls).as_secs_f64() / f64::from(calls));
    times.fold(f64::INFINITY, f64::min)
}
