//! The common case, which sets up a whole process.

use keepmum::subscriber::{init, init_with, try_init};
use keepmum_inside::{KNOWN, REDACTED, redactor, token};
use tracing::{debug, info};

use crate::alone::{alone, is_alone};

#[test]
fn one_line_covers_tracing_log_and_panics() {
    if is_alone() {
        init();
        let secret = std::env::var("SERVICE_TOKEN").unwrap();
        info!(secret, "event {secret} {}", token("ghp_{alnum:36}", 3));
        log::warn!("record {secret}");
        debug!("too quiet");
        panic!("panic {secret}");
    }
    let test = "init::one_line_covers_tracing_log_and_panics";
    let done = alone(test, &[("SERVICE_TOKEN", KNOWN), ("RUST_LOG", "")]);
    assert!(!done.passed);
    assert!(!format!("{}{}", done.stdout, done.stderr).contains("horse"), "{}", done.stdout);
    for text in
        ["event [REDACTED:SERVICE_TOKEN] [REDACTED:github-pat]", "record [REDACTED:SERVICE_TOKEN]"]
    {
        assert!(done.stdout.contains(text), "{text} in {}", done.stdout);
    }
    assert!(!done.stdout.contains("too quiet"), "info is the default");
    assert!(done.stderr.contains("panic [REDACTED:SERVICE_TOKEN]"), "{}", done.stderr);
}

#[test]
fn the_level_is_what_rust_log_says() {
    if is_alone() {
        init_with(redactor()).unwrap();
        debug!("debug {KNOWN}");
        log::debug!("record {KNOWN}");
        tracing::trace!("too quiet");
        return;
    }
    let done = alone("init::the_level_is_what_rust_log_says", &[("RUST_LOG", "debug")]);
    assert!(done.passed, "{}", done.stderr);
    for text in ["debug", "record"] {
        assert!(done.stdout.contains(&format!("{text} {REDACTED}")), "{}", done.stdout);
    }
    assert!(!done.stdout.contains("too quiet"));
}

#[test]
fn a_process_is_set_up_once() {
    if is_alone() {
        init_with(redactor()).unwrap();
        let error = try_init().unwrap_err();
        assert!(error.is_taken());
        assert_eq!(error.to_string(), "the process has a subscriber of `tracing` already");
        return;
    }
    let done = alone("init::a_process_is_set_up_once", &[]);
    assert!(done.passed, "{}", done.stderr);
}
