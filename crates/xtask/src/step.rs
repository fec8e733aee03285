//! A step of the build: done once, and again only when something it depends on has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use crate::paths;

/// Files up to this size are compared by content, larger ones by size and time of change.
const COMPARED_BY_CONTENT: u64 = 1 << 20;

/// Names below a folder of sources that are made, not written.
const GENERATED: [&str; 7] = [
    "node_modules",
    "target",
    "dist",
    "bindgen",
    "akio.wasm",
    "akio-plain.wasm",
    "akio-threads.wasm",
];

/// One step. Inputs and outputs are files or folders; the outputs must exist afterwards.
pub struct Step<'a> {
    pub name: &'a str,
    pub inputs: Vec<PathBuf>,
    pub outputs: Vec<PathBuf>,
    /// What else decides the result, such as the flags given to a tool.
    pub settings: &'a str,
}

impl Step<'_> {
    /// Does the work unless it is done, and prints one line with the time it took.
    pub fn run(&self, work: impl FnOnce(&ProgressBar) -> Result<()>) -> Result<()> {
        self.run_with_stamps(&paths::work()?.join("stamps"), work)
    }

    fn run_with_stamps(
        &self,
        stamps: &Path,
        work: impl FnOnce(&ProgressBar) -> Result<()>,
    ) -> Result<()> {
        let stamp = stamps.join(self.name.replace([' ', '/'], "-"));
        let inputs = self.inputs()?;
        if let (Ok(last), Ok(outputs)) = (fs::read_to_string(&stamp), self.outputs())
            && last == format!("{inputs}\n{outputs}\n")
        {
            return Ok(());
        }
        timed(self.name, work)?;
        let outputs = self
            .outputs()
            .with_context(|| format!("{}: the result is not there", self.name))?;
        fs::create_dir_all(stamps)?;
        fs::write(&stamp, format!("{inputs}\n{outputs}\n"))?;
        Ok(())
    }

    fn inputs(&self) -> Result<String> {
        let mut digest = Sha256::new();
        digest.update(self.settings);
        for path in &self.inputs {
            digest_tree(path, Compare::Content, &mut digest)
                .with_context(|| format!("cannot read {}", path.display()))?;
        }
        Ok(hex(&digest.finalize()))
    }

    fn outputs(&self) -> Result<String> {
        let mut digest = Sha256::new();
        for path in &self.outputs {
            digest_tree(path, Compare::State, &mut digest)
                .with_context(|| format!("cannot read {}", path.display()))?;
        }
        Ok(hex(&digest.finalize()))
    }
}

/// Does the work under a spinner, then prints its name and the time it took.
pub fn timed(name: &str, work: impl FnOnce(&ProgressBar) -> Result<()>) -> Result<()> {
    let start = Instant::now();
    let style = ProgressStyle::with_template("  {spinner} {prefix} {elapsed} {wide_msg:.dim}")?;
    let spinner = ProgressBar::new_spinner()
        .with_style(style)
        .with_prefix(name.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = work(&spinner);
    spinner.finish_and_clear();
    done?;
    report(name, start.elapsed());
    Ok(())
}

/// One line for work that is done.
pub fn report(name: &str, time: Duration) {
    eprintln!("  {name:<44} {:>7.1} s", time.as_secs_f64());
}

/// What makes two files the same.
#[derive(Clone, Copy, PartialEq)]
enum Compare {
    /// Small ones, what is in them: a checkout changes times, not sources.
    Content,
    /// Size and time of change: nobody else writes results.
    State,
}

/// Adds a file, or all files below a folder in order of their names, to the digest.
fn digest_tree(path: &Path, compare: Compare, digest: &mut Sha256) -> Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if compare == Compare::State || !GENERATED.iter().any(|name| entry.file_name() == *name)
            {
                digest_tree(&entry.path(), compare, digest)?;
            }
        }
        return Ok(());
    }
    digest.update(path.as_os_str().as_encoded_bytes());
    digest.update(metadata.len().to_le_bytes());
    if compare == Compare::Content && metadata.len() <= COMPARED_BY_CONTENT {
        digest.update(fs::read(path)?);
    } else {
        let changed = metadata
            .modified()?
            .duration_since(SystemTime::UNIX_EPOCH)?;
        digest.update(changed.as_nanos().to_le_bytes());
    }
    Ok(())
}

/// Lower case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_step_runs_again_only_after_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let (sources, result) = (folder.path().join("sources"), folder.path().join("result"));
        fs::create_dir(&sources).unwrap();
        fs::write(sources.join("a"), "1").unwrap();
        let runs = Cell::new(0);
        let run = |settings| {
            let step = Step {
                name: "a step",
                inputs: vec![sources.clone()],
                outputs: vec![result.clone()],
                settings,
            };
            let stamps = folder.path().join("stamps");
            step.run_with_stamps(&stamps, |_| {
                runs.set(runs.get() + 1);
                Ok(fs::write(&result, "made")?)
            })
            .unwrap();
            runs.get()
        };
        assert_eq!(run(""), 1);
        assert_eq!(run(""), 1, "nothing has changed");
        fs::write(sources.join("a"), "1").unwrap();
        assert_eq!(run(""), 1, "written again with the same content");
        fs::write(sources.join("a"), "2").unwrap();
        assert_eq!(run(""), 2, "an input has changed");
        fs::write(sources.join("b"), "").unwrap();
        assert_eq!(run(""), 3, "an input was added");
        assert_eq!(run("-O3"), 4, "the settings have changed");
        fs::remove_file(&result).unwrap();
        assert_eq!(run("-O3"), 5, "the result is gone");
        fs::create_dir(sources.join("node_modules")).unwrap();
        assert_eq!(run("-O3"), 5, "generated files are no inputs");
    }

    #[test]
    fn a_step_that_fails_runs_again() {
        let folder = tempfile::tempdir().unwrap();
        let step = Step {
            name: "failing",
            inputs: vec![],
            outputs: vec![],
            settings: "",
        };
        for _ in 0..2 {
            let error = step
                .run_with_stamps(folder.path(), |_| anyhow::bail!("no"))
                .unwrap_err();
            assert_eq!(error.to_string(), "no");
        }
    }
}
