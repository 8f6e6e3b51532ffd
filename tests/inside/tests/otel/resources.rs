//! The resource, as exporters are told it.

use std::sync::{Arc, Mutex};

use keepmum::otel::{RedactingLogExporter, RedactingSpanExporter};
use opentelemetry::logs::{Logger, LoggerProvider};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

use crate::planted::{FIELD, HIDDEN, SECRET, dirty, redactor};

fn resource(said: &str, key: &str, password: &str, url: &str) -> Resource {
    let pairs = [
        KeyValue::new("service.name", "app"),
        KeyValue::new("said", said.to_owned()),
        KeyValue::new(key.to_owned(), true),
        KeyValue::new("numbers", Value::Array(Array::I64(vec![1, 2]))),
        KeyValue::new("password", password.to_owned()),
    ];
    Resource::builder_empty().with_schema_url(pairs, url.to_owned()).build()
}

fn before() -> Resource {
    resource(&dirty("a").0, SECRET, "hunter", &format!("https://me:{SECRET}@schema"))
}

fn after() -> Resource {
    resource(&dirty("a").1, HIDDEN, FIELD, &format!("https://me:{HIDDEN}@schema"))
}

/// Keeps the resource that it was told.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Option<Resource>>>);

impl SpanExporter for Told {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        *self.0.lock().unwrap() = Some(resource.clone());
    }
}

#[test]
fn exporters_of_spans_are_told_no_secret() {
    for (given, expected) in [(before(), after()), (after(), after())] {
        let told = Told::default();
        let exporter = RedactingSpanExporter::new(told.clone(), redactor());
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter);
        let _provider = provider.with_resource(given).build();
        assert_eq!(told.0.lock().unwrap().clone().unwrap(), expected);
    }
}

#[test]
fn exporters_of_logs_are_told_no_secret() {
    for (given, expected) in [(before(), after()), (after(), after())] {
        let memory = InMemoryLogExporter::default();
        let exporter = RedactingLogExporter::new(memory.clone(), redactor());
        let provider = SdkLoggerProvider::builder().with_batch_exporter(exporter);
        let provider = provider.with_resource(given).build();
        let logger = provider.logger("app");
        logger.emit(logger.create_log_record());
        provider.force_flush().unwrap();
        let logs = memory.get_emitted_logs().unwrap();
        assert_eq!(*logs[0].resource, expected);
    }
}

#[test]
fn a_resource_without_a_schema_stays_without_one() {
    let told = Told::default();
    let exporter = RedactingSpanExporter::new(told.clone(), redactor());
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("said", SECRET)).build();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter);
    let _provider = provider.with_resource(resource).build();
    let told = told.0.lock().unwrap().clone().unwrap();
    assert_eq!(told.get(&Key::from("said")), Some(Value::from(HIDDEN)));
    assert_eq!((told.len(), told.schema_url()), (1, None));
}
