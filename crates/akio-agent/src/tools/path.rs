//! Which paths are allowed, and what they mean.
//!
//! A path is separated by `/` (a `\` counts as one), and never has `..` in it, even where it would lead
//! back into a granted folder: with symbolic links in between nobody could tell. A relative path that is
//! not in a granted folder is looked for in each of them, since a person names a file as they see it.

use super::{Kind, Metadata, ToolError, World, WorldErrorKind, walk};

const MAX_LENGTH: usize = 1024;

/// A path without empty parts and `.`; `.` itself for the working folder.
///
/// # Errors
/// [`ToolError::Path`].
pub fn normalize(text: &str) -> Result<String, ToolError> {
    let refuse = |message| ToolError::Path {
        path: text.chars().take(MAX_LENGTH).collect(),
        message,
    };
    if text.is_empty() {
        return Err(refuse("it is empty"));
    }
    if text.len() > MAX_LENGTH {
        return Err(refuse("it is longer than 1024 bytes"));
    }
    if text.contains(char::is_control) {
        return Err(refuse("it has a control character in it"));
    }
    let is_separator = |char| matches!(char, '/' | '\\');
    let mut path = String::with_capacity(text.len());
    if text.starts_with(is_separator) {
        path.push('/');
    }
    for part in text.split(is_separator) {
        match part {
            "" | "." => continue,
            ".." => return Err(refuse("'..' is not allowed; name the file from the top")),
            _ => {}
        }
        if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(part);
    }
    if path.is_empty() {
        path.push('.');
    }
    Ok(path)
}

/// A file or folder of a granted folder.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) path: String,
    /// What is there, if anything is.
    pub(crate) metadata: Option<Metadata>,
}

/// Finds what a path means.
///
/// # Errors
/// [`ToolError::Path`], [`ToolError::Outside`], [`ToolError::World`].
pub(crate) fn locate(text: &str, world: &mut dyn World) -> Result<Located, ToolError> {
    let path = normalize(text)?;
    let folders = world.folders();
    let is_inside = folders.iter().any(|folder| contains(folder, &path));
    let mut candidates: Vec<String> = is_inside.then(|| path.clone()).into_iter().collect();
    if !path.starts_with('/') && path != "." {
        candidates.extend(
            folders
                .iter()
                .filter(|folder| *folder != ".")
                .map(|folder| join(folder, &path)),
        );
    }
    for candidate in &candidates {
        match world.metadata(candidate) {
            Ok(metadata) => {
                return Ok(Located {
                    path: candidate.clone(),
                    metadata: Some(metadata),
                });
            }
            Err(error) if error.kind == WorldErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    // A new file: where the path says, or in the only folder that it can be in.
    match (is_inside, candidates.pop()) {
        (true, _) => Ok(Located {
            path,
            metadata: None,
        }),
        (false, Some(path)) if candidates.is_empty() => Ok(Located {
            path,
            metadata: None,
        }),
        _ => Err(ToolError::Outside {
            path,
            granted: folders,
        }),
    }
}

/// Finds a file that must be there.
///
/// # Errors
/// Those of [`locate`], [`ToolError::NotFound`] with similar names, [`ToolError::IsFolder`].
pub(super) fn existing_file(
    text: &str,
    world: &mut dyn World,
) -> Result<(String, Metadata), ToolError> {
    let Located { path, metadata } = locate(text, world)?;
    match metadata {
        Some(metadata) if metadata.kind == Kind::File => Ok((path, metadata)),
        Some(metadata) if metadata.kind == Kind::Folder => Err(ToolError::IsFolder(path)),
        Some(_) => Err(ToolError::Binary(path)),
        None => Err(not_found(path, world)),
    }
}

/// The error for a path where nothing is, with up to three names that are like it.
pub(super) fn not_found(path: String, world: &mut dyn World) -> ToolError {
    let wanted = file_name(&path).to_lowercase();
    let (entries, _) = walk::all(world);
    let mut near: Vec<(f64, String)> = entries
        .into_iter()
        .map(|entry| {
            let name = file_name(&entry.path).to_lowercase();
            let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
            let likeness =
                strsim::jaro_winkler(&wanted, &name).max(strsim::jaro_winkler(&wanted, stem));
            (likeness, entry.path)
        })
        .filter(|(likeness, _)| *likeness >= 0.8)
        .collect();
    near.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left.cmp(right)));
    near.truncate(3);
    ToolError::NotFound {
        path,
        near: near.into_iter().map(|(_, path)| path).collect(),
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A path in a folder.
pub(crate) fn join(folder: &str, path: &str) -> String {
    match folder {
        "." => path.into(),
        "/" => format!("/{path}"),
        folder => format!("{folder}/{path}"),
    }
}

/// Whether a normal path is a folder or lies in it.
pub(super) fn contains(folder: &str, path: &str) -> bool {
    match folder {
        "." => !path.starts_with('/'),
        "/" => path.starts_with('/'),
        folder => path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::held::Held, *};

    fn located(path: &str, world: &mut Held) -> String {
        locate(path, world).unwrap().path
    }

    #[test]
    fn paths_are_made_plain() {
        for (text, path) in [
            ("a.txt", "a.txt"),
            ("./a//b/./c.txt", "a/b/c.txt"),
            (r"a\b.txt", "a/b.txt"),
            ("/srv//notes/", "/srv/notes"),
            ("./", "."),
            ("/", "/"),
            ("..a/b..", "..a/b.."),
        ] {
            assert_eq!(normalize(text).as_deref(), Ok(path), "{text}");
        }
    }

    #[test]
    fn nothing_leads_upwards() {
        for text in [
            "..", "../a", "a/../b", "a/..", r"a\..\b", "/../etc", "", "a\0b", "a\nb",
        ] {
            assert!(
                matches!(normalize(text), Err(ToolError::Path { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn only_granted_folders_are_open() {
        let mut world = Held::new([("notes/a.txt", "")]);
        world.folders = vec!["notes".into(), "/srv/docs".into()];
        assert_eq!(located("notes/a.txt", &mut world), "notes/a.txt");
        assert_eq!(located("notes", &mut world), "notes");
        assert_eq!(located("/srv/docs/x", &mut world), "/srv/docs/x");
        for outside in ["/etc/passwd", "/srv/docs2/x", "b.txt", "notes2", ".", "/"] {
            let error = locate(outside, &mut world).unwrap_err();
            assert!(matches!(error, ToolError::Outside { .. }), "{outside}");
        }
    }

    #[test]
    fn a_file_is_found_in_the_folder_it_is_in() {
        let mut world = Held::new([("notes/a.txt", ""), ("mail/b.txt", "")]);
        world.folders = vec!["notes".into(), "mail".into()];
        assert_eq!(located("b.txt", &mut world), "mail/b.txt");
        world.folders = vec!["notes".into()];
        assert_eq!(located("new.txt", &mut world), "notes/new.txt");
    }

    #[test]
    fn a_missing_file_comes_with_its_likes() {
        let mut world = Held::new([("mail/report-2024.md", ""), ("report.txt", ""), ("x", "")]);
        let error = existing_file("Report.md", &mut world).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no Report.md; did you mean report.txt or mail/report-2024.md?"
        );
    }

    proptest! {
        #[test]
        fn a_normal_path_stays_as_it_is(text in "([a-c./\\\\]|\\PC){0,24}") {
            if let Ok(path) = normalize(&text) {
                prop_assert!(path.split('/').all(|part| part != ".."));
                prop_assert_eq!(normalize(&path), Ok(path.clone()));
                prop_assert_eq!(path.starts_with('/'), text.starts_with(['/', '\\']));
            }
        }

        #[test]
        fn what_is_located_lies_in_a_granted_folder(text in "[ab./\\\\]{1,12}") {
            let mut world = Held::new([("a/b", ""), ("a/a.b", "")]);
            world.folders = vec!["a".into(), "/b".into()];
            if let Ok(located) = locate(&text, &mut world) {
                prop_assert!(contains("a", &located.path) || contains("/b", &located.path));
                prop_assert!(located.path.split('/').all(|part| part != ".."));
            }
        }
    }
}
