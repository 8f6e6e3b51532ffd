//! What is known of messages.

/// A message: the fields in which text can stand.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) shape: Shape,
    fields: &'static [Field],
    /// By number: one more than where the field stands in the list; 0 if it is not listed.
    places: [u8; NUMBERS],
}

/// Numbers of the fields that are listed lie below.
const NUMBERS: usize = 32;

/// What a message is in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{"name":value}`.
    Object,
    /// The same on a line of its own.
    Record,
    /// `[value,value]`.
    Array,
    /// What its one field says.
    Plain,
    /// `"key":value`, a part of the object that it stands in. The key is field 1.
    Entry,
}

/// A field that has a length on the wire, or whose number can become text.
///
/// Numbers that are not listed stay. What is not listed and has a length belongs to a newer schema, and is looked through as
/// bytes.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// What stands before it in the text, `"name":`; nothing for what its message is.
    pub(super) label: &'static str,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A string, or bytes that may be one.
    Text,
    Message(&'static Message),
    /// A number of a value, which has [`TEXT`] for what it says.
    Integer,
    Float,
    /// The random bytes of an id. More than an id has are no id.
    Id,
    /// Numbers one after the other, packed.
    Numbers,
}

/// The field in which a value has text, of Vector's values and of those of OTLP.
pub(super) const TEXT: u32 = 1;

/// A field with a name.
macro_rules! field {
    ($number:literal, $name:literal, $kind:expr) => {
        $crate::structured::protobuf::schema::Field {
            number: $number,
            label: concat!("\"", $name, "\":"),
            kind: $kind,
        }
    };
}
pub(super) use field;

/// A field that is what its message is.
pub(super) const fn bare(number: u32, kind: Kind) -> Field {
    Field { number, label: "", kind }
}

impl Message {
    pub(super) const fn new(shape: Shape, fields: &'static [Field]) -> Self {
        let (mut places, mut at) = ([0; NUMBERS], 0);
        while at < fields.len() {
            places[fields[at].number as usize] = at as u8 + 1;
            at += 1;
        }
        Self { shape, fields, places }
    }

    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<&'static Field> {
        let place = *self.places.get(number as usize)?;
        self.fields.get(usize::from(place).checked_sub(1)?)
    }
}

/// A message without text.
pub(super) static NOTHING: Message = Message::new(Shape::Plain, &[]);

/// A message of which nothing is known.
pub(super) static UNKNOWN: Message = Message::new(Shape::Object, &[]);
