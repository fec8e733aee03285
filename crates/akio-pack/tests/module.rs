//! A packed model goes into a module and comes out again, and the rest of the module stays.

mod common;

use std::io::Cursor;

use akio_engine::packed::{Packed, assemble, tag};
use akio_pack::{
    Options, PackToolError,
    files::AlignedBytes,
    module::{HASHES, MARKER, PART_LEN, inject, remove, reserve, segment},
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use wasm_encoder::{
    ConstExpr, CustomSection, DataCountSection, DataSection, EntityType, ImportSection,
    MemorySection, MemoryType, Module,
};
use wasmparser::{Parser, Payload, Validator};

fn slot() -> Vec<u8> {
    [&MARKER[..], &[0xFF; 16]].concat()
}

/// A module with a memory of two pages, the given data at addresses 1024, 4096, … and a custom
/// section behind it.
fn module(maximum: Option<u64>, data: &[&[u8]], data_count: bool) -> Vec<u8> {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 2,
        maximum,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    module.section(&memories);
    if data_count {
        module.section(&DataCountSection {
            count: data.len() as u32,
        });
    }
    let mut section = DataSection::new();
    for (i, bytes) in (1..).zip(data) {
        section.active(0, &ConstExpr::i32_const(1024 * i), bytes.iter().copied());
    }
    module.section(&section);
    module.section(&CustomSection {
        name: "producers".into(),
        data: b"somebody"[..].into(),
    });
    module.finish()
}

fn usual() -> Vec<u8> {
    module(
        None,
        &[b"before", &[b"..", &slot()[..], b".."].concat(), b"after"],
        true,
    )
}

fn model(name: &str) -> AlignedBytes {
    model_of("llama", name)
}

fn model_of(arch: &str, name: &str) -> AlignedBytes {
    let options = Options {
        name: Some(name.into()),
        ..Options::default()
    };
    let gguf = common::gguf(arch, |_| {});
    AlignedBytes::copy_from(
        &akio_pack::pack(Cursor::new(gguf), &options, &mut |_, _| {})
            .unwrap()
            .blob,
    )
}

fn injected(module: &[u8], model: &AlignedBytes) -> Result<Vec<u8>, PackToolError> {
    let mut out = Vec::new();
    let len = inject(
        module,
        Packed::open(model.as_slice()).unwrap(),
        None,
        &mut out,
    )?;
    assert_eq!(len, out.len() as u64);
    Ok(out)
}

/// Minimum and maximum of the memory, address and content of the segments, content of the custom section.
type Parts = (u64, Option<u64>, Vec<(i32, Vec<u8>)>, Vec<u8>);

fn parts(module: &[u8]) -> Parts {
    let mut parts = Parts::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::MemorySection(memories) => {
                let memory = memories.into_iter().next().unwrap().unwrap();
                (parts.0, parts.1) = (memory.initial, memory.maximum);
            }
            Payload::DataSection(data) => {
                for data in data {
                    let data = data.unwrap();
                    let wasmparser::DataKind::Active { offset_expr, .. } = data.kind else {
                        panic!()
                    };
                    let wasmparser::Operator::I32Const { value } =
                        offset_expr.get_operators_reader().read().unwrap()
                    else {
                        panic!()
                    };
                    parts.2.push((value, data.data.to_vec()));
                }
            }
            Payload::CustomSection(custom) => parts.3 = custom.data().to_vec(),
            _ => {}
        }
    }
    parts
}

#[test]
fn a_module_without_candle_takes_no_model_that_needs_it() {
    let mut without = usual();
    let slot = without
        .windows(MARKER.len())
        .position(|bytes| bytes == MARKER);
    without[slot.unwrap() + 24] = 0;
    let needs_candle = model_of("qwen3", "one");
    injected(&usual(), &needs_candle).unwrap();
    let error = injected(&without, &needs_candle).unwrap_err();
    assert_eq!(
        error.to_string(),
        "architecture 'qwen3' runs through candle, which this module was built without; put the model \
         into akio-candle.wasm"
    );
    injected(&without, &model("one")).unwrap();
}

#[test]
fn model_goes_in_and_comes_out() {
    let model = model("one");
    for data_count in [true, false] {
        let before = module(None, &[b"before", &slot(), b"after"], data_count);
        let after = injected(&before, &model).unwrap();
        Validator::new().validate_all(&after).unwrap();
        assert_eq!(segment(&after).unwrap(), model.as_slice());

        let len = model.as_slice().len();
        let (minimum, maximum, data, custom) = parts(&after);
        assert_eq!(minimum, 2 + len.div_ceil(65_536) as u64);
        assert_eq!(maximum, None);
        assert_eq!(custom, b"somebody");
        let slot = [
            &MARKER[..],
            &131_072_u32.to_le_bytes(),
            &(len as u32).to_le_bytes(),
            &[0xFF; 8],
        ]
        .concat();
        assert_eq!(
            data,
            [
                (1024, b"before".to_vec()),
                (2048, slot),
                (3072, b"after".to_vec()),
                (131_072, model.as_slice().to_vec())
            ]
        );
    }
}

#[test]
fn another_model_replaces_the_first() {
    let (one, two) = (model("one"), model("a model with a longer name"));
    let fresh = injected(&usual(), &two).unwrap();
    let replaced = injected(&injected(&usual(), &one).unwrap(), &two).unwrap();
    assert_eq!(fresh, replaced);
}

#[test]
fn hashes_of_the_parts_stand_before_the_model() {
    // Three parts, the last of which is short.
    let notice = "n".repeat(2 * PART_LEN as usize);
    let model = AlignedBytes::copy_from(&assemble(&[(tag::NOTICE, notice.into_bytes())]));
    let after = injected(&usual(), &model).unwrap();
    let mut expected = PART_LEN.to_le_bytes().to_vec();
    for part in model.as_slice().chunks(PART_LEN as usize) {
        expected.extend_from_slice(&Sha256::digest(part));
    }
    assert_eq!(expected.len(), 4 + 3 * 32);
    assert_eq!(hashes(&after), [expected]);
    // Of another model they are others, and there is still one list of them.
    let again = injected(&after, &self::model("one")).unwrap();
    assert_eq!(hashes(&again)[0].len(), 4 + 32);
    assert_eq!(hashes(&again).len(), 1);
}

/// The custom sections with hashes, of which none may stand behind the data.
fn hashes(module: &[u8]) -> Vec<Vec<u8>> {
    Parser::new(0)
        .parse_all(module)
        .map(Result::unwrap)
        .take_while(|payload| !matches!(payload, Payload::DataSection(_)))
        .filter_map(|payload| match payload {
            Payload::CustomSection(custom) if custom.name() == HASHES => {
                Some(custom.data().to_vec())
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_reserved_module_is_the_injected_one_without_the_bytes() {
    let model = model("one");
    let (before, with_model) = (usual(), injected(&usual(), &model).unwrap());
    let other = reserved(&before, &self::model("another"));
    for module in [before, with_model.clone(), other] {
        let reserved = reserved(&module, &model);
        Validator::new().validate_all(&reserved).unwrap();
        let mut expected = parts(&with_model);
        let (_, bytes) = expected.2.pop().unwrap();
        assert_eq!(bytes, model.as_slice());
        assert_eq!(parts(&reserved), expected);
        assert!(hashes(&reserved).is_empty());
        assert!(matches!(segment(&reserved), Err(PackToolError::NoModel)));
        assert_eq!(injected(&reserved, &model).unwrap(), with_model);
    }
}

fn reserved(module: &[u8], model: &AlignedBytes) -> Vec<u8> {
    let mut reserved = Vec::new();
    let packed = Packed::open(model.as_slice()).unwrap();
    let len = reserve(module, packed, None, &mut reserved).unwrap();
    assert_eq!(len, reserved.len() as u64);
    reserved
}

/// A module whose threads share the memory that it imports, and which puts its data there itself.
fn with_threads() -> Vec<u8> {
    let mut module = Module::new();
    let mut imports = ImportSection::new();
    let memory = MemoryType {
        minimum: 2,
        maximum: Some(65_536),
        memory64: false,
        shared: true,
        page_size_log2: None,
    };
    imports.import("env", "memory", memory);
    let tag = wasm_encoder::GlobalType {
        val_type: wasm_encoder::ValType::I32,
        mutable: false,
        shared: false,
    };
    imports.import("env", "behind", EntityType::Global(tag));
    module.section(&imports);
    module.section(&DataCountSection { count: 2 });
    let mut data = DataSection::new();
    data.passive(slot());
    data.passive(*b"after");
    module.section(&data);
    module.finish()
}

#[test]
fn a_module_with_threads_gets_room_in_the_memory_that_it_imports() {
    let limits = |module: &[u8]| -> Vec<String> {
        let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
        let imports = payloads.filter_map(|payload| match payload {
            Payload::ImportSection(imports) => Some(imports.into_imports()),
            _ => None,
        });
        imports
            .flatten()
            .map(|import| format!("{import:?}"))
            .collect()
    };
    let model = model("one");
    let before = with_threads();
    let pages = (model.as_slice().len() as u64).div_ceil(65_536);
    let first = reserved(&before, &model);
    for reserved in [&first, &reserved(&first, &model)] {
        Validator::new().validate_all(reserved).unwrap();
        assert_eq!(reserved, &first);
        let expected = format!("initial: {}, maximum: Some(65536)", 2 + pages);
        let found = limits(reserved);
        assert!(found[0].contains(&expected), "{}", found[0]);
        assert_eq!(found[1..], limits(&before)[1..]);
        let slot = reserved
            .windows(16)
            .position(|bytes| bytes == MARKER)
            .unwrap()
            + 16;
        let fields = [131_072, model.as_slice().len() as u32].map(u32::to_le_bytes);
        assert_eq!(reserved[slot..][..8], fields.concat());
    }
    let refused = injected(&before, &model).unwrap_err().to_string();
    assert!(refused.contains("take the code only"), "{refused}");
}

#[test]
fn a_module_without_its_model_is_as_before() {
    for (maximum, data_count) in [(None, true), (Some(100), true), (None, false)] {
        let data = [&b"before"[..], &slot(), b"after"];
        let before = module(maximum, &data, data_count);
        let with = injected(&before, &model("one")).unwrap();
        let mut without = Vec::new();
        let len = remove(&with, &mut without).unwrap();
        assert_eq!(len, without.len() as u64);
        assert_eq!(without, before);
        assert_eq!(injected(&without, &model("one")).unwrap(), with);
        assert_eq!(
            injected(&without, &model("another")).unwrap(),
            injected(&with, &model("another")).unwrap()
        );
    }
    for (module, expected) in [
        (usual(), "carries no model"),
        (module(None, &[b"x"], true), "no slot"),
    ] {
        let error = remove(&module, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn memory_may_grow_as_far_as_before() {
    let model = model("one");
    let pages = model.as_slice().len().div_ceil(65_536) as u64;
    for (maximum, expected) in [(2, 2 + pages), (10, 10 + pages), (65_536, 65_536)] {
        let after = injected(&module(Some(maximum), &[&slot()], false), &model).unwrap();
        Validator::new().validate_all(&after).unwrap();
        assert_eq!(parts(&after).1, Some(expected));
    }
}

#[test]
fn modules_without_one_slot_are_refused() {
    let model = model("one");
    let error = |bytes: &[u8]| injected(bytes, &model).unwrap_err();
    assert!(matches!(error(b""), PackToolError::BadModule { .. }));
    assert!(matches!(
        error(b"GGUF...."),
        PackToolError::BadModule { .. }
    ));
    assert!(matches!(
        error(&Module::new().finish()),
        PackToolError::BadModule { .. }
    ));
    assert!(matches!(
        error(&module(None, &[], false)),
        PackToolError::NoSlot
    ));
    assert!(matches!(
        error(&module(None, &[b"data"], false)),
        PackToolError::NoSlot
    ));
    assert!(matches!(
        error(&module(None, &[&slot(), &slot()], false)),
        PackToolError::SeveralSlots
    ));
    assert!(matches!(
        error(&module(None, &[&[slot(), slot()].concat()], false)),
        PackToolError::SeveralSlots
    ));
    let wrong = [&MARKER[..], &[1; 16]].concat();
    assert!(matches!(
        error(&module(None, &[&wrong], false)),
        PackToolError::BadModule { .. }
    ));
    assert!(matches!(segment(&usual()), Err(PackToolError::NoModel)));
}

#[test]
fn limits_are_kept_and_name_the_sizes() {
    let model = model("one");
    let packed = Packed::open(model.as_slice()).unwrap();
    let size = injected(&usual(), &model).unwrap().len() as u64;
    let mut out = Vec::new();
    assert!(inject(&usual(), packed, Some(size), &mut out).is_ok());
    let mut out = Vec::new();
    let error = inject(&usual(), packed, Some(size - 1), &mut out).unwrap_err();
    assert!(error.to_string().contains(&size.to_string()), "{error}");
    assert!(out.is_empty());

    let mut full = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 65_536,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    full.section(&memories);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), slot());
    full.section(&data);
    let error = injected(&full.finish(), &model).unwrap_err();
    assert!(matches!(error, PackToolError::MemoryTooLarge { .. }));
    assert!(
        error
            .to_string()
            .contains(&model.as_slice().len().to_string()),
        "{error}"
    );
}

#[test]
fn every_truncation_is_a_typed_error() {
    let model = model("one");
    let threads = with_threads();
    for len in 0..threads.len() {
        let packed = Packed::open(model.as_slice()).unwrap();
        assert!(reserve(&threads[..len], packed, None, &mut Vec::new()).is_err());
    }
    let after = injected(&usual(), &model).unwrap();
    for len in (0..400).chain((400..after.len()).step_by(997)) {
        assert!(segment(&after[..len]).is_err(), "{len}");
    }
}

proptest! {
    #[test]
    fn changed_modules_never_panic(
        changes in prop::collection::vec((0_usize..256, any::<u8>()), 1..6),
        with_model: bool,
    ) {
        let mut module = if with_model { WITH_MODEL.clone() } else { usual() };
        for (at, value) in changes {
            if let Some(byte) = module.get_mut(at) {
                *byte = value;
            }
        }
        let _ = segment(&module);
        let mut out = Vec::new();
        let _ = inject(&module, Packed::open(MODEL.as_slice()).unwrap(), None, &mut out);
    }
}

static MODEL: std::sync::LazyLock<AlignedBytes> = std::sync::LazyLock::new(|| model("one"));
static WITH_MODEL: std::sync::LazyLock<Vec<u8>> =
    std::sync::LazyLock::new(|| injected(&usual(), &MODEL).unwrap());
