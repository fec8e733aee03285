//! Files as text.

use super::{MAX_FILE, ToolError, World, path};

/// Bytes at the beginning of a file that show whether it is text.
const PROBE: usize = 8 << 10;

/// Reads a file that must be there, and must be text. Returns its path too.
///
/// # Errors
/// [`ToolError`].
pub(super) fn read(name: &str, world: &mut dyn World) -> Result<(String, String), ToolError> {
    let (path, metadata) = path::existing_file(name, world)?;
    let too_large = |path| ToolError::TooLarge {
        path,
        limit: MAX_FILE,
    };
    if metadata.size > MAX_FILE {
        return Err(too_large(path));
    }
    let bytes = world.read(&path, MAX_FILE + 1)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(too_large(path));
    }
    if is_binary(&bytes) {
        return Err(ToolError::Binary(path));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((path, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().iter().take(valid);
            let line = 1 + before.filter(|byte| **byte == b'\n').count();
            Err(ToolError::NotUtf8 { path, line })
        }
    }
}

/// Whether bytes are no text: such files have zeros early on.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(PROBE).any(|byte| *byte == 0)
}

/// The beginning of a text, at most so many bytes, whole characters.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
