//! Any text as an expression of `calculate`: a value or an error, and the end of it soon.
#![no_main]

use akio_agent::tools::{Entry, Metadata, World, WorldError, WorldErrorKind, built_in};
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some(mut calculate) = built_in("calculate") else {
        return;
    };
    let _ = calculate.call(&json!({ "expression": text }), &mut Nothing);
});

/// A world without anything: to calculate takes none of it.
struct Nothing;

fn refuse<T>() -> Result<T, WorldError> {
    Err(WorldError {
        kind: WorldErrorKind::NotGranted,
        message: "there is nothing here".into(),
    })
}

impl World for Nothing {
    fn folders(&self) -> Vec<String> {
        Vec::new()
    }

    fn metadata(&mut self, _: &str) -> Result<Metadata, WorldError> {
        refuse()
    }

    fn list(&mut self, _: &str) -> Result<Vec<Entry>, WorldError> {
        refuse()
    }

    fn read(&mut self, _: &str, _: u64) -> Result<Vec<u8>, WorldError> {
        refuse()
    }

    fn write(&mut self, _: &str, _: &[u8]) -> Result<(), WorldError> {
        refuse()
    }

    fn read_memory(&mut self) -> Result<Vec<u8>, WorldError> {
        refuse()
    }

    fn write_memory(&mut self, _: &[u8]) -> Result<(), WorldError> {
        refuse()
    }

    fn now(&mut self) -> i64 {
        0
    }
}
