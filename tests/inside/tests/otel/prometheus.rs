//! The text that Prometheus scrapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use keepmum::otel::{Metrics, Prometheus};
use keepmum::store::SecretStore;
use keepmum::{Guard, Observer, Redactor, Secret, Surface};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::planted::{SECRET, token};

/// What the text says of one family.
#[derive(Default)]
struct Family {
    help: Option<String>,
    kind: Option<String>,
    samples: Vec<(String, String, f64)>,
}

/// Reads the format, strictly: help and type come once and before the samples, which stand together.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            current = name.to_owned();
            let family = Family { help: Some(help.to_owned()), ..Family::default() };
            assert!(families.insert(current.clone(), family).is_none(), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, current, "{line}");
            families.get_mut(name).unwrap().kind = Some(kind.to_owned());
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
            let labels = labels.strip_suffix('}').unwrap();
            assert!(name.starts_with(&current), "{line}");
            let legal = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
            assert!(name.chars().all(legal), "{line}");
            let sample = (name.to_owned(), labels.to_owned(), value.parse().unwrap());
            families.get_mut(&current).unwrap().samples.push(sample);
        }
    }
    families
}

fn scraped() -> (Prometheus, BTreeMap<String, Family>) {
    let prometheus = Prometheus::new(SdkMeterProvider::builder()).unwrap();
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let store = SecretStore::builder(redactor).secrets(vec![Secret::new("db", SECRET)]);
    let store = store.open().unwrap();
    let metrics = Metrics::new(&prometheus.provider().meter("keepmum")).watch(&store);
    metrics.held(Surface::WRITER, 12);
    let guard = Guard::from(store.clone()).observed_by(Arc::new(metrics));
    let said = format!("{SECRET} {}", token());
    guard.redact_str(Surface::MESSAGE, &said);
    let families = parse(&prometheus.text().unwrap());
    drop(store);
    (prometheus, families)
}

#[test]
fn every_metric_has_its_name_type_and_help() {
    let (_, families) = scraped();
    let ours: Vec<_> = families.iter().filter(|(name, _)| name.starts_with("keepmum")).collect();
    let listed: Vec<_> = ours
        .iter()
        .map(|(name, family)| (name.as_str(), family.kind.as_deref().unwrap()))
        .collect();
    assert_eq!(
        listed,
        [
            ("keepmum_held_bytes", "gauge"),
            ("keepmum_redactions_total", "counter"),
            ("keepmum_scan_duration_seconds", "histogram"),
            ("keepmum_scanned_bytes_total", "counter"),
            ("keepmum_secret_set_age_seconds", "gauge"),
            ("keepmum_secret_set_generation", "gauge"),
            ("keepmum_source_failing", "gauge"),
            ("keepmum_source_failures_total", "counter"),
            ("keepmum_source_refreshes_total", "counter"),
        ]
    );
    assert!(
        ours.iter().all(|(_, family)| family.help.as_ref().is_some_and(|help| !help.is_empty()))
    );
    assert!(ours.iter().all(|(_, family)| !family.samples.is_empty()));
}

#[test]
fn samples_carry_values_and_labels() {
    let (_, families) = scraped();
    let redactions = &families["keepmum_redactions_total"].samples;
    let mut labels: Vec<_> =
        redactions.iter().map(|(_, labels, value)| (labels.as_str(), *value)).collect();
    labels.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(labels.len(), 2);
    assert!(
        labels[0].0.contains(
            r#"keepmum_origin="rule",keepmum_rule_id="github-pat",keepmum_surface="message""#
        ),
        "{labels:?}"
    );
    assert!(
        labels[1].0.contains(r#"keepmum_origin="secret",keepmum_surface="message""#),
        "{labels:?}"
    );
    assert!(labels.iter().all(|(_, value)| *value == 1.0));
    let scanned = &families["keepmum_scanned_bytes_total"].samples;
    assert_eq!(scanned[0].2, (SECRET.len() + 1 + token().len()) as f64);
    let duration = &families["keepmum_scan_duration_seconds"].samples;
    let count = duration.iter().find(|(name, ..)| name.ends_with("_count")).unwrap();
    let last = duration.iter().find(|(_, labels, _)| labels.contains(r#"le="+Inf""#)).unwrap();
    assert_eq!((count.2, last.2), (1.0, 1.0));
    assert_eq!(duration.iter().filter(|(name, ..)| name.ends_with("_bucket")).count(), 20);
}

#[test]
fn each_text_is_read_anew() {
    let (prometheus, before) = scraped();
    let counter = prometheus
        .provider()
        .meter("app")
        .u64_counter("app.jobs")
        .with_description("Jobs.")
        .build();
    counter.add(3, &[]);
    let after = parse(&prometheus.text().unwrap());
    assert!(!before.contains_key("app_jobs_total"));
    assert_eq!(after["app_jobs_total"].samples[0].2, 3.0);
    assert!(Prometheus::CONTENT_TYPE.starts_with("text/plain; version=0.0.4"));
    prometheus.provider().shutdown().unwrap();
    assert_eq!(prometheus.text().unwrap(), "");
}
