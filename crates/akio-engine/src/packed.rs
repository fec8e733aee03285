//! The packed model: one aligned blob that the engine borrows and never copies.
//!
//! ```text
//! 0    magic "AKIOPACK"                      8 bytes
//! 8    format version                        u32 (1)
//! 12   number of sections                    u32
//! 16   length of the whole blob              u64
//! 24   sha256 of everything from byte 64 on  32 bytes
//! 64   section directory: tag [u8; 8] zero-padded, offset u64, length u64
//! ..   sections, each 64-byte aligned, padding is zero
//! ```
//! All integers are little-endian. Offsets count from the start of the blob, which must itself be
//! 64-byte aligned in memory.

use std::{fmt, ops::Range};

use akio_kernels::TileKind;
use bytemuck::{Pod, Zeroable};
use sha2::{Digest, Sha256};

/// First bytes of every packed model.
pub const MAGIC: [u8; 8] = *b"AKIOPACK";
/// Version of the format that this build reads and writes.
pub const VERSION: u32 = 1;
/// Alignment of the blob and of every section, in bytes.
pub const ALIGN: usize = 64;
/// Bytes before the section directory.
pub const HEADER_LEN: usize = 64;

/// Section tags. Text sections are UTF-8.
pub mod tag {
    /// Human-readable model name.
    pub const NAME: &str = "name";
    /// SPDX identifier, or the words of the model's own metadata.
    pub const LICENSE: &str = "license";
    /// Full licence text and the notice that weights were repacked.
    pub const NOTICE: &str = "notice";
    /// Architecture as in the GGUF (`general.architecture`).
    pub const ARCH: &str = "arch";
    /// File name of the source.
    pub const SOURCE: &str = "source";
    /// Hex sha256 of the source file.
    pub const SOURCE_SHA256: &str = "srcsha";
    /// Summary of the source's tensor types and of any loss in packing.
    pub const TENSOR_NOTE: &str = "note";
    /// Jinja chat template; absent for models without one.
    pub const TEMPLATE: &str = "template";
    /// System prompt where no other is given; absent where akio's own holds.
    pub const SYSTEM: &str = "system";
    /// Arguments that stand before those of the command line, each with a NUL behind it, which no
    /// command line can hold; see [`Packed::args`](super::Packed::args). Absent where there are none.
    pub const ARGS: &str = "args";
    /// One [`Config`](super::Config).
    pub const CONFIG: &str = "config";
    /// Array of [`TensorEntry`](super::TensorEntry), sorted by name.
    pub const TENSORS: &str = "tensors";
    /// Tensor names, back to back.
    pub const TENSOR_NAMES: &str = "names";
    /// Tensor data; entries point into it with offsets from the start of the blob.
    pub const DATA: &str = "data";
    /// Beginnings of prompts with their keys and values, computed ahead of time. It comes last, since
    /// all the rest has to be there before, and is empty where there are none.
    pub const PREFIXES: &str = "prefixes";
    /// The source GGUF as it was, for architectures that run through candle.
    pub const GGUF: &str = "gguf";
}

/// Shape and constants of a model.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Config {
    /// Width of the residual stream.
    pub dim: u32,
    /// Width of the feed-forward layer.
    pub hidden_dim: u32,
    /// Number of transformer layers.
    pub n_layers: u32,
    /// Query heads.
    pub n_heads: u32,
    /// Key and value heads.
    pub n_kv_heads: u32,
    /// Width of one head.
    pub head_dim: u32,
    /// Rows of the output head.
    pub vocab_size: u32,
    /// Longest context the model was trained for, in tokens.
    pub seq_len: u32,
    /// Dimensions of a head that are rotated.
    pub rope_dim: u32,
    /// 1 if RoPE pairs `(i, i + rope_dim / 2)` (NeoX, Qwen2), 0 if it pairs `(2i, 2i + 1)` (llama GGUF).
    pub rope_neox: u32,
    /// Base of the rotary frequencies.
    pub rope_theta: f32,
    /// Epsilon of RMS norm.
    pub norm_eps: f32,
}

/// One tensor of the packed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TensorEntry {
    /// Offset of the name in the `names` section.
    pub name_offset: u32,
    /// Length of the name in bytes.
    pub name_len: u32,
    /// [`TileKind`] discriminant.
    pub kind: u32,
    /// Rows (1 for vectors).
    pub rows: u32,
    /// Columns.
    pub cols: u32,
    /// Zero.
    pub reserved: u32,
    /// Offset of the data from the start of the blob.
    pub offset: u64,
    /// Length of the data in bytes.
    pub len: u64,
}

/// A borrowed tensor.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'a> {
    /// Storage layout.
    pub kind: TileKind,
    /// Rows (1 for vectors).
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Exactly `kind.tensor_bytes(rows, cols)` bytes.
    pub data: &'a [u8],
}

/// What can be wrong with a packed model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// The blob does not start with the magic bytes.
    NotPacked,
    /// The blob is not 64-byte aligned in memory.
    Misaligned,
    /// The format version is not the one this build reads.
    Version {
        /// Version found.
        found: u32,
    },
    /// The bytes end before the length that the header states.
    Truncated {
        /// Bytes stated or needed.
        need: u64,
        /// Bytes present.
        have: u64,
    },
    /// A section, table or tensor contradicts itself or points outside of the blob.
    Malformed {
        /// Section or tensor at fault.
        what: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A section that this model needs is absent.
    Missing {
        /// Section tag or tensor name.
        what: String,
    },
    /// The content does not have the sha256 that the header states.
    Hash,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPacked => write!(f, "not a packed akio model: the magic bytes are missing"),
            Self::Misaligned => write!(f, "packed model is not aligned to {ALIGN} bytes in memory"),
            Self::Version { found } => {
                write!(
                    f,
                    "packed model has format version {found}, this build reads {VERSION}"
                )
            }
            Self::Truncated { need, have } => {
                write!(
                    f,
                    "packed model is truncated: {need} bytes expected, {have} present"
                )
            }
            Self::Malformed { what, why } => {
                write!(f, "packed model is malformed at '{what}': {why}")
            }
            Self::Missing { what } => write!(f, "packed model has no '{what}'"),
            Self::Hash => write!(
                f,
                "packed model is damaged: its sha256 does not match its header"
            ),
        }
    }
}

impl std::error::Error for PackError {}

/// A view of a packed model. Copying it copies pointers only.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    bytes: &'a [u8],
    directory: &'a [u8],
}

const ENTRY_LEN: usize = 24;

impl<'a> Packed<'a> {
    /// Checks header and directory (not the hash: see [`Packed::verify`]) and borrows the blob.
    ///
    /// # Errors
    /// Any [`PackError`] but `Hash`; trailing bytes after the stated length are ignored.
    pub fn open(bytes: &'a [u8]) -> Result<Self, PackError> {
        let truncated = |need: u64| PackError::Truncated {
            need,
            have: bytes.len() as u64,
        };
        if !bytes.starts_with(&MAGIC) {
            return Err(PackError::NotPacked);
        }
        if bytes.as_ptr().align_offset(ALIGN) != 0 {
            return Err(PackError::Misaligned);
        }
        if bytes.len() < HEADER_LEN {
            return Err(truncated(HEADER_LEN as u64));
        }
        let version = read_u32(bytes, 8);
        if version != VERSION {
            return Err(PackError::Version { found: version });
        }
        let count = read_u32(bytes, 12) as u64;
        let total = read_u64(bytes, 16);
        if total > bytes.len() as u64 {
            return Err(truncated(total));
        }
        let end = HEADER_LEN as u64 + count * ENTRY_LEN as u64;
        if end > total {
            return Err(PackError::Malformed {
                what: "directory".into(),
                why: "longer than the blob",
            });
        }
        let bytes = &bytes[..total as usize];
        let packed = Self {
            bytes,
            directory: &bytes[HEADER_LEN..end as usize],
        };
        for entry in packed.directory.chunks_exact(ENTRY_LEN) {
            let (offset, len) = (read_u64(entry, 8), read_u64(entry, 16));
            let inside = offset.checked_add(len).is_some_and(|end| end <= total);
            if entry[0] == 0 || !inside || !offset.is_multiple_of(ALIGN as u64) {
                return Err(PackError::Malformed {
                    what: String::from_utf8_lossy(&entry[..8])
                        .trim_end_matches('\0')
                        .into(),
                    why: "section has no name, is outside of the blob, or is not aligned",
                });
            }
        }
        Ok(packed)
    }

    /// The whole blob.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the directory lies in the blob.
    pub fn directory_range(&self) -> Range<usize> {
        HEADER_LEN..HEADER_LEN + self.directory.len()
    }

    /// The tag of each section and where it lies in the blob, in the order of the directory.
    pub fn sections(&self) -> impl Iterator<Item = (&'a [u8], Range<usize>)> + use<'a> {
        self.directory.chunks_exact(ENTRY_LEN).map(|entry| {
            let tag = &entry[..8];
            let tag_len = tag.iter().position(|byte| *byte == 0).unwrap_or(8);
            let start = read_u64(entry, 8) as usize;
            (&tag[..tag_len], start..start + read_u64(entry, 16) as usize)
        })
    }

    /// The bytes of a section.
    pub fn section(&self, tag: &str) -> Option<&'a [u8]> {
        let entry = self.directory.chunks_exact(ENTRY_LEN).find(|entry| {
            let name = &entry[..8];
            name.starts_with(tag.as_bytes()) && name[tag.len()..].iter().all(|b| *b == 0)
        })?;
        let offset = read_u64(entry, 8) as usize;
        Some(&self.bytes[offset..offset + read_u64(entry, 16) as usize])
    }

    /// A section as an array of plain values.
    ///
    /// # Errors
    /// `Missing`, or `Malformed` if the length is no multiple of the value.
    pub fn array<T: Pod>(&self, tag: &str) -> Result<&'a [T], PackError> {
        let bytes = self
            .section(tag)
            .ok_or_else(|| PackError::Missing { what: tag.into() })?;
        bytemuck::try_cast_slice(bytes).map_err(|_| PackError::Malformed {
            what: tag.into(),
            why: "wrong length",
        })
    }

    /// A text section; the empty string if it is absent.
    ///
    /// # Errors
    /// `Malformed` if it is not UTF-8.
    pub fn text(&self, tag: &str) -> Result<&'a str, PackError> {
        std::str::from_utf8(self.section(tag).unwrap_or_default()).map_err(|_| {
            PackError::Malformed {
                what: tag.into(),
                why: "not UTF-8",
            }
        })
    }

    /// The arguments that stand before those of the command line; none if the section is absent.
    ///
    /// # Errors
    /// `Malformed` if they are not UTF-8, or the last one has no end.
    pub fn args(&self) -> Result<Vec<&'a str>, PackError> {
        let text = self.text(tag::ARGS)?;
        if !text.is_empty() && !text.ends_with('\0') {
            return Err(PackError::Malformed {
                what: tag::ARGS.into(),
                why: "the last argument has no end",
            });
        }
        Ok(text.split_terminator('\0').collect())
    }

    /// These arguments as a line to read: what is no plain word stands in quotes, with escapes.
    ///
    /// # Errors
    /// As [`Packed::args`].
    pub fn args_line(&self) -> Result<String, PackError> {
        let is_plain = |arg: &str| {
            let plain = |char: char| char.is_ascii_alphanumeric() || "-_=,.:/+".contains(char);
            !arg.is_empty() && arg.chars().all(plain)
        };
        let shown: Vec<String> = self
            .args()?
            .into_iter()
            .map(|arg| match is_plain(arg) {
                true => arg.to_owned(),
                false => format!("{arg:?}"),
            })
            .collect();
        Ok(shown.join(" "))
    }

    /// Shape and constants.
    ///
    /// # Errors
    /// `Missing` or `Malformed`.
    pub fn config(&self) -> Result<&'a Config, PackError> {
        self.array::<Config>(tag::CONFIG)?
            .first()
            .ok_or(PackError::Malformed {
                what: tag::CONFIG.into(),
                why: "empty",
            })
    }

    /// All tensors with their names, in name order.
    ///
    /// # Errors
    /// `Missing` or `Malformed`.
    pub fn tensors(
        &self,
    ) -> Result<impl Iterator<Item = Result<(&'a str, Tensor<'a>), PackError>>, PackError> {
        let packed = *self;
        Ok(packed
            .array::<TensorEntry>(tag::TENSORS)?
            .iter()
            .map(move |entry| {
                let name = packed.tensor_name(entry)?;
                Ok((name, packed.tensor_data(name, entry)?))
            }))
    }

    /// One tensor by its GGUF name, for example `blk.0.attn_q.weight`.
    ///
    /// # Errors
    /// `Missing` or `Malformed`.
    pub fn tensor(&self, name: &str) -> Result<Tensor<'a>, PackError> {
        let entries = self.array::<TensorEntry>(tag::TENSORS)?;
        let at = entries
            .binary_search_by(|entry| self.tensor_name(entry).unwrap_or_default().cmp(name))
            .map_err(|_| PackError::Missing { what: name.into() })?;
        self.tensor_data(name, &entries[at])
    }

    /// The sha256 that the header states, in hex.
    pub fn sha256(&self) -> String {
        self.bytes[24..56]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// What the sha256 is of: everything behind the header.
    pub fn content(&self) -> &'a [u8] {
        &self.bytes[HEADER_LEN..]
    }

    /// Whether the header states this sha256 of the [`content`](Packed::content).
    pub fn has_sha256(&self, digest: &[u8]) -> bool {
        self.bytes[24..56] == *digest
    }

    /// Recomputes the sha256 of the content.
    ///
    /// # Errors
    /// `Hash` if it differs from the header's.
    pub fn verify(&self) -> Result<(), PackError> {
        if self.has_sha256(&Sha256::digest(self.content())) {
            Ok(())
        } else {
            Err(PackError::Hash)
        }
    }

    fn tensor_name(&self, entry: &TensorEntry) -> Result<&'a str, PackError> {
        let names = self.section(tag::TENSOR_NAMES).unwrap_or_default();
        let start = entry.name_offset as usize;
        start
            .checked_add(entry.name_len as usize)
            .and_then(|end| names.get(start..end))
            .and_then(|name| std::str::from_utf8(name).ok())
            .ok_or(PackError::Malformed {
                what: tag::TENSOR_NAMES.into(),
                why: "bad name",
            })
    }

    fn tensor_data(&self, name: &str, entry: &TensorEntry) -> Result<Tensor<'a>, PackError> {
        let malformed = |why| PackError::Malformed {
            what: name.into(),
            why,
        };
        let kind = TileKind::from_u32(entry.kind).ok_or_else(|| malformed("unknown tile kind"))?;
        let (rows, cols) = (entry.rows as usize, entry.cols as usize);
        let need = kind
            .tensor_bytes(rows, cols)
            .ok_or_else(|| malformed("bad shape"))?;
        if entry.len != need as u64 || !entry.offset.is_multiple_of(ALIGN as u64) {
            return Err(malformed("length or alignment does not fit the shape"));
        }
        let start = usize::try_from(entry.offset).map_err(|_| malformed("outside of the blob"))?;
        let data = start
            .checked_add(need)
            .and_then(|end| self.bytes.get(start..end))
            .ok_or_else(|| malformed("outside of the blob"))?;
        Ok(Tensor {
            kind,
            rows,
            cols,
            data,
        })
    }
}

/// Writes a packed model from its sections, in the order given.
///
/// # Panics
/// If a tag is longer than eight bytes.
pub fn assemble(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut offset = (HEADER_LEN + sections.len() * ENTRY_LEN).next_multiple_of(ALIGN);
    let mut out =
        Vec::with_capacity(offset + sections.iter().map(|s| s.1.len() + ALIGN).sum::<usize>());
    out.resize(HEADER_LEN, 0);
    for (tag, bytes) in sections {
        out.extend_from_slice(&padded(tag));
        out.extend_from_slice(&(offset as u64).to_le_bytes());
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        offset = (offset + bytes.len()).next_multiple_of(ALIGN);
    }
    for (_, bytes) in sections {
        out.resize(out.len().next_multiple_of(ALIGN), 0);
        out.extend_from_slice(bytes);
    }
    out.resize(out.len().next_multiple_of(ALIGN), 0);
    out[..8].copy_from_slice(&MAGIC);
    out[8..12].copy_from_slice(&VERSION.to_le_bytes());
    out[12..16].copy_from_slice(&(sections.len() as u32).to_le_bytes());
    close(&mut out);
    out
}

fn padded(tag: &str) -> [u8; 8] {
    let mut name = [0; 8];
    name[..tag.len()].copy_from_slice(tag.as_bytes());
    name
}

/// Gives the last section of a packed model, which has to be empty and to have this tag, its content; nothing
/// moves.
///
/// # Errors
/// `Malformed` if it is another, or `blob` no packed model.
pub fn fill_last(blob: &mut Vec<u8>, tag: &str, content: &[u8]) -> Result<(), PackError> {
    let malformed = || PackError::Malformed {
        what: tag.into(),
        why: "not the last section, or not empty",
    };
    if !blob.starts_with(&MAGIC) || blob.len() < HEADER_LEN {
        return Err(PackError::NotPacked);
    }
    let (len, count) = (blob.len(), read_u32(blob, 12) as usize);
    let end = count.checked_mul(ENTRY_LEN).map(|len| HEADER_LEN + len);
    let at = end.and_then(|end| end.checked_sub(ENTRY_LEN));
    let entry = at.and_then(|at| blob.get_mut(at..at + ENTRY_LEN));
    let entry = entry.ok_or_else(malformed)?;
    let empty = [&padded(tag)[..], &(len as u64).to_le_bytes(), &[0; 8]].concat();
    if *entry != empty[..] {
        return Err(malformed());
    }
    entry[16..].copy_from_slice(&(content.len() as u64).to_le_bytes());
    blob.extend_from_slice(content);
    blob.resize(blob.len().next_multiple_of(ALIGN), 0);
    close(blob);
    Ok(())
}

/// Writes length and hash of a packed model into its header.
fn close(out: &mut [u8]) {
    let total = out.len() as u64;
    let digest = Sha256::digest(&out[HEADER_LEN..]);
    out[16..24].copy_from_slice(&total.to_le_bytes());
    out[24..56].copy_from_slice(&digest);
}

/// Offset at which the `data` section will start, given the lengths of the sections before it and
/// the number of sections in all. Tensor entries need it before the blob is assembled.
pub fn section_offset(before: &[usize], sections: usize) -> usize {
    let start = (HEADER_LEN + sections * ENTRY_LEN).next_multiple_of(ALIGN);
    before
        .iter()
        .fold(start, |at, len| (at + len).next_multiple_of(ALIGN))
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4]
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8]
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A copy at a 64-byte aligned address, as the data segment has it.
    struct Aligned(Vec<u8>, usize, usize);

    impl Aligned {
        fn new(bytes: &[u8]) -> Self {
            let mut buffer = vec![0; bytes.len() + ALIGN];
            let start = buffer.as_ptr().align_offset(ALIGN);
            buffer[start..start + bytes.len()].copy_from_slice(bytes);
            Self(buffer, start, bytes.len())
        }

        fn bytes(&self) -> &[u8] {
            &self.0[self.1..self.1 + self.2]
        }
    }

    fn sample() -> Vec<u8> {
        let config = Config {
            dim: 32,
            vocab_size: 4,
            seq_len: 8,
            ..Config::zeroed()
        };
        let names = b"token_embd.weight".to_vec();
        let data = vec![7; TileKind::Q8.tensor_bytes(4, 32).unwrap()];
        let sections = [48, 40, names.len()];
        let entry = TensorEntry {
            name_offset: 0,
            name_len: names.len() as u32,
            kind: TileKind::Q8 as u32,
            rows: 4,
            cols: 32,
            reserved: 0,
            offset: section_offset(&sections, 4) as u64,
            len: data.len() as u64,
        };
        assemble(&[
            (tag::CONFIG, bytemuck::bytes_of(&config).to_vec()),
            (tag::TENSORS, bytemuck::bytes_of(&entry).to_vec()),
            (tag::TENSOR_NAMES, names),
            (tag::DATA, data),
        ])
    }

    /// Everything a reader of an untrusted blob may call; must not panic.
    fn read_all(bytes: &[u8]) -> Result<(), PackError> {
        let packed = Packed::open(bytes)?;
        packed.verify()?;
        packed.config()?;
        packed.text(tag::NAME)?;
        packed.args_line()?;
        for tensor in packed.tensors()? {
            let (name, _) = tensor?;
            packed.tensor(name)?;
        }
        Ok(())
    }

    #[test]
    fn what_is_written_is_read() {
        let blob = Aligned::new(&sample());
        let packed = Packed::open(blob.bytes()).unwrap();
        packed.verify().unwrap();
        assert_eq!(packed.config().unwrap().dim, 32);
        let tensor = packed.tensor("token_embd.weight").unwrap();
        assert_eq!(
            (tensor.kind, tensor.rows, tensor.cols),
            (TileKind::Q8, 4, 32)
        );
        assert!(tensor.data.iter().all(|byte| *byte == 7));
        assert_eq!(
            packed.tensor("x").unwrap_err(),
            PackError::Missing { what: "x".into() }
        );
        assert_eq!(packed.section("configs"), None);
        assert_eq!(packed.section("conf"), None);
    }

    #[test]
    fn arguments_have_an_end() {
        let line = |bytes: &[u8]| {
            let blob = Aligned::new(&assemble(&[(tag::ARGS, bytes.to_vec())]));
            Packed::open(blob.bytes())?.args_line()
        };
        assert_eq!(line(b"").unwrap(), "");
        assert_eq!(line(b"chat\0-t\x000\0").unwrap(), "chat -t 0");
        assert_eq!(
            line(b"-s\0\0a b\0\x1b[2J\0").unwrap(),
            r#"-s "" "a b" "\u{1b}[2J""#
        );
        for (bytes, why) in [(&b"chat"[..], "no end"), (b"\xff\0", "UTF-8")] {
            let said = line(bytes).unwrap_err().to_string();
            assert!(said.contains("'args'") && said.contains(why), "{said}");
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        let blob = sample();
        for len in 0..blob.len() {
            let cut = Aligned::new(&blob[..len]);
            assert!(Packed::open(cut.bytes()).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let blob = sample();
        for at in 0..blob.len() {
            // The 8 bytes after the hash are reserved.
            if (56..64).contains(&at) {
                continue;
            }
            let mut changed = blob.clone();
            changed[at] ^= 1;
            assert!(
                read_all(Aligned::new(&changed).bytes()).is_err(),
                "byte {at}"
            );
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        ) {
            let mut blob = sample();
            for (at, value) in changes {
                let at = at.index(blob.len());
                blob[at] = value;
            }
            let blob = Aligned::new(&blob);
            if let Ok(packed) = Packed::open(blob.bytes()) {
                let _ = packed.config();
                let _ = packed.text(tag::NAME);
                let _ = packed.args_line();
                if let Ok(tensors) = packed.tensors() {
                    for (name, _) in tensors.flatten() {
                        let _ = packed.tensor(name);
                    }
                }
            }
        }
    }
}
