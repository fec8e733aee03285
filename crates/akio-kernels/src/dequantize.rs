//! Single rows of a tiled matrix as f32: the embedding look-up.

use crate::{
    matmul::Matrix,
    scalar::{Scalar, Weights, unpack4, unpack5, unpack6, unpack8, weight},
    tile::{BLOCK, STRIP, SUPER, TileKind},
    vector::Lanes,
};

/// Writes row `row` of `w` into `out`, `(cols,)`.
///
/// # Panics
/// If `row >= w.rows()` or `out.len() != w.cols()`.
pub fn dequantize_row(w: &Matrix<'_>, row: usize, out: &mut [f32]) {
    assert!(row < w.rows() && out.len() == w.cols());
    let kind = w.kind();
    let tiles = w.cols() / kind.block_cols();
    let strip = w
        .data()
        .chunks_exact(tiles * kind.block_bytes())
        .nth(row / STRIP)
        .unwrap_or_default();
    let lane = row % STRIP;
    for (tile, out) in strip
        .chunks_exact(kind.block_bytes())
        .zip(out.chunks_exact_mut(kind.block_cols()))
    {
        dequantize_tile(kind, tile, lane, out);
    }
}

fn dequantize_tile(kind: TileKind, tile: &[u8], lane: usize, out: &mut [f32]) {
    let f16 = |at: usize| Scalar::f16(part(tile, at))[lane];
    let mut write = |sub: usize, weights: Weights, value: &dyn Fn(usize, f32) -> f32| {
        for (k, out) in out[sub * BLOCK..(sub + 1) * BLOCK].iter_mut().enumerate() {
            *out = value(k, f32::from(weight(&weights, lane, k)));
        }
    };
    match kind {
        TileKind::F32 => {}
        TileKind::Q4 => {
            let (d, m) = (f16(0), f16(8));
            write(0, unpack4(part(tile, 16)), &|_, q| d * q + m);
        }
        TileKind::Q5 => {
            let (d, m) = (f16(0), f16(8));
            write(0, unpack5(part(tile, 32), part(tile, 16)), &|_, q| {
                d * q + m
            });
        }
        TileKind::Q8 => {
            let d = f16(0);
            write(0, unpack8(part(tile, 8)), &|_, q| d * q);
        }
        TileKind::Q4K | TileKind::Q5K => {
            let sub_bytes = if kind == TileKind::Q4K { 72 } else { 88 };
            for sub in 0..SUPER / BLOCK {
                let at = 16 + sub * sub_bytes;
                let scale = f16(0) * f32::from(tile[at + lane]);
                let min = f16(8) * f32::from(tile[at + 4 + lane]);
                let weights = match kind {
                    TileKind::Q4K => unpack4(part(tile, at + 8)),
                    _ => unpack5(part(tile, at + 24), part(tile, at + 8)),
                };
                write(sub, weights, &|_, q| scale * q - min);
            }
        }
        TileKind::Q6K => {
            for sub in 0..SUPER / BLOCK {
                let at = 8 + sub * 104;
                let scale = |k: usize| f16(0) * f32::from(tile[at + k / 16 * 4 + lane] as i8);
                write(
                    sub,
                    unpack6(part(tile, at + 40), part(tile, at + 8)),
                    &|k, q| scale(k) * (q - 32.0),
                );
            }
        }
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
    bytes[at..].first_chunk().expect("tile layout")
}
