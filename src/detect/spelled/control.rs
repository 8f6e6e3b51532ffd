//! Control sequences of terminals: ECMA-48 (colours, cursor), OSC (titles, links), and a letter struck over itself.

use super::unit::Unit;

pub(super) const ESCAPE: u8 = 0x1b;
pub(super) const BACKSPACE: u8 = 0x08;
const BELL: u8 = 0x07;

/// Longest control sequence, and longest OSC string: a link can hold a long address. What is longer is text, so that a
/// sequence that never ends swallows nothing.
const LONGEST: usize = 64;
const LONGEST_STRING: usize = 2048;

/// The unit at an escape character or a backspace.
pub(super) fn unit(text: &[u8]) -> Unit {
    match text {
        [BACKSPACE] => Unit::Open,
        [BACKSPACE, ..] => Unit::Gap { len: 2 },
        _ => behind_escape(&text[1..], 1, Unit::Plain),
    }
}

/// The unit of an escape character of `len` bytes that `rest` follows; `otherwise` if it begins no sequence.
pub(super) fn behind_escape(rest: &[u8], len: usize, otherwise: Unit) -> Unit {
    let gap = |more: usize| Unit::Gap { len: len + more };
    match rest.first() {
        None => Unit::Open,
        Some(b'[') => match sequence(&rest[1..]) {
            Part::Ends(more) => gap(1 + more),
            Part::Open => Unit::Open,
            Part::No => otherwise,
        },
        Some(b']') => match string(&rest[1..]) {
            Part::Ends(more) => gap(1 + more),
            Part::Open => Unit::Open,
            Part::No => otherwise,
        },
        // `ESC ( B` chooses a character set.
        Some(0x20..=0x2f) => match rest.get(1) {
            None => Unit::Open,
            Some(0x30..=0x7e) => gap(2),
            Some(_) => otherwise,
        },
        // `ESC 7`, `ESC c` and their like.
        Some(0x30..=0x5a | 0x5c | 0x5e..=0x7e) => gap(1),
        Some(_) => otherwise,
    }
}

/// How far a part of a sequence goes.
enum Part {
    Ends(usize),
    Open,
    No,
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
