//! What keepmum costs an event, in pipelines that people have, beside what they use now.
//!
//! `cargo bench -p keepmum-inside --bench events`. Each group is one pipeline: as it is, with [`Redacting`] around it, with the
//! redacting writer below too (formatters only), and with what is common today: a writer that replaces regexes, and a
//! formatter of fields that knows names. Differences inside a group count; medians wander by some percent.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::io::{self, Write};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use keepmum::Redactor;
use keepmum::subscriber::{RedactMakeWriter, RedactingExt as _};
use keepmum_inside::KNOWN;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use regex::bytes::RegexSet;
use tracing::field::Field;
use tracing::{Dispatch, Subscriber, dispatcher, info, info_span};
use tracing_subscriber::fmt::format::{FieldFn, Writer, debug_fn};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

fn redactor() -> Redactor {
    let builder = (0..10).fold(Redactor::builder().builtin_rules(), |builder, at| {
        builder.secret("bench", keepmum_inside::token("{hex:40}", at)).unwrap()
    });
    builder.secret("known", KNOWN).unwrap().build().unwrap()
}

/// An event with five fields and a message.
fn clean() {
    info!(
        method = "GET",
        path = "/v1/users/42/items",
        status = 200_u64,
        seconds = 0.0125,
        user = "alice",
        "handled a request"
    );
}

/// The same with a secret in it.
fn hit() {
    info!(
        method = "GET",
        path = "/v1/users/42/items",
        status = 200_u64,
        seconds = 0.0125,
        user = KNOWN,
        "handled a request"
    );
}

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    subscriber: impl Subscriber + Send + Sync,
) {
    let dispatch = Dispatch::new(subscriber);
    for (what, event) in [("clean", clean as fn()), ("hit", hit)] {
        group.bench_function(format!("{name}/{what}"), |bencher| {
            dispatcher::with_default(&dispatch, || bencher.iter(event));
        });
    }
}

/// The set-up of one formatter, with each way to redact what it prints.
macro_rules! formatter {
    ($criterion:expr, $name:literal, $layer:expr) => {{
        let mut group = $criterion.benchmark_group($name);
        let layer = $layer;
        bench(&mut group, "as it is", registry().with(layer().with_writer(io::sink)));
        bench(
            &mut group,
            "redacting",
            registry().with(layer().with_writer(io::sink)).redacting(redactor()),
        );
        let writer = RedactMakeWriter::new(io::sink, redactor());
        bench(&mut group, "writer", registry().with(layer().with_writer(writer.clone())));
        bench(
            &mut group,
            "both",
            registry().with(layer().with_writer(writer)).redacting(redactor()),
        );
        bench(&mut group, "regexes", registry().with(layer().with_writer(RegexWriter::new())));
        group.finish();
    }};
}

fn fmt(criterion: &mut Criterion) {
    formatter!(criterion, "fmt", || layer().with_ansi(false));
    let mut group = criterion.benchmark_group("fmt");
    let names = layer().with_ansi(false).fmt_fields(by_name()).with_writer(io::sink);
    bench(&mut group, "names", registry().with(names));
    group.finish();
}

fn json(criterion: &mut Criterion) {
    formatter!(criterion, "json", || layer().json());
}

/// Spans that are exported nowhere, each with one event.
fn opentelemetry(criterion: &mut Criterion) {
    let provider = SdkTracerProvider::builder().build();
    let spans = || tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let mut group = criterion.benchmark_group("opentelemetry");
    for (name, dispatch) in [
        ("as it is", Dispatch::new(registry().with(spans()))),
        ("redacting", Dispatch::new(registry().with(spans()).redacting(redactor()))),
    ] {
        for (what, event) in [("clean", clean as fn()), ("hit", hit)] {
            group.bench_function(format!("{name}/{what}"), |bencher| {
                dispatcher::with_default(&dispatch, || {
                    bencher.iter(|| info_span!("request", id = 42_u64).in_scope(event));
                });
            });
        }
    }
    group.finish();
}

/// A writer that replaces thirteen patterns in each line: the way that is found in most answers.
#[derive(Clone)]
struct RegexWriter {
    set: RegexSet,
    regexes: Vec<regex::bytes::Regex>,
}

impl RegexWriter {
    fn new() -> Self {
        let patterns = [
            r"ghp_[A-Za-z0-9]{36}",
            r"github_pat_[A-Za-z0-9_]{82}",
            r"glpat-[A-Za-z0-9_-]{20}",
            r"AKIA[A-Z0-9]{16}",
            r"xox[abprs]-[A-Za-z0-9-]{10,}",
            r"sk-[A-Za-z0-9]{20,}",
            r"sk_live_[A-Za-z0-9]{24}",
            r"npm_[A-Za-z0-9]{36}",
            r"AIza[A-Za-z0-9_-]{35}",
            r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            r"(?i)bearer [A-Za-z0-9._-]{16,}",
            r"://[^:/\s]+:[^@/\s]+@",
            KNOWN,
        ];
        let regexes = patterns.iter().map(|one| regex::bytes::Regex::new(one).unwrap()).collect();
        Self { set: RegexSet::new(patterns).unwrap(), regexes }
    }
}

impl MakeWriter<'_> for RegexWriter {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for RegexWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = std::borrow::Cow::Borrowed(bytes);
        for at in self.set.matches(bytes) {
            out = self.regexes[at].replace_all(&out, &b"[REDACTED]"[..]).into_owned().into();
        }
        io::sink().write_all(&out)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type ByName = FieldFn<fn(&mut Writer<'_>, &Field, &dyn std::fmt::Debug) -> std::fmt::Result>;

/// A formatter of fields that hides those of some names: values and messages stay as they are.
fn by_name() -> ByName {
    debug_fn(|writer, field, value| match field.name() {
        "password" | "token" | "authorization" => write!(writer, "{field}=[REDACTED] "),
        "message" => write!(writer, "{value:?} "),
        _ => write!(writer, "{field}={value:?} "),
    })
}

criterion_group!(benches, fmt, json, opentelemetry);
criterion_main!(benches);
