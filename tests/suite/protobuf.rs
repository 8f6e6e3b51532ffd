//! Protobuf in, the same protobuf without secrets out.

use std::borrow::Cow;
use std::sync::LazyLock;

use keepmum::Redactor;
use keepmum::structured::Protobuf;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;

use crate::structured::{KNOWN, json};

/// Messages of Vector as its sources declare them; maps as the entries that they are on the wire, so that keys that became
/// the same are still two.
mod vector {
    use prost::{Message, Oneof};

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct PushEventsRequest {
        #[prost(message, repeated, tag = "1")]
        pub(super) events: Vec<EventWrapper>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct EventWrapper {
        #[prost(oneof = "Event", tags = "1, 2")]
        pub(super) event: Option<Event>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(super) enum Event {
        #[prost(message, tag = "1")]
        Log(Log),
        #[prost(message, tag = "2")]
        Metric(Metric),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Log {
        #[prost(message, repeated, tag = "1")]
        pub(super) fields: Vec<Entry>,
        #[prost(message, optional, tag = "2")]
        pub(super) value: Option<Value>,
        #[prost(message, optional, tag = "4")]
        pub(super) metadata_full: Option<Metadata>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Metadata {
        #[prost(message, optional, tag = "1")]
        pub(super) value: Option<Value>,
        #[prost(string, optional, tag = "3")]
        pub(super) source_id: Option<String>,
        #[prost(message, optional, tag = "6")]
        pub(super) secrets: Option<Secrets>,
        #[prost(bytes = "vec", tag = "7")]
        pub(super) source_event_id: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Secrets {
        #[prost(message, repeated, tag = "1")]
        pub(super) entries: Vec<TextEntry>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct TextEntry {
        #[prost(string, tag = "1")]
        pub(super) key: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Entry {
        #[prost(string, tag = "1")]
        pub(super) key: String,
        #[prost(message, optional, tag = "2")]
        pub(super) value: Option<Value>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Metric {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(message, repeated, tag = "3")]
        pub(super) tags_v1: Vec<TextEntry>,
        #[prost(message, optional, tag = "8")]
        pub(super) distribution: Option<Numbers>,
        #[prost(string, tag = "11")]
        pub(super) namespace: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Numbers {
        #[prost(double, repeated, tag = "1")]
        pub(super) values: Vec<f64>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Value {
        #[prost(oneof = "Kind", tags = "1, 4, 5, 7, 8")]
        pub(super) kind: Option<Kind>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(super) enum Kind {
        #[prost(bytes, tag = "1")]
        RawBytes(Vec<u8>),
        #[prost(int64, tag = "4")]
        Integer(i64),
        #[prost(double, tag = "5")]
        Float(f64),
        #[prost(message, tag = "7")]
        Map(Map),
        #[prost(message, tag = "8")]
        Array(Array),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Map {
        #[prost(message, repeated, tag = "1")]
        pub(super) fields: Vec<Entry>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Array {
        #[prost(message, repeated, tag = "1")]
        pub(super) items: Vec<Value>,
    }

    impl From<Kind> for Value {
        fn from(kind: Kind) -> Self {
            Self { kind: Some(kind) }
        }
    }

    impl From<&str> for Value {
        fn from(text: &str) -> Self {
            Kind::RawBytes(text.into()).into()
        }
    }
}

use vector::{Kind, Value};

/// Built once: thousands of inputs are looked through.
fn redactor() -> Redactor {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(crate::structured::redactor);
    REDACTOR.clone()
}

fn redact<'a>(
    form: Protobuf,
    redactor: &Redactor,
    input: &'a [u8],
) -> Result<Cow<'a, [u8]>, String> {
    form.redact(redactor, input, &mut |_| {}).map_err(|error| error.to_string())
}

/// What a message becomes.
fn redacted<M: Message + Default>(form: Protobuf, message: &M) -> M {
    M::decode(&*redact(form, &redactor(), &message.encode_to_vec()).unwrap()).unwrap()
}

fn log(value: Value) -> vector::EventWrapper {
    let log = vector::Log { value: Some(value), ..Default::default() };
    vector::EventWrapper { event: Some(vector::Event::Log(log)) }
}

fn as_json(value: &Value) -> String {
    match &value.kind {
        None => "null".to_owned(),
        Some(Kind::RawBytes(text)) => {
            serde_json::to_string(std::str::from_utf8(text).unwrap()).unwrap()
        }
        Some(Kind::Integer(number)) => number.to_string(),
        Some(Kind::Float(number)) => serde_json::to_string(number).unwrap(),
        Some(Kind::Map(map)) => {
            let pair = |entry: &vector::Entry| {
                let value = entry.value.as_ref().map_or("null".to_owned(), as_json);
                format!("{}:{value}", serde_json::to_string(&entry.key).unwrap())
            };
            format!("{{{}}}", map.fields.iter().map(pair).collect::<Vec<_>>().join(","))
        }
        Some(Kind::Array(array)) => {
            format!("[{}]", array.items.iter().map(as_json).collect::<Vec<_>>().join(","))
        }
    }
}

/// Lines of JSON with the same data.
fn lines(request: &vector::PushEventsRequest) -> String {
    let line = |wrapper: &vector::EventWrapper| match &wrapper.event {
        Some(vector::Event::Log(log)) => {
            format!(
                "{{\"log\":{{\"value\":{}}}}}",
                log.value.as_ref().map_or("null".to_owned(), as_json)
            )
        }
        other => panic!("no log: {other:?}"),
    };
    request.events.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn trees() -> impl Strategy<Value = Value> {
    let words = KNOWN.iter().map(|(_, value)| *value).chain([
        "correct \"horse",
        "first line of it\n",
        "password",
        "api_key",
        " ",
        "\\",
        "\"",
        "😀",
        "é",
        "plain words",
        "hUnt2",
        "Bearer ",
        "\u{1}",
    ]);
    let words: Vec<&str> = words.collect();
    let text =
        prop::collection::vec(prop::sample::select(words), 0..5).prop_map(|all| all.concat());
    let leaf = prop_oneof![
        6 => text.clone().prop_map(|text| Value::from(&*text)),
        1 => prop::sample::select(vec![48_151_623, -7, i64::MIN, 148_151_623]).prop_map(|number| Kind::Integer(number).into()),
        1 => prop::sample::select(vec![48_151_623.5, 0.1, -1.5e300]).prop_map(|number| Kind::Float(number).into()),
        1 => Just(Value { kind: None }),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let entry = (text.clone(), prop::option::of(inner.clone()))
            .prop_map(|(key, value)| vector::Entry { key, value });
        prop_oneof![
            prop::collection::vec(inner, 0..6)
                .prop_map(|items| Kind::Array(vector::Array { items }).into()),
            prop::collection::vec(entry, 0..6)
                .prop_map(|fields| Kind::Map(vector::Map { fields }).into()),
        ]
    })
}

fn requests() -> impl Strategy<Value = vector::PushEventsRequest> {
    let events = prop::collection::vec(trees().prop_map(log), 1..4);
    events.prop_map(|events| vector::PushEventsRequest { events })
}

proptest! {
    #[test]
    fn the_answer_is_that_of_json(request in requests()) {
        let (source, text) = (request.encode_to_vec(), lines(&request));
        let expected = json(&redactor(), &[text.as_bytes()]).unwrap();
        let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &source).unwrap();
        prop_assert_eq!(matches!(output, Cow::Borrowed(_)), expected == text);
        let output = vector::PushEventsRequest::decode(&*output).unwrap();
        prop_assert_eq!(lines(&output), expected);
    }

    #[test]
    fn damage_is_refused_or_looked_through(request in requests(), at in 0..400_usize, byte: u8, cut in 0..400_usize) {
        let mut source = request.encode_to_vec();
        let len = source.len();
        source[at % len] = byte;
        source.truncate(len - cut % len);
        if let Ok(output) = redact(Protobuf::VECTOR_EVENTS, &redactor(), &source) {
            let again = redact(Protobuf::VECTOR_EVENTS, &redactor(), &output);
            prop_assert!(again.is_ok());
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        for form in [Protobuf::VECTOR_EVENTS, Protobuf::OTLP_LOGS, Protobuf::OTLP_TRACES, Protobuf::OTLP_METRICS] {
            let _ = redact(form, &redactor(), &bytes);
        }
    }
}

#[test]
fn the_cases_have_the_answer_of_json() {
    for case in crate::cases::cases() {
        let Ok(input) = String::from_utf8(case.input()) else { continue };
        let request = vector::PushEventsRequest { events: vec![log(Value::from(&*input))] };
        let expected = json(&case.redactor(), &[lines(&request).as_bytes()]).unwrap();
        let output = redact(Protobuf::VECTOR_EVENTS, &case.redactor(), &request.encode_to_vec())
            .unwrap()
            .into_owned();
        let output = vector::PushEventsRequest::decode(&*output).unwrap();
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&lines(&output)), parsed(&expected), "{}", case.name);
    }
}

const SECRET: &str = "a hUnt2r b";
const GONE: &str = "a [REDACTED:short] b";

/// Vector's events with `text` wherever text can stand.
fn events(text: &str, pin: Value) -> vector::PushEventsRequest {
    let entry = |value: Value| vector::Entry { key: text.into(), value: Some(value) };
    let log = vector::Log {
        fields: vec![entry(text.into())],
        value: Some(Kind::Map(vector::Map { fields: vec![entry(pin), entry(text.into())] }).into()),
        metadata_full: Some(vector::Metadata {
            value: Some(text.into()),
            source_id: Some(text.into()),
            secrets: Some(vector::Secrets {
                entries: vec![vector::TextEntry { key: "k".into(), value: text.into() }],
            }),
            source_event_id: b"hUnt2r".to_vec(),
        }),
    };
    let metric = vector::Metric {
        name: text.into(),
        tags_v1: vec![vector::TextEntry { key: text.into(), value: text.into() }],
        distribution: Some(vector::Numbers { values: vec![1.0, f64::from_le_bytes(*b" hUnt2r ")] }),
        namespace: text.into(),
    };
    let events = [vector::Event::Log(log), vector::Event::Metric(metric)];
    let wrap = |event| vector::EventWrapper { event: Some(event) };
    vector::PushEventsRequest { events: events.into_iter().map(wrap).collect() }
}

#[test]
fn events_of_vector_lose_secrets_wherever_they_stand() {
    let input = events(SECRET, Kind::Integer(48_151_623).into());
    let expected = events(GONE, "[REDACTED:pin]".into());
    assert_eq!(redacted(Protobuf::VECTOR_EVENTS, &input), expected);
    let clean = events("clean", Kind::Integer(1).into()).encode_to_vec();
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &clean);
    assert!(matches!(output, Ok(Cow::Borrowed(_))));
}

fn any(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn attributes(text: &str, pin: &any_value::Value) -> Vec<KeyValue> {
    let string = || any(any_value::Value::StringValue(text.into()));
    let pair = |value| KeyValue { key: text.into(), value: Some(value), ..Default::default() };
    vec![
        pair(string()),
        pair(any(any_value::Value::BytesValue(text.into()))),
        pair(any(any_value::Value::ArrayValue(ArrayValue {
            values: vec![string(), any(pin.clone())],
        }))),
        pair(any(any_value::Value::KvlistValue(KeyValueList { values: vec![pair(string())] }))),
        pair(any(any_value::Value::BoolValue(true))),
    ]
}

fn around(text: &str, pin: &any_value::Value) -> (Option<Resource>, Option<InstrumentationScope>) {
    let resource = Resource { attributes: attributes(text, pin), ..Default::default() };
    let scope = InstrumentationScope {
        name: text.into(),
        version: text.into(),
        attributes: attributes(text, pin),
        dropped_attributes_count: 3,
    };
    (Some(resource), Some(scope))
}

/// An id is no text, whatever bytes it has.
const ID: &[u8] = b"hUnt2r hUnt2r ab";

fn logs(text: &str, pin: &any_value::Value) -> ExportLogsServiceRequest {
    let record = LogRecord {
        time_unix_nano: 48_151_623,
        severity_number: 9,
        severity_text: text.into(),
        body: Some(any(any_value::Value::StringValue(text.into()))),
        attributes: attributes(text, pin),
        flags: 1,
        trace_id: ID.to_vec(),
        span_id: ID[..8].to_vec(),
        event_name: text.into(),
        ..Default::default()
    };
    let (resource, scope) = around(text, pin);
    let scope_logs = vec![ScopeLogs {
        scope,
        log_records: vec![record.clone(), record],
        schema_url: text.into(),
    }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { resource, scope_logs, schema_url: text.into() }],
    }
}

fn traces(text: &str, pin: &any_value::Value) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: ID.to_vec(),
        span_id: ID[..8].to_vec(),
        parent_span_id: ID[..8].to_vec(),
        trace_state: text.into(),
        name: text.into(),
        attributes: attributes(text, pin),
        events: vec![Event {
            name: text.into(),
            attributes: attributes(text, pin),
            ..Default::default()
        }],
        links: vec![Link {
            trace_id: ID.to_vec(),
            trace_state: text.into(),
            attributes: attributes(text, pin),
            ..Default::default()
        }],
        status: Some(Status { message: text.into(), code: 2 }),
        ..Default::default()
    };
    let (resource, scope) = around(text, pin);
    let scope_spans = vec![ScopeSpans { scope, spans: vec![span], schema_url: text.into() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, schema_url: text.into() }],
    }
}

fn metrics(text: &str, pin: &any_value::Value) -> ExportMetricsServiceRequest {
    let exemplar = || Exemplar {
        filtered_attributes: attributes(text, pin),
        trace_id: ID.to_vec(),
        ..Default::default()
    };
    let gauge = NumberDataPoint {
        attributes: attributes(text, pin),
        exemplars: vec![exemplar()],
        value: Some(number_data_point::Value::AsInt(48_151_623)),
        ..Default::default()
    };
    let point = HistogramDataPoint {
        attributes: attributes(text, pin),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![f64::from_le_bytes(*b" hUnt2r ")],
        exemplars: vec![exemplar()],
        ..Default::default()
    };
    let of = |data| Metric {
        name: text.into(),
        description: text.into(),
        unit: text.into(),
        metadata: attributes(text, pin),
        data: Some(data),
    };
    let metrics = vec![
        of(metric::Data::Gauge(Gauge { data_points: vec![gauge] })),
        of(metric::Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: 1,
        })),
    ];
    let (resource, scope) = around(text, pin);
    let scope_metrics = vec![ScopeMetrics { scope, metrics, schema_url: text.into() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource,
            scope_metrics,
            schema_url: text.into(),
        }],
    }
}

#[test]
fn requests_of_otlp_lose_secrets_wherever_they_stand_and_nothing_else() {
    let told = any_value::Value::StringValue("[REDACTED:pin]".into());
    for pin in [any_value::Value::IntValue(48_151_623), any_value::Value::DoubleValue(48_151_623.0)]
    {
        assert_eq!(redacted(Protobuf::OTLP_LOGS, &logs(SECRET, &pin)), logs(GONE, &told));
        assert_eq!(redacted(Protobuf::OTLP_TRACES, &traces(SECRET, &pin)), traces(GONE, &told));
        assert_eq!(redacted(Protobuf::OTLP_METRICS, &metrics(SECRET, &pin)), metrics(GONE, &told));
    }
    let pin = any_value::Value::IntValue(1);
    for (form, clean) in [
        (Protobuf::OTLP_LOGS, logs("clean", &pin).encode_to_vec()),
        (Protobuf::OTLP_TRACES, traces("clean", &pin).encode_to_vec()),
        (Protobuf::OTLP_METRICS, metrics("clean", &pin).encode_to_vec()),
    ] {
        assert!(matches!(redact(form, &redactor(), &clean), Ok(Cow::Borrowed(_))), "{form:?}");
    }
}

/// A field with a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

/// An event that is a log whose value has these fields.
fn value_of(fields: &[u8]) -> Vec<u8> {
    field(1, &field(1, &field(2, fields)))
}

#[test]
fn fields_of_a_newer_schema_survive_without_their_secrets() {
    let unknown = |text: &str, raw: &[u8]| {
        let inner = [field(3, text.as_bytes()), vec![4 << 3, 42], field(5, raw)].concat();
        [field(12, &inner), vec![13 << 3, 7], field(14, text.as_bytes()), field(1, b"known")]
            .concat()
    };
    let raw = b"\xff\x00\x80";
    let clean = value_of(&unknown("clean", raw));
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &clean);
    assert!(matches!(output, Ok(Cow::Borrowed(_))));
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &value_of(&unknown(SECRET, raw)))
        .unwrap()
        .into_owned();
    assert!(output == value_of(&unknown(GONE, raw)), "lengths inside fit: {output:?}");
    // What no message holds is taken out of the bytes.
    let split = [b"\x0a\x04hU".as_slice(), b"nt2r pppp hUnt2r"].concat();
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &value_of(&field(12, &split)))
        .unwrap()
        .into_owned();
    assert!(!output.windows(6).any(|window| window == b"hUnt2r"));
}

#[test]
fn a_key_tells_wherever_it_stands_beside_its_value() {
    let value = field(1, b"correct-horse-battery-7");
    let (key, value) = (field(1, b"password"), field(2, &value));
    let event = |entry: &[u8]| value_of(&field(7, &field(1, entry)));
    let all = [[key.clone(), value.clone()].concat(), [value.clone(), key.clone()].concat()];
    for entry in &all {
        let input = event(entry);
        let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &input).unwrap().into_owned();
        assert!(!output.windows(7).any(|window| window == b"correct"), "{output:?}");
        assert!(output.windows(8).any(|window| window == b"password"));
    }
    // Of several each is looked through.
    let twice = [value.clone(), key, value, field(1, b"password")].concat();
    let short = [twice, field(2, &field(1, b"x hUnt2r"))].concat();
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &event(&short)).unwrap().into_owned();
    assert!(!output.windows(6).any(|window| window == b"hUnt2r"), "{output:?}");
}

#[test]
fn lengths_that_are_longer_than_needed_stay_where_nothing_changes() {
    let long = |bytes: &[u8]| [&[0x0a, bytes.len() as u8 | 0x80, 0][..], bytes].concat();
    let clean = long(&field(1, &field(2, &field(1, b"clean"))));
    let secret = long(&field(1, &field(2, &field(1, SECRET.as_bytes()))));
    let input = [clean.clone(), secret].concat();
    let output = redact(Protobuf::VECTOR_EVENTS, &redactor(), &input).unwrap().into_owned();
    assert_eq!(output, [clean, value_of(&field(1, GONE.as_bytes()))].concat());
}

#[test]
fn findings_stand_where_the_input_has_them() {
    let request = vector::PushEventsRequest {
        events: vec![log(SECRET.into()), log(Kind::Integer(48_151_623).into())],
    };
    let (input, mut found) = (request.encode_to_vec(), Vec::new());
    let tell = &mut |finding: &keepmum::Finding| found.push(finding.clone());
    Protobuf::VECTOR_EVENTS.redact(&redactor(), &input, tell).unwrap();
    let at = |finding: &keepmum::Finding| {
        &input[finding.span().start() as usize..finding.span().end() as usize]
    };
    let spans: Vec<_> = found.iter().map(at).collect();
    assert_eq!(spans, [&b"hUnt2r"[..], &Value::from(Kind::Integer(48_151_623)).encode_to_vec()]);
}

#[test]
fn what_is_no_message_is_refused_and_says_where() {
    for (bytes, offset) in [
        (&b"\x0a\x05abc"[..], 2),
        (b"\x0a", 1),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1),
        (b"\x00\x01", 0),
        (b"\x0b\x0c", 0),
        (b"\x0f", 0),
        (b"\x0a\x02\x0a\x05", 4),
        (b"\x09abc", 1),
        (b"\x80", 0),
    ] {
        let error = redact(Protobuf::VECTOR_EVENTS, &redactor(), bytes).unwrap_err();
        assert!(
            error.starts_with(&format!("no protobuf at byte {offset}: ")),
            "{bytes:?}: {error}"
        );
    }
}

#[test]
fn an_id_that_is_too_long_for_one_is_looked_through() {
    let span = |id: &[u8]| field(1, &field(2, &field(2, &field(1, id))));
    let id = span(b"hUnt2r0123456789");
    let output = redact(Protobuf::OTLP_TRACES, &redactor(), &id);
    assert!(matches!(output, Ok(Cow::Borrowed(_))));
    let text = span(format!("0123456789 {SECRET}").as_bytes());
    let output = redact(Protobuf::OTLP_TRACES, &redactor(), &text).unwrap().into_owned();
    assert_eq!(output, span(format!("0123456789 {GONE}").as_bytes()));
}

#[test]
fn the_number_of_parts_is_bounded() {
    let parts = |count: usize| value_of(&[0x3a, 0].repeat(count));
    assert!(redact(Protobuf::VECTOR_EVENTS, &redactor(), &parts(1 << 20)).is_ok());
    let error = redact(Protobuf::VECTOR_EVENTS, &redactor(), &parts(1 << 23)).unwrap_err();
    assert!(error.ends_with("it has too many parts"), "{error}");
}

#[test]
fn depth_is_bounded_and_takes_no_stack() {
    let deep = |depth: usize| {
        let value = (0..depth).fold(Vec::new(), |inner, _| field(8, &field(1, &inner)));
        value_of(&value)
    };
    let small = std::thread::Builder::new().stack_size(64 << 10);
    let work = move || {
        let redactor = Redactor::builder().secret("key", "hunter2!").unwrap().build().unwrap();
        [400, 600].map(|depth| redact(Protobuf::VECTOR_EVENTS, &redactor, &deep(depth)).is_ok())
    };
    assert_eq!(small.spawn(work).unwrap().join().unwrap(), [true, false]);
}
