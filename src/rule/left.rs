//! What may stand before a match.

use serde::Deserialize;

/// How far back a boundary is looked for. Escape sequences that are longer count as text.
pub(crate) const LOOKBEHIND: usize = 32;

/// What may stand right before a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Left {
    /// Anything.
    #[default]
    Any,
    /// No letter, digit or underscore, unless it ends an escape sequence: the `m` of a colour code, the `n` of `\n`,
    /// the `D` of `%3D` are no part of a word.
    Word,
}

impl Left {
    /// Whether a match may start behind `before`, which holds the last bytes before it (at most [`LOOKBEHIND`] count).
    pub(crate) fn allows(self, before: &[u8]) -> bool {
        match self {
            Left::Any => true,
            Left::Word => !ends_in_word(before),
        }
    }
}

/// Whether `byte` is a letter, a digit or an underscore.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `before` ends inside a word.
pub(crate) fn ends_in_word(before: &[u8]) -> bool {
    before.last().is_some_and(|&last| is_word(last)) && !ends_in_escape(before)
}

fn ends_in_escape(before: &[u8]) -> bool {
    let before = &before[before.len().saturating_sub(LOOKBEHIND)..];
    match *before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [.., b'%', a, b] | [.., b'\\', b'x', a, b] => hex(a) && hex(b),
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].into_iter().all(hex),
        _ => ends_in_control_sequence(before),
    }
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// Whether `before` ends with the final byte of an ANSI control sequence, `ESC [ parameters final`.
fn ends_in_control_sequence(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else { return false };
    let parameters = rest.iter().rev().take_while(|&&byte| (0x20..0x40).contains(&byte)).count();
    last.is_ascii_alphabetic() && rest[..rest.len() - parameters].ends_with(b"\x1b[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_end_a_word() {
        for before in
            ["", " ", "=", "\x1b[32m", "\x1b[38;2;1;2;3m", "a\\n", "x%3D", "\\u003d", "\\x3d"]
        {
            assert!(Left::Word.allows(before.as_bytes()), "{before:?}");
        }
        for before in ["a", "_", "9", "[32m", "\x1b32m", "%zD"] {
            assert!(!Left::Word.allows(before.as_bytes()), "{before:?}");
        }
    }
}
