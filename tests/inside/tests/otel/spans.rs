//! Places of a span.

use std::time::{Duration, SystemTime};

use keepmum::otel::RedactingSpanExporter;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, InMemorySpanExporter, SimpleSpanProcessor, SpanData, SpanEvents, SpanLinks,
    SpanProcessor,
};

use crate::planted::{FIELD, HIDDEN, SECRET, dirty, redactor};

/// A span with something in each place; `said` gives the texts that can hold secrets.
fn full(said: &dyn Fn(&str) -> String, key: &str, password: &str) -> SpanData {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let pairs = || {
        vec![
            KeyValue::new("kept", 7),
            KeyValue::new("said", said("attribute")),
            KeyValue::new(key.to_owned(), 2.5),
            KeyValue::new("password", password.to_owned()),
        ]
    };
    let context = |span: u64| {
        let state = [("vendor", said("state")), ("other", "kept".to_owned())];
        let state = TraceState::from_key_value(state).unwrap();
        SpanContext::new(TraceId::from(7), SpanId::from(span), TraceFlags::SAMPLED, true, state)
    };
    let mut events = SpanEvents::default();
    events.events.push(Event::new(said("event"), time, pairs(), 3));
    events.events.push(Event::new("clean", time, Vec::new(), 0));
    events.dropped_count = 4;
    let mut links = SpanLinks::default();
    links.links.push(Link::new(context(11), pairs(), 5));
    links.dropped_count = 6;
    SpanData {
        span_context: context(9),
        parent_span_id: SpanId::from(8),
        parent_span_is_remote: true,
        span_kind: SpanKind::Producer,
        name: said("name").into(),
        start_time: time,
        end_time: time + Duration::from_secs(1),
        attributes: pairs(),
        dropped_attributes_count: 2,
        events,
        links,
        status: Status::error(said("status")),
        instrumentation_scope: InstrumentationScope::builder(said("scope"))
            .with_attributes(pairs())
            .build(),
    }
}

pub(crate) fn before() -> SpanData {
    // What stands in a trace state may hold no comma and no `=`.
    full(&|place| dirty(place).0.replace(',', ";"), SECRET, "hunter")
}

fn after() -> SpanData {
    full(&|place| dirty(place).1.replace(',', ";"), HIDDEN, FIELD)
}

fn exported(
    processor: impl FnOnce(RedactingSpanExporter<InMemorySpanExporter>) -> Box<dyn SpanProcessor>,
    spans: Vec<SpanData>,
) -> Vec<SpanData> {
    let memory = InMemorySpanExporter::default();
    let processor = processor(RedactingSpanExporter::new(memory.clone(), redactor()));
    spans.into_iter().for_each(|span| processor.on_end(span));
    processor.force_flush().unwrap();
    memory.get_finished_spans().unwrap()
}

fn simple(exporter: RedactingSpanExporter<InMemorySpanExporter>) -> Box<dyn SpanProcessor> {
    Box::new(SimpleSpanProcessor::new(exporter))
}

fn batch(exporter: RedactingSpanExporter<InMemorySpanExporter>) -> Box<dyn SpanProcessor> {
    Box::new(BatchSpanProcessor::builder(exporter).build())
}

#[test]
fn no_place_shows_a_secret() {
    let clean = full(&|place| format!("clean {place}"), "key", "");
    for processor in [simple, batch] {
        let spans = exported(processor, vec![before(), clean.clone(), before()]);
        assert_eq!(spans, [after(), clean.clone(), after()]);
    }
}

#[test]
fn a_status_without_a_text_stays() {
    for status in [Status::Ok, Status::Unset, Status::error("")] {
        let span = SpanData { status: status.clone(), ..before() };
        assert_eq!(exported(simple, vec![span])[0].status, status);
    }
}

fn state(pairs: &[(&str, &str)]) -> TraceState {
    TraceState::from_key_value(pairs.iter().copied()).unwrap()
}

fn exported_state(pairs: &[(&str, &str)]) -> TraceState {
    let context = SpanContext::new(
        TraceId::from(7),
        SpanId::from(9),
        TraceFlags::SAMPLED,
        false,
        state(pairs),
    );
    let span = SpanData { span_context: context, ..before() };
    exported(simple, vec![span])[0].span_context.trace_state().clone()
}

#[test]
fn a_member_of_a_trace_state_that_may_not_stand_there_goes_whole() {
    // A key may not hold a placeholder.
    let token = crate::planted::token().to_lowercase();
    let redactor = keepmum::Redactor::builder().secret("key", token.as_str()).unwrap();
    let memory = InMemorySpanExporter::default();
    let exporter = RedactingSpanExporter::new(memory.clone(), redactor.build().unwrap());
    let context = SpanContext::new(
        TraceId::from(7),
        SpanId::from(9),
        TraceFlags::SAMPLED,
        false,
        state(&[("a", "1"), (&token, "2"), ("b", "3")]),
    );
    let span = SpanData { span_context: context, ..before() };
    SimpleSpanProcessor::new(exporter).on_end(span);
    let spans = memory.get_finished_spans().unwrap();
    assert_eq!(*spans[0].span_context.trace_state(), state(&[("a", "1"), ("b", "3")]));
    // A value may have 256 bytes, and short secrets become longer.
    let long = "8675309421 ".repeat(23);
    assert_eq!(
        exported_state(&[("a", "1"), ("long", &long), ("b", "3")]),
        state(&[("a", "1"), ("b", "3")])
    );
    assert_eq!(exported_state(&[("password", "hunter")]), state(&[("password", FIELD)]));
}
