//! Who is told what the adapters do.

use std::fmt;
use std::time::Duration;

use crate::Finding;

/// Receives what surfaces report: counts, times and findings, never bytes.
///
/// Calls come from the threads that log, trace and export; they should be quick, and must not log themselves.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
/// use keepmum::{Finding, Guard, Observer, Redactor, Surface};
///
/// #[derive(Default)]
/// struct Count(AtomicU64);
///
/// impl Observer for Count {
///     fn scanned(&self, _: Surface, bytes: u64, _: Duration) {
///         self.0.fetch_add(bytes, Ordering::Relaxed);
///     }
///
///     fn redacted(&self, _: Surface, _: &Finding) {}
/// }
///
/// let count = Arc::new(Count::default());
/// let guard = Guard::from(Redactor::builder().build()?).observed_by(count.clone());
/// guard.redact(Surface::MESSAGE, b"hello");
/// assert_eq!(count.0.load(Ordering::Relaxed), 5);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub trait Observer: Send + Sync {
    /// `surface` had `bytes` looked through, which took `time`.
    fn scanned(&self, surface: Surface, bytes: u64, time: Duration);

    /// Something was redacted on `surface`.
    fn redacted(&self, surface: Surface, finding: &Finding);

    /// So many bytes are held back on `surface` now; said by surfaces that hold some.
    fn held(&self, surface: Surface, bytes: u64) {
        let _ = (surface, bytes);
    }
}

/// One way out of the process, by the name that metrics show.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Surface(&'static str);

impl Surface {
    /// Values of events and spans of `tracing`.
    pub const TRACING: Self = Self("tracing");
    /// Formatted output of `tracing-subscriber`.
    pub const WRITER: Self = Self("writer");
    /// What a panic says.
    pub const PANIC: Self = Self("panic");
    /// Log records of OpenTelemetry.
    pub const OTEL_LOG: Self = Self("otel.log");
    /// Spans of OpenTelemetry.
    pub const OTEL_SPAN: Self = Self("otel.span");
    /// Requests to language models.
    pub const PROMPT: Self = Self("prompt");
    /// Requests to Slack.
    pub const SLACK: Self = Self("slack");
    /// Events of coding agents.
    pub const HOOK: Self = Self("hook");
    /// Messages that a program hands over itself.
    pub const MESSAGE: Self = Self("message");

    /// A surface of one's own. The name becomes an attribute of metrics: have few of them.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Surface({})", self.0)
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
