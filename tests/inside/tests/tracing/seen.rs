//! A layer that keeps everything it sees, typed.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// What was seen: where, which field, which type, what it showed.
pub(crate) type Row = (&'static str, &'static str, &'static str, String);

#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Row>>>);

impl Seen {
    pub(crate) fn take(&self) -> Vec<Row> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Rows<'a>(&'static str, &'a Seen);

impl Rows<'_> {
    fn add(&self, field: &Field, kind: &'static str, shown: String) {
        self.1.0.lock().unwrap().push((self.0, field.name(), kind, shown));
    }
}

impl Visit for Rows<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, "f64", value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, "i64", value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, "u64", value.to_string());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, "i128", value.to_string());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, "u128", value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, "bool", value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, "str", value.to_owned());
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.add(field, "bytes", String::from_utf8_lossy(value).into_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut shown = format!("{value} {value:?}");
        let mut cause = value.source();
        while let Some(error) = cause {
            shown += &format!(" < {error}");
            cause = error.source();
        }
        self.add(field, if value.is::<fmt::Error>() { "fmt::Error" } else { "error" }, shown);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, "debug", format!("{value:?}"));
    }
}

impl<S: Subscriber> Layer<S> for Seen {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let parent = match span.parent() {
            Some(_) => "child",
            None if span.is_root() => "root",
            None => "span",
        };
        span.record(&mut Rows(parent, self));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut Rows("record", self));
    }

    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        event.record(&mut Rows("asked", self));
        true
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let parent = match event.parent() {
            Some(_) => "child event",
            None if event.is_root() => "root event",
            None => "event",
        };
        event.record(&mut Rows(parent, self));
    }
}
