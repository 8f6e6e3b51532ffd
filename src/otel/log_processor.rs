//! The processor that stands before the others.

use std::fmt;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::Severity;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::record::Blanks;
use super::value::Rewriter;
use crate::{Guard, Names, Surface};

/// Redacts log records before the processors that are registered after it see them.
///
/// Register it **first**: a processor before it sees the record as it was. What goes beside records, the resource and the
/// instrumentation scope, is no processor's to change: wrap exporters in a
/// [`RedactingLogExporter`](super::RedactingLogExporter) if secrets can stand there. One does not need the other.
///
/// ```
/// use keepmum::{Redactor, otel::RedactingLogProcessor};
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let provider = SdkLoggerProvider::builder()
///     .with_log_processor(RedactingLogProcessor::new(redactor))
///     // .with_batch_exporter(exporter)
///     .build();
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct RedactingLogProcessor {
    rewriter: Rewriter,
    blanks: Blanks,
}

impl RedactingLogProcessor {
    /// A processor with what is in force in `guard`.
    pub fn new(guard: impl Into<Guard>) -> Self {
        let rewriter = Rewriter::new(guard.into(), Surface::OTEL_LOG);
        Self { rewriter, blanks: Blanks::new() }
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
}

impl LogProcessor for RedactingLogProcessor {
    fn emit(&self, data: &mut SdkLogRecord, _: &InstrumentationScope) {
        if let Some(new) = self.blanks.renewed(data, &self.rewriter) {
            *data = new;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    /// An event is made if one processor wants it, and this one wants none: a `true` would overrule the filters of those
    /// that export.
    fn event_enabled(&self, _: Severity, _: &str, _: Option<&str>) -> bool {
        false
    }
}

impl fmt::Debug for RedactingLogProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingLogProcessor")
            .field("rewriter", &self.rewriter)
            .finish_non_exhaustive()
    }
}
