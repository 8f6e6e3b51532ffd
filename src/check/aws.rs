//! The account in an AWS access key id.
//!
//! An id is four letters of kind and sixteen base32 digits. The first bit of those tells the generation: since 2019 it
//! is set, and the forty bits behind it are the account's number, which has at most twelve decimal digits. Before, the
//! first digit was `I` or `J`, and the account cannot be read.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>,
//! <https://labs.withsecure.com/publications/a-bitwise-analysis-of-aws-access-key-identifiers.html>.

/// Letters that tell the kind of an id.
const KIND: usize = 4;
/// Base32 digits behind them.
const DIGITS: usize = 16;
/// The greatest account number.
const LARGEST: u64 = 999_999_999_999;

/// Whether `id` is of the older generation, or holds a number that an account can have.
pub(super) fn is_key_id(id: &[u8]) -> bool {
    if id.len() != KIND + DIGITS || !id[KIND..].iter().all(|&byte| quintet(byte).is_some()) {
        return false;
    }
    match account(&id[KIND..]) {
        Some(number) => (1..=LARGEST).contains(&number),
        None => matches!(id[KIND], b'I' | b'J'),
    }
}

/// The account's number, if the digits are of the newer generation.
fn account(digits: &[u8]) -> Option<u64> {
    // One bit for the generation and forty for the number are in the first nine digits, which have four bits more.
    let bits = digits.iter().take(9).try_fold(0, |bits, &byte| Some(bits << 5 | quintet(byte)?))?;
    let newer = bits >> 44 & 1 == 1;
    newer.then_some(bits >> 4 & ((1 << 40) - 1))
}

fn quintet(byte: u8) -> Option<u64> {
    match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id of a newer generation that holds `number`.
    fn id(number: u64) -> Vec<u8> {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits = (1 << 40 | number) << 4;
        let first = (0..9).rev().map(|at| alphabet[(bits >> (5 * at) & 31) as usize]);
        b"AKIA".iter().copied().chain(first).chain(*b"BCDEFG2").collect()
    }

    #[test]
    fn the_account_is_read_from_the_bits_behind_the_generation() {
        for number in [1, 123_456_789_012, LARGEST] {
            assert_eq!(account(&id(number)[4..]), Some(number));
            assert!(is_key_id(&id(number)), "{number}");
        }
    }

    #[test]
    fn numbers_that_no_account_has_are_refused() {
        for number in [0, LARGEST + 1, (1 << 40) - 1] {
            assert!(!is_key_id(&id(number)), "{number}");
        }
    }

    #[test]
    fn an_older_id_begins_with_one_of_two_digits() {
        let id = |first: &str| ["AKIA", first, &"BCDEF".repeat(3)].concat();
        assert!(is_key_id(id("I").as_bytes()) && is_key_id(id("J").as_bytes()));
        assert!(!is_key_id(id("B").as_bytes()));
    }

    #[test]
    fn other_alphabets_and_lengths_are_refused() {
        let good = id(123_456_789_012);
        assert!(!is_key_id(&good[..19]) && !is_key_id(b"") && !is_key_id(b"AKIA"));
        for wrong in [b'0', b'1', b'8', b'9', b'a', b'-'] {
            let mut bad = good.clone();
            bad[19] = wrong;
            assert!(!is_key_id(&bad), "{wrong}");
        }
    }
}
