//! What the service worker of a page knows: its first line is `const BUILD={…};`, with the hashes of all files that it
//! keeps. A browser takes a file only if its hash is there.

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const BEGIN: &str = "const BUILD=";
const END: &str = ";\n";

/// A service worker as the build writes it.
pub struct ServiceWorker<'a> {
    build: Build,
    code: &'a str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    shell: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    /// Names what is kept: other files are another version.
    version: String,
}

impl<'a> ServiceWorker<'a> {
    /// None if it does not begin so.
    pub fn read(text: &'a str) -> Option<Self> {
        let (build, code) = text.strip_prefix(BEGIN)?.split_once(END)?;
        let build = serde_json::from_str(build).ok()?;
        Some(Self { build, code })
    }

    /// Names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.build.shell.keys().map(String::as_str)
    }

    /// Whether the file `name` is to hold these bytes.
    pub fn accepts(&self, name: &str, bytes: &[u8]) -> bool {
        self.build.shell.get(name) == Some(&integrity(bytes))
    }

    /// From now on the file `name` holds these bytes.
    pub fn expect(&mut self, name: &str, bytes: &[u8]) {
        self.build.shell.insert(name.into(), integrity(bytes));
    }

    /// Its text, of a version that follows from the files.
    ///
    /// # Errors
    /// Those of `serde_json`.
    pub fn text(mut self) -> serde_json::Result<String> {
        let files = serde_json::to_vec(&(&self.build.shell, &self.build.headers))?;
        let digest = Sha256::digest(files);
        self.build.version = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let build = serde_json::to_string(&self.build)?;
        Ok(format!("{BEGIN}{build}{END}{}", self.code))
    }
}

/// The sha256 as browsers have it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(bytes)))
}
