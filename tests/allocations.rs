//! Counts allocations: a clean input takes none once the scratch memory has grown.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::borrow::Cow;
use std::cell::Cell;

use keepmum::{Discard, Redactor};

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

fn redactor() -> Redactor {
    let builder = Redactor::builder().builtin_rules();
    builder.secret("db", "correct horse battery").unwrap().build().unwrap()
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn a_clean_event_allocates_nothing() {
    let redactor = redactor();
    let event =
        b"2026-01-01T00:00:00Z INFO handled method=GET path=/v1/items status=200 user=alice";
    assert!(matches!(redactor.redact(event), Cow::Borrowed(_)));
    assert_eq!(allocations(|| drop(redactor.redact(event))), 0);
}

#[test]
fn runs_allocate_nothing() {
    let redactor = Redactor::builder().paranoid_rules().build().unwrap();
    let chunk = b"2026-01-01T00:00:00Z INFO some_long_function_name in /usr/share/doc/packages ";
    let mut stream = redactor.stream(Discard);
    (0..1000).for_each(|_| stream.push(chunk));
    assert_eq!(allocations(|| (0..1000).for_each(|_| stream.push(chunk))), 0);
    assert!(matches!(redactor.redact(chunk), Cow::Borrowed(_)));
    assert_eq!(allocations(|| drop(redactor.redact(chunk))), 0);
}

#[test]
fn a_stream_stops_allocating() {
    let chunk = b"2026-01-01T00:00:00Z INFO token count 12, password=correct horse battery, done\n";
    let mut stream = redactor().stream(Discard);
    (0..1000).for_each(|_| stream.push(chunk));
    assert_eq!(allocations(|| (0..1000).for_each(|_| stream.push(chunk))), 0);
}

#[cfg(all(feature = "msgpack", feature = "protobuf"))]
#[test]
fn a_clean_document_allocates_nothing() {
    use keepmum::structured::{MessagePack, Protobuf};
    let (redactor, form) = (redactor(), MessagePack::new());
    let record = b"\x82\xa5level\xa4info\xa6status\xcc\xc8".repeat(100);
    let event = b"\x0a\x0d\x0a\x0b\x12\x09\x0a\x07nothing".repeat(100);
    let clean = || {
        let record = form.redact(&redactor, &record, &mut |_| {}).unwrap();
        let event = Protobuf::VECTOR_EVENTS.redact(&redactor, &event, &mut |_| {}).unwrap();
        assert!(matches!((record, event), (Cow::Borrowed(_), Cow::Borrowed(_))));
    };
    clean();
    assert_eq!(allocations(clean), 0);
}
