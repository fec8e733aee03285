//! Tells the programs where the model is.
//!
//! `AKIO_EMBEDDING` names a folder with three forms of one packed model, all of them written by `akio-pack`:
//! `model.akio` as it was packed, `model.o` as an object file and `model.rs` as Rust source. Without it the
//! programs are built without a model.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=AKIO_EMBEDDING");
    println!("cargo::rustc-check-cfg=cfg(model, linked_model)");
    let Some(folder) = env::var_os("AKIO_EMBEDDING") else {
        return Ok(());
    };
    let folder = Path::new(&folder);
    for file in ["model.akio", "model.o", "model.rs"] {
        println!("cargo::rerun-if-changed={}", folder.join(file).display());
    }
    let len = fs::metadata(folder.join("model.akio"))?.len();
    println!("cargo::rustc-cfg=model");
    println!("cargo::rustc-env=AKIO_EMBEDDING={}", folder.display());
    println!("cargo::rustc-env=AKIO_MODEL_LEN={len}");
    if env::var("CARGO_CFG_TARGET_FAMILY")? == "wasm" {
        let object = folder.join("model.o");
        println!("cargo::rustc-cfg=linked_model");
        println!("cargo::rustc-link-arg-bin=object={}", object.display());
    }
    Ok(())
}
