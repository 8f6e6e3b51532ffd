//! Metrics, as an exporter reads them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keepmum::otel::{Metrics, RedactingLogProcessor, SecretNames};
use keepmum::source::{Fetched, Source, SourceError};
use keepmum::store::{Policy, SecretStore};
use keepmum::{Guard, Observer, Redactor, Secret, Surface};
use opentelemetry::KeyValue;
use opentelemetry::logs::LogRecord;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::logs::LogProcessor;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use crate::planted::{PIN, SECRET, record, redactor, scope, token};

/// A provider whose metrics can be looked at.
struct Bench {
    memory: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Bench {
    fn new() -> Self {
        let memory = InMemoryMetricExporter::default();
        let provider = SdkMeterProvider::builder().with_periodic_exporter(memory.clone()).build();
        Self { memory, provider }
    }

    fn metrics(&self) -> Metrics {
        Metrics::new(&self.provider.meter("keepmum"))
    }

    /// Values by `name unit {attributes}`.
    fn read(&self) -> BTreeMap<String, String> {
        self.memory.reset();
        self.provider.force_flush().unwrap();
        let mut all = BTreeMap::new();
        for resource in self.memory.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
                assert!(!metric.description().is_empty(), "{}", metric.name());
                for (attributes, value) in points(metric.data()) {
                    let name = format!("{} {} {attributes}", metric.name(), metric.unit());
                    assert_eq!(all.insert(name, value), None);
                }
            }
        }
        all
    }
}

fn points(data: &AggregatedMetrics) -> Vec<(String, String)> {
    match data {
        AggregatedMetrics::U64(data) => shown(data),
        AggregatedMetrics::I64(data) => shown(data),
        AggregatedMetrics::F64(data) => shown(data),
    }
}

fn shown<T: Copy + std::fmt::Debug>(data: &MetricData<T>) -> Vec<(String, String)> {
    match data {
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| (line(point.attributes()), format!("gauge {:?}", point.value())))
            .collect(),
        MetricData::Sum(sum) => {
            assert!(sum.is_monotonic());
            sum.data_points()
                .map(|point| (line(point.attributes()), format!("sum {:?}", point.value())))
                .collect()
        }
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| {
                let counts: Vec<_> = point.bucket_counts().collect();
                (line(point.attributes()), format!("histogram {} {counts:?}", point.count()))
            })
            .collect(),
        MetricData::ExponentialHistogram(_) => panic!("none is made"),
    }
}

fn line<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut pairs: Vec<_> = attributes.map(|pair| format!("{}={}", pair.key, pair.value)).collect();
    pairs.sort();
    pairs.join(" ")
}

fn redact(bench: &Bench, metrics: Metrics) -> BTreeMap<String, String> {
    let guard = Guard::from(redactor()).observed_by(Arc::new(metrics));
    let processor = RedactingLogProcessor::new(guard.clone());
    let mut record = record();
    record.set_body(format!("{SECRET} {SECRET} {PIN}").into());
    processor.emit(&mut record, &scope());
    guard.redact(Surface::MESSAGE, token().as_bytes());
    bench.read()
}

fn only(all: &BTreeMap<String, String>, prefix: &str) -> Vec<(String, String)> {
    let ours = all.iter().filter(|(name, _)| name.starts_with(prefix));
    ours.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn redactions_are_counted_by_surface_origin_and_rule() {
    let bench = Bench::new();
    let all = redact(&bench, bench.metrics());
    assert_eq!(
        only(&all, "keepmum.redactions"),
        [
            pair(
                "keepmum.redactions {redaction} keepmum.origin=rule keepmum.rule.id=github-pat keepmum.surface=message",
                "sum 1"
            ),
            pair(
                "keepmum.redactions {redaction} keepmum.origin=secret keepmum.surface=otel.log",
                "sum 3"
            ),
        ]
    );
    assert!(!format!("{all:?}").contains("keepmum.secret.name"));
}

#[test]
fn names_of_secrets_are_told_on_demand() {
    let bench = Bench::new();
    let all = redact(&bench, bench.metrics().secret_names(SecretNames::Shown));
    let secret = "keepmum.redactions {redaction} keepmum.origin=secret keepmum.secret.name=";
    assert_eq!(
        only(&all, secret),
        [
            pair(&format!("{secret}db keepmum.surface=otel.log"), "sum 2"),
            pair(&format!("{secret}pin keepmum.surface=otel.log"), "sum 1"),
        ]
    );
    assert!(!format!("{all:?}").contains(SECRET));
}

#[test]
fn bytes_and_times_are_measured() {
    let bench = Bench::new();
    let all = redact(&bench, bench.metrics());
    let body = format!("{SECRET} {SECRET} {PIN}").len();
    let scanned = "keepmum.scanned By keepmum.surface=";
    assert_eq!(all[&format!("{scanned}otel.log")], format!("sum {body}"));
    assert_eq!(all[&format!("{scanned}message")], format!("sum {}", token().len()));
    let metrics = bench.metrics();
    for time in [50, 100, 101, 7_000, 20_000_000_000] {
        metrics.scanned(Surface::new("timed"), 0, Duration::from_nanos(time));
    }
    let timed = &bench.read()["keepmum.scan.duration s keepmum.surface=timed"];
    let mut counts = [0; 20];
    (counts[0], counts[1], counts[6], counts[19]) = (2, 1, 1, 1);
    assert_eq!(*timed, format!("histogram 5 {counts:?}"));
}

#[test]
fn what_is_held_is_told_as_it_is_now() {
    let bench = Bench::new();
    let metrics = bench.metrics();
    metrics.held(Surface::WRITER, 900);
    metrics.held(Surface::WRITER, 12);
    assert_eq!(bench.read()["keepmum.held By keepmum.surface=writer"], "gauge 12");
}

#[test]
fn limits_are_counted_without_a_name() {
    let bench = Bench::new();
    let guard = Guard::from(redactor()).observed_by(Arc::new(bench.metrics()));
    let mut record = record();
    let deep =
        (0..70).fold("x".into(), |inner, _| opentelemetry::logs::AnyValue::from_iter([inner]));
    record.set_body(deep);
    RedactingLogProcessor::new(guard).emit(&mut record, &scope());
    assert_eq!(
        bench.read()["keepmum.redactions {redaction} keepmum.origin=limit keepmum.surface=otel.log"],
        "sum 1"
    );
}

/// A source that cannot be read.
struct Down;

impl Source for Down {
    fn name(&self) -> &str {
        "down"
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        Err(SourceError::unavailable("down", "no answer"))
    }
}

/// A source that gives one secret.
struct Up;

impl Source for Up {
    fn name(&self) -> &str {
        "up"
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        Ok(Fetched::new(vec![Secret::new("db", SECRET)]))
    }
}

#[test]
fn a_store_is_watched_for_as_long_as_it_is_kept() {
    let bench = Bench::new();
    let store = SecretStore::builder(Redactor::builder().build().unwrap())
        .source(Box::new(Up), Policy::new())
        .source(Box::new(Down), Policy::new().optional())
        .open()
        .unwrap();
    let _metrics = bench.metrics().watch(&store);
    let all = bench.read();
    let failures = store.counts().failures();
    assert!(failures > 0);
    assert_eq!(all["keepmum.source.refreshes {refresh} "], "sum 1");
    assert_eq!(all["keepmum.source.failing {source} "], "gauge 1");
    assert_eq!(all["keepmum.secret_set.generation {generation} "], "gauge 1");
    assert!(all["keepmum.source.failures {failure} "].starts_with("sum "));
    let seconds = all["keepmum.secret_set.age s "].strip_prefix("gauge ").unwrap();
    assert!((0.0..60.0).contains(&seconds.parse::<f64>().unwrap()), "{seconds}");

    store.add(Secret::new("pin", PIN.to_string())).unwrap();
    assert_eq!(bench.read()["keepmum.secret_set.generation {generation} "], "gauge 2");
    // The metrics have no share in it: its thread ends and its secrets are wiped.
    drop(store);
    assert!(crate::planted::eventually(|| !bench.read().contains_key("keepmum.secret_set.age s ")));
}
