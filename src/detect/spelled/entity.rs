//! Character references of XML and HTML.

use super::unit::{Unit, number};

/// Longest reference that is read: `&#x10ffff;` and leading zeros.
const LONGEST: usize = 12;
const NAMES: &[(&[u8], u8)] =
    &[(b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"quot", b'"'), (b"apos", b'\'')];

/// The unit at a `&`.
pub(super) fn unit(text: &[u8]) -> Unit {
    let there = &text[1..text.len().min(LONGEST)];
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let name = &there[..there.iter().take_while(|byte| part(byte)).count()];
    match there.get(name.len()) {
        Some(b';') => named(name, name.len() + 2),
        Some(_) => Unit::Plain,
        None if text.len() < LONGEST && may_grow(name) => Unit::Open,
        None => Unit::Plain,
    }
}

fn named(name: &[u8], len: usize) -> Unit {
    let code = match name {
        [b'#', b'x' | b'X', digits @ ..] if !digits.is_empty() => number(digits, 16),
        [b'#', digits @ ..] if !digits.is_empty() => number(digits, 10),
        _ => {
            let known = NAMES.iter().find(|(known, _)| *known == name);
            return known.map_or(Unit::Plain, |(_, byte)| Unit::byte(*byte, len));
        }
    };
    code.map_or(Unit::Plain, |code| Unit::char(code, len))
}

/// Whether a reference may begin with `name`.
fn may_grow(name: &[u8]) -> bool {
    name.first() == Some(&b'#') || NAMES.iter().any(|(known, _)| known.starts_with(name))
}
