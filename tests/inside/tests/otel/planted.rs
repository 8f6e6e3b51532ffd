//! Secrets that are planted, and what they become.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keepmum::rule::template::expand;
use keepmum::{Finding, Guard, Observer, Redactor, Surface};
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{Logger, LoggerProvider};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};

/// A known secret that is called `db`.
pub(crate) const SECRET: &str = "correct horse battery staple";
/// What becomes of it.
pub(crate) const HIDDEN: &str = "[REDACTED:db]";

/// A known secret that is a number and is called `pin`.
pub(crate) const PIN: i64 = 8_675_309_421;
pub(crate) const HIDDEN_PIN: &str = "[REDACTED:pin]";

/// What becomes of a value whose name tells.
pub(crate) const FIELD: &str = "[REDACTED:field]";

/// A secret that nobody knows and a rule finds.
pub(crate) fn token() -> String {
    expand("ghp_{alnum:36}", 7).unwrap().text
}
pub(crate) const HIDDEN_TOKEN: &str = "[REDACTED:github-pat]";

pub(crate) fn redactor() -> Redactor {
    let builder = Redactor::builder().builtin_rules().secret("db", SECRET).unwrap();
    builder.secret("pin", PIN.to_string()).unwrap().build().unwrap()
}

/// A text with both kinds, and what becomes of it.
pub(crate) fn dirty(place: &str) -> (String, String) {
    let before = format!("{place}: {SECRET}, {}", token());
    (before, format!("{place}: {HIDDEN}, {HIDDEN_TOKEN}"))
}

/// A record with nothing in it.
pub(crate) fn record() -> SdkLogRecord {
    SdkLoggerProvider::builder().build().logger("blank").create_log_record()
}

pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("app").build()
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<String>>);

impl Observer for Told {
    fn scanned(&self, _: Surface, _: u64, _: Duration) {}

    fn redacted(&self, surface: Surface, finding: &Finding) {
        let told = format!("{surface} {} {}", finding.origin().as_str(), finding.name());
        self.0.lock().unwrap().push(told);
    }
}

impl Told {
    /// A guard that tells it.
    pub(crate) fn guard() -> (Arc<Self>, Guard) {
        let told = Arc::new(Self::default());
        (Arc::clone(&told), Guard::from(redactor()).observed_by(told))
    }

    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Whether it holds within a time that nothing here takes.
pub(crate) fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !holds() {
        if started.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}
