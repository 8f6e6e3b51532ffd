//! How a call went.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::fmt;

/// How a call went. `KEEPMUM_OK` is 0; for anything else `keepmum_last_error` says more, and no output was made.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum keepmum_status {
    /// Done.
    KEEPMUM_OK = 0,
    /// An argument is NULL where something is needed, no text where text is needed, or an object that cannot do this now:
    /// a stream that is finished, or in use by another call.
    KEEPMUM_ERROR_ARGUMENT = 1,
    /// The configuration is refused.
    KEEPMUM_ERROR_CONFIG = 2,
    /// A source of secrets could not be read. Trying again later can help.
    KEEPMUM_ERROR_SOURCE = 3,
    /// A secret was refused: too short, too common, or too long to be looked for.
    KEEPMUM_ERROR_SECRET = 4,
    /// The input is not what it was said to be.
    KEEPMUM_ERROR_INPUT = 5,
    /// The stream's callback failed. The stream writes nothing any more.
    KEEPMUM_ERROR_WRITE = 6,
    /// A defect in keepmum, here or in an earlier call with the same stream. Nothing was given out.
    KEEPMUM_ERROR_PANIC = 7,
}

/// Why a call failed. The text holds no value of a secret.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: keepmum_status,
    message: String,
}

impl Failure {
    pub(crate) fn new(status: keepmum_status, message: impl fmt::Display) -> Self {
        Self { status, message: message.to_string() }
    }

    pub(crate) fn argument(message: impl fmt::Display) -> Self {
        Self::new(keepmum_status::KEEPMUM_ERROR_ARGUMENT, message)
    }

    pub(crate) fn panicked() -> Self {
        Self::new(
            keepmum_status::KEEPMUM_ERROR_PANIC,
            "keepmum failed inside; nothing was given out",
        )
    }

    /// Makes it the thread's last error.
    pub(crate) fn keep(self) -> keepmum_status {
        // Without the text there is the status. NUL bytes of a path would end the text.
        let text = CString::new(self.message.replace('\0', "\u{fffd}")).unwrap_or_default();
        let _ = LAST.try_with(|last| last.replace(text));
        self.status
    }
}

impl From<engine::config::ConfigError> for Failure {
    fn from(error: engine::config::ConfigError) -> Self {
        match error.is_source() {
            true => Self::new(keepmum_status::KEEPMUM_ERROR_SOURCE, error),
            false => Self::new(keepmum_status::KEEPMUM_ERROR_CONFIG, error),
        }
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Why the last call of this thread that failed did so, as UTF-8; "" if none did.
///
/// It names files, lines, rules and secrets, and never a value of a secret. It is valid until the next call of this thread
/// that fails, and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn keepmum_last_error() -> *const c_char {
    let text = LAST.try_with(|last| last.borrow().as_ptr());
    text.unwrap_or(c"".as_ptr())
}

/// The version of the library, such as "0.1.0". It must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn keepmum_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}
