//! The ways of getting a model into a module, side by side: a module for each, from the same packed model.

mod costs;
mod literals;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::simd::Simd;
use crate::step::Step;
use crate::{build, child, link, paths, setup};

pub use costs::costs;

const TARGET: &str = "wasm32-wasip1";
const PACKAGE: &str = "akio-embedding";

/// All of the tiny model is below this, and of SmolLM2 the norms and the shapes are.
const LITERAL_ABOVE: &str = "128KiB";

/// A way of getting the model into the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Put into the finished module: what akio does.
    Injected,
    /// From an object file, by the linker.
    Object,
    /// A static array of bytes.
    Bytes,
    /// Generated Rust source.
    Constants,
}

impl Way {
    const ALL: [Self; 4] = [Self::Injected, Self::Object, Self::Bytes, Self::Constants];

    fn name(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Object => "object",
            Self::Bytes => "bytes",
            Self::Constants => "constants",
        }
    }
}

/// Builds the committed tiny model into a module in each way, and natively as bytes. Returns their folder.
pub fn tiny() -> Result<PathBuf> {
    let folder = paths::work()?.join("embedding/tiny");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (packer, _) = build::native_programs()?;
    let gguf = paths::root().join("models/tiny/tiny.gguf");
    let forms = Way::ALL.map(|way| form(&folder, way));
    Step {
        name: "tiny model, in three forms",
        inputs: vec![packer.clone(), gguf.clone()],
        outputs: forms.to_vec(),
        settings: "",
    }
    .run(|spinner| {
        child::quiet(pack(&packer, &gguf, &folder), spinner)?;
        for way in [Way::Object, Way::Constants] {
            child::quiet(convert(&packer, way, &folder), spinner)?;
        }
        Ok(())
    })?;

    let linked = link::link("WASI", TARGET, link::COMMAND, Simd::Relaxed)?;
    let injected = module(&folder, Way::Injected);
    Step {
        name: "tiny model, injected",
        inputs: vec![packer.clone(), linked.clone(), form(&folder, Way::Injected)],
        outputs: vec![injected],
        settings: "",
    }
    .run(|spinner| child::quiet(inject(&packer, &linked, &folder), spinner))?;

    let mut inputs = build::cargo_inputs(&build::MODULE);
    inputs.push(paths::root().join("crates/akio-embedding"));
    inputs.extend(forms);
    let compiled = [Way::Object, Way::Bytes, Way::Constants];
    Step {
        name: "tiny model, linked and compiled",
        inputs: inputs.clone(),
        outputs: compiled.map(|way| module(&folder, way)).to_vec(),
        settings: "",
    }
    .run(|spinner| {
        setup::rust_target(TARGET, spinner)?;
        child::quiet(compile("--bins", Some(&folder))?, spinner)?;
        let target = paths::target()?;
        compiled
            .iter()
            .try_for_each(|way| copy(&built(&target, *way), &module(&folder, *way)))
    })?;
    let native = folder.join("native");
    Step {
        name: "tiny model, native",
        inputs,
        outputs: vec![native.clone()],
        settings: "",
    }
    .run(|spinner| {
        let mut cargo = child::cargo("build --release --workspace --bin bytes")?;
        cargo.env("AKIO_EMBEDDING", &folder);
        child::quiet(cargo, spinner)?;
        copy(&paths::target()?.join("release/bytes"), &native)
    })?;
    Ok(folder)
}

/// The file that a way takes the model from.
fn form(folder: &Path, way: Way) -> PathBuf {
    folder.join(match way {
        Way::Injected | Way::Bytes => "model.akio",
        Way::Object => "model.o",
        Way::Constants => "model.rs",
    })
}

/// The module with the model inside.
fn module(folder: &Path, way: Way) -> PathBuf {
    folder.join(format!("{}.wasm", way.name()))
}

/// Where cargo leaves the module of a way that it builds.
fn built(target: &Path, way: Way) -> PathBuf {
    target.join(format!("{TARGET}/wasm/{}.wasm", way.name()))
}

fn pack(packer: &Path, gguf: &Path, folder: &Path) -> Command {
    let mut pack = child::program(packer);
    pack.arg("pack").arg(gguf).arg("-o");
    pack.arg(form(folder, Way::Bytes));
    pack
}

/// From the packed model to the object file or the source.
fn convert(packer: &Path, way: Way, folder: &Path) -> Command {
    let mut convert = child::program(packer);
    convert.arg(way.name()).arg(form(folder, Way::Bytes));
    convert.arg("-o").arg(form(folder, way));
    if way == Way::Constants {
        // No compiler survives all of SmolLM2 as numbers.
        convert.args(["--literal-above", LITERAL_ABOVE]);
    }
    convert
}

fn inject(packer: &Path, linked: &Path, folder: &Path) -> Command {
    let mut inject = child::program(packer);
    inject.arg("inject").arg(linked);
    inject.arg(form(folder, Way::Injected)).arg("-o");
    inject.arg(module(folder, Way::Injected));
    inject
}

/// Compiles and links programs of the crate with the model in that folder.
fn compile(programs: &str, folder: Option<&Path>) -> Result<Command> {
    let features = Simd::Relaxed.cargo_features();
    let arguments = format!("build --package {PACKAGE} {programs} {features}");
    let mut cargo = link::cargo(&arguments, TARGET)?;
    match folder {
        Some(folder) => cargo.env("AKIO_EMBEDDING", folder),
        None => cargo.env_remove("AKIO_EMBEDDING"),
    };
    Ok(cargo)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
