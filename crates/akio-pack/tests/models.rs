//! The real models. They must be in the cache, named by their sha256.

use std::{env, fs::File, io::BufReader, path::PathBuf};

use akio_engine::packed::{Packed, tag};
use akio_kernels::{Matrix, TileKind, dequantize_row};
use akio_pack::{Options, Packing, files::AlignedBytes, pack};
use candle_core::{Device, quantized::gguf_file::Content};

const SMOLLM2: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const QWEN: &str = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32";
const GEMMA: &str = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818";

fn weights(sha256: &str) -> PathBuf {
    let dir = |name: &str| env::var_os(name).map(PathBuf::from);
    let cache = dir("AKIO_CACHE")
        .or_else(|| Some(dir("XDG_CACHE_HOME")?.join("akio")))
        .or_else(|| Some(dir("HOME")?.join(".cache/akio")))
        .expect("AKIO_CACHE, XDG_CACHE_HOME or HOME is set");
    cache.join("models").join(format!("{sha256}.gguf"))
}

fn open(sha256: &str) -> File {
    let path = weights(sha256);
    File::open(&path).unwrap_or_else(|error| {
        panic!(
            "this test reads the model {} ({error}); `cargo xtask test` fetches it",
            path.display()
        )
    })
}

fn packed(sha256: &str) -> Packing {
    let packing = pack(open(sha256), &Options::default(), &mut |_, _| {}).unwrap();
    assert!(packing.report.is_exact(), "{}", packing.report);
    packing
}

/// Compares rows of every matrix with candle's dequantisation of the source.
fn assert_same_weights(sha256: &str, packed: &Packed<'_>) {
    let mut file = BufReader::new(open(sha256));
    let content = Content::read(&mut file).unwrap();
    for tensor in packed.tensors().unwrap() {
        let (name, tensor) = tensor.unwrap();
        // The layers are alike.
        if name.starts_with("blk.") && !name.starts_with("blk.0.") || tensor.kind == TileKind::F32 {
            continue;
        }
        let expected = content.tensor(&mut file, name, &Device::Cpu).unwrap();
        let expected = expected.dequantize(&Device::Cpu).unwrap();
        let matrix = Matrix::new(tensor.kind, tensor.rows, tensor.cols, tensor.data).unwrap();
        let mut found = vec![0.0; tensor.cols];
        for row in (0..tensor.rows).step_by(61).chain([tensor.rows - 1]) {
            dequantize_row(&matrix, row, &mut found);
            let expected: Vec<f32> = expected.get(row).unwrap().to_vec1().unwrap();
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= 1e-6,
                    "{name} row {row}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn smollm2_is_packed_exactly() {
    let packing = packed(SMOLLM2);
    let blob = AlignedBytes::copy_from(&packing.blob);
    let packed = Packed::open(blob.as_slice()).unwrap();
    assert_eq!(packed.text(tag::SOURCE_SHA256).unwrap(), SMOLLM2);
    assert_eq!(packed.text(tag::LICENSE).unwrap(), "apache-2.0");
    let config = packed.config().unwrap();
    assert_eq!(
        (
            config.dim,
            config.n_layers,
            config.vocab_size,
            config.rope_neox
        ),
        (576, 30, 49_152, 0)
    );
    assert_eq!(packed.tensors().unwrap().count(), 272);
    assert!(
        packed.tensor("output.weight").is_err(),
        "the embedding is the head"
    );
    assert_same_weights(SMOLLM2, &packed);
}

#[test]
fn qwen_is_packed_exactly() {
    let packing = packed(QWEN);
    let blob = AlignedBytes::copy_from(&packing.blob);
    drop(packing);
    let packed = Packed::open(blob.as_slice()).unwrap();
    assert_eq!(packed.text(tag::SOURCE_SHA256).unwrap(), QWEN);
    let config = packed.config().unwrap();
    assert_eq!(
        (
            config.dim,
            config.n_layers,
            config.vocab_size,
            config.rope_neox
        ),
        (896, 24, 151_936, 1)
    );
    for (name, kind) in [
        ("output.weight", TileKind::Q8),
        ("token_embd.weight", TileKind::Q5),
        ("blk.0.ffn_down.weight", TileKind::Q6K),
    ] {
        assert_eq!(packed.tensor(name).unwrap().kind, kind, "{name}");
    }
    assert_same_weights(QWEN, &packed);
}

#[test]
fn gemma_keeps_its_gguf() {
    let packing = packed(GEMMA);
    let blob = AlignedBytes::copy_from(&packing.blob);
    let packed = Packed::open(blob.as_slice()).unwrap();
    assert_eq!(packed.text(tag::ARCH).unwrap(), "gemma3");
    assert_eq!(
        packed.section(tag::GGUF).map(<[u8]>::len),
        Some(253_113_024)
    );
    let config = packed.config().unwrap();
    assert_eq!(
        (config.dim, config.head_dim, config.vocab_size),
        (640, 256, 262_144)
    );
}
