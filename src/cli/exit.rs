//! How the program ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// Exit codes. Part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    /// `scan` found something, `enroll` refused something, `rules test` an example that fails, `rules explain` a match.
    Found,
    /// Bad arguments, configuration, rule or secret source.
    Usage,
    /// Input that cannot be read or output that cannot be written.
    Io,
    /// A defect of the program.
    Internal,
    /// Ended by a signal.
    Signal(i32),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Io => 3,
            Exit::Internal => 70,
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
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string() }
    }

    pub(crate) fn io(place: impl fmt::Display, error: io::Error) -> Self {
        Self { exit: Exit::Io, message: format!("{place}: {error}") }
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

impl From<keepmum::BuildError> for Failure {
    fn from(error: keepmum::BuildError) -> Self {
        Self::usage(error)
    }
}
