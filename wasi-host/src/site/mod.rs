//! The page of a build around another model: as a [`folder`], or as [`one_file`].
//!
//! Nothing is compiled, bundled or minified here. What depends on the model lies in the page as data: two modules, the
//! editions with the hashes of what is downloaded, and the notices.

mod edition;
pub mod folder;
mod modules;
mod notice;
pub mod one_file;
mod service_worker;

use crate::error::HostError;
use std::path::Path;

/// What makes errors about a page that has not the parts that are looked for.
fn no_page(page: &Path) -> impl Fn(&str) -> HostError {
    move |why| HostError::Page {
        page: page.to_owned(),
        why: why.into(),
    }
}

/// The text of a file of the page.
fn text(bytes: Vec<u8>, page: &Path) -> Result<String, HostError> {
    String::from_utf8(bytes).map_err(|_| no_page(page)("it is not UTF-8"))
}
