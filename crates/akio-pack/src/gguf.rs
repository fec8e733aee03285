//! A GGUF file, read through candle after its header has been checked.

use std::{
    collections::HashMap,
    io::{BufReader, Read, Seek, SeekFrom},
};

use candle_core::quantized::{
    GgmlDType,
    gguf_file::{Content, Value},
};
use sha2::{Digest, Sha256};

use crate::{PackToolError, header};

/// An open GGUF whose tensors all lie within the file.
pub struct Gguf<R> {
    reader: BufReader<R>,
    metadata: HashMap<String, Value>,
    tensors: Vec<TensorInfo>,
    len: u64,
}

/// One tensor of a GGUF.
#[derive(Clone, Debug)]
pub struct TensorInfo {
    /// Name in the GGUF.
    pub name: String,
    /// Type of its blocks.
    pub dtype: GgmlDType,
    /// Outermost dimension first; one to four, none of them zero.
    pub dims: Vec<usize>,
    /// Offset of its data from the start of the file.
    pub offset: u64,
    /// Length of its data in bytes.
    pub len: usize,
}

impl<R: Read + Seek> Gguf<R> {
    /// Reads the header, and checks every count, length and offset before it is used.
    ///
    /// # Errors
    /// `NotGguf`, `GgufVersion`, `Truncated`, `Malformed`, `UnsupportedTensorType` or `Io`.
    pub fn open(source: R) -> Result<Self, PackToolError> {
        let mut reader = BufReader::with_capacity(1 << 16, source);
        let len = reader.seek(SeekFrom::End(0)).map_err(read_failed)?;
        reader.rewind().map_err(read_failed)?;
        let tensor_count = header::check(&mut reader, len)?;
        reader.rewind().map_err(read_failed)?;
        let content = Content::read(&mut reader).map_err(|_| PackToolError::Malformed {
            what: "the header".into(),
            why: "candle cannot read it",
        })?;
        if content.tensor_infos.len() as u64 != tensor_count {
            return Err(PackToolError::Malformed {
                what: "the tensor list".into(),
                why: "two tensors have the same name",
            });
        }
        let mut tensors = Vec::with_capacity(content.tensor_infos.len());
        for (name, info) in content.tensor_infos {
            let malformed = |why| PackToolError::Malformed {
                what: format!("tensor '{name}'"),
                why,
            };
            let dims = info.shape.into_dims();
            let block = info.ggml_dtype.block_size();
            if dims.contains(&0) || dims.last().is_none_or(|cols| cols % block != 0) {
                return Err(malformed(
                    "a dimension is zero or no multiple of the type's block",
                ));
            }
            let tensor_len = dims
                .iter()
                .try_fold(1, |product: usize, dim| product.checked_mul(*dim))
                .and_then(|elements| (elements / block).checked_mul(info.ggml_dtype.type_size()))
                .ok_or_else(|| malformed("its size overflows"))?;
            let offset = content
                .tensor_data_offset
                .checked_add(info.offset)
                .ok_or_else(|| malformed("its offset overflows"))?;
            if offset
                .checked_add(tensor_len as u64)
                .is_none_or(|end| end > len)
            {
                return Err(PackToolError::Truncated {
                    what: format!("tensor '{name}'"),
                });
            }
            tensors.push(TensorInfo {
                name,
                dtype: info.ggml_dtype,
                dims,
                offset,
                len: tensor_len,
            });
        }
        tensors.sort_unstable_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
        // Tensors that share bytes would let a small file ask for any amount of memory.
        let overlap = tensors.windows(2).any(|pair| match pair {
            [a, b] => a.offset + a.len as u64 > b.offset,
            _ => false,
        });
        if overlap {
            return Err(PackToolError::Malformed {
                what: "the tensor list".into(),
                why: "two tensors overlap",
            });
        }
        Ok(Self {
            reader,
            metadata: content.metadata,
            tensors,
            len,
        })
    }

    /// All metadata.
    pub fn metadata(&self) -> &HashMap<String, Value> {
        &self.metadata
    }

    /// The tensors, in the order of their data.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// Length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.len
    }

    /// A text value; `None` if the key is absent, empty or holds something else.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A non-negative number; `None` if the key is absent.
    ///
    /// # Errors
    /// `Malformed` if it is no number or does not fit 32 bits.
    pub fn u32(&self, key: &str) -> Result<Option<u32>, PackToolError> {
        let Some(value) = self.metadata.get(key) else {
            return Ok(None);
        };
        let number = match value {
            Value::I8(n) => u32::try_from(*n).ok(),
            Value::I16(n) => u32::try_from(*n).ok(),
            Value::I32(n) => u32::try_from(*n).ok(),
            Value::I64(n) => u32::try_from(*n).ok(),
            Value::Bool(_) => None,
            other => other.to_u64().ok().and_then(|n| u32::try_from(n).ok()),
        };
        number.map(Some).ok_or_else(|| PackToolError::Malformed {
            what: format!("'{key}'"),
            why: "not a number of 32 bits",
        })
    }

    /// A number; `None` if the key is absent.
    ///
    /// # Errors
    /// `Malformed` if it is not a finite f32.
    pub fn f32(&self, key: &str) -> Result<Option<f32>, PackToolError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::F32(number)) if number.is_finite() => Ok(Some(*number)),
            Some(_) => Err(PackToolError::Malformed {
                what: format!("'{key}'"),
                why: "not a finite 32-bit float",
            }),
        }
    }

    /// Reads the blocks of a tensor into `out`, replacing what it holds.
    ///
    /// # Errors
    /// `Io`.
    pub fn read(&mut self, tensor: &TensorInfo, out: &mut Vec<u8>) -> Result<(), PackToolError> {
        out.resize(tensor.len, 0);
        self.reader
            .seek(SeekFrom::Start(tensor.offset))
            .map_err(read_failed)?;
        self.reader.read_exact(out).map_err(read_failed)
    }

    /// The whole file.
    ///
    /// # Errors
    /// `Io`.
    pub fn read_all(&mut self) -> Result<Vec<u8>, PackToolError> {
        let mut bytes = Vec::with_capacity(self.len as usize);
        self.reader.rewind().map_err(read_failed)?;
        self.reader.read_to_end(&mut bytes).map_err(read_failed)?;
        Ok(bytes)
    }

    /// Hex sha256 of the whole file.
    ///
    /// # Errors
    /// `Io`.
    pub fn sha256(&mut self) -> Result<String, PackToolError> {
        self.reader.rewind().map_err(read_failed)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        loop {
            let len = self.reader.read(&mut buffer).map_err(read_failed)?;
            match buffer.get(..len) {
                Some(read) if !read.is_empty() => hash.update(read),
                _ => break,
            }
        }
        Ok(hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }
}

fn read_failed(source: std::io::Error) -> PackToolError {
    PackToolError::Io {
        what: "read the GGUF".into(),
        source,
    }
}
