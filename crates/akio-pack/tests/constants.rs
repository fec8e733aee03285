//! The generated source stands for exactly the packed model, whatever its names and texts say.

mod common;

use std::{fs, io::Cursor, process::Command};

use akio_engine::packed::{Config, PackError, Packed, TensorEntry, assemble, tag};
use akio_kernels::TileKind;
use akio_pack::{Options, PackToolError, constants, files::AlignedBytes};
use bytemuck::{Zeroable, bytes_of, cast_slice};

fn source(blob: &[u8]) -> Result<String, PackToolError> {
    source_with(blob, usize::MAX)
}

fn source_with(blob: &[u8], literal_above: usize) -> Result<String, PackToolError> {
    let model = AlignedBytes::copy_from(blob);
    let mut out = Vec::new();
    constants::write(
        Packed::open(model.as_slice()).unwrap(),
        literal_above,
        &mut out,
    )?;
    Ok(String::from_utf8(out).unwrap())
}

/// What the source compiles to. Without zerocopy, which only proves that there are no bytes between the fields.
fn compiled(source: &str) -> Vec<u8> {
    const DERIVE: &str = "#[derive(zerocopy::Immutable, zerocopy::IntoBytes)]";
    const MAIN: &str = "
fn main() {
    let model = (&raw const MODEL).cast::<u8>();
    let bytes = unsafe { std::slice::from_raw_parts(model, size_of::<Model>()) };
    std::io::Write::write_all(&mut std::io::stdout(), bytes).unwrap();
}
";
    let dir = tempfile::tempdir().unwrap();
    let (file, program) = (dir.path().join("model.rs"), dir.path().join("model"));
    assert!(source.contains(DERIVE));
    fs::write(&file, source.replace(DERIVE, "") + MAIN).unwrap();
    let rustc = Command::new("rustc")
        .args(["--edition", "2024", "-D", "warnings", "-o"])
        .args([&program, &file])
        .output()
        .unwrap();
    assert!(
        rustc.status.success(),
        "{}",
        String::from_utf8_lossy(&rustc.stderr)
    );
    Command::new(program).output().unwrap().stdout
}

#[track_caller]
fn is_faithful(blob: &[u8]) {
    for literal_above in [usize::MAX, 256] {
        let bytes = compiled(&source_with(blob, literal_above).unwrap());
        assert_eq!(bytes.len(), blob.len().next_multiple_of(64));
        assert!(bytes.starts_with(blob));
        assert!(bytes[blob.len()..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn every_tensor_type_keeps_its_bytes() {
    let gguf = common::gguf("llama", |_| {});
    let packing = akio_pack::pack(Cursor::new(gguf), &Options::default(), &mut |_, _| {}).unwrap();
    let source = source(&packing.blob).unwrap();
    assert!(
        source.contains("const CONFIG: Config = Config {\n    dim: 256,\n    hidden_dim: 512,")
    );
    assert!(source.contains("    tensor_blk_0_attn_norm_weight: [f32; 256],"));
    assert!(source.contains("    section_name: [u8; 5],"));
    assert!(source.contains("    section_name: *b\"Small\","));
    let large = source_with(&packing.blob, 1024).unwrap();
    assert!(large.contains("    tensor_blk_0_attn_norm_weight: [f32; 256],"));
    assert!(large.contains("    tensor_blk_0_attn_q_weight: *b\""));
    is_faithful(&packing.blob);
}

#[test]
fn a_model_that_is_kept_as_gguf_keeps_its_bytes() {
    let gguf = common::gguf("qwen3", |_| {});
    let packing = akio_pack::pack(Cursor::new(gguf), &Options::default(), &mut |_, _| {}).unwrap();
    is_faithful(&packing.blob);
}

/// Names that would end a literal or be a keyword, that become the same, numbers that have no literal, and
/// lengths that no wide number divides.
#[test]
fn hostile_names_texts_and_numbers_keep_their_bytes() {
    let names = ["a\"; loop {}", "a_\\; loop {}", "é\n*/"];
    let floats: [f32; 7] = [
        f32::NAN,
        f32::NEG_INFINITY,
        -0.0,
        f32::MIN_POSITIVE / 8.0,
        f32::MAX,
        0.1,
        -1e-30,
    ];
    let mut config = Config::zeroed();
    (config.rope_theta, config.norm_eps) = (f32::INFINITY, 1e-5);
    // The tensors lie in the last section, whose place depends on nothing but the lengths before it.
    let blob = |start: u64| {
        let mut offset = 0;
        let entries: Vec<_> = (0..3)
            .map(|i| {
                let entry = TensorEntry {
                    name_offset: offset,
                    name_len: names[i].len() as u32,
                    kind: TileKind::F32 as u32,
                    rows: 1,
                    cols: 7,
                    reserved: i as u32,
                    offset: start + 64 * i as u64,
                    len: 28,
                };
                offset += entry.name_len;
                entry
            })
            .collect();
        let mut data = vec![0xA5; 3 * 64];
        for chunk in data.chunks_mut(64) {
            chunk[..28].copy_from_slice(cast_slice(&floats));
        }
        assemble(&[
            (tag::NAME, b"\"\\ \0\n\xFF*/ r#\"".to_vec()),
            ("fn", vec![1, 2, 3]),
            ("f.n", vec![4; 12]),
            ("F_n", vec![5; 16]),
            (tag::NOTICE, Vec::new()),
            (tag::CONFIG, bytes_of(&config).to_vec()),
            (tag::TENSOR_NAMES, names.concat().into_bytes()),
            (tag::TENSORS, cast_slice(&entries).to_vec()),
            (tag::DATA, data),
        ])
    };
    let first = blob(0);
    let start = AlignedBytes::copy_from(&first);
    let data = Packed::open(start.as_slice()).unwrap().sections().last();
    is_faithful(&blob(data.unwrap().1.start as u64));
}

#[test]
fn parts_that_overlap_are_refused() {
    let mut blob = assemble(&[
        (tag::NAME, vec![b'a'; 64]),
        ("other", vec![b'b'; 64]),
        (tag::CONFIG, bytes_of(&Config::zeroed()).to_vec()),
    ]);
    // The second entry of the directory gets the place of the first.
    let entries: Vec<_> = (0..2).map(|i| 64 + 24 * i + 8).collect();
    blob.copy_within(entries[0]..entries[0] + 8, entries[1]);
    assert!(matches!(
        source(&blob),
        Err(PackToolError::Pack(PackError::Malformed { what, why: "overlaps what lies before it" }))
            if what == "section_other"
    ));
}

#[test]
fn a_model_without_a_configuration_is_refused() {
    let blob = assemble(&[(tag::NAME, b"nothing else".to_vec())]);
    assert!(matches!(
        source(&blob),
        Err(PackToolError::Pack(PackError::Missing { what })) if what == tag::CONFIG
    ));
}
