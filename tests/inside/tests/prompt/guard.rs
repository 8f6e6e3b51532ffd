//! What looks through requests here, and bodies for it.

use std::sync::Arc;
use std::time::Duration;

use keepmum::prompt::{Mode, PreSend, PreSendBuilder};
use keepmum::{Finding, Guard, Observer, Redactor, ReferenceKey, Surface};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Where a body may not be changed.
pub(crate) const REFUSED: &str = r#"{"model": "correct horse battery", "messages": []}"#;

/// A body in which there is nothing to find, written as no serializer would.
pub(crate) const CLEAN: &str = "{ \"messages\" :[ {\"content\":\"a\\/b \\u003c\",\"role\":\"user\"} ],\r\n\"n\":1.0 , \"n\":1e3}\n";

pub(crate) const PATH: &str = "/v1/chat/completions";

fn key() -> ReferenceKey {
    ReferenceKey::new(b"a key for tests")
}

/// What stands for the password.
pub(crate) fn reference() -> String {
    key().reference("password", PASSWORD.as_bytes()).as_str().to_owned()
}

/// A prompt.
pub(crate) fn says(text: &str) -> String {
    format!("{{ \"model\":\"m\", \"messages\": [{{\"role\":\"user\", \"content\":\"{text}\"}}]}}")
}

pub(crate) fn redactor() -> Guard {
    Guard::from(Redactor::builder().secret("password", PASSWORD).unwrap().build().unwrap())
}

pub(crate) fn builder() -> PreSendBuilder {
    PreSend::builder(redactor(), key())
}

pub(crate) fn guard() -> PreSend {
    builder().build().unwrap()
}

/// One that refuses where others redact.
pub(crate) fn blocks() -> PreSend {
    builder().mode("password", Mode::Block).build().unwrap()
}

pub(crate) fn at_most(bytes: usize) -> PreSend {
    builder().longest(bytes).build().unwrap()
}

/// One that has found the secret when it panics.
pub(crate) fn panics() -> PreSend {
    PreSend::builder(redactor().observed_by(Arc::new(Panics)), key()).build().unwrap()
}

struct Panics;

impl Observer for Panics {
    fn scanned(&self, _: Surface, _: u64, _: Duration) {
        panic!("an observer that does not work");
    }

    fn redacted(&self, _: Surface, _: &Finding) {}
}
