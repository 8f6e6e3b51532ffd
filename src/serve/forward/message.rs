//! A message of the Forward protocol, taken apart.

use super::frames::Reach;
use super::head::{Head, Kind};
use crate::serve::fault::Fault;

/// What is none.
pub(super) const NOT_FORWARD: Fault =
    Fault::Malformed("no message of the Forward protocol in MessagePack");

/// The longest name of a chunk. It comes back in the acknowledgement, so it is sent as it came.
const LONGEST_CHUNK: usize = 256;

/// The longest answer to a greeting: names, a salt and digests.
const LONGEST_PING: usize = 8 << 10;

/// What a client says.
#[derive(Debug)]
pub(super) enum Message<'a> {
    /// That it is there.
    Heartbeat,
    /// Its answer to the upstream's greeting.
    Ping,
    Event(Event<'a>),
}

/// Records, in one of the ways to send some.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// The head of the array that all of it stands in.
    pub(super) head: &'a [u8],
    /// Values, one after the other: the tag, then a time and a record, or an array of entries.
    pub(super) said: &'a [u8],
    /// Entries in a string.
    pub(super) packed: Option<Packed<'a>>,
    pub(super) options: Options<'a>,
}

/// Entries, one after the other, inside of a string or of binary data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    pub(super) head: Head,
    pub(super) whole: &'a [u8],
}

impl<'a> Packed<'a> {
    pub(super) fn entries(self) -> &'a [u8] {
        &self.whole[self.head.width..]
    }
}

/// How entries are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compressed {
    Gzip,
    Zstd,
}

/// What a message tells its receiver about itself.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) whole: &'a [u8],
    /// The head of the map.
    pub(super) head: &'a [u8],
    /// Pairs that are sent as they came: what the receiver acts on, and the name that comes back.
    pub(super) kept: Vec<&'a [u8]>,
    /// The names of those.
    names: Vec<&'a [u8]>,
    /// All others.
    pub(super) others: Vec<&'a [u8]>,
    pub(super) compressed: Option<Compressed>,
}

impl<'a> Message<'a> {
    /// Takes `message` apart, which is one value.
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = Rest { bytes: message, at: 0 };
        let head = rest.open()?;
        match head.kind {
            Kind::Nil => return Ok(Self::Heartbeat),
            Kind::Array if head.count >= 2 => {}
            _ => return Err(NOT_FORWARD),
        }
        let (tag, said) = rest.value()?;
        match (tag.kind, head.count) {
            (Kind::Str, 6) if said.ends_with(b"PING") && tag.count == 4 => rest.ping(),
            (Kind::Str, 2..=4) => Event::read(head, rest).map(Self::Event),
            _ => Err(NOT_FORWARD),
        }
    }
}

impl<'a> Event<'a> {
    /// Takes apart what stands behind the tag.
    fn read(head: Head, mut rest: Rest<'a>) -> Result<Self, Fault> {
        let tag = rest.at;
        let (second, whole) = rest.value()?;
        let mut packed = None;
        let (said, before) = match second.kind {
            Kind::Array => (rest.at, 2),
            Kind::Str | Kind::Bin => {
                packed = Some(Packed { head: second, whole });
                (tag, 2)
            }
            // A time.
            Kind::Int | Kind::Ext | Kind::Other => match rest.value()?.0.kind {
                Kind::Map => (rest.at, 3),
                _ => return Err(NOT_FORWARD),
            },
            Kind::Map | Kind::Nil => return Err(NOT_FORWARD),
        };
        let options = match head.count.checked_sub(before) {
            Some(0) => Options::default(),
            Some(1) => Options::read(&mut rest)?,
            _ => return Err(NOT_FORWARD),
        };
        let (head, said) = (&rest.bytes[..head.width], &rest.bytes[head.width..said]);
        Ok(Self { head, said, packed, options })
    }
}

impl<'a> Options<'a> {
    fn read(rest: &mut Rest<'a>) -> Result<Self, Fault> {
        let start = rest.at;
        let head = rest.open()?;
        let mut options = Self { head: &rest.bytes[start..rest.at], ..Self::default() };
        match head.kind {
            // Docker's driver sends it.
            Kind::Nil => {}
            Kind::Map => (0..head.count).try_for_each(|_| options.pair(rest))?,
            _ => return Err(NOT_FORWARD),
        }
        options.whole = &rest.bytes[start..rest.at];
        Ok(options)
    }

    fn pair(&mut self, rest: &mut Rest<'a>) -> Result<(), Fault> {
        let start = rest.at;
        let (key, name) = rest.value()?;
        let name = &name[key.width..];
        let (value, says) = rest.value()?;
        let pair = &rest.bytes[start..rest.at];
        let named = matches!(key.kind, Kind::Str | Kind::Bin);
        let text = matches!(value.kind, Kind::Str | Kind::Bin);
        let says = &says[value.width..];
        let kept = match name {
            b"chunk" if named => text && value.count <= LONGEST_CHUNK,
            b"size" | b"fluent_signal" if named => value.kind == Kind::Int,
            b"compressed" if named => {
                self.compressed = match says {
                    b"gzip" => Some(Compressed::Gzip),
                    b"zstd" => Some(Compressed::Zstd),
                    b"text" => None,
                    _ => return Err(Fault::Malformed("entries that are compressed another way")),
                };
                text
            }
            _ => {
                self.others.push(pair);
                return Ok(());
            }
        };
        // Given twice, one receiver would take the first and another the last.
        // As a string or as binary data, a name is the same.
        let twice = self.names.contains(&name);
        if !kept || twice {
            return Err(Fault::Malformed("an option that cannot be"));
        }
        self.names.push(name);
        self.kept.push(pair);
        Ok(())
    }
}

/// What has not been read of a message.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    /// Reads a head; what is inside of it comes next.
    fn open(&mut self) -> Result<Head, Fault> {
        let head = Head::read(&self.bytes[self.at..])?.ok_or(Fault::Incomplete)?;
        self.at += head.width;
        Ok(head)
    }

    /// Reads a value as a whole.
    fn value(&mut self) -> Result<(Head, &'a [u8]), Fault> {
        let start = self.at;
        let head = Head::read(&self.bytes[start..])?.ok_or(Fault::Incomplete)?;
        let mut reach = Reach::from(start);
        if !reach.advance(self.bytes, self.bytes.len())? {
            return Err(Fault::Incomplete);
        }
        self.at = reach.at;
        Ok((head, &self.bytes[start..self.at]))
    }

    /// The five strings of an answer to a greeting.
    fn ping(&mut self) -> Result<Message<'a>, Fault> {
        for _ in 0..5 {
            if !matches!(self.value()?.0.kind, Kind::Str | Kind::Bin) {
                return Err(NOT_FORWARD);
            }
        }
        if self.bytes.len() > LONGEST_PING { Err(Fault::TooLong) } else { Ok(Message::Ping) }
    }
}
