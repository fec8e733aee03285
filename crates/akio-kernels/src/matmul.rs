//! `out = W x`: the one loop nest over strips, tokens and blocks, for every tile kind and variant.

use core::{array::from_fn, hint::black_box};

#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
use crate::relaxed::Relaxed;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::Simd128;
use crate::{
    activations::{Activations, Block, Forms, PANEL, Precision, Vectors},
    scalar::Scalar,
    tile::{BLOCK, STRIP, SUPER, TileKind},
    vector::{Dot, Dot8, F32, I32, Lanes},
};

/// A borrowed matrix of tiles, `(rows, cols)`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    kind: TileKind,
    rows: usize,
    cols: usize,
    data: &'a [u8],
}

impl<'a> Matrix<'a> {
    /// `None` if the kind is `F32` (vectors only), the matrix is empty, `cols` is no multiple of the
    /// kind's block, or `data` has another length than the shape asks for.
    pub fn new(kind: TileKind, rows: usize, cols: usize, data: &'a [u8]) -> Option<Self> {
        let fits = kind != TileKind::F32
            && rows > 0
            && cols > 0
            && kind.tensor_bytes(rows, cols) == Some(data.len());
        fits.then_some(Self {
            kind,
            rows,
            cols,
            data,
        })
    }

    /// Tile layout.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Rows, the outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, the inputs.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Matrices of `rows` rows of this one each, the last of which may have fewer.
    ///
    /// # Panics
    /// If `rows` is zero, or no multiple of a strip and less than there are.
    pub fn split(&self, rows: usize) -> impl Iterator<Item = Self> + use<'a> {
        let Self { kind, cols, .. } = *self;
        assert!(rows > 0 && (rows.is_multiple_of(STRIP) || rows >= self.rows));
        let strip = self.data.len() / self.rows.div_ceil(STRIP);
        let parts = self.data.chunks(rows.div_ceil(STRIP) * strip);
        let firsts = (0..self.rows).step_by(rows);
        let total = self.rows;
        parts.zip(firsts).map(move |(data, first)| Self {
            kind,
            rows: rows.min(total - first),
            cols,
            data,
        })
    }

    /// All strips, back to back.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// A kernel variant that this build can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variant {
    /// Plain Rust; the specification.
    Scalar,
    /// WebAssembly simd128.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    /// WebAssembly relaxed SIMD, for weights of at most six bits and activations of eight; `Simd128`
    /// for the others.
    #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
    Relaxed,
}

impl Variant {
    /// Every variant of this build, the best one last.
    pub const AVAILABLE: &[Self] = &[
        Self::Scalar,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Self::Simd128,
        #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
        Self::Relaxed,
    ];

    /// The variant that [`matmul`] runs.
    pub const BEST: Self = Self::AVAILABLE[Self::AVAILABLE.len() - 1];

    /// Its name, for example `simd128`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => Scalar::NAME,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => Simd128::NAME,
            #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
            Self::Relaxed => Relaxed::NAME,
        }
    }

    /// What a variant wants of activations.
    fn forms(self, kind: TileKind, precision: Precision) -> Forms {
        let bytes = self.dots_bytes() && kind != TileKind::Q8 && precision == Precision::Bits8;
        Forms {
            bytes,
            words: !bytes,
        }
    }

    const fn dots_bytes(self) -> bool {
        match self {
            #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
            Self::Relaxed => true,
            _ => false,
        }
    }
}

impl Matrix<'_> {
    /// What [`matmul`] wants of activations of this precision.
    pub fn forms(&self, precision: Precision) -> Forms {
        Variant::BEST.forms(self.kind, precision)
    }
}

/// `out[t][r] = sum over k of w[r][k] * x[t][k]`, with the best variant.
///
/// # Panics
/// If `x.k() != w.cols()` or `out.len() != x.n() * w.rows()`.
pub fn matmul(w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    matmul_with(Variant::BEST, w, x, out);
}

/// As [`matmul`], with a variant of the caller's choice.
///
/// # Panics
/// As [`matmul`].
pub fn matmul_with(variant: Variant, w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    assert!(x.k() == w.cols && out.len() == x.n() * w.rows);
    match variant {
        Variant::Scalar => dispatch::<Scalar>(w, x, out),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Variant::Simd128 => dispatch::<Simd128>(w, x, out),
        #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
        Variant::Relaxed if variant.forms(w.kind, x.precision()).bytes => relaxed(w, x, out),
        #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
        Variant::Relaxed => dispatch::<Simd128>(w, x, out),
    }
}

fn dispatch<V: Dot8>(w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    match w.kind {
        TileKind::F32 => {}
        TileKind::Q4 => panels::<V, Q4, 80>(w, x, out),
        TileKind::Q5 => panels::<V, Q5, 96>(w, x, out),
        TileKind::Q8 => panels::<V, Q8, 136>(w, x, out),
        TileKind::Q4K => panels::<V, Q4K, 592>(w, x, out),
        TileKind::Q5K => panels::<V, Q5K, 720>(w, x, out),
        TileKind::Q6K => panels::<V, Q6K, 840>(w, x, out),
    }
}

/// The kinds that relaxed SIMD is for.
#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
fn relaxed(w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    /// The rest of the module is compiled without relaxed SIMD.
    #[target_feature(enable = "relaxed-simd")]
    fn with<K: Tile<Relaxed, BYTES>, const BYTES: usize>(
        w: &Matrix<'_>,
        x: &Activations,
        out: &mut [f32],
    ) {
        panels::<Relaxed, K, BYTES>(w, x, out);
    }
    match w.kind {
        TileKind::F32 | TileKind::Q8 => {}
        TileKind::Q4 => with::<Q4, 80>(w, x, out),
        TileKind::Q5 => with::<Q5, 96>(w, x, out),
        TileKind::Q4K => with::<Q4K, 592>(w, x, out),
        TileKind::Q5K => with::<Q5K, 720>(w, x, out),
        TileKind::Q6K => with::<Q6K, 840>(w, x, out),
    }
}

type L<V> = <V as Dot>::Lanes;

/// A block of activations in the form that a variant wants.
type X<V> = Block<<V as Dot>::Activations>;

/// One tile kind: how its blocks of 32 columns are read.
trait Tile<V: Dot, const BYTES: usize> {
    /// Blocks of a tile.
    const BLOCKS: usize;
    /// Bits of a weight.
    const BITS: u32;
    /// Scales of the whole tile.
    type Super: Copy;
    /// Scales of a block.
    type Scales: Copy;

    fn open(tile: &[u8; BYTES]) -> Self::Super;
    fn scales(tile: &[u8; BYTES], of: Self::Super, block: usize) -> Self::Scales;
    fn unpack(tile: &[u8; BYTES], block: usize, part: usize) -> V::Weights;

    /// Dot products with a part of the block.
    #[inline(always)]
    fn dot(_: &[u8; BYTES], _: usize, w: &V::Weights, x: &X<V>, part: usize) -> I32<V> {
        V::dot(w, x, part, Self::BITS)
    }

    /// Adds the products with the block.
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scales: Self::Scales) -> F32<V>;
}

/// Columns of the matrices of the one model that this build is for, as `AKIO_COLS=576,1536` says at compile
/// time; zeros without it. What has as many is multiplied in loops whose number of turns the compiler knows.
const COLS: [usize; 2] = columns(option_env!("AKIO_COLS"));

const fn columns(list: Option<&str>) -> [usize; 2] {
    let mut columns = [0; 2];
    let Some(list) = list else {
        return columns;
    };
    let (list, mut at, mut index) = (list.as_bytes(), 0, 0);
    while at < list.len() {
        match list[at] {
            b',' => index += 1,
            digit => columns[index] = columns[index] * 10 + (digit - b'0') as usize,
        }
        at += 1;
    }
    columns
}

#[inline(always)]
fn panels<V: Dot, K: Tile<V, BYTES>, const BYTES: usize>(
    w: &Matrix<'_>,
    x: &Activations,
    out: &mut [f32],
) {
    let [first, second] = COLS;
    if first > 0 && w.cols == first {
        panels_of::<V, K, BYTES>(w, first, x, out);
    } else if second > 0 && w.cols == second {
        panels_of::<V, K, BYTES>(w, second, x, out);
    } else {
        panels_of::<V, K, BYTES>(w, w.cols, x, out);
    }
}

/// Panel by panel of tokens, so that their activations stay in the nearest cache while all weights
/// pass by.
#[inline(always)]
fn panels_of<V: Dot, K: Tile<V, BYTES>, const BYTES: usize>(
    w: &Matrix<'_>,
    cols: usize,
    x: &Activations,
    out: &mut [f32],
) {
    let x = V::Activations::blocks(x);
    assert!(x.len() * w.rows == out.len() * (cols / BLOCK));
    let (tiles, _) = w.data.as_chunks::<BYTES>();
    let strip = cols / BLOCK / K::BLOCKS;
    let x = x.chunks(PANEL * cols / BLOCK);
    for (x, out) in x.zip(out.chunks_mut(PANEL * w.rows)) {
        if out.len() == w.rows {
            let strips = tiles.chunks_exact(strip);
            for (tiles, out) in strips.zip(out.chunks_mut(STRIP)) {
                let sums = token::<V, K, BYTES>(tiles, x);
                out.copy_from_slice(&sums[..out.len()]);
            }
            continue;
        }
        if (out.len() / w.rows).is_multiple_of(4) {
            panel_of::<V, K, BYTES, 4>(tiles, strip, x, w.rows, out);
        } else {
            panel_of::<V, K, BYTES, 1>(tiles, strip, x, w.rows, out);
        }
    }
}

/// Multiplies the matrix, in strips of `strip` tiles, with a panel of tokens.
#[inline(always)]
fn panel_of<V: Dot, K: Tile<V, BYTES>, const BYTES: usize, const U: usize>(
    tiles: &[[u8; BYTES]],
    strip: usize,
    x: &[X<V>],
    rows: usize,
    out: &mut [f32],
) {
    let pairs = if V::PAIRS { tiles.len() / strip / 2 } else { 0 };
    let (pairs, rest) = tiles.split_at(2 * strip * pairs);
    let mut row = 0;
    for tiles in pairs.chunks(UNITS * 2 * strip) {
        panel::<V, K, BYTES, 2, U>(tiles, strip, x, rows, row, out);
        row += tiles.len() / strip * STRIP;
    }
    for tiles in rest.chunks(UNITS * strip) {
        panel::<V, K, BYTES, 1, U>(tiles, strip, x, rows, row, out);
        row += tiles.len() / strip * STRIP;
    }
}

/// Multiplies a strip with one token.
#[inline(always)]
fn token<V: Dot, K: Tile<V, BYTES>, const BYTES: usize>(
    tiles: &[[u8; BYTES]],
    x: &[X<V>],
) -> [f32; STRIP] {
    let mut acc = L::<V>::splat(0.0);
    for (tile, x) in tiles.iter().zip(x.chunks_exact(K::BLOCKS)) {
        let of = K::open(tile);
        for (block, x) in x.iter().enumerate() {
            let dot = |part| K::dot(tile, block, &K::unpack(tile, block, part), x, part);
            let sum = |sum, part| L::<V>::add_i32(sum, dot(part));
            let half = (1..V::PARTS / 2).fold(dot(0), sum);
            // Cranelift loads everything up to a store before it computes anything, and with a whole block
            // of more than four bits this is more than the registers hold.
            let half = if K::BITS == 4 { half } else { black_box(half) };
            let sum = (V::PARTS / 2..V::PARTS - 1).fold(half, sum);
            let dot = V::join(sum, dot(V::PARTS - 1), K::BITS);
            acc = K::add(acc, x, dot, K::scales(tile, of, block));
        }
    }
    L::<V>::store(acc)
}

/// Units of strips that are multiplied with a block of activations one after the other, while it is in the
/// nearest cache.
const UNITS: usize = 4;

/// Multiplies some units of `S` strips each, which begin at `row`, with a panel of tokens, of which each turn
/// of a loop takes care of `U`.
///
/// No closure stands around the products: what the compiler does not inline into the loops is compiled
/// without relaxed SIMD, and calls each instruction of it as a function.
#[inline(always)]
fn panel<V: Dot, K: Tile<V, BYTES>, const BYTES: usize, const S: usize, const U: usize>(
    tiles: &[[u8; BYTES]],
    strip: usize,
    x: &[X<V>],
    rows: usize,
    row: usize,
    out: &mut [f32],
) {
    let n = out.len() / rows;
    let mut acc = [[[L::<V>::splat(0.0); S]; PANEL]; UNITS];
    // Of the parts of a block so far.
    let mut sums = [[L::<V>::splat_i32(0); S]; PANEL];
    for (at, x) in x.chunks_exact(n).enumerate() {
        let (x, _) = x.as_chunks::<U>();
        let (at, block) = (at / K::BLOCKS, at % K::BLOCKS);
        for (unit, acc) in tiles.chunks_exact(S * strip).zip(&mut acc) {
            let tiles: [&[u8; BYTES]; S] = from_fn(|s| &unit[s * strip + at]);
            let (acc, _) = acc.as_chunks_mut::<U>();
            let (sums, _) = sums.as_chunks_mut::<U>();
            for part in 0..V::PARTS - 1 {
                let w = tiles.map(|tile| K::unpack(tile, block, part));
                for (x, sums) in x.iter().zip(&mut *sums) {
                    for (x, sums) in x.iter().zip(sums) {
                        for s in 0..S {
                            let dot = K::dot(tiles[s], block, &w[s], x, part);
                            sums[s] = if part == 0 {
                                dot
                            } else {
                                L::<V>::add_i32(sums[s], dot)
                            };
                        }
                    }
                }
            }
            let part = V::PARTS - 1;
            let w = tiles.map(|tile| K::unpack(tile, block, part));
            let scales = tiles.map(|tile| K::scales(tile, K::open(tile), block));
            for ((x, acc), sums) in x.iter().zip(acc).zip(sums) {
                for ((x, acc), sums) in x.iter().zip(acc).zip(sums) {
                    for s in 0..S {
                        let dot = K::dot(tiles[s], block, &w[s], x, part);
                        let dot = V::join(sums[s], dot, K::BITS);
                        acc[s] = K::add(acc[s], x, dot, scales[s]);
                    }
                }
            }
        }
    }
    let units = tiles.len() / strip / S;
    for (unit, acc) in acc[..units].iter().enumerate() {
        let row = row + unit * S * STRIP;
        for (acc, out) in acc.iter().zip(out.chunks_exact_mut(rows)) {
            for (acc, out) in acc.iter().zip(out[row..].chunks_mut(STRIP)) {
                let sums = L::<V>::store(*acc);
                match out.first_chunk_mut() {
                    Some(out) => *out = sums,
                    None => out.copy_from_slice(&sums[..out.len()]),
                }
            }
        }
    }
}

/// The `N` bytes from `at` on. Bounds are constants after inlining.
#[inline(always)]
fn part<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
    bytes[at..].first_chunk().expect("tile layout")
}

/// `acc + (scale * x.d) * dot`.
#[inline(always)]
fn scaled<V: Dot>(acc: F32<V>, x: &X<V>, dot: I32<V>, scale: F32<V>) -> F32<V> {
    let scale = L::<V>::mul(scale, L::<V>::load(&x.d));
    L::<V>::add(acc, L::<V>::mul(scale, L::<V>::to_f32(dot)))
}

/// `acc + (scale * x.d) * dot + min * x.sum`, in this order.
#[inline(always)]
fn affine<V: Dot>(acc: F32<V>, x: &X<V>, dot: I32<V>, [scale, min]: [F32<V>; 2]) -> F32<V> {
    let acc = scaled::<V>(acc, x, dot, scale);
    L::<V>::add(acc, L::<V>::mul(min, L::<V>::load(&x.sum)))
}

struct Q4;

impl<V: Dot> Tile<V, 80> for Q4 {
    const BLOCKS: usize = 1;
    const BITS: u32 = 4;
    type Super = ();
    type Scales = [F32<V>; 2];

    #[inline(always)]
    fn open(_: &[u8; 80]) {}

    #[inline(always)]
    fn scales(tile: &[u8; 80], (): (), _: usize) -> [F32<V>; 2] {
        [0, 8].map(|at| L::<V>::f16(part(tile, at)))
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 80], _: usize, at: usize) -> V::Weights {
        V::unpack4(part(tile, 16), at)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scales: [F32<V>; 2]) -> F32<V> {
        affine::<V>(acc, x, dot, scales)
    }
}

struct Q5;

impl<V: Dot> Tile<V, 96> for Q5 {
    const BLOCKS: usize = 1;
    const BITS: u32 = 5;
    type Super = ();
    type Scales = [F32<V>; 2];

    #[inline(always)]
    fn open(_: &[u8; 96]) {}

    #[inline(always)]
    fn scales(tile: &[u8; 96], (): (), _: usize) -> [F32<V>; 2] {
        [0, 8].map(|at| L::<V>::f16(part(tile, at)))
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 96], _: usize, at: usize) -> V::Weights {
        V::unpack5(part(tile, 32), part(tile, 16), at)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scales: [F32<V>; 2]) -> F32<V> {
        affine::<V>(acc, x, dot, scales)
    }
}

struct Q8;

impl<V: Dot8> Tile<V, 136> for Q8 {
    const BLOCKS: usize = 1;
    const BITS: u32 = 8;
    type Super = ();
    type Scales = F32<V>;

    #[inline(always)]
    fn open(_: &[u8; 136]) {}

    #[inline(always)]
    fn scales(tile: &[u8; 136], (): (), _: usize) -> F32<V> {
        L::<V>::f16(part(tile, 0))
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 136], _: usize, at: usize) -> V::Weights {
        V::unpack8(part(tile, 8), at)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scale: F32<V>) -> F32<V> {
        scaled::<V>(acc, x, dot, scale)
    }
}

/// Super-scale and super-minimum of the 4- and 5-bit K types.
#[inline(always)]
fn supers<V: Dot>(tile: &[u8]) -> [F32<V>; 2] {
    let dmin = L::<V>::f16(part(tile, 8));
    [
        L::<V>::f16(part(tile, 0)),
        L::<V>::mul(dmin, L::<V>::splat(-1.0)),
    ]
}

/// 6-bit scales and minima times f16 super-scales, both products exact in f32.
#[inline(always)]
fn times<V: Dot>([d, dmin]: [F32<V>; 2], block: &[u8]) -> [F32<V>; 2] {
    [
        L::<V>::mul(d, L::<V>::u8(part(block, 0))),
        L::<V>::mul(dmin, L::<V>::u8(part(block, 4))),
    ]
}

struct Q4K;

impl<V: Dot> Tile<V, 592> for Q4K {
    const BLOCKS: usize = SUPER / BLOCK;
    const BITS: u32 = 4;
    type Super = [F32<V>; 2];
    type Scales = [F32<V>; 2];

    #[inline(always)]
    fn open(tile: &[u8; 592]) -> [F32<V>; 2] {
        supers::<V>(tile)
    }

    #[inline(always)]
    fn scales(tile: &[u8; 592], of: [F32<V>; 2], block: usize) -> [F32<V>; 2] {
        times::<V>(of, &tile[16 + 72 * block..])
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 592], block: usize, at: usize) -> V::Weights {
        V::unpack4(part(tile, 16 + 72 * block + 8), at)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scales: [F32<V>; 2]) -> F32<V> {
        affine::<V>(acc, x, dot, scales)
    }
}

struct Q5K;

impl<V: Dot> Tile<V, 720> for Q5K {
    const BLOCKS: usize = SUPER / BLOCK;
    const BITS: u32 = 5;
    type Super = [F32<V>; 2];
    type Scales = [F32<V>; 2];

    #[inline(always)]
    fn open(tile: &[u8; 720]) -> [F32<V>; 2] {
        supers::<V>(tile)
    }

    #[inline(always)]
    fn scales(tile: &[u8; 720], of: [F32<V>; 2], block: usize) -> [F32<V>; 2] {
        times::<V>(of, &tile[16 + 88 * block..])
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 720], block: usize, at: usize) -> V::Weights {
        let block = 16 + 88 * block;
        V::unpack5(part(tile, block + 24), part(tile, block + 8), at)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scales: [F32<V>; 2]) -> F32<V> {
        affine::<V>(acc, x, dot, scales)
    }
}

struct Q6K;

impl<V: Dot> Tile<V, 840> for Q6K {
    const BLOCKS: usize = SUPER / BLOCK;
    const BITS: u32 = 6;
    type Super = F32<V>;
    type Scales = F32<V>;

    #[inline(always)]
    fn open(tile: &[u8; 840]) -> F32<V> {
        L::<V>::f16(part(tile, 0))
    }

    #[inline(always)]
    fn scales(_: &[u8; 840], of: F32<V>, _: usize) -> F32<V> {
        of
    }

    #[inline(always)]
    fn unpack(tile: &[u8; 840], block: usize, at: usize) -> V::Weights {
        let block = 8 + 104 * block;
        V::unpack6(part(tile, block + 40), part(tile, block + 8), at)
    }

    /// Both halves of the block have a scale.
    #[inline(always)]
    fn dot(tile: &[u8; 840], block: usize, w: &V::Weights, x: &X<V>, at: usize) -> I32<V> {
        let half = 2 * at / V::PARTS;
        let scale = L::<V>::i8(part(tile, 8 + 104 * block + 4 * half));
        V::dot6(w, x, at, scale)
    }

    #[inline(always)]
    fn add(acc: F32<V>, x: &X<V>, dot: I32<V>, scale: F32<V>) -> F32<V> {
        scaled::<V>(acc, x, dot, scale)
    }
}
