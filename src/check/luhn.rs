//! The checksum of payment cards.

/// Whether the digits in `bytes`, whatever stands between them, pass Luhn's checksum and are not all zero.
pub(super) fn passes(bytes: &[u8]) -> bool {
    let digits =
        bytes.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let (mut sum, mut any) = (0, false);
    for (place, digit) in digits.enumerate() {
        any |= digit > 0;
        let weighed = if place % 2 == 1 { digit * 2 } else { digit };
        sum += weighed / 10 + weighed % 10;
    }
    any && sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_is_noticed() {
        assert!(passes(b"7992-7398-713"));
        assert!(!passes(b"7992-7398-714"));
        assert!(!passes(b"0000"));
    }
}
