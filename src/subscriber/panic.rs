//! What a panic says.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

use crate::{Guard, Surface};

/// Has panics reported on standard error as they usually are, redacted.
///
/// The hook takes the place of the one that was there: that one would be given the message as it is. `RUST_BACKTRACE`
/// counts as usual. What [`catch_unwind`](panic::catch_unwind) and [`join`](std::thread::JoinHandle::join) give is the
/// panic's own value, which no hook can change: see [`redact_payload`].
pub fn set_panic_hook(guard: impl Into<Guard>) {
    set_panic_hook_with(guard, |report| {
        // Nobody is left to be told that standard error is closed.
        let _ = std::io::stderr().lock().write_all(report.to_string().as_bytes());
    });
}

/// As [`set_panic_hook`], giving what is to be reported to `report`, for instance to log it as an event.
///
/// ```
/// use std::sync::mpsc::channel;
/// use keepmum::{Redactor, subscriber::set_panic_hook_with};
///
/// let (sender, receiver) = channel();
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// set_panic_hook_with(redactor, move |report| sender.send(report.message().to_owned()).unwrap());
/// let _ = std::thread::spawn(|| panic!("no entry with correct horse battery")).join();
/// assert_eq!(receiver.recv().unwrap(), "no entry with [REDACTED:db]");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub fn set_panic_hook_with(
    guard: impl Into<Guard>,
    report: impl Fn(&PanicReport) + Send + Sync + 'static,
) {
    let guard = guard.into();
    panic::set_hook(Box::new(move |info| report(&PanicReport::new(info, &guard))));
}

/// What a panic left, redacted: text that [`catch_unwind`](panic::catch_unwind) gave. Other values are opaque, print
/// nothing, and are given back as they are.
///
/// ```
/// use keepmum::{Redactor, subscriber::redact_payload};
///
/// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
/// let payload = std::panic::catch_unwind(|| panic!("{}", "correct horse battery")).unwrap_err();
/// let payload = redact_payload(&redactor.into(), payload);
/// assert_eq!(payload.downcast_ref::<String>().unwrap(), "[REDACTED:db]");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub fn redact_payload(guard: &Guard, payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    match text(&*payload) {
        Some(text) => Box::new(guard.redact_str(Surface::PANIC, text).into_owned()),
        None => payload,
    }
}

fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// What is reported of a panic. It shows what the usual report shows, redacted.
#[derive(Clone, Debug)]
pub struct PanicReport {
    thread: String,
    location: String,
    message: String,
    backtrace: Option<String>,
}

impl PanicReport {
    fn new(info: &PanicHookInfo<'_>, guard: &Guard) -> Self {
        let redact = |text: &str| guard.redact_str(Surface::PANIC, text).into_owned();
        let backtrace = Backtrace::capture();
        let captured = backtrace.status() == BacktraceStatus::Captured;
        let thread = std::thread::current();
        Self {
            thread: redact(thread.name().unwrap_or("<unnamed>")),
            location: info.location().map_or_else(String::new, ToString::to_string),
            message: redact(text(info.payload()).unwrap_or("Box<dyn Any>")),
            backtrace: captured.then(|| redact(&backtrace.to_string())),
        }
    }

    /// What the panic said.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened: file, line and column.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The thread's name.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The calls that led there, if `RUST_BACKTRACE` asks for them.
    pub fn backtrace(&self) -> Option<&str> {
        self.backtrace.as_deref()
    }
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { thread, location, message, .. } = self;
        writeln!(f, "\nthread '{thread}' panicked at {location}:\n{message}")?;
        match &self.backtrace {
            Some(backtrace) => writeln!(f, "stack backtrace:\n{backtrace}"),
            None => f.write_str(
                "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
            ),
        }
    }
}
