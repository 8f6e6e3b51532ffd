//! What stands at a place of a spelled text.

/// One step of decoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// A byte that stands for itself.
    Plain,
    /// An escape of `len` bytes, and what it stands for.
    Escape { decoded: Decoded, len: usize },
    /// `len` bytes that stand for nothing: a colour code, a line break.
    Gap { len: usize },
    /// More bytes are needed to tell.
    Open,
}

impl Unit {
    /// How many bytes of the text it takes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Unit::Plain | Unit::Open => 1,
            Unit::Escape { len, .. } | Unit::Gap { len } => *len,
        }
    }

    /// An escape for one byte.
    pub(super) fn byte(byte: u8, len: usize) -> Self {
        Self::Escape { decoded: Decoded { bytes: [byte, 0, 0, 0], len: 1 }, len }
    }

    /// An escape for a character; a number that is none stands for itself.
    pub(super) fn char(code: u32, len: usize) -> Self {
        let Some(char) = char::from_u32(code) else { return Unit::Plain };
        let mut bytes = [0; 4];
        let count = char.encode_utf8(&mut bytes).len();
        Self::Escape { decoded: Decoded { bytes, len: count as u8 }, len }
    }
}

/// One to four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Decoded {
    bytes: [u8; 4],
    len: u8,
}

impl Decoded {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The number that `digits` are under `radix`; None if one of them is no digit.
pub(super) fn number(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        number.checked_mul(radix)?.checked_add(char::from(digit).to_digit(radix)?)
    })
}

/// A number of exactly `count` digits behind an introducer of `from` bytes, as `make` reads it.
pub(super) fn fixed(
    text: &[u8],
    from: usize,
    count: usize,
    radix: u32,
    make: impl FnOnce(u32, usize) -> Unit,
) -> Unit {
    let there = &text[from..text.len().min(from + count)];
    match number(there, radix) {
        None => Unit::Plain,
        Some(_) if there.len() < count => Unit::Open,
        Some(code) => make(code, from + count),
    }
}
