//! What every call from Python goes through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use pyo3::prelude::*;

use crate::error::InternalError;

/// Inputs of so many bytes are looked through without the interpreter's lock: giving it back and waiting for it again costs
/// more than shorter ones take.
const LONG: usize = 4 << 10;

/// Runs what looks through `bytes`.
pub(crate) fn looked<T: Send>(
    py: Python<'_>,
    bytes: usize,
    run: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    if bytes < LONG { caught(run) } else { apart(py, run) }
}

/// Runs something while other threads have the interpreter.
pub(crate) fn apart<T: Send>(py: Python<'_>, run: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| caught(run))
}

/// Runs something; a panic becomes an error. Left to itself it would become one that `except Exception` does not catch, and
/// its message could quote what was being read.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> PyResult<T> {
    quiet();
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        // A payload's own `drop` could panic.
        std::mem::forget(payload);
        InternalError::new_err("keepmum failed inside; nothing was let through")
    })
}

/// Panics are not printed, for the same reason. The library has a standard library of its own, so that nobody else's hook is
/// taken away.
fn quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}
