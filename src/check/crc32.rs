//! The checksum at the end of GitHub's and npm's tokens.
//!
//! Source: <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>. It
//! covers the tokens of one prefix and a body; how that of fine-grained tokens is made is not documented.

/// Digits of the checksum.
const DIGITS: usize = 6;
/// Shortest body: thirty random characters and the checksum.
const SHORTEST: usize = 30 + DIGITS;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether what follows the last underscore ends in the checksum of what stands before it.
pub(super) fn holds(token: &[u8]) -> bool {
    let from = token.iter().rposition(|&byte| byte == b'_').map_or(0, |at| at + 1);
    let body = &token[from..];
    let (random, sum) = body.split_at(body.len().saturating_sub(DIGITS));
    body.len() >= SHORTEST && random.iter().all(u8::is_ascii_alphanumeric) && sum == base62(random)
}

/// CRC-32 of `random` in six base62 digits, the greatest first.
pub(crate) fn base62(random: &[u8]) -> [u8; DIGITS] {
    let mut rest = crc32(random);
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// CRC-32 of ISO 3309, bit by bit: tokens are short, and few reach a check.
fn crc32(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shifted(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn digits_are_padded_on_the_left() {
        assert_eq!(base62(b""), *b"000000");
        // 0xCBF4_3926 is 3, 45, 35, 27, 22, 14 in base 62.
        assert_eq!(base62(b"123456789"), *b"3jZRME");
    }

    #[test]
    fn one_wrong_character_is_noticed() {
        let random = b"a1B2c3".repeat(5);
        let token = [b"ghp_", &random[..], &base62(&random)].concat();
        assert!(holds(&token));
        for at in 4..token.len() {
            let mut wrong = token.clone();
            wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
            assert!(!holds(&wrong), "{at}");
        }
        assert!(!holds(&token[..39]) && !holds(b"") && !holds(b"ghp_"));
    }
}
