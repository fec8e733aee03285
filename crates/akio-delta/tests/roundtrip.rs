//! Deltas of whole files, and deltas that somebody damaged.

use std::io::Cursor;

use akio_delta::{DeltaError, Head, MAX_LEN, diff, patch};
use proptest::prelude::*;

fn delta(old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut delta = Vec::new();
    diff(old, new, &mut |_, _| {}, &mut delta).unwrap();
    delta
}

fn patched(old: &[u8], delta: &[u8]) -> Result<Vec<u8>, DeltaError> {
    let mut new = Vec::new();
    let mut delta = delta;
    patch(&mut Cursor::new(old), &mut delta, &mut |_, _| {}, &mut new)?;
    Ok(new)
}

/// Bytes that repeat nothing.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn what_stays_the_same_costs_nothing() {
    let weights = noise(1 << 20);
    let old = [b"the first code", &weights[..], b"the end"].concat();
    let new = [b"another and longer code", &weights[..], b"!"].concat();
    let delta = delta(&old, &new);
    assert!(delta.len() < 200, "{} bytes", delta.len());
    assert_eq!(patched(&old, &delta).unwrap(), new);
}

#[test]
fn scattered_changes_cost_little() {
    let old = noise(1 << 16);
    let mut new = old.clone();
    new.iter_mut().step_by(20).for_each(|byte| *byte ^= 1);
    let delta = delta(&old, &new);
    assert!(delta.len() < 1 << 15, "{} bytes", delta.len());
    assert_eq!(patched(&old, &delta).unwrap(), new);
}

#[test]
fn nothing_and_everything() {
    let some = noise(5000);
    for (old, new) in [
        (&[][..], &[][..]),
        (&[], &some),
        (&some, &[]),
        (&some, &some),
        (&some[..100], &some[100..]),
        (&[0; 9000], &[0; 20_000]),
    ] {
        assert_eq!(patched(old, &delta(old, new)).unwrap(), new);
    }
}

#[test]
fn another_file_is_refused_before_anything_is_written() {
    let (old, new) = (noise(5000), noise(6000));
    let delta = delta(&old, &new);
    for other in [&old[..4999], &new[1..5001], &new, &[]] {
        assert!(matches!(patched(other, &delta), Err(DeltaError::OtherFile)));
    }
}

#[test]
fn what_is_no_delta_is_told_from_a_damaged_one() {
    let old = noise(100);
    let good = delta(&old, b"new");
    for short in [&good[..0], &good[..8], &good[..91], b"something else"] {
        assert!(matches!(patched(&old, short), Err(DeltaError::NotADelta)));
    }
    assert!(matches!(
        patched(&old, &good[..92]),
        Err(DeltaError::Damaged(_))
    ));
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        patched(&old, &bytes)
    };
    assert!(matches!(with(8, 2), Err(DeltaError::Version(2))));
    assert!(matches!(with(19, 1), Err(DeltaError::TooLong(len)) if len > MAX_LEN));
    assert!(matches!(with(59, 1), Err(DeltaError::TooLong(_))));
    assert!(matches!(
        with(60, !good[60]),
        Err(DeltaError::Damaged("the result has another sha256"))
    ));
    assert_eq!(Head::read(&mut &good[..]).unwrap().old.len, 100);
}

proptest! {
    #[test]
    fn any_two_files(
        pieces in prop::collection::vec((0..40_usize, 1..900_usize, any::<bool>()), 0..12),
        fresh in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let old = noise(20_000);
        let mut new = Vec::new();
        for (start, len, with_fresh) in pieces {
            let start = start * 451;
            new.extend_from_slice(&old[start..start + len]);
            if with_fresh {
                new.extend_from_slice(&fresh);
            }
        }
        prop_assert_eq!(patched(&old, &delta(&old, &new)).unwrap(), new);
    }

    #[test]
    fn hostile_bytes_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
        cut in any::<prop::sample::Index>(),
    ) {
        let old = noise(3000);
        let new = [&old[7..2000], b"changed", &old[100..]].concat();
        let mut bytes = delta(&old, &new);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(result) = patched(&old, &bytes) {
            prop_assert_eq!(result, new);
        }
    }
}
