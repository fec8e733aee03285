//! The layout of packed weights: strips of four rows, cut into blocks along `k`.
//!
//! A matrix of `rows x cols` is stored as `rows.div_ceil(4)` strips (missing rows are zero
//! weights), each strip as blocks in ascending `k`. Within a block the four rows lie side by
//! side, so that one SIMD lane is one row: sums over `k` run in the same order in every variant,
//! which is what makes the variants equal bit for bit.
//!
//! A block of 32 columns holds eight *groups* of four columns. A 16-byte vector of group `g` is
//! `[row0 k0..k3, row1 k0..k3, row2 k0..k3, row3 k0..k3]` with `k = 4 * g + 0..4`.
//!
//! | field | bytes | content |
//! | --- | --- | --- |
//! | `qs` (4-bit) | 64 | vector `v` in 0..4: low nibbles are group `v`, high nibbles group `v + 4` |
//! | `qs` (8-bit) | 128 | vector `g` in 0..8, signed bytes |
//! | `qh1` | 16 | bit `g` of byte `j` is bit 4 of the weight at byte `j` of group `g` |
//! | `qh2` | 32 | bits `2 * (g % 4)..+2` of byte `j` of vector `g / 4` are bits 4..6 of that weight |
//!
//! All scales are little-endian IEEE f16; `d`, `m`, `dmin` hold one value for each of the four rows.

/// Rows in a strip; also the number of f32 lanes of a 128-bit vector.
pub const STRIP: usize = 4;

/// Columns covered by one activation scale and by one small block.
pub const BLOCK: usize = 32;

/// Columns of a super-block (the K types).
pub const SUPER: usize = 256;

/// How the weights of one tensor are stored. The discriminant is part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TileKind {
    /// Plain little-endian f32 values, row-major; norms and biases.
    F32 = 0,
    /// `w = d * q + m`, q in 0..16. From Q4_0 (`m = -8 d`) and Q4_1.
    /// Block of 32: `d[4], m[4], qs[64]`, 80 bytes.
    Q4 = 1,
    /// `w = d * q + m`, q in 0..32. From Q5_0 (`m = -16 d`) and Q5_1.
    /// Block of 32: `d[4], m[4], qh1[16], qs[64]`, 96 bytes.
    Q5 = 2,
    /// `w = d * q`, q in -128..128. From Q8_0, and with a stated loss from F32, F16 and BF16.
    /// Block of 32: `d[4], qs[128]`, 136 bytes.
    Q8 = 3,
    /// `w = d * sc * q - dmin * m`, q in 0..16, sc and m in 0..64. From Q4_K.
    /// Block of 256: `d[4], dmin[4]`, then eight times `sc[4]: u8, m[4]: u8, qs[64]`; 592 bytes.
    Q4K = 4,
    /// As `Q4K` with q in 0..32. From Q5_K.
    /// Block of 256: `d[4], dmin[4]`, then eight times `sc[4], m[4], qh1[16], qs[64]`; 720 bytes.
    Q5K = 5,
    /// `w = d * sc * (q - 32)`, q in 0..64, one `sc` for 16 columns. From Q6_K.
    /// Block of 256: `d[4]`, then eight times `sc[8]: i8` (first the four rows of columns 0..16,
    /// then those of 16..32), `qh2[32]`, `qs[64]`; 840 bytes.
    Q6K = 6,
}

impl TileKind {
    /// Every kind, for enumeration in tests and tools.
    pub const ALL: [Self; 7] = [
        Self::F32,
        Self::Q4,
        Self::Q5,
        Self::Q8,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// The kind with this discriminant, if there is one.
    pub fn from_u32(value: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == value)
    }

    /// Columns in one block.
    pub const fn block_cols(self) -> usize {
        match self {
            Self::F32 => 1,
            Self::Q4 | Self::Q5 | Self::Q8 => BLOCK,
            Self::Q4K | Self::Q5K | Self::Q6K => SUPER,
        }
    }

    /// Bytes of one block of four rows (`F32`: of one value).
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Q4 => 80,
            Self::Q5 => 96,
            Self::Q8 => 136,
            Self::Q4K => 16 + 8 * 72,
            Self::Q5K => 16 + 8 * 88,
            Self::Q6K => 8 + 8 * 104,
        }
    }

    /// Bytes of a whole tensor, or `None` if `cols` is no multiple of the block or the size overflows.
    pub fn tensor_bytes(self, rows: usize, cols: usize) -> Option<usize> {
        if !cols.is_multiple_of(self.block_cols()) {
            return None;
        }
        let units = match self {
            Self::F32 => rows,
            _ => rows.div_ceil(STRIP),
        };
        units
            .checked_mul(cols / self.block_cols())?
            .checked_mul(self.block_bytes())
    }
}
