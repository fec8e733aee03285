//! The licence texts that go with every artefact.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::model::Lock;
use crate::paths;

/// Writes akio's licences, the model's notice and its licence text, and those of data in the module, into `folder`.
pub fn write(folder: &Path, lock: &Lock) -> Result<()> {
    let notice = format!(
        "akio is licensed under MIT OR Apache-2.0. It contains the model {}.\n\n{}\n\nBoth licence texts are beside this file.\n",
        lock.name,
        lock.notice.trim()
    );
    fs::create_dir_all(folder)?;
    copy("LICENSE-MIT", &folder.join("MIT.txt"))?;
    copy("LICENSE-APACHE", &folder.join("Apache-2.0.txt"))?;
    let names = "crates/akio-agent/src/redact/given_names.LICENSE";
    copy(names, &folder.join("given-names-MIT.txt"))?;
    put(&folder.join(format!("NOTICE-{}.txt", lock.name)), &notice)
}

/// What the packed model itself carries: the notice, then the whole licence.
pub fn model_notice(lock: &Lock) -> Result<String> {
    let path = paths::root()
        .join("models")
        .join(format!("LICENSE-{}", lock.license));
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read the model's licence {}", path.display()))?;
    Ok(format!("{}\n\n{text}", lock.notice.trim()))
}

fn copy(from: &str, to: &Path) -> Result<()> {
    let path = paths::root().join(from);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    put(to, &text)
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
