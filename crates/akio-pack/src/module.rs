//! A packed model into a finished module, and out of it again.
//!
//! The module reserves 32 bytes in its data, the slot: a marker, then address and length of the
//! model, both `u32::MAX` while there is none, and a byte that is 0 in a module built without candle. The model becomes one more active data segment above
//! the initial memory. In front of the data goes a custom section with the sha256 of each part of the
//! model, so that a loader can check the parts while they arrive. Nothing else in the module changes, so
//! it can follow every other tool that rewrites modules, and another model goes in without compiling.

use std::{
    borrow::Cow,
    io::{self, Write},
    ops::Range,
};

use akio_engine::{
    model::CANDLE_ARCHITECTURES,
    packed::{ALIGN, MAGIC, Packed, VERSION, tag},
};
use sha2::{Digest, Sha256};
use wasm_encoder::{ConstExpr, Encode, Section};
use wasmparser::{BinaryReader, DataKind, Operator, Parser, Payload, TypeRef};

use crate::PackToolError;

/// First bytes of the slot.
pub const MARKER: [u8; 16] = *b"AKIO-MODEL-SLOT\x01";
/// First bytes of every WebAssembly file.
pub const WASM_MAGIC: [u8; 4] = *b"\0asm";
/// What the trailer of a native executable begins with (`wasi-host/src/bundle.rs`).
pub const TRAILER_MAGIC: [u8; 8] = *b"AKIOBNDL";
/// Bytes of that trailer, which are the last ones of the file.
pub const TRAILER_LEN: usize = 232;
/// Name of the custom section with the hashes: the length of a part as a little-endian `u32`, then the
/// sha256 of each part of the model in turn, the last of which may be shorter.
pub const HASHES: &str = "akio.hashes";
/// Bytes of a part.
pub const PART_LEN: u32 = 1 << 20;
const SLOT_LEN: usize = 32;
const EMPTY: u32 = u32::MAX;
const PAGE: u64 = 65_536;
const MAX_PAGES: u64 = 65_536;

/// Writes `module` with `model` in its slot to `out`; a model that is already there, or the room for one, is
/// replaced.
/// Returns the number of bytes written. Nothing is written if the model does not fit.
///
/// # Errors
/// `BadModule`, `NoSlot`, `SeveralSlots`, `WithoutCandle`, `MemoryTooLarge`, `ModuleTooLarge` if the result
/// has more than `limit` bytes, or `Io`.
pub fn inject(
    module: &[u8],
    model: Packed<'_>,
    limit: Option<u64>,
    out: &mut impl Write,
) -> Result<u64, PackToolError> {
    put(module, model, true, limit, out)
}

/// Writes `module` as [`inject`] does, slot and memory included, but leaves the bytes of the model out:
/// who instantiates it copies them to where the slot points before anything else is called.
///
/// # Errors
/// Those of [`inject`].
pub fn reserve(
    module: &[u8],
    model: Packed<'_>,
    limit: Option<u64>,
    out: &mut impl Write,
) -> Result<u64, PackToolError> {
    put(module, model, false, limit, out)
}

/// Writes `module` without its model: the slot is empty again, and the memory as large as before. The same
/// model put into it gives the same module.
///
/// # Errors
/// `NoModel` if there is none; `BadModule`, `NoSlot`, `SeveralSlots` or `Io`.
pub fn remove(module: &[u8], out: &mut impl Write) -> Result<u64, PackToolError> {
    let layout = Layout::read(module)?;
    let model = layout.model.clone().ok_or(PackToolError::NoModel)?;
    let pages = layout.model_pages();
    let memory = layout.memory.with(
        module,
        layout.memory.ty.initial - pages,
        layout.memory.ty.maximum.map(|max| max - pages),
    )?;
    let segments = layout.segments - 1;
    let mut count = Vec::new();
    segments.encode(&mut count);
    let content = count.len() + (layout.data.end - layout.bodies) - model.len();
    let mut data_header = vec![wasm_encoder::SectionId::Data.into()];
    u32::try_from(content)
        .map_err(|_| refuse("its data is too large"))?
        .encode(&mut data_header);
    data_header.extend(count);
    let mut edits = vec![
        memory,
        Edit {
            range: layout.data.start..layout.bodies,
            with: vec![data_header.into()],
        },
        Edit {
            range: layout.slot_fields,
            with: vec![vec![0xFF; 8].into()],
        },
        Edit {
            range: model,
            with: vec![],
        },
    ];
    if let Some(range) = layout.data_count_section {
        let mut section = Vec::new();
        wasm_encoder::DataCountSection { count: segments }.append_to(&mut section);
        edits.push(Edit {
            range,
            with: vec![section.into()],
        });
    }
    if let Some(range) = layout.hashes_section {
        edits.push(Edit {
            range,
            with: vec![],
        });
    }
    edits.sort_by_key(|edit| edit.range.start);
    apply(module, &edits, None, out)
}

fn put(
    module: &[u8],
    model: Packed<'_>,
    with_bytes: bool,
    limit: Option<u64>,
    out: &mut impl Write,
) -> Result<u64, PackToolError> {
    let layout = Layout::read(module)?;
    let arch = model.text(tag::ARCH)?;
    if !layout.has_candle && CANDLE_ARCHITECTURES.contains(&arch) {
        return Err(PackToolError::WithoutCandle { arch: arch.into() });
    }
    let len = model.bytes().len() as u64;
    let before = layout.model_pages();
    let base = layout.memory.ty.initial - before;
    let pages = len.div_ceil(PAGE);
    let need = (base + pages) * PAGE;
    let too_large = PackToolError::MemoryTooLarge { model: len, need };
    let (Ok(address), Ok(len)) = (u32::try_from(base * PAGE), u32::try_from(len)) else {
        return Err(too_large);
    };
    if base + pages > MAX_PAGES {
        return Err(too_large);
    }

    // What the module could grow by, it still can.
    let maximum = layout.memory.ty.maximum;
    let maximum = maximum.map(|max| (max - before + pages).min(MAX_PAGES));
    let memory = layout.memory.with(module, base + pages, maximum)?;
    if with_bytes && layout.memory.ty.shared {
        return Err(refuse(
            "every thread would write the model into its shared memory anew: take the code only",
        ));
    }

    let segments = layout.segments - u32::from(layout.model.is_some()) + u32::from(with_bytes);
    let mut segment = Vec::new();
    let mut blob = &[][..];
    if with_bytes {
        segment.push(0);
        ConstExpr::i32_const(address.cast_signed()).encode(&mut segment);
        len.encode(&mut segment);
        blob = model.bytes();
    }
    let at = layout
        .model
        .clone()
        .unwrap_or(layout.data.end..layout.data.end);
    let mut count = Vec::new();
    segments.encode(&mut count);
    let old_bodies = layout.data.end - layout.bodies;
    let content = count.len() + old_bodies - at.len() + segment.len() + blob.len();
    let mut data_header = Vec::new();
    if with_bytes {
        hashes(blob).append_to(&mut data_header);
    }
    data_header.push(wasm_encoder::SectionId::Data.into());
    u32::try_from(content)
        .map_err(|_| too_large)?
        .encode(&mut data_header);
    data_header.extend(count);

    let mut edits = vec![
        memory,
        Edit {
            range: layout.data.start..layout.bodies,
            with: vec![data_header.into()],
        },
        Edit {
            range: layout.slot_fields,
            with: vec![[address.to_le_bytes(), len.to_le_bytes()].concat().into()],
        },
        Edit {
            range: at,
            with: vec![segment.into(), blob.into()],
        },
    ];
    if let Some(range) = layout.data_count_section {
        let mut section = Vec::new();
        wasm_encoder::DataCountSection { count: segments }.append_to(&mut section);
        edits.push(Edit {
            range,
            with: vec![section.into()],
        });
    }
    if let Some(range) = layout.hashes_section {
        edits.push(Edit {
            range,
            with: vec![],
        });
    }
    edits.sort_by_key(|edit| edit.range.start);
    apply(module, &edits, limit, out)
}

fn hashes(model: &[u8]) -> wasm_encoder::CustomSection<'static> {
    let mut data = PART_LEN.to_le_bytes().to_vec();
    for part in model.chunks(PART_LEN as usize) {
        data.extend_from_slice(&Sha256::digest(part));
    }
    wasm_encoder::CustomSection {
        name: HASHES.into(),
        data: data.into(),
    }
}

/// The model that `module`, or the native executable made of it, carries, as it was injected.
///
/// # Errors
/// Those of [`place`].
pub fn segment(module: &[u8]) -> Result<&[u8], PackToolError> {
    if is_bundled(module) {
        return bundled(module);
    }
    Ok(&module[place(module)?])
}

/// Whether it is a native executable with a module in it, of whatever system.
pub fn is_bundled(file: &[u8]) -> bool {
    file.last_chunk::<TRAILER_LEN>()
        .is_some_and(|trailer| trailer.starts_with(&TRAILER_MAGIC))
}

/// Where in the bytes of `module` its model lies.
///
/// # Errors
/// `NoModel` if the slot is empty, or there is only room for one; `BadModule`, `NoSlot` or `SeveralSlots`.
pub fn place(module: &[u8]) -> Result<Range<usize>, PackToolError> {
    let layout = Layout::read(module)?;
    let end = layout.model.ok_or(PackToolError::NoModel)?.end;
    Ok(end - layout.room..end)
}

/// The model in a native executable: the precompiled module is appended to it at a page boundary, and
/// holds the memory of the module, model included, as it will be mapped.
fn bundled(executable: &[u8]) -> Result<&[u8], PackToolError> {
    let head = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    (0..executable.len())
        .step_by(ALIGN)
        .map(|at| &executable[at..])
        .filter(|rest| rest.starts_with(&head))
        .find_map(|model| {
            let len = u64::from_le_bytes(*model.get(16..)?.first_chunk()?);
            model.get(..usize::try_from(len).ok()?)
        })
        .ok_or(PackToolError::NoModel)
}

/// Bytes of the module to be replaced.
struct Edit<'a> {
    range: Range<usize>,
    with: Vec<Cow<'a, [u8]>>,
}

fn apply(
    module: &[u8],
    edits: &[Edit<'_>],
    limit: Option<u64>,
    out: &mut impl Write,
) -> Result<u64, PackToolError> {
    let removed: usize = edits.iter().map(|edit| edit.range.len()).sum();
    let added: usize = edits
        .iter()
        .flat_map(|edit| &edit.with)
        .map(|bytes| bytes.len())
        .sum();
    let size = (module.len() - removed + added) as u64;
    if let Some(limit) = limit.filter(|limit| size > *limit) {
        return Err(PackToolError::ModuleTooLarge { size, limit });
    }
    let mut write = || -> io::Result<()> {
        let mut at = 0;
        for edit in edits {
            out.write_all(&module[at..edit.range.start])?;
            edit.with
                .iter()
                .try_for_each(|bytes| out.write_all(bytes))?;
            at = edit.range.end;
        }
        out.write_all(&module[at..])
    };
    write().map_err(|source| PackToolError::Io {
        what: "write the module".into(),
        source,
    })?;
    Ok(size)
}

/// Where in a module's bytes the parts lie that carry a model. Ranges of sections begin at their
/// id and do not overlap.
struct Layout {
    memory: Memory,
    data_count_section: Option<Range<usize>>,
    hashes_section: Option<Range<usize>>,
    data: Range<usize>,
    /// Start of the first segment, behind the section's header and count.
    bodies: usize,
    segments: u32,
    /// Address and length in the slot.
    slot_fields: Range<usize>,
    has_candle: bool,
    /// The whole segment of the model, its header included.
    model: Option<Range<usize>>,
    /// Bytes of memory that the slot speaks of; they may be left for who instantiates the module to fill.
    room: usize,
}

/// The one memory, which the module defines or, where threads share it, imports.
#[derive(Clone)]
struct Memory {
    ty: wasmparser::MemoryType,
    /// Its type within the section.
    at: Range<usize>,
    section: Range<usize>,
    /// What stands in the section behind its length.
    content: Range<usize>,
}

impl Memory {
    /// The section with other limits.
    fn with(
        &self,
        module: &[u8],
        minimum: u64,
        maximum: Option<u64>,
    ) -> Result<Edit<'static>, PackToolError> {
        let mut content = module[self.content.start..self.at.start].to_vec();
        wasm_encoder::MemoryType {
            minimum,
            maximum,
            memory64: false,
            shared: self.ty.shared,
            page_size_log2: None,
        }
        .encode(&mut content);
        content.extend_from_slice(&module[self.at.end..self.content.end]);
        let mut section = vec![module[self.section.start]];
        u32::try_from(content.len())
            .map_err(|_| refuse("its imports are too large"))?
            .encode(&mut section);
        section.extend(content);
        Ok(Edit {
            range: self.section.clone(),
            with: vec![section.into()],
        })
    }
}

/// A segment of data.
struct Segment {
    /// Where it is put; none for one that the module puts into its memory itself.
    address: Option<u32>,
    /// Header and bytes.
    whole: Range<usize>,
    /// Bytes only.
    data: Range<usize>,
}

impl Layout {
    fn read(module: &[u8]) -> Result<Self, PackToolError> {
        let mut memories = Vec::new();
        let mut data_count_section = None;
        let mut hashes_section = None;
        let mut data_section = None;
        let mut section_start = WASM_MAGIC.len() + 4;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.map_err(bad_module)?;
            let section = payload.as_section().map(|(_, content)| {
                let end = content.end as usize;
                std::mem::replace(&mut section_start, end)..end
            });
            match payload {
                Payload::Version {
                    encoding: wasmparser::Encoding::Component,
                    ..
                } => {
                    return Err(refuse("a component, not a module"));
                }
                Payload::ImportSection(imports) => {
                    let content = to_usize(imports.range());
                    let mut reader =
                        BinaryReader::new(&module[content.clone()], imports.range().start);
                    for _ in 0..reader.read_var_u32().map_err(bad_module)? {
                        reader.read_string().map_err(bad_module)?;
                        reader.read_string().map_err(bad_module)?;
                        let kind = reader.original_position() as usize;
                        let ty = reader.read().map_err(bad_module)?;
                        if let (TypeRef::Memory(ty), Some(section)) = (ty, section.clone()) {
                            memories.push(Memory {
                                ty,
                                at: kind + 1..reader.original_position() as usize,
                                section,
                                content: content.clone(),
                            });
                        }
                    }
                }
                Payload::MemorySection(reader) => {
                    let content = to_usize(reader.range());
                    for memory in reader.into_iter_with_offsets() {
                        let (start, ty) = memory.map_err(bad_module)?;
                        if let Some(section) = section.clone() {
                            memories.push(Memory {
                                ty,
                                at: start as usize..content.end,
                                section,
                                content: content.clone(),
                            });
                        }
                    }
                }
                Payload::DataCountSection { .. } => data_count_section = section,
                Payload::CustomSection(custom) if custom.name() == HASHES => {
                    if hashes_section.is_some() {
                        return Err(refuse("it has the hashes of its model twice"));
                    }
                    hashes_section = section;
                }
                Payload::DataSection(reader) => {
                    data_section = section.map(|section| (section, reader))
                }
                _ => {}
            }
        }
        let [memory] = &memories[..] else {
            return Err(refuse("it has not exactly one memory"));
        };
        let ty = memory.ty;
        if ty.memory64 || ty.page_size_log2.is_some() || ty.initial > MAX_PAGES {
            return Err(refuse("its memory is not a plain 32-bit one"));
        }
        if ty
            .maximum
            .is_some_and(|max| max < ty.initial || max > MAX_PAGES)
        {
            return Err(refuse("the limits of its memory contradict each other"));
        }
        let (data, reader) = data_section.ok_or(PackToolError::NoSlot)?;
        let count = reader.count();
        let segments = segments_of(&reader)?;
        let slot = find_slot(module, &segments)?;
        let (address, len) = (
            u32_at(module, slot.start + 16),
            u32_at(module, slot.start + 20),
        );
        let is_empty = (address, len) == (EMPTY, EMPTY);
        let model = segments.iter().find(|segment| {
            !is_empty && segment.address == Some(address) && segment.data.len() == len as usize
        });
        let layout = Self {
            memory: memory.clone(),
            data_count_section,
            hashes_section,
            bodies: reader_bodies(&reader, data.end)?,
            data,
            segments: count,
            slot_fields: slot.start + 16..slot.start + 24,
            has_candle: module[slot.start + 24] != 0,
            model: model.map(|segment| segment.whole.clone()),
            room: if is_empty { 0 } else { len as usize },
        };
        let on_top = (layout.memory.ty.initial.checked_sub(layout.model_pages()))
            .is_some_and(|base| is_empty || base * PAGE == u64::from(address));
        if !on_top || model.is_some_and(|model| model.data.contains(&slot.start)) {
            return Err(refuse("its model does not lie at the end of its memory"));
        }
        Ok(layout)
    }

    /// Pages of memory that the model takes.
    fn model_pages(&self) -> u64 {
        (self.room as u64).div_ceil(PAGE)
    }
}

type DataReader<'a> = wasmparser::DataSectionReader<'a>;

fn reader_bodies(reader: &DataReader<'_>, end: usize) -> Result<usize, PackToolError> {
    match reader.clone().into_iter_with_offsets().next() {
        Some(first) => Ok(first.map_err(bad_module)?.0 as usize),
        None => Ok(end),
    }
}

/// The segments whose place is a constant, and those that a module with shared memory puts there itself, once.
fn segments_of(reader: &DataReader<'_>) -> Result<Vec<Segment>, PackToolError> {
    let mut segments = Vec::new();
    for segment in reader.clone() {
        let segment = segment.map_err(bad_module)?;
        let address = match segment.kind {
            DataKind::Passive => None,
            DataKind::Active {
                memory_index: 0,
                offset_expr,
            } => match offset_expr.get_operators_reader().read() {
                Ok(Operator::I32Const { value }) => Some(value.cast_unsigned()),
                _ => continue,
            },
            DataKind::Active { .. } => continue,
        };
        let whole = to_usize(segment.range);
        segments.push(Segment {
            address,
            data: whole.end - segment.data.len()..whole.end,
            whole,
        });
    }
    Ok(segments)
}

/// The one slot. The model itself is not searched: its texts may well speak of the marker.
fn find_slot(module: &[u8], segments: &[Segment]) -> Result<Range<usize>, PackToolError> {
    let mut slot = None;
    for segment in segments {
        let bytes = &module[segment.data.clone()];
        if bytes.starts_with(&MAGIC) {
            continue;
        }
        for (at, window) in bytes.windows(SLOT_LEN).enumerate() {
            if window.starts_with(&MARKER) {
                let start = segment.data.start + at;
                if slot.replace(start..start + SLOT_LEN).is_some() {
                    return Err(PackToolError::SeveralSlots);
                }
            }
        }
    }
    slot.ok_or(PackToolError::NoSlot)
}

fn to_usize(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn u32_at(module: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([module[at], module[at + 1], module[at + 2], module[at + 3]])
}

fn bad_module(error: wasmparser::BinaryReaderError) -> PackToolError {
    // Some of the parser's messages have several lines.
    let why = error.to_string();
    PackToolError::BadModule {
        why: why.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn refuse(why: &str) -> PackToolError {
    PackToolError::BadModule { why: why.into() }
}
