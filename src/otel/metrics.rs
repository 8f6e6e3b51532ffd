//! What is scanned and redacted, as metrics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

use super::watch::watch;
use crate::store::SecretStore;
use crate::{Finding, Observer, Origin, Surface};

const SURFACE: &str = "keepmum.surface";
const ORIGIN: &str = "keepmum.origin";
const RULE: &str = "keepmum.rule.id";
const SECRET: &str = "keepmum.secret.name";

/// Upper ends of the buckets of durations, in seconds: a short attribute takes a fraction of a microsecond, a megabyte some
/// milliseconds.
const SECONDS: [f64; 19] = [
    1e-7, 2.5e-7, 5e-7, 1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3,
    5e-3, 1e-2, 1e-1, 1.0, 10.0,
];

/// Counts what is scanned and redacted, with the instruments of a meter. They are listed in `docs/otel.md`.
///
/// ```
/// use std::sync::Arc;
/// use keepmum::{Guard, otel::Metrics, store::SecretStore, Redactor};
/// use opentelemetry::metrics::MeterProvider;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let provider = SdkMeterProvider::builder().build(); // with a reader
/// let store = SecretStore::builder(Redactor::builder().builtin_rules().build()?).open()?;
/// let metrics = Metrics::new(&provider.meter("keepmum")).watch(&store);
/// let guard = Guard::from(store).observed_by(Arc::new(metrics));
/// # let _ = guard;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Metrics {
    meter: Meter,
    scanned: Counter<u64>,
    redactions: Counter<u64>,
    held: Gauge<u64>,
    duration: Histogram<f64>,
    secret_names: SecretNames,
}

/// Whether metrics tell which known secret was redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretNames {
    /// Only that it was one: there can be many, and each name is a time series.
    #[default]
    Omitted,
    /// By its name, never its value.
    Shown,
}

impl Metrics {
    /// Makes the instruments.
    pub fn new(meter: &Meter) -> Self {
        let counter = |name, unit, what| {
            meter.u64_counter(name).with_unit(unit).with_description(what).build()
        };
        Self {
            meter: meter.clone(),
            scanned: counter("keepmum.scanned", "By", "Bytes that were looked through."),
            redactions: counter("keepmum.redactions", "{redaction}", "What was redacted."),
            held: meter
                .u64_gauge("keepmum.held")
                .with_unit("By")
                .with_description("Bytes that are held back until they are decided.")
                .build(),
            duration: meter
                .f64_histogram("keepmum.scan.duration")
                .with_unit("s")
                .with_description("How long one value, message or chunk took to look through.")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            secret_names: SecretNames::default(),
        }
    }

    /// Whether redactions of known secrets are counted by name.
    ///
    /// ### Default
    ///
    /// [`SecretNames::Omitted`].
    #[must_use]
    pub fn secret_names(mut self, names: SecretNames) -> Self {
        self.secret_names = names;
        self
    }

    /// Reports the counters of `store` too, for as long as something else keeps the store. One store to a meter: two would
    /// report under the same names.
    #[must_use]
    pub fn watch(self, store: &SecretStore) -> Self {
        watch(&self.meter, store);
        self
    }
}

impl Observer for Metrics {
    fn scanned(&self, surface: Surface, bytes: u64, time: Duration) {
        let surface = [KeyValue::new(SURFACE, surface.as_str())];
        self.scanned.add(bytes, &surface);
        self.duration.record(time.as_secs_f64(), &surface);
    }

    fn redacted(&self, surface: Surface, finding: &Finding) {
        let surface = KeyValue::new(SURFACE, surface.as_str());
        let origin = KeyValue::new(ORIGIN, finding.origin().as_str());
        let name = match (finding.origin(), self.secret_names) {
            (Origin::Rule, _) => RULE,
            (Origin::Secret, SecretNames::Shown) => SECRET,
            _ => return self.redactions.add(1, &[surface, origin]),
        };
        let name = KeyValue::new(name, Arc::clone(&finding.name));
        self.redactions.add(1, &[surface, origin, name]);
    }

    fn held(&self, surface: Surface, bytes: u64) {
        self.held.record(bytes, &[KeyValue::new(SURFACE, surface.as_str())]);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("secret_names", &self.secret_names).finish_non_exhaustive()
    }
}
