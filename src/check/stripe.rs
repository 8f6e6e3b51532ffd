//! The shape of Stripe's keys.
//!
//! Stripe documents the prefixes only (<https://docs.stripe.com/keys>). Its keys are of two lengths: 24 random
//! characters, and longer ones that begin with the account's id, of which every one starts with `1`, behind a `5`.

/// Random characters of a key without the account.
const SHORT: usize = 24;

/// Whether `key` is `KIND_live_` or `KIND_test_` and a body of one of the two forms, with characters of all kinds.
pub(super) fn is_key(key: &[u8]) -> bool {
    let mut parts = key.splitn(3, |&byte| byte == b'_');
    let (Some(_), Some(b"live" | b"test"), Some(body)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let formed = body.len() == SHORT || body.len() > SHORT && body.starts_with(b"51");
    // A random body of this length lacks a digit once in seventy times, and a case hardly ever.
    formed && body.iter().all(u8::is_ascii_alphanumeric) && super::kinds(body) == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kind` and a body that is `start` and characters of all kinds, `len` in all.
    fn key(kind: &str, start: &str, len: usize) -> Vec<u8> {
        let body = start.bytes().chain(b"aB3".iter().copied().cycle());
        kind.bytes().chain(body.take(len)).collect()
    }

    #[test]
    fn both_lengths_are_keys() {
        assert!(is_key(&key("sk_live_", "", 24)) && is_key(&key("rk_test_", "", 24)));
        assert!(is_key(&key("sk_live_", "51", 99)));
    }

    #[test]
    fn other_shapes_are_none() {
        for other in [
            key("sk_live_", "", 23),
            key("sk_live_", "", 99),
            key("sk_prod_", "", 24),
            key("", "", 24),
            b"sk_live_".to_vec(),
            ["sk_live_", &"abcdef".repeat(4)].concat().into_bytes(),
        ] {
            assert!(!is_key(&other), "{}", other.len());
        }
    }
}
