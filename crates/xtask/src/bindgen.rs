//! wasm-bindgen, as a library of the exact version that the module was compiled against.

use std::cmp::Reverse;
use std::path::Path;
use std::{fs, mem};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// How wasm-bindgen begins the name of a function that it exports for a closure; the function's index
/// follows.
const CLOSURE: &str = "__wasm_bindgen_func_elem_";

/// What a module that imports its memory gets where the caller has none for it.
const OWN_MEMORY: &str = "memory: memory || new WebAssembly.Memory(";

/// The first function of the JavaScript that is not about the module, but wasm-bindgen's own.
const OWN_FUNCTIONS: &str = "function addToExternrefTable0";

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
        fs::write(file, with_callers_memory(names.iter().fold(text, renamed)))?;
    }
    Ok(())
}

/// Who shares a memory brings it, and a module with a memory of its own is to have no second one.
fn with_callers_memory(script: String) -> String {
    let Some((before, rest)) = script.split_once(OWN_MEMORY) else {
        return script;
    };
    let after = rest.split_once(')').map_or(rest, |(_, after)| after);
    format!("{before}memory{after}")
}

/// Checks that the JavaScript of the module with shared memory, `threaded`, is right for the `other` one too: what it
/// knows of the module is the same. The rest is about memory, in a form that a memory of one's own suits as well.
pub fn ensure_serves(threaded: &Path, other: &Path) -> Result<()> {
    let of_module = |folder: &Path| -> Result<String> {
        let script = fs::read_to_string(folder.join("akio.js"))?;
        let (module, _) = script
            .split_once(OWN_FUNCTIONS)
            .with_context(|| format!("wasm-bindgen wrote no `{OWN_FUNCTIONS}`"))?;
        Ok(module
            .replace("        memory,\n", "")
            .replace("__wbg_get_imports(memory)", "__wbg_get_imports()"))
    };
    ensure!(
        of_module(threaded)? == of_module(other)?,
        "the page and the package have one akio.js for all builds of the module, but that of {} does not \
         serve the module of {}",
        threaded.display(),
        other.display()
    );
    Ok(())
}
