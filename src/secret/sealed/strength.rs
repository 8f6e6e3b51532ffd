//! Whether a value can be sealed: nobody who has the set and its key may find it by trying.

use crate::check::bits_per_byte;

/// Shorter values are refused.
pub(super) const SHORTEST: usize = 16;
/// Least entropy of a value. It is measured over its bytes and says nothing about words, so it is no proof.
const LEAST_BITS: f32 = 80.0;

/// Whether a text that is secret as a whole is long and mixed enough.
pub(super) fn is_strong(text: &[u8]) -> bool {
    text.len() >= SHORTEST && bits_per_byte(text) * text.len() as f32 >= LEAST_BITS
}

/// What of a value is secret, as far as its form tells: of an address with credentials the password.
pub(super) fn core(value: &[u8]) -> &[u8] {
    password(value).unwrap_or(value)
}

fn password(address: &[u8]) -> Option<&[u8]> {
    let scheme = memchr::memmem::find(address, b"://")?;
    let rest = &address[scheme + 3..];
    let host = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let user = &rest[..memchr::memrchr(b'@', &rest[..host])?];
    memchr::memchr(b':', user).map(|at| &user[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_mixed() {
        assert!(is_strong(b"Tr0ub4dor/3+correct&horse"));
        assert!(!is_strong(b"correct horse"));
        assert!(!is_strong(b"abcabcabcabcabcabcabcabcabcabcabcabcabcabc"));
    }

    #[test]
    fn of_an_address_the_password_counts() {
        assert_eq!(core(b"postgres://app:horse@db.example/prod"), b"horse");
        assert_eq!(core(b"https://example.com/a:b@c"), b"https://example.com/a:b@c");
        assert_eq!(core(b"horse"), b"horse");
    }
}
