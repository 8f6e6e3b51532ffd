//! What stands around and below: filters, reload, appenders, `log`, OpenTelemetry.

use std::fmt;

use keepmum::subscriber::{RedactMakeWriter, Redacting, RedactingExt as _};
use keepmum_inside::{KNOWN, Memory, REDACTED, redactor};
use opentelemetry::Value;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::subscriber::with_default;
use tracing::{Dispatch, Span, Subscriber, debug, error, info, info_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{registry, reload};

use crate::alone::{alone, is_alone};

/// Lines into memory, below which nothing redacts.
fn lines<S>(memory: &Memory) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    layer().with_ansi(false).with_writer(memory.clone())
}

/// Asserts which words arrived, each before a secret that did not.
fn heard(memory: &Memory, words: &[(&str, bool)]) {
    let text = memory.text();
    assert!(!text.contains("horse"), "{text}");
    for (word, heard) in words {
        assert_eq!(text.contains(&format!("{word} {REDACTED}")), *heard, "{word} in {text}");
    }
}

#[test]
fn env_filters_decide_as_before() {
    let memory = Memory::default();
    let filter = EnvFilter::new("warn,loud=debug,[request{user=alice}]=debug");
    with_default(registry().with(filter).with(lines(&memory)).redacting(redactor()), || {
        info!("quiet {KNOWN}");
        warn!("warned {KNOWN}");
        debug!(target: "loud", "loud {KNOWN}");
        info_span!("request", user = "alice").in_scope(|| debug!("inside {KNOWN}"));
        info_span!("request", user = "bob").in_scope(|| debug!("outside {KNOWN}"));
    });
    let expected =
        [("quiet", false), ("warned", true), ("loud", true), ("inside", true), ("outside", false)];
    heard(&memory, &expected);
}

#[test]
fn layers_that_are_there_or_not() {
    let (there, absent) = (Memory::default(), Memory::default());
    let stack = registry().with(Some(lines(&there))).with(None.map(|()| lines(&absent)));
    with_default(stack.redacting(redactor()), || info!("heard {KNOWN}"));
    heard(&there, &[("heard", true)]);
    assert_eq!(absent.text(), "");
}

#[test]
fn filters_of_single_layers() {
    let (errors, infos, by_event) = (Memory::default(), Memory::default(), Memory::default());
    let stack = registry()
        .with(lines(&errors).with_filter(LevelFilter::ERROR))
        .with(lines(&infos).with_filter(LevelFilter::INFO))
        .with(lines(&by_event).with_filter(filter_fn(|metadata| metadata.target() == "mine")));
    with_default(stack.redacting(redactor()), || {
        debug!("debug {KNOWN}");
        info!("info {KNOWN}");
        error!("error {KNOWN}");
        info!(target: "mine", "own {KNOWN}");
    });
    heard(&errors, &[("debug", false), ("info", false), ("error", true), ("own", false)]);
    heard(&infos, &[("debug", false), ("info", true), ("error", true), ("own", true)]);
    heard(&by_event, &[("debug", false), ("info", false), ("error", false), ("own", true)]);
}

/// A value that logs when it is formatted makes filters of layers forget what they had decided. It can do so under the
/// process's own subscriber only.
#[test]
fn filters_of_single_layers_outlive_values_that_log() {
    if !is_alone() {
        let done = alone("stack::filters_of_single_layers_outlive_values_that_log", &[]);
        assert!(done.passed, "{}", done.stderr);
        return;
    }
    struct Talks;
    impl fmt::Debug for Talks {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            error!("nested {KNOWN}");
            f.write_str("talks")
        }
    }
    let (errors, infos) = (Memory::default(), Memory::default());
    let stack = registry()
        .with(lines(&errors).with_filter(LevelFilter::ERROR))
        .with(lines(&infos).with_filter(LevelFilter::INFO));
    tracing::subscriber::set_global_default(stack.redacting(redactor())).unwrap();
    info!(value = ?Talks, "outer {KNOWN}");
    heard(&errors, &[("nested", true), ("outer", false)]);
    heard(&infos, &[("nested", true), ("outer", true)]);
}

#[test]
fn filters_are_reloaded() {
    let memory = Memory::default();
    let (filter, handle) = reload::Layer::new(LevelFilter::ERROR);
    with_default(registry().with(filter).with(lines(&memory)).redacting(redactor()), || {
        info!("before {KNOWN}");
        handle.modify(|filter| *filter = LevelFilter::INFO).unwrap();
        info!("after {KNOWN}");
    });
    heard(&memory, &[("before", false), ("after", true)]);
}

#[test]
fn appenders_roll_and_do_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let rolling = tracing_appender::rolling::hourly(folder.path(), "app.log");
    let (writer, guard) = tracing_appender::non_blocking(rolling);
    let writer = RedactMakeWriter::new(writer, redactor());
    let stack = registry().with(layer().json().with_writer(writer));
    with_default(stack.redacting(redactor()), || {
        (0..500).for_each(|at| info!(at, key = KNOWN, "line {at} {KNOWN}"));
    });
    drop(guard);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let text: String =
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(!text.contains("horse"), "{text}");
    assert_eq!(text.lines().count(), 500);
    assert_eq!(text.matches(REDACTED).count(), 1000);
    text.lines().for_each(|line| assert!(line.ends_with('}'), "{line}"));
}

/// The only test that sets the logger of `log`, which is the process's.
#[test]
fn records_of_log_keep_their_target_and_line() {
    tracing_log::LogTracer::init().unwrap();
    let memory = Memory::default();
    let stack = registry().with(layer().json().with_writer(memory.clone()));
    let line = line!() + 2;
    with_default(stack.redacting(redactor()), || {
        log::warn!(target: "old::library", "logged {KNOWN}");
        log::info!("clean");
    });
    let text = memory.text();
    let first = text.lines().next().unwrap();
    assert!(first.contains("\"message\":\"logged [REDACTED:known]\""), "{first}");
    assert!(first.contains("\"target\":\"old::library\"") && first.contains("\"WARN\""), "{first}");
    assert!(first.contains(&format!("\"log.line\":{line}")), "{first}");
    assert!(text.contains("\"message\":\"clean\""), "{text}");
}

#[test]
fn spans_of_opentelemetry_have_no_secrets_and_their_types() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    with_default(registry().with(spans).redacting(redactor()), || {
        let span =
            info_span!("request", key = KNOWN, count = 7, yes = true, late = tracing::field::Empty);
        let _in = span.enter();
        Span::current().record("late", KNOWN);
        // It is found through the subscriber's types.
        span.set_attribute("direct", "reaches OpenTelemetry past tracing");
        error!(error = &std::io::Error::other(KNOWN) as &dyn std::error::Error, "failed {KNOWN}");
    });
    let spans = exporter.get_finished_spans().unwrap();
    assert!(!format!("{spans:?}").contains("horse"), "{spans:?}");
    let attribute = |name: &str| {
        let all = &spans[0].attributes;
        all.iter().find(|one| one.key.as_str() == name).map(|one| one.value.clone()).unwrap()
    };
    assert_eq!(attribute("key"), Value::from(REDACTED));
    assert_eq!(attribute("late"), Value::from(REDACTED));
    assert_eq!((attribute("count"), attribute("yes")), (Value::I64(7), Value::Bool(true)));
    assert_eq!(attribute("direct"), Value::from("reaches OpenTelemetry past tracing"));
    assert_eq!(spans[0].events.events[0].name, format!("failed {REDACTED}"));
}

#[test]
fn what_lies_inside_is_found_by_its_type() {
    let dispatch = Dispatch::new(registry().with(LevelFilter::INFO).redacting(redactor()));
    assert!(dispatch.is::<tracing_subscriber::Registry>() && dispatch.is::<LevelFilter>());
    let inside = dispatch.downcast_ref::<Redacting<tracing_subscriber::Registry>>();
    assert!(inside.is_none(), "not its type");
}

#[test]
fn nothing_prints_a_secret_of_its_own() {
    let stack = registry().redacting(redactor());
    let shown = format!("{stack:?} {:?}", RedactMakeWriter::new("inner", redactor()));
    assert!(!shown.contains("horse"), "{shown}");
}
