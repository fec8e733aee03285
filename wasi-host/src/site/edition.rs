//! What the page knows of its model: the text of `editions.json`, as the build writes it.

use super::modules::Modules;
use crate::error::HostError;
use akio_engine::packed::{Packed, tag};
use akio_pack::{PackToolError, module};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The edition that a page is built around, by which it finds its modules.
const BASE: &str = "akio";

#[derive(Serialize)]
struct Edition<'a> {
    name: &'a str,
    model: &'a str,
    license: &'a str,
    sha256: String,
    published: Published,
}

/// What a download is compared with.
#[derive(Serialize)]
struct Published {
    /// Up to the end of the model.
    bytes: usize,
    /// The sha256 of what precedes the model, which carries the hashes of its parts.
    code: String,
    /// The sha256 of the plain module.
    plain: String,
}

/// The one edition of a page around `model`, whose `modules` these are.
///
/// # Errors
/// [`HostError::Usage`] if the model does not say its name and licence, which the page shows;
/// [`HostError::Model`] if it is damaged.
pub fn editions(model: Packed<'_>, modules: &Modules) -> Result<String, HostError> {
    let said = |tag, flag| match model.text(tag).map_err(PackToolError::from)?.trim() {
        "" => Err(HostError::Usage(format!(
            "the page shows the model's name and licence; give it with {flag}"
        ))),
        text => Ok(text),
    };
    let place = module::place(&modules.relaxed)?;
    let (front, _) = modules.relaxed.split_at(place.start);
    let edition = Edition {
        name: BASE,
        model: said(tag::NAME, "--name")?,
        license: said(tag::LICENSE, "--license")?,
        sha256: model.sha256(),
        published: Published {
            bytes: place.end,
            code: hex(front),
            plain: hex(&modules.plain),
        },
    };
    serde_json::to_string(&[edition])
        .map_err(|why| HostError::io("cannot write editions.json")(why.into()))
}

/// The sha256 in hex.
fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
