//! Addresses in a declaration.

use serde::de::{Deserialize, Deserializer, Error};

/// A URL without a user in it: what is declared may be shown.
pub(super) fn endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(from)? {
        Some(url) if url.contains('@') => {
            Err(D::Error::custom("an address must not hold a user or a password"))
        }
        url => Ok(url),
    }
}
