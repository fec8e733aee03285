//! A packed model as a relocatable WebAssembly object file, for a linker instead of [`module`](crate::module).
//!
//! The file has one data segment, aligned as the engine needs it, and one symbol for it. wasm-ld puts the segment
//! among the read-only data of whatever module it links, without a compiler ever having seen it.

use std::io::{self, Write};

use akio_engine::packed::{ALIGN, Packed};
use wasm_encoder::{
    ConstExpr, CustomSection, DataSymbolDefinition, Encode, EntityType, ImportSection, MemoryType,
    Section, SectionId, SymbolTable,
};

use crate::{PackToolError, module::WASM_MAGIC};

/// Name of the symbol: in C `extern const unsigned char AKIO_MODEL[]`.
pub const SYMBOL: &str = "AKIO_MODEL";

/// Version of the conventions that linkers follow, which is that of the `linking` section.
const LINKING_VERSION: u32 = 2;
/// Subsection with name, alignment and flags of each segment.
const SEGMENT_INFO: u8 = 5;
const PAGE: u64 = 65_536;

/// Writes the object file to `out`.
///
/// # Errors
/// `MemoryTooLarge` for a model of 4 GiB or more, or `Io`.
pub fn write(model: Packed<'_>, out: &mut impl Write) -> Result<(), PackToolError> {
    let blob = model.bytes();
    let too_large = || PackToolError::MemoryTooLarge {
        model: blob.len() as u64,
        need: blob.len() as u64,
    };
    let len = u32::try_from(blob.len()).map_err(|_| too_large())?;

    let mut head = WASM_MAGIC.to_vec();
    head.extend(1_u32.to_le_bytes());
    imported_memory(len).append_to(&mut head);
    let mut segment = vec![1, 0];
    ConstExpr::i32_const(0).encode(&mut segment);
    len.encode(&mut segment);
    head.push(SectionId::Data.into());
    u32::try_from(segment.len() + blob.len())
        .map_err(|_| too_large())?
        .encode(&mut head);
    head.extend(segment);
    let mut tail = Vec::new();
    linking(len).append_to(&mut tail);

    let mut write = || -> io::Result<()> {
        out.write_all(&head)?;
        out.write_all(blob)?;
        out.write_all(&tail)
    };
    write().map_err(|source| PackToolError::Io {
        what: "write the object file".into(),
        source,
    })
}

/// Object files import the memory that their segments are for; the linker replaces it by the module's own.
fn imported_memory(len: u32) -> ImportSection {
    let mut imports = ImportSection::new();
    imports.import(
        "env",
        "__linear_memory",
        EntityType::Memory(MemoryType {
            minimum: u64::from(len).div_ceil(PAGE),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        }),
    );
    imports
}

/// What makes a module an object file: the alignment of its segment, and the symbol that stands for it.
fn linking(len: u32) -> CustomSection<'static> {
    let mut info = Vec::new();
    1_u32.encode(&mut info);
    format!(".rodata.{SYMBOL}").as_str().encode(&mut info);
    ALIGN.ilog2().encode(&mut info);
    0_u32.encode(&mut info);

    let mut symbols = SymbolTable::new();
    let whole = DataSymbolDefinition {
        index: 0,
        offset: 0,
        size: len,
    };
    symbols.data(SymbolTable::WASM_SYM_VISIBILITY_HIDDEN, SYMBOL, Some(whole));

    let mut data = Vec::new();
    LINKING_VERSION.encode(&mut data);
    data.push(SEGMENT_INFO);
    info.encode(&mut data);
    symbols.encode(&mut data);
    CustomSection {
        name: "linking".into(),
        data: data.into(),
    }
}
