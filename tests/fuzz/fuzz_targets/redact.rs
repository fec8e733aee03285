//! Any text: its personal stretches are in order, on character boundaries, and can be masked.
#![no_main]

use akio_agent::redact;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let spans = redact::find(text);
    let mut last = 0;
    for span in &spans {
        assert!(last <= span.start && text.get(span.start..span.end).is_some());
        last = span.end;
    }
    redact::mask(text, &spans);
});
