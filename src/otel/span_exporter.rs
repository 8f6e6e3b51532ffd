//! An exporter of spans that sees no secrets.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::value::Rewriter;
use crate::{Guard, Names, Surface};

/// Redacts spans, their scopes and the resource before an exporter gets them.
///
/// A span is given to each processor as a copy of its own, so that no processor can redact for another: wrap each exporter.
/// An error of the exporter is passed as it is.
///
/// ```
/// use keepmum::{Redactor, otel::RedactingSpanExporter};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// # use opentelemetry_sdk::{error::OTelSdkResult, trace::{SpanData, SpanExporter}};
/// # #[derive(Debug)] struct Exporter;
/// # impl SpanExporter for Exporter { async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult { Ok(()) } }
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let provider = SdkTracerProvider::builder()
///     .with_batch_exporter(RedactingSpanExporter::new(Exporter, redactor))
///     .build();
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct RedactingSpanExporter<E> {
    exporter: E,
    rewriter: Rewriter,
}

impl<E> RedactingSpanExporter<E> {
    /// `exporter` behind what is in force in `guard`.
    pub fn new(exporter: E, guard: impl Into<Guard>) -> Self {
        Self { exporter, rewriter: Rewriter::new(guard.into(), Surface::OTEL_SPAN) }
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

impl<E: SpanExporter> SpanExporter for RedactingSpanExporter<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(|span| self.rewriter.span(span));
        self.exporter.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    /// The SDK says it once, when the provider is built: secrets that come into force later are not looked for in it.
    fn set_resource(&mut self, resource: &Resource) {
        let new = self.rewriter.resource(resource);
        self.exporter.set_resource(new.as_ref().unwrap_or(resource));
    }
}

/// Without the exporter: its own text can show the headers that it sends.
impl<E> fmt::Debug for RedactingSpanExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingSpanExporter")
            .field("rewriter", &self.rewriter)
            .finish_non_exhaustive()
    }
}
