//! What a client of a vault met, in the four kinds of [`SourceError`].

use std::error::Error;

use super::SourceError;

/// A failure, before it is known where it was met. It holds nothing that was sent or answered: a client's own error can
/// hold the whole answer, and is never printed.
#[derive(Debug)]
pub(super) enum Failure {
    Missing,
    Denied(String),
    Malformed(String),
    Unavailable(String),
}

impl Failure {
    /// The answer is not what was asked for. Its cause may quote it and is left out.
    pub(super) fn answer() -> Self {
        Failure::Malformed("the answer is not what was asked for".to_owned())
    }

    /// There was no answer, because of the first cause of `error`.
    pub(super) fn unreached(error: &(dyn Error + 'static)) -> Self {
        Failure::Unavailable(format!("not reached: {}", root(error)))
    }

    /// What a status of HTTP means where nothing better is known.
    #[cfg(any(feature = "vault", feature = "gcp"))]
    pub(super) fn status(code: u16) -> Self {
        let told = format!("status {code}");
        match code {
            401 | 403 => Failure::Denied(told),
            404 => Failure::Missing,
            400 | 405 | 406 | 422 => Failure::Malformed(told),
            _ => Failure::Unavailable(told),
        }
    }

    #[cfg(any(feature = "vault", feature = "aws"))]
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Failure::Missing)
    }

    /// Met while reading `place`.
    pub(super) fn at(self, source: &str, place: &str) -> SourceError {
        match self {
            Failure::Missing => {
                SourceError::missing(source, format_args!("{place}: nothing is there"))
            }
            Failure::Denied(why) => {
                SourceError::denied(source, format_args!("{place}: permission denied: {why}"))
            }
            Failure::Malformed(why) => {
                SourceError::malformed(source, format_args!("{place}: it cannot be read: {why}"))
            }
            Failure::Unavailable(why) => {
                SourceError::unavailable(source, format_args!("{place}: {why}"))
            }
        }
    }
}

/// The first cause of `error`.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(feature = "vault", feature = "gcp"))]
    fn each_status_has_its_kind() {
        let at = |code| Failure::status(code).at("demo", "x");
        assert!(at(403).is_denied() && at(404).is_missing() && at(400).is_malformed());
        assert!(at(429).is_unavailable() && at(503).is_unavailable());
    }

    #[test]
    fn the_first_cause_is_told() {
        let cause = std::io::Error::other("refused");
        let error = std::io::Error::other(std::io::Error::other(cause));
        let told = Failure::unreached(&error).at("demo", "x").to_string();
        assert_eq!(told, "source `demo`: x: not reached: refused");
    }
}
