//! What is printed in place of a secret.

mod fingerprint;
mod reference;
mod texts;

pub(crate) use fingerprint::Fingerprinter;
pub(crate) use reference::{LONGEST_REFERENCE, PREFIX as REFERENCE_PREFIX, len as reference_len};
#[cfg(feature = "prompt")]
pub(crate) use reference::{Reads, TAG as REFERENCE_TAG, read as read_reference};
pub use reference::{Reference, ReferenceKey};
pub(crate) use texts::Texts;

use std::fmt;
use std::str::FromStr;

/// What stands in the output where a secret stood.
///
/// ```
/// use keepmum::{Redactor, Replacement};
///
/// let redactor = |replacement: Replacement| {
///     Redactor::builder().secret("db", "correct horse battery staple")?.replacement(replacement).build()
/// };
/// let input = b"pw=correct horse battery staple;";
/// assert_eq!(redactor(Replacement::Named)?.redact(input), &b"pw=[REDACTED:db];"[..]);
/// assert_eq!(redactor(Replacement::Fixed("<hidden>".into()))?.redact(input), &b"pw=<hidden>;"[..]);
/// assert_eq!(redactor(Replacement::Partial)?.redact(input), &b"pw=****aple;"[..]);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replacement {
    /// `[REDACTED:name]`: says what stood there and needs no quoting in JSON, shell or logfmt. The default.
    #[default]
    Named,
    /// `[REDACTED:name#k3f9a1]`: the same with a keyed fingerprint, so that one leak is recognised across systems.
    /// Needs a key; values that could be guessed get no fingerprint.
    Fingerprint,
    /// Always this text.
    Fixed(String),
    /// A `*` for every byte.
    Mask,
    /// `****` and the last four bytes, for values of at least 24 bytes; for shorter ones `****` alone.
    Partial,
    /// Nothing but one space: without it what stood left and right could join into another secret.
    Remove,
}

impl Replacement {
    /// What values are called that adapters hide because of the name of the field that they stand in: `field`.
    pub const FIELD: &str = "field";
}

/// Shortest redaction that [`Replacement::Partial`] shows the end of.
pub(crate) const PARTIAL_FROM: u64 = 24;

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Replacement::Named => f.write_str("named"),
            Replacement::Fingerprint => f.write_str("fingerprint"),
            Replacement::Mask => f.write_str("mask"),
            Replacement::Partial => f.write_str("partial"),
            Replacement::Remove => f.write_str("remove"),
            Replacement::Fixed(text) => write!(f, "fixed:{text}"),
        }
    }
}

impl FromStr for Replacement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "named" => Ok(Replacement::Named),
            "fingerprint" => Ok(Replacement::Fingerprint),
            "mask" => Ok(Replacement::Mask),
            "partial" => Ok(Replacement::Partial),
            "remove" => Ok(Replacement::Remove),
            _ => text
                .strip_prefix("fixed:")
                .map(|fixed| Replacement::Fixed(fixed.to_owned()))
                .ok_or_else(|| {
                    "use named, fingerprint, mask, partial, remove or fixed:TEXT".to_owned()
                }),
        }
    }
}
