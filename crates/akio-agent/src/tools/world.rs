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
    /// No room is left for it.
    Full,
    /// Anything else, such as a file in use.
    Other,
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WorldError {}
