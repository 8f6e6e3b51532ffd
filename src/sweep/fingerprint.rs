//! Keyed hashes: who has the key can tell whether a guessed value, or a file, is the one that was hashed.

use std::fmt::{self, Write as _};

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ReferenceKey;

/// A keyed hash, of 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Print([u8; 16]);

impl Print {
    /// Of bytes of a file.
    pub(super) fn of_value(key: &ReferenceKey, value: &[u8]) -> Self {
        let mut print = Fingerprinting::new(key, "value");
        print.update(value);
        print.finish()
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Print({self})")
    }
}

impl From<Print> for String {
    fn from(print: Print) -> Self {
        let mut text = String::new();
        let _ = write!(text, "{print}");
        text
    }
}

impl TryFrom<String> for Print {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "not a fingerprint: 32 hex digits";
        if text.len() != 32 || !text.is_ascii() {
            return Err(wrong);
        }
        let mut bytes = [0; 16];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }
}

/// A keyed hash in the making, of what comes in pieces.
#[derive(Clone)]
pub struct Fingerprinting {
    mac: Hmac<Sha256>,
    length: u64,
}

impl Fingerprinting {
    /// Of a file.
    pub fn of_file(key: &ReferenceKey) -> Self {
        Self::new(key, "file")
    }

    /// `what` is hashed: a file that is a value alone has another hash than the value.
    fn new(key: &ReferenceKey, what: &str) -> Self {
        let mut mac = key.mac();
        // No reference begins so.
        mac.update(b"sweep ");
        mac.update(what.as_bytes());
        mac.update(b":");
        Self { mac, length: 0 }
    }

    /// More of it.
    pub fn update(&mut self, bytes: &[u8]) {
        self.mac.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// How much it was.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The hash of all of it.
    pub fn finish(self) -> Print {
        let hash = self.mac.finalize().into_bytes();
        Print(std::array::from_fn(|at| hash[at]))
    }
}

impl fmt::Debug for Fingerprinting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprinting").field("length", &self.length).finish_non_exhaustive()
    }
}
