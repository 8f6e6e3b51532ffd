//! Escapes of JSON strings, one byte at a time.

/// The longest escape: a pair of surrogates, `\ud83d\ude00`.
const LONGEST: usize = 12;

/// An escape whose bytes come one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Escape {
    bytes: [u8; LONGEST],
    len: usize,
}

/// What a byte made of an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    More,
    /// It stands for this character.
    Is(char),
    /// Two halves that are no pair: what one and the other stand for.
    Are(char, char),
    /// It was half a pair, and the byte behind it, which was not taken, begins no other half. If it has seven bytes, the last
    /// one is the backslash of the next escape.
    Half,
    /// It is none: the byte was not taken.
    Wrong,
}

impl Escape {
    /// The bytes that were taken.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Takes the next byte, beginning with the backslash.
    pub(super) fn take(&mut self, byte: u8) -> Step {
        let second = self.len >= 6;
        let fits = match self.len % 6 {
            0 => byte == b'\\',
            1 if second => byte == b'u',
            1 => return self.simple(byte),
            _ => byte.is_ascii_hexdigit(),
        };
        if !fits {
            return if second && self.len < 8 { Step::Half } else { Step::Wrong };
        }
        self.put(byte);
        match self.len {
            6 => match self.unit(0) {
                0xD800..=0xDBFF => Step::More,
                unit => Step::Is(character(unit)),
            },
            LONGEST => self.pair(),
            _ => Step::More,
        }
    }

    /// The byte behind the backslash.
    fn simple(&mut self, byte: u8) -> Step {
        let step = match simple(byte) {
            Some(character) => Step::Is(character),
            None if byte == b'u' => Step::More,
            None => return Step::Wrong,
        };
        self.put(byte);
        step
    }

    fn pair(&self) -> Step {
        let (high, low) = (self.unit(0) - 0xD800, self.unit(6));
        if !(0xDC00..=0xDFFF).contains(&low) {
            return Step::Are(char::REPLACEMENT_CHARACTER, character(low));
        }
        Step::Is(character(0x10000 + ((high << 10) | (low - 0xDC00))))
    }

    fn put(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn unit(&self, from: usize) -> u32 {
        let digits = &self.bytes[from + 2..from + 6];
        digits
            .iter()
            .fold(0, |unit, &digit| unit << 4 | char::from(digit).to_digit(16).unwrap_or(0))
    }
}

/// What a backslash and this byte stand for, if that is all of the escape.
pub(super) fn simple(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' | b'\\' | b'/' => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// Half of a pair alone is no character, and none that a secret can have.
fn character(unit: u32) -> char {
    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Step> {
        let mut escape = Escape::default();
        text.bytes().map(|byte| escape.take(byte)).filter(|step| *step != Step::More).collect()
    }

    #[test]
    fn escapes_stand_for_characters() {
        for (text, is) in [
            (r#"\""#, '"'),
            (r"\\", '\\'),
            (r"\/", '/'),
            (r"\n", '\n'),
            (r"\u0041", 'A'),
            (r"\u00e9", 'é'),
            (r"\u00E9", 'é'),
            (r"\ud83d\ude00", '😀'),
            (r"\uDC00", '\u{fffd}'),
        ] {
            assert_eq!(read(text), [Step::Is(is)], "{text}");
        }
    }

    #[test]
    fn others_are_none_or_half() {
        assert_eq!(read(r"\ud83d\u0041"), [Step::Are('\u{fffd}', 'A')]);
        for text in [r"\x", r"\u00g", r"\ud83d\u00g"] {
            assert_eq!(read(text).last(), Some(&Step::Wrong), "{text}");
        }
        for text in [r"\ud83dx", "\\ud83d\"", r"\ud83d\n"] {
            assert_eq!(read(text).last(), Some(&Step::Half), "{text}");
        }
    }
}
