//! MessagePack in, the same MessagePack without secrets out.

use std::borrow::Cow;

use rmp::Marker;

use super::edit::{Edit, splice};
use super::leaves::{Found, Kind, LONGEST_DOCUMENT, Leaf, Leaves};
use super::malformed::Malformed;
use super::scratch::{self, Kept};
use crate::{Finding, Names, Redactor, Span};

/// How deep containers are followed.
const DEEPEST: usize = 1024;

/// The note of a leaf that stands behind a key that tells.
const HIDDEN: u32 = 1;

thread_local!(static SCRATCH: Kept<Vec<Open>> = const { Kept::new(None) });

/// Documents of MessagePack being redacted.
///
/// What is looked through is the text that the same data is in JSON, with its strings decoded, so that keys tell what their
/// values are and a secret is found as [`JsonStream`](super::JsonStream) finds it. Strings, binary data and keys change where
/// something is found in them; integers and floats with a secret in their digits become strings, and so do extension values
/// with a secret in their bytes. Times (type -1, and type 0 of 8 bytes, which is Fluentd's) are kept. Every other byte stays:
/// types, order, the widths of numbers and of lengths.
///
/// ```
/// use keepmum::{Redactor, structured::MessagePack};
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// // {"pw": "correct horse", "n": 7}
/// let input = b"\x82\xa2pw\xadcorrect horse\xa1n\x07";
/// let output = MessagePack::new().redact(&redactor, input, &mut |_| {})?;
/// assert_eq!(*output, *b"\x82\xa2pw\xad[REDACTED:db]\xa1n\x07");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MessagePack {
    hide: Names,
    skip: Names,
}

impl Default for MessagePack {
    fn default() -> Self {
        Self::new()
    }
}

impl MessagePack {
    /// No name decides over a value.
    pub fn new() -> Self {
        Self { hide: Names::none(), skip: Names::none() }
    }

    /// The values of these fields are replaced as a whole, whatever they look like; of a map or an array all that
    /// is in it but its keys.
    ///
    /// ### Default
    ///
    /// None.
    #[must_use]
    pub fn hide(self, names: Names) -> Self {
        Self { hide: names, ..self }
    }

    /// The values of these fields are not looked through, nor what is in them: whoever says so answers for it. A field that is
    /// to be hidden too is hidden.
    ///
    /// ### Default
    ///
    /// None.
    #[must_use]
    pub fn skip(self, names: Names) -> Self {
        Self { skip: names, ..self }
    }

    /// Redacts one or more documents that stand one after the other; borrowed if there was nothing to redact. `found` is told
    /// what was, in order, with spans of the input.
    ///
    /// # Errors
    ///
    /// The input is no MessagePack, or its last document is not whole; it has containers inside containers more than 1,024
    /// deep, or more than 4,194,304 strings, keys and numbers; it is longer than 256 MiB.
    pub fn redact<'a>(
        &self,
        redactor: &Redactor,
        input: &'a [u8],
        found: &mut dyn FnMut(&Finding),
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        if input.len() > LONGEST_DOCUMENT {
            return Err(malformed(LONGEST_DOCUMENT, "it is too long"));
        }
        scratch::with(&SCRATCH, |scratch| {
            scratch.leaves.begin(input.len());
            scratch.own.clear();
            let (leaves, open) = (&mut scratch.leaves, &mut scratch.own);
            let walk = Walk { names: self, source: input, at: 0, leaves, open, hidden: false };
            let read = walk.read();
            if read.is_err() {
                scratch.leaves.wipe();
            }
            let hidden = read?;
            let cuts = scratch.leaves.look(redactor);
            if cuts.is_empty() && !hidden {
                return Ok(Cow::Borrowed(input));
            }
            let edits = edits(redactor, input, &scratch.leaves, Found::new(&cuts, found));
            scratch.leaves.wipe();
            let edits = edits?;
            if edits.is_empty() {
                return Ok(Cow::Borrowed(input));
            }
            Ok(Cow::Owned(splice(input, &edits)))
        })
    }
}

fn malformed(at: usize, why: &'static str) -> Malformed {
    Malformed::of("MessagePack", at as u64, why)
}

/// The leaves in which something changes.
fn edits(
    redactor: &Redactor,
    source: &[u8],
    leaves: &Leaves,
    mut found: Found<'_>,
) -> Result<Vec<Edit>, Malformed> {
    let mut edits = Vec::new();
    for (leaf, says) in leaves.all() {
        let here = found.within(leaf);
        let hides = if leaf.note == HIDDEN { redactor.hide_field(says) } else { None };
        let new = match hides {
            Some((new, finding)) => {
                found.tell_whole(leaf, &finding);
                new
            }
            None if here.is_empty() => continue,
            None => found.without(leaf, says, here),
        };
        edits.push(edit(source, leaf, &new)?);
    }
    Ok(edits)
}

/// The leaf with `new` in place of what it says. Its header keeps its width, if the new length fits.
fn edit(source: &[u8], leaf: &Leaf, new: &[u8]) -> Result<Edit, Malformed> {
    let span = leaf.span();
    let too_long = malformed(span.start, "what stands for a secret is too long for it");
    let len = u32::try_from(new.len()).map_err(|_| too_long)?;
    let needed = match len {
        0..32 => 0,
        32..0x100 => 1,
        0x100..0x1_0000 => 2,
        _ => 4,
    };
    let (least, is_binary) = match Marker::from_u8(source[span.start]) {
        Marker::Bin8 => (1, true),
        Marker::Bin16 => (2, true),
        Marker::Bin32 => (4, true),
        Marker::Str8 => (1, false),
        Marker::Str16 => (2, false),
        Marker::Str32 => (4, false),
        _ => (0, false),
    };
    let marker = match (needed.max(least), is_binary) {
        (0, _) => Marker::FixStr(len as u8),
        (1, false) => Marker::Str8,
        (2, false) => Marker::Str16,
        (_, false) => Marker::Str32,
        (1, true) => Marker::Bin8,
        (2, true) => Marker::Bin16,
        (_, true) => Marker::Bin32,
    };
    let width = needed.max(least);
    let mut with = Vec::with_capacity(1 + width + new.len());
    with.push(marker.to_u8());
    with.extend_from_slice(&len.to_be_bytes()[4 - width..]);
    with.extend_from_slice(new);
    Ok(Edit { span: Span::new(span.start as u64, span.end as u64), with })
}

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    Look,
    Hide,
    Skip,
}

/// A container that is not read to its end.
#[derive(Clone, Copy, Debug)]
struct Open {
    container: Container,
    /// Items to come; of a map keys and values.
    left: u64,
    begun: bool,
    treatment: Treatment,
    /// That of the value that comes next, as its key says.
    value: Treatment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Map,
    Array,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Key,
    Value,
}

/// Reads documents from their first byte to their last, without recursion: hosts call this on small stacks.
struct Walk<'a> {
    names: &'a MessagePack,
    source: &'a [u8],
    at: usize,
    leaves: &'a mut Leaves,
    open: &'a mut Vec<Open>,
    /// Whether a value is to be hidden.
    hidden: bool,
}

impl<'a> Walk<'a> {
    /// Reads all; whether a value is to be hidden.
    fn read(mut self) -> Result<bool, Malformed> {
        while self.at < self.source.len() {
            if self.open.is_empty() && self.at > 0 {
                self.leaves.put(b"\n");
            }
            let (place, treatment) = self.next();
            self.item(place, treatment)?;
            self.close();
            if self.leaves.are_too_many() {
                return Err(malformed(self.at, "it has too many parts"));
            }
        }
        if self.open.is_empty() { Ok(self.hidden) } else { Err(self.truncated()) }
    }

    /// Goes on to the next item; where it stands, and what is done with it.
    fn next(&mut self) -> (Place, Treatment) {
        let Some(open) = self.open.last_mut() else { return (Place::Value, Treatment::Look) };
        let is_key = open.container == Container::Map && open.left.is_multiple_of(2);
        let is_map_value = open.container == Container::Map && !is_key;
        open.left -= 1;
        let (begun, outer) = (std::mem::replace(&mut open.begun, true), open.treatment);
        if outer == Treatment::Skip {
            return (Place::Value, Treatment::Skip);
        }
        if is_map_value {
            let value = open.value;
            self.leaves.put(if value == Treatment::Skip { b":null" } else { b":" });
            return (Place::Value, value);
        }
        if begun {
            self.leaves.put(b",");
        }
        if is_key {
            open.value = outer;
            return (Place::Key, Treatment::Look);
        }
        (Place::Value, outer)
    }

    /// Ends the containers that have nothing to come.
    fn close(&mut self) {
        while let Some(open) = self.open.last().filter(|open| open.left == 0) {
            match (open.treatment, open.container) {
                (Treatment::Skip, _) => {}
                (_, Container::Map) => self.leaves.put(b"}"),
                (_, Container::Array) => self.leaves.put(b"]"),
            }
            self.open.pop();
        }
    }

    fn item(&mut self, place: Place, treatment: Treatment) -> Result<(), Malformed> {
        let from = self.at;
        let marker = Marker::from_u8(self.source[from]);
        self.at += 1;
        match marker {
            Marker::FixStr(len) => self.bytes(len.into(), from, place, treatment),
            Marker::Str8 | Marker::Bin8 => {
                let len = self.length::<1>()?;
                self.bytes(len, from, place, treatment)
            }
            Marker::Str16 | Marker::Bin16 => {
                let len = self.length::<2>()?;
                self.bytes(len, from, place, treatment)
            }
            Marker::Str32 | Marker::Bin32 => {
                let len = self.length::<4>()?;
                self.bytes(len, from, place, treatment)
            }
            Marker::FixMap(len) => self.begin(Container::Map, len.into(), treatment),
            Marker::Map16 => {
                let len = self.length::<2>()?;
                self.begin(Container::Map, len, treatment)
            }
            Marker::Map32 => {
                let len = self.length::<4>()?;
                self.begin(Container::Map, len, treatment)
            }
            Marker::FixArray(len) => self.begin(Container::Array, len.into(), treatment),
            Marker::Array16 => {
                let len = self.length::<2>()?;
                self.begin(Container::Array, len, treatment)
            }
            Marker::Array32 => {
                let len = self.length::<4>()?;
                self.begin(Container::Array, len, treatment)
            }
            Marker::FixExt1 => self.extension(1, from, treatment),
            Marker::FixExt2 => self.extension(2, from, treatment),
            Marker::FixExt4 => self.extension(4, from, treatment),
            Marker::FixExt8 => self.extension(8, from, treatment),
            Marker::FixExt16 => self.extension(16, from, treatment),
            Marker::Ext8 => {
                let len = self.length::<1>()?;
                self.extension(len, from, treatment)
            }
            Marker::Ext16 => {
                let len = self.length::<2>()?;
                self.extension(len, from, treatment)
            }
            Marker::Ext32 => {
                let len = self.length::<4>()?;
                self.extension(len, from, treatment)
            }
            Marker::Reserved => Err(malformed(from, "a byte that begins nothing")),
            scalar => self.scalar(scalar, from, place, treatment),
        }
    }

    /// A string, or binary data.
    fn bytes(
        &mut self,
        len: u64,
        from: usize,
        place: Place,
        treatment: Treatment,
    ) -> Result<(), Malformed> {
        let says = self.take(len)?;
        if place == Place::Key {
            self.key(says);
        }
        if treatment != Treatment::Skip {
            let note = self.note(treatment);
            self.leaves.quoted(says, from..self.at, Kind::Text, note);
        }
        Ok(())
    }

    /// Says what is done with the value of a key.
    fn key(&mut self, says: &[u8]) {
        let Some(open) = self.open.last_mut().filter(|open| open.treatment == Treatment::Look)
        else {
            return;
        };
        if self.names.hide.tells_bytes(says) {
            open.value = Treatment::Hide;
        } else if self.names.skip.tells_bytes(says) {
            open.value = Treatment::Skip;
        }
    }

    fn begin(
        &mut self,
        container: Container,
        len: u64,
        treatment: Treatment,
    ) -> Result<(), Malformed> {
        let left = if container == Container::Map { 2 * len } else { len };
        if left > (self.source.len() - self.at) as u64 {
            return Err(self.truncated());
        }
        if self.open.len() == DEEPEST {
            return Err(malformed(self.at, "it is nested too deep"));
        }
        match (treatment, container) {
            (Treatment::Skip, _) => {}
            (_, Container::Map) => self.leaves.put(b"{"),
            (_, Container::Array) => self.leaves.put(b"["),
        }
        self.open.push(Open { container, left, begun: false, treatment, value: treatment });
        Ok(())
    }

    /// An extension value. Its bytes are looked through as text, but for those of a time.
    fn extension(&mut self, len: u64, from: usize, treatment: Treatment) -> Result<(), Malformed> {
        let kind = self.take(1)?[0] as i8;
        let says = self.take(len)?;
        let is_time = matches!((kind, len), (-1, 4 | 8 | 12) | (0, 8));
        match treatment {
            Treatment::Skip => {}
            _ if is_time => self.leaves.put(b"null"),
            _ => {
                let note = self.note(treatment);
                self.leaves.quoted(says, from..self.at, Kind::Number, note);
            }
        }
        Ok(())
    }

    /// What has no length: numbers and words.
    fn scalar(
        &mut self,
        marker: Marker,
        from: usize,
        place: Place,
        treatment: Treatment,
    ) -> Result<(), Malformed> {
        let number = match marker {
            Marker::Null => return self.word(b"null", place, treatment),
            Marker::True => return self.word(b"true", place, treatment),
            Marker::False => return self.word(b"false", place, treatment),
            Marker::FixPos(number) => Number::Unsigned(number.into()),
            Marker::FixNeg(number) => Number::Signed(number.into()),
            Marker::U8 => Number::Unsigned(u8::from_be_bytes(self.fixed()?).into()),
            Marker::U16 => Number::Unsigned(u16::from_be_bytes(self.fixed()?).into()),
            Marker::U32 => Number::Unsigned(u32::from_be_bytes(self.fixed()?).into()),
            Marker::U64 => Number::Unsigned(u64::from_be_bytes(self.fixed()?)),
            Marker::I8 => Number::Signed(i8::from_be_bytes(self.fixed()?).into()),
            Marker::I16 => Number::Signed(i16::from_be_bytes(self.fixed()?).into()),
            Marker::I32 => Number::Signed(i32::from_be_bytes(self.fixed()?).into()),
            Marker::I64 => Number::Signed(i64::from_be_bytes(self.fixed()?)),
            Marker::F32 => Number::Single(f32::from_be_bytes(self.fixed()?)),
            Marker::F64 => Number::Double(f64::from_be_bytes(self.fixed()?)),
            _ => return Err(malformed(from, "a byte that begins nothing")),
        };
        if treatment == Treatment::Skip {
            return Ok(());
        }
        let (source, note) = (from..self.at, self.note(treatment));
        let quote: &[u8] = if place == Place::Key { b"\"" } else { b"" };
        self.leaves.put(quote);
        match number {
            Number::Unsigned(number) => self.leaves.number(number, source, note),
            Number::Signed(number) => self.leaves.number(number, source, note),
            Number::Single(number) => self.leaves.number(number, source, note),
            Number::Double(number) => self.leaves.number(number, source, note),
        }
        self.leaves.put(quote);
        Ok(())
    }

    /// What is never a secret.
    fn word(&mut self, word: &[u8], place: Place, treatment: Treatment) -> Result<(), Malformed> {
        if treatment != Treatment::Skip {
            let quote: &[u8] = if place == Place::Key { b"\"" } else { b"" };
            [quote, word, quote].iter().for_each(|part| self.leaves.put(part));
        }
        Ok(())
    }

    fn note(&mut self, treatment: Treatment) -> u32 {
        let hides = treatment == Treatment::Hide;
        self.hidden |= hides;
        if hides { HIDDEN } else { 0 }
    }

    fn length<const WIDTH: usize>(&mut self) -> Result<u64, Malformed> {
        let bytes: [u8; WIDTH] = self.fixed()?;
        Ok(bytes.iter().fold(0, |len, &byte| len << 8 | u64::from(byte)))
    }

    fn fixed<const LEN: usize>(&mut self) -> Result<[u8; LEN], Malformed> {
        let taken = self.source[self.at..].first_chunk().copied();
        let taken = taken.ok_or(self.truncated())?;
        self.at += LEN;
        Ok(taken)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let rest = &self.source[self.at..];
        if len > rest.len() as u64 {
            return Err(self.truncated());
        }
        self.at += len as usize;
        Ok(&rest[..len as usize])
    }

    fn truncated(&self) -> Malformed {
        malformed(self.source.len(), "it ends too early")
    }
}

/// A number of any width.
enum Number {
    Unsigned(u64),
    Signed(i64),
    Single(f32),
    Double(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_json_with_its_strings_decoded() {
        let names = MessagePack::new().skip(Names::none().with("skipped"));
        let (mut leaves, mut open) = (Leaves::default(), Vec::new());
        let source = b"\x84\xa1a\xa3x\"y\x01\xc0\xa7skipped\x92\xa1s\x81\xa1k\x07\xc3\x93\xc4\x01b\xd7\x00\0\0\0\0\0\0\0\0\xff\x90\xcb\x3f\xf8\0\0\0\0\0\0";
        let (leaves_, open_) = (&mut leaves, &mut open);
        let walk =
            Walk { names: &names, source, at: 0, leaves: leaves_, open: open_, hidden: false };
        assert_eq!(walk.read(), Ok(false));
        let text =
            b"{\"a\":\"x\"y\",\"1\":null,\"skipped\":null,\"true\":[\"b\",null,-1]}\n[]\n1.5";
        assert_eq!(leaves.text(), text, "{}", String::from_utf8_lossy(leaves.text()));
        for (leaf, says) in leaves.all().filter(|(leaf, _)| leaf.kind == Kind::Text) {
            assert!(source[leaf.span()].ends_with(says));
        }
    }
}
