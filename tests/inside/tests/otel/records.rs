//! Places of a log record, behind the processor and behind the exporter.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use keepmum::otel::{RedactingLogExporter, RedactingLogProcessor};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    InMemoryLogExporter, LogBatch, LogExporter, LogProcessor, SdkLogRecord, SdkLoggerProvider,
};

use crate::planted::{FIELD, HIDDEN, SECRET, dirty, record, redactor, scope};

/// A record with something in each place; `said` gives the texts that can hold secrets.
fn full(said: impl Fn(&str) -> String, key: &str, password: &str) -> SdkLogRecord {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let mut record = record();
    record.set_event_name("login");
    record.set_target(said("target"));
    record.set_timestamp(time);
    record.set_observed_timestamp(time + Duration::from_secs(1));
    record.set_severity_text("WARN");
    record.set_severity_number(Severity::Warn2);
    record.set_body(AnyValue::from(said("body")));
    record.add_attribute("first", 1);
    record.add_attribute("said", said("attribute"));
    record.add_attribute(key.to_owned(), 2.5);
    record.add_attribute("password", password.to_owned());
    // More than a record keeps in place.
    (0..6).for_each(|n| record.add_attribute(format!("more.{n}"), n));
    record.set_trace_context(TraceId::from(7), SpanId::from(9), Some(TraceFlags::SAMPLED));
    record
}

fn before() -> SdkLogRecord {
    full(|place| dirty(place).0, SECRET, "hunter")
}

fn after() -> SdkLogRecord {
    full(|place| dirty(place).1, HIDDEN, FIELD)
}

/// Keeps what it sees.
#[derive(Clone, Debug, Default)]
struct Watching(Arc<Mutex<Vec<SdkLogRecord>>>);

impl LogProcessor for Watching {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        self.0.lock().unwrap().push(record.clone());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn processors_after_it_see_no_secret() {
    let (early, late, memory) =
        (Watching::default(), Watching::default(), InMemoryLogExporter::default());
    let provider = SdkLoggerProvider::builder()
        .with_log_processor(early.clone())
        .with_log_processor(RedactingLogProcessor::new(redactor()))
        .with_log_processor(late.clone())
        .with_simple_exporter(memory.clone())
        .with_batch_exporter(memory.clone())
        .build();
    provider.logger("app").emit(before());
    provider.force_flush().unwrap();
    assert_eq!(*early.0.lock().unwrap(), [before()]);
    assert_eq!(*late.0.lock().unwrap(), [after()]);
    let emitted = memory.get_emitted_logs().unwrap();
    assert_eq!(emitted.len(), 2);
    assert!(emitted.iter().all(|log| log.record == after()));
    provider.shutdown().unwrap();
}

#[test]
fn each_place_alone_is_enough() {
    let clean = |place: &str| format!("clean {place}");
    let processor = RedactingLogProcessor::new(redactor());
    for dirty_place in ["target", "body", "attribute"] {
        let only = |place: &str| match place == dirty_place {
            true => dirty(place).0,
            false => clean(place),
        };
        let redacted = |place: &str| match place == dirty_place {
            true => dirty(place).1,
            false => clean(place),
        };
        let mut record = full(only, "key", "");
        processor.emit(&mut record, &scope());
        assert_eq!(record, full(redacted, "key", ""));
    }
    let mut untouched = full(clean, "key", "");
    processor.emit(&mut untouched, &scope());
    assert_eq!(untouched, full(clean, "key", ""));
}

#[test]
fn a_bare_record_stays_bare() {
    let mut bare = record();
    bare.add_attribute("said", SECRET);
    RedactingLogProcessor::new(redactor()).emit(&mut bare, &scope());
    let mut expected = record();
    expected.add_attribute("said", HIDDEN);
    assert_eq!(bare, expected);
}

#[test]
fn an_exporter_behind_another_sees_no_secret() {
    let memory = InMemoryLogExporter::default();
    let redacting = || RedactingLogExporter::new(memory.clone(), redactor());
    let provider = SdkLoggerProvider::builder()
        .with_simple_exporter(redacting())
        .with_batch_exporter(redacting())
        .build();
    let (dirty_scope, clean_scope) = scopes();
    let logger = provider.logger_with_scope(dirty_scope);
    logger.emit(before());
    provider.force_flush().unwrap();
    let emitted = memory.get_emitted_logs().unwrap();
    assert_eq!(emitted.len(), 2);
    for log in emitted {
        assert_eq!(log.record, after());
        assert_eq!(log.instrumentation, clean_scope);
    }
}

/// Entries of a batch that hold no secret stay where they are between those that do.
#[test]
fn a_batch_keeps_its_order() {
    let memory = InMemoryLogExporter::default();
    let exporter = RedactingLogExporter::new(memory.clone(), redactor());
    let provider = SdkLoggerProvider::builder().with_batch_exporter(exporter).build();
    let (dirty_scope, clean_scope) = scopes();
    let (plain, telling) =
        (provider.logger_with_scope(scope()), provider.logger_with_scope(dirty_scope));
    let numbered = |n: usize, text: &str| {
        let mut record = record();
        record.set_body(AnyValue::from(format!("{n} {text}")));
        record
    };
    plain.emit(numbered(0, "clean"));
    plain.emit(numbered(1, SECRET));
    telling.emit(numbered(2, "clean"));
    plain.emit(numbered(3, "clean"));
    telling.emit(numbered(4, SECRET));
    provider.force_flush().unwrap();
    let emitted = memory.get_emitted_logs().unwrap();
    let seen: Vec<_> = emitted
        .iter()
        .map(|log| (log.record.body().cloned().unwrap(), log.instrumentation.clone()))
        .collect();
    let expected = [
        (0, "clean", scope()),
        (1, HIDDEN, scope()),
        (2, "clean", clean_scope.clone()),
        (3, "clean", scope()),
        (4, HIDDEN, clean_scope),
    ];
    let expected = expected.map(|(n, text, scope)| (AnyValue::from(format!("{n} {text}")), scope));
    assert_eq!(seen, expected);
}

/// A scope with secrets everywhere, and without.
fn scopes() -> (InstrumentationScope, InstrumentationScope) {
    let scope = |said: &dyn Fn(&str) -> String, password: &str| {
        InstrumentationScope::builder(said("name"))
            .with_version(said("version"))
            .with_schema_url(said("https://schema"))
            .with_attributes([
                KeyValue::new("said", said("attribute")),
                KeyValue::new("password", password.to_owned()),
                KeyValue::new("kept", 7),
            ])
            .build()
    };
    (scope(&|place| dirty(place).0, "hunter"), scope(&|place| dirty(place).1, FIELD))
}

#[test]
fn filters_of_those_behind_hold() {
    #[derive(Debug)]
    struct Refusing;

    impl LogExporter for Refusing {
        async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
            Ok(())
        }

        fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
            level >= Severity::Error && target == "app" && name == Some("event")
        }
    }

    let processor = SdkLoggerProvider::builder()
        .with_log_processor(RedactingLogProcessor::new(redactor()))
        .with_simple_exporter(Refusing)
        .build();
    let exporter = SdkLoggerProvider::builder()
        .with_simple_exporter(RedactingLogExporter::new(Refusing, redactor()))
        .build();
    for provider in [processor, exporter] {
        let logger = provider.logger("app");
        assert!(!logger.event_enabled(Severity::Info, "app", Some("event")));
        assert!(!logger.event_enabled(Severity::Error, "app", None));
        assert!(logger.event_enabled(Severity::Error, "app", Some("event")));
    }
}
