//! The key of sealed sets.

use std::fmt;

use blake3::Hasher;
use zeroize::Zeroizing;

use super::anchor::{ANCHOR, Anchor};
use super::hex;
use crate::error::BuildError;

/// The key under which a set is sealed, and with which it is used. It is wiped from memory when dropped.
///
/// Whoever has a set and its key can test guesses of its secrets, so draw 32 bytes at random and keep them as any other
/// secret.
///
/// ```
/// use keepmum::SealedKey;
///
/// let key = SealedKey::from_hex("3f".repeat(32).as_bytes())?;
/// assert_eq!(key.to_hex().len(), 64);
/// assert!(SealedKey::from_hex(b"a pass phrase").is_err());
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(Zeroizing<[u8; 32]>);

impl SealedKey {
    /// A key of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key that [`to_hex`](Self::to_hex) wrote; white space around it does not matter.
    ///
    /// # Errors
    ///
    /// Anything but 64 lower-case hex digits.
    pub fn from_hex(text: &[u8]) -> Result<Self, BuildError> {
        let bytes = hex::read(text.trim_ascii());
        bytes.map(Self::new).ok_or_else(|| {
            BuildError::sealed("a key is 64 lower-case hex digits, which this is not")
        })
    }

    /// The key as 64 hex digits.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::written(&*self.0))
    }

    /// What hashes of forms begin as.
    pub(crate) fn hasher(&self) -> Zeroizing<Hasher> {
        self.keyed("keepmum 2026-11-25 sealed set: forms")
    }

    /// What the hash over a whole set begins as.
    pub(super) fn checker(&self) -> Zeroizing<Hasher> {
        self.keyed("keepmum 2026-11-25 sealed set: check")
    }

    pub(crate) fn anchor(&self) -> Anchor {
        let words = self.derived("keepmum 2026-11-25 sealed set: anchors");
        let word = |at: usize| {
            words[at..].first_chunk::<ANCHOR>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        Anchor::new(word(0), word(8))
    }

    fn keyed(&self, purpose: &str) -> Zeroizing<Hasher> {
        Zeroizing::new(Hasher::new_keyed(&self.derived(purpose)))
    }

    fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(purpose, &*self.0))
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedKey")
    }
}
