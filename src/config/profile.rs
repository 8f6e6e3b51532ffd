//! How many rules are in force.

use serde::Deserialize;

/// How many rules are in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Profile {
    /// None: only known secrets.
    KnownOnly,
    /// Those of medium and high confidence; a token that has a checksum or a known structure only if that is right.
    Precise,
    /// All that know a form or a telling name.
    #[default]
    Balanced,
    /// Also whatever looks random, wherever it stands: ids and hashes too.
    Paranoid,
}
