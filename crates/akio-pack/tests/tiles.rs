//! Every type of GGUF block becomes a tile that holds the same weights, judged by candle's
//! dequantisation and by a reader of tiles written from their description alone.

use std::borrow::Cow;

use akio_kernels::TileKind;
use akio_pack::tiles::{TileError, matrix_kind, tile_matrix, widen_vector};
use candle_core::{
    Device,
    quantized::{GgmlDType, QStorage, QTensor},
};
use half::{bf16, f16};
use proptest::prelude::*;

/// The offsets of the f16 scales in a block, none for plain floats.
const QUANTISED: [(GgmlDType, &[usize]); 8] = [
    (GgmlDType::Q4_0, &[0]),
    (GgmlDType::Q4_1, &[0, 2]),
    (GgmlDType::Q5_0, &[0]),
    (GgmlDType::Q5_1, &[0, 2]),
    (GgmlDType::Q8_0, &[0]),
    (GgmlDType::Q4K, &[0, 2]),
    (GgmlDType::Q5K, &[0, 2]),
    (GgmlDType::Q6K, &[208]),
];

/// The weight at `(row, col)`, read from tiles in f64.
fn weight(kind: TileKind, tiles: &[u8], cols: usize, row: usize, col: usize) -> f64 {
    let lane = row % 4;
    let width = kind.block_cols();
    let block = (row / 4) * (cols / width) + col / width;
    let block = &tiles[block * kind.block_bytes()..][..kind.block_bytes()];
    let f16_at = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f64();
    // Within 32 columns: which group of four, and which byte of its 16-byte vector.
    let k = col % 32;
    let (group, byte) = (k / 4, 4 * lane + k % 4);
    let nibble = |qs: &[u8]| match group {
        0..4 => qs[16 * group + byte] & 15,
        _ => qs[16 * (group - 4) + byte] >> 4,
    };
    let fifth = |qh1: &[u8]| (qh1[byte] >> group & 1) << 4;
    let sixth = |qh2: &[u8]| (qh2[16 * (group / 4) + byte] >> (2 * (group % 4)) & 3) << 4;
    let affine = |q: u8| f16_at(2 * lane) * f64::from(q) + f16_at(8 + 2 * lane);
    let sub = col % 256 / 32;
    let affine_k = |at: usize, q: u8| {
        let (scale, min) = (f64::from(block[at + lane]), f64::from(block[at + 4 + lane]));
        f16_at(2 * lane) * scale * f64::from(q) - f16_at(8 + 2 * lane) * min
    };
    match kind {
        TileKind::F32 => unreachable!("matrices have tiles of quantised weights"),
        TileKind::Q4 => affine(nibble(&block[16..])),
        TileKind::Q5 => affine(nibble(&block[32..]) | fifth(&block[16..])),
        TileKind::Q8 => f16_at(2 * lane) * f64::from(block[8 + 16 * group + byte] as i8),
        TileKind::Q4K => {
            let at = 16 + 72 * sub;
            affine_k(at, nibble(&block[at + 8..]))
        }
        TileKind::Q5K => {
            let at = 16 + 88 * sub;
            affine_k(at, nibble(&block[at + 24..]) | fifth(&block[at + 8..]))
        }
        TileKind::Q6K => {
            let at = 8 + 104 * sub;
            let scale = f64::from(block[at + 4 * (k / 16) + lane] as i8);
            let q = nibble(&block[at + 40..]) | sixth(&block[at + 8..]);
            f16_at(2 * lane) * scale * (f64::from(q) - 32.0)
        }
    }
}

/// The weights as candle sees them, row by row.
fn by_candle(dtype: GgmlDType, rows: usize, cols: usize, blocks: &[u8]) -> Vec<f32> {
    let storage = QStorage::from_data(Cow::Borrowed(blocks), &Device::Cpu, dtype).unwrap();
    let tensor = QTensor::new(storage, (rows, cols))
        .unwrap()
        .dequantize(&Device::Cpu)
        .unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn tiled(
    dtype: GgmlDType,
    rows: usize,
    cols: usize,
    blocks: &[u8],
) -> Result<(TileKind, Vec<u8>), TileError> {
    let kind = matrix_kind(dtype).unwrap();
    let mut tiles = Vec::new();
    tile_matrix(dtype, cols, blocks, &mut tiles)?;
    assert_eq!(Some(tiles.len()), kind.tensor_bytes(rows, cols));
    Ok((kind, tiles))
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quantised_matrices_keep_their_weights(
        which in 0..QUANTISED.len(),
        rows in 1_usize..10,
        blocks_in_row in 1_usize..4,
        seed: u64,
        scale_bits in prop::collection::vec(0_u16..0x7800, 1..9),
    ) {
        let (dtype, scales) = QUANTISED[which];
        let cols = blocks_in_row * dtype.block_size();
        let mut blocks = noise(rows * blocks_in_row * dtype.type_size(), seed);
        for (i, block) in blocks.chunks_exact_mut(dtype.type_size()).enumerate() {
            for at in scales {
                // Below 32768, so that 16 d is not always too large; either sign.
                let bits = scale_bits[(i + at) % scale_bits.len()] ^ ((i as u16 & 1) << 15);
                block[*at..at + 2].copy_from_slice(&bits.to_le_bytes());
            }
        }
        let tiles = tiled(dtype, rows, cols, &blocks);
        let largest = scale_bits.iter().map(|bits| f16::from_bits(*bits).to_f32()).fold(0.0, f32::max);
        let (kind, tiles) = match (dtype, tiles) {
            (GgmlDType::Q4_0 | GgmlDType::Q5_0, Err(TileError::Overflow)) => {
                prop_assert!(largest * 16.0 > 65504.0);
                return Ok(());
            }
            (_, tiles) => tiles.unwrap(),
        };
        let expected = by_candle(dtype, rows, cols, &blocks);
        for (i, expected) in expected.into_iter().enumerate() {
            let found = weight(kind, &tiles, cols, i / cols, i % cols);
            // candle rounds to f32 at each step, on terms as large as 63 d and 63 * 31 d.
            let tolerance = 63.0 * 63.0 * f64::from(largest) * 1e-7;
            prop_assert!((found - f64::from(expected)).abs() <= tolerance, "{dtype:?} {i}: {found} {expected}");
        }
        for row in rows..rows.next_multiple_of(4) {
            for col in 0..cols {
                prop_assert_eq!(weight(kind, &tiles, cols, row, col), 0.0);
            }
        }
    }

    #[test]
    fn plain_floats_lose_what_is_stated(
        rows in 1_usize..6,
        weights in prop::collection::vec(-2.0_f32..2.0, 64 * 5),
    ) {
        let cols = 64;
        for dtype in [GgmlDType::F32, GgmlDType::F16, GgmlDType::BF16] {
            let bytes: Vec<u8> = weights[..rows * cols]
                .iter()
                .flat_map(|weight| match dtype {
                    GgmlDType::F32 => weight.to_le_bytes().to_vec(),
                    GgmlDType::F16 => f16::from_f32(*weight).to_le_bytes().to_vec(),
                    _ => bf16::from_f32(*weight).to_le_bytes().to_vec(),
                })
                .collect();
            let mut exact = Vec::new();
            prop_assert!(widen_vector(dtype, &bytes, &mut exact).unwrap());
            let exact: Vec<f32> =
                exact.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            let mut tiles = Vec::new();
            let loss = tile_matrix(dtype, cols, &bytes, &mut tiles).unwrap().unwrap();
            let mut error = 0.0;
            for (i, exact) in exact.iter().enumerate() {
                let found = weight(TileKind::Q8, &tiles, cols, i / cols, i % cols);
                error += (found - f64::from(*exact)).powi(2);
            }
            let total: f64 = exact.iter().map(|weight| f64::from(*weight).powi(2)).sum();
            prop_assert!((loss.relative() - (error / total).sqrt()).abs() < 1e-6);
            prop_assert!(loss.relative() < 0.01, "{}", loss.relative());
        }
    }
}

#[test]
fn scales_that_are_no_numbers_are_refused() {
    for (dtype, scales) in QUANTISED {
        for at in scales {
            for bad in [f16::NAN, f16::INFINITY, f16::NEG_INFINITY] {
                let mut block = vec![0; dtype.type_size()];
                block[*at..at + 2].copy_from_slice(&bad.to_le_bytes());
                assert_eq!(
                    tiled(dtype, 1, dtype.block_size(), &block).unwrap_err(),
                    TileError::NotFinite,
                    "{dtype:?}"
                );
            }
        }
    }
    let mut row = [0.0_f32; 32];
    row[7] = f32::NAN;
    let bytes: Vec<u8> = row.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    assert_eq!(
        tiled(GgmlDType::F32, 1, 32, &bytes).unwrap_err(),
        TileError::NotFinite
    );
    assert_eq!(
        widen_vector(GgmlDType::F32, &bytes, &mut Vec::new()),
        Err(TileError::NotFinite)
    );
}

#[test]
fn scales_too_large_for_f16_are_refused() {
    let mut block = vec![0; 18];
    block[..2].copy_from_slice(&f16::from_f32(8192.0).to_le_bytes());
    assert_eq!(
        tiled(GgmlDType::Q4_0, 1, 32, &block).unwrap_err(),
        TileError::Overflow
    );
    let bytes: Vec<u8> = [1e9_f32; 32]
        .iter()
        .flat_map(|weight| weight.to_le_bytes())
        .collect();
    assert_eq!(
        tiled(GgmlDType::F32, 1, 32, &bytes).unwrap_err(),
        TileError::Overflow
    );
}
