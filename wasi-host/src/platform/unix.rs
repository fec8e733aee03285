//! Linux and macOS.

use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::param::page_size;
use rustix::process::geteuid;
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::SIGINT;
use signal_hook::flag::{register, register_conditional_shutdown};
use std::cell::UnsafeCell;
use std::env;
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::Builder;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

/// Where programs keep what can be made again.
pub fn cache_home() -> Option<PathBuf> {
    in_home(".cache")
}

/// Where programs keep their settings.
pub fn config_home() -> Option<PathBuf> {
    in_home(".config")
}

fn in_home(name: &str) -> Option<PathBuf> {
    let home = env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(name))
}

/// Makes a folder, and those above it, that only this user can open.
///
/// # Errors
/// Where the system refuses; not if it is there already.
pub fn create_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Whether a folder is as [`create_private`] makes it.
///
/// # Errors
/// Where it cannot be asked, or is not there.
pub fn is_private_folder(dir: &Path) -> io::Result<bool> {
    Ok(is_own(&fs::metadata(dir)?, 0o700))
}

/// Whether a file is as [`protect`] leaves it.
pub fn is_protected(metadata: &Metadata) -> bool {
    is_own(metadata, 0o400) && metadata.is_file()
}

fn is_own(metadata: &Metadata, mode: u32) -> bool {
    metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o777 == mode
}

/// Nobody is to write to a file in a private folder any more.
///
/// # Errors
/// Where the system refuses.
pub fn protect(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o400))
}

/// Everybody may run a file.
///
/// # Errors
/// Where the system refuses.
pub fn make_executable(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o755))
}

/// A temporary folder that is for everyone, as far as the umask says.
///
/// # Errors
/// Where the system refuses.
pub fn public_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    Builder::new()
        .permissions(Permissions::from_mode(0o777))
        .tempdir_in(parent)
}

/// Opens a file with code, to be mapped.
///
/// # Errors
/// Where it cannot be opened.
pub fn open_code(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A file for code that nobody else can open, in memory where the system has such files.
///
/// # Errors
/// Where the system gives none.
pub fn nameless() -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{MemfdFlags, memfd_create};
        Ok(memfd_create("akio", MemfdFlags::CLOEXEC)?.into())
    }
    #[cfg(not(target_os = "linux"))]
    tempfile::tempfile()
}

/// Maps what lies in `file` from `start` on over the part `room` of a memory, copy on write. Tells whether it has:
/// pages of this system may be larger than one of them is aligned to. No instance has the memory yet, and `file` does
/// not change.
///
/// # Errors
/// Where the system refuses.
#[expect(unsafe_code, reason = "pages of a file take the place of empty ones")]
pub fn map(
    memory: &[UnsafeCell<u8>],
    room: Range<usize>,
    file: &File,
    start: u64,
) -> io::Result<bool> {
    let page = page_size();
    let len = room.len();
    let whole_pages = memory.get(room.start..room.start + len.next_multiple_of(page));
    let Some(pages) = whole_pages.filter(|pages| {
        pages.as_ptr().addr().is_multiple_of(page) && start.is_multiple_of(page as u64)
    }) else {
        return Ok(false);
    };
    // SAFETY: these are whole pages of the memory, which stays mapped for as long as it lives and is not looked into
    // by anyone yet; its own pages there are as readable and writable as the ones that replace them. What is written
    // to them stays in this process. The file does not change (see `loader`), and holds all of it.
    unsafe {
        mmap(
            pages.as_ptr().cast_mut().cast(),
            len,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE | MapFlags::FIXED,
            file,
            start,
        )
    }?;
    Ok(true)
}

/// How the terminal at stdin takes keys.
#[derive(Clone)]
pub struct TerminalMode(Option<Termios>);

impl TerminalMode {
    /// As it is now.
    pub fn now() -> Self {
        Self(tcgetattr(stdin()).ok())
    }

    /// Sets it again. Nobody is left to tell of a failure.
    pub fn restore(&self) {
        if let Some(mode) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Now, mode);
        }
    }
}

/// A line of up to `longest` bytes from the terminal of this process, wherever its streams go; it is not shown. None
/// without a terminal.
///
/// # Errors
/// `Interrupted` for Ctrl-C; where the terminal fails.
pub fn ask_hidden(question: &str, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else {
        return Ok(None);
    };
    let hidden = Hidden::new(&terminal)?;
    (&terminal).write_all(question.as_bytes())?;
    let line = read_line(&terminal, longest);
    drop(hidden);
    // The Enter was not shown either.
    let _ = (&terminal).write_all(b"\n");
    line.map(Some)
}

fn read_line(mut terminal: &File, longest: usize) -> io::Result<Vec<u8>> {
    // Its memory does not move while it grows.
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    loop {
        let mut key = [0];
        terminal.read_exact(&mut key)?;
        match key {
            [b'\r' | b'\n' | 4] => return Ok(std::mem::take(&mut line)),
            [3] => return Err(io::ErrorKind::Interrupted.into()),
            [8 | 127] => drop(line.pop()),
            [21] => line.clear(),
            [key] if line.len() < longest => line.push(key),
            _ => {}
        }
    }
}

/// A terminal that shows nothing of what is typed and gives every key at once, Ctrl-C too, until this goes.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Raises `flag` for each Ctrl-C. One that finds it raised ends the program with the exit code `code`.
///
/// # Errors
/// Where it cannot be listened for.
pub fn flag_interrupts(flag: Arc<AtomicBool>, code: i32) -> io::Result<()> {
    register_conditional_shutdown(SIGINT, code, Arc::clone(&flag))?;
    register(SIGINT, flag).map(drop)
}

/// Comes with the next Ctrl-C or SIGTERM.
///
/// # Errors
/// Where signals cannot be listened for.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C is not to reach the process.
pub fn shield_from_interrupt(command: &mut Command) -> &mut Command {
    command.process_group(0)
}
