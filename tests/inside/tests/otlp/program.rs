//! The program that traces.

use std::error::Error;
use std::fmt;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::{Context, KeyValue};
use tracing::{error, field::Empty, info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::plants::Texts;
use crate::sites::Site;

/// How many events there are in each span.
pub(crate) const EVENTS: usize = 6;

#[derive(Debug)]
#[expect(dead_code, reason = "read by `Debug`")]
struct Request {
    number: usize,
    login: Login,
}

#[derive(Debug)]
#[expect(dead_code, reason = "read by `Debug`")]
struct Login {
    note: Option<String>,
}

/// An error with its cause.
#[derive(Debug)]
struct Failure {
    text: String,
    cause: Option<Box<Failure>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Runs once for each text, and once more for the field that tells. `send` is given the context of each outgoing request.
pub(crate) fn run(texts: &Texts, mut send: impl FnMut(&Context)) {
    for (number, text) in texts.texts.iter().enumerate() {
        let context =
            Context::new().with_baggage([KeyValue::new("note", Site::Baggage.text(text))]);
        let _attached = context.clone().attach();
        work(number, text);
        send(&context);
    }
    let context = Context::new().with_baggage([KeyValue::new("password", texts.telling)]);
    let _attached = context.clone().attach();
    let span = info_span!("login", password = texts.telling);
    let _entered = span.enter();
    info!(password = texts.telling, number = 7, ratio = 0.25, sure = true, "typed");
    send(&context);
}

/// One span that has everything, and one in it.
fn work(number: usize, text: &str) {
    let span = info_span!("work", note = Site::Span.text(text), late = Empty, number);
    let _entered = span.enter();
    span.record("late", Site::Late.text(text));
    span.set_attribute("attribute", Site::Attribute.text(text));
    info!(number = 7, ratio = 0.25, sure = true, "{}", Site::Message.text(text));
    info!(note = Site::Field.text(text).as_str(), "field");
    let inner = info_span!("inner", number);
    inner.in_scope(|| {
        let login = Login { note: Some(Site::Debug.text(text)) };
        info!(request = ?Request { number, login }, "debug");
        info!(note = %Site::Display.text(text), "display");
    });
    let cause = Failure { text: Site::Cause.text(text), cause: None };
    let cause = Failure { text: "not reached".to_owned(), cause: Some(cause.into()) };
    let failure = Failure { text: Site::Error.text(text), cause: Some(cause.into()) };
    error!(error = &failure as &dyn Error, "failed");
    log::warn!("{}", Site::Log.text(text));
}
