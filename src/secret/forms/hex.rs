//! Hexadecimal digits.

use zeroize::Zeroizing;

/// In both cases, run together and with colons between the bytes. (`\x61\x62` is a spelling.)
pub(super) fn of(value: &[u8], take: &mut impl FnMut(Zeroizing<Vec<u8>>)) {
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        for between in [&b""[..], b":"] {
            take(written(value, digits, between));
        }
    }
}

fn written(value: &[u8], digits: &[u8; 16], between: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len() * (2 + between.len())));
    for (at, byte) in value.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(between);
        }
        out.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cases_with_and_without_colons() {
        let mut all = Vec::new();
        of(b"k\xfe", &mut |form| all.push(String::from_utf8_lossy(&form).into_owned()));
        assert_eq!(all, ["6bfe", "6b:fe", "6BFE", "6B:FE"]);
    }
}
