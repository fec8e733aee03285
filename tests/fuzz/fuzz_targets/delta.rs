//! Any bytes as an update of a file, and as the new one of two files.
#![no_main]

use std::io::{self, Cursor};

use akio_delta::{diff, patch};

const OLD: &[u8] = &[7; 5000];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut progress = |_, _| {};
    let mut sink = io::sink();
    let _ = patch(
        &mut Cursor::new(OLD),
        &mut { bytes },
        &mut progress,
        &mut sink,
    );
    // The hashes are never right by chance, so that alone would not come far.
    let mut update = Vec::new();
    diff(OLD, bytes, &mut progress, &mut update).unwrap();
    let mut made = Vec::new();
    patch(
        &mut Cursor::new(OLD),
        &mut &update[..],
        &mut progress,
        &mut made,
    )
    .unwrap();
    assert_eq!(made, bytes);
});
