//! Percent-encoding, both cases: RFC 3986, section 2.1.

use super::unit::{Unit, fixed};

/// The unit at a `%`.
pub(super) fn unit(text: &[u8]) -> Unit {
    fixed(text, 1, 2, 16, |byte, len| Unit::byte(byte as u8, len))
}
