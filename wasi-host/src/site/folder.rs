//! A folder for any static host, as the build writes `dist/web`.

use super::edition::editions;
use super::modules::Modules;
use super::service_worker::ServiceWorker;
use super::{no_page, notice, text};
use crate::error::HostError;
use crate::platform;
use akio_engine::packed::Packed;
use akio_pack::files;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path};

/// Browsers compile no module above this.
const LIMIT: u64 = 1 << 30;

const RELAXED: &str = "akio.wasm";
const PLAIN: &str = "akio-plain.wasm";
/// Code alone, which takes any model.
const THREADS: &str = "akio-threads.wasm";
const EDITIONS: &str = "editions.json";
const NOTICE: &str = "NOTICE.txt";
const SERVICE_WORKER: &str = "service-worker.js";
/// What hosts read, and nobody is sent.
const HEADERS: &str = "_headers";

/// Writes the page of the folder `page` with `model` to the new folder `out`, whole or not at all.
///
/// # Errors
/// [`HostError::Page`] if it is not a whole page; [`HostError::Model`] if the model does not fit;
/// [`HostError::Io`], also if `out` is there already.
pub fn write(model: Packed<'_>, page: &Path, out: &Path) -> Result<(), HostError> {
    refuse_existing(out)?;
    let read = |name: &str| files::read(&page.join(name));
    let worker = text(read(SERVICE_WORKER)?, page)?;
    let mut worker = ServiceWorker::read(&worker)
        .ok_or_else(|| no_page(page)("its service worker does not begin with its files"))?;
    let modules = Modules::around(model, &read(RELAXED)?, &read(PLAIN)?, LIMIT)?;
    let notices = notice::renew(&text(read(NOTICE)?, page)?, model)?
        .ok_or_else(|| no_page(page)("NOTICE.txt has not one notice behind another"))?;
    let editions = editions(model, &modules)? + "\n";

    let mut content = Vec::new();
    for name in [HEADERS, THREADS] {
        content.push((name.to_owned(), read(name)?));
    }
    for name in worker.names() {
        let mut components = Path::new(name).components();
        let is_plain = matches!(
            (components.next(), components.next()),
            (Some(Component::Normal(_)), None)
        );
        if !is_plain {
            return Err(no_page(page)("its service worker names a file elsewhere"));
        }
        let bytes = read(name)?;
        if !worker.accepts(name, &bytes) {
            return Err(no_page(page)(&format!("{name} has been changed")));
        }
        content.push((name.to_owned(), bytes));
    }
    content.retain(|(name, _)| name != EDITIONS && name != NOTICE);
    for (name, text) in [(EDITIONS, editions), (NOTICE, notices)] {
        worker.expect(name, text.as_bytes());
        content.push((name.to_owned(), text.into_bytes()));
    }
    let writing = || HostError::io(format!("cannot write {}", out.display()));
    let worker = worker.text().map_err(|why| writing()(why.into()))?;
    content.push((SERVICE_WORKER.to_owned(), worker.into_bytes()));
    content.push((RELAXED.to_owned(), modules.relaxed));
    content.push((PLAIN.to_owned(), modules.plain));
    create(&content, out).map_err(writing())
}

/// Says so before anything is packed.
///
/// # Errors
/// [`HostError::Io`] if `out` is there already.
pub fn refuse_existing(out: &Path) -> Result<(), HostError> {
    match fs::symlink_metadata(out) {
        Ok(_) => Err(HostError::io(format!("cannot write {}", out.display()))(
            io::ErrorKind::AlreadyExists.into(),
        )),
        Err(_) => Ok(()),
    }
}

/// Writes the files into a folder beside `out`, which then takes its name.
fn create(files: &[(String, Vec<u8>)], out: &Path) -> io::Result<()> {
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = platform::public_folder(parent)?;
    for (name, bytes) in files {
        let mut file = File::create_new(folder.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    fs::rename(folder.path(), out)?;
    let _ = folder.keep();
    Ok(())
}
