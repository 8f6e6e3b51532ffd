//! How the program ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

use super::config::LOCAL;

/// Exit codes. Part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    /// `scan` found something, `sweep` left something, `enroll` refused something, `rules test` an example that fails, `rules explain` a match,
    /// `secrets check` a bad value, `serve --check` an upstream that cannot be reached.
    Found,
    /// Bad arguments, configuration, rule or secret source.
    Usage,
    /// Input that cannot be read or output that cannot be written.
    Io,
    /// A defect of the program.
    Internal,
    /// Ended by a signal.
    Signal(i32),
    /// As the program that was run, or as it could not be.
    Program(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Io => 3,
            Exit::Internal => 70,
            Exit::Program(code) => code,
            Exit::Signal(signal) => 128 + u8::try_from(signal).unwrap_or(0),
        })
    }
}

/// Why the program stops: where, and what. Never a value of a secret.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn io(place: impl fmt::Display, error: io::Error) -> Self {
        Self::new(Exit::Io, format_args!("{place}: {error}"))
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<keepmum::config::ConfigError> for Failure {
    /// With what an option can do about it.
    fn from(error: keepmum::config::ConfigError) -> Self {
        if error.is_untrusted() {
            return Self::usage(format_args!(
                "{error}; if you trust this file, name it: --config {LOCAL}"
            ));
        }
        if error.is_environment() {
            return Self::usage(format_args!(
                "{error}; name it by --environment, KEEPMUM_ENVIRONMENT or in {LOCAL}"
            ));
        }
        Self::usage(error)
    }
}

impl From<keepmum::source::SourceError> for Failure {
    fn from(error: keepmum::source::SourceError) -> Self {
        Self::usage(error)
    }
}

impl From<keepmum::store::StoreError> for Failure {
    fn from(error: keepmum::store::StoreError) -> Self {
        Self::usage(error)
    }
}

impl From<keepmum::audit::AuditError> for Failure {
    fn from(error: keepmum::audit::AuditError) -> Self {
        Self::new(Exit::Io, format_args!("audit log: {error}"))
    }
}

#[cfg(feature = "prompt")]
impl From<keepmum::prompt::KeyError> for Failure {
    fn from(error: keepmum::prompt::KeyError) -> Self {
        Self::usage(error)
    }
}

impl From<keepmum::BuildError> for Failure {
    fn from(error: keepmum::BuildError) -> Self {
        Self::usage(error)
    }
}
