//! Other bytes for the same characters.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The composed and the decomposed form of accented letters, Latin-1, which Python's `ascii` and JavaScript's `escape` write
/// with escapes, and UTF-16 in little endian, as Windows programs write it.
pub(super) fn of(value: &[u8], take: &mut impl FnMut(Zeroizing<Vec<u8>>)) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    if !text.is_ascii() {
        take(Zeroizing::new(text.nfc().collect::<String>().into_bytes()));
        take(Zeroizing::new(text.nfd().collect::<String>().into_bytes()));
        if let Some(latin) = text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect() {
            take(Zeroizing::new(latin));
        }
    }
    take(Zeroizing::new(text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed() {
        let mut all = Vec::new();
        of("caf\u{e9}-pass".as_bytes(), &mut |form| all.push(form.to_vec()));
        assert_eq!(all[1], "cafe\u{301}-pass".as_bytes());
        assert_eq!(all[2], b"caf\xe9-pass");
        assert_eq!(all[3][..4], [b'c', 0, b'a', 0]);
    }
}
