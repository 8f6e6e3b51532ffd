//! What every call from JavaScript goes through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::error::{Kind, Result, failure};

/// Runs something; a panic becomes an exception. Left to itself it would end the process, and its message could quote what
/// was being read.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T> {
    quiet();
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        // A payload's own `drop` could panic.
        std::mem::forget(payload);
        failure(Kind::Internal, "keepmum failed inside; nothing was let through")
    })
}

/// Panics are not printed, for the same reason. The library has a standard library of its own, so that nobody else's hook is
/// taken away.
fn quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}
