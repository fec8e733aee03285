//! Files and the clock, as the shells pass them in.
//!
//! Paths that a world is given have been through [`path`](super::path): they lie in a granted folder, are
//! separated by `/`, and have no `.` or `..` in them. Calls return when they are done; in a browser they
//! are made in a worker.

use std::fmt;

/// What a tool may touch.
pub trait World {
    /// The granted folders as paths; `.` is the working folder.
    fn folders(&self) -> Vec<String>;

    /// What is at a path. A symbolic link is what it leads to, if that is granted.
    ///
    /// # Errors
    /// [`WorldError`].
    fn metadata(&mut self, path: &str) -> Result<Metadata, WorldError>;

    /// What is in a folder, in any order. A symbolic link is [`Kind::Other`]: it may lead in circles.
    ///
    /// # Errors
    /// [`WorldError`].
    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, WorldError>;

    /// The first `limit` bytes of a file, or all that it has.
    ///
    /// # Errors
    /// [`WorldError`].
    fn read(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, WorldError>;

    /// Makes a file with this content in the place of the old one, if there is one, and the folders it
    /// lies in. Whatever goes wrong, the file has the old content or the new one.
    ///
    /// # Errors
    /// [`WorldError`].
    fn write(&mut self, path: &str, content: &[u8]) -> Result<(), WorldError>;

    /// The file in which the person keeps what is remembered: its bytes, none if it is not there yet.
    ///
    /// # Errors
    /// [`WorldErrorKind::NotGranted`] if the person named no file.
    fn read_memory(&mut self) -> Result<Vec<u8>, WorldError>;

    /// Replaces that file as [`write`](Self::write) does.
    ///
    /// # Errors
    /// [`WorldErrorKind::NotGranted`] if the person named no file.
    fn write_memory(&mut self, content: &[u8]) -> Result<(), WorldError>;

    /// Seconds since the beginning of 1970, UTC.
    fn now(&mut self) -> i64;
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// File or folder.
    pub kind: Kind,
    /// Bytes of a file.
    pub size: u64,
    /// When it was last changed, in milliseconds since the beginning of 1970, where the system says.
    pub modified: Option<u64>,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder's.
    pub name: String,
    /// File or folder.
    pub kind: Kind,
}

/// File or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe: nothing that a tool touches.
    Other,
}

/// Why the shell or the system refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldError {
    /// What sort of reason.
    pub kind: WorldErrorKind,
    /// The path and the reason, for a person.
    pub message: String,
}

/// A sort of reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldErrorKind {
    /// Nothing is there.
    NotFound,
    /// The host or the person did not allow it.
    NotGranted,
    /// Anything else: a full disk, a file in use.
    Other,
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WorldError {}

/// A world of files held in memory, for tests.
#[cfg(test)]
pub(crate) struct Held {
    pub(crate) folders: Vec<String>,
    pub(crate) files: std::collections::BTreeMap<String, Vec<u8>>,
    pub(crate) memory: Option<Vec<u8>>,
    pub(crate) now: i64,
}

#[cfg(test)]
impl Held {
    pub(crate) fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self {
            folders: vec![".".into()],
            files: files
                .into_iter()
                .map(|(path, content)| (path.into(), content.into()))
                .collect(),
            memory: Some(Vec::new()),
            now: 1_700_000_000,
        }
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path]).unwrap()
    }

    fn prefix(folder: &str) -> String {
        match folder {
            "." => String::new(),
            folder => format!("{folder}/"),
        }
    }

    fn missing(path: &str) -> WorldError {
        WorldError {
            kind: WorldErrorKind::NotFound,
            message: format!("there is no {path}"),
        }
    }
}

#[cfg(test)]
impl World for Held {
    fn folders(&self) -> Vec<String> {
        self.folders.clone()
    }

    fn metadata(&mut self, path: &str) -> Result<Metadata, WorldError> {
        if let Some(content) = self.files.get(path) {
            let size = content.len() as u64;
            return Ok(Metadata {
                kind: Kind::File,
                size,
                modified: Some(size),
            });
        }
        let prefix = Self::prefix(path);
        let is_folder = self.files.keys().any(|file| file.starts_with(&prefix));
        is_folder
            .then_some(Metadata {
                kind: Kind::Folder,
                size: 0,
                modified: None,
            })
            .ok_or_else(|| Self::missing(path))
    }

    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, WorldError> {
        let prefix = Self::prefix(folder);
        let mut entries: Vec<Entry> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(&prefix))
            .map(|rest| match rest.split_once('/') {
                Some((folder, _)) => (folder, Kind::Folder),
                None => (rest, Kind::File),
            })
            .map(|(name, kind)| Entry {
                name: name.into(),
                kind,
            })
            .collect();
        entries.dedup();
        Ok(entries)
    }

    fn read(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, WorldError> {
        let content = self.files.get(path).ok_or_else(|| Self::missing(path))?;
        Ok(content.iter().copied().take(limit as usize).collect())
    }

    fn write(&mut self, path: &str, content: &[u8]) -> Result<(), WorldError> {
        self.files.insert(path.into(), content.into());
        Ok(())
    }

    fn read_memory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.memory.clone().ok_or(WorldError {
            kind: WorldErrorKind::NotGranted,
            message: "no memory".into(),
        })
    }

    fn write_memory(&mut self, content: &[u8]) -> Result<(), WorldError> {
        self.memory = Some(content.into());
        Ok(())
    }

    fn now(&mut self) -> i64 {
        self.now
    }
}
