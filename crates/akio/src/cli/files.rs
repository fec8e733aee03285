//! The world of the agent's tools: files in granted folders, the memory file, the clock.
//!
//! Under WASI the host shows this module only the folders that it was told to, and keeps symbolic links
//! from leading out of them.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use akio_agent::tools::{Entry, Kind, Metadata, World, WorldError, WorldErrorKind, path};

use super::{Error, error::Access};

/// Files of granted folders.
pub(super) struct Files {
    folders: Vec<String>,
    memory: Option<PathBuf>,
}

impl Files {
    /// Grants folders that can be listed, and a file for the memory.
    pub(super) fn new(folders: &[PathBuf], memory: Option<PathBuf>) -> Result<Self, Error> {
        let folders = folders.iter().map(|folder| {
            let text = folder.to_str().ok_or_else(|| {
                Error::Usage(format!("the path {} is not UTF-8", folder.display()))
            })?;
            let name = path::normalize(text)?;
            fs::read_dir(&name).map_err(|error| Error::file(folder, Access::Read, error))?;
            Ok(name)
        });
        Ok(Self {
            folders: folders.collect::<Result<_, Error>>()?,
            memory,
        })
    }

    /// Grants a folder, or the one that a file lies in, and returns the path by which a tool opens it.
    pub(super) fn around(path: &Path) -> Result<(Self, String), Error> {
        let name = path
            .to_str()
            .ok_or_else(|| Error::Usage(format!("the path {} is not UTF-8", path.display())))?;
        let name = path::normalize(name)?;
        let is_file = fs::metadata(&name).is_ok_and(|metadata| metadata.is_file());
        let folder = match name.rsplit_once('/') {
            _ if !is_file => name.as_str(),
            Some(("", _)) => "/",
            Some((folder, _)) => folder,
            None => ".",
        };
        Ok((Self::new(&[folder.into()], None)?, name))
    }

    fn memory(&self) -> Result<&Path, WorldError> {
        self.memory.as_deref().ok_or_else(|| WorldError {
            kind: WorldErrorKind::NotGranted,
            message: "nothing can be remembered: no file was named for it with --memory".into(),
        })
    }
}

impl World for Files {
    fn folders(&self) -> Vec<String> {
        self.folders.clone()
    }

    fn metadata(&mut self, path: &str) -> Result<Metadata, WorldError> {
        let metadata = fs::metadata(path).map_err(refused(path, Access::Read))?;
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .and_then(|since| u64::try_from(since.as_millis()).ok());
        Ok(Metadata {
            kind: kind(metadata.file_type()),
            size: metadata.len(),
            modified,
        })
    }

    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, WorldError> {
        let failed = || refused(folder, Access::Read);
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            // Nobody can type a name that is not UTF-8, a model included.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = kind(entry.file_type().map_err(failed())?);
            entries.push(Entry { name, kind });
        }
        Ok(entries)
    }

    fn read(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, WorldError> {
        read(Path::new(path), limit).map_err(refused(path, Access::Read))
    }

    fn write(&mut self, path: &str, content: &[u8]) -> Result<(), WorldError> {
        let failed = || refused(path, Access::Write);
        let file = Path::new(path);
        if let Some(folder) = file.parent().filter(|folder| *folder != Path::new("")) {
            fs::create_dir_all(folder).map_err(failed())?;
        }
        replace(file, content).map_err(failed())
    }

    fn read_memory(&mut self) -> Result<Vec<u8>, WorldError> {
        let file = self.memory()?;
        match read(file, u64::MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            result => result.map_err(refused(&file.to_string_lossy(), Access::Write)),
        }
    }

    fn write_memory(&mut self, content: &[u8]) -> Result<(), WorldError> {
        let file = self.memory()?;
        replace(file, content).map_err(refused(&file.to_string_lossy(), Access::Write))
    }

    fn now(&mut self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
    }
}

fn kind(of: fs::FileType) -> Kind {
    if of.is_file() {
        Kind::File
    } else if of.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Replaces a file at once: whoever reads it sees the old content or the new one, also after a crash.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(io::Error::other(
            "it is a link; name the file that it leads to",
        ));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let random = getrandom::u32().map_err(io::Error::other)?;
    let new = path.with_file_name(format!(".{name}.{random:08x}"));
    let written = File::create_new(&new)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // Nothing is lost if this fails too: the old file is as it was.
        let _ = fs::remove_file(&new);
    }
    written
}

/// What the system says, and what the person can do about it.
fn refused(path: &str, access: Access) -> impl FnOnce(io::Error) -> WorldError {
    move |error| {
        // WASI's "not capable", and what the C library says of a path in no granted folder.
        let is_outside =
            cfg!(target_os = "wasi") && matches!(error.raw_os_error(), Some(76) | None);
        let kind = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                WorldErrorKind::NotGranted
            }
            _ if is_outside => WorldErrorKind::NotGranted,
            ErrorKind::NotFound | ErrorKind::NotADirectory => WorldErrorKind::NotFound,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => WorldErrorKind::Full,
            _ => WorldErrorKind::Other,
        };
        let message = match kind {
            WorldErrorKind::NotGranted => Error::file(Path::new(path), access, error).message(),
            _ => format!("{path}: {error}"),
        };
        WorldError { kind, message }
    }
}

#[cfg(test)]
mod tests {
    use akio_agent::tools::{Tools, built_in};
    use serde_json::{Value, json};

    use super::*;

    fn call(world: &mut Files, tool: &str, arguments: Value) -> Result<String, String> {
        let mut tools = Tools::default();
        tools
            .grant(built_in(tool).expect("a tool"))
            .expect("granted once");
        tools
            .call(tool, &arguments, world)
            .map_err(|error| error.code().into())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn tools_work_on_real_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        let mut world = Files::new(&[folder.path().into()], None).unwrap();
        let write = json!({"path": "notes/a.txt", "content": "call Ann\n"});
        assert!(call(&mut world, "write_file", write).is_ok());
        let edit =
            json!({"path": "notes/a.txt", "edits": [{"old_text": "Ann", "new_text": "Bob"}]});
        assert!(call(&mut world, "edit_file", edit).is_ok());
        let read = json!({"path": format!("{root}/notes/a.txt")});
        assert_eq!(
            call(&mut world, "read_file", read).as_deref(),
            Ok("call Bob\n")
        );
        let grep = json!({"path": ".", "pattern": "bob"});
        assert_eq!(
            call(&mut world, "grep_search", grep),
            Ok(format!("{root}/notes/a.txt:call Bob\n[1 line]\n"))
        );
        let glob = json!({"path": "notes"});
        assert_eq!(
            call(&mut world, "file_glob_search", glob),
            Ok(format!("{root}/notes/a.txt\n[1 in all]\n"))
        );
        // Nothing is left of what was written first.
        assert_eq!(names(&folder.path().join("notes")), ["a.txt"]);
        let outside = json!({"path": "/etc/passwd"});
        assert_eq!(
            call(&mut world, "read_file", outside),
            Err("not_granted".into())
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_by_searches_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "old").unwrap();
        std::os::unix::fs::symlink("a.txt", folder.path().join("link.txt")).unwrap();
        std::os::unix::fs::symlink(".", folder.path().join("circle")).unwrap();
        let mut world = Files::new(&[folder.path().into()], None).unwrap();
        let glob = json!({"path": ".", "type": "all"});
        let found = call(&mut world, "file_glob_search", glob).unwrap();
        assert!(found.ends_with("/a.txt\n[1 in all]\n"), "{found}");
        let write = json!({"path": "link.txt", "content": "new"});
        assert_eq!(call(&mut world, "write_file", write), Err("io".into()));
        assert_eq!(names(folder.path()), ["a.txt", "circle", "link.txt"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("a.txt")).unwrap(),
            "old"
        );
    }

    #[test]
    fn what_cannot_be_granted_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        for path in [missing.as_path(), Path::new(".."), Path::new("")] {
            assert!(Files::new(&[path.into()], None).is_err(), "{path:?}");
        }
        let mut world = Files::new(&[], None).unwrap();
        assert_eq!(
            call(&mut world, "read_file", json!({"path": "a.txt"})),
            Err("not_granted".into())
        );
        assert_eq!(
            call(&mut world, "remember", json!({"fact": "x"})),
            Err("not_granted".into())
        );
    }

    #[test]
    fn a_fact_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("memory.jsonl");
        let mut world = Files::new(&[], Some(file.clone())).unwrap();
        call(
            &mut world,
            "remember",
            json!({"fact": "The key is under the pot"}),
        )
        .unwrap();
        let mut later = Files::new(&[], Some(file)).unwrap();
        let found = call(&mut later, "recall", json!({"query": "key"})).unwrap();
        assert!(
            found.starts_with("1. The key is under the pot (20"),
            "{found}"
        );
    }
}
