//! Backslash escapes: JSON (RFC 8259), JavaScript, Java, Rust's and Go's debug output, Python's `repr`, C, and what shells
//! write as `$'…'` or with single characters escaped.
//!
//! One grammar takes them all: where two of them disagree (`\1` is nothing in JSON and octal in a shell), only one of them is
//! ever written.

use super::control;
use super::starts::Starts;
use super::unit::{Unit, fixed, number};

/// The unit at a backslash. A colour code whose escape character is itself escaped is a gap.
pub(super) fn unit(text: &[u8]) -> Unit {
    let escape = escape(text);
    match escape {
        Unit::Escape { decoded, len } if decoded.bytes() == [control::ESCAPE] => {
            control::colour(&text[len..], len, escape)
        }
        _ => escape,
    }
}

fn escape(text: &[u8]) -> Unit {
    let Some(&kind) = text.get(1) else { return Unit::Open };
    match kind {
        b'x' => fixed(text, 2, 2, 16, |byte, len| Unit::byte(byte as u8, len)),
        b'u' if text.get(2) == Some(&b'{') => braced(text),
        b'u' => utf16(text),
        b'U' => fixed(text, 2, 8, 16, Unit::char),
        b'0'..=b'3' => octal(text),
        _ => match simple(kind) {
            Some(byte) => Unit::byte(byte, 2),
            None => Unit::Plain,
        },
    }
}

/// What a single character behind a backslash stands for.
fn simple(kind: u8) -> Option<u8> {
    Some(match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        // Bash writes the capital one.
        b'e' | b'E' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b' ' => b' ',
        mark if mark.is_ascii_punctuation() => mark,
        _ => return None,
    })
}

/// Whether a backslash before `kind` begins nothing that stands in a form. Another backslash may be escaped itself, and an
/// escape character may begin a colour code.
pub(super) fn is_mere(kind: u8, starts: &Starts) -> bool {
    match simple(kind) {
        Some(b'\\' | control::ESCAPE) => false,
        Some(byte) => !starts.knows(byte),
        None => !matches!(kind, b'x' | b'u' | b'U' | b'0'..=b'3'),
    }
}

/// `\u{1f600}`
fn braced(text: &[u8]) -> Unit {
    const MOST: usize = 6;
    let there = &text[3..text.len().min(3 + MOST + 1)];
    let digits = there.iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
    match there.get(digits) {
        Some(b'}') if digits > 0 => {
            number(&there[..digits], 16).map_or(Unit::Plain, |code| Unit::char(code, digits + 4))
        }
        None if digits <= MOST => Unit::Open,
        _ => Unit::Plain,
    }
}

/// `\u0026`, or a pair of surrogates.
fn utf16(text: &[u8]) -> Unit {
    fixed(text, 2, 4, 16, |high, len| {
        if !(0xd800..0xdc00).contains(&high) {
            return Unit::char(high, len);
        }
        match text.get(len..len + 2) {
            Some(br"\u") => fixed(text, len + 2, 4, 16, |low, len| match low {
                0xdc00..0xe000 => {
                    Unit::char(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), len)
                }
                _ => Unit::Plain,
            }),
            Some(_) => Unit::Plain,
            None if br"\u".starts_with(&text[len..]) => Unit::Open,
            None => Unit::Plain,
        }
    })
}

/// `\033`; `\0` alone is a zero byte.
fn octal(text: &[u8]) -> Unit {
    let there = &text[1..text.len().min(4)];
    let digits = there.iter().take_while(|digit| (b'0'..=b'7').contains(digit)).count();
    match digits {
        3 => number(there, 8).map_or(Unit::Plain, |byte| Unit::byte(byte as u8, 4)),
        _ if digits == there.len() => Unit::Open,
        1 if there[0] == b'0' => Unit::byte(0, 2),
        _ => Unit::Plain,
    }
}
