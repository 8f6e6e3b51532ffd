//! The walk through a message.

use std::ops::{ControlFlow, Range};

use prost::encoding::{WireType, decode_varint};

use super::frames::{Frame, ROOT};
use super::schema::{Field, Kind, Message, Shape};
use super::{Own, malformed};
use crate::structured::leaves::{Kind as Leaf, Leaves};
use crate::structured::malformed::Malformed;

/// How deep messages are followed. An entry and its value are one step.
const DEEPEST: usize = 1024;

/// Most messages inside messages: they take as much memory as the leaves can.
const MOST_FRAMES: usize = 1 << 22;

/// The field of an entry that is its key.
const KEY: u32 = 1;

/// Bytes of an id: a UUID, the id of a trace.
const LONGEST_ID: usize = 16;

/// What stands before the key of an entry.
const USUAL_KEY: u8 = (KEY << 3) as u8 | 2;

/// The highest number of a field.
const MOST: u32 = (1 << 29) - 1;

const NO_KEY: &str = "a key that is none";

/// A message that is not read to its end.
#[derive(Clone, Copy)]
pub(super) struct Open {
    message: &'static Message,
    start: usize,
    end: usize,
    frame: u32,
    pass: Pass,
    /// The field that the text showed last.
    last: u32,
    /// Whether the text shows something of it in this pass.
    shown: bool,
}

impl Open {
    fn new(message: &'static Message, start: usize, end: usize, frame: u32) -> Self {
        let pass = if message.shape == Shape::Entry { Pass::Keys } else { Pass::All };
        Self { message, start, end, frame, pass, last: 0, shown: false }
    }
}

/// What is read of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    All,
    /// Keys of an entry: they come first in the text, wherever they stand.
    Keys,
    /// The rest of it.
    Values,
}

/// Reads a message from its first byte to its last, without recursion.
pub(super) struct Walk<'a> {
    source: &'a [u8],
    at: usize,
    leaves: &'a mut Leaves,
    /// From the outermost message to the innermost, which is changed where it lies: copying it right after a part of it was
    /// written made the processor wait for that each time.
    open: &'a mut Vec<Open>,
    frames: &'a mut Vec<Frame>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        source: &'a [u8],
        root: &'static Message,
        leaves: &'a mut Leaves,
        own: &'a mut Own,
    ) -> Self {
        own.open.clear();
        own.frames.clear();
        own.open.push(Open::new(root, 0, source.len(), ROOT));
        Self { source, at: 0, leaves, open: &mut own.open, frames: &mut own.frames }
    }

    /// The innermost message.
    #[inline]
    fn here(&mut self) -> &mut Open {
        self.open.last_mut().expect("the walk ends with the outermost one")
    }

    pub(super) fn read(mut self) -> Result<(), Malformed> {
        self.begin();
        loop {
            if self.at < self.here().end {
                self.field()?;
                if self.leaves.are_too_many() || self.frames.len() > MOST_FRAMES {
                    return Err(malformed(self.at, "it has too many parts"));
                }
            } else if self.end().is_break() {
                return Ok(());
            }
        }
    }

    /// Puts the beginning of a message into the text.
    fn begin(&mut self) {
        match self.here().message.shape {
            Shape::Object | Shape::Record => self.leaves.put(b"{"),
            Shape::Array => self.leaves.put(b"["),
            Shape::Plain | Shape::Entry => {}
        }
    }

    /// Ends the innermost message, or goes back to its beginning for the rest of an entry. Breaks at the end of all.
    fn end(&mut self) -> ControlFlow<()> {
        let here = self.here();
        match (here.message.shape, here.pass, here.shown) {
            (Shape::Entry, Pass::Keys, shown) => {
                (here.pass, here.shown) = (Pass::Values, false);
                self.at = here.start;
                if !shown {
                    self.leaves.put(b"\"\"");
                }
                return ControlFlow::Continue(());
            }
            (Shape::Entry, _, false) => self.leaves.put(b":null"),
            (Shape::Plain, _, false) => self.leaves.put(b"null"),
            (Shape::Entry | Shape::Plain, _, true) => {}
            (Shape::Array, ..) => self.leaves.put(b"]"),
            (Shape::Object | Shape::Record, ..) => self.leaves.put(b"}"),
        }
        self.open.pop();
        if self.open.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Reads a field of the innermost message.
    #[inline]
    fn field(&mut self) -> Result<(), Malformed> {
        let from = self.at;
        let end = self.here().end;
        let (number, wire) = self.key(end)?;
        let here = self.here();
        let read = match here.pass {
            Pass::All => true,
            Pass::Keys => number == KEY,
            Pass::Values => number != KEY,
        };
        let field = if read { here.message.field(number) } else { None };
        match wire {
            WireType::LengthDelimited => {
                let source = self.at;
                let len = self.number(end)?;
                let says = self.take(end, len)?;
                match read {
                    true => self.delimited(field, (source, says)),
                    false => Ok(()),
                }
            }
            WireType::Varint => self.varint(end, from, field),
            WireType::SixtyFourBit => self.eight(end, from, field),
            WireType::ThirtyTwoBit => self.take(end, 4).map(|_| ()),
            WireType::StartGroup | WireType::EndGroup => Err(malformed(from, "it has a group")),
        }
    }

    fn varint(
        &mut self,
        end: usize,
        from: usize,
        field: Option<&'static Field>,
    ) -> Result<(), Malformed> {
        let number = self.number(end)?;
        if let Some(field) = field.filter(|field| matches!(field.kind, Kind::Integer)) {
            self.show(field, b",");
            // A negative one is its two's complement.
            let frame = self.here().frame;
            self.leaves.number(number.cast_signed(), from..self.at, frame);
        }
        Ok(())
    }

    fn eight(
        &mut self,
        end: usize,
        from: usize,
        field: Option<&'static Field>,
    ) -> Result<(), Malformed> {
        let bytes = self.take(end, 8)?;
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        if let Some(field) = field.filter(|field| matches!(field.kind, Kind::Float)) {
            self.show(field, b",");
            let frame = self.here().frame;
            self.leaves.number(f64::from_le_bytes(bytes), from..self.at, frame);
        }
        Ok(())
    }

    /// A field with a length, which begins at `source` and says `says`.
    #[inline]
    fn delimited(
        &mut self,
        field: Option<&'static Field>,
        (source, says): (usize, &[u8]),
    ) -> Result<(), Malformed> {
        let place = source..self.at;
        match field.map(|field| (field, field.kind)) {
            Some((field, Kind::Text)) => {
                self.show(field, b",");
                let frame = self.here().frame;
                self.leaves.quoted(says, place, Leaf::Text, frame);
                Ok(())
            }
            Some((field, Kind::Message(message))) => self.enter(field, message, place, says.len()),
            Some((_, Kind::Numbers)) => Ok(()),
            Some((_, Kind::Id)) if LONGEST_ID >= says.len() => Ok(()),
            // Numbers in a row and ids that are none are as good as nothing that is known.
            Some((_, Kind::Integer | Kind::Float | Kind::Id)) | None => {
                if !says.is_empty() {
                    self.separate(b",");
                    let here = self.here();
                    here.last = 0;
                    let frame = here.frame;
                    self.leaves.quoted(says, place, Leaf::Unknown, frame);
                }
                Ok(())
            }
        }
    }

    /// Goes into a message of `len` bytes, which end `place`.
    #[inline]
    fn enter(
        &mut self,
        field: &'static Field,
        message: &'static Message,
        place: Range<usize>,
        len: usize,
    ) -> Result<(), Malformed> {
        if self.open.len() == DEEPEST {
            return Err(malformed(place.start, "it is nested too deep"));
        }
        self.show(field, if message.shape == Shape::Record { b"\n" } else { b"," });
        self.at = place.end - len;
        let parent = self.here().frame;
        self.go_into(message, place.start, place.end, parent);
        Ok(())
    }

    /// Goes into a message that begins here, whose length begins at `from`.
    #[inline]
    fn go_into(&mut self, message: &'static Message, from: usize, end: usize, parent: u32) {
        let (start, frame) = (self.at, self.frames.len() as u32);
        let (from, begins) = (from as u32, start as u32);
        self.frames.push(Frame { parent, from, start: begins, end: end as u32 });
        if message.shape == Shape::Entry && self.usual_entry(message, end, frame) {
            return;
        }
        self.open.push(Open::new(message, start, end, frame));
        self.begin();
    }

    /// Reads an entry that is a short key and a value with a length, as nearly all are, and goes into the value. `false` if it is
    /// something else: nothing of it is read then.
    ///
    /// In two passes, one for keys and one for the rest, such entries took a third of the walk.
    #[inline]
    fn usual_entry(&mut self, message: &'static Message, end: usize, frame: u32) -> bool {
        let source = &self.source[..end];
        let [USUAL_KEY, len @ ..0x80, rest @ ..] = &source[self.at..] else { return false };
        let Some((key, [header, rest @ ..])) = rest.split_at_checked((*len).into()) else {
            return false;
        };
        let value = match message.field(u32::from(*header >> 3)) {
            Some(field) if *header & 7 == 2 && field.number != KEY => field.kind,
            _ => return false,
        };
        let (from, mut inside) = (end - rest.len(), rest);
        if decode_varint(&mut inside).ok() != Some(inside.len() as u64) {
            return false;
        }
        let key_ends = from - 1;
        match value {
            Kind::Text => {
                self.usual_key(key, key_ends, frame);
                self.leaves.quoted(inside, from..end, Leaf::Text, frame);
                self.at = end;
            }
            Kind::Message(message) => {
                self.usual_key(key, key_ends, frame);
                self.at = end - inside.len();
                self.go_into(message, from, end, frame);
            }
            _ => return false,
        }
        true
    }

    fn usual_key(&mut self, key: &[u8], ends: usize, frame: u32) {
        self.leaves.quoted(key, ends - key.len() - 1..ends, Leaf::Text, frame);
        self.leaves.put(b":");
    }

    /// Puts what stands before a field into the text; its name too, unless it is the field before as well.
    #[inline]
    fn show(&mut self, field: &'static Field, separator: &[u8]) {
        self.separate(separator);
        if std::mem::replace(&mut self.here().last, field.number) != field.number {
            self.leaves.put(field.label.as_bytes());
        }
    }

    #[inline]
    fn separate(&mut self, separator: &[u8]) {
        let here = self.here();
        match (here.pass, std::mem::replace(&mut here.shown, true)) {
            (Pass::Values, false) => self.leaves.put(b":"),
            (Pass::All | Pass::Keys, false) => {}
            (_, true) => self.leaves.put(separator),
        }
    }

    /// The number and the wire type of a field. Both fit into one byte, as a rule.
    #[inline]
    fn key(&mut self, end: usize) -> Result<(u32, WireType), Malformed> {
        let from = self.at;
        let key = self.number(end).map_err(|_| malformed(from, NO_KEY))?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| 0 < number && number <= MOST);
        let wire = WireType::try_from(key & 7).ok();
        number.zip(wire).ok_or_else(|| malformed(from, NO_KEY))
    }

    #[inline]
    fn number(&mut self, end: usize) -> Result<u64, Malformed> {
        match self.source[..end].get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(byte.into())
            }
            _ => self.long_number(end),
        }
    }

    #[cold]
    fn long_number(&mut self, end: usize) -> Result<u64, Malformed> {
        let mut rest = &self.source[self.at..end];
        let number =
            decode_varint(&mut rest).map_err(|_| malformed(self.at, "a number that is none"))?;
        self.at = end - rest.len();
        Ok(number)
    }

    #[inline]
    fn take(&mut self, end: usize, len: u64) -> Result<&'a [u8], Malformed> {
        let rest = &self.source[self.at..end];
        if len > rest.len() as u64 {
            return Err(malformed(self.at, "a length that leads out of its message"));
        }
        self.at += len as usize;
        Ok(&rest[..len as usize])
    }
}
