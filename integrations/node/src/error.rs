//! Exceptions: errors whose `code` is the name of a class in `errors.js`.

use keepmum::config::ConfigError;
use keepmum::structured::Malformed;
use napi::Status;

pub(crate) type Failure = napi::Error<Kind>;
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// The name of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Config,
    Internal,
    Limit,
    Secret,
    Source,
    Type,
}

impl AsRef<str> for Kind {
    fn as_ref(&self) -> &str {
        match self {
            Self::Config => "ConfigError",
            Self::Internal => "InternalError",
            Self::Limit => "LimitError",
            Self::Secret => "SecretError",
            Self::Source => "SourceError",
            Self::Type => "TypeError",
        }
    }
}

pub(crate) fn failure(kind: Kind, text: impl ToString) -> Failure {
    Failure::new(kind, text.to_string())
}

/// A configuration that is not in force. Its text names the file, the line or the rule.
pub(crate) fn config(error: ConfigError) -> Failure {
    let kind = if error.is_source() { Kind::Source } else { Kind::Config };
    failure(kind, error)
}

/// A secret that is not looked for. The text names it, and never its value.
pub(crate) fn secret(why: impl ToString) -> Failure {
    failure(Kind::Secret, why)
}

/// JSON that is too deep.
pub(crate) fn limit(malformed: Malformed) -> Failure {
    failure(Kind::Limit, malformed)
}

/// A value that the host does not hand over. What it says of it is left out: it could quote it.
pub(crate) fn host(error: napi::Error) -> Failure {
    let status: Status = error.status;
    failure(Kind::Internal, format_args!("the host failed: {status}"))
}
