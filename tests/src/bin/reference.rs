//! candle-transformers as a process: `reference GGUF`, token ids (u32) on stdin, and on stdout the
//! length of the vocabulary (u32) and after each token its logits (f32), all little-endian.
//!
//! With CANDLE_DEQUANTIZE_ALL=1 candle multiplies in f32 with the exact weights; without it, with its
//! own quantised kernels.

use std::{
    env,
    error::Error,
    fs::File,
    io::{self, BufReader, Read, Write},
};

use candle_core::{Device, Tensor, quantized::gguf_file::Content};
use candle_transformers::models::{quantized_gemma3, quantized_llama, quantized_qwen2};

type Forward = Box<dyn FnMut(&Tensor, usize) -> candle_core::Result<Tensor>>;

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: reference GGUF")?;
    let mut tokens = Vec::new();
    io::stdin().read_to_end(&mut tokens)?;

    let mut forward = open(&path)?;
    let mut out = io::stdout().lock();
    for (pos, token) in tokens.chunks_exact(4).enumerate() {
        let token = u32::from_le_bytes(token.try_into()?);
        let input = Tensor::new(&[[token]], &Device::Cpu)?;
        let logits: Vec<f32> = forward(&input, pos)?.flatten_all()?.to_vec1()?;
        if pos == 0 {
            out.write_all(&(logits.len() as u32).to_le_bytes())?;
        }
        out.write_all(bytemuck::cast_slice(&logits))?;
    }
    Ok(())
}

fn open(path: &str) -> Result<Forward, Box<dyn Error>> {
    let (file, device) = (&mut BufReader::new(File::open(path)?), &Device::Cpu);
    let content = Content::read(file)?;
    let arch = content
        .metadata
        .get("general.architecture")
        .ok_or("no architecture in the metadata")?
        .to_string()?
        .clone();
    Ok(match arch.as_str() {
        "llama" => {
            let mut model = quantized_llama::ModelWeights::from_gguf(content, file, device)?;
            Box::new(move |input, pos| model.forward(input, pos))
        }
        "qwen2" => {
            let mut model = quantized_qwen2::ModelWeights::from_gguf(content, file, device)?;
            Box::new(move |input, pos| model.forward(input, pos))
        }
        "gemma3" => {
            let mut model = quantized_gemma3::ModelWeights::from_gguf(content, file, device)?;
            Box::new(move |input, pos| model.forward(input, pos))
        }
        _ => return Err(format!("no reference for architecture '{arch}'").into()),
    })
}
