//! `out = W x`: the one loop nest over strips, tokens and blocks, for every tile kind and variant.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::Simd128;
#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
use crate::{activations::Precision, relaxed::Relaxed};
use crate::{
    activations::{Activations, Block, PANEL},
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
        Variant::Scalar => dispatch::<Scalar, Scalar>(w, x, out),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Variant::Simd128 => dispatch::<Simd128, Simd128>(w, x, out),
        #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
        Variant::Relaxed => match x.precision() {
            Precision::Bits8 => dispatch::<Relaxed, Simd128>(w, x, out),
            Precision::Bits12 => dispatch::<Simd128, Simd128>(w, x, out),
        },
    }
}

/// Every kind with `V`, but that of 8-bit weights with `W`.
fn dispatch<V: Loops, W: Loops + Dot8>(w: &Matrix<'_>, x: &Activations, out: &mut [f32]) {
    match w.kind {
        TileKind::F32 => {}
        TileKind::Q4 => V::multiply::<Q4, 80>(w, x, out),
        TileKind::Q5 => V::multiply::<Q5, 96>(w, x, out),
        TileKind::Q8 => W::multiply::<Q8, 136>(w, x, out),
        TileKind::Q4K => V::multiply::<Q4K, 592>(w, x, out),
        TileKind::Q5K => V::multiply::<Q5K, 720>(w, x, out),
        TileKind::Q6K => V::multiply::<Q6K, 840>(w, x, out),
    }
}

/// A variant's own copy of the loops, compiled with its instructions.
trait Loops: Dot + Sized {
    fn multiply<K: Tile<Self, BYTES>, const BYTES: usize>(
        w: &Matrix<'_>,
        x: &Activations,
        out: &mut [f32],
    ) {
        panels::<Self, K, BYTES>(w, x, out);
    }
}

impl Loops for Scalar {}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Loops for Simd128 {}

#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
impl Loops for Relaxed {
    fn multiply<K: Tile<Self, BYTES>, const BYTES: usize>(
        w: &Matrix<'_>,
        x: &Activations,
        out: &mut [f32],
    ) {
        /// The rest of the module is compiled without relaxed SIMD.
        #[target_feature(enable = "relaxed-simd")]
        fn relaxed<K: Tile<Relaxed, BYTES>, const BYTES: usize>(
            w: &Matrix<'_>,
            x: &Activations,
            out: &mut [f32],
        ) {
            panels::<Relaxed, K, BYTES>(w, x, out);
        }
        relaxed::<K, BYTES>(w, x, out);
    }
}

type L<V> = <V as Dot>::Lanes;

/// One tile kind: adds a tile's products to the sums of all tokens of a panel.
trait Tile<V: Dot, const BYTES: usize> {
    /// `x` has the tile's blocks, and in each the tokens.
    fn accumulate(tile: &[u8; BYTES], x: &[Block], sums: &mut Sums<'_, V>);
}

/// The sums of one strip and all tokens of a panel.
struct Sums<'a, V: Dot> {
    acc: &'a mut [F32<V>],
    /// Of the first part of a block.
    part: &'a mut [I32<V>],
}

/// Panel by panel of tokens, so that their activations stay in the nearest cache while all weights
/// pass by.
#[inline(always)]
fn panels<V: Dot, K: Tile<V, BYTES>, const BYTES: usize>(
    w: &Matrix<'_>,
    x: &Activations,
    out: &mut [f32],
) {
    let x = x.blocks().chunks(PANEL * w.cols / BLOCK);
    for (x, out) in x.zip(out.chunks_mut(PANEL * w.rows)) {
        match out.len() / w.rows {
            // With a constant number of tokens their sums stay in registers.
            1 => panel::<V, K, BYTES>(w, x, 1, out),
            n => panel::<V, K, BYTES>(w, x, n, out),
        }
    }
}

/// Multiplies the matrix with a panel of `n` tokens.
#[inline(always)]
fn panel<V: Dot, K: Tile<V, BYTES>, const BYTES: usize>(
    w: &Matrix<'_>,
    x: &[Block],
    n: usize,
    out: &mut [f32],
) {
    let (tiles, _) = w.data.as_chunks::<BYTES>();
    let strips = tiles.chunks_exact(w.cols / w.kind.block_cols());
    for (strip, tiles) in strips.enumerate() {
        let mut acc = [L::<V>::splat(0.0); PANEL];
        let mut part = [L::<V>::splat_i32(0); PANEL];
        let mut sums = Sums::<V> {
            acc: &mut acc[..n],
            part: &mut part[..n],
        };
        let of_tiles = x.chunks_exact(n * w.kind.block_cols() / BLOCK);
        for (tile, x) in tiles.iter().zip(of_tiles) {
            K::accumulate(tile, x, &mut sums);
        }
        let row = strip * STRIP;
        for (acc, out) in acc.iter().zip(out.chunks_exact_mut(w.rows)) {
            let sums = L::<V>::store(*acc);
            match out[row..].first_chunk_mut() {
                Some(out) => *out = sums,
                None => {
                    let rest = &mut out[row..];
                    rest.copy_from_slice(&sums[..rest.len()]);
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

/// Multiplies a block with every token and hands on each dot product.
#[inline(always)]
fn dots<V: Dot>(
    unpack: impl Fn(usize) -> V::Weights,
    dot: impl Fn(&V::Weights, &Block, usize) -> I32<V>,
    x: &[Block],
    sums: &mut Sums<'_, V>,
    add: impl Fn(F32<V>, &Block, I32<V>) -> F32<V>,
) {
    let tokens = x.iter().zip(&mut *sums.acc).zip(&mut *sums.part);
    if V::PARTS == 1 {
        let w = unpack(0);
        for ((x, acc), _) in tokens {
            *acc = add(*acc, x, dot(&w, x, 0));
        }
    } else {
        let w = unpack(0);
        for ((x, _), part) in tokens {
            *part = dot(&w, x, 0);
        }
        let w = unpack(1);
        for ((x, acc), part) in x.iter().zip(&mut *sums.acc).zip(&*sums.part) {
            *acc = add(*acc, x, L::<V>::add_i32(*part, dot(&w, x, 1)));
        }
    }
}

/// `acc + (scale * x.d) * dot`.
#[inline(always)]
fn scaled<V: Dot>(acc: F32<V>, scale: F32<V>, d: F32<V>, dot: I32<V>) -> F32<V> {
    let scaled = L::<V>::mul(L::<V>::mul(scale, d), L::<V>::to_f32(dot));
    L::<V>::add(acc, scaled)
}

/// `acc + (scale * x.d) * dot + min * x.sum`, in this order.
#[inline(always)]
fn affine<V: Dot>(scale: F32<V>, min: F32<V>) -> impl Fn(F32<V>, &Block, I32<V>) -> F32<V> {
    move |acc, x, dot| {
        let [x_d, x_sum] = V::scales(x);
        let acc = scaled::<V>(acc, scale, x_d, dot);
        L::<V>::add(acc, L::<V>::mul(min, x_sum))
    }
}

struct Q4;

impl<V: Dot> Tile<V, 80> for Q4 {
    #[inline(always)]
    fn accumulate(tile: &[u8; 80], x: &[Block], sums: &mut Sums<'_, V>) {
        let [d, m] = [0, 8].map(|at| L::<V>::f16(part(tile, at)));
        let unpack = |at| V::unpack4(part(tile, 16), at);
        dots::<V>(unpack, V::dot::<4>, x, sums, affine::<V>(d, m));
    }
}

struct Q5;

impl<V: Dot> Tile<V, 96> for Q5 {
    #[inline(always)]
    fn accumulate(tile: &[u8; 96], x: &[Block], sums: &mut Sums<'_, V>) {
        let [d, m] = [0, 8].map(|at| L::<V>::f16(part(tile, at)));
        let unpack = |at| V::unpack5(part(tile, 32), part(tile, 16), at);
        dots::<V>(unpack, V::dot::<5>, x, sums, affine::<V>(d, m));
    }
}

struct Q8;

impl<V: Dot8> Tile<V, 136> for Q8 {
    #[inline(always)]
    fn accumulate(tile: &[u8; 136], x: &[Block], sums: &mut Sums<'_, V>) {
        let d = L::<V>::f16(part(tile, 0));
        let unpack = |at| V::unpack8(part(tile, 8), at);
        let add = |acc, x: &_, dot| scaled::<V>(acc, d, V::scales(x)[0], dot);
        dots::<V>(unpack, V::dot::<8>, x, sums, add);
    }
}

/// The eight blocks of 32 in a super-block of the 4- and 5-bit K types: 6-bit scales and minima times
/// f16 super-scales, both products exact in f32.
#[inline(always)]
fn add_super<V: Dot>(
    tile: &[u8],
    sub_bytes: usize,
    unpack: impl Fn(&[u8], usize) -> V::Weights,
    dot: impl Fn(&V::Weights, &Block, usize) -> I32<V> + Copy,
    x: &[Block],
    sums: &mut Sums<'_, V>,
) {
    let d = L::<V>::f16(part(tile, 0));
    let dmin = L::<V>::mul(L::<V>::f16(part(tile, 8)), L::<V>::splat(-1.0));
    let subs = tile[16..].chunks_exact(sub_bytes);
    for (sub, x) in subs.zip(x.chunks_exact(x.len() / (SUPER / BLOCK))) {
        let scale = L::<V>::mul(d, L::<V>::u8(part(sub, 0)));
        let min = L::<V>::mul(dmin, L::<V>::u8(part(sub, 4)));
        dots::<V>(|at| unpack(sub, at), dot, x, sums, affine::<V>(scale, min));
    }
}

struct Q4K;

impl<V: Dot> Tile<V, 592> for Q4K {
    #[inline(always)]
    fn accumulate(tile: &[u8; 592], x: &[Block], sums: &mut Sums<'_, V>) {
        let unpack = |sub: &[u8], at| V::unpack4(part(sub, 8), at);
        add_super::<V>(tile, 72, unpack, V::dot::<4>, x, sums);
    }
}

struct Q5K;

impl<V: Dot> Tile<V, 720> for Q5K {
    #[inline(always)]
    fn accumulate(tile: &[u8; 720], x: &[Block], sums: &mut Sums<'_, V>) {
        let unpack = |sub: &[u8], at| V::unpack5(part(sub, 24), part(sub, 8), at);
        add_super::<V>(tile, 88, unpack, V::dot::<5>, x, sums);
    }
}

struct Q6K;

impl<V: Dot> Tile<V, 840> for Q6K {
    #[inline(always)]
    fn accumulate(tile: &[u8; 840], x: &[Block], sums: &mut Sums<'_, V>) {
        let d = L::<V>::f16(part(tile, 0));
        let subs = tile[8..].chunks_exact(104);
        for (sub, x) in subs.zip(x.chunks_exact(x.len() / (SUPER / BLOCK))) {
            let scales = [0, 4].map(|at| L::<V>::i8(part(sub, at)));
            let unpack = |at| V::unpack6(part(sub, 40), part(sub, 8), at);
            let dot = |w: &_, x: &_, at| V::dot6(w, x, at, &scales);
            let add = |acc, x: &_, dot| scaled::<V>(acc, d, V::scales(x)[0], dot);
            dots::<V>(unpack, dot, x, sums, add);
        }
    }
}
