//! Counts allocations: a clean event takes none through the subscriber.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::Write as _;

use keepmum::Redactor;
use keepmum::subscriber::{RedactMakeWriter, Redacting};
use keepmum_inside::{Counting, allocations};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Metadata, Subscriber, info, info_span};
use tracing_subscriber::fmt::MakeWriter as _;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Takes everything, keeps nothing and allocates nothing.
struct Nothing;

impl Subscriber for Nothing {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn redactor() -> Redactor {
    let builder = Redactor::builder().builtin_rules();
    builder.secret("db", "correct horse battery").unwrap().build().unwrap()
}

#[test]
fn a_clean_event_allocates_nothing() {
    let log = || {
        let error: &(dyn std::error::Error + 'static) = &std::fmt::Error;
        // `user=` and `%` are looked at more closely.
        info!(method = "GET", path = "/v1/a%20b", status = 200, seconds = 0.5, user = ?"alice", error, "handled {}", 7);
        info_span!("request", id = 12_345_678).record("id", 7);
    };
    with_default(Redacting::new(Nothing, redactor()), || {
        log();
        assert_eq!(allocations(log), 0);
    });
    let hit = || info!(key = "correct horse battery");
    with_default(Redacting::new(Nothing, redactor()), || {
        assert_ne!(allocations(hit), 0, "what counts, counts");
    });
}

#[test]
fn a_line_allocates_nothing_but_what_it_is_collected_in() {
    let make = RedactMakeWriter::new(std::io::sink, redactor());
    let write = || make.make_writer().write_all(b"INFO handled method=GET user=alice\n").unwrap();
    write();
    assert!(allocations(write) <= 1);
}
