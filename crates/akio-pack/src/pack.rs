//! GGUF in, packed model out.

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Seek},
};

use akio_engine::{
    model::{CANDLE_ARCHITECTURES, TILED_ARCHITECTURES},
    packed::{ALIGN, Packed, TensorEntry, assemble, fill_last, section_offset, tag},
};
use akio_kernels::TileKind;
use candle_core::quantized::GgmlDType;

use crate::{
    PackToolError, arguments, config,
    files::AlignedBytes,
    gguf::{Gguf, TensorInfo},
    tiles::{Loss, TileError, matrix_kind, tile_matrix, widen_vector},
    tokenizer,
};

/// What the GGUF does not say itself, or says less well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// File name of the source.
    pub source: String,
    /// Name of the model; `general.name` or the file's name if absent.
    pub name: Option<String>,
    /// SPDX identifier; `general.license` if absent.
    pub license: Option<String>,
    /// Licence text and notice.
    pub notice: Option<String>,
    /// System prompt that holds unless another is given; akio's own if absent.
    pub system: Option<String>,
    /// Arguments that stand before those of the command line.
    pub args: Option<Vec<String>>,
}

impl Options {
    /// The sections that say what the options say, in their order. A text that is empty says that there is none.
    pub(crate) fn texts(&self) -> Result<[(&'static str, Option<String>); 5], PackToolError> {
        let args = self.args.as_deref().map(arguments::section).transpose()?;
        Ok([
            (tag::NAME, self.name.clone()),
            (tag::LICENSE, self.license.clone()),
            (tag::NOTICE, self.notice.clone()),
            (tag::SYSTEM, self.system.clone()),
            (tag::ARGS, args),
        ])
    }
}

/// A packed model and how it came about.
pub struct Packing {
    /// The blob, as [`akio_engine::packed::Packed`] reads it.
    pub blob: Vec<u8>,
    /// What became of the tensors.
    pub report: Report,
}

impl Packing {
    /// Evaluates the beginnings of prompts, which then cost nothing at run time. `progress` is called with the
    /// tokens done and in all.
    ///
    /// # Errors
    /// [`PackToolError::Agent`] if the model cannot be run.
    pub fn add_prefixes(
        &mut self,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), PackToolError> {
        let model = AlignedBytes::copy_from(&self.blob);
        let section = akio_agent::prefixes(Packed::open(model.as_slice())?, progress)?;
        drop(model);
        if !section.is_empty() {
            fill_last(&mut self.blob, tag::PREFIXES, &section)?;
        }
        Ok(())
    }
}

/// What became of the tensors of the source.
#[derive(Clone, Debug, Default)]
pub struct Report {
    conversions: Vec<Conversion>,
}

/// All tensors of one type that became the same kind of tile.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Type in the GGUF.
    pub from: GgmlDType,
    /// Kind of tile; `None` if the GGUF was kept as it was.
    pub to: Option<TileKind>,
    /// Number of tensors.
    pub tensors: usize,
    /// Bytes in the GGUF.
    pub source_bytes: u64,
    /// Bytes in the packed model.
    pub packed_bytes: u64,
    /// Error of the conversion; `None` if it is exact.
    pub loss: Option<Loss>,
}

impl Report {
    /// The conversions, in a fixed order.
    pub fn conversions(&self) -> &[Conversion] {
        &self.conversions
    }

    /// Whether any weight changed its value.
    pub fn is_exact(&self) -> bool {
        self.conversions
            .iter()
            .all(|conversion| conversion.loss.is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, conversion) in self.conversions.iter().enumerate() {
            let Conversion {
                from,
                to,
                tensors,
                source_bytes,
                packed_bytes,
                loss,
            } = conversion;
            let separator = if i == 0 { "" } else { "\n" };
            let to = to.map_or("GGUF".into(), |kind| format!("{kind:?}"));
            write!(
                f,
                "{separator}{tensors} tensors {from:?} -> {to}, {source_bytes} -> {packed_bytes} bytes, "
            )?;
            match loss {
                None => write!(f, "exact")?,
                Some(loss) => write!(f, "relative RMS error {:.2e}", loss.relative())?,
            }
        }
        Ok(())
    }
}

/// Packs a GGUF. The same input gives the same bytes. `progress` is called with the bytes done and
/// the bytes in all.
///
/// # Errors
/// Everything that can be wrong with a GGUF, see [`PackToolError`].
pub fn pack<R: Read + Seek>(
    source: R,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Packing, PackToolError> {
    let mut gguf = Gguf::open(source)?;
    let arch = gguf
        .text("general.architecture")
        .ok_or(PackToolError::Malformed {
            what: "'general.architecture'".into(),
            why: "missing",
        })?
        .to_owned();
    let tiled = TILED_ARCHITECTURES.contains(&arch.as_str());
    if !tiled && !CANDLE_ARCHITECTURES.contains(&arch.as_str()) {
        return Err(PackToolError::UnsupportedArchitecture { arch });
    }
    let config = config::config(&gguf, &arch)?;
    if tiled {
        config::check_features(&gguf, &arch)?;
    }
    let stem = options
        .source
        .strip_suffix(".gguf")
        .unwrap_or(&options.source);
    let name = options
        .name
        .as_deref()
        .or(gguf.text("general.name"))
        .unwrap_or(stem);
    let license = options.license.as_deref().or(gguf.text("general.license"));
    let said = Options {
        name: Some(name.to_owned()),
        license: license.map(str::to_owned),
        ..options.clone()
    };
    let of_source = [
        (tag::ARCH, Some(arch.as_str())),
        (tag::SOURCE, Some(&options.source)),
        (tag::TEMPLATE, gguf.text("tokenizer.chat_template")),
    ];
    let of_source = of_source.map(|(tag, text)| (tag, text.map(str::to_owned)));
    let mut sections: Vec<(&str, Vec<u8>)> = said
        .texts()?
        .into_iter()
        .chain(of_source)
        .filter_map(|(tag, text)| Some((tag, text?.into_bytes())))
        .collect();
    sections.push((tag::CONFIG, bytemuck::bytes_of(&config).to_vec()));
    sections.extend(tokenizer::sections(gguf.metadata())?);
    sections.push((tag::SOURCE_SHA256, gguf.sha256()?.into_bytes()));

    let report = if tiled {
        let tiles = tile_tensors(&mut gguf, progress)?;
        sections.push((tag::TENSOR_NOTE, tiles.report.to_string().into_bytes()));
        push_tiles(&mut sections, tiles.names, tiles.entries, tiles.data);
        tiles.report
    } else {
        let report = kept(gguf.tensors());
        sections.push((tag::TENSOR_NOTE, report.to_string().into_bytes()));
        sections.push((tag::GGUF, gguf.read_all()?));
        report
    };
    Ok(Packing {
        blob: assemble(&sections),
        report,
    })
}

/// All tensors of a model; the entries' offsets count from the start of `data`.
struct Tiles {
    names: Vec<u8>,
    entries: Vec<TensorEntry>,
    data: Vec<u8>,
    report: Report,
}

fn tile_tensors<R: Read + Seek>(
    gguf: &mut Gguf<R>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Tiles, PackToolError> {
    let tensors = gguf.tensors().to_vec();
    let total: u64 = tensors.iter().map(|tensor| tensor.len as u64).sum();
    let mut done = 0;
    let mut data = Vec::with_capacity(gguf.file_len() as usize);
    let mut blocks = Vec::new();
    let mut placed = BTreeMap::new();
    let mut report = ReportBuilder::default();
    for tensor in &tensors {
        gguf.read(tensor, &mut blocks)?;
        data.resize(data.len().next_multiple_of(ALIGN), 0);
        let offset = data.len();
        let (kind, [rows, cols], loss) = convert(tensor, &blocks, &mut data)?;
        let len = data.len() - offset;
        report.add(tensor, Some(kind), len, loss);
        placed.insert(&tensor.name, (kind, rows, cols, offset, len));
        done += tensor.len as u64;
        progress(done, total);
    }
    let mut names = Vec::new();
    let mut entries = Vec::with_capacity(placed.len());
    for (name, (kind, rows, cols, offset, len)) in placed {
        entries.push(TensorEntry {
            name_offset: names.len() as u32,
            name_len: name.len() as u32,
            kind: kind as u32,
            rows,
            cols,
            reserved: 0,
            offset: offset as u64,
            len: len as u64,
        });
        names.extend_from_slice(name.as_bytes());
    }
    Ok(Tiles {
        names,
        entries,
        data,
        report: report.finish(),
    })
}

/// Appends one tensor to `data`; returns its kind, its shape and its loss.
fn convert(
    tensor: &TensorInfo,
    blocks: &[u8],
    data: &mut Vec<u8>,
) -> Result<(TileKind, [u32; 2], Option<Loss>), PackToolError> {
    let malformed = |why| PackToolError::Malformed {
        what: format!("tensor '{}'", tensor.name),
        why,
    };
    let unsupported = || PackToolError::UnsupportedTensorType {
        tensor: tensor.name.clone(),
        found: format!("{:?}", tensor.dtype),
    };
    let tile_error = |error| match error {
        TileError::NotFinite => malformed("a scale or a weight is infinite or not a number"),
        TileError::Overflow => malformed("a scale is too large for 16 bits"),
    };
    let dim = |dim: usize| u32::try_from(dim).map_err(|_| malformed("a dimension is too large"));
    match tensor.dims[..] {
        [len] => match widen_vector(tensor.dtype, blocks, data).map_err(tile_error)? {
            true => Ok((TileKind::F32, [1, dim(len)?], None)),
            false => Err(unsupported()),
        },
        [rows, cols] => {
            let kind = matrix_kind(tensor.dtype).ok_or_else(unsupported)?;
            if !cols.is_multiple_of(kind.block_cols()) {
                return Err(malformed("its width is no multiple of 32"));
            }
            let loss = tile_matrix(tensor.dtype, cols, blocks, data).map_err(tile_error)?;
            Ok((kind, [dim(rows)?, dim(cols)?], loss))
        }
        _ => Err(malformed("neither a vector nor a matrix")),
    }
}

/// Adds the tensor sections; the data comes behind all that is small, so that this lies together, and what is
/// computed from it behind the data.
fn push_tiles(
    sections: &mut Vec<(&str, Vec<u8>)>,
    names: Vec<u8>,
    mut entries: Vec<TensorEntry>,
    data: Vec<u8>,
) {
    let mut before: Vec<usize> = sections.iter().map(|(_, bytes)| bytes.len()).collect();
    before.extend([names.len(), size_of_val(&entries[..])]);
    let start = section_offset(&before, before.len() + 2) as u64;
    for entry in &mut entries {
        entry.offset += start;
    }
    sections.push((tag::TENSOR_NAMES, names));
    sections.push((tag::TENSORS, bytemuck::cast_slice(&entries).to_vec()));
    sections.push((tag::DATA, data));
    sections.push((tag::PREFIXES, Vec::new()));
}

fn kept(tensors: &[TensorInfo]) -> Report {
    let mut report = ReportBuilder::default();
    for tensor in tensors {
        report.add(tensor, None, tensor.len, None);
    }
    report.finish()
}

/// Conversions by type of the source (as text, for the order) and whether it became a plain vector.
#[derive(Default)]
struct ReportBuilder(BTreeMap<(String, bool), Conversion>);

impl ReportBuilder {
    fn add(
        &mut self,
        tensor: &TensorInfo,
        to: Option<TileKind>,
        packed_len: usize,
        loss: Option<Loss>,
    ) {
        let key = (format!("{:?}", tensor.dtype), to == Some(TileKind::F32));
        let sum = self.0.entry(key).or_insert(Conversion {
            from: tensor.dtype,
            to,
            tensors: 0,
            source_bytes: 0,
            packed_bytes: 0,
            loss: None,
        });
        sum.tensors += 1;
        sum.source_bytes += tensor.len as u64;
        sum.packed_bytes += packed_len as u64;
        if let Some(Loss { error, weight }) = loss {
            let total = sum.loss.get_or_insert_default();
            total.error += error;
            total.weight += weight;
        }
    }

    fn finish(self) -> Report {
        Report {
            conversions: self.0.into_values().collect(),
        }
    }
}
