//! Any bytes as a document of each format: clean lines with their numbers, or an error.
#![no_main]

use akio_agent::documents;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for name in ["a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.jsonl", "a"] {
        if let Ok(text) = documents::read(name, bytes) {
            assert_eq!(text.text.lines().count(), text.lines.len());
            assert!(text.lines.is_sorted());
        }
    }
});
