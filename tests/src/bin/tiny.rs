//! Writes models/tiny/tiny.gguf: `cargo run --release -p akio-tests --bin tiny`.

use std::{error::Error, fs, path::Path};

use akio_tests::tiny::{Arch, Tiny};
use candle_core::quantized::GgmlDType;

fn main() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny/tiny.gguf");
    let file = Tiny::new(Arch::Llama, GgmlDType::Q4_1).gguf()?;
    println!("{} bytes: {}", file.len(), path.display());
    fs::write(path, file)?;
    Ok(())
}
