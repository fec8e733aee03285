//! The files of a folder at `/`, with the headers that its `_headers` file asks for.
//!
//! That file is what static hosts read: below the line `/*` one indented `Name: value` a line. With those of the
//! page it is isolated from other origins and can use shared memory.

use crate::error::HostError;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware;
use axum::response::Response;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tower_http::services::ServeDir;

/// A folder to be served.
#[derive(Debug)]
pub struct Page {
    dir: PathBuf,
    headers: HeaderMap,
}

impl Page {
    /// Reads the headers of a folder; it need not have any.
    ///
    /// # Errors
    /// [`HostError::Usage`] if it is no folder or its headers cannot be read.
    pub fn open(dir: &Path) -> Result<Self, HostError> {
        let wrong = |why: String| HostError::Usage(format!("--web {}: {why}", dir.display()));
        if !dir.is_dir() {
            return Err(wrong("is no folder".into()));
        }
        let text = match fs::read_to_string(dir.join("_headers")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(wrong(format!("_headers: {error}"))),
        };
        Ok(Self {
            dir: dir.to_owned(),
            headers: parse_headers(&text)
                .ok_or_else(|| wrong("_headers is not as static hosts read it".into()))?,
        })
    }

    /// Answers what no other route does.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let headers = self.headers;
        Router::new()
            .fallback_service(ServeDir::new(self.dir))
            .layer(middleware::map_response(move |mut response: Response| {
                response.headers_mut().extend(headers.clone());
                async { response }
            }))
    }
}

/// The headers for all files; those for some are not known here.
fn parse_headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut for_all = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            for_all = line.trim() == "/*";
        } else if for_all {
            let (name, value) = line.trim().split_once(':')?;
            let name: HeaderName = name.trim().parse().ok()?;
            headers.insert(name, HeaderValue::from_str(value.trim()).ok()?);
        }
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_for_all_files_are_read() {
        let headers = parse_headers("/*\n  A: b; c\n\n/x\n  D: e\n").unwrap();
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["a"], "b; c");
        assert!(parse_headers("").unwrap().is_empty());
        for wrong in ["/*\n  A b", "/*\n  A b: c", "/*\n  A: \u{1}"] {
            assert!(parse_headers(wrong).is_none(), "{wrong}");
        }
    }
}
