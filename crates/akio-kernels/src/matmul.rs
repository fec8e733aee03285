//! `out = W x`: the one loop nest over strips, tokens and blocks, for every tile kind and variant.

use crate::{
    activations::{Activations, Block},
    scalar::Scalar,
    tile::{BLOCK, STRIP, SUPER, TileKind},
    vector::Vector,
};

/// Tokens that share one unpacking of a block.
const PANEL: usize = 4;

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
}

impl Variant {
    /// Every variant of this build, the best one last.
    pub const AVAILABLE: &[Self] = &[
        Self::Scalar,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Self::Simd128,
    ];

    /// The variant that [`matmul`] runs.
    pub const BEST: Self = Self::AVAILABLE[Self::AVAILABLE.len() - 1];

    /// Its name, for example `simd128`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => Scalar::NAME,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => crate::simd128::Simd128::NAME,
        }
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
        Variant::Simd128 => dispatch::<crate::simd128::Simd128>(w, x, out),
    }
}

fn dispatch<V: Vector>(w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    match w.kind {
        TileKind::F32 => {}
        TileKind::Q4 => strips::<V, Q4, 80>(w, x, out),
        TileKind::Q5 => strips::<V, Q5, 96>(w, x, out),
        TileKind::Q8 => strips::<V, Q8, 136>(w, x, out),
        TileKind::Q4K => strips::<V, Q4K, 592>(w, x, out),
        TileKind::Q5K => strips::<V, Q5K, 720>(w, x, out),
        TileKind::Q6K => strips::<V, Q6K, 840>(w, x, out),
    }
}

/// One tile kind: adds a block's products to the accumulators of `T` tokens.
trait Tile<const BYTES: usize> {
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; BYTES],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    );
}

/// The tokens from `first` on.
struct Panel<'a> {
    x: &'a Activations,
    first: usize,
}

impl Panel<'_> {
    #[inline(always)]
    fn block(&self, token: usize, block: usize) -> Block<'_> {
        self.x.block(self.first + token, block)
    }
}

fn strips<V: Vector, K: Tile<BYTES>, const BYTES: usize>(
    w: &Matrix<'_>,
    x: &Activations,
    out: &mut [f32],
) {
    let blocks = w.cols / w.kind.block_cols();
    let (tiles, _) = w.data.as_chunks::<BYTES>();
    for (strip, tiles) in tiles.chunks_exact(blocks).enumerate() {
        let row = strip * STRIP;
        let rows = STRIP.min(w.rows - row);
        let mut store = |token: usize, sums: V::F32| {
            let at = token * w.rows + row;
            out[at..at + rows].copy_from_slice(&V::store(sums)[..rows]);
        };
        let mut first = 0;
        while first + PANEL <= x.n() {
            let sums = strip_times::<V, K, BYTES, PANEL>(tiles, &Panel { x, first });
            for (token, sums) in sums.into_iter().enumerate() {
                store(first + token, sums);
            }
            first += PANEL;
        }
        for first in first..x.n() {
            let [sums] = strip_times::<V, K, BYTES, 1>(tiles, &Panel { x, first });
            store(first, sums);
        }
    }
}

#[inline(always)]
fn strip_times<V: Vector, K: Tile<BYTES>, const BYTES: usize, const T: usize>(
    tiles: &[[u8; BYTES]],
    x: &Panel<'_>,
) -> [V::F32; T] {
    let mut acc = [V::splat(0.0); T];
    for (block, tile) in tiles.iter().enumerate() {
        K::accumulate::<V, T>(tile, x, block, &mut acc);
    }
    acc
}

/// The `N` bytes from `at` on. Bounds are constants after inlining.
#[inline(always)]
fn part<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
    bytes[at..].first_chunk().expect("tile layout")
}

/// `acc += (scale * x.d) * dot + min * x.sum`, in this order.
#[inline(always)]
fn add_affine<V: Vector, const T: usize>(
    acc: &mut [V::F32; T],
    weights: &V::Weights,
    scale: V::F32,
    min: V::F32,
    x: &Panel<'_>,
    block: usize,
) {
    for (token, acc) in acc.iter_mut().enumerate() {
        let x = x.block(token, block);
        let dot = V::to_f32(V::dot(weights, &x));
        *acc = V::add(*acc, V::mul(V::mul(scale, V::splat(x.d)), dot));
        *acc = V::add(*acc, V::mul(min, V::splat(x.sum)));
    }
}

struct Q4;

impl Tile<80> for Q4 {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 80],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        let weights = V::unpack4(part(tile, 16));
        add_affine::<V, T>(
            acc,
            &weights,
            V::f16(part(tile, 0)),
            V::f16(part(tile, 8)),
            x,
            block,
        );
    }
}

struct Q5;

impl Tile<96> for Q5 {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 96],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        let weights = V::unpack5(part(tile, 32), part(tile, 16));
        add_affine::<V, T>(
            acc,
            &weights,
            V::f16(part(tile, 0)),
            V::f16(part(tile, 8)),
            x,
            block,
        );
    }
}

struct Q8;

impl Tile<136> for Q8 {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 136],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        let weights = V::unpack8(part(tile, 8));
        let scale = V::f16(part(tile, 0));
        for (token, acc) in acc.iter_mut().enumerate() {
            let x = x.block(token, block);
            let dot = V::to_f32(V::dot(&weights, &x));
            *acc = V::add(*acc, V::mul(V::mul(scale, V::splat(x.d)), dot));
        }
    }
}

/// The eight blocks of 32 in a super-block of the 4- and 5-bit K types: 6-bit scales and minima times
/// f16 super-scales, both products exact in f32.
#[inline(always)]
fn add_super<V: Vector, const T: usize>(
    tile: &[u8],
    sub_bytes: usize,
    unpack: impl Fn(&[u8]) -> V::Weights,
    x: &Panel<'_>,
    block: usize,
    acc: &mut [V::F32; T],
) {
    let (d, dmin) = (
        V::f16(part(tile, 0)),
        V::mul(V::f16(part(tile, 8)), V::splat(-1.0)),
    );
    for sub in 0..SUPER / BLOCK {
        let at = 16 + sub * sub_bytes;
        let scale = V::mul(d, V::u8(part(tile, at)));
        let min = V::mul(dmin, V::u8(part(tile, at + 4)));
        let weights = unpack(&tile[at + 8..at + sub_bytes]);
        add_affine::<V, T>(acc, &weights, scale, min, x, block * (SUPER / BLOCK) + sub);
    }
}

struct Q4K;

impl Tile<592> for Q4K {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 592],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        add_super::<V, T>(tile, 72, |sub| V::unpack4(part(sub, 0)), x, block, acc);
    }
}

struct Q5K;

impl Tile<720> for Q5K {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 720],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        add_super::<V, T>(
            tile,
            88,
            |sub| V::unpack5(part(sub, 16), part(sub, 0)),
            x,
            block,
            acc,
        );
    }
}

struct Q6K;

impl Tile<840> for Q6K {
    #[inline(always)]
    fn accumulate<V: Vector, const T: usize>(
        tile: &[u8; 840],
        x: &Panel<'_>,
        block: usize,
        acc: &mut [V::F32; T],
    ) {
        let d = V::f16(part(tile, 0));
        for sub in 0..SUPER / BLOCK {
            let at = 8 + sub * 104;
            let scales = [V::i8(part(tile, at)), V::i8(part(tile, at + 4))];
            let weights = V::unpack6(part(tile, at + 40), part(tile, at + 8));
            for (token, acc) in acc.iter_mut().enumerate() {
                let x = x.block(token, block * (SUPER / BLOCK) + sub);
                let [first, second] = V::dot_halves(&weights, &x);
                let dot = V::add_i32(V::mul_i32(scales[0], first), V::mul_i32(scales[1], second));
                *acc = V::add(*acc, V::mul(V::mul(d, V::splat(x.d)), V::to_f32(dot)));
            }
        }
    }
}
