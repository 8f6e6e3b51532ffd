//! An exporter of log records that sees no secrets.

use std::fmt;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::Severity;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLogRecord};

use super::record::Blanks;
use super::value::Rewriter;
use crate::{Guard, Names, Surface};

/// Redacts log records, their scopes and the resource before an exporter gets them.
///
/// It redacts where batches are exported, away from the threads that log, and protects this exporter alone. An error of the
/// exporter is passed as it is.
///
/// ```
/// use keepmum::{Redactor, otel::RedactingLogExporter};
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
/// # use opentelemetry_sdk::{error::OTelSdkResult, logs::{LogBatch, LogExporter}};
/// # #[derive(Debug)] struct Exporter;
/// # impl LogExporter for Exporter { async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult { Ok(()) } }
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let provider = SdkLoggerProvider::builder()
///     .with_batch_exporter(RedactingLogExporter::new(Exporter, redactor))
///     .build();
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct RedactingLogExporter<E> {
    exporter: E,
    rewriter: Rewriter,
    blanks: Blanks,
}

/// What takes the place of one entry of a batch.
struct Renewed {
    at: usize,
    record: Option<SdkLogRecord>,
    scope: Option<InstrumentationScope>,
}

impl<E> RedactingLogExporter<E> {
    /// `exporter` behind what is in force in `guard`.
    pub fn new(exporter: E, guard: impl Into<Guard>) -> Self {
        let rewriter = Rewriter::new(guard.into(), Surface::OTEL_LOG);
        Self { exporter, rewriter, blanks: Blanks::new() }
    }

    /// Names of attributes whose values are hidden whole.
    ///
    /// ### Default
    ///
    /// The usual names.
    #[must_use]
    pub fn names(mut self, names: Names) -> Self {
        self.rewriter.names = names;
        self
    }

    /// The entries that hold secrets, in order.
    fn renewed(&self, batch: &LogBatch<'_>) -> Vec<Renewed> {
        let renewed = batch.iter().enumerate().map(|(at, (record, scope))| Renewed {
            at,
            record: self.blanks.renewed(record, &self.rewriter),
            scope: self.rewriter.scope(scope),
        });
        renewed.filter(|entry| entry.record.is_some() || entry.scope.is_some()).collect()
    }
}

impl<E: LogExporter> LogExporter for RedactingLogExporter<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let renewed = self.renewed(&batch);
        if renewed.is_empty() {
            return self.exporter.export(batch).await;
        }
        let mut renewed = renewed.iter().peekable();
        let entries = batch.iter().enumerate().map(|(at, (record, scope))| {
            let new = renewed.next_if(|new| new.at == at);
            let new_record = new.and_then(|new| new.record.as_ref());
            let new_scope = new.and_then(|new| new.scope.as_ref());
            (new_record.unwrap_or(record), new_scope.unwrap_or(scope))
        });
        let entries: Vec<_> = entries.collect();
        self.exporter.export(LogBatch::new(&entries)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.exporter.event_enabled(level, target, name)
    }

    /// The SDK says it once, when the provider is built: secrets that come into force later are not looked for in it.
    fn set_resource(&mut self, resource: &Resource) {
        let new = self.rewriter.resource(resource);
        self.exporter.set_resource(new.as_ref().unwrap_or(resource));
    }
}

/// Without the exporter: its own text can show the headers that it sends.
impl<E> fmt::Debug for RedactingLogExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingLogExporter")
            .field("rewriter", &self.rewriter)
            .finish_non_exhaustive()
    }
}
