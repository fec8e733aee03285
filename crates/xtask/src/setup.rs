//! What a machine needs besides Rust: found, installed where that is ours to do, else named.

use std::env::{self, consts::EXE_EXTENSION};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;

use crate::step::{self, Step};
use crate::{child, paths};

/// Oldest Node that runs the tools in package.json.
const NODE: (u32, u32) = (20, 19);

/// Adds the Rust target unless its standard library is there.
pub fn rust_target(target: &str, spinner: &ProgressBar) -> Result<()> {
    let mut rustc = child::program("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    if child::output(rustc).is_ok_and(|folder| PathBuf::from(folder).is_dir()) {
        return Ok(());
    }
    let mut rustup = child::program("rustup");
    rustup.args(["target", "add", target]);
    child::quiet(rustup, spinner).with_context(|| format!("the Rust target {target} is needed"))
}

/// Adds the source of Rust's standard library unless it is there.
pub fn rust_source(spinner: &ProgressBar) -> Result<()> {
    let mut rustc = child::program("rustc");
    rustc.args(["--print", "sysroot"]);
    let library = PathBuf::from(child::output(rustc)?).join("lib/rustlib/src/rust/library/std");
    if library.is_dir() {
        return Ok(());
    }
    let mut rustup = child::program("rustup");
    rustup.args(["component", "add", "rust-src"]);
    child::quiet(rustup, spinner).context("the source of Rust's standard library is needed")
}

/// Checks that Node is there and new enough.
pub fn node() -> Result<()> {
    let (major, minor) = NODE;
    let wanted =
        format!("Node {major}.{minor} or newer is needed (nodejs.org, or your system's packages)");
    let mut node = child::program("node");
    node.arg("--version");
    let version = child::output(node).with_context(|| wanted.clone())?;
    let mut parts = version
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    ensure!(found >= NODE, "{wanted}, and this is {version}");
    Ok(())
}

/// Installs what package-lock.json names into node_modules.
pub fn npm_packages() -> Result<()> {
    let root = paths::root();
    Step {
        name: "npm packages",
        inputs: vec![
            root.join("package.json"),
            root.join("package-lock.json"),
            root.join("web/package.json"),
        ],
        outputs: vec![root.join("node_modules/.package-lock.json")],
        settings: "",
    }
    .run(|spinner| {
        node()?;
        let mut npm = child::program("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]);
        child::quiet(npm, spinner)
    })
}

/// A Python 3 that has pip.
pub fn python() -> Result<&'static str> {
    let has = |module: &[&str]| {
        ["python3", "python"].into_iter().find(|name| {
            let mut python = child::program(name);
            python.args(module).arg("--version");
            child::output(python)
                .is_ok_and(|version| version.contains("Python 3") || version.contains("python 3"))
        })
    };
    if let Some(python) = has(&["-m", "pip"]) {
        return Ok(python);
    }
    match has(&[]) {
        Some(python) => {
            bail!("{python} has no pip (on Debian and Ubuntu: apt-get install python3-pip)")
        }
        None => bail!("Python 3 with pip is needed (python.org, or your system's packages)"),
    }
}

/// OpenAI's client for Python, which the server is tested with.
pub fn openai_for_python() -> Result<PathBuf> {
    python_package("openai", "openai==3.57.0")
}

/// Zig, which links for other systems.
pub fn zig() -> Result<PathBuf> {
    let package = python_package("ziglang", "ziglang==0.17.1")?.join("ziglang");
    Ok(package.join("zig").with_extension(EXE_EXTENSION))
}

/// A package of Python, in a folder of its own.
fn python_package(name: &str, requirement: &str) -> Result<PathBuf> {
    let folder = paths::work()?.join(format!("{name}-python"));
    Step {
        name: &format!("{name} for Python"),
        inputs: Vec::new(),
        outputs: vec![folder.join(name).join("__init__.py")],
        settings: requirement,
    }
    .run(|spinner| {
        let mut install = child::program(python()?);
        install
            .args(["-m", "pip", "install", "--upgrade", "--target"])
            .arg(&folder)
            .arg(requirement);
        child::quiet(install, spinner)
    })?;
    Ok(folder)
}

/// cargo-zigbuild, which has cargo link with zig, in a folder of its own.
pub fn zigbuild() -> Result<PathBuf> {
    const VERSION: &str = "0.24.1";
    let folder = paths::work()?.join("zigbuild");
    let program = folder
        .join("bin/cargo-zigbuild")
        .with_extension(EXE_EXTENSION);
    Step {
        name: "cargo-zigbuild",
        inputs: Vec::new(),
        outputs: vec![program.clone()],
        settings: VERSION,
    }
    .run(|spinner| {
        let mut install = child::cargo("install --locked cargo-zigbuild")?;
        install.args(["--version", VERSION, "--root"]).arg(&folder);
        child::quiet(install, spinner)
    })?;
    Ok(program)
}

/// A Chromium for the tests: `$CHROMIUM`, else one in `$PATH`, else installed where apt lets us.
pub fn chromium() -> Result<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    browser("Chromium", "CHROMIUM", &names)
}

/// A Firefox for the tests, in the same way.
pub fn firefox() -> Result<PathBuf> {
    browser("Firefox", "FIREFOX", &["firefox-esr", "firefox"])
}

/// The first of `names` is the package to install.
fn browser(name: &str, variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable).map(PathBuf::from) {
        ensure!(
            path.is_file(),
            "{variable} names {}, which is not a file",
            path.display()
        );
        return Ok(path);
    }
    let find = || names.iter().find_map(|name| in_path(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    let package = names.first().copied().unwrap_or_default();
    let advice = format!(
        "a {name} is needed for the browser tests: install {package} or set {variable} to its path"
    );
    apt_install(package).context(advice.clone())?;
    find().context(advice)
}

/// Checks that curl is there, after installing it where apt lets us.
pub fn curl() -> Result<()> {
    let find = || in_path("curl").map(drop);
    if find().is_some() {
        return Ok(());
    }
    let advice = "curl is needed to fetch models (curl.se, or your system's packages)";
    apt_install("curl").context(advice)?;
    find().context(advice)
}

/// Installs a package where that is ours to do: as root on a system with apt.
fn apt_install(package: &str) -> Result<()> {
    let mut id = child::program("id");
    id.arg("-u");
    let root = child::output(id).is_ok_and(|id| id == "0");
    if !root || in_path("apt-get").is_none() {
        return Ok(());
    }
    step::timed(&format!("{package} (apt-get install)"), |spinner| {
        for arguments in [vec!["update"], vec!["install", "-y", package]] {
            let mut apt = child::program("apt-get");
            apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            child::quiet(apt, spinner)?;
        }
        Ok(())
    })
}

/// The program of that name in `$PATH`.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|file| fs::metadata(file).is_ok_and(|file| file.is_file()))
}
