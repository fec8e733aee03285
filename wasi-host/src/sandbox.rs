//! The guest: a WASI preview 1 command that sees only what it was granted.

use crate::engine::WASMTIME_VERSION;
use crate::error::HostError;
use crate::limits::{Limits, MemoryLimit, OutputExceeded};
use crate::options::Options;
use crate::weights::Weights;
use wasmtime::{Linker, Module, Store, Trap, TypedFunc};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

/// What the guest may touch: clocks, randomness, `args` and what `options`
/// grants. It has no stdin, stdout and stderr yet.
///
/// # Errors
/// [`HostError::Usage`] if a granted directory cannot be opened.
pub fn grants(options: &Options, args: &[impl AsRef<str>]) -> Result<WasiCtxBuilder, HostError> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.arg("akio")
        .args(args)
        .env("AKIO_HOST", host_name())
        .envs(&options.env);
    // WASI does not let a guest list what it was granted by name.
    if !options.dirs.is_empty() {
        let names: Vec<&str> = options.dirs.iter().map(|dir| &*dir.name).collect();
        wasi.env("AKIO_DIRS", names.join("\n"));
    }
    // The guest runs on the main thread alone, so files may block it.
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

/// What is run: a module, and its model where that is sealed.
pub struct Program<'a> {
    /// The module.
    pub module: Module,
    /// The model, if it is not in the module.
    pub weights: Option<Weights<'a>>,
}

/// A module with its memory in place, about to start.
pub struct Guest {
    store: Store<State>,
    start: TypedFunc<(), ()>,
    limits: Limits,
}

struct State {
    wasi: WasiP1Ctx,
    memory: MemoryLimit,
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
        let Program { module, weights } = program;
        let incompatible =
            |why: wasmtime::Error| HostError::Incompatible(why.root_cause().to_string());
        let mut linker = Linker::new(module.engine());
        p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)
            .map_err(incompatible)?;
        let state = State {
            wasi: wasi.build_p1(),
            memory: MemoryLimit::new(limits.memory),
        };
        let mut store = Store::new(module.engine(), state);
        store.limiter(|state| &mut state.memory);
        let instance = linker.instantiate(&mut store, module).map_err(|why| {
            store
                .data()
                .memory
                .error()
                .unwrap_or_else(|| incompatible(why))
        })?;
        if let Some(weights) = weights {
            let memory = instance
                .get_memory(&mut store, "memory")
                .ok_or_else(|| HostError::Incompatible("it exports no memory".into()))?;
            weights.fill(memory.data_mut(&mut store))?;
        }
        let start = instance
            .get_typed_func(&mut store, "_start")
            .map_err(incompatible)?;
        Ok(Self {
            store,
            start,
            limits,
        })
    }

    /// Runs the guest to its end.
    ///
    /// # Errors
    /// [`HostError::Trap`], [`HostError::MemoryLimit`] or [`HostError::OutputLimit`] if it did not
    /// end by itself.
    pub fn run(mut self) -> Result<Exit, HostError> {
        let ended = self.start.call(&mut self.store, ());
        let memory = self.store.data().memory.error();
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

    fn stopped(&self, why: &wasmtime::Error) -> HostError {
        match (self.limits.output, why.downcast_ref::<OutputExceeded>()) {
            (Some(limit), Some(_)) => HostError::OutputLimit(limit),
            _ => HostError::Trap(match why.downcast_ref::<Trap>() {
                Some(trap) => trap.to_string(),
                None => why.root_cause().to_string(),
            }),
        }
    }
}
