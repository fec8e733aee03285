//! Given names of some sixty countries, gathered from the lists of the Faker project and extended.
//!
//! The program holds of each what is different from the one before it, behind a capital letter that says how much is not:
//! they stand almost in the order of the alphabet, so that this is half of their letters.

const NAMES: &[u8] = include_bytes!("../given_names.txt");
const LEN: usize = code::<0>(NAMES).1;
static CODED: [u8; LEN] = code(NAMES).0;

/// The names, and how many bytes they take, with or without room for them.
#[allow(
    long_running_const_eval,
    reason = "it ends: every turn of the loops has a letter"
)]
const fn code<const N: usize>(names: &[u8]) -> ([u8; N], usize) {
    let (mut coded, mut len) = ([0; N], 0);
    let (mut before, mut at) = (0, 0);
    while at < names.len() {
        let start = at;
        while before < start && names[at] == names[before] && !names[at].is_ascii_whitespace() {
            before += 1;
            at += 1;
        }
        let mut byte = b'A' + (at - start) as u8;
        loop {
            if len < N {
                coded[len] = byte;
            }
            len += 1;
            if at == names.len() || names[at].is_ascii_whitespace() {
                break;
            }
            byte = names[at];
            at += 1;
        }
        before = start;
        at += 1;
    }
    (coded, len)
}

/// All of them. A question mark is behind those that are also a word, a place or a month.
pub(super) fn names() -> impl Iterator<Item = String> {
    let coded = CODED.chunk_by(|_, next| !next.is_ascii_uppercase());
    coded.scan(String::new(), |name, coded| {
        let (common, rest) = coded.split_first()?;
        name.truncate(usize::from(common - b'A'));
        name.extend(rest.iter().map(|letter| char::from(*letter)));
        Some(name.clone())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_of_the_list() {
        let list = str::from_utf8(super::NAMES).unwrap();
        assert!(super::names().eq(list.split_ascii_whitespace()));
        assert!(super::LEN < list.len() * 6 / 10);
    }
}
