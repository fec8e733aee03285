//! Where the host keeps files between runs.

use std::env;
use std::path::PathBuf;

/// `$AKIO_CACHE`, else `$XDG_CACHE_HOME/akio`, else `~/.cache/akio`; none without a home.
pub fn dir() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("AKIO_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("akio")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/akio")))
}
