//! The walk through a message.

use prost::encoding::{WireType, decode_key, decode_varint};

use super::frames::{Frame, ROOT};
use super::schema::{Field, Kind, Message, Shape};
use super::{Own, malformed};
use crate::structured::leaves::{Kind as Leaf, Leaves};
use crate::structured::malformed::Malformed;

/// How deep messages are followed.
const DEEPEST: usize = 1024;

/// The field of an entry that is its key.
const KEY: u32 = 1;

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
    open: &'a mut Vec<Open>,
    frames: &'a mut Vec<Frame>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a [u8], leaves: &'a mut Leaves, own: &'a mut Own) -> Self {
        own.open.clear();
        own.frames.clear();
        Self { source, at: 0, leaves, open: &mut own.open, frames: &mut own.frames }
    }

    pub(super) fn read(mut self, root: &'static Message) -> Result<(), Malformed> {
        self.begin(root, ROOT, self.source.len());
        while let Some(open) = self.open.last().copied() {
            if self.at < open.end {
                self.field(&open)?;
            } else {
                self.end(open);
            }
        }
        Ok(())
    }

    /// Begins a message that ends at `end`.
    fn begin(&mut self, message: &'static Message, frame: u32, end: usize) {
        let pass = match message.shape {
            Shape::Object | Shape::Record => {
                self.leaves.put(b"{");
                Pass::All
            }
            Shape::Array => {
                self.leaves.put(b"[");
                Pass::All
            }
            Shape::Plain => Pass::All,
            Shape::Entry => Pass::Keys,
        };
        self.open.push(Open { message, start: self.at, end, frame, pass, last: 0, shown: false });
    }

    fn end(&mut self, open: Open) {
        match (open.message.shape, open.pass, open.shown) {
            (Shape::Entry, Pass::Keys, shown) => {
                if !shown {
                    self.leaves.put(b"\"\"");
                }
                self.at = open.start;
                if let Some(open) = self.open.last_mut() {
                    (open.pass, open.shown) = (Pass::Values, false);
                }
                return;
            }
            (Shape::Entry, _, false) => self.leaves.put(b":null"),
            (Shape::Plain, _, false) => self.leaves.put(b"null"),
            (Shape::Entry | Shape::Plain, _, true) => {}
            (Shape::Array, ..) => self.leaves.put(b"]"),
            (Shape::Object | Shape::Record, ..) => self.leaves.put(b"}"),
        }
        self.open.pop();
    }

    /// Reads a field of `open`, the innermost message.
    fn field(&mut self, open: &Open) -> Result<(), Malformed> {
        let from = self.at;
        let mut rest = &self.source[from..open.end];
        let (number, wire) =
            decode_key(&mut rest).map_err(|_| malformed(from, "a key that is none"))?;
        self.at = open.end - rest.len();
        let read = match open.pass {
            Pass::All => true,
            Pass::Keys => number == KEY,
            Pass::Values => number != KEY,
        };
        let field = if read { open.message.field(number) } else { None };
        match wire {
            WireType::Varint => self.varint(open, from, field),
            WireType::SixtyFourBit => self.eight(open, from, field),
            WireType::ThirtyTwoBit => self.take(open.end, 4_u32).map(|_| ()),
            WireType::LengthDelimited => {
                let source = self.at;
                let len = self.number(open.end)?;
                let says = self.take(open.end, len)?;
                match read {
                    true => self.delimited(open, number, field, (source, says)),
                    false => Ok(()),
                }
            }
            WireType::StartGroup | WireType::EndGroup => Err(malformed(from, "it has a group")),
        }
    }

    fn varint(&mut self, open: &Open, from: usize, field: Option<&Field>) -> Result<(), Malformed> {
        let number = self.number(open.end)?;
        if let Some(field) = field.filter(|field| matches!(field.kind, Kind::Integer)) {
            self.show(field);
            // A negative one is its two's complement.
            self.leaves.number(number.cast_signed(), from..self.at, open.frame);
        }
        Ok(())
    }

    fn eight(&mut self, open: &Open, from: usize, field: Option<&Field>) -> Result<(), Malformed> {
        let bytes = self.take(open.end, 8_u32)?;
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        if let Some(field) = field.filter(|field| matches!(field.kind, Kind::Float)) {
            self.show(field);
            self.leaves.number(f64::from_le_bytes(bytes), from..self.at, open.frame);
        }
        Ok(())
    }

    /// A field with a length, which begins at `source` and says `says`.
    fn delimited(
        &mut self,
        open: &Open,
        number: u32,
        field: Option<&'static Field>,
        (source, says): (usize, &[u8]),
    ) -> Result<(), Malformed> {
        let place = source..self.at;
        match field.map(|field| (field, field.kind)) {
            Some((_, Kind::Unread)) => {}
            Some((field, Kind::Text)) => {
                self.show(field);
                self.leaves.quoted(says, place, Leaf::Text, open.frame);
            }
            Some((field, Kind::Message(message))) => {
                if self.open.len() == DEEPEST {
                    return Err(malformed(source, "it is nested too deep"));
                }
                self.show_message(field, message);
                let (start, end) = (self.at - says.len(), self.at);
                let frame = self.frames.len() as u32;
                let (from, start) = (source as u32, start as u32);
                self.frames.push(Frame { parent: open.frame, from, start, end: end as u32 });
                self.at = start as usize;
                self.begin(message, frame, end);
            }
            // Numbers in a row are as good as nothing that is known.
            Some((_, Kind::Integer | Kind::Float)) | None if says.is_empty() => {}
            Some((_, Kind::Integer | Kind::Float)) | None => {
                self.separate(number, b",");
                self.leaves.quoted(says, place, Leaf::Unknown, open.frame);
            }
        }
        Ok(())
    }

    fn show_message(&mut self, field: &Field, message: &Message) {
        let separator: &[u8] = if message.shape == Shape::Record { b"\n" } else { b"," };
        self.separate(field.number, separator);
        self.name(field);
    }

    fn show(&mut self, field: &Field) {
        self.separate(field.number, b",");
        self.name(field);
    }

    /// Puts what stands before a field into the text.
    fn separate(&mut self, number: u32, separator: &[u8]) {
        let Some(open) = self.open.last_mut() else { return };
        let shown = std::mem::replace(&mut open.shown, true);
        match (open.pass, shown) {
            (Pass::Values, false) => self.leaves.put(b":"),
            (Pass::All | Pass::Keys, false) => {}
            (_, true) => self.leaves.put(separator),
        }
        if open.message.field(number).is_none() {
            open.last = 0;
        }
    }

    /// Puts the name of a field into the text, unless it is the one before too.
    fn name(&mut self, field: &Field) {
        let Some(open) = self.open.last_mut() else { return };
        if std::mem::replace(&mut open.last, field.number) == field.number || field.name.is_empty()
        {
            return;
        }
        for part in [b"\"", field.name.as_bytes(), b"\":"] {
            self.leaves.put(part);
        }
    }

    fn number(&mut self, end: usize) -> Result<u64, Malformed> {
        let mut rest = &self.source[self.at..end];
        let number =
            decode_varint(&mut rest).map_err(|_| malformed(self.at, "a number that is none"))?;
        self.at = end - rest.len();
        Ok(number)
    }

    fn take(&mut self, end: usize, len: impl Into<u64>) -> Result<&'a [u8], Malformed> {
        let (rest, len) = (&self.source[self.at..end], len.into());
        if len > rest.len() as u64 {
            return Err(malformed(self.at, "a length that leads out of its message"));
        }
        self.at += len as usize;
        Ok(&rest[..len as usize])
    }
}
