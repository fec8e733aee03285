//! What is inside: info, tokenize, bench.

use std::fs::File;

use akio_agent::{DEFAULT_SYSTEM, Message, Options, Session};
use akio_engine::packed::Packed;
use akio_pack::files::AlignedBytes;
use serde_json::{Value, json};

use crate::console::{TINY, akio};

fn json(args: &[&str]) -> Value {
    let ran = akio(args).run();
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("stdout is one JSON object")
}

#[test]
fn info_names_model_licence_and_hashes() {
    let facts = json(&["info", "--json"]);
    assert_eq!(facts["name"], "tiny");
    assert_eq!(facts["license"], "MIT");
    assert_eq!(facts["architecture"], "llama");
    assert_eq!(facts["source"], "tiny.gguf");
    assert_eq!(facts["packed_bytes"], TINY.as_slice().len());
    let config = Packed::open(TINY.as_slice()).unwrap().config().unwrap();
    assert_eq!(facts["max_context"], config.seq_len);
    assert_eq!(facts["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(facts["linear_memory_bytes"], Value::Null);
    assert_eq!(facts.get("verified"), None);
    let text = akio(&["info"]).run().stdout;
    for fact in [
        "name",
        "license",
        "architecture",
        "source",
        "source_sha256",
        "sha256",
        "build",
    ] {
        let fact = facts[fact].as_str().unwrap();
        assert!(text.contains(fact), "{fact} is not in\n{text}");
    }
    assert!(!text.contains("verified"));
}

#[test]
fn verify_recomputes_the_hash() {
    assert_eq!(json(&["info", "--verify", "--json"])["verified"], true);
    assert!(
        akio(&["info", "--verify"])
            .run()
            .stdout
            .contains("(verified)")
    );
    let mut bytes = TINY.as_slice().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = AlignedBytes::copy_from(&bytes);
    assert_eq!(akio(&["info"]).model(Ok(damaged.as_slice())).run().code, 0);
    let ran = akio(&["info", "--verify"])
        .model(Ok(damaged.as_slice()))
        .run();
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr.contains("sha256 does not match"),
        "{}",
        ran.stderr
    );
}

#[test]
fn licence_is_printed_in_full() {
    assert_eq!(
        akio(&["info", "--license"]).run().stdout,
        "Made of noise.\n"
    );
}

#[test]
fn tokenize_shows_ids_and_pieces() {
    let tokens = json(&["tokenize", "--json", "the cat sat"]);
    let pieces: Vec<&str> = tokens["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|piece| piece.as_str().unwrap())
        .collect();
    assert_eq!(pieces.concat(), "the cat sat");
    assert_eq!(pieces.len(), tokens["tokens"].as_array().unwrap().len());
    let ran = akio(&["tokenize"]).stdin(b"the cat sat").run();
    assert_eq!(ran.stdout.lines().count(), pieces.len());
}

#[test]
fn control_tokens_in_a_text_are_plain_text() {
    let tokens = json(&["tokenize", "--json", "<|im_start|>"]);
    assert!(tokens["tokens"].as_array().unwrap().len() > 1);
}

#[test]
fn bench_reports_exactly_the_documented_fields() {
    let args = [
        "bench",
        "--json",
        "--prefill",
        "20",
        "--decode",
        "5",
        "--context",
        "30",
        "--repeat",
        "2",
    ];
    let report = json(&args);
    let fields: Vec<&str> = report
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = [
        "model",
        "build",
        "host",
        "threads",
        "prefill_tokens",
        "prefill_tok_s",
        "decode_tokens",
        "decode_tok_s",
        "linear_memory_bytes",
        "weights",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(report["prefill_tokens"], 20);
    assert_eq!(report["decode_tokens"], 5);
    assert_eq!(report["threads"], json!(1));
    assert!(report["prefill_tok_s"].as_f64().unwrap() > 0.0);
    assert!(report["decode_tok_s"].as_f64().unwrap() > 0.0);
    for weights in report["weights"].as_object().unwrap().values() {
        let [bytes, macs] = ["bytes", "macs"].map(|name| weights[name].as_u64().unwrap());
        assert!(bytes < 2 * macs && macs < 2 * bytes, "{weights}");
    }
}

#[test]
fn bench_measures_every_kernel() {
    let report = json(&["bench", "--kernels", "--json"]);
    let kernels = report["kernels"].as_array().unwrap();
    for name in ["Q4", "Q5", "Q8", "Q4K", "Q5K", "Q6K", "keys", "values"] {
        let of_name = kernels.iter().filter(|kernel| kernel["kernel"] == name);
        let rates: Vec<_> = of_name.map(|kernel| kernel["mac_ns"].as_f64()).collect();
        assert!(
            rates.len() >= 2 && rates.iter().all(|rate| rate.unwrap() > 0.0),
            "{name}"
        );
    }
}

#[test]
fn bench_that_does_not_fit_is_refused() {
    let ran = akio(&["bench", "--context", "18446744073709551615"]).run();
    assert_eq!((ran.code, &*ran.stdout), (1, ""), "{}", ran.stderr);
}

#[test]
fn a_model_may_bring_a_system_prompt() {
    let gguf = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/tiny/tiny.gguf");
    for (system, expected) in [
        (None, Some(DEFAULT_SYSTEM)),
        (Some("Be brief."), Some("Be brief.")),
        (Some(""), None),
    ] {
        let options = akio_pack::Options {
            system: system.map(str::to_owned),
            ..akio_pack::Options::default()
        };
        let packing = akio_pack::pack(File::open(gguf).unwrap(), &options, &mut |_, _| {}).unwrap();
        let blob = AlignedBytes::copy_from(&packing.blob);
        let packed = Packed::open(blob.as_slice()).unwrap();
        let session = Session::open(packed, Options::default()).unwrap();
        let expected: Vec<_> = expected.map(Message::system).into_iter().collect();
        assert_eq!(session.messages(), expected);
    }
}
