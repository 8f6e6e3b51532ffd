//! What arrived in each sink, without what differs from run to run.

use std::collections::HashMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use prost::Message;

use crate::plants::Texts;
use crate::program::EVENTS;
use crate::receiver::Kept;
use crate::stack::{Protection, Raw, run};

/// What the SDK encodes in baggage. Its `%` it leaves.
const BAGGAGE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b';').add(b',').add(b'=');

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    Lines,
    Json,
    File,
    GrpcSpans,
    HttpSpans,
    GrpcLogs,
    HttpLogs,
    Header,
}

impl Sink {
    pub(crate) const ALL: [Self; 8] = [
        Self::Lines,
        Self::Json,
        Self::File,
        Self::GrpcSpans,
        Self::HttpSpans,
        Self::GrpcLogs,
        Self::HttpLogs,
        Self::Header,
    ];

    pub(crate) fn has_spans(self) -> bool {
        matches!(self, Self::GrpcSpans | Self::HttpSpans)
    }

    pub(crate) fn has_logs(self) -> bool {
        matches!(self, Self::GrpcLogs | Self::HttpLogs)
    }
}

pub(crate) struct Arrived {
    raw: Raw,
    /// The bytes of each sink.
    bytes: HashMap<usize, Vec<u8>>,
}

impl Arrived {
    /// Runs the program.
    pub(crate) fn of(texts: &Texts, protection: Protection) -> Self {
        let raw = run(texts, protection);
        let bytes = Sink::ALL.map(|sink| (sink as usize, bytes(&raw, sink))).into();
        Self { raw, bytes }
    }

    /// Whether `text` stands in `sink`, as it is or as formatters write it.
    pub(crate) fn shows(&self, sink: Sink, text: &str) -> bool {
        let debug = inner(format!("{text:?}"));
        let spelled = [
            text.to_owned(),
            inner(serde_json::to_string(text).unwrap()),
            inner(serde_json::to_string(&debug).unwrap()),
            debug,
            utf8_percent_encode(text, BAGGAGE).to_string(),
        ];
        let bytes = &self.bytes[&(sink as usize)];
        spelled.iter().any(|text| memchr::memmem::find(bytes, text.as_bytes()).is_some())
    }

    /// Every sink got the same, in the same order.
    pub(crate) fn assert_same(&self, other: &Self) {
        assert_same(&undated(&self.raw.lines), &undated(&other.raw.lines));
        assert_same(&undated(&self.raw.file), &undated(&other.raw.file));
        assert_same(&objects(&self.raw.json), &objects(&other.raw.json));
        assert_same(&self.raw.headers, &other.raw.headers);
        for (own, others) in [(&self.raw.grpc, &other.raw.grpc), (&self.raw.http, &other.raw.http)]
        {
            assert_same(&spans(own), &spans(others));
            assert_same(&records(own), &records(others));
        }
    }

    /// Nothing is lost and nothing comes twice.
    pub(crate) fn assert_counts(&self, runs: usize) {
        // The last run has one span and one event.
        let (events, spans_made) = (EVENTS * (runs - 1) + 1, 2 * (runs - 1) + 1);
        for text in [&self.raw.lines, &self.raw.json, &self.raw.file] {
            assert_eq!(text.lines().count(), events);
        }
        for kept in [&self.raw.grpc, &self.raw.http] {
            assert_eq!((spans(kept).len(), records(kept).len()), (spans_made, events));
            let of_spans: usize = spans(kept).iter().map(|(_, _, span)| span.events.len()).sum();
            assert_eq!(of_spans, events);
        }
        assert_eq!(self.raw.headers.len(), runs);
    }

    /// One event of each run has a number, a fraction and a truth beside what is redacted.
    pub(crate) fn assert_typed(&self, runs: usize) {
        let typed = |attributes: &[KeyValue]| {
            let has = |name: &str, value: &Value| {
                attributes.iter().any(|attribute| {
                    let is = attribute.value.as_ref().and_then(|value| value.value.as_ref());
                    attribute.key == name && is == Some(value)
                })
            };
            has("number", &Value::IntValue(7))
                && has("ratio", &Value::DoubleValue(0.25))
                && has("sure", &Value::BoolValue(true))
        };
        for kept in [&self.raw.grpc, &self.raw.http] {
            let records = records(kept);
            let records = records.iter().filter(|(_, _, record)| typed(&record.attributes));
            assert_eq!(records.count(), runs);
            let spans = spans(kept);
            let events = spans.iter().flat_map(|(_, _, span)| &span.events);
            assert_eq!(events.filter(|event| typed(&event.attributes)).count(), runs);
        }
        let objects = objects(&self.raw.json);
        let typed = objects.iter().map(|object| &object["fields"]).filter(|fields| {
            fields["number"] == 7 && fields["ratio"] == 0.25 && fields["sure"] == true
        });
        assert_eq!(typed.count(), runs);
    }
}

fn bytes(raw: &Raw, sink: Sink) -> Vec<u8> {
    match sink {
        Sink::Lines => raw.lines.clone().into(),
        Sink::Json => raw.json.clone().into(),
        Sink::File => raw.file.clone().into(),
        Sink::GrpcSpans => raw.grpc.traces().concat(),
        Sink::HttpSpans => raw.http.traces().concat(),
        Sink::GrpcLogs => raw.grpc.logs().concat(),
        Sink::HttpLogs => raw.http.logs().concat(),
        Sink::Header => raw.headers.join("\n").into(),
    }
}

/// What stands between quotes.
fn inner(quoted: String) -> String {
    quoted[1..quoted.len() - 1].to_owned()
}

/// Lines without their times.
fn undated(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.trim_start().split_once(' ').unwrap().1).collect()
}

/// One by one: all at once would be a long message.
fn assert_same<T: PartialEq + std::fmt::Debug>(own: &[T], other: &[T]) {
    assert_eq!(own.len(), other.len());
    for (own, other) in own.iter().zip(other) {
        assert_eq!(own, other);
    }
}

/// Objects without their times.
fn objects(text: &str) -> Vec<serde_json::Value> {
    let undated = |line| {
        let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
        object.as_object_mut().unwrap().remove("timestamp").unwrap();
        object
    };
    text.lines().map(undated).collect()
}

/// Numbers for ids, in the order in which they are met.
#[derive(Default)]
struct Ids(HashMap<Vec<u8>, u32>);

impl Ids {
    fn number(&mut self, id: &mut Vec<u8>) {
        if !id.is_empty() {
            let next = self.0.len() as u32;
            *id = self.0.entry(std::mem::take(id)).or_insert(next).to_be_bytes().into();
        }
    }
}

/// All spans, each with the resource and the scope that it came with, without times and ids.
fn spans(kept: &Kept) -> Vec<(ResourceSpans, ScopeSpans, Span)> {
    let mut all = Vec::new();
    for request in kept.traces() {
        let request = ExportTraceServiceRequest::decode(&request[..]).unwrap();
        for mut resource in request.resource_spans {
            sort(&mut resource.resource);
            for mut scope in std::mem::take(&mut resource.scope_spans) {
                let spans = std::mem::take(&mut scope.spans);
                all.extend(spans.into_iter().map(|span| (resource.clone(), scope.clone(), span)));
            }
        }
    }
    let mut ids = Ids::default();
    for (_, _, span) in &mut all {
        for id in [&mut span.trace_id, &mut span.span_id, &mut span.parent_span_id] {
            ids.number(id);
        }
        (span.start_time_unix_nano, span.end_time_unix_nano) = (0, 0);
        timeless(&mut span.attributes);
        span.events.iter_mut().for_each(|event| event.time_unix_nano = 0);
    }
    all
}

/// All log records, in the same way.
fn records(kept: &Kept) -> Vec<(ResourceLogs, ScopeLogs, LogRecord)> {
    let mut all = Vec::new();
    for request in kept.logs() {
        let request = ExportLogsServiceRequest::decode(&request[..]).unwrap();
        for mut resource in request.resource_logs {
            sort(&mut resource.resource);
            for mut scope in std::mem::take(&mut resource.scope_logs) {
                let records = std::mem::take(&mut scope.log_records);
                all.extend(
                    records.into_iter().map(|record| (resource.clone(), scope.clone(), record)),
                );
            }
        }
    }
    // A batch has its scopes, which are targets, in no order.
    all.sort_by_key(|(_, scope, _)| scope.scope.as_ref().map(|scope| scope.name.clone()));
    let mut ids = Ids::default();
    for (_, _, record) in &mut all {
        for id in [&mut record.trace_id, &mut record.span_id] {
            ids.number(id);
        }
        (record.time_unix_nano, record.observed_time_unix_nano) = (0, 0);
    }
    all
}

/// A resource has its attributes in no order.
fn sort(resource: &mut Option<Resource>) {
    if let Some(resource) = resource {
        resource.attributes.sort_by(|own, other| own.key.cmp(&other.key));
    }
}

/// How long a span was busy and idle is no two times the same.
fn timeless(attributes: &mut [KeyValue]) {
    let times = attributes.iter_mut().filter(|attribute| attribute.key.ends_with("_ns"));
    times.for_each(|attribute| attribute.value = None);
}
