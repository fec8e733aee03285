//! Any text: its dates exist, its amounts are numbers, its fields lie on character boundaries.
#![no_main]

use akio_agent::reading::{amounts, dates, fields, words};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let tokens = words::tokens(text);
    for date in dates::find(&tokens) {
        assert!(text.get(date.start..date.end).is_some());
        let _ = date.ymd(true).or_else(|| date.ymd(false));
    }
    for amount in amounts::find(&tokens) {
        assert!(text.get(amount.start..amount.end).is_some() && amount.value.is_finite());
    }
    for field in fields::fields(text) {
        assert!(text.get(field.label).is_some() && text.get(field.value).is_some());
    }
});
