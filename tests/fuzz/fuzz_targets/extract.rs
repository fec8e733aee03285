//! Any document under a schema of every type: what is found stands in it.
#![no_main]

use akio_agent::extract::Extractor;
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let schema = json!({ "type": "object", "properties": {
        "invoice_number": { "type": "string" },
        "customer": { "type": "string", "description": "full name of the customer" },
        "due": { "type": "string", "format": "date" },
        "total": { "type": ["number", "null"], "description": "total, in euros" },
        "days": { "type": "integer" },
        "paid": { "type": "boolean" },
        "times": { "type": "array", "items": { "type": "string", "format": "time" } },
        "payment": { "type": "string", "enum": ["cash", "bank transfer"] },
        "remark": { "type": "string" },
    } });
    let Ok(extractor) = Extractor::new(&schema) else {
        return;
    };
    let Ok(found) = extractor.extract(text, None) else {
        return;
    };
    for span in found.iter().flat_map(|found| &found.spans) {
        assert!(text.get(span.clone()).is_some());
    }
});
