//! The native executable, run in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// An executable and the folder that it runs in, empty before each item.
pub struct Akio {
    pub program: PathBuf,
    pub folder: PathBuf,
}

/// What it printed.
pub struct Said {
    /// The object on standard output, if that is what it is, and the exit code says that all is well.
    pub json: Option<Value>,
    printed: String,
}

impl Akio {
    /// Makes the folder, or empties it.
    pub fn begin(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        Ok(fs::create_dir_all(&self.folder)?)
    }

    pub fn run(&self, arguments: &[&str]) -> Result<Said> {
        let output = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let json = serde_json::from_str(&stdout).ok();
        Ok(Said {
            json: json.filter(|json: &Value| json.is_object() && output.status.success()),
            printed: format!("{}\n{}", stdout.trim(), stderr.trim())
                .trim()
                .to_owned(),
        })
    }

    /// All files in the folder and what they contain.
    pub fn files(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        gather(&self.folder, &mut files)?;
        Ok(files)
    }
}

fn gather(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else {
            files.insert(path.clone(), fs::read(&path)?);
        }
    }
    Ok(())
}

impl Said {
    pub fn value(&self, key: &str) -> &Value {
        self.json.as_ref().map_or(&Value::Null, |json| &json[key])
    }

    pub fn text(&self, key: &str) -> &str {
        self.value(key).as_str().unwrap_or_default()
    }

    pub fn describe(&self) -> String {
        self.printed.clone()
    }
}
