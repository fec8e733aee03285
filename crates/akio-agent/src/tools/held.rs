//! A world of files held in memory, as a page has it: one folder, bounded, with the clock of its owner.
//!
//! What a change has replaced is kept until [`Held::settle`], so that a shell that keeps the files somewhere
//! else as well can take back what had no room there.

use std::collections::BTreeMap;

use super::{Entry, Kind, MAX_FILE, Metadata, ToolError, World, WorldError, WorldErrorKind, path};
use crate::documents;

/// Most bytes of all files together.
pub const MAX_BYTES: u64 = 64 << 20;

/// Files and a memory, without a disk below.
#[derive(Debug)]
pub struct Held {
    /// The granted folders; `.` when made.
    pub folders: Vec<String>,
    /// The memory file, if there is one.
    pub memory: Option<Vec<u8>>,
    /// Seconds since the beginning of 1970, UTC: what [`World::now`] says. Until it is set, a moment in 2023.
    pub now: i64,
    pub(crate) files: BTreeMap<String, File>,
    /// What stood where something was changed; a path of `None` is the memory.
    replaced: BTreeMap<Option<String>, Replaced>,
    revision: u64,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) content: Vec<u8>,
    /// Seconds since the beginning of 1970, UTC.
    modified: i64,
}

#[derive(Debug)]
enum Replaced {
    File(Option<File>),
    Memory(Option<Vec<u8>>),
}

impl Held {
    /// A world with these files and an empty memory.
    pub fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        let mut held = Self {
            folders: vec![".".into()],
            memory: Some(Vec::new()),
            now: 1_700_000_000,
            files: BTreeMap::new(),
            replaced: BTreeMap::new(),
            revision: 0,
        };
        for (path, content) in files {
            held.put(path, content);
        }
        held
    }

    /// Puts a file where it belongs, without a question.
    pub fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        let file = File {
            content: content.into(),
            modified: self.now,
        };
        self.exchange(path, Some(file));
    }

    /// Adds a text file of the person's, or replaces it, and returns the path that it has here.
    ///
    /// # Errors
    /// [`ToolError::Path`], [`ToolError::TooLarge`], [`ToolError::Binary`], and [`ToolError::World`] if there
    /// is no room.
    pub fn add(&mut self, path: &str, content: Vec<u8>) -> Result<String, ToolError> {
        let path = path::normalize(path.trim_start_matches(['/', '\\']))?;
        if content.len() as u64 > MAX_FILE {
            let limit = MAX_FILE;
            return Err(ToolError::TooLarge { path, limit });
        }
        if !documents::is_text(&content) {
            return Err(ToolError::Binary(path));
        }
        self.check_room(&path, content.len() as u64)?;
        if self.conflict(&path).is_some() {
            let message = "it would be a file and a folder";
            return Err(ToolError::Path { path, message });
        }
        self.put(&path, content);
        Ok(path)
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// [`ToolError::Path`], and [`ToolError::World`] if it is not there.
    pub fn remove(&mut self, path: &str) -> Result<(), ToolError> {
        let path = path::normalize(path)?;
        if !self.files.contains_key(&path) {
            return Err(missing(&path).into());
        }
        self.exchange(&path, None);
        Ok(())
    }

    /// Takes all files away.
    pub fn clear(&mut self) {
        let paths: Vec<String> = self.files.keys().cloned().collect();
        for path in paths {
            self.exchange(&path, None);
        }
    }

    /// All files with their sizes, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files
            .iter()
            .map(|(path, file)| (path.as_str(), file.content.len()))
    }

    /// The content of a file.
    ///
    /// # Errors
    /// [`ToolError::Path`], and [`ToolError::World`] if it is not there.
    pub fn content(&self, path: &str) -> Result<&[u8], ToolError> {
        let path = path::normalize(path)?;
        let file = self.files.get(&path).ok_or_else(|| missing(&path))?;
        Ok(&file.content)
    }

    /// Grows with each change of a file.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What has changed since it was settled last: paths, and `None` for the memory.
    pub fn changes(&self) -> impl Iterator<Item = Option<&str>> {
        self.replaced.keys().map(Option::as_deref)
    }

    /// Lets all changes stand, or takes them back.
    pub fn settle(&mut self, keep: bool) {
        for (path, replaced) in std::mem::take(&mut self.replaced) {
            match (keep, path, replaced) {
                (true, ..) => {}
                (false, Some(path), Replaced::File(Some(file))) => {
                    self.files.insert(path, file);
                }
                (false, Some(path), _) => {
                    self.files.remove(&path);
                }
                (false, None, Replaced::Memory(memory)) => self.memory = memory,
                (false, None, Replaced::File(_)) => {}
            }
        }
        self.revision += u64::from(!keep);
    }

    #[cfg(test)]
    pub(crate) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path].content).unwrap()
    }

    fn exchange(&mut self, path: &str, file: Option<File>) {
        let old = match file {
            Some(file) => self.files.insert(path.into(), file),
            None => self.files.remove(path),
        };
        self.replaced
            .entry(Some(path.into()))
            .or_insert(Replaced::File(old));
        self.revision += 1;
    }

    /// Refuses what would not fit.
    fn check_room(&self, path: &str, bytes: u64) -> Result<(), WorldError> {
        let others = self.files.iter().filter(|(other, _)| *other != path);
        let held: u64 = others.map(|(_, file)| file.content.len() as u64).sum();
        if held + bytes <= MAX_BYTES {
            return Ok(());
        }
        Err(WorldError {
            kind: WorldErrorKind::Full,
            message: format!(
                "{path} does not fit: all files together may have {} MiB",
                MAX_BYTES >> 20
            ),
        })
    }

    /// A file beside which a file of this path cannot be, since one of them would have to be a folder.
    fn conflict(&self, path: &str) -> Option<&String> {
        self.files.keys().find(|other| {
            *other != path && (path::contains(other, path) || path::contains(path, other))
        })
    }
}

fn missing(path: &str) -> WorldError {
    WorldError {
        kind: WorldErrorKind::NotFound,
        message: format!("there is no {path}"),
    }
}

fn prefix(folder: &str) -> String {
    match folder {
        "." => String::new(),
        folder => format!("{folder}/"),
    }
}

impl World for Held {
    fn folders(&self) -> Vec<String> {
        self.folders.clone()
    }

    fn metadata(&mut self, path: &str) -> Result<Metadata, WorldError> {
        if let Some(file) = self.files.get(path) {
            return Ok(Metadata {
                kind: Kind::File,
                size: file.content.len() as u64,
                modified: u64::try_from(file.modified)
                    .ok()
                    .map(|seconds| seconds.saturating_mul(1000)),
            });
        }
        let prefix = prefix(path);
        let is_folder = path == "." || self.files.keys().any(|file| file.starts_with(&prefix));
        is_folder
            .then_some(Metadata {
                kind: Kind::Folder,
                size: 0,
                modified: None,
            })
            .ok_or_else(|| missing(path))
    }

    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, WorldError> {
        let prefix = prefix(folder);
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
        let content = &self.files.get(path).ok_or_else(|| missing(path))?.content;
        let len = usize::try_from(limit).map_or(content.len(), |limit| limit.min(content.len()));
        Ok(content.get(..len).unwrap_or_default().to_vec())
    }

    fn write(&mut self, path: &str, content: &[u8]) -> Result<(), WorldError> {
        self.check_room(path, content.len() as u64)?;
        if let Some(other) = self.conflict(path) {
            return Err(WorldError {
                kind: WorldErrorKind::Other,
                message: format!("{path} cannot be beside {other}, which is a file"),
            });
        }
        self.put(path, content);
        Ok(())
    }

    fn read_memory(&mut self) -> Result<Vec<u8>, WorldError> {
        self.memory.clone().ok_or(WorldError {
            kind: WorldErrorKind::NotGranted,
            message: "there is no memory".into(),
        })
    }

    fn write_memory(&mut self, content: &[u8]) -> Result<(), WorldError> {
        let old = self.memory.replace(content.into());
        self.replaced.entry(None).or_insert(Replaced::Memory(old));
        Ok(())
    }

    fn now(&mut self) -> i64 {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(held: &Held) -> Vec<(&str, usize)> {
        held.files().collect()
    }

    #[test]
    fn files_are_added_by_the_name_that_a_person_sees() {
        let mut held = Held::new([]);
        assert_eq!(
            held.add("/notes\\a.txt", b"one".into()).unwrap(),
            "notes/a.txt"
        );
        assert_eq!(
            held.add("notes/a.txt", b"three".into()).unwrap(),
            "notes/a.txt"
        );
        assert_eq!(paths(&held), [("notes/a.txt", 5)]);
        assert_eq!(held.content("./notes/a.txt").unwrap(), b"three");
        for (path, content, code) in [
            ("", "x", "bad_path"),
            ("../a.txt", "x", "bad_path"),
            ("a.pdf", "%PDF-1.7", "binary"),
            ("notes", "x", "bad_path"),
            ("notes/a.txt/b", "x", "bad_path"),
        ] {
            let error = held.add(path, content.into()).unwrap_err();
            assert_eq!(error.code(), code, "{path}: {error}");
        }
        held.remove("notes/a.txt").unwrap();
        assert_eq!(held.remove("notes/a.txt").unwrap_err().code(), "not_found");
        assert_eq!(held.content("notes/a.txt").unwrap_err().code(), "not_found");
    }

    #[test]
    fn files_are_bounded_alone_and_together() {
        let mut held = Held::new([]);
        let large = vec![b'a'; MAX_FILE as usize];
        let larger = vec![b'a'; MAX_FILE as usize + 1];
        let error = held.add("a", larger).unwrap_err();
        assert_eq!(error.code(), "too_large");
        for path in ["a", "b", "c", "d"] {
            held.add(path, large.clone()).unwrap();
        }
        // In the place of the old one there is room.
        held.add("d", large).unwrap();
        let error = held.add("e", b"x".into()).unwrap_err();
        assert_eq!(error.code(), "too_large", "{error}");
        assert!(held.write("e", b"x").is_err());
        assert_eq!(held.files().count(), 4);
    }

    #[test]
    fn changes_can_be_taken_back() {
        let mut held = Held::new([("a", "old"), ("b", "old")]);
        held.settle(true);
        let revision = held.revision();
        held.write("a", b"new").unwrap();
        held.write("a", b"newer").unwrap();
        held.write("c", b"new").unwrap();
        held.remove("b").unwrap();
        held.write_memory(b"new").unwrap();
        let changes: Vec<_> = held.changes().collect();
        assert_eq!(changes, [None, Some("a"), Some("b"), Some("c")]);
        held.settle(false);
        assert!(held.revision() > revision);
        assert_eq!(paths(&held), [("a", 3), ("b", 3)]);
        assert_eq!(held.memory.as_deref(), Some(&b""[..]));
        held.clear();
        held.settle(true);
        assert_eq!((held.files().count(), held.changes().count()), (0, 0));
    }
}
