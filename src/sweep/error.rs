//! Why a file is not swept.

use std::fmt;
use std::io;

/// A file that cannot be swept. Opaque; its text holds nothing of the file.
#[derive(Debug)]
pub struct SweepError(Kind);

#[derive(Debug)]
enum Kind {
    Io(io::Error),
    TooLong(&'static str, usize),
    Stopped,
    #[cfg(feature = "sqlite")]
    Database(String),
    Refused(String),
}

impl SweepError {
    /// `what` is longer than `most` bytes.
    pub(super) fn too_long(what: &'static str, most: usize) -> Self {
        Self(Kind::TooLong(what, most))
    }

    pub(super) fn stopped() -> Self {
        Self(Kind::Stopped)
    }

    pub(super) fn refused(why: impl fmt::Display) -> Self {
        Self(Kind::Refused(why.to_string()))
    }

    /// Whether whoever visited had seen enough.
    pub fn is_stopped(&self) -> bool {
        matches!(self.0, Kind::Stopped)
    }
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Io(error) => write!(f, "{error}"),
            Kind::TooLong(what, most) => write!(f, "{what} is longer than {most} bytes"),
            Kind::Stopped => f.write_str("stopped"),
            #[cfg(feature = "sqlite")]
            Kind::Database(why) => f.write_str(why),
            Kind::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SweepError {}

impl From<io::Error> for SweepError {
    fn from(error: io::Error) -> Self {
        Self(Kind::Io(error))
    }
}

#[cfg(feature = "sqlite")]
impl From<rusqlite::Error> for SweepError {
    /// What SQLite says may quote a statement, and statements here hold no values: names of tables and columns alone.
    fn from(error: rusqlite::Error) -> Self {
        let busy = matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        );
        Self(Kind::Database(if busy { "it is in use".to_owned() } else { error.to_string() }))
    }
}
