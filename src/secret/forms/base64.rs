//! Base64, wherever the value stands in what was encoded.

use zeroize::Zeroizing;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The letters that `value` alone determines, at each of the three places where it can stand among groups of three
/// bytes, in both alphabets. Whatever stands before and after, they are in the base64 of it all.
///
/// Coverage: of `n` bytes behind `a` others, `⌊8(a+n)/6⌋ - ⌈8a/6⌉` letters; what is not covered holds at most four bits
/// of the value at each end.
pub(super) fn of(value: &[u8], take: &mut impl FnMut(Zeroizing<Vec<u8>>)) {
    for before in 0..3 {
        let (standard, url_safe) =
            (letters(value, before, STANDARD), letters(value, before, URL_SAFE));
        if standard != url_safe {
            take(url_safe);
        }
        take(standard);
    }
}

fn letters(value: &[u8], before: usize, alphabet: &[u8; 64]) -> Zeroizing<Vec<u8>> {
    let (first, end) = ((8 * before).div_ceil(6), 8 * (before + value.len()) / 6);
    let sextet = |letter: usize| {
        let bit = 6 * letter - 8 * before;
        let byte = |at: usize| u16::from(value.get(at).copied().unwrap_or(0));
        let pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        alphabet[usize::from(pair >> (10 - bit % 8) & 63)]
    };
    Zeroizing::new((first..end).map(sextet).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_determined_letter_and_no_other() {
        // Behind `x` it is `eH5+P35+Pw==`, behind `xy` `eHl+fj9+fj8=`: the letters at both ends hold bits of others.
        let mut all = Vec::new();
        of(b"~~?~~?", &mut |form| all.push(String::from_utf8_lossy(&form).into_owned()));
        assert_eq!(all, ["fn4_fn4_", "fn4/fn4/", "5-P35-P", "5+P35+P", "-fj9-fj", "+fj9+fj"]);
    }
}
