//! A clean record allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use keepmum::otel::RedactingLogProcessor;
use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry_sdk::logs::LogProcessor;

use crate::planted::{SECRET, record, redactor, scope};

struct Counting;

thread_local!(static COUNT: Cell<usize> = const { Cell::new(0) });

// SAFETY: every call goes to the system's allocator unchanged.
#[expect(unsafe_code, reason = "the trait of allocators is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

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
