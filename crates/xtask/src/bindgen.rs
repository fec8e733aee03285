//! wasm-bindgen, as a library of the exact version that the module was compiled against.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `akio.js`, `akio.d.ts` and `akio_bg.wasm` for the linked module into `folder`.
///
/// The JavaScript names no path of the module: the page and the package each know where theirs is.
pub fn bind(module: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .out_name("akio")
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot bind {}", module.display()))
}
