//! Panics, in processes of their own: a hook is the process's.

use keepmum::Guard;
use keepmum::subscriber::{redact_payload, set_panic_hook};
use keepmum_inside::{KNOWN, REDACTED, redactor};

use crate::alone::{alone, is_alone};

#[test]
fn a_panic_is_reported_without_secrets() {
    if is_alone() {
        set_panic_hook(redactor());
        panic!("no entry with {}", KNOWN);
    }
    let done = alone("panics::a_panic_is_reported_without_secrets", &[]);
    let text = done.stderr;
    assert!(!done.passed && !text.contains("horse"), "{text}");
    assert!(text.contains("' panicked at tests/inside/tests/tracing/panics.rs:"), "{text}");
    assert!(text.contains(":\nno entry with [REDACTED:known]\nnote: run with"), "{text}");
}

#[test]
fn a_backtrace_comes_when_it_is_asked_for() {
    if is_alone() {
        set_panic_hook(redactor());
        let name = format!("worker {KNOWN}");
        let thread = std::thread::Builder::new().name(name);
        let payload = thread.spawn(|| panic!("{KNOWN}")).unwrap().join().unwrap_err();
        let payload = redact_payload(&Guard::from(redactor()), payload);
        std::panic::resume_unwind(payload);
    }
    let test = "panics::a_backtrace_comes_when_it_is_asked_for";
    let done = alone(test, &[("RUST_BACKTRACE", "1")]);
    let text = done.stderr;
    assert!(!done.passed && !text.contains("horse"), "{text}");
    assert!(text.contains("thread 'worker [REDACTED:known]' panicked at"), "{text}");
    assert!(text.contains("stack backtrace:\n") && text.contains("panics.rs"), "{text}");
}

#[test]
fn what_a_panic_leaves_is_redacted_if_it_is_text() {
    let guard = Guard::from(redactor());
    let left = redact_payload(&guard, Box::new(KNOWN));
    assert_eq!(left.downcast_ref::<String>().unwrap(), REDACTED);
    let left = redact_payload(&guard, Box::new(format!("a {KNOWN}")));
    assert_eq!(left.downcast_ref::<String>().unwrap(), "a [REDACTED:known]");
    assert_eq!(redact_payload(&guard, Box::new(7_u8)).downcast_ref::<u8>(), Some(&7));
}
