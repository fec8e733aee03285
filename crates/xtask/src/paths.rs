//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// What `build` leaves.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's target directory: the one this program was built in.
pub fn target() -> Result<PathBuf> {
    let program = env::current_exe().context("cannot find the path of this program")?;
    let target = program
        .ancestors()
        .nth(2)
        .context("this program is not in a target directory")?;
    Ok(target.to_path_buf())
}

/// Intermediate files of the build.
pub fn work() -> Result<PathBuf> {
    Ok(target()?.join("xtask"))
}

/// akio's cache of weights, outside the clone: `$AKIO_CACHE`, else `$XDG_CACHE_HOME/akio`, else `~/.cache/akio`.
pub fn cache() -> Result<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("AKIO_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("akio")))
        .or_else(|| env::home_dir().map(|home| home.join(".cache").join("akio")))
        .context("there is no home directory: set AKIO_CACHE to a folder for the weights")
}
