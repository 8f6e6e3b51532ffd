//! What every call from C goes through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::status::{Failure, keepmum_status};

/// Runs what a call does. A panic ends here: it must not reach C, and it is an error like any other.
///
/// What `run` had in its hands may fit together no more. That is for its owner to see to: a stream keeps its state behind a
/// lock, which a panic poisons.
pub(crate) fn entry(run: impl FnOnce() -> Result<(), Failure>) -> keepmum_status {
    quiet();
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => keepmum_status::KEEPMUM_OK,
        Ok(Err(failure)) => failure.keep(),
        Err(payload) => {
            // A payload's own `drop` could panic.
            std::mem::forget(payload);
            Failure::panicked().keep()
        }
    }
}

/// A panic's message can quote what was being read: it is not printed. The library has a standard library of its own, so that
/// nobody else's hook is taken away.
fn quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::keepmum_last_error;

    #[test]
    fn a_panic_is_an_error_that_quotes_nothing() {
        let status = entry(|| panic!("over correct horse"));
        assert_eq!(status, keepmum_status::KEEPMUM_ERROR_PANIC);
        // SAFETY: it is valid until this thread's next failure.
        let said = unsafe { CStr::from_ptr(keepmum_last_error()) }.to_string_lossy();
        assert!(said.contains("inside") && !said.contains("horse"), "{said}");
    }
}
