//! Nothing is sent after a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::api::Api;
use super::refused::{Refused, Why};

/// What `look` says. If it panics, the request is refused: what it saw by then is thrown away.
pub(super) fn caught<T>(api: Api, look: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    let panicked = Why::Unreadable("a request on which the redactor panicked");
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Err(Refused::new(api, panicked)))
}
