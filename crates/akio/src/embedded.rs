//! The slot that the packed model is put into after linking.
//!
//! The module is compiled without weights. `akio-pack inject` finds [`MARKER`] in the module's
//! data, appends the model as one more data segment above everything the linker placed, and writes
//! its address and length behind the marker. At run time the weights are simply there.

#![allow(
    unsafe_code,
    reason = "the model lies at an address that only the injected slot knows"
)]

use std::{fmt, ptr, sync::OnceLock};

use akio_engine::packed::{PackError, Packed};

/// First bytes of the slot; they occur nowhere else in the module.
pub const MARKER: [u8; 16] = *b"AKIO-MODEL-SLOT\x01";

/// Bytes of a page of memory.
#[cfg(target_arch = "wasm32")]
const PAGE: usize = 65_536;

/// 32 bytes in the data section, all integers little-endian.
#[repr(C)]
struct Slot {
    marker: [u8; 16],
    /// Address in linear memory, `u32::MAX` while the slot is empty.
    address: [u8; 4],
    /// Length in bytes, `u32::MAX` while the slot is empty.
    len: [u8; 4],
    /// 0 in a module that was built without candle.
    candle: u8,
    reserved: [u8; 7],
}

#[used]
static SLOT: Slot = Slot {
    marker: MARKER,
    address: [0xFF; 4],
    len: [0xFF; 4],
    candle: cfg!(feature = "candle") as u8,
    reserved: [0xFF; 7],
};

/// Why there is no model to run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlotError {
    /// No model was put into the module.
    Empty,
    /// Address and length point outside of the module's memory.
    OutOfBounds,
    /// There is no memory for a model of this size.
    NoRoom,
    /// What lies in the slot cannot be read.
    Pack(PackError),
}

impl fmt::Display for SlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(
                f,
                "this build of akio carries no model; put one in with \
                 'akio-pack inject akio.wasm MODEL.blob -o with-model.wasm' and run that file"
            ),
            Self::OutOfBounds => write!(
                f,
                "the model slot points outside of the module's memory; inject the model again"
            ),
            Self::NoRoom => write!(f, "not enough memory for the model"),
            Self::Pack(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SlotError {}

/// Address and length of the room that was made at run time, in a module with an empty slot.
static ROOM: OnceLock<(u32, u32)> = OnceLock::new();

/// Address and length of the model in this module's memory.
///
/// # Errors
/// [`SlotError::Empty`] where none was injected and no room was made, [`SlotError::OutOfBounds`] where it cannot be.
pub fn place() -> Result<(u32, u32), SlotError> {
    // SAFETY: a reference to a static is valid for reads. The read must be volatile: the bytes are
    // changed in the finished module, so the compiler may not assume the values it has seen here.
    let slot = unsafe { ptr::read_volatile(&raw const SLOT) };
    let address = u32::from_le_bytes(slot.address);
    let len = u32::from_le_bytes(slot.len);
    if address == u32::MAX && len == u32::MAX {
        return ROOM.get().copied().ok_or(SlotError::Empty);
    }
    let end = u64::from(address) + u64::from(len);
    if address == 0 || linear_memory_bytes().is_none_or(|size| end > size) {
        return Err(SlotError::OutOfBounds);
    }
    Ok((address, len))
}

/// Where the model goes: where it is, or there is room for it, and else in `len` bytes that the memory grows
/// by. Code alone takes any model so.
///
/// # Errors
/// [`SlotError::NoRoom`] if the memory does not grow; [`SlotError::OutOfBounds`].
#[cfg(target_arch = "wasm32")]
pub fn place_for(len: u32) -> Result<(u32, u32), SlotError> {
    match place() {
        Err(SlotError::Empty) => {}
        known => return known,
    }
    let end = core::arch::wasm32::memory_grow::<0>((len as usize).div_ceil(PAGE));
    let address = end.checked_mul(PAGE).ok_or(SlotError::NoRoom)?;
    Ok(*ROOM.get_or_init(|| (address as u32, len)))
}

/// The model inside this module.
///
/// # Errors
/// [`SlotError::Empty`] where none was injected, or what is wrong with the one that was.
pub fn model() -> Result<Packed<'static>, SlotError> {
    let (address, len) = place()?;
    // SAFETY: the range lies within linear memory, which only grows, and holds the injected
    // segment, or what the loader of a module without it has copied there before this call. It starts
    // above the initial memory of the linked module, where neither the linker nor the allocator, which grows
    // the memory by itself, puts anything, so nothing writes to it any more.
    let bytes = unsafe {
        std::slice::from_raw_parts(
            ptr::with_exposed_provenance::<u8>(address as usize),
            len as usize,
        )
    };
    Packed::open(bytes).map_err(SlotError::Pack)
}

/// Size of the module's memory, or `None` outside of WebAssembly.
pub fn linear_memory_bytes() -> Option<u64> {
    #[cfg(target_arch = "wasm32")]
    return Some(core::arch::wasm32::memory_size::<0>() as u64 * PAGE as u64);
    #[cfg(not(target_arch = "wasm32"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_has_the_layout_that_injection_expects() {
        assert_eq!(size_of::<Slot>(), 32);
        assert_eq!(std::mem::offset_of!(Slot, address), 16);
        assert_eq!(std::mem::offset_of!(Slot, len), 20);
        assert_eq!(std::mem::offset_of!(Slot, candle), 24);
    }

    #[test]
    fn marker_is_the_one_that_injection_looks_for() {
        assert_eq!(MARKER, akio_pack::module::MARKER);
    }

    #[test]
    fn slot_is_empty_after_linking() {
        assert_eq!(model().err(), Some(SlotError::Empty));
    }
}
