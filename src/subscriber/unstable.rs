//! Everything that rests on parts of tracing-core that it does not promise to keep.
//!
//! | what | why there is no other way |
//! |---|---|
//! | `FieldSet::value_set_all` (hidden) | values of an event can be made anew by its macros only |
//! | `callsite::Identifier.0` (hidden) | a `Record` names its fields one by one and does not give their set |
//!
//! Both were read in 0.1.36. What would change for us if they did: a set in which a value stands at another field's place.
//! `tests/inside` holds every type of value against what a subscriber sees, and notices another version of the crate.

use tracing_core::field::{Field, FieldSet, Value, ValueSet};
use tracing_core::span::{Attributes, Record};
use tracing_core::{Event, Metadata};

/// The values of a set that takes the place of another, each at the index of its field.
pub(super) type Slots<'a> = Vec<Option<&'a dyn Value>>;

/// The set that `field` is one of.
pub(super) fn set_of(field: &Field) -> &'static FieldSet {
    field.callsite().0.metadata().fields()
}

/// Calls `then` with `event` as it would be with other values.
pub(super) fn with_event(event: &Event<'_>, slots: &Slots<'_>, then: impl FnOnce(&Event<'_>)) {
    let metadata = event.metadata();
    let values = values(metadata.fields(), slots);
    then(&match event.parent() {
        Some(parent) => Event::new_child_of(parent.clone(), metadata, &values),
        None if event.is_root() => Event::new_child_of(None, metadata, &values),
        None => Event::new(metadata, &values),
    });
}

/// Calls `then` with `span` as it would be with other values.
pub(super) fn with_span<T>(
    span: &Attributes<'_>,
    slots: &Slots<'_>,
    then: impl FnOnce(&Attributes<'_>) -> T,
) -> T {
    let metadata: &'static Metadata<'static> = span.metadata();
    let values = values(metadata.fields(), slots);
    then(&match span.parent() {
        Some(parent) => Attributes::child_of(parent.clone(), metadata, &values),
        None if span.is_root() => Attributes::new_root(metadata, &values),
        None => Attributes::new(metadata, &values),
    })
}

/// Calls `then` with the late values of a span as they would be with other ones. `fields` is the span's.
pub(super) fn with_record(
    fields: &'static FieldSet,
    slots: &Slots<'_>,
    then: impl FnOnce(&Record<'_>),
) {
    then(&Record::new(&values(fields, slots)));
}

fn values<'a>(fields: &'a FieldSet, slots: &'a Slots<'a>) -> ValueSet<'a> {
    debug_assert_eq!(fields.len(), slots.len(), "one slot for each field");
    fields.value_set_all(slots)
}
