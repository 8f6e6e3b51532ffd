//! What stands before a value of MessagePack: its kind and its length.

use rmp::Marker;

use crate::serve::fault::Fault;

/// What a value is, as far as the protocol asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nil,
    Int,
    Str,
    Bin,
    Array,
    Map,
    /// An extension, such as a time of Fluent's.
    Ext,
    /// A boolean or a float.
    Other,
}

/// The head of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Bytes of the head itself.
    pub(super) width: usize,
    /// Values of an array, pairs of a map; of all others the bytes behind the head.
    pub(super) count: usize,
}

/// Where the length stands.
enum Length {
    /// In the first byte, or it is the same for all of a kind.
    Known(usize),
    /// In so many bytes behind it.
    Behind(usize),
}

impl Head {
    /// The head that begins `bytes`; none if it is not whole yet.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let (kind, length) = kind(Marker::from_u8(first))?;
        let (width, count) = match length {
            Length::Known(count) => (1, count),
            Length::Behind(width) => match rest.get(..width) {
                None => return Ok(None),
                Some(length) => {
                    (1 + width, length.iter().fold(0, |all, &byte| all << 8 | usize::from(byte)))
                }
            },
        };
        // The type of an extension of any length stands behind its length.
        let kind_byte = usize::from(kind == Kind::Ext && width > 1);
        Ok(Some(Self { kind, width, count: count + kind_byte }))
    }

    /// Bytes behind the head that belong to the value itself.
    pub(super) fn body(self) -> usize {
        if matches!(self.kind, Kind::Array | Kind::Map) { 0 } else { self.count }
    }

    /// Values inside of it.
    pub(super) fn values(self) -> usize {
        match self.kind {
            Kind::Array => self.count,
            Kind::Map => self.count.saturating_mul(2),
            _ => 0,
        }
    }

    /// Writes the head of a string, or of binary data, of `len` bytes; no narrower than this one.
    pub(super) fn put(self, len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let behind = self.width - 1;
        let [one, two, four] = match self.kind {
            Kind::Bin => [Marker::Bin8, Marker::Bin16, Marker::Bin32],
            _ => [Marker::Str8, Marker::Str16, Marker::Str32],
        };
        if behind == 0 && len < 32 {
            out.push(Marker::FixStr(len as u8).to_u8());
        } else if behind <= 1
            && let Ok(len) = u8::try_from(len)
        {
            out.extend([one.to_u8(), len]);
        } else if behind <= 2
            && let Ok(len) = u16::try_from(len)
        {
            out.push(two.to_u8());
            out.extend(len.to_be_bytes());
        } else {
            let len = u32::try_from(len).map_err(|_| Fault::TooLong)?;
            out.push(four.to_u8());
            out.extend(len.to_be_bytes());
        }
        Ok(())
    }
}

fn kind(marker: Marker) -> Result<(Kind, Length), Fault> {
    use Length::{Behind, Known};

    Ok(match marker {
        Marker::Null => (Kind::Nil, Known(0)),
        Marker::FixPos(_) | Marker::FixNeg(_) => (Kind::Int, Known(0)),
        Marker::U8 | Marker::I8 => (Kind::Int, Known(1)),
        Marker::U16 | Marker::I16 => (Kind::Int, Known(2)),
        Marker::U32 | Marker::I32 => (Kind::Int, Known(4)),
        Marker::U64 | Marker::I64 => (Kind::Int, Known(8)),
        Marker::True | Marker::False => (Kind::Other, Known(0)),
        Marker::F32 => (Kind::Other, Known(4)),
        Marker::F64 => (Kind::Other, Known(8)),
        Marker::FixStr(len) => (Kind::Str, Known(len.into())),
        Marker::Str8 => (Kind::Str, Behind(1)),
        Marker::Str16 => (Kind::Str, Behind(2)),
        Marker::Str32 => (Kind::Str, Behind(4)),
        Marker::Bin8 => (Kind::Bin, Behind(1)),
        Marker::Bin16 => (Kind::Bin, Behind(2)),
        Marker::Bin32 => (Kind::Bin, Behind(4)),
        Marker::FixArray(len) => (Kind::Array, Known(len.into())),
        Marker::Array16 => (Kind::Array, Behind(2)),
        Marker::Array32 => (Kind::Array, Behind(4)),
        Marker::FixMap(len) => (Kind::Map, Known(len.into())),
        Marker::Map16 => (Kind::Map, Behind(2)),
        Marker::Map32 => (Kind::Map, Behind(4)),
        // With the byte of its type.
        Marker::FixExt1 => (Kind::Ext, Known(2)),
        Marker::FixExt2 => (Kind::Ext, Known(3)),
        Marker::FixExt4 => (Kind::Ext, Known(5)),
        Marker::FixExt8 => (Kind::Ext, Known(9)),
        Marker::FixExt16 => (Kind::Ext, Known(17)),
        Marker::Ext8 => (Kind::Ext, Behind(1)),
        Marker::Ext16 => (Kind::Ext, Behind(2)),
        Marker::Ext32 => (Kind::Ext, Behind(4)),
        Marker::Reserved => return Err(Fault::Malformed("a byte that begins no value")),
    })
}
