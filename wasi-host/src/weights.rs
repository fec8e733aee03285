//! A sealed model: encrypted in the executable, decrypted into the memory of the instance that runs it.
//!
//! The precompiled module, which is also what lies in the cache, has only room for the model. So the weights are
//! never in the clear anywhere but in that memory.

use crate::bundle::{Bundle, Part};
use crate::error::HostError;
use crate::secret;
use akio_pack::files::{self, AlignedBytes};
use akio_seal::{Head, Key, SealError};
use std::ops::Range;
use std::path::Path;

/// Bytes of a page of WebAssembly's memory.
const PAGE: usize = 65_536;

/// A sealed model and its key.
pub struct Weights<'a> {
    bundle: &'a Bundle,
    key: Key,
    len: usize,
}

impl<'a> Weights<'a> {
    /// The model in `bundle`, if it is sealed; then the key is read or asked for.
    ///
    /// # Errors
    /// Those of [`secret::find`]; [`HostError::Seal`] if it is damaged; [`HostError::Io`].
    pub fn unlock(bundle: &'a Bundle, key_file: Option<&Path>) -> Result<Option<Self>, HostError> {
        let Some(mut sealed) = bundle.sealed()? else {
            return Ok(None);
        };
        let head = Head::read(&mut sealed)?;
        drop(sealed);
        if head.sealed_len() != bundle.length(Part::Sealed) {
            return Err(SealError::Damaged("its length is another one than its head says").into());
        }
        let len = usize::try_from(head.len()).map_err(|_| SealError::NoMemory)?;
        let key = head.key(&secret::find(key_file)?)?;
        Ok(Some(Self { bundle, key, len }))
    }

    /// Decrypts the model to where a module has room for it: the end of its initial memory.
    ///
    /// # Errors
    /// [`HostError::Seal`] if the key is another one or the model is damaged; [`HostError::Io`].
    pub fn fill(&self, memory: &mut [u8]) -> Result<(), HostError> {
        let room = room(memory.len(), self.len).and_then(|room| memory.get_mut(room));
        self.decrypt(room.ok_or(SealError::Damaged("the module has no room for it"))?)
    }

    fn decrypt(&self, into: &mut [u8]) -> Result<(), HostError> {
        if let Some(mut sealed) = self.bundle.sealed()? {
            Head::read(&mut sealed)?;
            self.key.open(&mut sealed, into)?;
        }
        Ok(())
    }
}

/// Where in an initial memory of `size` bytes a module has room for a model of `len` bytes.
pub fn room(size: usize, len: usize) -> Option<Range<usize>> {
    let start = size.checked_sub(len.checked_next_multiple_of(PAGE)?)?;
    Some(start..start + len)
}

/// Reads a packed model, from a packed file or from the module or executable that carries it, sealed or not.
///
/// # Errors
/// Those of [`Weights::unlock`] and [`Weights::fill`], and of [`files::read_model`].
pub fn read_model(path: &Path, key_file: Option<&Path>) -> Result<AlignedBytes, HostError> {
    // What cannot be read as an executable is read as something else, or fails there.
    if let Ok(bundle) = Bundle::open(path)
        && let Some(weights) = Weights::unlock(&bundle, key_file)?
    {
        let mut model = AlignedBytes::zeroed(weights.len);
        weights.decrypt(model.as_mut_slice())?;
        return Ok(model);
    }
    Ok(files::read_model(path)?)
}

/// Bytes of the model in an executable where it is sealed.
///
/// # Errors
/// [`HostError::Seal`] if it is damaged, [`HostError::Io`].
pub fn sealed_len(path: &Path) -> Result<Option<u64>, HostError> {
    let Ok(bundle) = Bundle::open(path) else {
        return Ok(None);
    };
    let sealed = bundle.sealed()?;
    Ok(sealed
        .map(|mut sealed| Head::read(&mut sealed))
        .transpose()?
        .map(|head| head.len()))
}
