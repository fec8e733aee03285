//! A guest whose threads share one memory.
//!
//! The module imports that memory, and a thread is one more instance of the module on it, on a thread of this
//! process (`wasi.thread-spawn`, as the WASI threads proposal has it). Helpers are granted nothing: no folder, no
//! stream, no variable. What ends one of them ends the process.
//!
//! The limit of a run is the memory's maximum. The model is not written into the memory where the system can map its
//! pages over the room for it, copy on write, from the precompiled module that has them.

use crate::error::HostError;
use crate::limits::{End, Limits};
use crate::platform;
use crate::sandbox::{self, State};
use crate::weights::{self, Weights};
use std::cell::UnsafeCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::process;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use wasmtime::{
    Engine, ExternType, Instance, InstancePre, Linker, MemoryType, Module, SharedMemory, Store,
};
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

/// Bytes of a page of WebAssembly's memory.
const PAGE: u64 = 65_536;

/// Threads, and the model where it is in the clear.
pub struct Threads {
    /// How many may be at work, the first one included.
    pub number: usize,
    /// The file that has the model, and where.
    pub model: Option<(File, Range<u64>)>,
}

impl Threads {
    /// Makes the first instance of `module`, and what helpers need.
    ///
    /// # Errors
    /// As [`sandbox::Guest::new`].
    pub fn instantiate(
        &self,
        store: &mut Store<State>,
        mut linker: Linker<State>,
        module: &Module,
        weights: Option<&Weights<'_>>,
        limits: Limits,
    ) -> Result<(Instance, Shared), HostError> {
        let (import, ty) = module
            .imports()
            .find_map(|import| match import.ty() {
                ExternType::Memory(ty) => Some((import, ty)),
                _ => None,
            })
            .ok_or_else(|| HostError::Incompatible("it imports no memory".into()))?;
        let memory = self.memory(module.engine(), &ty, weights, limits)?;
        let crew = Arc::new(Crew {
            module: OnceLock::new(),
            left: AtomicUsize::new(self.number - 1),
            limits,
            end: End::new(),
        });
        // The crew holds the linked module, which holds this function.
        let spawner = Arc::downgrade(&crew);
        let linked = linker
            .define(&mut *store, import.module(), import.name(), memory.clone())
            .and_then(|linker| {
                linker.func_wrap("wasi", "thread-spawn", move |start: i32| {
                    spawner.upgrade().map_or(-1, |crew| crew.spawn(start))
                })
            })
            .and_then(|linker| linker.instantiate_pre(module))
            .map_err(sandbox::incompatible)?;
        let instance = linked.instantiate(&mut *store).map_err(|why| {
            store
                .data()
                .refused()
                .unwrap_or_else(|| sandbox::incompatible(why))
        })?;
        // Nobody else has set it.
        let _ = crew.module.set(linked);
        Ok((
            instance,
            Shared {
                memory,
                _crew: crew,
            },
        ))
    }

    /// The memory, with the model in it.
    fn memory(
        &self,
        engine: &Engine,
        ty: &MemoryType,
        weights: Option<&Weights<'_>>,
        limits: Limits,
    ) -> Result<SharedMemory, HostError> {
        let initial = usize::try_from(ty.minimum() * PAGE).unwrap_or(usize::MAX);
        if initial > limits.memory {
            return Err(HostError::MemoryLimit {
                wanted: initial,
                limit: limits.memory,
            });
        }
        let most = ty.maximum().unwrap_or(0).min(limits.memory as u64 / PAGE);
        let (Ok(minimum), Ok(maximum)) = (ty.minimum().try_into(), most.try_into()) else {
            return Err(HostError::Incompatible("its memory is too large".into()));
        };
        let memory = SharedMemory::new(engine, MemoryType::shared(minimum, maximum))
            .map_err(sandbox::incompatible)?;
        match (&self.model, weights) {
            (Some((file, model)), _) => place(memory.data(), file, model)?,
            (None, Some(weights)) => fill(memory.data(), |bytes| weights.fill(bytes))?,
            (None, None) => {}
        }
        Ok(memory)
    }
}

/// What instances share, for as long as the first of them lives.
pub struct Shared {
    /// The memory.
    pub memory: SharedMemory,
    _crew: Arc<Crew>,
}

/// Puts the model into the room for it. No instance has the memory yet.
fn place(memory: &[UnsafeCell<u8>], mut file: &File, model: &Range<u64>) -> Result<(), HostError> {
    let reading = || HostError::io("cannot read the model");
    let no_room = || HostError::Damaged("the module for threads has no room for the model".into());
    let len = usize::try_from(model.end - model.start).map_err(|_| no_room())?;
    let room = weights::room(memory.len(), len).ok_or_else(no_room)?;
    if platform::map(memory, room.clone(), file, model.start).map_err(reading())? {
        return Ok(());
    }
    fill(memory, |bytes| {
        let room = bytes.get_mut(room).ok_or_else(no_room)?;
        file.seek(SeekFrom::Start(model.start))
            .and_then(|_| file.read_exact(room))
            .map_err(reading())
    })
}

/// Hands the bytes of a memory to `write`. No instance has it yet.
#[expect(unsafe_code, reason = "a shared memory is seen as cells")]
fn fill<T>(memory: &[UnsafeCell<u8>], write: impl FnOnce(&mut [u8]) -> T) -> T {
    let start = UnsafeCell::raw_get(memory.as_ptr());
    // SAFETY: the cells are as many bytes, and nobody else looks into them: the memory was made by
    // `Threads::memory`, which calls this before it gives the memory to anyone.
    write(unsafe { slice::from_raw_parts_mut(start, memory.len()) })
}

/// What makes helpers.
struct Crew {
    /// Set when the first instance is made.
    module: OnceLock<InstancePre<State>>,
    /// Helpers that may still be made.
    left: AtomicUsize,
    limits: Limits,
    end: End,
}

impl Crew {
    /// Starts a helper with what the module knows it by; gives its number, or -1 for one too many.
    fn spawn(self: &Arc<Self>, start: i32) -> i32 {
        let less = |left: usize| left.checked_sub(1);
        let Ok(left) = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        else {
            return -1;
        };
        let Ok(number) = i32::try_from(left) else {
            return -1;
        };
        let crew = Arc::clone(self);
        let helper = move || {
            if let Err(why) = crew.help(number, start) {
                match why.downcast_ref::<I32Exit>() {
                    Some(exit) => process::exit(exit.0),
                    None => crew.end.process(&sandbox::trap(&why)),
                }
            }
        };
        match thread::Builder::new().spawn(helper) {
            Ok(_) => number,
            Err(_) => -1,
        }
    }

    fn help(&self, number: i32, start: i32) -> wasmtime::Result<()> {
        let Some(module) = self.module.get() else {
            return Err(wasmtime::Error::msg("a thread was asked for too early"));
        };
        let wasi = WasiCtxBuilder::new().build_p1();
        let mut store = sandbox::store(module.module().engine(), wasi, self.limits);
        let instance = module.instantiate(&mut store)?;
        let run = instance.get_typed_func::<(i32, i32), ()>(&mut store, "wasi_thread_start")?;
        run.call(&mut store, (number, start))
    }
}
