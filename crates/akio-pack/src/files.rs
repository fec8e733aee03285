//! Whole files in and out: aligned for the engine, and never half-written.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
};

use akio_engine::packed::ALIGN;
use bytemuck::{Pod, Zeroable};

use crate::{
    PackToolError,
    module::{WASM_MAGIC, is_bundled, segment},
};

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; ALIGN]);

/// Bytes at a 64-byte aligned address, as `akio_engine::packed::Packed::open` wants them.
pub struct AlignedBytes {
    lines: Vec<Line>,
    len: usize,
}

impl AlignedBytes {
    /// `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        Self {
            lines: vec![Line::zeroed(); len.div_ceil(ALIGN)],
            len,
        }
    }

    /// A copy of `bytes`.
    pub fn copy_from(bytes: &[u8]) -> Self {
        let mut aligned = Self::zeroed(bytes.len());
        aligned.as_mut_slice().copy_from_slice(bytes);
        aligned
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// The bytes, to be filled.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

/// Reads a packed model, from a blob or from the module or native executable that carries it.
///
/// # Errors
/// `Io`, or what [`segment`] says about a module.
pub fn read_model(path: &Path) -> Result<AlignedBytes, PackToolError> {
    let failed = |source| PackToolError::Io {
        what: format!("read '{}'", path.display()),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len() as usize;
    let mut bytes = AlignedBytes::zeroed(len);
    file.read_exact(bytes.as_mut_slice()).map_err(failed)?;
    if bytes.as_slice().starts_with(&WASM_MAGIC) || is_bundled(bytes.as_slice()) {
        return Ok(AlignedBytes::copy_from(segment(bytes.as_slice())?));
    }
    Ok(bytes)
}

/// Reads a whole file.
///
/// # Errors
/// `Io` with the file's name.
pub fn read(path: &Path) -> Result<Vec<u8>, PackToolError> {
    fs::read(path).map_err(|source| PackToolError::Io {
        what: format!("read '{}'", path.display()),
        source,
    })
}

/// Writes a file as [`replace`] does. What a writer could not write is said with the file's name.
///
/// # Errors
/// Those of `write`, and `Io` with the file's name.
pub fn write<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, PackToolError>,
) -> Result<T, PackToolError> {
    replace(path, |file| {
        write(file).map_err(|error| match error {
            PackToolError::Io { source, .. } => cannot_write(path)(source),
            other => other,
        })
    })
}

/// Writes a file through a temporary one in the same directory, so that `path` holds either what it
/// held before or all of what `write` wrote.
///
/// # Errors
/// Those of `write`, and `Io` with the file's name.
pub fn replace<T, E: From<PackToolError>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    // What cannot be removed now is removed another time.
    let _ = remove_abandoned(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", process::id()));
    let part = Part(path.with_file_name(name));
    let mut file = File::create(&part.0).map_err(cannot_write(path))?;
    // Keeps it from being taken for abandoned. Without locks nothing ever is.
    let _ = file.lock();
    let result = write(&mut file)?;
    file.flush()
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part.0, path))
        .map_err(cannot_write(path))?;
    Ok(result)
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> PackToolError {
    move |source| PackToolError::Io {
        what: format!("write '{}'", path.display()),
        source,
    }
}

/// Removes what killed processes left of the same file: parts that nobody holds locked. An empty one
/// may be about to be locked.
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if !is_part_of(path, &entry.path()) || !entry.file_type()?.is_file() {
            continue;
        }
        let part = File::options().write(true).open(entry.path())?;
        if part.metadata()?.len() > 0 && part.try_lock().is_ok() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether `part` is named as [`write`] names a temporary file of `path`.
fn is_part_of(path: &Path, part: &Path) -> bool {
    let named = part.with_extension("");
    let id = named.extension().and_then(OsStr::to_str);
    part.extension() == Some("part".as_ref())
        && named.file_stem() == path.file_name()
        && id.is_some_and(|id| id.parse::<u32>().is_ok())
}

/// A temporary file that goes away unless it was renamed.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // After a rename, or if the file could not be made, there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}
