//! Values that take the place of those in which something was found.

use std::fmt;

use tracing_core::field::{self, DebugValue, Value as TracingValue};

use super::gather::{Gathered, Kind, Look, Value};
use super::redacted_error::RedactedError;
use super::unstable::Slots;
use crate::redactor::text;
use crate::{Guard, Redactor, Surface};

/// The values of an event, redacted.
pub(super) struct Rewritten {
    /// Each with the index of its field.
    values: Vec<(usize, New)>,
    /// How many fields there are.
    fields: usize,
}

/// A value that owns what it shows.
enum New {
    Text(String),
    Bytes(Box<[u8]>),
    Shown(DebugValue<Shown>),
    Error(Box<dyn std::error::Error>),
    Bool(bool),
    F64(f64),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
}

/// Shows a text as it is.
struct Shown(String);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Looks through what was gathered. None if there is nothing to redact.
pub(super) fn rewrite(guard: &Guard, gathered: &mut Gathered) -> Option<Rewritten> {
    let found = guard.timed(Surface::TRACING, gathered.text.len(), |redactor| {
        mark_suspects(redactor, gathered);
        let (guard, gathered) = (Seen { guard, redactor }, &*gathered);
        let suspects = gathered.values.iter().enumerate();
        let suspects = suspects.filter(|(_, value)| value.look != Look::Clean);
        suspects
            .filter_map(|(at, value)| Some((at, guard.redacted(gathered, value)?)))
            .collect::<Vec<_>>()
    });
    (!found.is_empty()).then(|| Rewritten::new(gathered, found))
}

/// Marks the values in which something might begin.
fn mark_suspects(redactor: &Redactor, gathered: &mut Gathered) {
    let (text, values) = (&gathered.text, &mut gathered.values);
    let told = redactor.suspects(text, |at| {
        let suspect = values.partition_point(|value| value.end <= at);
        if let Some(value) = values.get_mut(suspect) {
            let place = if at < value.start { Look::Name } else { Look::Value };
            value.look = value.look.and(place);
        }
    });
    if !told {
        values.iter_mut().for_each(|value| value.look = value.look.and(Look::Both));
    }
}

/// What redacts, for one event.
struct Seen<'a> {
    guard: &'a Guard,
    redactor: &'a Redactor,
}

impl Seen<'_> {
    /// The value without what has to go. None if it can stay.
    fn redacted(&self, gathered: &Gathered, value: &Value) -> Option<Vec<u8>> {
        let bytes = gathered.value(value);
        if value.look == Look::Hide
            && let Some(hidden) = self.guard.hide(self.redactor, Surface::TRACING, bytes)
        {
            return Some(hidden);
        }
        let alone = match value.look {
            // The first look saw it alone too.
            Look::Name => None,
            Look::Shorten => Some(self.look(bytes).unwrap_or_else(|| bytes.to_vec())),
            _ => self.look(bytes),
        };
        let (named, name) = gathered.named(value);
        if name == 0 || value.look == Look::Value {
            return alone;
        }
        self.guard.behind_name(self.redactor, Surface::TRACING, (named, name), alone)
    }

    fn look(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self.guard.look(self.redactor, Surface::TRACING, bytes) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(redacted) => Some(redacted),
        }
    }
}

impl Rewritten {
    /// `found` has what stands for values, by their index.
    fn new(gathered: &Gathered, found: Vec<(usize, Vec<u8>)>) -> Self {
        let mut found = found.into_iter().peekable();
        let mut texts = gathered.values.iter().enumerate().map(|(at, value)| {
            let new = found.next_if(|(other, _)| *other == at).map(|(_, new)| new);
            let changed = new.is_some();
            (value, new.unwrap_or_else(|| gathered.value(value).to_vec()), changed)
        });
        let mut values = Vec::with_capacity(gathered.values.len());
        while let Some((value, bytes, changed)) = texts.next() {
            let new = match value.kind {
                Kind::Error => New::Error(Box::new(error(bytes, &mut texts))),
                kind if changed => New::changed(kind, bytes),
                kind => New::same(kind, bytes),
            };
            values.push((value.field, new));
        }
        Self { values, fields: gathered.fields.map_or(0, |fields| fields.len()) }
    }

    /// The values at their places.
    pub(super) fn slots(&self) -> Slots<'_> {
        let mut slots: Slots<'_> = vec![None; self.fields];
        for (field, value) in &self.values {
            slots[*field] = Some(value.value());
        }
        slots
    }
}

/// An error with its causes, which are the next of `texts`.
fn error<'a>(
    display: Vec<u8>,
    texts: &mut impl Iterator<Item = (&'a Value, Vec<u8>, bool)>,
) -> RedactedError {
    let mut chain = vec![text(display)];
    let mut debug = String::new();
    for (value, bytes, _) in texts {
        if matches!(value.kind, Kind::ErrorDebug) {
            debug = text(bytes);
            break;
        }
        chain.push(text(bytes));
    }
    let cause = chain.split_off(1).into_iter().rev().fold(None, |cause, display| {
        Some(Box::new(RedactedError { debug: display.clone(), display, cause }))
    });
    RedactedError { display: chain.remove(0), debug, cause }
}

impl New {
    /// A value in which something was found. Numbers become text.
    fn changed(kind: Kind, bytes: Vec<u8>) -> Self {
        match kind {
            Kind::Bytes => New::Bytes(bytes.into()),
            Kind::Shown => New::Shown(field::debug(Shown(text(bytes)))),
            _ => New::Text(text(bytes)),
        }
    }

    fn same(kind: Kind, bytes: Vec<u8>) -> Self {
        match kind {
            Kind::Text | Kind::Error | Kind::Cause | Kind::ErrorDebug => New::Text(text(bytes)),
            Kind::Bytes => New::Bytes(bytes.into()),
            Kind::Shown => New::Shown(field::debug(Shown(text(bytes)))),
            Kind::Bool(value) => New::Bool(value),
            Kind::F64(value) => New::F64(value),
            Kind::I64(value) => New::I64(value),
            Kind::U64(value) => New::U64(value),
            Kind::I128(value) => New::I128(value),
            Kind::U128(value) => New::U128(value),
        }
    }

    fn value(&self) -> &dyn TracingValue {
        match self {
            New::Text(text) => text,
            New::Bytes(bytes) => bytes,
            New::Shown(shown) => shown,
            New::Error(error) => error,
            New::Bool(value) => value,
            New::F64(value) => value,
            New::I64(value) => value,
            New::U64(value) => value,
            New::I128(value) => value,
            New::U128(value) => value,
        }
    }
}
