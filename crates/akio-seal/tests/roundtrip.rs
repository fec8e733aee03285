//! What is sealed comes back with the secret, and with nothing else.

use std::sync::LazyLock;

use akio_seal::{HEAD_LEN, Head, SealError, Secret, seal};
use proptest::prelude::*;

const PART: usize = 64 << 10;

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec()).unwrap()
}

fn sealed(content: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    seal(content, &secret("correct horse"), &mut sealed).unwrap();
    sealed
}

/// What comes out, and what the memory for it holds then.
fn opened(sealed: &[u8], with: &str) -> (Result<(), SealError>, Vec<u8>) {
    let mut from = sealed;
    let head = match Head::read(&mut from) {
        Ok(head) => head,
        Err(error) => return (Err(error), Vec::new()),
    };
    let key = match head.key(&secret(with)) {
        Ok(key) => key,
        Err(error) => return (Err(error), Vec::new()),
    };
    let mut content = vec![0; (head.len() as usize).min(10 * PART)];
    (key.open(&mut from, &mut content), content)
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251) as u8 | 1).collect()
}

#[test]
fn it_comes_back_with_the_secret_alone() {
    for len in [0, PART - 1, PART, 2 * PART + 1] {
        let content = content(len);
        let sealed = sealed(&content);
        assert_eq!(
            Head::read(&mut &sealed[..]).unwrap().sealed_len(),
            sealed.len() as u64
        );
        let (result, back) = opened(&sealed, "correct horse");
        result.unwrap();
        assert!(back == content);
    }
    let (result, back) = opened(&SEALED, "correct hors3");
    assert!(matches!(result, Err(SealError::WrongSecret)));
    assert!(back.iter().all(|byte| *byte == 0), "something was left");
}

#[test]
fn the_same_content_never_looks_the_same_and_nothing_of_it_shows() {
    let content = content(2 * PART);
    let (one, two) = (sealed(&content), sealed(&content));
    assert!(one[HEAD_LEN..] != two[HEAD_LEN..]);
    assert!(!one.windows(16).any(|window| window == &content[100..116]));
}

/// Three parts, the last one short.
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| sealed(&content(2 * PART + 100)));

#[test]
fn parts_cannot_be_cut_off_swapped_or_left_out() {
    let part = PART + 16;
    let (head, parts) = SEALED.split_at(HEAD_LEN);
    let swapped = [
        head,
        &parts[part..2 * part],
        &parts[..part],
        &parts[2 * part..],
    ]
    .concat();
    assert!(matches!(
        opened(&swapped, "correct horse").0,
        Err(SealError::WrongSecret)
    ));
    let cut = &SEALED[..SEALED.len() - 1];
    let (result, back) = opened(cut, "correct horse");
    assert!(matches!(
        result,
        Err(SealError::Damaged("it ends too early"))
    ));
    assert!(back.iter().all(|byte| *byte == 0), "something was left");
    // A head that says that it ends with the second part.
    let mut shorter = SEALED[..HEAD_LEN + 2 * part].to_vec();
    shorter[24..32].copy_from_slice(&(2 * PART as u64).to_le_bytes());
    assert!(opened(&shorter, "correct horse").0.is_err());
}

#[test]
fn hostile_heads_ask_for_nothing() {
    for (at, value) in [(12, u32::MAX), (16, 1 << 10), (20, 1 << 10), (28, 2)] {
        let mut hostile = SEALED.clone();
        hostile[at..at + 4].copy_from_slice(&value.to_le_bytes());
        assert!(
            matches!(
                opened(&hostile, "correct horse").0,
                Err(SealError::Damaged(_))
            ),
            "{at}"
        );
    }
    let mut version = SEALED.clone();
    version[8] = 2;
    assert!(matches!(
        opened(&version, "correct horse").0,
        Err(SealError::Version(2))
    ));
    for short in [&SEALED[..0], &SEALED[..63], &[7; 100]] {
        assert!(matches!(
            opened(short, "correct horse").0,
            Err(SealError::Damaged(_))
        ));
    }
    let mut no_lanes = SEALED.clone();
    no_lanes[20..24].fill(0);
    assert!(matches!(
        opened(&no_lanes, "correct horse").0,
        Err(SealError::Damaged(_))
    ));
}

#[test]
fn a_short_secret_is_none() {
    assert!(matches!(
        Secret::new(b"secret".to_vec()),
        Err(SealError::WeakSecret)
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut changed = SEALED.clone();
        // In front of that is how much memory and time the key takes.
        let at = 20 + at.index(changed.len() - 20);
        changed[at] ^= 1 << bit;
        prop_assert!(opened(&changed, "correct horse").0.is_err());
    }
}
