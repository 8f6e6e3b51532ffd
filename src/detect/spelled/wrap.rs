//! Line breaks that an encoder put in, as they are or escaped, with the indent of the next line.

use super::starts::Starts;
use super::unit::Unit;

/// What a line break can be written as.
const BREAKS: &[&[u8]] = &[b"\n", b"\r\n", b"\r\r\n", br"\n", br"\r\n", br"\\n", br"\\r\\n"];
/// Deepest indent of a line, as in YAML.
const DEEPEST: usize = 16;
/// So many letters of an encoding stand before a break that is an encoder's: at least 60 columns, less what a value can
/// show of itself before.
const LETTERS: usize = 32;

/// The unit at a line end or a backslash.
pub(super) fn unit(text: &[u8]) -> Unit {
    let Some(found) = BREAKS.iter().find(|line_break| text.starts_with(line_break)) else {
        let open = BREAKS.iter().any(|line_break| line_break.starts_with(text));
        return if open { Unit::Open } else { Unit::Plain };
    };
    let rest = &text[found.len()..];
    let indent =
        rest.iter().take(DEEPEST).take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    if indent == rest.len() { Unit::Open } else { Unit::Gap { len: found.len() + indent } }
}

/// Where the break that holds the line end at `at` begins, if an encoder may have put it behind what stands before.
pub(super) fn begins(text: &[u8], at: usize) -> Option<usize> {
    let returns = text[..at].iter().rev().take_while(|&&byte| byte == b'\r').count().min(2);
    let at = if text[at] == b'\n' { at - returns } else { at };
    may_stand_behind(&text[..at]).then_some(at)
}

/// Whether an encoder may have put a break behind `before`.
pub(super) fn may_stand_behind(before: &[u8]) -> bool {
    let letters = before.last_chunk::<LETTERS>();
    letters.is_some_and(|letters| letters.iter().rev().all(|&byte| is_letter(byte)))
}

/// Whether `at` is a line feed that no form goes on behind: what stands right before and behind tells.
#[inline]
pub(super) fn is_mere_break(text: &[u8], at: usize, starts: &Starts) -> bool {
    let Some(&last) = at.checked_sub(1).and_then(|before| text.get(before)) else { return false };
    let ends_line = last != b'\r' && !is_letter(last);
    ends_line
        || matches!(text[at..], [_, next, _, _, ..] if is_letter(next) && is_letter(last) && !starts.joins(last, &text[at + 1..]))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}
