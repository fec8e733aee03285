//! Other texts in a model that has been packed.

use akio_engine::packed::{PackError, Packed, TensorEntry, assemble, section_offset, tag};
use bytemuck::{cast_slice, pod_read_unaligned};

use crate::{Options, PackToolError, Packing, Report};

/// A packed model with what `options` say in place of what it says; its source stays. The result is that of packing
/// the GGUF with these options, of which there is no report any more.
///
/// # Errors
/// A section that is malformed, or arguments as in [`crate::pack`].
pub fn repack(packed: Packed<'_>, options: &Options) -> Result<Packing, PackToolError> {
    let texts = options.texts()?;
    let mut sections: Vec<(&str, Vec<u8>)> = Vec::new();
    for (tag, text) in &texts {
        let bytes = text.as_deref().map(str::as_bytes);
        if let Some(bytes) = bytes.or_else(|| packed.section(tag)) {
            sections.push((tag, bytes.to_vec()));
        }
    }
    let mut data = None;
    for (tag, range) in packed.sections() {
        let malformed = |why| PackError::Malformed {
            what: String::from_utf8_lossy(tag).into(),
            why,
        };
        let name = str::from_utf8(tag).map_err(|_| malformed("its name is not UTF-8"))?;
        // What was evaluated may have been another system prompt.
        if name != tag::PREFIXES && texts.iter().all(|(text, _)| *text != name) {
            if name == tag::DATA {
                data = Some((sections.len(), range.start));
            }
            sections.push((name, packed.bytes()[range].to_vec()));
        }
    }
    if let Some((at, start)) = data {
        sections.push((tag::PREFIXES, Vec::new()));
        move_tensors(&mut sections, at, start)?;
    }
    Ok(Packing {
        blob: assemble(&sections),
        report: Report::default(),
    })
}

/// Lets the entries of the tensors point to the section `at`, which began at `start`.
fn move_tensors(
    sections: &mut [(&str, Vec<u8>)],
    at: usize,
    start: usize,
) -> Result<(), PackError> {
    let before: Vec<usize> = sections[..at]
        .iter()
        .map(|(_, bytes)| bytes.len())
        .collect();
    let moved = section_offset(&before, sections.len()) as u64;
    let Some((_, table)) = sections.iter_mut().find(|(name, _)| *name == tag::TENSORS) else {
        return Ok(());
    };
    for bytes in table.chunks_exact_mut(size_of::<TensorEntry>()) {
        let mut entry: TensorEntry = pod_read_unaligned(bytes);
        let inside = entry.offset.checked_sub(start as u64);
        entry.offset =
            inside
                .and_then(|inside| moved.checked_add(inside))
                .ok_or(PackError::Malformed {
                    what: tag::TENSORS.into(),
                    why: "a tensor is outside of the data",
                })?;
        bytes.copy_from_slice(cast_slice(&[entry]));
    }
    Ok(())
}
