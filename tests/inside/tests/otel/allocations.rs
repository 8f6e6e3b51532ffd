//! A clean record allocates nothing.

use keepmum::otel::RedactingLogProcessor;
use keepmum_inside::{Counting, allocations};
use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry_sdk::logs::LogProcessor;

use crate::planted::{SECRET, record, redactor, scope};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_clean_record_is_passed_without_an_allocation() {
    let (processor, scope) = (RedactingLogProcessor::new(redactor()), scope());
    let mut clean = record();
    clean.set_body(AnyValue::from_iter([("path", AnyValue::from("/v1/items")), ("n", 7.into())]));
    clean.set_target("app::server");
    clean.add_attribute("ratio", 0.25);
    clean.add_attribute("list", AnyValue::from_iter(["a", "b"]));
    clean.add_attribute("raw", b"bytes".as_slice());
    let mut dirty = clean.clone();
    dirty.add_attribute("said", SECRET);
    // Scratch memory grows once.
    processor.emit(&mut clean, &scope);
    assert_eq!(allocations(|| processor.emit(&mut clean, &scope)), 0);
    assert!(allocations(|| processor.emit(&mut dirty, &scope)) > 0);
}
