//! Control sequences of terminals: ECMA-48 (colours, cursor), OSC (titles, links), and a letter struck over itself.

use super::unit::Unit;

pub(super) const ESCAPE: u8 = 0x1b;
pub(crate) const BACKSPACE: u8 = 0x08;
const BELL: u8 = 0x07;

/// Longest control sequence, and longest OSC string: a link can hold a long address. What is longer is text, so that a
/// sequence that never ends swallows nothing.
const LONGEST: usize = 64;
pub(super) const LONGEST_STRING: usize = 2048;

/// The unit at an escape character or a backspace.
pub(super) fn unit(text: &[u8]) -> Unit {
    match text {
        [BACKSPACE] => Unit::Open,
        [BACKSPACE, ..] => Unit::Gap { len: 2 },
        _ => behind_escape(&text[1..]),
    }
}

fn behind_escape(rest: &[u8]) -> Unit {
    match rest {
        [] => Unit::Open,
        [b'[', ..] => colour(rest, 1, Unit::Plain),
        [b']', rest @ ..] => string(rest).unit(2, Unit::Plain),
        // `ESC ( B` chooses a character set.
        [0x20..=0x2f] => Unit::Open,
        [0x20..=0x2f, 0x30..=0x7e, ..] => Unit::Gap { len: 3 },
        // `ESC 7`, `ESC c` and their like.
        [0x30..=0x5a | 0x5c | 0x5e..=0x7e, ..] => Unit::Gap { len: 2 },
        _ => Unit::Plain,
    }
}

/// The unit of an escape character of `len` bytes that `rest` follows, if that is a control sequence with parameters.
pub(super) fn colour(rest: &[u8], len: usize, otherwise: Unit) -> Unit {
    match rest {
        [] => Unit::Open,
        [b'[', rest @ ..] => sequence(rest).unit(len + 1, otherwise),
        _ => otherwise,
    }
}

/// How far a part of a sequence goes.
enum Part {
    Ends(usize),
    Open,
    No,
}

impl Part {
    /// The unit whose first `before` bytes stand before this part.
    fn unit(self, before: usize, otherwise: Unit) -> Unit {
        match self {
            Part::Ends(len) => Unit::Gap { len: before + len },
            Part::Open => Unit::Open,
            Part::No => otherwise,
        }
    }
}

/// Parameters, intermediates, and a final byte.
fn sequence(text: &[u8]) -> Part {
    let there = &text[..text.len().min(LONGEST)];
    let parameters = there.iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
    match there.get(parameters) {
        Some(0x40..=0x7e) => Part::Ends(parameters + 1),
        None if there.len() < LONGEST => Part::Open,
        _ => Part::No,
    }
}

/// Up to a bell or a string terminator, `ESC \`. A line end is no part of it.
fn string(text: &[u8]) -> Part {
    let there = &text[..text.len().min(LONGEST_STRING)];
    let stop = there.iter().position(|&byte| matches!(byte, BELL | ESCAPE | b'\n'));
    match stop.map(|at| (at, there[at], there.get(at + 1))) {
        Some((at, BELL, _)) => Part::Ends(at + 1),
        Some((at, ESCAPE, Some(b'\\'))) => Part::Ends(at + 2),
        Some((_, ESCAPE, None)) => Part::Open,
        None if there.len() < LONGEST_STRING => Part::Open,
        _ => Part::No,
    }
}
