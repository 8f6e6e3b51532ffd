//! OpenTelemetry without secrets: log records, spans, and metrics of what was redacted.
//!
//! | | redacts | protects |
//! |---|---|---|
//! | [`RedactingLogProcessor`] | log records | every processor that is registered after it |
//! | [`RedactingLogExporter`] | log records, scopes, the resource | the exporter that it wraps |
//! | [`RedactingSpanExporter`] | spans, scopes, the resource | the exporter that it wraps |
//! | [`RedactingPropagator`] | baggage, trace state, other headers | the propagator that it wraps |
//!
//! Each takes a [`Redactor`](crate::Redactor), a [`SecretStore`](crate::store::SecretStore) whose changes it follows, or a
//! [`Guard`](crate::Guard) that tells [`Metrics`] what it does. Values are looked through wherever they stand: in lists and
//! maps, in bytes, in keys, and in numbers; alone, and together with their keys as `key=value`. What holds a secret is made
//! anew; what holds none is passed on as it is, and nothing is allocated for it. A value whose key [tells](crate::Names) is
//! hidden whole.
//!
//! ```
//! use std::sync::Arc;
//!
//! use keepmum::otel::{Metrics, RedactingLogProcessor};
//! use keepmum::{Guard, Redactor, Secret, store::SecretStore};
//! use opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
//! use opentelemetry::{InstrumentationScope, metrics::MeterProvider};
//! use opentelemetry_sdk::error::OTelSdkResult;
//! use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider};
//! use opentelemetry_sdk::metrics::SdkMeterProvider;
//!
//! /// Stands for the processor of an exporter.
//! #[derive(Debug)]
//! struct Exports;
//!
//! impl LogProcessor for Exports {
//!     fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
//!         assert_eq!(record.body(), Some(&"login with [REDACTED:db]".into()));
//!     }
//! #   fn force_flush(&self) -> OTelSdkResult { Ok(()) }
//! #   fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult { Ok(()) }
//! }
//!
//! let store = SecretStore::builder(Redactor::builder().builtin_rules().build()?)
//!     .secrets(vec![Secret::new("db", "correct horse")])
//!     .open()?;
//! let meters = SdkMeterProvider::builder().build();
//! let metrics = Metrics::new(&meters.meter("keepmum")).watch(&store);
//! let guard = Guard::from(store).observed_by(Arc::new(metrics));
//!
//! let provider = SdkLoggerProvider::builder()
//!     .with_log_processor(RedactingLogProcessor::new(guard)) // the first one
//!     .with_log_processor(Exports)
//!     .build();
//! let logger = provider.logger("app");
//! let mut record = logger.create_log_record();
//! record.set_body("login with correct horse".into());
//! logger.emit(record);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What stays as it is: the event name and the severity of a log record, which are `'static`; the application's own metrics;
//! names of loggers and tracers, for whoever is not behind one of these exporters. More in `docs/otel.md`.

mod log_exporter;
mod log_processor;
mod metrics;
#[cfg(feature = "prometheus")]
mod prometheus;
mod propagator;
mod record;
mod scope;
mod scratch;
mod span;
mod span_exporter;
mod value;
mod watch;

pub use log_exporter::RedactingLogExporter;
pub use log_processor::RedactingLogProcessor;
pub use metrics::{Metrics, SecretNames};
#[cfg(feature = "prometheus")]
pub use prometheus::{Prometheus, PrometheusError};
pub use propagator::RedactingPropagator;
pub use span_exporter::RedactingSpanExporter;
