//! What is known of messages.

/// A message: the fields in which text can stand.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) shape: Shape,
    pub(super) fields: &'static [Field],
}

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
    /// What the text calls it; nothing for what its message is.
    pub(super) name: &'static str,
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
    /// Bytes that are no text: the ids of traces, numbers without end.
    Unread,
}

/// The field in which a value has text, of Vector's values and of those of OTLP.
pub(super) const TEXT: u32 = 1;

/// A field called `name`.
pub(super) const fn field(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind }
}

/// A field that is what its message is.
pub(super) const fn bare(number: u32, kind: Kind) -> Field {
    Field { number, name: "", kind }
}

impl Message {
    pub(super) const fn new(shape: Shape, fields: &'static [Field]) -> Self {
        Self { shape, fields }
    }

    pub(super) fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// A message without text.
pub(super) static NOTHING: Message = Message::new(Shape::Plain, &[]);

/// A message of which nothing is known.
pub(super) static UNKNOWN: Message = Message::new(Shape::Object, &[]);
