//! MessagePack, read part by part.

use mlua::{Error, Result};
use rmp::Marker;

/// One part.
pub(crate) enum Item<'a> {
    /// What follows stands in it.
    Container,
    Text(&'a [u8]),
    /// A number, a truth value.
    Word,
}

impl Item<'_> {
    pub(crate) fn container(self) -> Result<()> {
        match self {
            Item::Container => Ok(()),
            Item::Text(_) | Item::Word => {
                Err(Error::runtime("a table came back as something else"))
            }
        }
    }
}

/// Reads a part. Only what tables are written as is known.
pub(crate) fn next<'a>(input: &mut &'a [u8]) -> Result<Item<'a>> {
    let marker = Marker::from_u8(taken(input, 1)?[0]);
    let (size, item) = match marker {
        Marker::FixStr(len) => return Ok(Item::Text(taken(input, len.into())?)),
        Marker::Str8 | Marker::Str16 | Marker::Str32 => {
            let width = match marker {
                Marker::Str8 => 1,
                Marker::Str16 => 2,
                _ => 4,
            };
            let bytes = taken(input, width)?;
            let len = bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
            return Ok(Item::Text(taken(input, len)?));
        }
        Marker::FixMap(_) | Marker::FixArray(_) => (0, Item::Container),
        Marker::Map16 | Marker::Array16 => (2, Item::Container),
        Marker::Map32 | Marker::Array32 => (4, Item::Container),
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::True | Marker::False => (0, Item::Word),
        Marker::U8 | Marker::I8 => (1, Item::Word),
        Marker::U16 | Marker::I16 => (2, Item::Word),
        Marker::U32 | Marker::I32 => (4, Item::Word),
        Marker::U64 | Marker::I64 | Marker::F64 => (8, Item::Word),
        _ => return Err(Error::runtime("something else came back than was given")),
    };
    taken(input, size)?;
    Ok(item)
}

fn taken<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) = input
        .split_at_checked(count)
        .ok_or_else(|| Error::runtime("less came back than was given"))?;
    *input = rest;
    Ok(taken)
}
