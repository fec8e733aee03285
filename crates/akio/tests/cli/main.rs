//! The command on the tiny model, from command line to exit code.

mod answers;
mod chat;
mod console;
mod errors;
mod inside;
mod memory;
mod pipe;
