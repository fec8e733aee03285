//! A precompiled module at the end of an executable, once more the same for threads, which takes the model's bytes
//! from the first, and beside them both modules without a model, from which modules with other models are made.
//! Where the model is sealed, it is a part of its own, and the precompiled modules have only room for it.
//!
//! ```text
//! host executable | zeros up to a page | the parts, in the order of [`Part`] | trailer (232 bytes)
//! trailer: magic (8) | version u64 | for each part length u64 and sha256 | place and length of the model, u64
//! ```
//! Integers are little endian, and the place is within the first part. A part that is not there has the length
//! zero. The operating system runs the file as before: it does not look beyond the end of the executable's own
//! segments.

use crate::engine;
use crate::error::HostError;
use crate::platform;
use akio_engine::packed::Packed;
use akio_pack::files::AlignedBytes;
use akio_pack::module::{TRAILER_LEN, TRAILER_MAGIC};
use akio_pack::{PackToolError, module};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use tempfile::NamedTempFile;

const VERSION: u64 = 4;
const TRAILER: u64 = 16 + PARTS as u64 * 40 + 16;
const _: () = assert!(TRAILER == TRAILER_LEN as u64);
const PAGE: u64 = 4096;
const PARTS: usize = 5;

/// What an executable holds.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// The precompiled module.
    Code,
    /// The precompiled module for threads.
    Threads,
    /// The module without its model.
    Bare,
    /// The module for threads without a model.
    BareThreads,
    /// The sealed model.
    Sealed,
}

/// Where a part lies, and its hash.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    offset: u64,
    length: u64,
    sha256: [u8; 32],
}

/// The modules at the end of an executable, not yet read.
#[derive(Debug)]
pub struct Bundle {
    file: File,
    offset: u64,
    places: [Place; PARTS],
    model: Range<u64>,
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
        if read_array(&mut file).map_err(reading())? != TRAILER_MAGIC {
            return Err(HostError::NotBundled);
        }
        if read_u64(&mut file).map_err(reading())? != VERSION {
            return Err(HostError::Damaged("its trailer has another version".into()));
        }
        let too_long = || HostError::Damaged("it is longer than the file".into());
        let mut places = [Place::default(); PARTS];
        for place in &mut places {
            place.length = read_u64(&mut file).map_err(reading())?;
            place.sha256 = read_array(&mut file).map_err(reading())?;
        }
        let mut offset = end;
        for place in places.iter_mut().rev() {
            offset = offset.checked_sub(place.length).ok_or_else(too_long)?;
            place.offset = offset;
        }
        let model = read_u64(&mut file).map_err(reading())?;
        let length = read_u64(&mut file).map_err(reading())?;
        let model_end = model.checked_add(length).ok_or_else(too_long)?;
        if model_end > places[Part::Code as usize].length {
            return Err(too_long());
        }
        Ok(Self {
            file,
            offset,
            places,
            model: model..model_end,
        })
    }

    fn place(&self, part: Part) -> &Place {
        &self.places[part as usize]
    }

    /// Length of a part in bytes, zero if it is not there.
    pub fn length(&self, part: Part) -> u64 {
        self.place(part).length
    }

    /// The sha256 of a part, as 64 hexadecimal digits.
    pub fn hex_sha256(&self, part: Part) -> String {
        let sha256 = self.place(part).sha256;
        sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where in the precompiled module the model lies as the memory of its instances has it; empty if it is sealed.
    pub fn model(&self) -> Range<u64> {
        self.model.clone()
    }

    /// Copies a part to `out` and checks it on the way.
    ///
    /// # Errors
    /// [`HostError::Damaged`] if it is not what was bundled, [`HostError::Io`] if
    /// reading or writing fails.
    pub fn copy_to(&self, part: Part, out: &mut impl Write) -> Result<(), HostError> {
        let copying = || HostError::io("cannot copy the module out of the executable");
        let Place {
            offset,
            length,
            sha256,
        } = *self.place(part);
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

    /// The module without its model.
    ///
    /// # Errors
    /// [`HostError::NoBareModule`] if none was bundled; as [`Bundle::copy_to`].
    pub fn read_bare(&self) -> Result<Vec<u8>, HostError> {
        if self.length(Part::Bare) == 0 {
            return Err(HostError::NoBareModule);
        }
        let mut bare = Vec::new();
        self.copy_to(Part::Bare, &mut bare)?;
        Ok(bare)
    }

    /// The module for threads without a model; empty if there is none.
    ///
    /// # Errors
    /// As [`Bundle::copy_to`].
    pub fn read_bare_threads(&self) -> Result<Vec<u8>, HostError> {
        let mut bare = Vec::new();
        self.copy_to(Part::BareThreads, &mut bare)?;
        Ok(bare)
    }

    /// The sealed model, if the model is sealed. It proves itself.
    ///
    /// # Errors
    /// [`HostError::Io`] if the executable cannot be read.
    pub fn sealed(&self) -> Result<Option<impl Read>, HostError> {
        let Place { offset, length, .. } = *self.place(Part::Sealed);
        if length == 0 {
            return Ok(None);
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))
            .map_err(HostError::io("cannot read the sealed model"))?;
        Ok(Some(BufReader::with_capacity(1 << 20, file.take(length))))
    }
}

fn read_u64(file: &mut File) -> io::Result<u64> {
    read_array(file).map(u64::from_le_bytes)
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
    /// The module for threads, with room for the model; none if there is none.
    pub threads: &'a [u8],
    /// It without that room.
    pub bare_threads: &'a [u8],
    /// The model, if it is sealed and not in the module.
    pub sealed: &'a [u8],
}

/// Compiles `module`, and `threads`, the same for threads without a model, and writes `out`: the executable `host`
/// with them inside. What `host` holds already is left out.
///
/// # Errors
/// [`HostError::Incompatible`] if a module does not compile, [`HostError::Model`] if `threads` does not take the
/// model, [`HostError::Io`] if a file fails; `out` is then what it was before.
pub fn write_file(
    host: &Path,
    module: &Path,
    threads: Option<&Path>,
    out: &Path,
) -> Result<(), HostError> {
    let read = |path: &Path| {
        fs::read(path).map_err(HostError::io(format!("cannot read {}", path.display())))
    };
    let module = read(module)?;
    let bare_threads = threads.map(read).transpose()?.unwrap_or_default();
    let mut threads = Vec::new();
    match module::segment(&module) {
        Ok(model) if !bare_threads.is_empty() => {
            let model = AlignedBytes::copy_from(model);
            let packed = Packed::open(model.as_slice()).map_err(PackToolError::from)?;
            module::reserve(&bare_threads, packed, None, &mut threads)?;
        }
        _ => threads.clone_from(&bare_threads),
    }
    let parts = Parts {
        module: &module,
        bare: &bare(&module)?,
        threads: &threads,
        bare_threads: &bare_threads,
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
    let engine = engine::for_bundling()?;
    let compile = |module: &[u8]| {
        let code = engine.precompile_module(module);
        code.map_err(|why| HostError::Incompatible(why.root_cause().to_string()))
    };
    let code = compile(parts.module)?;
    let (model, threads) = match (module::segment(parts.module), parts.threads) {
        (_, []) => (0..0, Vec::new()),
        (Err(_), threads) => (0..0, compile(threads)?),
        // Threads take the model from the precompiled module.
        (Ok(model), threads) => match find(model, &code) {
            Some(place) => (place, compile(threads)?),
            None => (0..0, Vec::new()),
        },
    };
    let host_size = match Bundle::open(host) {
        Ok(bundle) => bundle.offset,
        Err(HostError::NotBundled) => u64::MAX,
        Err(error) => return Err(error),
    };
    let reading = HostError::io(format!("cannot read {}", host.display()));
    let mut host = File::open(host).map_err(reading)?.take(host_size);
    let parts = [
        &code[..],
        &threads,
        parts.bare,
        parts.bare_threads,
        parts.sealed,
    ];
    append(&mut host, parts, model, out)
        .map_err(HostError::io(format!("cannot write {}", out.display())))
}

/// Where a model lies in precompiled code, which has the memory as it will be mapped.
fn find(model: &[u8], code: &[u8]) -> Option<Range<u64>> {
    let mut pages = (0..code.len()).step_by(PAGE as usize);
    let at = pages.find(|at| code[*at..].starts_with(model))? as u64;
    Some(at..at + model.len() as u64)
}

fn append(
    host: &mut impl Read,
    parts: [&[u8]; PARTS],
    model: Range<u64>,
    out: &Path,
) -> io::Result<()> {
    let dir = match out.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(dir)?;
    let host_size = io::copy(host, &mut file)?;
    let padding = host_size.next_multiple_of(PAGE) - host_size;
    io::copy(&mut io::repeat(0).take(padding), &mut file)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.write_all(&TRAILER_MAGIC)?;
    file.write_all(&VERSION.to_le_bytes())?;
    for part in parts {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
        file.write_all(&Sha256::digest(part))?;
    }
    for number in [model.start, model.end - model.start] {
        file.write_all(&number.to_le_bytes())?;
    }
    platform::make_executable(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(out)?;
    Ok(())
}
