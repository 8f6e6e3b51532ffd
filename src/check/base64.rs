//! Reading base64, either alphabet, as far as it goes.

/// The letters of the standard alphabet, by their value.
pub(crate) const LETTERS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Letters on their way to bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sextets {
    // Bits of letters that belong to the next byte, `held` of them.
    bits: u16,
    held: u8,
}

impl Sextets {
    /// As if the first `held` bits of `byte` had been read.
    pub(crate) fn begun(byte: u8, held: u8) -> Self {
        Self { bits: u16::from(byte) >> (8 - held), held }
    }

    /// Reads a letter: the byte that it completes, if it does. `None` if it is no letter.
    pub(crate) fn push(&mut self, letter: u8) -> Option<Option<u8>> {
        self.bits = self.bits << 6 | sextet(letter)?;
        self.held += 6;
        if self.held < 8 {
            return Some(None);
        }
        self.held -= 8;
        let byte = (self.bits >> self.held) as u8;
        self.bits &= (1 << self.held) - 1;
        Some(Some(byte))
    }
}

/// Decodes up to the first byte of another alphabet.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    let mut sextets = Sextets::default();
    text.iter().map_while(|&letter| sextets.push(letter)).flatten().collect()
}

fn sextet(letter: u8) -> Option<u16> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' | b'+' => 62,
        b'_' | b'/' => 63,
        _ => return None,
    };
    Some(u16::from(value))
}
