//! The values of an event or a span, as text, in one buffer.

use std::error::Error;
use std::fmt::{self, Write as _};

use serde::Serialize;
use tracing_core::field::{Field, FieldSet, Visit};
use zeroize::Zeroize as _;

use super::unstable;
use crate::Names;

/// Most causes of an error that are looked at; those behind are cut off. A chain can be without end.
const CAUSES: usize = 64;
/// Numbers of fewer digits hold nothing that anything looks for.
const SHORTEST: u64 = 1000;

/// What was gathered. Memory is reused from event to event.
#[derive(Default)]
pub(super) struct Gathered {
    /// Each value as `name=value`, end to end: a name can tell a rule what its value is.
    pub(super) text: Vec<u8>,
    pub(super) values: Vec<Value>,
    /// The set that the fields are of, once there is a value.
    pub(super) fields: Option<&'static FieldSet>,
}

/// One value.
pub(super) struct Value {
    /// Index of its field.
    pub(super) field: usize,
    pub(super) kind: Kind,
    /// Where `name=` begins in the text, where the value does, and where it ends.
    pub(super) name: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) look: Look,
}

/// What a value was recorded as.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bytes,
    /// Formatted by `Debug` or `Display`; also the message.
    Shown,
    /// How an error shows itself; its causes follow, and then how `Debug` shows it.
    Error,
    Cause,
    ErrorDebug,
    Bool(bool),
    F64(f64),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
}

/// How closely a value has to be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The first look found nothing.
    Clean,
    /// The first look found where something might begin: in the value.
    Value,
    /// In the name, which may tell what the value is.
    Name,
    /// In both, or nobody knows where.
    Both,
    /// The name of its field tells.
    Hide,
    /// An error with more causes than are looked at: it goes on without those.
    Shorten,
}

impl Look {
    /// With something else that was found.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Clean, look) | (look, Self::Clean) => look,
            (Self::Value | Self::Name, other) if other != self => Self::Both,
            (look, _) => look,
        }
    }
}

impl Gathered {
    /// Forgets all but the memory. What may have been a secret is wiped.
    pub(super) fn clear(&mut self) {
        if self.values.iter().any(|value| value.look != Look::Clean) {
            self.text.zeroize();
        }
        self.text.clear();
        self.values.clear();
        self.fields = None;
    }

    /// What `name=value` is scanned as, and how much of it is the name.
    pub(super) fn named(&self, value: &Value) -> (&[u8], usize) {
        (&self.text[value.name..value.end], value.start - value.name)
    }

    pub(super) fn value(&self, value: &Value) -> &[u8] {
        &self.text[value.start..value.end]
    }
}

/// Visits values into a [`Gathered`].
pub(super) struct Gather<'a> {
    pub(super) into: &'a mut Gathered,
    pub(super) names: &'a Names,
}

impl Gather<'_> {
    fn add(&mut self, field: &Field, kind: Kind, write: impl FnOnce(&mut Vec<u8>, Look)) {
        let hide = !matches!(kind, Kind::Bool(_)) && self.names.tells(field.name());
        let look = if hide { Look::Hide } else { Look::Clean };
        let into = &mut *self.into;
        into.fields.get_or_insert_with(|| unstable::set_of(field));
        let (from, name) = (into.text.len(), field.name());
        if name != "message" {
            into.text.extend_from_slice(name.as_bytes());
            into.text.push(b'=');
        }
        let start = into.text.len();
        write(&mut into.text, look);
        if into.text.len() == start {
            // Nothing has no name.
            into.text.truncate(from);
        }
        let (start, end) = (start.min(into.text.len()), into.text.len());
        into.values.push(Value { field: field.index(), kind, name: from, start, end, look });
    }

    /// A number, which is as short as its absolute value says.
    fn number(&mut self, field: &Field, kind: Kind, size: u64, number: impl Serialize) {
        self.add(field, kind, |text, look| {
            if size >= SHORTEST || look == Look::Hide {
                // Quicker than `Display`, and what is written to memory arrives there.
                let _ = serde_json::to_writer(text, &number);
            }
        });
    }

    fn show(&mut self, field: &Field, kind: Kind, args: fmt::Arguments<'_>) {
        self.add(field, kind, |text, _| {
            // A `Debug` that fails has said what it could; whoever formats it next gets its error.
            let _ = Utf8(text).write_fmt(args);
        });
    }
}

/// Appends text; what is formatted is text whatever `io::Write` would take.
struct Utf8<'a>(&'a mut Vec<u8>);

impl fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Visit for Gather<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, Kind::F64(value), u64::MAX, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, Kind::I64(value), value.unsigned_abs(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, Kind::U64(value), value, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.number(field, Kind::I128(value), u64::MAX, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.number(field, Kind::U128(value), u64::MAX, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Kind::Bool(value), |_, _| {});
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Kind::Text, |text, _| text.extend_from_slice(value.as_bytes()));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.add(field, Kind::Bytes, |text, _| text.extend_from_slice(value));
    }

    /// The error and its causes, which formatters print one by one, and its `Debug`, which others print.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.show(field, Kind::Error, format_args!("{value}"));
        let (own, mut cause) = (self.into.values.len() - 1, value.source());
        for _ in 0..CAUSES {
            let Some(error) = cause else { break };
            self.show(field, Kind::Cause, format_args!("{error}"));
            cause = error.source();
        }
        if cause.is_some() && self.into.values[own].look == Look::Clean {
            self.into.values[own].look = Look::Shorten;
        }
        self.show(field, Kind::ErrorDebug, format_args!("{value:?}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.show(field, Kind::Shown, format_args!("{value:?}"));
    }
}
