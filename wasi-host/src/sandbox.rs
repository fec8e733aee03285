//! The guest: a WASI preview 1 command that sees only what it was granted.

use crate::bundle::{Bundle, Part};
use crate::engine::{self, WASMTIME_VERSION};
use crate::error::HostError;
use crate::limits::{Limits, MemoryLimit, OutputExceeded};
use crate::loader;
use crate::options::Options;
use crate::threads::{Shared, Threads};
use crate::weights::Weights;
use wasmtime::{Engine, Linker, Module, Store, Trap, TypedFunc};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

/// What the guest may touch: clocks, randomness, `args` and what `options`
/// grants. It has no stdin, stdout and stderr yet.
///
/// # Errors
/// [`HostError::Usage`] if a granted directory cannot be opened.
pub fn grants(
    program: &Program<'_>,
    options: &Options,
    args: &[impl AsRef<str>],
) -> Result<WasiCtxBuilder, HostError> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.arg("akio")
        .args(args)
        .env("AKIO_HOST", host_name())
        .envs(&options.env);
    if let Some(threads) = &program.threads {
        wasi.env("AKIO_THREADS", threads.number.to_string());
    }
    // WASI does not let a guest list what it was granted by name.
    if !options.dirs.is_empty() {
        let names: Vec<&str> = options.dirs.iter().map(|dir| &*dir.name).collect();
        wasi.env("AKIO_DIRS", names.join("\n"));
    }
    // Files are the main thread's alone, so they may block it.
    wasi.allow_blocking_current_thread(true);
    for dir in &options.dirs {
        let perms = if dir.writable {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        wasi.preopened_dir(&dir.path, &dir.name, perms)
            .map_err(|why| {
                HostError::Usage(format!(
                    "--dir {}: {}",
                    dir.path.display(),
                    why.root_cause()
                ))
            })?;
    }
    Ok(wasi)
}

fn host_name() -> String {
    format!(
        "akio {} (wasmtime {WASMTIME_VERSION})",
        env!("CARGO_PKG_VERSION")
    )
}

/// What is run: a module, its model where that is not in the module, and threads if it is made for them.
pub struct Program<'a> {
    module: Module,
    weights: Option<Weights<'a>>,
    threads: Option<Threads>,
}

impl<'a> Program<'a> {
    /// Loads what is in `bundle`, for as many threads as `options` say.
    ///
    /// # Errors
    /// Those of [`loader::load`] and [`Weights::unlock`].
    pub fn load(bundle: &'a Bundle, options: &Options) -> Result<Self, HostError> {
        let number = options.threads();
        if number == 1 || bundle.length(Part::Threads) == 0 {
            return Ok(Self {
                module: loader::load(&engine::for_running()?, bundle, Part::Code)?,
                weights: Weights::unlock(bundle, options.key_file.as_deref())?,
                threads: None,
            });
        }
        let module = loader::load(&engine::for_threads()?, bundle, Part::Threads)?;
        let weights = Weights::unlock(bundle, options.key_file.as_deref())?;
        let model = match weights {
            None if !bundle.model().is_empty() => {
                Some((loader::file(bundle, Part::Code)?, bundle.model()))
            }
            _ => None,
        };
        Ok(Self {
            module,
            weights,
            threads: Some(Threads { number, model }),
        })
    }
}

/// A module with its memory in place, about to start.
pub struct Guest {
    store: Store<State>,
    start: TypedFunc<(), ()>,
    limits: Limits,
    shared: Option<Shared>,
}

/// What belongs to one instance.
pub struct State {
    wasi: WasiP1Ctx,
    memory: MemoryLimit,
}

impl State {
    /// What the instance was refused, if it was.
    pub fn refused(&self) -> Option<HostError> {
        self.memory.error()
    }
}

/// Room for an instance that may use the memory in `limits`.
pub fn store(engine: &Engine, wasi: WasiP1Ctx, limits: Limits) -> Store<State> {
    let memory = MemoryLimit::new(limits.memory);
    let mut store = Store::new(engine, State { wasi, memory });
    store.limiter(|state| &mut state.memory);
    store
}

/// The module does not run here.
pub fn incompatible(why: wasmtime::Error) -> HostError {
    HostError::Incompatible(why.root_cause().to_string())
}

/// The module was ended.
pub fn trap(why: &wasmtime::Error) -> HostError {
    HostError::Trap(match why.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => why.root_cause().to_string(),
    })
}

/// How the guest ended.
#[derive(Debug, Default)]
pub struct Exit {
    /// Its exit code, 0 to 125.
    pub code: u8,
    /// It was refused memory, and has said so or not.
    pub memory: Option<HostError>,
}

impl Guest {
    /// Makes an instance of `program` that may use the memory in `limits`.
    ///
    /// # Errors
    /// [`HostError::Seal`] if its sealed model cannot be opened,
    /// [`HostError::Incompatible`] if it is no WASI preview 1 command,
    /// [`HostError::MemoryLimit`] if it needs more from the beginning.
    pub fn new(
        program: &Program<'_>,
        wasi: &mut WasiCtxBuilder,
        limits: Limits,
    ) -> Result<Self, HostError> {
        let Program {
            module,
            weights,
            threads,
        } = program;
        let mut linker = Linker::new(module.engine());
        p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)
            .map_err(incompatible)?;
        let mut store = store(module.engine(), wasi.build_p1(), limits);
        let (instance, shared) = match threads {
            Some(threads) => {
                let weights = weights.as_ref();
                let (instance, shared) =
                    threads.instantiate(&mut store, linker, module, weights, limits)?;
                (instance, Some(shared))
            }
            None => {
                let instance = linker
                    .instantiate(&mut store, module)
                    .map_err(|why| store.data().refused().unwrap_or_else(|| incompatible(why)))?;
                if let Some(weights) = weights {
                    let memory = instance
                        .get_memory(&mut store, "memory")
                        .ok_or_else(|| HostError::Incompatible("it exports no memory".into()))?;
                    weights.fill(memory.data_mut(&mut store))?;
                }
                (instance, None)
            }
        };
        let start = instance
            .get_typed_func(&mut store, "_start")
            .map_err(incompatible)?;
        Ok(Self {
            store,
            start,
            limits,
            shared,
        })
    }

    /// Runs the guest to its end.
    ///
    /// # Errors
    /// [`HostError::Trap`], [`HostError::MemoryLimit`] or [`HostError::OutputLimit`] if it did not
    /// end by itself.
    pub fn run(mut self) -> Result<Exit, HostError> {
        let ended = self.start.call(&mut self.store, ());
        let memory = self.store.data().refused().or_else(|| self.full());
        let code = match ended {
            Ok(()) => 0,
            Err(why) => match why.downcast_ref::<I32Exit>() {
                // WASI ends a guest that gives a code outside 0 to 125.
                Some(exit) => u8::try_from(exit.0).unwrap_or(u8::MAX),
                None => return Err(memory.unwrap_or_else(|| self.stopped(&why))),
            },
        };
        Ok(Exit { code, memory })
    }

    /// Nobody is asked when a shared memory grows; it is full if there is not enough left for a buffer of the engine.
    fn full(&self) -> Option<HostError> {
        const BUFFER: usize = 16 << 20;
        let size = self.shared.as_ref()?.memory.data_size();
        let limit = self.limits.memory;
        (limit < Limits::default().memory && size + BUFFER > limit)
            .then_some(HostError::MemoryFull(limit))
    }

    fn stopped(&self, why: &wasmtime::Error) -> HostError {
        match (self.limits.output, why.downcast_ref::<OutputExceeded>()) {
            (Some(limit), Some(_)) => HostError::OutputLimit(limit),
            _ => trap(why),
        }
    }
}
