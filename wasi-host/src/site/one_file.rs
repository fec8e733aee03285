//! One file that opens from a disk, as the build writes `dist/akio.html`.
//!
//! The parts that depend on the model have `data-akio`: the notices, the editions, the worker, which begins with the
//! plain module, and the pieces of the module. They come in this order.

use super::edition::editions;
use super::modules::Modules;
use super::{no_page, notice, text};
use crate::error::HostError;
use akio_engine::packed::Packed;
use akio_pack::{PackToolError, files};
use base64ct::{Base64, Encoding};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Whether browsers open a file of more than this as a page has not been seen.
const LIMIT: u64 = 128 << 20;
/// Bytes of the module in one element, as the build has it.
const PIECE: usize = 3 << 18;

const NOTICE: &str = "<pre data-akio=\"notice\">";
const NOTICE_END: &str = "</pre>";
const EDITIONS: &str = "<script type=\"application/json\" data-akio=\"editions\">";
const WORKER: &str = "<script type=\"text/plain\" data-akio=\"worker\">const AKIO_PLAIN=\"";
const WORKER_CODE: &str = "\";\n";
const MODULE: &str = "<script type=\"text/plain\" data-akio=\"module\"";
const END: &str = "</script>\n";

/// Writes the file `page` with `model` to `out`.
///
/// # Errors
/// [`HostError::Page`] if it has not the parts; [`HostError::Model`] if the model does not fit or nothing can be
/// written.
pub fn write(model: Packed<'_>, page: &Path, out: &Path) -> Result<(), HostError> {
    let html = text(files::read(page)?, page)?;
    let parts = Parts::of(&html)
        .ok_or_else(|| no_page(page)("it has not the parts that a model is put into"))?;
    let modules = Modules::around(model, &parts.relaxed, &parts.plain, LIMIT)?;
    let editions = editions(model, &modules)?.replace('<', "\\u003c");
    let notices = notice::renew(&unescape(parts.notice), model)?
        .ok_or_else(|| no_page(page)("it has not one notice behind another"))?;

    let mut made = String::new();
    made.extend([parts.head, NOTICE, &escape(&notices), NOTICE_END]);
    made.extend([parts.middle, EDITIONS, &editions, END]);
    let plain = Base64::encode_string(&modules.plain);
    made.extend([WORKER, &plain, WORKER_CODE, parts.worker, END]);
    let mut size = format!(" data-bytes=\"{}\"", modules.relaxed.len());
    for piece in modules.relaxed.chunks(PIECE) {
        let piece = Base64::encode_string(piece);
        // A string takes everything.
        let _ = write!(made, "{MODULE}{size}>{piece}{END}");
        size.clear();
    }
    made.push_str(parts.tail);
    files::write(out, |file| {
        file.write_all(made.as_bytes())
            .map_err(|source| PackToolError::Io {
                what: format!("write '{}'", out.display()),
                source,
            })
    })?;
    Ok(())
}

/// What such a file consists of.
struct Parts<'a> {
    head: &'a str,
    /// As HTML.
    notice: &'a str,
    middle: &'a str,
    plain: Vec<u8>,
    worker: &'a str,
    relaxed: Vec<u8>,
    tail: &'a str,
}

impl<'a> Parts<'a> {
    fn of(html: &'a str) -> Option<Self> {
        let (head, rest) = html.split_once(NOTICE)?;
        let (notice, rest) = rest.split_once(NOTICE_END)?;
        let (middle, rest) = rest.split_once(EDITIONS)?;
        let (_, rest) = rest.split_once(END)?;
        let (plain, rest) = rest.strip_prefix(WORKER)?.split_once(WORKER_CODE)?;
        let (worker, mut tail) = rest.split_once(END)?;
        let mut relaxed = Vec::new();
        while let Some(rest) = tail.strip_prefix(MODULE) {
            let (piece, rest) = rest.split_once('>')?.1.split_once(END)?;
            relaxed.extend(Base64::decode_vec(piece).ok()?);
            tail = rest;
        }
        Some(Self {
            head,
            notice,
            middle,
            plain: Base64::decode_vec(plain).ok()?,
            worker,
            relaxed,
            tail,
        })
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn unescape(html: &str) -> String {
    html.replace("&lt;", "<").replace("&amp;", "&")
}
