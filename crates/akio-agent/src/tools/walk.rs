//! What lies in a folder and below it.

use std::collections::VecDeque;

use super::{Kind, ToolError, World, path};

/// Most entries that one walk looks at.
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 32;

/// Folders that no person keeps files in, and which can be enormous. So are those with a leading dot.
const SKIPPED: [&str; 2] = ["node_modules", "__pycache__"];

/// A file or folder that a walk came upon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The path by which a tool opens it.
    pub(crate) path: String,
    /// The part of the path below the folder in which the walk began.
    pub(crate) below: String,
    pub(crate) kind: Kind,
}

/// Walks a folder, sorted by path. `.` stands for all granted folders where it is not one itself. The flag
/// tells whether something was left out: too much, too deep, or not readable.
///
/// # Errors
/// Those of [`path::locate`], [`ToolError::NotFound`], [`ToolError::NotAFolder`].
pub(crate) fn folder(
    name: &str,
    max_depth: usize,
    world: &mut dyn World,
) -> Result<(Vec<Found>, bool), ToolError> {
    let folders = world.folders();
    if path::normalize(name)? == "." && !folders.is_empty() && !folders.iter().any(|it| it == ".") {
        return Ok(walk(folders, max_depth, world));
    }
    let located = path::locate(name, world)?;
    match located.metadata {
        Some(metadata) if metadata.kind == Kind::Folder => {
            // What cannot be listed at all is an error, not an empty folder.
            world.list(&located.path)?;
            Ok(walk(vec![located.path], max_depth, world))
        }
        Some(_) => Err(ToolError::NotAFolder(located.path)),
        None => Err(path::not_found(located.path, world)),
    }
}

/// The files of all granted folders.
pub(super) fn all(world: &mut dyn World) -> (Vec<Found>, bool) {
    let (mut found, left_out) = walk(world.folders(), MAX_DEPTH, world);
    found.retain(|entry| entry.kind == Kind::File);
    (found, left_out)
}

fn walk(folders: Vec<String>, max_depth: usize, world: &mut dyn World) -> (Vec<Found>, bool) {
    let mut found = Vec::new();
    let mut left_out = false;
    // Breadth first: where it is too much, the files nearest to the top are seen.
    let mut open: VecDeque<(String, String, usize)> = folders
        .into_iter()
        .map(|folder| (folder, String::new(), 1))
        .collect();
    while let Some((folder, below, depth)) = open.pop_front() {
        let Ok(mut entries) = world.list(&folder) else {
            left_out = true;
            continue;
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in entries {
            if found.len() == MAX_ENTRIES {
                left_out = true;
                break;
            }
            let path = path::join(&folder, &entry.name);
            let below = match below.as_str() {
                "" => entry.name.clone(),
                below => format!("{below}/{}", entry.name),
            };
            let is_open = entry.kind == Kind::Folder
                && !entry.name.starts_with('.')
                && !SKIPPED.contains(&entry.name.as_str());
            if is_open && depth < max_depth {
                if depth < MAX_DEPTH {
                    open.push_back((path.clone(), below.clone(), depth + 1));
                } else {
                    left_out = true;
                }
            }
            if entry.kind != Kind::Other {
                found.push(Found {
                    path,
                    below,
                    kind: entry.kind,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    (found, left_out)
}

/// Patterns for paths: without `/` for the name at any depth, else for the whole path below the folder.
/// Letters are compared without their case.
pub(super) struct Glob(String);

impl Glob {
    /// # Errors
    /// [`ToolError::Pattern`].
    pub(super) fn new(pattern: &str) -> Result<Self, ToolError> {
        let refuse = |message: &str| ToolError::Pattern {
            pattern: pattern.into(),
            message: message.into(),
        };
        // Alternatives multiply what has to be tried.
        if pattern.matches('{').count() > 4 {
            return Err(refuse("it has more than four { }"));
        }
        let count = |char| pattern.matches(char).count();
        if count('{') != count('}') || count('[') != count(']') {
            return Err(refuse("a bracket is not closed"));
        }
        let pattern = pattern.replace('\\', "/").to_lowercase();
        let is_anchored = pattern.starts_with("**") || pattern.starts_with('/');
        Ok(Self(match pattern.contains('/') {
            true if is_anchored => pattern.trim_start_matches('/').into(),
            true => format!("**/{}", pattern.trim_start_matches("./")),
            false => pattern,
        }))
    }

    pub(super) fn is_match(&self, below: &str) -> bool {
        let below = below.to_lowercase();
        let text = match self.0.contains('/') || self.0 == "**" {
            true => &*below,
            false => path::file_name(&below),
        };
        fast_glob::glob_match(&self.0, text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::held::Held, *};

    fn paths(name: &str, max_depth: usize, world: &mut Held) -> Vec<String> {
        let (found, left_out) = folder(name, max_depth, world).unwrap();
        assert!(!left_out);
        found.into_iter().map(|found| found.path).collect()
    }

    #[test]
    fn a_walk_sees_files_and_folders_but_no_clutter() {
        let mut world = Held::new([
            ("b.txt", ""),
            ("a/c.txt", ""),
            ("a/d/e.txt", ""),
            (".git/config", ""),
            ("a/node_modules/x.js", ""),
        ]);
        assert_eq!(
            paths(".", MAX_DEPTH, &mut world),
            [
                ".git",
                "a",
                "a/c.txt",
                "a/d",
                "a/d/e.txt",
                "a/node_modules",
                "b.txt"
            ]
        );
        assert_eq!(paths(".", 1, &mut world), [".git", "a", "b.txt"]);
        assert_eq!(
            paths("a", 1, &mut world),
            ["a/c.txt", "a/d", "a/node_modules"]
        );
    }

    #[test]
    fn a_dot_is_everything_that_was_granted() {
        let mut world = Held::new([("a/x", ""), ("b/y", ""), ("c/z", "")]);
        world.folders = vec!["b".into(), "a".into()];
        assert_eq!(paths(".", MAX_DEPTH, &mut world), ["a/x", "b/y"]);
        world.folders.clear();
        assert!(folder(".", 1, &mut world).is_err());
    }

    #[test]
    fn patterns_match_names_or_paths() {
        for (pattern, below, matches) in [
            ("*.txt", "a/b/C.TXT", true),
            ("*.txt", "a.txt/b", false),
            ("*", "a/b", true),
            ("**", "a/b", true),
            ("notes/*.md", "notes/a.md", true),
            ("notes/*.md", "old/notes/a.md", true),
            ("/notes/*.md", "old/notes/a.md", false),
            ("notes/**/*.md", "notes/x/y/a.md", true),
            ("**/a.md", "a.md", true),
            ("*.{jpg,png}", "x/y.png", true),
            ("[ab]?.txt", "b1.txt", true),
            ("Ü*", "über.txt", true),
            ("./notes/a", "notes/a", true),
        ] {
            assert_eq!(
                Glob::new(pattern).unwrap().is_match(below),
                matches,
                "{pattern} {below}"
            );
        }
        for pattern in ["{a", "[a", "{a}{b}{c}{d}{e}"] {
            assert!(matches!(Glob::new(pattern), Err(ToolError::Pattern { .. })));
        }
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(
            pattern in "([*?{},\\[\\]!a/\\\\-]|\\PC){0,32}",
            below in "([ab/]|\\PC){0,32}",
        ) {
            if let Ok(glob) = Glob::new(&pattern) {
                glob.is_match(&below);
            }
        }

        #[test]
        fn a_plain_name_matches_itself_alone(name in "[a-z.]{1,8}", other in "[a-z.]{1,8}") {
            let glob = Glob::new(&name).unwrap();
            prop_assert_eq!(glob.is_match(&format!("x/{other}")), name == other);
        }
    }
}
