//! From the executable into memory.
//!
//! wasmtime maps a module copy-on-write only if it is a file of its own: then
//! starting costs the same for any size, and all processes share the weights.
//! So the first start writes the precompiled module to the user's cache, and
//! every start maps it from there. Where nothing can be written, every start copies
//! it into a file in memory and maps that.

use crate::bundle::{Bundle, Part};
use crate::cache;
use crate::error::HostError;
use crate::platform;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;
use wasmtime::{Engine, Module};

/// Modules that stay in the cache: the latest few builds, of two each, not every one ever started.
const KEPT: usize = 8;

/// Loads a precompiled module that `bundle` holds.
///
/// # Errors
/// [`HostError::Damaged`] if it is not what was bundled,
/// [`HostError::Incompatible`] if it was compiled for another build of this
/// program or another processor, [`HostError::Io`] if the executable cannot be read.
pub fn load(engine: &Engine, bundle: &Bundle, part: Part) -> Result<Module, HostError> {
    open(bundle, part, |file| map(engine, file))
}

/// A file with nothing but a precompiled module that `bundle` holds, for what else lies in it.
///
/// # Errors
/// As [`load`].
pub fn file(bundle: &Bundle, part: Part) -> Result<File, HostError> {
    open(bundle, part, Ok)
}

/// Hands a file with the part to `take`, from the cache if it can be.
fn open<T>(
    bundle: &Bundle,
    part: Part,
    take: impl Fn(File) -> Result<T, HostError>,
) -> Result<T, HostError> {
    if let Some(dir) = dir() {
        let path = dir.join(bundle.hex_sha256(part) + ".cwasm");
        let cached = || take(open_own(&dir, &path, bundle.length(part)).ok()?).ok();
        if let Some(taken) = cached() {
            return Ok(taken);
        }
        // Not there, or damaged: write it, once.
        match store(&dir, &path, bundle, part) {
            Ok(()) => {
                if let Some(taken) = cached() {
                    return Ok(taken);
                }
            }
            Err(HostError::Io { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    take(copy(bundle, part)?)
}

/// As [`load`], without the cache: the module is read and compared as a whole.
///
/// # Errors
/// Those of [`load`].
pub fn load_afresh(engine: &Engine, bundle: &Bundle, part: Part) -> Result<Module, HostError> {
    map(engine, copy(bundle, part)?)
}

fn copy(bundle: &Bundle, part: Part) -> Result<File, HostError> {
    let mut file =
        platform::nameless().map_err(HostError::io("cannot make room for the module"))?;
    bundle.copy_to(part, &mut file)?;
    Ok(file)
}

/// The folder of modules in the cache, if there is a place for one.
pub fn dir() -> Option<PathBuf> {
    cache::dir().map(|cache| cache.join("modules"))
}

/// Makes a private folder, or checks that it is one.
///
/// # Errors
/// [`HostError::Io`] if there is no private folder then.
pub fn make_private(dir: &Path) -> Result<(), HostError> {
    let writing = || HostError::io(format!("cannot write to {}", dir.display()));
    platform::create_private(dir).map_err(writing())?;
    if !platform::is_private_folder(dir).map_err(writing())? {
        return Err(writing()(io::ErrorKind::PermissionDenied.into()));
    }
    Ok(())
}

fn map(engine: &Engine, module: File) -> Result<Module, HostError> {
    #[expect(unsafe_code, reason = "wasmtime trusts precompiled code")]
    // SAFETY: the file holds the bytes that were bundled: their sha256 was compared
    // when they were copied into it. It does not change: one in the cache is
    // read-only in a directory that only this user can write, and replaced by
    // renaming; the others have no name.
    unsafe { Module::deserialize_open_file(engine, module) }.map_err(incompatible)
}

fn incompatible(why: wasmtime::Error) -> HostError {
    HostError::Incompatible(format!(
        "it was compiled for another processor or version of this program ({})",
        why.root_cause()
    ))
}

/// Opens a module in the cache if it can only have come from [`store`].
///
/// Name, length, owner and permissions are compared, but not the content:
/// hashing 100 MB would take longer than all the rest of a start. Whoever can
/// write a private file of this user can replace the executable just as well.
fn open_own(dir: &Path, path: &Path, length: u64) -> io::Result<File> {
    let file = platform::open_code(path)?;
    let metadata = file.metadata()?;
    let own = platform::is_private_folder(dir)?
        && platform::is_protected(&metadata)
        && metadata.len() == length;
    own.then_some(file)
        .ok_or_else(|| io::ErrorKind::PermissionDenied.into())
}

/// Writes the module to `path` so that no other process ever sees a part of it.
fn store(dir: &Path, path: &Path, bundle: &Bundle, part: Part) -> Result<(), HostError> {
    let writing = || HostError::io(format!("cannot write {}", path.display()));
    make_private(dir)?;
    let mut file = NamedTempFile::new_in(dir).map_err(writing())?;
    bundle.copy_to(part, &mut file)?;
    platform::protect(file.as_file()).map_err(writing())?;
    // Its content is not looked at again, so it must be on the disk before its name is.
    file.as_file().sync_all().map_err(writing())?;
    file.persist(path).map_err(|error| writing()(error.error))?;
    // A file that cannot be removed now is removed another time.
    let _ = remove_old(dir);
    Ok(())
}

/// Removes all but the newest modules, and what a killed process left half-written.
fn remove_old(dir: &Path) -> io::Result<()> {
    let mut modules = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let written = entry.metadata()?.modified()?;
        if path
            .extension()
            .is_some_and(|extension| extension == "cwasm")
        {
            modules.push((written, path));
        } else if SystemTime::now()
            .duration_since(written)
            .unwrap_or_default()
            > Duration::from_secs(3600)
        {
            fs::remove_file(path)?;
        }
    }
    modules.sort_unstable();
    modules.truncate(modules.len().saturating_sub(KEPT));
    modules
        .into_iter()
        .try_for_each(|(_, path)| fs::remove_file(path))
}
