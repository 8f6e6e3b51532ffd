//! The ways of spelling, and the bytes that show them.

use super::starts::Starts;
use super::unit::Unit;
use super::{backslash, control, entity, percent, wrap};

/// A way of spelling a value. Each is a grammar of units; whatever is none of its escapes stands for itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spelling {
    Backslash,
    /// JSON inside JSON.
    BackslashTwice,
    Percent,
    PercentTwice,
    Entity,
    EntityTwice,
    Control,
    Wrap,
}

/// No unit is longer: an address in a link is what can be longest.
pub(crate) const LONGEST_UNIT: usize = control::LONGEST_STRING + 8;

const ALL: [Spelling; 8] = [
    Spelling::Backslash,
    Spelling::BackslashTwice,
    Spelling::Percent,
    Spelling::PercentTwice,
    Spelling::Entity,
    Spelling::EntityTwice,
    Spelling::Control,
    Spelling::Wrap,
];

/// Bytes of a text that has been escaped once that are looked at to read it as escaped twice: a pair of surrogates is the
/// longest.
const ONCE: usize = 12;

impl Spelling {
    /// Whether a unit other than a plain byte can begin with `byte`.
    pub(crate) fn begins(self, byte: u8) -> bool {
        match self {
            Spelling::Backslash | Spelling::BackslashTwice => byte == b'\\',
            Spelling::Percent | Spelling::PercentTwice => byte == b'%',
            Spelling::Entity | Spelling::EntityTwice => byte == b'&',
            Spelling::Control => byte == control::ESCAPE || byte == control::BACKSPACE,
            Spelling::Wrap => matches!(byte, b'\n' | b'\r' | b'\\'),
        }
    }

    /// The unit at the beginning of `text`, which is not empty.
    pub(crate) fn unit(self, text: &[u8]) -> Unit {
        if !self.begins(text[0]) {
            return Unit::Plain;
        }
        match self {
            Spelling::Backslash => backslash::unit(text),
            Spelling::BackslashTwice => twice(text, Spelling::Backslash),
            Spelling::Percent => percent::unit(text),
            Spelling::PercentTwice => twice(text, Spelling::Percent),
            Spelling::Entity => entity::unit(text),
            Spelling::EntityTwice => twice(text, Spelling::Entity),
            Spelling::Control => control::unit(text),
            Spelling::Wrap => wrap::unit(text),
        }
    }

    /// The unit at the beginning of `text` if nothing comes behind that and the unit is open: what was to be escaped twice
    /// is escaped once, and what is not complete stands for itself.
    pub(crate) fn last_unit(self, text: &[u8]) -> Unit {
        let once = match self {
            Spelling::BackslashTwice => Spelling::Backslash,
            Spelling::PercentTwice => Spelling::Percent,
            Spelling::EntityTwice => Spelling::Entity,
            _ => return Unit::Plain,
        };
        match once.unit(text) {
            Unit::Open => Unit::Plain,
            unit => unit,
        }
    }

    /// Whether its escapes are gaps alone.
    pub(crate) fn is_gap(self) -> bool {
        matches!(self, Spelling::Control | Spelling::Wrap)
    }

    /// Whether a gap that begins with `byte` stays in the output: colours are no part of the secret, and must not bleed.
    /// What is struck over is a letter of it.
    pub(crate) fn keeps_gap(self, byte: u8) -> bool {
        self != Spelling::Wrap && byte != control::BACKSPACE
    }
}

/// The unit at the beginning of a text that was escaped twice: what the units of `once` stand for is read again.
fn twice(text: &[u8], once: Spelling) -> Unit {
    let mut view = View::default();
    while view.count < ONCE {
        let rest = &text[view.read()..];
        let unit = if rest.is_empty() { Unit::Open } else { once.unit(rest) };
        match &unit {
            Unit::Open => return Unit::Open,
            Unit::Gap { .. } if view.count == 0 => return unit,
            Unit::Gap { .. } => return view.first(),
            Unit::Plain => view.add(&rest[..1], 1),
            Unit::Escape { decoded, .. } if view.count == 0 && !once.begins(decoded.bytes()[0]) => {
                return unit;
            }
            Unit::Escape { decoded, len } => view.add(decoded.bytes(), *len),
        }
        match once.unit(&view.bytes[..view.count]) {
            Unit::Open => {}
            Unit::Plain => return view.first(),
            Unit::Escape { decoded, len } => {
                return Unit::Escape { decoded, len: view.ends[len - 1] };
            }
            Unit::Gap { len } => return Unit::Gap { len: view.ends[len - 1] },
        }
    }
    view.first()
}

/// What the first units of a text stand for, and where in the text each byte of it ends.
#[derive(Default)]
struct View {
    bytes: [u8; ONCE],
    ends: [usize; ONCE],
    count: usize,
}

impl View {
    /// How much of the text was read.
    fn read(&self) -> usize {
        self.count.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    fn add(&mut self, bytes: &[u8], len: usize) {
        let end = self.read() + len;
        for &byte in bytes.iter().take(ONCE - self.count) {
            (self.bytes[self.count], self.ends[self.count]) = (byte, end);
            self.count += 1;
        }
    }

    /// The unit if nothing else is escaped here: one byte.
    fn first(&self) -> Unit {
        if self.ends[0] == 1 { Unit::Plain } else { Unit::byte(self.bytes[0], self.ends[0]) }
    }
}

/// The places from `from` on in `text` where a unit that is no plain byte can begin, in order. Of line breaks it is the
/// place of the line feed, and at the end that of returns that one may follow.
pub(crate) fn introducers(text: &[u8], from: usize) -> impl Iterator<Item = usize> + '_ {
    let part = &text[from..];
    let mut marks = memchr::memchr3_iter(b'\\', b'%', b'&', part).peekable();
    let mut controls =
        memchr::memchr3_iter(b'\n', control::ESCAPE, control::BACKSPACE, part).peekable();
    let returns = part.iter().rev().take_while(|&&byte| byte == b'\r').count();
    let merged = std::iter::from_fn(move || {
        let mark_first = match (marks.peek(), controls.peek()) {
            (Some(mark), Some(control)) => mark < control,
            (mark, _) => mark.is_some(),
        };
        if mark_first { marks.next() } else { controls.next() }
    });
    merged.chain((returns > 0).then(|| part.len() - returns)).map(move |at| from + at)
}

/// Where [`introduces`] is true, in no order.
pub(crate) fn may_introduce(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let marks = memchr::memchr3_iter(b'\\', b'%', b'&', text);
    let controls = memchr::memchr3_iter(b'\n', control::ESCAPE, control::BACKSPACE, text);
    marks.chain(controls).chain(memchr::memchr_iter(b'\r', text))
}

/// Whether a unit that is no plain byte can begin with `byte`, whatever the spelling.
pub(crate) fn introduces(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | b'\n' | b'\r' | control::ESCAPE | control::BACKSPACE)
}

/// Whether the introducer at `at` is seen to begin nothing that stands in a form. Texts are full of them, so this is short
/// and looks at their next byte and little more.
#[inline]
pub(crate) fn is_mere(text: &[u8], at: usize, starts: &Starts) -> bool {
    match (text[at], text.get(at + 1)) {
        (b'\n', _) => wrap::is_mere_break(text, at, starts),
        (b'\\', Some(&kind)) => {
            let breaks = matches!(kind, b'n' | b'r') && wrap::may_stand_behind(&text[..at]);
            !breaks && backslash::is_mere(kind, starts)
        }
        (b'%', Some(digit)) => !digit.is_ascii_hexdigit(),
        (b'&', Some(name)) => !(name.is_ascii_lowercase() || *name == b'#'),
        _ => false,
    }
}

impl Spelling {
    /// Those in which `byte` can begin an escape.
    pub(crate) fn of(byte: u8) -> impl Iterator<Item = Spelling> {
        ALL.iter().copied().filter(move |spelling| spelling.begins(byte))
    }
}

/// The spellings whose escapes can hold the introducer at `at` and that may have begun a little before it, each with where
/// its unit begins.
pub(crate) fn escapes_at(text: &[u8], at: usize) -> impl Iterator<Item = (Spelling, usize)> {
    let mark = text[at];
    let breaks = matches!(mark, b'\n' | b'\r' | b'\\');
    let wrap = if breaks { wrap::begins(text, at) } else { None };
    let own = Spelling::of(mark).filter(|spelling| *spelling != Spelling::Wrap);
    own.map(move |spelling| (spelling, at)).chain(wrap.map(|at| (Spelling::Wrap, at)))
}
