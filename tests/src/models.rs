//! The real models of the lock files in models/, from the cache that `cargo xtask fetch` fills.

use std::{env, fs, path::PathBuf};

/// Path of the weights that `models/NAME.lock.toml` names.
///
/// # Panics
/// If there is no such lock file, or its weights are not in the cache.
pub fn weights(name: &str) -> PathBuf {
    let lock = format!("{}/../models/{name}.lock.toml", env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(&lock).unwrap_or_else(|error| panic!("{lock}: {error}"));
    let lock: toml::Table = lock.parse().expect("a lock file is TOML");
    let sha256 = lock["sha256"].as_str().expect("a lock file has a sha256");
    let path = cache().join(format!("models/{sha256}.gguf"));
    assert!(
        path.exists(),
        "{name} is not in the cache: run `cargo xtask fetch {}`",
        argument(name)
    );
    path
}

/// What `cargo xtask fetch` calls the model.
fn argument(name: &str) -> &str {
    match name {
        "qwen2.5-coder-0.5b" => "qwen",
        "qwen2.5-coder-1.5b" => "qwen-large",
        "gemma3-270m" => "gemma",
        same => same,
    }
}

fn cache() -> PathBuf {
    let directory = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    directory("AKIO_CACHE")
        .or_else(|| Some(directory("XDG_CACHE_HOME")?.join("akio")))
        .or_else(|| Some(directory("HOME")?.join(".cache/akio")))
        .expect("HOME is set")
}
