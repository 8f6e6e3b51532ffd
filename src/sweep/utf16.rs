//! Text in UTF-16, as other systems' notes have it.

use zeroize::Zeroizing;

/// Bytes at the beginning that tell.
const SNIFFED: usize = 1 << 10;

/// Decodes what comes in pieces. What is no text becomes U+FFFD.
pub(super) struct Utf16 {
    big: bool,
    /// A byte whose other half has not come.
    half: Option<u8>,
    /// The first half of a character of two.
    high: Option<u16>,
}

impl Utf16 {
    /// For bytes that begin with `head`; none if that is no text in UTF-16: there is no mark, and what would be the upper half
    /// of each letter is not mostly zero.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let decoder = |big| Some(Self { big, half: None, high: None });
        match head {
            [0xFF, 0xFE, ..] => return decoder(false),
            [0xFE, 0xFF, ..] => return decoder(true),
            _ => {}
        }
        let head = &head[..head.len().min(SNIFFED)];
        let zeros = |of: usize| head.iter().skip(of).step_by(2).filter(|&&byte| byte == 0).count();
        let (even, odd, most) = (zeros(0), zeros(1), head.len() * 3 / 8);
        match (even, odd) {
            (0, odd) if odd > most => decoder(false),
            (even, 0) if even > most => decoder(true),
            _ => None,
        }
    }

    /// More text.
    pub(super) fn decoded(&mut self, bytes: &[u8]) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.unit(unit, &mut text);
        }
        text
    }

    fn unit(&mut self, unit: u16, text: &mut String) {
        let high = self.high.take();
        if high.is_none() && (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let decoded = char::decode_utf16(high.into_iter().chain([unit]));
        text.extend(decoded.map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_decoded_however_it_is_cut() {
        let text = "pw: caf\u{e9} \u{1f980}\r\n and so on";
        for big in [false, true] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            for size in [1, 3, 64] {
                let mut utf16 = Utf16::of(&bytes).expect("text");
                let decoded: String = bytes
                    .chunks(size)
                    .map(|chunk| utf16.decoded(chunk).as_str().to_owned())
                    .collect();
                assert_eq!(decoded, text);
            }
        }
    }

    #[test]
    fn other_bytes_are_none() {
        for bytes in [&b""[..], b"plain", b"\0\0\0\0", b"\x7fELF\x02\x01\x01\0\0\0\0\0"] {
            assert!(Utf16::of(bytes).is_none(), "{bytes:?}");
        }
    }
}
