//! The documents of a folder, found and read through a [`World`].

use super::{
    DocumentError, MAX_BYTES, Progress,
    dates::months,
    format::Format,
    index::{Counts, Index, Indexed},
    lines,
    passage::{Passage, passages},
    terms::terms,
};
use crate::tools::{Kind, ToolError, World, path, walk};

/// The file beside the documents that keeps what was read of them.
const INDEX_FILE: &str = ".akio-index.json";
/// Most bytes that are read of a folder, over all files.
const MAX_READ: u64 = 256 << 20;
/// The largest index that is taken from a file.
const MAX_INDEX: u64 = 256 << 20;

/// Documents that can be searched and asked.
#[derive(Debug)]
pub struct Folder {
    /// The folder's path, or that of its only file.
    path: String,
    is_file: bool,
    pub(super) index: Index,
    is_changed: bool,
    left_out: Vec<String>,
}

/// A folder that is being read, one file at a time.
#[derive(Debug)]
pub struct Reading {
    folder: Folder,
    /// What the index beside the documents says.
    old: Index,
    documents: Vec<walk::Found>,
    done: usize,
    to_read: u64,
}

impl Reading {
    /// Finds the documents below a path, which may be that of one file, and reads what is new or changed
    /// since the index beside them was written.
    ///
    /// # Errors
    /// [`ToolError`] if there is no such folder or it was not granted.
    pub fn new(name: &str, world: &mut dyn World) -> Result<Self, ToolError> {
        let (path, is_file, found) = match walk::folder(name, usize::MAX, world) {
            Ok((found, _)) => {
                // The path of the folder itself: what its files have in common.
                let root = found
                    .iter()
                    .find_map(|found| found.path.strip_suffix(&found.below));
                let root = match root {
                    Some("") | None => path::normalize(name)?,
                    Some("/") => "/".into(),
                    Some(root) => root.trim_end_matches('/').into(),
                };
                (root, false, found)
            }
            Err(ToolError::NotAFolder(path)) => {
                let below = path::file_name(&path).to_owned();
                let kind = Kind::File;
                let found = walk::Found {
                    path: path.clone(),
                    below,
                    kind,
                };
                (path, true, vec![found])
            }
            Err(error) => return Err(error),
        };
        let mut folder = Folder {
            path,
            is_file,
            index: Index::default(),
            is_changed: false,
            left_out: Vec::new(),
        };
        let old = match is_file {
            true => Index::default(),
            false => world
                .read(&folder.index_path(), MAX_INDEX)
                .map_or_else(|_| Index::default(), |bytes| Index::parse(&bytes)),
        };
        let (documents, others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .filter(|found| {
                found.kind == Kind::File && !path::file_name(&found.path).starts_with('.')
            })
            .partition(|found| is_file || Format::by_name(&found.path).is_some());
        folder.left_out.extend(
            others
                .into_iter()
                .map(|found| format!("{}: its format is not known", found.path)),
        );
        Ok(Self {
            folder,
            old,
            documents,
            done: 0,
            to_read: MAX_READ,
        })
    }

    /// How far it is; `None` when all is read.
    pub fn progress(&self) -> Option<Progress> {
        let (done, total) = (self.done, self.documents.len());
        (done < total).then_some(Progress::Reading { done, total })
    }

    /// Reads the next file.
    pub fn next(&mut self, world: &mut dyn World) {
        let Some(found) = self.documents.get(self.done) else {
            return;
        };
        self.done += 1;
        let folder = &mut self.folder;
        let Ok(metadata) = world.metadata(&found.path) else {
            folder
                .left_out
                .push(format!("{}: it cannot be read", found.path));
            return;
        };
        let known = self.old.files.get(&found.path).filter(|known| {
            known.modified.is_some()
                && (known.size, known.modified) == (metadata.size, metadata.modified)
        });
        let passages = match known {
            Some(known) => known.passages.clone(),
            None => {
                folder.is_changed = true;
                if metadata.size > self.to_read {
                    folder.left_out.push(format!(
                        "{}: the documents before it are {} MiB",
                        found.path,
                        MAX_READ >> 20
                    ));
                    return;
                }
                self.to_read -= metadata.size;
                match read(&found.path, world) {
                    Ok(passages) => passages.iter().map(counts).collect(),
                    Err(message) => {
                        folder.left_out.push(message);
                        Vec::new()
                    }
                }
            }
        };
        let indexed = Indexed {
            size: metadata.size,
            modified: metadata.modified,
            passages,
        };
        folder.index.files.insert(found.path.clone(), indexed);
    }

    /// What has been read.
    pub fn finish(mut self) -> Folder {
        self.folder.is_changed |= self.folder.index.files.len() != self.old.files.len();
        self.folder
    }
}

impl Folder {
    /// [`Reading`] to its end. `progress` is told how many files are done, and of how many.
    ///
    /// # Errors
    /// Those of [`Reading::new`].
    pub fn open(
        name: &str,
        world: &mut dyn World,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ToolError> {
        let mut reading = Reading::new(name, world)?;
        while let Some(step) = reading.progress() {
            progress(step);
            reading.next(world);
        }
        Ok(reading.finish())
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.index.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.files.is_empty()
    }

    /// The files that were left out, each with the reason.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Writes the index beside the documents if it is not there already, so that the next question need not
    /// read them all. Where the folder was granted for reading alone, nothing is written.
    pub fn keep(&self, world: &mut dyn World) {
        if self.is_changed && !self.is_file {
            // Whoever cannot write it reads again, and gets the same.
            let _ = world.write(&self.index_path(), &self.index.to_bytes());
        }
    }

    fn index_path(&self) -> String {
        path::join(&self.path, INDEX_FILE)
    }

    /// The passages that have words of a query, the best first, with the path of their file.
    pub(crate) fn search(
        &self,
        query: &[String],
        limit: usize,
        world: &mut dyn World,
    ) -> Vec<Found> {
        let mut read_files: Vec<(&str, Vec<Passage>)> = Vec::new();
        let mut found = Vec::new();
        for hit in self.index.search(query, limit) {
            if !read_files.iter().any(|(file, _)| *file == hit.file) {
                read_files.push((hit.file, read(hit.file, world).unwrap_or_default()));
            }
            let passages = read_files.iter().find(|(file, _)| *file == hit.file);
            // A file that has changed meanwhile may have fewer.
            if let Some(passage) = passages.and_then(|(_, passages)| passages.get(hit.passage)) {
                found.push(Found {
                    file: hit.file.into(),
                    passage: passage.clone(),
                });
            }
        }
        found
    }
}

/// A passage that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(super) file: String,
    pub(super) passage: Passage,
}

impl Found {
    /// File and lines, the headings, and what the passage says.
    pub(crate) fn reference_and_text(&self) -> String {
        let (start, end) = self.passage.lines();
        let lines = match start == end {
            true => start.to_string(),
            false => format!("{start}-{end}"),
        };
        let first = self.passage.units.first().map(|unit| &unit.text);
        let headings: Vec<&str> = self
            .passage
            .headings
            .iter()
            .filter(|heading| Some(*heading) != first)
            .map(String::as_str)
            .collect();
        let headings = match headings.is_empty() {
            true => String::new(),
            false => format!(" ({})", headings.join(" / ")),
        };
        let units = self.passage.units.iter().map(|unit| unit.text.as_str());
        let text = units.collect::<Vec<_>>().join("\n");
        format!("{}:{lines}{headings}\n{text}\n\n", self.file)
    }
}

/// The passages of a file, or why it is left out.
fn read(path: &str, world: &mut dyn World) -> Result<Vec<Passage>, String> {
    let bytes = world
        .read(path, MAX_BYTES as u64 + 1)
        .map_err(|error| error.to_string())?;
    let lines = lines(path, &bytes).map_err(|error: DocumentError| error.to_string())?;
    Ok(passages(path, lines))
}

/// The words of a passage. Those of its headings count too, and once.
fn counts(passage: &Passage) -> Counts {
    let mut counts = Counts::new();
    for term in passage.headings.iter().flat_map(|heading| terms(heading)) {
        counts.insert(term.stem, 1);
    }
    for unit in &passage.units {
        for term in terms(&unit.text) {
            *counts.entry(term.stem).or_default() += 1;
        }
        for month in months(&unit.text) {
            *counts.entry(month).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{documents::stems, tools::held::Held};

    fn hits(folder: &Folder, world: &mut Held, query: &str) -> Vec<String> {
        let found = folder.search(&stems(query), 3, world);
        found
            .into_iter()
            .map(|found| found.reference_and_text())
            .collect()
    }

    #[test]
    fn documents_are_found_and_others_left_out() {
        let mut world = Held::new([
            ("a/lease.txt", "LEASE\n\nThe rent is 780."),
            ("b.html", "<p>The boat</p>"),
            ("photo.jpg", "x"),
            ("damaged.txt", "%PDF-1.7"),
            (".hidden.txt", "rent"),
        ]);
        let mut steps = Vec::new();
        let folder =
            Folder::open(".", &mut world, &mut |step| steps.push(step.to_string())).unwrap();
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[2], "reading the documents: 2 of 3");
        assert_eq!((folder.len(), folder.is_empty()), (3, false));
        assert_eq!(folder.left_out().len(), 2, "{:?}", folder.left_out());
        assert_eq!(
            hits(&folder, &mut world, "rent"),
            ["a/lease.txt:3 (LEASE)\nThe rent is 780.\n\n"]
        );
        let one = Folder::open("a/lease.txt", &mut world, &mut |_| {}).unwrap();
        assert_eq!(hits(&one, &mut world, "boat"), [] as [String; 0]);
        assert!(Folder::open("c", &mut world, &mut |_| {}).is_err());
    }

    #[test]
    fn the_index_is_kept_beside_the_documents_and_follows_them() {
        let mut world = Held::new([
            ("docs/a.txt", "The rent is 780."),
            ("docs/b.txt", "The boat is blue."),
        ]);
        world.folders = vec!["docs".into()];
        let open = |world: &mut Held| Folder::open("docs", world, &mut |_| {}).unwrap();
        open(&mut world).keep(&mut world);
        let kept = world.text("docs/.akio-index.json").to_owned();
        assert!(kept.contains("rent"), "{kept}");
        // What is in the index is not read again.
        world.put("docs/a.txt", b"The sail is 780.");
        assert!(hits(&open(&mut world), &mut world, "sail").is_empty());
        // Another size: it has changed.
        world.put("docs/a.txt", b"The sail is 78.");
        world.remove("docs/b.txt").unwrap();
        let folder = open(&mut world);
        assert_eq!(hits(&folder, &mut world, "sail").len(), 1);
        assert!(hits(&folder, &mut world, "boat").is_empty());
        folder.keep(&mut world);
        assert_ne!(world.text("docs/.akio-index.json"), kept);
        // Rubbish in its place is no index.
        world.put("docs/.akio-index.json", b"rubbish");
        assert_eq!(hits(&open(&mut world), &mut world, "sail").len(), 1);
    }
}
