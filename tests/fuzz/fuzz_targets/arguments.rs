//! Any JSON as a schema and any as the arguments under it: accepted or refused.
#![no_main]

use akio_agent::tools::schema;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|texts: (&str, &str)| {
    let (Ok(schema), Ok(arguments)) = (
        serde_json::from_str::<Value>(texts.0),
        serde_json::from_str::<Value>(texts.1),
    ) else {
        return;
    };
    if schema::check(&schema).is_ok() {
        let _ = schema::validate(&schema, &arguments);
    }
});
