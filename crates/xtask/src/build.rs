//! From sources and weights to `dist/`: link first, inject the model last, so that no compiler or
//! optimiser ever reads 100 MB of weights.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

use crate::edition::Edition;
use crate::model::Lock;
use crate::simd::Simd;
use crate::step::Step;
use crate::{bindgen, child, fetch, licences, link, paths, setup};

/// Many static hosts take no file above this, and the default edition is meant for them.
const STATIC_HOST_LIMIT: &str = "100MiB";

/// What wasm-bindgen calls a module that it has bound.
const BOUND: &str = "akio_bg.wasm";

/// Browsers compile no module above this.
const BROWSER_LIMIT: &str = "1GiB";

/// A core module inside of a component can be no larger.
const COMPONENT_LIMIT: &str = "1GiB";

/// Crates that the module is compiled from.
pub const MODULE: [&str; 5] = [
    "crates/akio",
    "crates/akio-agent",
    "crates/akio-engine",
    "crates/akio-kernels",
    "crates/akio-openai",
];

/// Crates that decide what a packed model looks like.
const PACKER: [&str; 4] = [
    "crates/akio-pack",
    "crates/akio-agent",
    "crates/akio-engine",
    "crates/akio-kernels",
];

/// Builds an edition. With the default one goes the command for runtimes without relaxed SIMD and, unless
/// `web` is off, the page and the npm package; with the agent edition the same page, which then offers both.
pub fn build(edition: Edition, web: bool) -> Result<()> {
    let ingredients = executable(edition)?;
    match edition {
        Edition::Default => {
            let plain = paths::dist().join("akio-plain.wasm");
            command(&ingredients, Simd::Plain, Some(STATIC_HOST_LIMIT), &plain)?;
            with_candle()?;
            http_component(&ingredients)?;
            if web {
                build_web(&[edition])?;
            }
        }
        Edition::Agent if web => build_web(&[Edition::Default, edition])?,
        Edition::Large if web => {
            eprintln!("  no page: this model is over the 1 GiB that browsers take as one module")
        }
        _ => {}
    }
    Ok(())
}

/// What a model is put into modules with.
pub struct Ingredients {
    packer: PathBuf,
    pub blob: PathBuf,
}

/// Builds an edition's command and native executable, both with relaxed SIMD.
pub fn executable(edition: Edition) -> Result<Ingredients> {
    let lock = edition.model().lock()?;
    let ingredients = ingredients(edition)?;
    let (_, host) = native_programs()?;

    let module = paths::dist().join(format!("{}.wasm", edition.artefact()));
    let limit = (edition == Edition::Default).then_some(STATIC_HOST_LIMIT);
    command(&ingredients, Simd::Relaxed, limit, &module)?;
    let threads = threads_module()?;
    let executable = paths::dist().join(edition.artefact());
    bundle(&host, &module, &threads, &executable)?;
    licences::write(&paths::dist().join("LICENSES"), &lock)?;
    Ok(ingredients)
}

/// The packer, and an edition's packed model.
fn ingredients(edition: Edition) -> Result<Ingredients> {
    let lock = edition.model().lock()?;
    let weights = fetch::weights(edition.model())?;
    let (packer, _) = native_programs()?;
    let blob = pack(&packer, &lock, &weights)?;
    Ok(Ingredients { packer, blob })
}

/// `akio-pack`, the packer, and `akio-host`, the native executable without a module.
pub fn native_programs() -> Result<(PathBuf, PathBuf)> {
    let release = paths::target()?.join("release");
    let (packer, host) = (release.join("akio-pack"), release.join("akio-host"));
    let sources: Vec<_> = PACKER
        .into_iter()
        .chain(["crates/akio-delta", "crates/akio-seal", "wasi-host"])
        .collect();
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

/// The WASI command without a model.
pub fn command_module(simd: Simd) -> Result<PathBuf> {
    link::link("WASI", "wasm32-wasip1", link::COMMAND, simd)
}

/// The WASI command with the model inside.
fn command(
    ingredients: &Ingredients,
    simd: Simd,
    limit: Option<&str>,
    output: &Path,
) -> Result<()> {
    let module = command_module(simd)?;
    let extra: Vec<_> = limit
        .iter()
        .flat_map(|limit| ["--limit-module", limit])
        .collect();
    inject(ingredients, &module, &extra, output)
}

/// The command without a model whose threads share a memory.
fn threads_module() -> Result<PathBuf> {
    let command = format!("{} --features threads", link::COMMAND);
    link::link(
        "WASI with threads",
        "wasm32-wasip1-threads",
        &command,
        Simd::Relaxed,
    )
}

/// The command without a model that runs all architectures: candle is as large as everything else.
pub fn candle_module() -> Result<PathBuf> {
    let command = format!("{} --features candle", link::COMMAND);
    link::link("WASI with candle", "wasm32-wasip1", &command, Simd::Relaxed)
}

fn with_candle() -> Result<()> {
    let module = candle_module()?;
    let output = paths::dist().join("akio-candle.wasm");
    let (inputs, outputs) = (vec![module.clone()], vec![output.clone()]);
    Step {
        name: &name(&output),
        inputs,
        outputs,
        settings: "",
    }
    .run(|_| {
        fs::copy(&module, &output)
            .map(drop)
            .with_context(|| format!("cannot write {}", output.display()))
    })
}

/// The core module of the HTTP component without a model.
pub fn http_module() -> Result<PathBuf> {
    link::link("HTTP", "wasm32-wasip2", link::LIBRARY, Simd::Relaxed)
}

/// The HTTP component with the model inside: the core module is linked, gets its model, and is encoded last.
fn http_component(ingredients: &Ingredients) -> Result<()> {
    let linked = http_module()?;
    let core = paths::work()?.join("akio-http-core.wasm");
    inject(
        ingredients,
        &linked,
        &["--limit-module", COMPONENT_LIMIT],
        &core,
    )?;
    let output = paths::dist().join("akio-http.wasm");
    Step {
        name: &name(&output),
        inputs: vec![core.clone()],
        outputs: vec![output.clone()],
        settings: "",
    }
    .run(|_| {
        let module = fs::read(&core)?;
        let component = ComponentEncoder::default().module(&module)?.encode()?;
        fs::write(&output, component).with_context(|| format!("cannot write {}", output.display()))
    })
}

/// The wasm-bindgen module without weights, optimised, and the folder with its JavaScript.
pub fn web_module(simd: Simd) -> Result<(PathBuf, PathBuf)> {
    let linked = link::web(simd, false)?;
    let bindings = bind(&linked, simd.name())?;
    let optimised = paths::work()?.join(format!("akio-web-{}.wasm", simd.name()));
    let bound = bindings.join(BOUND);
    link::optimise(&bound, simd.name(), simd.wasm_opt_features(), &optimised)?;
    Ok((optimised, bindings))
}

/// The same module with relaxed SIMD and a memory that threads share. Beside its JavaScript it has the name that it is
/// published by.
fn threaded_module() -> Result<(PathBuf, PathBuf)> {
    const NAME: &str = "threads";
    let linked = link::web(Simd::Relaxed, true)?;
    let bindings = bind(&linked, NAME)?;
    let optimised = bindings.join("akio-threads.wasm");
    let features = format!("{} --enable-threads", Simd::Relaxed.wasm_opt_features());
    link::optimise(&bindings.join(BOUND), NAME, &features, &optimised)?;
    Ok((optimised, bindings))
}

/// Writes the JavaScript of the web's module `name`, and the module that goes with it, into a folder.
fn bind(linked: &Path, name: &str) -> Result<PathBuf> {
    let bindings = paths::work()?.join(format!("bindgen-{name}"));
    let outputs = ["akio.js", "akio.d.ts", BOUND].map(|file| bindings.join(file));
    Step {
        name: &format!("wasm-bindgen, {name}"),
        // The names of exports are ours: see there.
        inputs: vec![
            linked.to_path_buf(),
            paths::root().join("crates/xtask/src/bindgen.rs"),
        ],
        outputs: outputs.to_vec(),
        settings: "",
    }
    .run(|_| bindgen::bind(linked, &bindings))?;
    Ok(bindings)
}

/// Copies a result to where the next build does not overwrite it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    create_parent(to)?;
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {}", from.display()))
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

/// Puts the packed model into a module, or prepares the module for it, as `options` of the packer say.
fn inject(ingredients: &Ingredients, module: &Path, options: &[&str], output: &Path) -> Result<()> {
    let Ingredients { packer, blob } = ingredients;
    let inputs = vec![packer.clone(), module.to_path_buf(), blob.clone()];
    Step {
        name: &name(output),
        inputs,
        outputs: vec![output.to_path_buf()],
        settings: &options.join(" "),
    }
    .run(|spinner| {
        create_parent(output)?;
        let mut inject = child::program(packer);
        inject
            .arg("inject")
            .args([module, blob])
            .arg("-o")
            .arg(output)
            .args(options);
        child::quiet(inject, spinner)
    })
}

/// Puts the precompiled module into the native executable, and what its threads run.
fn bundle(host: &Path, module: &Path, threads: &Path, output: &Path) -> Result<()> {
    let inputs = [host, module, threads].map(Path::to_path_buf).to_vec();
    Step {
        name: &name(output),
        inputs,
        outputs: vec![output.to_path_buf()],
        settings: "",
    }
    .run(|spinner| {
        create_parent(output)?;
        let mut bundle = child::program(host);
        bundle.arg("--bundle").arg(module).arg("-o").arg(output);
        bundle.arg("--threads").arg(threads);
        child::quiet(bundle, spinner)
    })
}

/// The page and the npm package, built around the first of the editions; the page offers the others too. The
/// weights are in the module with relaxed SIMD; an engine that cannot load it takes them out of the file and
/// gives them to the plain module, which is code only, and one that shares memory among threads gives them to the
/// module for those.
fn build_web(editions: &[Edition]) -> Result<()> {
    setup::npm_packages()?;
    let (relaxed, relaxed_bindings) = web_module(Simd::Relaxed)?;
    let (plain, plain_bindings) = web_module(Simd::Plain)?;
    let (threads, bindings) = threaded_module()?;
    for other in [&relaxed_bindings, &plain_bindings] {
        bindgen::ensure_serves(&bindings, other)?;
    }
    let names: Vec<_> = editions.iter().map(|edition| edition.artefact()).collect();
    let mut modules = vec![threads];
    for edition in editions {
        let ingredients = ingredients(*edition)?;
        let with_model = bindings.join(format!("{}.wasm", edition.artefact()));
        let code_only = bindings.join(format!("{}-plain.wasm", edition.artefact()));
        let limit = ["--limit-module", BROWSER_LIMIT];
        inject(&ingredients, &relaxed, &limit, &with_model)?;
        inject(&ingredients, &plain, &["--code-only"], &code_only)?;
        modules.extend([with_model, code_only]);
    }
    let root = paths::root();
    let mut inputs: Vec<_> = ["web", "models", "Cargo.toml", "package-lock.json"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    inputs.extend(modules);
    inputs.extend(["akio.js", "akio.d.ts"].map(|file| bindings.join(file)));
    let outputs = ["web", "npm", "akio.html"].map(|name| paths::dist().join(name));
    Step {
        name: "dist/web, dist/akio.html and dist/npm",
        inputs,
        outputs: outputs.to_vec(),
        settings: &names.join(" "),
    }
    .run(|spinner| {
        let mut npm = child::program("npm");
        npm.args(["run", "build", "--workspace", "web"])
            .env("AKIO_BINDGEN", &bindings)
            .env("AKIO_EDITIONS", names.join(" "));
        child::quiet(npm, spinner)
    })
}

/// Sources that cargo compiles, and what steers it.
pub fn cargo_inputs(sources: &[&str]) -> Vec<PathBuf> {
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
