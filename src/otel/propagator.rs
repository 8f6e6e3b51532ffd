//! A propagator that sends no secrets to other processes.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::value::{Rewriter, changed};
use crate::{Guard, Names, Surface};

/// What may not stand in a value of a member.
const RESERVED: AsciiSet =
    CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'=').add(b'\\');
/// What the headers of the W3C separate their members with.
const SEPARATOR: &str = ",";

/// Redacts the headers that a propagator sets, before they leave.
///
/// * In `baggage` and `tracestate`, values are redacted and keys stay, so that whoever gets them reads the other members as
///   they were. A member with a secret in its key goes whole.
/// * `traceparent` stays as it is: nothing but hexadecimal digits and dashes.
/// * Other headers are looked through as they are.
///
/// What arrives from elsewhere is extracted as it is. A value without a secret is set as the propagator made it, to the
/// byte.
///
/// ```
/// use std::collections::HashMap;
/// use keepmum::{Redactor, otel::RedactingPropagator};
/// use opentelemetry::{Context, KeyValue, baggage::BaggageExt, propagation::TextMapPropagator};
/// use opentelemetry_sdk::propagation::BaggagePropagator;
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let propagator = RedactingPropagator::new(BaggagePropagator::new(), redactor);
/// // opentelemetry::global::set_text_map_propagator(propagator);
///
/// let context = Context::new().with_baggage([KeyValue::new("note", "is correct horse")]);
/// let mut headers = HashMap::new();
/// propagator.inject_context(&context, &mut headers);
/// assert_eq!(headers["baggage"], "note=is%20[REDACTED:db]");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct RedactingPropagator<P> {
    propagator: P,
    rewriter: Rewriter,
}

impl<P> RedactingPropagator<P> {
    /// `propagator` behind what is in force in `guard`.
    pub fn new(propagator: P, guard: impl Into<Guard>) -> Self {
        let surface = Surface::new("otel.propagation");
        Self { propagator, rewriter: Rewriter::new(guard.into(), surface) }
    }

    /// Names of members and headers whose values are hidden whole.
    ///
    /// ### Default
    ///
    /// The usual names.
    #[must_use]
    pub fn names(mut self, names: Names) -> Self {
        self.rewriter.names = names;
        self
    }
}

impl<P: TextMapPropagator> TextMapPropagator for RedactingPropagator<P> {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let mut injector = RedactingInjector { injector, rewriter: &self.rewriter };
        self.propagator.inject_context(context, &mut injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.propagator.extract_with_context(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.propagator.fields()
    }
}

impl<P> fmt::Debug for RedactingPropagator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingPropagator")
            .field("rewriter", &self.rewriter)
            .finish_non_exhaustive()
    }
}

/// Stands between a propagator and the headers of one request.
struct RedactingInjector<'a> {
    injector: &'a mut dyn Injector,
    rewriter: &'a Rewriter,
}

impl Injector for RedactingInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        let new = match key.to_ascii_lowercase().as_str() {
            "traceparent" if is_trace_parent(&value) => None,
            "baggage" | "tracestate" => members(self.rewriter, &value),
            _ => self.rewriter.named(key, &value),
        };
        self.injector.set(key, new.unwrap_or(value));
    }

    fn reserve(&mut self, additional: usize) {
        self.injector.reserve(additional);
    }
}

/// What calls itself a trace parent and could hold anything else is looked through as any header.
fn is_trace_parent(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The list of members without its secrets. None if there are none.
fn members(rewriter: &Rewriter, list: &str) -> Option<String> {
    let members = changed(
        || list.split(SEPARATOR),
        |text| member(rewriter, text),
        |text| Some(text.to_owned()),
    );
    let members = members.map(|all| all.into_iter().flatten().collect::<Vec<_>>().join(SEPARATOR));
    // What only makes a secret together with the next member takes both with it.
    let whole = rewriter.text(members.as_deref().unwrap_or(list));
    whole.or(members)
}

/// What becomes of a member in which something was found: nothing, if it was in a key.
fn member(rewriter: &Rewriter, text: &str) -> Option<Option<String>> {
    let holds_one = |part: &str| {
        let key = key_and_value(part).0;
        rewriter.text(key).is_some() || rewriter.text(&decoded(key)).is_some()
    };
    // The key and its value come first, and then properties, which are as free.
    let parts = || text.split(';');
    if parts().any(holds_one) {
        return Some(None);
    }
    let parts = changed(parts, |part| part_of(rewriter, part), |part| part.to_owned())?;
    Some(Some(parts.join(";")))
}

/// One pair. What a receiver reads of the value is looked through first, and then what is sent.
fn part_of(rewriter: &Rewriter, part: &str) -> Option<String> {
    let (key, rest) = key_and_value(part);
    let value = rest.trim();
    let (before, after) = rest.split_once(value).unwrap_or_default();
    let read = rewriter.named(key.trim_matches([' ', '=']), &decoded(value));
    let read = read.map(|new| encoded(&new));
    let sent = rewriter.text(read.as_deref().unwrap_or(value)).or(read)?;
    Some(format!("{key}{before}{sent}{after}"))
}

/// The key with what separates it from the value.
fn key_and_value(part: &str) -> (&str, &str) {
    part.split_at(part.find('=').map_or(0, |at| at + 1))
}

/// Text without its percent-encoding. What is none stays.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Text with everything percent-encoded that may not stand in a value.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}
