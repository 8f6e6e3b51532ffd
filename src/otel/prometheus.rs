//! Metrics as the text that Prometheus scrapes.

use std::fmt;

use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

/// A provider of meters whose metrics can be read as text at any time. Whatever HTTP server the process has serves it.
///
/// Counters are called `keepmum_scanned_bytes_total`, durations `keepmum_scan_duration_seconds`: dots become underscores, units
/// and `_total` are added. The text shows all metrics of the provider, and is not redacted: the labels of an application's own
/// metrics are the application's.
///
/// ```
/// use std::sync::Arc;
/// use keepmum::{Guard, Redactor, Surface, otel::{Metrics, Prometheus}};
/// use opentelemetry::metrics::MeterProvider;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let prometheus = Prometheus::new(SdkMeterProvider::builder())?;
/// let metrics = Metrics::new(&prometheus.provider().meter("keepmum"));
/// let guard = Guard::from(Redactor::builder().build()?).observed_by(Arc::new(metrics));
/// guard.redact(Surface::MESSAGE, b"hello");
/// assert!(prometheus.text()?.contains("# TYPE keepmum_scanned_bytes_total counter"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Prometheus {
    provider: SdkMeterProvider,
    registry: Registry,
}

impl Prometheus {
    /// What the text is, for the header `Content-Type`.
    pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

    /// Finishes a provider, with a reader of its own beside those that it has.
    ///
    /// # Errors
    ///
    /// The reader cannot be registered.
    pub fn new(provider: MeterProviderBuilder) -> Result<Self, PrometheusError> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
        let reader = reader.build().map_err(|error| PrometheusError(error.to_string()))?;
        Ok(Self { provider: provider.with_reader(reader).build(), registry })
    }

    /// Where meters come from.
    pub fn provider(&self) -> &SdkMeterProvider {
        &self.provider
    }

    /// All metrics as they are now. Empty once the provider was shut down.
    ///
    /// # Errors
    ///
    /// Metrics that the format has no text for.
    pub fn text(&self) -> Result<String, PrometheusError> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        text.map_err(|error| PrometheusError(error.to_string()))
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}

/// Metrics could not be written as text.
#[derive(Debug)]
pub struct PrometheusError(String);

impl fmt::Display for PrometheusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metrics cannot be written for Prometheus: {}", self.0)
    }
}

impl std::error::Error for PrometheusError {}
