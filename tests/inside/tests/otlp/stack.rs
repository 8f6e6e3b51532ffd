//! Everything that a program can trace with, at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Once;
use std::{fs, thread};

use keepmum::Guard;
use keepmum::otel::{RedactingPropagator, RedactingSpanExporter};
use keepmum::serve::{self, Serve, Stage};
use keepmum::subscriber::{RedactMakeWriter, RedactingExt as _};
use keepmum_inside::Memory;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::propagation::BaggagePropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tokio::runtime::{Builder, Handle};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use crate::plants::{Texts, redactor};
use crate::program;
use crate::receiver::{self, Kept};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    /// `Redacting`, and nothing else.
    SubscriberOnly,
    /// `Redacting`, and what redacts that goes past it.
    All,
    /// Nothing in the program: OTLP goes through a stage on its way.
    Stage,
}

/// What arrived, as it did.
pub(crate) struct Raw {
    pub(crate) lines: String,
    pub(crate) json: String,
    pub(crate) file: String,
    pub(crate) grpc: Kept,
    pub(crate) http: Kept,
    /// Each header of a request, and the baggage that whoever gets it reads.
    pub(crate) headers: Vec<String>,
}

/// Runs the program with `texts`.
pub(crate) fn run(texts: &Texts, protection: Protection) -> Raw {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (grpc, http) = (Kept::default(), Kept::default());
    let guard = Guard::from(redactor());
    let through = |receiver: SocketAddr| match protection {
        Protection::Stage => format!("http://{}", staged(runtime.handle(), receiver, &guard)),
        _ => format!("http://{receiver}"),
    };
    let addresses = Addresses {
        grpc: through(receiver::grpc(runtime.handle(), grpc.clone())),
        http: through(receiver::http(runtime.handle(), http.clone())),
    };
    let past = (protection == Protection::All).then_some(&guard);
    let (traces, logs) = addresses.providers(runtime.handle(), past);

    let (lines, json, folder) =
        (Memory::default(), Memory::default(), tempfile::tempdir().unwrap());
    let daily = tracing_appender::rolling::daily(folder.path(), "log");
    let builder = tracing_appender::non_blocking::NonBlockingBuilder::default().lossy(false);
    let (file, written) = builder.finish(daily);
    let writer = match past {
        Some(guard) => BoxMakeWriter::new(RedactMakeWriter::new(lines.clone(), guard.clone())),
        None => BoxMakeWriter::new(lines.clone()),
    };
    let layers = registry()
        .with(layer().with_writer(writer).with_ansi(false).with_thread_ids(true))
        .with(layer().json().with_writer(json.clone()))
        .with(layer().with_writer(file).with_ansi(false))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer("program")))
        .with(OpenTelemetryTracingBridge::new(&logs));
    let dispatch = match protection {
        Protection::None | Protection::Stage => tracing::Dispatch::new(layers),
        _ => tracing::Dispatch::new(layers.redacting(guard.clone())),
    };

    take_records_of_log();
    let mut headers = Vec::new();
    tracing::dispatcher::with_default(&dispatch, || {
        program::run(texts, |context| headers.push(header(context, past)));
    });
    drop((dispatch, written));
    // Exporters wait for answers that the runtime's thread brings.
    traces.shutdown().unwrap();
    logs.shutdown().unwrap();
    Raw { lines: lines.text(), json: json.text(), file: read(folder.path()), grpc, http, headers }
}

/// A stage that leads to `receiver`; where it listens.
fn staged(runtime: &Handle, receiver: SocketAddr, guard: &Guard) -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let stage = Stage::new(serve::Protocol::Otlp, any, &format!("http://{receiver}")).unwrap();
    let stages = Serve::builder(guard.clone()).stage(stage).build().unwrap();
    let bound = runtime.block_on(stages.bind()).unwrap();
    let address = bound.addresses().unwrap()[0];
    runtime.spawn(bound.run(std::future::pending()));
    address
}

struct Addresses {
    grpc: String,
    http: String,
}

impl Addresses {
    /// Providers that send everything to both receivers, in batches.
    fn providers(
        &self,
        runtime: &Handle,
        past: Option<&Guard>,
    ) -> (SdkTracerProvider, SdkLoggerProvider) {
        let _inside = runtime.enter();
        let (traces, logs) = (format!("{}/v1/traces", self.http), format!("{}/v1/logs", self.http));
        let spans = [
            SpanExporter::builder().with_tonic().with_endpoint(&self.grpc).build(),
            blocking(move || {
                let builder = SpanExporter::builder().with_http().with_endpoint(traces);
                builder.with_protocol(Protocol::HttpBinary).build()
            }),
        ];
        let records = [
            LogExporter::builder().with_tonic().with_endpoint(&self.grpc).build(),
            blocking(move || {
                let builder = LogExporter::builder().with_http().with_endpoint(logs);
                builder.with_protocol(Protocol::HttpBinary).build()
            }),
        ];
        let traces = SdkTracerProvider::builder().with_span_processor(CopyBaggage);
        let traces =
            spans.map(Result::unwrap).into_iter().fold(traces, |traces, spans| match past {
                None => traces.with_batch_exporter(spans),
                Some(guard) => {
                    traces.with_batch_exporter(RedactingSpanExporter::new(spans, guard.clone()))
                }
            });
        let logs = records.map(Result::unwrap).into_iter();
        let logs = logs
            .fold(SdkLoggerProvider::builder(), |logs, records| logs.with_batch_exporter(records));
        (traces.build(), logs.build())
    }
}

/// A client that blocks must not be made on a thread of the runtime's.
fn blocking<T: Send + 'static>(make: impl FnOnce() -> T + Send + 'static) -> T {
    thread::spawn(make).join().unwrap()
}

/// Copies baggage onto spans, as its processors do.
#[derive(Debug)]
struct CopyBaggage;

impl SpanProcessor for CopyBaggage {
    fn on_start(&self, span: &mut Span, context: &Context) {
        for (key, (value, _)) in context.baggage() {
            span.set_attribute(KeyValue::new(format!("baggage.{key}"), value.clone()));
        }
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The header of a request, and what is read from it.
fn header(context: &Context, past: Option<&Guard>) -> String {
    let mut headers = HashMap::new();
    match past {
        None => BaggagePropagator::new().inject_context(context, &mut headers),
        Some(guard) => RedactingPropagator::new(BaggagePropagator::new(), guard.clone())
            .inject_context(context, &mut headers),
    }
    let read = BaggagePropagator::new().extract_with_context(&Context::new(), &headers);
    let read: Vec<_> =
        read.baggage().iter().map(|(key, (value, _))| format!("{key}={value}")).collect();
    format!("{}\n{}", headers["baggage"], read.join("\n"))
}

/// A process has one logger; it gives to the subscriber of the thread.
fn take_records_of_log() {
    static LOG: Once = Once::new();
    LOG.call_once(|| tracing_log::LogTracer::init().unwrap());
}

/// All files of a folder. There are two if the day ended.
fn read(folder: &std::path::Path) -> String {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}
