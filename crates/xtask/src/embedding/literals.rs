//! What weights cost the compiler as it reads them: one array in a file of its own, as numbers, as one long
//! literal, or included.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{TARGET, costs::Row};
use crate::{child, peak, step};

/// A compiler that takes more is ended.
const LIMIT: u64 = 12 << 30;
const MEBIBYTE: usize = 1 << 20;
const SIZES: [usize; 3] = [MEBIBYTE, 4 * MEBIBYTE, 16 * MEBIBYTE];
pub const COLUMNS: [&str; 5] = ["array", "weights", "source_bytes", "time_ms", "rustc_bytes"];

/// How the source has the weights.
#[derive(Clone, Copy)]
enum Form {
    Bytes,
    Floats,
    Words,
    Literal,
    Included,
}

impl Form {
    const ALL: [Self; 5] = [
        Self::Bytes,
        Self::Floats,
        Self::Words,
        Self::Literal,
        Self::Included,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "[u8; N]",
            Self::Floats => "[f32; N]",
            Self::Words => "[u64; N]",
            Self::Literal => "b\"...\"",
            Self::Included => "include_bytes!",
        }
    }

    /// A source with `weights`, which also lie in `weights.bin` beside it.
    fn source(self, weights: &[u8]) -> Result<String> {
        let len = weights.len();
        let mut text = String::new();
        match self {
            Self::Bytes => {
                write!(text, "[u8; {len}] = [")?;
                for byte in weights {
                    write!(text, "{byte},")?;
                }
                text.push(']');
            }
            Self::Floats => {
                let values = weights.as_chunks::<4>().0;
                write!(text, "[f32; {}] = [", values.len())?;
                for value in values {
                    // Between -2 and 2, as weights are, with all digits.
                    let value = f64::from(i32::from_le_bytes(*value)) / f64::from(1 << 30);
                    write!(text, "{:?},", value as f32)?;
                }
                text.push(']');
            }
            Self::Words => {
                let values = weights.as_chunks::<8>().0;
                write!(text, "[u64; {}] = [", values.len())?;
                for value in values {
                    write!(text, "{:#x},", u64::from_le_bytes(*value))?;
                }
                text.push(']');
            }
            Self::Literal => write!(text, "[u8; {len}] = *b\"{}\"", weights.escape_ascii())?,
            Self::Included => write!(text, "[u8; {len}] = *include_bytes!(\"weights.bin\")")?,
        }
        Ok(format!("pub static WEIGHTS: {text};\n"))
    }
}

/// Compiles each form at each size.
pub fn rows(folder: &Path) -> Result<Vec<Row>> {
    fs::create_dir_all(folder)?;
    let mut rows = Vec::new();
    for size in SIZES {
        let weights = noise(size);
        fs::write(folder.join("weights.bin"), &weights)?;
        for form in Form::ALL {
            let name = format!("{} of {} MiB", form.name(), size / MEBIBYTE);
            step::timed(&name, |_| {
                rows.push(row(folder, form, &weights).context(name.clone())?);
                Ok(())
            })?;
        }
    }
    Ok(rows)
}

fn row(folder: &Path, form: Form, weights: &[u8]) -> Result<Row> {
    let source = form.source(weights)?;
    let file = folder.join("weights.rs");
    fs::write(&file, &source)?;
    let mut rustc = child::program("rustc");
    rustc.args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj"]);
    rustc.args(["-C", "opt-level=3", "--target", TARGET, "-o"]);
    rustc.arg(folder.join("weights.o")).arg(&file);
    let cost = peak::measure(rustc, LIMIT)?;
    let (time, resident) = match cost {
        Some(cost) => (json!(cost.time.as_millis()), json!(cost.resident("rustc"))),
        None => (Value::Null, json!(format!("over {} GiB", LIMIT >> 30))),
    };
    let cells = [
        json!(form.name()),
        json!(format!("{} MiB", weights.len() / MEBIBYTE)),
        json!(source.len()),
        time,
        resident,
    ];
    Ok(COLUMNS.map(str::to_owned).into_iter().zip(cells).collect())
}

/// Bytes without a pattern, the same on every machine (xorshift).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1813_u64;
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}
