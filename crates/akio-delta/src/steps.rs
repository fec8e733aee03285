//! The numbers of the steps.

use std::io::{self, Read, Write};

/// Writes seven bits a byte, the lowest first.
pub(crate) fn write_number(out: &mut impl Write, mut number: u64) -> io::Result<()> {
    while number >= 0x80 {
        out.write_all(&[number as u8 | 0x80])?;
        number >>= 7;
    }
    out.write_all(&[number as u8])
}

/// Reads what [`write_number`] wrote; none if it is longer than any number.
pub(crate) fn read_number(from: &mut impl Read) -> io::Result<Option<u64>> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        number |= u64::from(byte[0] & 0x7F) << shift;
        if byte[0] < 0x80 {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Small distances in either direction as small numbers.
pub(crate) fn fold(distance: i64) -> u64 {
    ((distance << 1) ^ (distance >> 63)).cast_unsigned()
}

/// Undoes [`fold`].
pub(crate) fn unfold(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 1 << 35, (1 << 62) - 1] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number).unwrap();
            assert_eq!(read_number(&mut &bytes[..]).unwrap(), Some(number));
            for distance in [number as i64, -(number as i64)] {
                assert_eq!(unfold(fold(distance)), distance);
            }
        }
        assert_eq!(read_number(&mut &[0xFF; 10][..]).unwrap(), None);
        assert!(read_number(&mut &[0x80][..]).is_err());
    }
}
