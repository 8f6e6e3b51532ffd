//! Keyed fingerprints of secrets.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::check::Check;
use crate::finding::Fingerprint;

/// Shortest value that gets a fingerprint, in bytes, and its least entropy in bits per byte: one that can be guessed
/// could be found again by trying.
const SHORTEST: usize = 16;
const LEAST_ENTROPY: f32 = 3.0;

/// Makes fingerprints under one key.
pub(crate) struct Fingerprinter {
    key: Zeroizing<Vec<u8>>,
}

impl Fingerprinter {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self { key: Zeroizing::new(key.to_vec()) }
    }

    /// The fingerprint of `secret`; `None` if it could be guessed.
    pub(crate) fn of(&self, secret: &[u8]) -> Option<Fingerprint> {
        if secret.len() < SHORTEST || !Check::Entropy(LEAST_ENTROPY).accepts(secret) {
            return None;
        }
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(secret);
        let tag = mac.finalize().into_bytes();
        let bits = u32::from_be_bytes([tag[0], tag[1], tag[2], tag[3]]);
        Some(Fingerprint(std::array::from_fn(|at| {
            b"abcdefghijklmnopqrstuvwxyz234567"[(bits >> (27 - 5 * at) & 31) as usize]
        })))
    }
}
