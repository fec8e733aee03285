//! Two files to a delta.

use std::io::{self, Write};

use flate2::{Compression, write::DeflateEncoder};
use sha2::{Digest, Sha256};

use crate::{
    DeltaError, MAX_LEN, Progress,
    head::{Head, Print},
    search::{Match, matches},
    steps::{fold, write_number},
};

/// Writes what makes `new` out of `old`. The same files give the same delta.
///
/// # Errors
/// [`DeltaError::TooLong`] for a file that no delta is made of, or [`DeltaError::Io`].
pub fn diff(
    old: &[u8],
    new: &[u8],
    progress: Progress<'_>,
    out: &mut impl Write,
) -> Result<(), DeltaError> {
    let print = |bytes: &[u8]| match bytes.len() as u64 {
        len @ 0..=MAX_LEN => Ok(Print {
            len,
            sha256: Sha256::digest(bytes).into(),
        }),
        len => Err(DeltaError::TooLong(len)),
    };
    let head = Head {
        old: print(old)?,
        new: print(new)?,
    };
    let total = new.len() as u64;
    let found = matches(old, new, &mut |done| progress(done, total));
    head.write(out)?;
    let mut steps = DeflateEncoder::new(out, Compression::best());
    write_steps(new, &found, &mut steps)?;
    steps.finish()?;
    Ok(())
}

fn write_steps(new: &[u8], found: &[Match], out: &mut impl Write) -> io::Result<()> {
    // Literals before the first match are a step with an empty copy.
    let nothing = Match {
        old: 0,
        new: 0,
        len: 0,
    };
    let leads = !new.is_empty() && found.first().is_none_or(|first| first.new > 0);
    let copies = leads.then_some(&nothing).into_iter().chain(found);
    let mut ends = found
        .iter()
        .skip(usize::from(!leads))
        .map(|found| found.new);
    let mut goes_on = 0_i64;
    for copy in copies {
        write_number(out, copy.len as u64)?;
        if copy.len > 0 {
            write_number(out, fold(copy.old as i64 - goes_on))?;
            goes_on = (copy.old + copy.len) as i64;
        }
        let literals = new
            .get(copy.new + copy.len..ends.next().unwrap_or(new.len()))
            .unwrap_or_default();
        write_number(out, literals.len() as u64)?;
        out.write_all(literals)?;
        goes_on += literals.len() as i64;
    }
    Ok(())
}
