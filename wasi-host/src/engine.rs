//! The one configuration of wasmtime, the same when bundling and when running.

use crate::error::HostError;
use wasmtime::{Config, Engine};

/// The version of wasmtime, as the workspace pins it.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// This system, of which precompiled code is for the processor and the kind of system.
#[cfg(target_arch = "x86_64")]
const SYSTEM: &str = if cfg!(windows) {
    "x86_64-pc-windows-msvc"
} else if cfg!(target_os = "macos") {
    "x86_64-apple-darwin"
} else {
    "x86_64-unknown-linux-gnu"
};

/// The engine that runs modules.
///
/// Defaults throughout: 4 GiB of address space per memory make bounds checks
/// unnecessary, and without fuel or epochs nothing is counted inside the kernels.
///
/// # Errors
/// [`HostError::Incompatible`] where wasmtime does not support this machine.
pub fn for_running() -> Result<Engine, HostError> {
    new(&Config::new())
}

/// The engine that runs modules whose memory threads share. The other one refuses such memories, on which the limit
/// of a run has no hold but the maximum that the host gives them ([`crate::threads`]).
///
/// # Errors
/// [`HostError::Incompatible`] where wasmtime does not support this machine.
pub fn for_threads() -> Result<Engine, HostError> {
    new(Config::new().shared_memory(true))
}

/// The engine that compiles a module into an executable.
///
/// On x86-64 it compiles for processors with AVX2 and FMA (2013 and later),
/// whatever else the building machine has, so that the file runs on other
/// machines too and does the same arithmetic on all of them. A building machine
/// without these compiles for itself. The baseline of other architectures has
/// the vector instructions that are needed.
///
/// # Errors
/// [`HostError::Incompatible`] where wasmtime does not support this machine.
pub fn for_bundling() -> Result<Engine, HostError> {
    let mut config = Config::new();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // Naming the target turns off what would be inferred from this machine.
        config
            .target(SYSTEM)
            .map_err(|why| HostError::Incompatible(why.to_string()))?;
        #[expect(
            unsafe_code,
            reason = "wasmtime marks every code generator setting unsafe"
        )]
        // SAFETY: the preset only adds instruction sets, and loading a module
        // checks that the processor has each of them.
        unsafe {
            config.cranelift_flag_enable("haswell");
        }
    }
    new(&config)
}

fn new(config: &Config) -> Result<Engine, HostError> {
    Engine::new(config).map_err(|why| HostError::Incompatible(why.to_string()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_the_one_in_the_workspace() {
        let manifest = include_str!("../../Cargo.toml");
        let pin = format!("wasmtime = {{ version = \"={}\"", super::WASMTIME_VERSION);
        assert!(manifest.contains(&pin));
    }
}
