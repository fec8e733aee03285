//! A packed model as Rust source: its shape as a `const`, its sections and tensors as typed arrays.
//!
//! All arrays are fields of one `static`, laid out as the packed model is, so that its bytes are the packed model.
//! The compiler reads each number as an expression of its own, which ends at a few megabytes of weights:
//! docs/embedding.md has the figures. So what is large can be one literal instead.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    ops::Range,
};

use akio_engine::packed::{ALIGN, Config, HEADER_LEN, PackError, Packed, TensorEntry, tag};
use akio_kernels::TileKind;

use crate::PackToolError;

/// Sections that are text.
const TEXTS: [&str; 9] = [
    tag::NAME,
    tag::LICENSE,
    tag::NOTICE,
    tag::ARCH,
    tag::SOURCE,
    tag::SOURCE_SHA256,
    tag::TENSOR_NOTE,
    tag::TEMPLATE,
    tag::TENSOR_NAMES,
];

const CONFIG_TYPE: &str = "
#[derive(zerocopy::Immutable, zerocopy::IntoBytes)]
#[repr(C)]
struct Config {
    dim: u32,
    hidden_dim: u32,
    n_layers: u32,
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
    vocab_size: u32,
    seq_len: u32,
    rope_dim: u32,
    rope_neox: u32,
    rope_theta: f32,
    norm_eps: f32,
}
";

const TENSOR_TYPE: &str = "
#[derive(zerocopy::Immutable, zerocopy::IntoBytes)]
#[repr(C)]
struct Tensor {
    name_offset: u32,
    name_len: u32,
    kind: u32,
    rows: u32,
    cols: u32,
    reserved: u32,
    offset: u64,
    len: u64,
}
";

/// Writes the source to `out`: `static MODEL`, which `zerocopy::IntoBytes` turns into the packed model and less
/// than 64 zeros behind it. Arrays of more than `literal_above` bytes are one literal each.
///
/// # Errors
/// `Pack` if the model contradicts itself or parts of it overlap, or `Io`.
pub fn write(
    model: Packed<'_>,
    literal_above: usize,
    out: &mut impl Write,
) -> Result<(), PackToolError> {
    let config = *model.config()?;
    let mut fields = fields(model)?;
    for field in &mut fields {
        if let Content::Words(bytes) | Content::Floats(bytes) = field.content
            && bytes.len() > literal_above
        {
            field.content = Content::Literal(bytes);
        }
    }
    write_source(model, &config, &fields, out).map_err(|source| PackToolError::Io {
        what: "write the source".into(),
        source,
    })
}

/// One field of the static.
struct Field<'a> {
    name: String,
    /// Where it lies in the packed model.
    range: Range<usize>,
    content: Content<'a>,
}

enum Content<'a> {
    /// The configuration, which is a constant of its own.
    Config,
    Tensors(&'a [TensorEntry]),
    Literal(&'a [u8]),
    Floats(&'a [u8]),
    /// Everything else, in the widest numbers that fit: an eighth of the expressions that bytes would take.
    Words(&'a [u8]),
}

/// All bytes of the packed model, in their order.
fn fields(model: Packed<'_>) -> Result<Vec<Field<'_>>, PackError> {
    let bytes = model.bytes();
    let entries: &[TensorEntry] = match model.section(tag::TENSORS) {
        Some(_) => model.array(tag::TENSORS)?,
        None => &[],
    };
    let directory = model.directory_range();
    let mut fields = vec![
        words("header", 0..HEADER_LEN, bytes),
        words("directory", directory.clone(), bytes),
    ];
    for (tag, range) in model.sections() {
        // The tensors are fields of their own.
        if range.is_empty() || (tag == tag::DATA.as_bytes() && !entries.is_empty()) {
            continue;
        }
        let section = &bytes[range.clone()];
        let tag = String::from_utf8_lossy(tag);
        let content = match &*tag {
            tag::CONFIG if section.len() == size_of::<Config>() => Content::Config,
            tag::TENSORS => Content::Tensors(entries),
            text if TEXTS.contains(&text) => Content::Literal(section),
            _ => Content::Words(section),
        };
        fields.push(Field {
            name: identifier("section", &tag),
            range,
            content,
        });
    }
    if !entries.is_empty() {
        for (tensor, entry) in model.tensors()?.zip(entries) {
            let (name, tensor) = tensor?;
            let start = entry.offset as usize;
            let content = match tensor.kind {
                TileKind::F32 => Content::Floats(tensor.data),
                _ => Content::Words(tensor.data),
            };
            fields.push(Field {
                name: identifier("tensor", name),
                range: start..start + tensor.data.len(),
                content,
            });
        }
    }
    fields.retain(|field| !field.range.is_empty());
    fields.sort_by_key(|field| field.range.start);
    without_gaps(fields, bytes)
}

/// Adds what lies between the fields, and gives each a name of its own.
fn without_gaps<'a>(fields: Vec<Field<'a>>, bytes: &'a [u8]) -> Result<Vec<Field<'a>>, PackError> {
    let mut whole = Vec::new();
    let mut names = BTreeSet::new();
    let mut at = 0;
    for mut field in fields {
        if field.range.start < at {
            return Err(PackError::Malformed {
                what: field.name,
                why: "overlaps what lies before it",
            });
        }
        if at < field.range.start {
            whole.push(words(&format!("gap_{at}"), at..field.range.start, bytes));
        }
        at = field.range.end;
        while !names.insert(field.name.clone()) {
            field.name.push_str("_again");
        }
        whole.push(field);
    }
    if at < bytes.len() {
        whole.push(words(&format!("gap_{at}"), at..bytes.len(), bytes));
    }
    Ok(whole)
}

fn words<'a>(name: &str, range: Range<usize>, bytes: &'a [u8]) -> Field<'a> {
    Field {
        name: name.to_owned(),
        content: Content::Words(&bytes[range.clone()]),
        range,
    }
}

/// A name of Rust, whatever stands in the model.
fn identifier(kind: &str, name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .fold(kind.to_owned(), |name, word| {
            name + "_" + &word.to_ascii_lowercase()
        })
}

fn write_source(
    model: Packed<'_>,
    config: &Config,
    fields: &[Field<'_>],
    out: &mut impl Write,
) -> io::Result<()> {
    let len = model.bytes().len();
    let padding = len.next_multiple_of(ALIGN) - len;
    writeln!(
        out,
        "// Written by `akio-pack constants` from the packed model with sha256 {}.\n",
        model.sha256()
    )?;
    write_config(config, out)?;
    out.write_all(CONFIG_TYPE.as_bytes())?;
    if (fields.iter()).any(|field| matches!(field.content, Content::Tensors(_))) {
        out.write_all(TENSOR_TYPE.as_bytes())?;
    }
    writeln!(
        out,
        "\n#[derive(zerocopy::Immutable, zerocopy::IntoBytes)]\n\
         #[repr(C, align({ALIGN}))]\n\
         pub struct Model {{"
    )?;
    for field in fields {
        writeln!(out, "    {}: {},", field.name, field.type_name())?;
    }
    writeln!(
        out,
        "    end: [u8; {padding}],\n}}\n\npub static MODEL: Model = Model {{"
    )?;
    for field in fields {
        write!(out, "    {}: ", field.name)?;
        field.write_value(out)?;
        writeln!(out, ",")?;
    }
    writeln!(out, "    end: [0; {padding}],\n}};")
}

fn write_config(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let Config {
        dim,
        hidden_dim,
        n_layers,
        n_heads,
        n_kv_heads,
        head_dim,
        vocab_size,
        seq_len,
        rope_dim,
        rope_neox,
        rope_theta,
        norm_eps,
    } = *config;
    let (rope_theta, norm_eps) = (float(rope_theta), float(norm_eps));
    write!(
        out,
        "\
/// Shape and constants of the model.
const CONFIG: Config = Config {{
    dim: {dim},
    hidden_dim: {hidden_dim},
    n_layers: {n_layers},
    n_heads: {n_heads},
    n_kv_heads: {n_kv_heads},
    head_dim: {head_dim},
    vocab_size: {vocab_size},
    seq_len: {seq_len},
    rope_dim: {rope_dim},
    rope_neox: {rope_neox},
    rope_theta: {rope_theta},
    norm_eps: {norm_eps},
}};
"
    )
}

impl Field<'_> {
    fn type_name(&self) -> String {
        let len = self.range.len();
        match self.content {
            Content::Config => "Config".into(),
            Content::Tensors(entries) => format!("[Tensor; {}]", entries.len()),
            Content::Literal(_) => format!("[u8; {len}]"),
            Content::Floats(_) => format!("[f32; {}]", len / 4),
            Content::Words(_) => {
                let width = self.word_width();
                format!("[u{}; {}]", 8 * width, len / width)
            }
        }
    }

    /// Bytes of the widest numbers that start and end where the field does.
    fn word_width(&self) -> usize {
        let fits = |width: &usize| {
            self.range.start.is_multiple_of(*width) && self.range.end.is_multiple_of(*width)
        };
        [8, 4].into_iter().find(fits).unwrap_or(1)
    }

    fn write_value(&self, out: &mut impl Write) -> io::Result<()> {
        match self.content {
            Content::Config => write!(out, "CONFIG"),
            Content::Literal(text) => write!(out, "*b\"{}\"", text.escape_ascii()),
            Content::Tensors(entries) => {
                writeln!(out, "[")?;
                entries.iter().try_for_each(|entry| {
                    let TensorEntry {
                        name_offset,
                        name_len,
                        kind,
                        rows,
                        cols,
                        reserved,
                        offset,
                        len,
                    } = entry;
                    writeln!(
                        out,
                        "        Tensor {{ name_offset: {name_offset}, name_len: {name_len}, kind: {kind}, rows: {rows}, \
                         cols: {cols}, reserved: {reserved}, offset: {offset}, len: {len} }},"
                    )
                })?;
                write!(out, "    ]")
            }
            Content::Floats(bytes) => write_array(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|value| float(f32::from_le_bytes(*value))),
                out,
            ),
            Content::Words(bytes) => {
                let width = self.word_width();
                let number = |word: &[u8]| {
                    word.iter()
                        .rev()
                        .fold(0, |number, byte| number << 8 | u64::from(*byte))
                };
                write_array(
                    bytes
                        .chunks_exact(width)
                        .map(|word| format!("{:#x}", number(word))),
                    out,
                )
            }
        }
    }
}

fn write_array(values: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
    /// Values in a line.
    const COLUMNS: usize = 8;
    write!(out, "[")?;
    for (i, value) in values.enumerate() {
        let separator = if i.is_multiple_of(COLUMNS) {
            "\n        "
        } else {
            " "
        };
        write!(out, "{separator}{value},")?;
    }
    write!(out, "\n    ]")
}

/// The shortest text that stands for exactly this number.
fn float(value: f32) -> String {
    if value.is_finite() {
        format!("{value:?}")
    } else {
        format!("f32::from_bits({:#x})", value.to_bits())
    }
}
