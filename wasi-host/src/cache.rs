//! Where the host keeps files between runs.

use crate::platform;
use std::env;
use std::path::PathBuf;

/// `$AKIO_CACHE`, else `akio` in `$XDG_CACHE_HOME` or where the system has such folders; none without a home.
pub fn dir() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("AKIO_CACHE").or_else(|| {
        let caches = set("XDG_CACHE_HOME").or_else(platform::cache_home)?;
        Some(caches.join("akio"))
    })
}
