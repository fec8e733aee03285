//! The command on the tiny model, from command line to exit code.

mod agent;
mod answers;
mod ask;
mod brought;
mod chat;
mod console;
mod errors;
mod extract;
mod inside;
mod memory;
mod pipe;
mod redact;
