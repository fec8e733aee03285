//! A precompiled module at the end of an executable, and beside it the module without its model, from
//! which modules with other models are made. Where the model is sealed, it is a part of its own, and the
//! precompiled module has only room for it.
//!
//! ```text
//! host executable | zeros up to a page | precompiled module | bare module | sealed model | trailer (104 bytes)
//! trailer: magic (8) | version u64 | three lengths u64 | sha256 of the precompiled module | sha256 of the bare one
//! ```
//! Integers are little endian. What is sealed proves itself. The operating system runs the file as before: it
//! does not look beyond the end of the executable's own segments.

use crate::engine;
use crate::error::HostError;
use akio_pack::{PackToolError, module};
use sha2::{Digest, Sha256};
use std::fs::{self, File, Permissions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

const MAGIC: [u8; 8] = *b"AKIOBNDL";
const VERSION: u64 = 3;
const TRAILER: u64 = 104;
const PAGE: u64 = 4096;

/// The module at the end of an executable, not yet read.
#[derive(Debug)]
pub struct Bundle {
    file: File,
    offset: u64,
    length: u64,
    bare_length: u64,
    sealed_length: u64,
    sha256: [u8; 32],
    bare_sha256: [u8; 32],
}

impl Bundle {
    /// Looks for a module at the end of `executable`.
    ///
    /// # Errors
    /// [`HostError::NotBundled`] if there is none, [`HostError::Damaged`] if the
    /// trailer contradicts the file, [`HostError::Io`] if it cannot be read.
    pub fn open(executable: &Path) -> Result<Self, HostError> {
        let reading = || HostError::io(format!("cannot read {}", executable.display()));
        let mut file = File::open(executable).map_err(reading())?;
        let size = file.metadata().map_err(reading())?.len();
        let end = size.checked_sub(TRAILER).ok_or(HostError::NotBundled)?;
        file.seek(SeekFrom::Start(end)).map_err(reading())?;
        if read_array(&mut file).map_err(reading())? != MAGIC {
            return Err(HostError::NotBundled);
        }
        if u64::from_le_bytes(read_array(&mut file).map_err(reading())?) != VERSION {
            return Err(HostError::Damaged("its trailer has another version".into()));
        }
        let length = u64::from_le_bytes(read_array(&mut file).map_err(reading())?);
        let bare_length = u64::from_le_bytes(read_array(&mut file).map_err(reading())?);
        let sealed_length = u64::from_le_bytes(read_array(&mut file).map_err(reading())?);
        let sha256 = read_array(&mut file).map_err(reading())?;
        let bare_sha256 = read_array(&mut file).map_err(reading())?;
        let offset = end
            .checked_sub(sealed_length)
            .and_then(|end| end.checked_sub(bare_length))
            .and_then(|end| end.checked_sub(length))
            .ok_or_else(|| HostError::Damaged("it is longer than the file".into()))?;
        Ok(Self {
            file,
            offset,
            length,
            bare_length,
            sealed_length,
            sha256,
            bare_sha256,
        })
    }

    /// Length of the precompiled module in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Length of the sealed model in bytes, zero if there is none.
    pub fn sealed_length(&self) -> u64 {
        self.sealed_length
    }

    /// The sha256 of the precompiled module, as 64 hexadecimal digits.
    pub fn hex_sha256(&self) -> String {
        self.sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Copies the precompiled module to `out` and checks it on the way.
    ///
    /// # Errors
    /// [`HostError::Damaged`] if it is not what was bundled, [`HostError::Io`] if
    /// reading or writing fails.
    pub fn copy_to(&self, out: &mut impl Write) -> Result<(), HostError> {
        self.copy(self.offset, self.length, self.sha256, out)
    }

    /// The module without its model.
    ///
    /// # Errors
    /// [`HostError::NoBareModule`] if none was bundled; as [`Bundle::copy_to`].
    pub fn read_bare(&self) -> Result<Vec<u8>, HostError> {
        if self.bare_length == 0 {
            return Err(HostError::NoBareModule);
        }
        let mut bare = Vec::new();
        let offset = self.offset + self.length;
        self.copy(offset, self.bare_length, self.bare_sha256, &mut bare)?;
        Ok(bare)
    }

    /// The sealed model, if the model is sealed.
    ///
    /// # Errors
    /// [`HostError::Io`] if the executable cannot be read.
    pub fn sealed(&self) -> Result<Option<impl Read>, HostError> {
        if self.sealed_length == 0 {
            return Ok(None);
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(
            self.offset + self.length + self.bare_length,
        ))
        .map_err(HostError::io("cannot read the sealed model"))?;
        Ok(Some(BufReader::with_capacity(
            1 << 20,
            file.take(self.sealed_length),
        )))
    }

    fn copy(
        &self,
        offset: u64,
        length: u64,
        sha256: [u8; 32],
        out: &mut impl Write,
    ) -> Result<(), HostError> {
        let copying = || HostError::io("cannot copy the module out of the executable");
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(copying())?;
        let mut hashed = Hashed {
            out,
            hash: Sha256::new(),
        };
        io::copy(&mut file.take(length), &mut hashed).map_err(copying())?;
        if hashed.hash.finalize()[..] == sha256 {
            Ok(())
        } else {
            Err(HostError::Damaged("its sha256 has changed".into()))
        }
    }
}

fn read_array<const N: usize>(file: &mut File) -> io::Result<[u8; N]> {
    let mut array = [0; N];
    file.read_exact(&mut array)?;
    Ok(array)
}

/// A writer that hashes what goes through it.
struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What goes into an executable.
pub struct Parts<'a> {
    /// The module that is compiled.
    pub module: &'a [u8],
    /// It without a model; none if it takes none.
    pub bare: &'a [u8],
    /// The model, if it is sealed and not in the module.
    pub sealed: &'a [u8],
}

/// Compiles `module` and writes `out`: the executable `host` with it inside.
/// A module that `host` holds already is left out.
///
/// # Errors
/// [`HostError::Incompatible`] if the module does not compile, [`HostError::Io`]
/// if a file fails; `out` is then what it was before.
pub fn write_file(host: &Path, module: &Path, out: &Path) -> Result<(), HostError> {
    let module =
        fs::read(module).map_err(HostError::io(format!("cannot read {}", module.display())))?;
    let parts = Parts {
        module: &module,
        bare: &bare(&module)?,
        sealed: &[],
    };
    write(host, &parts, out)
}

/// `module` without its model; nothing if there is no place for one.
///
/// # Errors
/// [`HostError::Model`] if it has more than one.
pub fn bare(module: &[u8]) -> Result<Vec<u8>, HostError> {
    let mut bare = Vec::new();
    match module::remove(module, &mut bare) {
        Ok(_) => Ok(bare),
        Err(PackToolError::NoModel) => Ok(module.to_vec()),
        // Any other module than akio's has nothing to put a model into.
        Err(PackToolError::NoSlot | PackToolError::BadModule { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// As [`write_file`], for parts that are no files.
///
/// # Errors
/// Those of [`write_file`].
pub fn write(host: &Path, parts: &Parts<'_>, out: &Path) -> Result<(), HostError> {
    let code = engine::for_bundling()?
        .precompile_module(parts.module)
        .map_err(|why| HostError::Incompatible(why.root_cause().to_string()))?;
    let host_size = match Bundle::open(host) {
        Ok(bundle) => bundle.offset,
        Err(HostError::NotBundled) => u64::MAX,
        Err(error) => return Err(error),
    };
    let reading = HostError::io(format!("cannot read {}", host.display()));
    let mut host = File::open(host).map_err(reading)?.take(host_size);
    append(&mut host, &code, parts, out)
        .map_err(HostError::io(format!("cannot write {}", out.display())))
}

fn append(host: &mut impl Read, code: &[u8], parts: &Parts<'_>, out: &Path) -> io::Result<()> {
    let dir = match out.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(dir)?;
    let host_size = io::copy(host, &mut file)?;
    let padding = host_size.next_multiple_of(PAGE) - host_size;
    io::copy(&mut io::repeat(0).take(padding), &mut file)?;
    file.write_all(code)?;
    file.write_all(parts.bare)?;
    file.write_all(parts.sealed)?;
    file.write_all(&MAGIC)?;
    file.write_all(&VERSION.to_le_bytes())?;
    for part in [code, parts.bare, parts.sealed] {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    file.write_all(&Sha256::digest(code))?;
    file.write_all(&Sha256::digest(parts.bare))?;
    file.as_file()
        .set_permissions(Permissions::from_mode(0o755))?;
    file.as_file().sync_all()?;
    file.persist(out)?;
    Ok(())
}
