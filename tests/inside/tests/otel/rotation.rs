//! Secrets that come into force while the process exports.

use keepmum::otel::{RedactingLogExporter, RedactingLogProcessor, RedactingSpanExporter};
use keepmum::store::SecretStore;
use keepmum::{Redactor, Secret};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

use crate::planted::{HIDDEN, SECRET};

fn store() -> SecretStore {
    SecretStore::builder(Redactor::builder().build().unwrap()).open().unwrap()
}

fn add(store: &SecretStore) {
    store.add(Secret::new("db", SECRET)).unwrap();
}

#[test]
fn logs_follow() {
    let (store, memory) = (store(), InMemoryLogExporter::default());
    let behind = SdkLoggerProvider::builder()
        .with_log_processor(RedactingLogProcessor::new(store.clone()))
        .with_simple_exporter(memory.clone())
        .build();
    let wrapped = SdkLoggerProvider::builder()
        .with_batch_exporter(RedactingLogExporter::new(memory.clone(), store.clone()))
        .build();
    let log = || {
        for provider in [&behind, &wrapped] {
            let logger = provider.logger("app");
            let mut record = logger.create_log_record();
            record.set_body(AnyValue::from(SECRET));
            logger.emit(record);
            provider.force_flush().unwrap();
        }
        let logs = memory.get_emitted_logs().unwrap();
        memory.reset();
        logs.iter().map(|log| log.record.body().cloned().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(log(), [AnyValue::from(SECRET), AnyValue::from(SECRET)]);
    add(&store);
    assert_eq!(log(), [AnyValue::from(HIDDEN), AnyValue::from(HIDDEN)]);
}

/// What counts is the set in force when a span is exported, not when it ended.
#[test]
fn spans_follow() {
    let (store, memory) = (store(), InMemorySpanExporter::default());
    let exporter = RedactingSpanExporter::new(memory.clone(), store.clone());
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let tracer = provider.tracer("app");
    tracer.start(SECRET).end();
    provider.force_flush().unwrap();
    tracer.start(SECRET).end();
    add(&store);
    provider.force_flush().unwrap();
    let names: Vec<_> =
        memory.get_finished_spans().unwrap().into_iter().map(|span| span.name).collect();
    assert_eq!(names, [SECRET, HIDDEN]);
}
