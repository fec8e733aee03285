//! Windows. What is in a user's profile only that user can open, other than administrators; so a private file is one
//! that is there, and no permissions are set or compared. There is no mapping of a file over a part of a memory.

use console::{Key, Term};
use std::cell::UnsafeCell;
use std::env;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IsTerminal};
use std::ops::Range;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::{Builder, TempDir};
use tokio::process::Command;
use tokio::runtime;
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use zeroize::Zeroizing;

// As the system names them.
const FILE_GENERIC_READ: u32 = 0x0012_0089;
const FILE_GENERIC_WRITE: u32 = 0x0012_0116;
const FILE_GENERIC_EXECUTE: u32 = 0x0012_00a0;
const FILE_SHARE_READ: u32 = 1;
const FILE_ATTRIBUTE_TEMPORARY: u32 = 0x100;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// Where programs keep what can be made again.
pub fn cache_home() -> Option<PathBuf> {
    folder("LOCALAPPDATA")
}

/// Where programs keep their settings.
pub fn config_home() -> Option<PathBuf> {
    folder("APPDATA")
}

fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Makes a folder, and those above it, with the permissions of the one that it is in.
///
/// # Errors
/// Where the system refuses; not if it is there already.
pub fn create_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

/// Whether a folder is in the user's profile.
///
/// # Errors
/// Where it cannot be asked, or is not there.
pub fn is_private_folder(dir: &Path) -> io::Result<bool> {
    let dir = fs::canonicalize(dir)?;
    let profile = |name| fs::canonicalize(folder(name)?).ok();
    Ok(["USERPROFILE", "LOCALAPPDATA"]
        .into_iter()
        .filter_map(profile)
        .any(|profile| dir.starts_with(profile)))
}

/// Whether it is a file.
pub fn is_protected(metadata: &Metadata) -> bool {
    metadata.is_file()
}

/// The folder protects the file, and nobody can write to it while [`open_code`] has it open.
///
/// # Errors
/// None.
pub fn protect(_: &File) -> io::Result<()> {
    Ok(())
}

/// The name says what can be run.
///
/// # Errors
/// None.
pub fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}

/// A temporary folder with the permissions of its parent.
///
/// # Errors
/// Where the system refuses.
pub fn public_folder(parent: &Path) -> io::Result<TempDir> {
    Builder::new().tempdir_in(parent)
}

/// Opens a file with code, to be mapped.
///
/// # Errors
/// Where it cannot be opened.
pub fn open_code(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .access_mode(FILE_GENERIC_READ | FILE_GENERIC_EXECUTE)
        .share_mode(FILE_SHARE_READ)
        .open(path)
}

/// A file for code that nobody else can open, and that is gone when it is closed.
///
/// # Errors
/// Where the system gives none.
pub fn nameless() -> io::Result<File> {
    let open = |path: &Path| {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .access_mode(FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE)
            .share_mode(0)
            .attributes(FILE_ATTRIBUTE_TEMPORARY)
            .custom_flags(FILE_FLAG_DELETE_ON_CLOSE)
            .open(path)
    };
    Ok(Builder::new().make(open)?.into_file())
}

/// Tells that nothing was mapped.
///
/// # Errors
/// None.
pub fn map(_: &[UnsafeCell<u8>], _: Range<usize>, _: &File, _: u64) -> io::Result<bool> {
    Ok(false)
}

/// How the console takes keys. Whoever reads from it next sets what it needs, as shells do for each line.
#[derive(Clone)]
pub struct TerminalMode;

impl TerminalMode {
    /// As it is now.
    pub fn now() -> Self {
        Self
    }

    /// Nothing has to be set again.
    pub fn restore(&self) {}
}

/// A line of up to `longest` bytes from the console; it is not shown. None where stdin or stderr is none.
///
/// # Errors
/// `Interrupted` for Ctrl-C; where the console fails.
pub fn ask_hidden(question: &str, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let console = Term::stderr();
    if !io::stdin().is_terminal() || !console.is_term() {
        return Ok(None);
    }
    console.write_str(question)?;
    let line = read_line(&console, longest);
    // The Enter was not shown either.
    let _ = console.write_line("");
    line.map(|mut line| Some(std::mem::take(&mut *line).into_bytes()))
}

fn read_line(console: &Term, longest: usize) -> io::Result<Zeroizing<String>> {
    // Its memory does not move while it grows.
    let mut line = Zeroizing::new(String::with_capacity(longest));
    loop {
        match console.read_key_raw()? {
            Key::Enter => return Ok(line),
            Key::CtrlC => return Err(io::ErrorKind::Interrupted.into()),
            Key::Backspace => drop(line.pop()),
            Key::Char('\u{15}') => line.clear(),
            Key::Char(key) if line.len() + key.len_utf8() <= longest => line.push(key),
            _ => {}
        }
    }
}

/// Raises `flag` for each Ctrl-C. One that finds it raised ends the program with the exit code `code`.
///
/// # Errors
/// Where it cannot be listened for.
pub fn flag_interrupts(flag: Arc<AtomicBool>, code: i32) -> io::Result<()> {
    let mut interrupts = ctrl_c()?;
    let runtime = runtime::Builder::new_current_thread().build()?;
    let listen = async move {
        while interrupts.recv().await.is_some() {
            if flag.swap(true, Ordering::Relaxed) {
                process::exit(code);
            }
        }
    };
    let listener = thread::Builder::new();
    listener.spawn(move || runtime.block_on(listen)).map(drop)
}

/// Comes with the next Ctrl-C or Ctrl-Break, and when the console is closed or the system ends.
///
/// # Errors
/// Where they cannot be listened for.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut pause) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = pause.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}

/// Ctrl-C is not to reach the process.
pub fn shield_from_interrupt(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP)
}
