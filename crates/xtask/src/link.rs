//! From sources to a module without a model: compiled, linked, and optimised, all of it small.
//!
//! The standard library is compiled too, from its source. That of rustup is made for speed and for messages of panics,
//! which nothing that comes from outside reaches; and the linker shares a memory among threads only if everything
//! in the module was compiled with atomics.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::simd::Simd;
use crate::step::Step;
use crate::{build, child, paths, setup};

/// The target of the web's modules.
const WEB: &str = "wasm32-unknown-unknown";

/// Flags of rustc that make modules small.
const SMALL: [&str; 3] = [
    // A panic is a trap at once.
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    // What has to be inlined for speed says so itself.
    "-Cllvm-args=--inline-threshold=0",
];

/// Flags for a memory that threads share, which who instantiates the module gives it, with at most this many bytes.
const SHARED_MEMORY: [&str; 5] = [
    "-Ctarget-feature=+atomics",
    "-Clink-arg=--import-memory",
    "-Clink-arg=--export-memory",
    "-Clink-arg=--shared-memory",
    "-Clink-arg=--max-memory=4294967296",
];

/// What wasm-bindgen gives each thread a stack and variables of its own by.
const EXPORTS: [&str; 5] = [
    "-Clink-arg=--export=__heap_base",
    "-Clink-arg=--export=__tls_align",
    "-Clink-arg=--export=__tls_base",
    "-Clink-arg=--export=__tls_size",
    "-Clink-arg=--export=__wasm_init_tls",
];

/// What becomes of the crate `akio`.
pub const COMMAND: &str = "build --bin akio";
/// The library is a module of its own here; everywhere else it is linked into a program.
pub const LIBRARY: &str = "rustc --lib --crate-type cdylib";

/// Cargo with these arguments for modules of a target.
pub fn cargo(arguments: &str, target: &str) -> Result<Command> {
    with_flags(arguments, target, &[])
}

fn with_flags(arguments: &str, target: &str, flags: &[&str]) -> Result<Command> {
    let mut cargo = child::cargo(&format!(
        "{arguments} --target {target} --profile wasm -Zbuild-std=std,panic_abort \
         -Zbuild-std-features=optimize_for_size"
    ))?;
    let flags = serde_json::to_string(&[&SMALL, flags].concat())?;
    cargo
        .arg("--config")
        .arg(format!("target.{target}.rustflags={flags}"))
        // To compile the standard library is not stable yet.
        .env("RUSTC_BOOTSTRAP", "1");
    Ok(cargo)
}

/// Compiles and links the crate `akio` for a WebAssembly target, and optimises it.
pub fn link(place: &str, target: &str, crate_type: &str, simd: Simd) -> Result<PathBuf> {
    let name = format!("{place}, {}", simd.name());
    let linked = compile(&name, target, crate_type, simd, false)?;
    let optimised = paths::work()?.join(format!("{}.wasm", file_name(&name)));
    // Threads of WASI share a memory too.
    let features = match target.ends_with("threads") {
        true => format!("{} --enable-threads", simd.wasm_opt_features()),
        false => simd.wasm_opt_features().to_owned(),
    };
    optimise(&linked, &name, &features, &optimised)?;
    Ok(optimised)
}

/// The web's module, which wasm-bindgen wants as it was linked; with relaxed SIMD its memory can be shared.
pub fn web(simd: Simd, shared: bool) -> Result<PathBuf> {
    let kind = if shared { "threads" } else { simd.name() };
    compile(&format!("the web, {kind}"), WEB, LIBRARY, simd, shared)
}

fn compile(
    name: &str,
    target: &str,
    crate_type: &str,
    simd: Simd,
    shared: bool,
) -> Result<PathBuf> {
    let linked = paths::work()?.join(format!("{}-linked.wasm", file_name(name)));
    let mut folder = paths::target()?;
    let mut flags = Vec::new();
    if shared {
        // Everything is compiled with other flags here.
        folder = folder.join("threads");
        flags.extend(SHARED_MEMORY);
        flags.extend(EXPORTS);
    }
    let features = simd.cargo_features();
    let arguments = format!("{crate_type} --package akio --no-default-features {features}");
    let arguments = match shared {
        true => format!("{arguments} --features threads"),
        false => arguments,
    };
    Step {
        name: &format!("module for {name}"),
        inputs: build::cargo_inputs(&build::MODULE),
        outputs: vec![linked.clone()],
        settings: &[&[arguments.as_str()], &SMALL[..], &flags]
            .concat()
            .join(" "),
    }
    .run(|spinner| {
        setup::rust_target(target, spinner)?;
        setup::rust_source(spinner)?;
        let mut cargo = with_flags(&arguments, target, &flags)?;
        cargo.env("CARGO_TARGET_DIR", &folder);
        child::quiet(cargo, spinner)?;
        // Cargo writes all builds of a target to the same place.
        build::copy(&folder.join(target).join("wasm/akio.wasm"), &linked)
    })?;
    Ok(linked)
}

fn file_name(name: &str) -> String {
    name.replace(", ", "-").replace(' ', "-")
}

/// wasm-opt. The optimiser is itself WebAssembly, and level 3 takes minutes for what is left to gain after link-time
/// optimisation.
pub fn optimise(module: &Path, name: &str, features: &str, optimised: &Path) -> Result<()> {
    // The level, and the features that the Rust target uses.
    const FLAGS: &str = "-O1 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
        --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types";
    let flags = format!("{FLAGS} {features}");
    setup::npm_packages()?;
    Step {
        name: &format!("wasm-opt, {name}"),
        inputs: vec![module.to_path_buf()],
        outputs: vec![optimised.to_path_buf()],
        settings: &flags,
    }
    .run(|spinner| {
        let mut wasm_opt = child::program("node");
        wasm_opt
            .arg("node_modules/binaryen/bin/wasm-opt")
            .args(flags.split_whitespace());
        wasm_opt.arg(module).arg("-o").arg(optimised);
        child::quiet(wasm_opt, spinner)
    })
}
