//! What becomes of values, wherever they stand.

use std::sync::Arc;

use keepmum::otel::{RedactingLogExporter, RedactingLogProcessor, RedactingSpanExporter};
use keepmum::{Guard, Names, Redactor, Replacement};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::logs::{InMemoryLogExporter, LogProcessor, SdkLoggerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

use crate::planted::{
    FIELD, HIDDEN, HIDDEN_PIN, HIDDEN_TOKEN, PIN, SECRET, Told, dirty, record, redactor, scope,
    token,
};

/// The body, behind a processor.
fn body(value: AnyValue) -> AnyValue {
    let mut record = record();
    record.set_body(value);
    RedactingLogProcessor::new(redactor()).emit(&mut record, &scope());
    record.body().unwrap().clone()
}

/// The attribute of a log record, behind a processor.
fn entry(key: &'static str, value: AnyValue) -> AnyValue {
    let mut record = record();
    record.add_attribute(key, value);
    RedactingLogProcessor::new(redactor()).emit(&mut record, &scope());
    record.attributes_iter().next().unwrap().1.clone()
}

/// The attribute of a span, behind an exporter.
fn attribute(key: &'static str, value: impl Into<Value>) -> KeyValue {
    let memory = InMemorySpanExporter::default();
    let exporter = RedactingSpanExporter::new(memory.clone(), redactor());
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    let mut span = provider.tracer("app").start("work");
    span.set_attribute(KeyValue::new(key, value));
    span.end();
    memory.get_finished_spans().unwrap().remove(0).attributes.remove(0)
}

fn texts(values: &[&str]) -> Value {
    let values = values.iter().map(|text| StringValue::from((*text).to_owned()));
    Value::Array(Array::String(values.collect()))
}

fn list(items: impl IntoIterator<Item = AnyValue>) -> AnyValue {
    AnyValue::ListAny(Box::new(items.into_iter().collect()))
}

fn map<const N: usize>(entries: [(&str, AnyValue); N]) -> AnyValue {
    AnyValue::from_iter(entries.map(|(key, value)| (key.to_owned(), value)))
}

fn bytes(value: &[u8]) -> AnyValue {
    AnyValue::from(value)
}

#[test]
fn attributes_of_every_kind_are_looked_through() {
    let (before, after) = dirty("query");
    for (value, becomes) in [
        (Value::from(before.clone()), Value::from(after.clone())),
        (Value::from(PIN), Value::from(HIDDEN_PIN)),
        (Value::from(PIN as f64), Value::from(HIDDEN_PIN)),
        (texts(&["a", &before, "b"]), texts(&["a", &after, "b"])),
        (Value::Array(Array::I64(vec![1, PIN, 2])), texts(&["1", HIDDEN_PIN, "2"])),
        (Value::Array(Array::F64(vec![0.5, PIN as f64])), texts(&["0.5", HIDDEN_PIN])),
    ] {
        assert_eq!(attribute("query", value.clone()), KeyValue::new("query", becomes), "{value:?}");
    }
}

#[test]
fn clean_attributes_keep_their_kind() {
    for value in [
        Value::from(true),
        Value::from(42),
        Value::from(2.5),
        Value::from(f64::NAN.copysign(1.0).max(f64::MIN_POSITIVE)),
        Value::from(-f64::MIN_POSITIVE / 4.0),
        Value::from(f64::MAX),
        Value::from(i64::MIN),
        Value::from("text"),
        Value::from(""),
        texts(&["a", "b"]),
        Value::Array(Array::Bool(vec![true, false])),
        Value::Array(Array::I64(vec![1, 2])),
        Value::Array(Array::F64(vec![0.5])),
        Value::Array(Array::String(Vec::new())),
    ] {
        assert_eq!(attribute("key", value.clone()).value, value);
    }
}

#[test]
fn bodies_of_every_kind_are_looked_through() {
    let (before, after) = dirty("said");
    let value = list([
        AnyValue::from(7),
        map([
            ("clean", AnyValue::from(1.5)),
            ("deep", list([AnyValue::from(before.clone()), AnyValue::from(true)])),
            ("raw", bytes(&[b"\xff".as_slice(), SECRET.as_bytes(), b"\xfe"].concat())),
            (&format!("key of {SECRET}"), AnyValue::from(PIN)),
        ]),
        bytes(b"\xff\x00"),
    ]);
    let becomes = list([
        AnyValue::from(7),
        map([
            ("clean", AnyValue::from(1.5)),
            ("deep", list([AnyValue::from(after.clone()), AnyValue::from(true)])),
            ("raw", bytes(&[b"\xff".as_slice(), HIDDEN.as_bytes(), b"\xfe"].concat())),
            (&format!("key of {HIDDEN}"), AnyValue::from(HIDDEN_PIN)),
        ]),
        bytes(b"\xff\x00"),
    ]);
    assert_eq!(body(value), becomes);
    assert_eq!(body(AnyValue::from(before)), AnyValue::from(after));
    assert_eq!(body(AnyValue::from(PIN as f64)), AnyValue::from(HIDDEN_PIN));
}

#[test]
fn keys_that_meet_lose_no_value() {
    let value =
        map([(SECRET, AnyValue::from(1)), (HIDDEN, AnyValue::from(2)), ("c", AnyValue::from(3))]);
    let AnyValue::Map(new) = body(value) else { panic!("a map") };
    let mut numbers: Vec<_> = new.values().map(|value| format!("{value:?}")).collect();
    numbers.sort();
    assert_eq!(numbers, ["Int(1)", "Int(2)", "Int(3)"]);
    assert!(new.contains_key(&Key::from(HIDDEN)) && new.contains_key(&Key::from("c")));
    assert!(new.keys().all(|key| !key.as_str().contains(SECRET)));
}

#[test]
fn values_behind_names_that_tell_are_hidden_whole() {
    for (key, value, becomes) in [
        ("password", Value::from("hunter"), Value::from(FIELD)),
        ("user.api_key", Value::from(format!("key {}", token())), Value::from(FIELD)),
        ("http.request.header.authorization", texts(&["Basic me", "x"]), texts(&[FIELD, FIELD])),
        ("password", Value::from(1234), Value::from(FIELD)),
        ("password", Value::from(1.5), Value::from(FIELD)),
        ("password", Value::Array(Array::I64(vec![1, 2])), texts(&[FIELD, FIELD])),
    ] {
        assert_eq!(attribute(key, value.clone()), KeyValue::new(key, becomes), "{value:?}");
    }
    let value = map([
        (
            "password",
            map([
                ("parts", list([AnyValue::from("a"), AnyValue::from(true)])),
                ("n", AnyValue::from(7)),
            ]),
        ),
        ("token_count", AnyValue::from(7)),
        ("authorization", bytes(b"\xff")),
    ]);
    let becomes = map([
        (
            "password",
            map([
                ("parts", list([AnyValue::from(FIELD), AnyValue::from(true)])),
                ("n", AnyValue::from(FIELD)),
            ]),
        ),
        ("token_count", AnyValue::from(7)),
        ("authorization", bytes(FIELD.as_bytes())),
    ]);
    assert_eq!(body(value), becomes);
    assert_eq!(entry("password", AnyValue::from("hunter")), AnyValue::from(FIELD));
}

#[test]
fn what_is_no_secret_stays_behind_names_that_tell() {
    for value in [
        Value::from(true),
        Value::from("true"),
        Value::from("null"),
        Value::from(""),
        Value::Array(Array::Bool(vec![true])),
        texts(&["", "false"]),
        Value::from(HIDDEN),
    ] {
        assert_eq!(attribute("password", value.clone()).value, value);
    }
    assert_eq!(attribute("token_count", 7).value, Value::from(7));
    assert_eq!(attribute("password", "[REDACTED:]x]").value, Value::from(FIELD));
    assert_eq!(attribute("password", "[REDACTED:a, b]").value, Value::from(FIELD));
}

#[test]
fn a_second_adapter_changes_nothing() {
    let key = "a key of more than thirty-two bytes, for fingerprints";
    let builder = Redactor::builder().secret("db", SECRET).unwrap();
    let builder = builder.replacement(Replacement::Fingerprint).fingerprint_key(key);
    let processor = RedactingLogProcessor::new(builder.build().unwrap());
    let mut once = record();
    once.add_attribute("password", "Xk39-fmQp-71Lz-bT0w-Ha5c");
    once.add_attribute("note", SECRET);
    processor.emit(&mut once, &scope());
    let mut twice = once.clone();
    processor.emit(&mut twice, &scope());
    let hidden = format!("{once:?}");
    assert!(hidden.contains("[REDACTED:field#") && hidden.contains("[REDACTED:db#"), "{hidden}");
    assert_eq!(once, twice);
}

fn nested(depth: usize, leaf: &str) -> AnyValue {
    let leaf = AnyValue::from(leaf.to_owned());
    (0..depth).fold(leaf, |inner, level| match level % 2 {
        0 => list([inner]),
        _ => map([("k", inner)]),
    })
}

#[test]
fn what_lies_too_deep_is_replaced() {
    assert_eq!(body(nested(64, SECRET)), nested(64, HIDDEN));
    assert_eq!(body(nested(64, "clean")), nested(64, "clean"));
    for depth in [65, 66, 3000] {
        for leaf in [SECRET, "clean"] {
            let inner = nested(depth, leaf);
            // The same lists and maps around it, as they are counted from outside.
            let outside = |value: AnyValue| {
                (depth - 64..depth).fold(value, |inner, level| match level % 2 {
                    0 => list([inner]),
                    _ => map([("k", inner)]),
                })
            };
            assert_eq!(body(inner), outside(AnyValue::from("[REDACTED:limit depth]")));
        }
    }
}

#[test]
fn findings_are_told_once_each() {
    let (told, guard) = Told::guard();
    let processor = RedactingLogProcessor::new(guard);
    let mut record = record();
    record.set_body(AnyValue::from(format!("{SECRET} {}", token())));
    record.add_attribute("password", "hunter");
    record.add_attribute("deep", nested(70, "x"));
    processor.emit(&mut record, &scope());
    assert_eq!(
        told.taken(),
        [
            "otel.log secret db",
            "otel.log rule github-pat",
            "otel.log rule field",
            "otel.log limit depth"
        ]
    );
    processor.emit(&mut record, &scope());
    assert_eq!(told.taken(), [""; 0]);
    assert!(format!("{record:?}").contains(HIDDEN_TOKEN));
}

#[test]
fn a_name_that_does_not_tell_can_tell_a_rule() {
    let rule =
        "[[rule]]\nid = 'acme-key'\ndescription = 'd'\nnames = ['acme']\npattern = '[0-9a-f]{16}'";
    let redactor = Redactor::builder().rules_toml("rules.toml", rule).unwrap().build().unwrap();
    let processor = RedactingLogProcessor::new(redactor);
    let mut record = record();
    let number = 1_234_567_890_123_456_i64;
    record.add_attribute("acme_key", "0f1e2d3c4b5a6978");
    record.add_attribute("acme_list", list([AnyValue::from(7), AnyValue::from(number)]));
    record.add_attribute("other", map([("acme", bytes(b"0f1e2d3c4b5a6978"))]));
    record.add_attribute("other_key", "0f1e2d3c4b5a6978");
    record.add_attribute("acme_short", "0f1e2d3c");
    processor.emit(&mut record, &scope());
    let hidden = "[REDACTED:acme-key]";
    let values: Vec<_> = record.attributes_iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(
        values,
        [
            AnyValue::from(hidden),
            list([AnyValue::from(7), AnyValue::from(hidden)]),
            map([("acme", bytes(hidden.as_bytes()))]),
            AnyValue::from("0f1e2d3c4b5a6978"),
            AnyValue::from("0f1e2d3c"),
        ]
    );
}

#[test]
fn the_list_of_names_can_be_given() {
    let names = || Names::none().with("shoe size");
    let mut record = record();
    record.add_attribute("shoeSize", 42);
    record.add_attribute("password", "hunter");
    // Without rules: one of them knows `password=hunter`.
    let bare = Redactor::builder().build().unwrap();
    RedactingLogProcessor::new(bare).names(names()).emit(&mut record, &scope());
    let values: Vec<_> = record.attributes_iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(values, [AnyValue::from(FIELD), AnyValue::from("hunter")]);

    let memory = InMemorySpanExporter::default();
    let exporter = RedactingSpanExporter::new(memory.clone(), redactor()).names(names());
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    let mut span = provider.tracer("app").start("work");
    span.set_attribute(KeyValue::new("shoe.size", 42));
    span.end();
    assert_eq!(memory.get_finished_spans().unwrap()[0].attributes[0].value, Value::from(FIELD));

    let memory = InMemoryLogExporter::default();
    let exporter = RedactingLogExporter::new(memory.clone(), redactor()).names(names());
    let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter).build();
    let logger = provider.logger("app");
    let mut record = logger.create_log_record();
    record.add_attribute("shoe_size", 42);
    logger.emit(record);
    let logs = memory.get_emitted_logs().unwrap();
    assert_eq!(logs[0].record.attributes_iter().next().unwrap().1, AnyValue::from(FIELD));
}

/// A fixed text does not look like a placeholder.
#[test]
fn a_text_of_ones_own_is_told_once() {
    let told = Arc::new(Told::default());
    let fixed = Redactor::builder().replacement(Replacement::Fixed("<hidden>".into()));
    let guard = Guard::from(fixed.build().unwrap()).observed_by(told.clone());
    let processor = RedactingLogProcessor::new(guard);
    let mut record = record();
    record.add_attribute("password", "hunter");
    for findings in [&["otel.log rule field"][..], &[]] {
        processor.emit(&mut record, &scope());
        assert_eq!(record.attributes_iter().next().unwrap().1, AnyValue::from("<hidden>"));
        assert_eq!(told.taken(), findings);
    }
}
