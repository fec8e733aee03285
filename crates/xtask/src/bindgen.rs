//! wasm-bindgen, as a library of the exact version that the module was compiled against.

use std::cmp::Reverse;
use std::path::Path;
use std::{fs, mem};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// How wasm-bindgen begins the name of a function that it exports for a closure; the function's index
/// follows.
const CLOSURE: &str = "__wasm_bindgen_func_elem_";

/// Writes `akio.js`, `akio.d.ts` and `akio_bg.wasm` for the linked module into `folder`.
///
/// The JavaScript names no path of the module: the page and the package each know where theirs is. It
/// is the same for all builds of the module, so closures are numbered instead of named by index.
pub fn bind(module: &Path, folder: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(module)
        .out_name("akio")
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen cannot bind {}", module.display()))?;
    let mut names = Vec::new();
    for export in output.wasm_mut().exports.iter_mut() {
        if export.name.starts_with(CLOSURE) {
            let name = format!("__akio_closure_{}", names.len());
            names.push((mem::replace(&mut export.name, name.clone()), name));
        }
    }
    // The longest first, since a name may be the beginning of another.
    names.sort_by_key(|(name, _)| Reverse(name.len()));
    output.emit(folder)?;
    for file in ["akio.js", "akio.d.ts"].map(|file| folder.join(file)) {
        let text = fs::read_to_string(&file)?;
        let renamed = |text: String, (old, new): &(String, String)| text.replace(old, new);
        fs::write(file, names.iter().fold(text, renamed))?;
    }
    Ok(())
}
