//! Panics end here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use mlua::{Error, Result};

/// What `run` gives; a panic is an error like any other. Its message is not printed, since it can quote what was being read:
/// the module has a standard library of its own, so that nobody else's hook is taken away.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        // A payload's own `drop` could panic.
        std::mem::forget(payload);
        Err(Error::runtime("keepmum failed inside; nothing was given out"))
    })
}
