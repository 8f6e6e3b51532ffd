//! Bytes as lower-case digits.

/// `bytes` as digits.
pub(super) fn written(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Exactly `N` bytes; None for anything that [`written`] does not write.
pub(super) fn read<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        assert_eq!(read(written(&[0, 0x5f, 0xff]).as_bytes()), Some([0, 0x5f, 0xff]));
        for wrong in ["005ff", "005fff0", "005FFF", "005g00", "+05f00"] {
            assert_eq!(read::<3>(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
