//! The old file and a delta to the new file.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use flate2::read::DeflateDecoder;
use sha2::{Digest, Sha256};

use crate::{
    DeltaError, Progress,
    head::Head,
    steps::{read_number, unfold},
};

/// Bytes that are held at once.
const BUFFER: usize = 1 << 16;

/// Writes the new file to `out`. Neither file is ever held whole. `out` is the new file if this returns without
/// an error, and else of no use.
///
/// # Errors
/// [`DeltaError::OtherFile`] before anything is written, if the delta is not for `old`;
/// [`DeltaError::Damaged`] if it contradicts itself or what comes out is not the file it was made of;
/// those of [`Head::read`]; [`DeltaError::Io`].
pub fn patch<F: Read + Seek>(
    old: &mut F,
    delta: &mut impl Read,
    progress: Progress<'_>,
    out: &mut impl Write,
) -> Result<(), DeltaError> {
    let head = Head::read(delta)?;
    let total = head.old.len.saturating_add(head.new.len);
    let mut done = 0;
    let mut report = |bytes: usize| {
        done += bytes as u64;
        progress(done, total);
    };
    // Whatever its length says, no more than that is read.
    let mut hash = Sha256::new();
    let len = pour(&mut old.take(head.old.len + 1), head.old.len + 1, |bytes| {
        hash.update(bytes);
        report(bytes.len());
        Ok(())
    })?;
    if len != head.old.len || hash.finalize()[..] != head.old.sha256 {
        return Err(DeltaError::OtherFile);
    }

    let mut hash = Sha256::new();
    let mut left = head.new.len;
    let mut put = |bytes: &[u8]| {
        hash.update(bytes);
        report(bytes.len());
        out.write_all(bytes)
    };
    let mut steps = BufReader::with_capacity(BUFFER, DeflateDecoder::new(delta));
    old.seek(SeekFrom::Start(0))?;
    let mut old = BufReader::with_capacity(BUFFER, old);
    // Where the old file is read, and where it would go on if the literals stood in it.
    let (mut at, mut goes_on) = (0_i64, 0_i64);
    while left > 0 {
        let copied = number(&mut steps, left)?;
        if copied > 0 {
            let distance = unfold(any_number(&mut steps)?);
            let start = goes_on
                .checked_add(distance)
                .filter(|start| {
                    u64::try_from(*start)
                        .is_ok_and(|start| start <= head.old.len.saturating_sub(copied))
                })
                .ok_or(DeltaError::Damaged(
                    "it copies from outside of the old file",
                ))?;
            old.seek_relative(start - at)?;
            if pour(&mut old, copied, &mut put)? < copied {
                // It was whole when its hash was taken.
                return Err(DeltaError::OtherFile);
            }
            at = start + copied.cast_signed();
            goes_on = at;
        }
        left -= copied;
        let literals = number(&mut steps, left)?;
        if copied == 0 && literals == 0 {
            return Err(DeltaError::Damaged("it has an empty step"));
        }
        if pour(&mut steps, literals, &mut put).map_err(broken)? < literals {
            return Err(DeltaError::Damaged(CUT));
        }
        goes_on += literals.cast_signed();
        left -= literals;
    }
    if steps.read(&mut [0]).map_err(broken)? > 0 {
        return Err(DeltaError::Damaged("it goes on after its end"));
    }
    if hash.finalize()[..] != head.new.sha256 {
        return Err(DeltaError::Damaged("the result has another sha256"));
    }
    Ok(())
}

const CUT: &str = "it ends in the middle";

/// A length that is not more than what is left.
fn number(steps: &mut impl Read, most: u64) -> Result<u64, DeltaError> {
    let number = any_number(steps)?;
    if number > most {
        return Err(DeltaError::Damaged(
            "its steps are longer than the new file",
        ));
    }
    Ok(number)
}

fn any_number(steps: &mut impl Read) -> Result<u64, DeltaError> {
    read_number(steps)
        .map_err(broken)?
        .ok_or(DeltaError::Damaged("a number in it has no end"))
}

/// What the decompressor says of bytes that it cannot read is no matter of the disk.
fn broken(error: io::Error) -> DeltaError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            DeltaError::Damaged("its steps cannot be decompressed")
        }
        io::ErrorKind::UnexpectedEof => DeltaError::Damaged(CUT),
        _ => error.into(),
    }
}

/// Gives `len` bytes of `from` to `into`, or as many as there are; returns how many.
fn pour(
    from: &mut impl Read,
    len: u64,
    mut into: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut left = len;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
        let read = match from.read(&mut buffer[..most]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        into(&buffer[..read])?;
        left -= read as u64;
    }
    Ok(len - left)
}
