//! What each family of systems does in its own way: private files, mapped memory, the terminal, and signals.
//!
//! Both have the same functions.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
