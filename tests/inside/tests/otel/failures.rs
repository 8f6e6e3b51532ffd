//! What an exporter answers passes as it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keepmum::otel::{RedactingLogExporter, RedactingLogProcessor, RedactingSpanExporter};
use opentelemetry::logs::LogRecord;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{
    BatchLogProcessor, LogBatch, LogExporter, LogProcessor, SimpleLogProcessor,
};
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SimpleSpanProcessor, SpanData, SpanExporter, SpanProcessor,
};

use crate::planted::{SECRET, record, redactor, scope};

/// Fails at everything, and counts how often it was asked to end.
#[derive(Clone, Debug, Default)]
struct Failing {
    shutdowns: Arc<AtomicUsize>,
}

impl Failing {
    fn shut(&self, timeout: Duration) -> OTelSdkResult {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
        Err(OTelSdkError::Timeout(timeout))
    }
}

impl LogExporter for Failing {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("no collector".into()))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.shut(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
        Err(OTelSdkError::AlreadyShutdown)
    }
}

impl SpanExporter for Failing {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("no collector".into()))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.shut(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
        Err(OTelSdkError::AlreadyShutdown)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("cannot flush".into()))
    }
}

const TIMEOUT: Duration = Duration::from_secs(77);

#[test]
fn an_exporter_of_logs_fails_as_it_did() {
    let failing = Failing::default();
    let exporter = RedactingLogExporter::new(failing.clone(), redactor());
    assert!(matches!(LogExporter::shutdown(&exporter), Err(OTelSdkError::AlreadyShutdown)));
    let simple = SimpleLogProcessor::new(exporter);
    simple.emit(&mut dirty_record(), &scope());
    assert!(matches!(simple.shutdown_with_timeout(TIMEOUT), Err(OTelSdkError::Timeout(TIMEOUT))));
    assert_eq!(failing.shutdowns.load(Ordering::SeqCst), 2);

    let exporter = RedactingLogExporter::new(failing.clone(), redactor());
    let batch = BatchLogProcessor::builder(exporter).build();
    for mut record in [dirty_record(), record()] {
        batch.emit(&mut record, &scope());
        let error = batch.force_flush().unwrap_err();
        assert_eq!(error.to_string(), "Operation failed: no collector");
    }
    batch.shutdown().unwrap();
    assert_eq!(failing.shutdowns.load(Ordering::SeqCst), 3);
}

fn dirty_record() -> opentelemetry_sdk::logs::SdkLogRecord {
    let mut record = record();
    record.set_body(SECRET.into());
    record
}

#[test]
fn an_exporter_of_spans_fails_as_it_did() {
    let failing = Failing::default();
    let exporter = RedactingSpanExporter::new(failing.clone(), redactor());
    assert!(matches!(SpanExporter::shutdown(&exporter), Err(OTelSdkError::AlreadyShutdown)));
    assert_eq!(exporter.force_flush().unwrap_err().to_string(), "Operation failed: cannot flush");
    let simple = SimpleSpanProcessor::new(exporter);
    assert!(matches!(simple.shutdown_with_timeout(TIMEOUT), Err(OTelSdkError::Timeout(TIMEOUT))));
    assert_eq!(failing.shutdowns.load(Ordering::SeqCst), 2);

    let exporter = RedactingSpanExporter::new(failing, redactor());
    let batch = BatchSpanProcessor::builder(exporter).build();
    batch.on_end(crate::spans::before());
    let error = batch.force_flush().unwrap_err();
    assert_eq!(error.to_string(), "Operation failed: no collector");
}

#[test]
fn the_processor_has_nothing_to_end() {
    let processor = RedactingLogProcessor::new(redactor());
    processor.force_flush().unwrap();
    processor.shutdown().unwrap();
    let mut record = dirty_record();
    processor.emit(&mut record, &scope());
    assert!(!format!("{record:?}").contains(SECRET));
}
