//! From sources and weights to `dist/`: link first, inject the model last, so that no compiler or
//! optimiser ever reads 100 MB of weights.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::edition::Edition;
use crate::model::Lock;
use crate::step::Step;
use crate::{bindgen, child, fetch, licences, paths, setup};

/// Many static hosts take no file above this, and the default edition is meant for them.
const STATIC_HOST_LIMIT: &str = "100MiB";

/// Browsers compile no module above this.
const BROWSER_LIMIT: &str = "1GiB";

/// Crates that the module is compiled from.
const MODULE: [&str; 4] = [
    "crates/akio",
    "crates/akio-agent",
    "crates/akio-engine",
    "crates/akio-kernels",
];

/// Crates that decide what a packed model looks like.
const PACKER: [&str; 3] = [
    "crates/akio-pack",
    "crates/akio-engine",
    "crates/akio-kernels",
];

/// Builds an edition; the page and the npm package go with the default one.
pub fn build(edition: Edition, web: bool) -> Result<()> {
    let lock = edition.model().lock()?;
    let weights = fetch::weights(edition.model())?;
    let (packer, host) = native_programs()?;
    let blob = pack(&packer, &lock, &weights)?;

    let module = paths::dist().join(format!("{}.wasm", edition.artefact()));
    let limit = (edition == Edition::Default).then_some(STATIC_HOST_LIMIT);
    inject(&packer, &wasi_module()?, &blob, limit, &module)?;
    seal(&host, &module, &paths::dist().join(edition.artefact()))?;
    licences::write(&paths::dist().join("LICENSES"), &lock)?;
    if web {
        match edition {
            Edition::Default => build_web(&packer, &blob)?,
            Edition::Agent => {
                eprintln!("  the page and the npm package are built with the default edition")
            }
            Edition::Large => eprintln!(
                "  no page: this model is over the 1 GiB that browsers take as one module"
            ),
        }
    }
    Ok(())
}

/// `akio-pack`, the packer, and `akio-host`, the native executable without a module.
fn native_programs() -> Result<(PathBuf, PathBuf)> {
    let release = paths::target()?.join("release");
    let (packer, host) = (release.join("akio-pack"), release.join("akio-host"));
    let sources: Vec<_> = PACKER.into_iter().chain(["wasi-host"]).collect();
    Step {
        name: "akio-pack and akio-host",
        inputs: cargo_inputs(&sources),
        outputs: vec![packer.clone(), host.clone()],
        settings: "",
    }
    .run(|spinner| {
        // The whole workspace is selected because cargo takes the features of dependencies from
        // the selection: with that of the tests, candle and wasmtime are compiled only once.
        let programs = "build --release --workspace --bin akio-pack --bin akio-host";
        child::quiet(child::cargo(programs)?, spinner)
    })?;
    Ok((packer, host))
}

/// The WASI command without weights.
fn wasi_module() -> Result<PathBuf> {
    link("module for WASI", "wasm32-wasip1", "build --bin akio")
}

/// The wasm-bindgen module without weights, optimised, and the folder with its JavaScript.
fn web_module() -> Result<(PathBuf, PathBuf)> {
    // Only here is the library a module of its own; everywhere else it is linked into a program.
    let library = "rustc --lib --crate-type cdylib";
    let linked = link("module for the web", "wasm32-unknown-unknown", library)?;
    let bindings = paths::work()?.join("bindgen");
    let outputs = ["akio.js", "akio.d.ts", "akio_bg.wasm"].map(|file| bindings.join(file));
    let [_, _, bound] = &outputs;
    Step {
        name: "wasm-bindgen",
        inputs: vec![linked.clone()],
        outputs: outputs.to_vec(),
        settings: "",
    }
    .run(|_| bindgen::bind(&linked, &bindings))?;
    let optimised = paths::work()?.join("akio-web.wasm");
    optimise(bound, &optimised)?;
    Ok((optimised, bindings))
}

/// Compiles and links the crate `akio` for a WebAssembly target.
fn link(name: &str, target: &str, cargo: &str) -> Result<PathBuf> {
    let linked = paths::target()?.join(target).join("wasm/akio.wasm");
    Step {
        name,
        inputs: cargo_inputs(&MODULE),
        outputs: vec![linked.clone()],
        settings: cargo,
    }
    .run(|spinner| {
        setup::rust_target(target, spinner)?;
        let arguments = format!("{cargo} --package akio --target {target} --profile wasm");
        child::quiet(child::cargo(&arguments)?, spinner)
    })?;
    Ok(linked)
}

/// wasm-opt for the module that people download. The optimiser is itself WebAssembly, and level 3
/// takes minutes for what is left to gain after link-time optimisation.
fn optimise(bound: &Path, optimised: &Path) -> Result<()> {
    // The level, and the features that the Rust target uses.
    const FLAGS: &str = "-O1 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
        --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types";
    let (inputs, outputs) = (vec![bound.to_path_buf()], vec![optimised.to_path_buf()]);
    Step {
        name: "wasm-opt",
        inputs,
        outputs,
        settings: FLAGS,
    }
    .run(|spinner| {
        let mut wasm_opt = child::program("node");
        wasm_opt
            .arg("node_modules/binaryen/bin/wasm-opt")
            .args(FLAGS.split_whitespace());
        wasm_opt.arg(bound).arg("-o").arg(optimised);
        child::quiet(wasm_opt, spinner)
    })
}

/// The packed model.
fn pack(packer: &Path, lock: &Lock, weights: &Path) -> Result<PathBuf> {
    let blob = paths::work()?.join(format!("{}.akio", lock.sha256));
    let notice = paths::work()?.join(format!("{}.notice", lock.sha256));
    let text = licences::model_notice(lock)?;
    let mut inputs = cargo_inputs(&PACKER);
    inputs.push(weights.to_path_buf());
    let name = format!("packed {}", lock.name);
    let settings = format!("{} {} {text}", lock.name, lock.license);
    Step {
        name: &name,
        inputs,
        outputs: vec![blob.clone()],
        settings: &settings,
    }
    .run(|spinner| {
        fs::write(&notice, &text).with_context(|| format!("cannot write {}", notice.display()))?;
        let mut pack = child::program(packer);
        pack.arg("pack").arg(weights).arg("-o").arg(&blob);
        pack.args(["--name", &lock.name, "--license", &lock.license, "--notice"])
            .arg(&notice);
        // What packing did to the weights is for people to know.
        let report = child::captured(pack, spinner)?;
        spinner.suspend(|| eprintln!("{report}"));
        Ok(())
    })?;
    Ok(blob)
}

/// Puts the packed model into a module; the packer refuses a result above the limit.
fn inject(
    packer: &Path,
    module: &Path,
    blob: &Path,
    limit: Option<&str>,
    output: &Path,
) -> Result<()> {
    let inputs = vec![
        packer.to_path_buf(),
        module.to_path_buf(),
        blob.to_path_buf(),
    ];
    let settings = limit.unwrap_or_default();
    Step {
        name: &name(output),
        inputs,
        outputs: vec![output.to_path_buf()],
        settings,
    }
    .run(|spinner| {
        create_parent(output)?;
        let mut inject = child::program(packer);
        inject
            .arg("inject")
            .args([module, blob])
            .arg("-o")
            .arg(output);
        inject.args(limit.iter().flat_map(|limit| ["--limit-module", limit]));
        child::quiet(inject, spinner)
    })
}

/// Puts the precompiled module into the native executable.
fn seal(host: &Path, module: &Path, output: &Path) -> Result<()> {
    let inputs = vec![host.to_path_buf(), module.to_path_buf()];
    Step {
        name: &name(output),
        inputs,
        outputs: vec![output.to_path_buf()],
        settings: "",
    }
    .run(|spinner| {
        create_parent(output)?;
        let mut seal = child::program(host);
        seal.arg("--seal").arg(module).arg("-o").arg(output);
        child::quiet(seal, spinner)
    })
}

/// The page and the npm package.
fn build_web(packer: &Path, blob: &Path) -> Result<()> {
    setup::npm_packages()?;
    let (module, bindings) = web_module()?;
    let injected = bindings.join("akio.wasm");
    inject(packer, &module, blob, Some(BROWSER_LIMIT), &injected)?;
    let root = paths::root();
    let mut inputs: Vec<_> = ["web", "models", "Cargo.toml", "package-lock.json"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    inputs.extend([
        injected,
        bindings.join("akio.js"),
        bindings.join("akio.d.ts"),
    ]);
    let outputs = vec![paths::dist().join("web"), paths::dist().join("npm")];
    Step {
        name: "dist/web and dist/npm",
        inputs,
        outputs,
        settings: "",
    }
    .run(|spinner| {
        let mut npm = child::program("npm");
        npm.args(["run", "build", "--workspace", "web"])
            .env("AKIO_BINDGEN", &bindings);
        child::quiet(npm, spinner)
    })
}

/// Sources that cargo compiles, and what steers it.
fn cargo_inputs(sources: &[&str]) -> Vec<PathBuf> {
    let steering = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"];
    steering
        .iter()
        .chain(sources)
        .map(|path| paths::root().join(path))
        .collect()
}

/// The path as a person at the workspace root would write it.
fn name(path: &Path) -> String {
    path.strip_prefix(paths::root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn create_parent(path: &Path) -> Result<()> {
    let folder = path
        .parent()
        .context("a file at the root of the file system")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}
