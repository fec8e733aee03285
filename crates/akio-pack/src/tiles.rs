//! GGUF blocks into the tiles of [`akio_kernels::tile`]: bits change their place, not their value.
//!
//! Only plain floats change: a matrix of F32, F16 or BF16 is quantised to `Q8`, and the error that
//! this makes is measured.

use akio_kernels::{BLOCK, STRIP, TileKind};
use candle_core::quantized::GgmlDType;
use half::{bf16, f16};

/// The squared error of a conversion, to be compared with the squared weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Sum of the squared differences.
    pub error: f64,
    /// Sum of the squared weights.
    pub weight: f64,
}

impl Loss {
    /// Root mean square of the error relative to that of the weights.
    pub fn relative(self) -> f64 {
        if self.weight > 0.0 {
            (self.error / self.weight).sqrt()
        } else {
            0.0
        }
    }
}

/// A scale or a weight that has no place in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileError {
    /// A scale or a weight is infinite or not a number.
    NotFinite,
    /// The offset or scale that the tile needs is larger than an f16 can be.
    Overflow,
}

/// The tile for a matrix of this type, if there is one.
pub fn matrix_kind(dtype: GgmlDType) -> Option<TileKind> {
    Some(match dtype {
        GgmlDType::Q4_0 | GgmlDType::Q4_1 => TileKind::Q4,
        GgmlDType::Q5_0 | GgmlDType::Q5_1 => TileKind::Q5,
        GgmlDType::Q8_0 | GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => TileKind::Q8,
        GgmlDType::Q4K => TileKind::Q4K,
        GgmlDType::Q5K => TileKind::Q5K,
        GgmlDType::Q6K => TileKind::Q6K,
        _ => return None,
    })
}

/// Appends the tiles of a matrix to `out`. `blocks` holds rows of `cols` weights, one after the
/// other; `cols` is a multiple of the tile's columns. Missing rows of the last strip become zero.
///
/// Returns the loss, which only plain floats have.
///
/// # Errors
/// See [`TileError`]. Nothing is appended for types without a [`matrix_kind`].
pub fn tile_matrix(
    dtype: GgmlDType,
    cols: usize,
    blocks: &[u8],
    out: &mut Vec<u8>,
) -> Result<Option<Loss>, TileError> {
    let float = match dtype {
        GgmlDType::F32 => Some(f32_at as FloatAt),
        GgmlDType::F16 => Some(f16_at as FloatAt),
        GgmlDType::BF16 => Some(bf16_at as FloatAt),
        _ => None,
    };
    let (unit_cols, unit_bytes) = match float {
        Some(_) => (BLOCK, BLOCK * dtype.type_size()),
        None => (dtype.block_size(), dtype.type_size()),
    };
    let row_bytes = cols / unit_cols * unit_bytes;
    let zeros = vec![0; row_bytes];
    let mut loss = Loss::default();
    for strip in blocks.chunks(STRIP * row_bytes) {
        let mut rows = [&zeros[..]; STRIP];
        for (row, bytes) in rows.iter_mut().zip(strip.chunks_exact(row_bytes)) {
            *row = bytes;
        }
        for at in (0..row_bytes).step_by(unit_bytes) {
            let unit = rows.map(|row| &row[at..at + unit_bytes]);
            match (dtype, float) {
                (_, Some(float)) => tile_floats(unit, float, &mut loss, out)?,
                (GgmlDType::Q4_0, _) => tile_q4_0(unit, out)?,
                (GgmlDType::Q4_1, _) => tile_q4_1(unit, out)?,
                (GgmlDType::Q5_0, _) => tile_q5_0(unit, out)?,
                (GgmlDType::Q5_1, _) => tile_q5_1(unit, out)?,
                (GgmlDType::Q8_0, _) => tile_q8_0(unit, out)?,
                (GgmlDType::Q4K, _) => tile_q4k(unit, out)?,
                (GgmlDType::Q5K, _) => tile_q5k(unit, out)?,
                (GgmlDType::Q6K, _) => tile_q6k(unit, out)?,
                _ => {}
            }
        }
    }
    Ok(float.map(|_| loss))
}

/// Appends plain floats as little-endian f32; returns `false` if the type is none of F32, F16, BF16.
///
/// # Errors
/// `NotFinite`.
pub fn widen_vector(dtype: GgmlDType, bytes: &[u8], out: &mut Vec<u8>) -> Result<bool, TileError> {
    let float: FloatAt = match dtype {
        GgmlDType::F32 => f32_at,
        GgmlDType::F16 => f16_at,
        GgmlDType::BF16 => bf16_at,
        _ => return Ok(false),
    };
    for i in 0..bytes.len() / dtype.type_size() {
        let value = float(bytes, i);
        if !value.is_finite() {
            return Err(TileError::NotFinite);
        }
        out.extend_from_slice(&value.to_le_bytes());
    }
    Ok(true)
}

/// Reads the `i`-th float of `bytes`.
type FloatAt = fn(bytes: &[u8], i: usize) -> f32;

fn f32_at(bytes: &[u8], i: usize) -> f32 {
    f32::from_le_bytes([
        bytes[4 * i],
        bytes[4 * i + 1],
        bytes[4 * i + 2],
        bytes[4 * i + 3],
    ])
}

fn f16_at(bytes: &[u8], i: usize) -> f32 {
    f16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]).to_f32()
}

fn bf16_at(bytes: &[u8], i: usize) -> f32 {
    bf16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]).to_f32()
}

/// The same 32 columns of the four rows of a strip, one code for each weight.
type Codes = [[u8; BLOCK]; STRIP];
/// One GGUF block of each row of a strip.
type Rows<'a> = [&'a [u8]; STRIP];

fn tile_floats(
    rows: Rows<'_>,
    float: FloatAt,
    loss: &mut Loss,
    out: &mut Vec<u8>,
) -> Result<(), TileError> {
    let mut scales = [f16::ZERO; STRIP];
    let mut codes = [[0; BLOCK]; STRIP];
    for ((row, scale), codes) in rows.into_iter().zip(&mut scales).zip(&mut codes) {
        let weights: [f32; BLOCK] = std::array::from_fn(|k| float(row, k));
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(TileError::NotFinite);
        }
        let largest = weights
            .iter()
            .fold(0.0, |max: f32, weight| max.max(weight.abs()));
        *scale = finite(f16::from_f32(largest / 127.0), TileError::Overflow)?;
        let d = scale.to_f32();
        for (weight, code) in weights.into_iter().zip(codes) {
            let q = if d > 0.0 {
                (weight / d).round().clamp(-127.0, 127.0)
            } else {
                0.0
            };
            *code = (q as i8).cast_unsigned();
            loss.error += f64::from(weight - d * q).powi(2);
            loss.weight += f64::from(weight).powi(2);
        }
    }
    push_f16(out, scales);
    push_bytes(out, &codes);
    Ok(())
}

// d: f16, qs: [u8; 16]
fn tile_q4_0(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    let d = scales(rows, 0)?;
    push_f16(out, d);
    push_f16(out, offsets(d, -8.0)?);
    push_nibbles(out, &rows.map(|row| nibbles(&row[2..])));
    Ok(())
}

// d: f16, m: f16, qs: [u8; 16]
fn tile_q4_1(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 0)?);
    push_f16(out, scales(rows, 2)?);
    push_nibbles(out, &rows.map(|row| nibbles(&row[4..])));
    Ok(())
}

// d: f16, qh: u32, qs: [u8; 16]
fn tile_q5_0(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    let d = scales(rows, 0)?;
    push_f16(out, d);
    push_f16(out, offsets(d, -16.0)?);
    push_five_bits(out, &rows.map(|row| five_bits(&row[6..], &row[2..6])));
    Ok(())
}

// d: f16, m: f16, qh: u32, qs: [u8; 16]
fn tile_q5_1(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 0)?);
    push_f16(out, scales(rows, 2)?);
    push_five_bits(out, &rows.map(|row| five_bits(&row[8..], &row[4..8])));
    Ok(())
}

// d: f16, qs: [i8; 32]
fn tile_q8_0(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 0)?);
    push_bytes(out, &rows.map(|row| std::array::from_fn(|k| row[2 + k])));
    Ok(())
}

// d: f16, dmin: f16, scales: [u8; 12], qs: [u8; 128]; 64 columns share 32 bytes, low nibbles first
fn tile_q4k(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 0)?);
    push_f16(out, scales(rows, 2)?);
    for sub in 0..8 {
        push_scales_k(out, rows, sub);
        push_nibbles(out, &rows.map(|row| nibbles_k(&row[16..], sub)));
    }
    Ok(())
}

// d: f16, dmin: f16, scales: [u8; 12], qh: [u8; 32], qs: [u8; 128]; bit `sub` of qh is the fifth
fn tile_q5k(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 0)?);
    push_f16(out, scales(rows, 2)?);
    for sub in 0..8 {
        push_scales_k(out, rows, sub);
        let codes = rows.map(|row| {
            let low = nibbles_k(&row[48..], sub);
            std::array::from_fn(|k| low[k] | (row[16 + k] >> sub & 1) << 4)
        });
        push_five_bits(out, &codes);
    }
    Ok(())
}

// ql: [u8; 128], qh: [u8; 64], scales: [i8; 16], d: f16; each half holds 128 columns
fn tile_q6k(rows: Rows<'_>, out: &mut Vec<u8>) -> Result<(), TileError> {
    push_f16(out, scales(rows, 208)?);
    for sub in 0..8 {
        let (half, quarter) = (sub / 4, sub % 4);
        for columns in 0..2 {
            out.extend(rows.map(|row| row[192 + 2 * sub + columns]));
        }
        let codes: Codes = rows.map(|row| {
            let low = &row[64 * half + 32 * (quarter % 2)..];
            let high = &row[128 + 32 * half..];
            std::array::from_fn(|k| {
                low[k] >> (4 * (quarter / 2)) & 15 | (high[k] >> (2 * quarter) & 3) << 4
            })
        });
        push_two_high_bits(out, &codes);
        push_nibbles(out, &codes);
    }
    Ok(())
}

/// The f16 at byte `at` of each row's block.
fn scales(rows: Rows<'_>, at: usize) -> Result<[f16; STRIP], TileError> {
    let scales = rows.map(|row| f16::from_le_bytes([row[at], row[at + 1]]));
    match scales.iter().all(|scale| scale.is_finite()) {
        true => Ok(scales),
        false => Err(TileError::NotFinite),
    }
}

/// `factor * d`, exact since the factor is a power of two.
fn offsets(d: [f16; STRIP], factor: f32) -> Result<[f16; STRIP], TileError> {
    let mut offsets = d;
    for offset in &mut offsets {
        *offset = finite(f16::from_f32(factor * offset.to_f32()), TileError::Overflow)?;
    }
    Ok(offsets)
}

fn finite(value: f16, error: TileError) -> Result<f16, TileError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(error)
    }
}

/// 16 bytes: low nibbles are columns 0..16, high nibbles 16..32.
fn nibbles(qs: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|k| qs[k % 16] >> (4 * (k / 16)) & 15)
}

fn five_bits(qs: &[u8], qh: &[u8]) -> [u8; BLOCK] {
    let low = nibbles(qs);
    std::array::from_fn(|k| low[k] | (qh[k / 8] >> (k % 8) & 1) << 4)
}

/// Block `sub` of a super-block whose pairs of blocks share 32 bytes.
fn nibbles_k(qs: &[u8], sub: usize) -> [u8; BLOCK] {
    std::array::from_fn(|k| qs[32 * (sub / 2) + k] >> (4 * (sub % 2)) & 15)
}

/// The eight scales and minima of Q4_K and Q5_K, six bits each, lie in twelve bytes: the first
/// four of both whole, the last four in the nibbles of bytes 8..12 and the high bits of the first.
fn push_scales_k(out: &mut Vec<u8>, rows: Rows<'_>, sub: usize) {
    let pairs = rows.map(|row| {
        let packed = &row[4..16];
        match sub.checked_sub(4) {
            None => (packed[sub] & 63, packed[sub + 4] & 63),
            Some(late) => (
                packed[sub + 4] & 15 | packed[late] >> 6 << 4,
                packed[sub + 4] >> 4 | packed[sub] >> 6 << 4,
            ),
        }
    });
    out.extend(pairs.map(|(scale, _)| scale));
    out.extend(pairs.map(|(_, min)| min));
}

fn push_f16(out: &mut Vec<u8>, values: [f16; STRIP]) {
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Byte `j` of group `g`: column `4 * g + j % 4` of row `j / 4`.
fn code(codes: &Codes, group: usize, j: usize) -> u8 {
    codes[j / 4][4 * group + j % 4]
}

fn push_bytes(out: &mut Vec<u8>, codes: &Codes) {
    let bytes: [u8; 128] = std::array::from_fn(|i| code(codes, i / 16, i % 16));
    out.extend_from_slice(&bytes);
}

fn push_nibbles(out: &mut Vec<u8>, codes: &Codes) {
    let bytes: [u8; 64] = std::array::from_fn(|i| {
        let (v, j) = (i / 16, i % 16);
        code(codes, v, j) & 15 | code(codes, v + 4, j) << 4
    });
    out.extend_from_slice(&bytes);
}

fn push_five_bits(out: &mut Vec<u8>, codes: &Codes) {
    let high: [u8; 16] = std::array::from_fn(|j| {
        (0..8).fold(0, |bits, group| {
            bits | (code(codes, group, j) >> 4 & 1) << group
        })
    });
    out.extend_from_slice(&high);
    push_nibbles(out, codes);
}

fn push_two_high_bits(out: &mut Vec<u8>, codes: &Codes) {
    let high: [u8; 32] = std::array::from_fn(|i| {
        let (v, j) = (i / 16, i % 16);
        (0..4).fold(0, |bits, g| {
            bits | (code(codes, 4 * v + g, j) >> 4 & 3) << (2 * g)
        })
    });
    out.extend_from_slice(&high);
}
