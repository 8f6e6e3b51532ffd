//! Nothing that can be printed shows a secret.

use keepmum::otel::{
    Metrics, Prometheus, RedactingLogExporter, RedactingLogProcessor, RedactingSpanExporter,
    SecretNames,
};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::planted::{SECRET, redactor};

/// An exporter whose own `Debug` shows what it sends with.
#[derive(Debug)]
struct Telling(#[expect(dead_code, reason = "it is only printed")] &'static str);

#[test]
fn debug_is_silent() {
    let prometheus = Prometheus::new(SdkMeterProvider::builder()).unwrap();
    let metrics = Metrics::new(&prometheus.provider().meter("keepmum"));
    let metrics = metrics.secret_names(SecretNames::Shown);
    let telling = || Telling(SECRET);
    assert!(format!("{:?}", telling()).contains(SECRET));
    let printed = format!(
        "{:#?} {:#?} {:#?} {metrics:#?} {prometheus:#?}",
        RedactingLogProcessor::new(redactor()),
        RedactingLogExporter::new(telling(), redactor()),
        RedactingSpanExporter::new(telling(), redactor()),
    );
    for part in (0..SECRET.len() - 8).map(|at| &SECRET[at..at + 8]) {
        assert!(!printed.contains(part), "{part} stands in {printed}");
    }
}
