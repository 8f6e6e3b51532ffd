//! References: placeholders that tell one value from another, and that whoever has the key can turn back.
//!
//! ```text
//!   SECRETREF_stripe_api_key_K3F9A2B7C4MN
//!   └ prefix ┘└── name ────┘ └─ tag ──┘└ checksum
//! ```
//!
//! Letters, digits and `_` alone, so that no layer escapes them. The name is lower case and the tag begins with the first
//! letter of upper case, so a reference ends where it ends, whatever stands behind it. 49 bits of the tag are HMAC-SHA-256 of
//! the name and the value; ten are a CRC of all before it, which tells every single damaged character.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How every reference begins.
pub(crate) const PREFIX: &[u8] = b"SECRETREF_";

/// The longest name; longer ones are cut.
const LONGEST_NAME: usize = 40;

/// Length of the tag, with its checksum.
pub(crate) const TAG: usize = 12;

/// The longest reference, in bytes.
pub(crate) const LONGEST_REFERENCE: usize = PREFIX.len() + LONGEST_NAME + 1 + TAG;

/// No `I`, `O`, `0` and `1`: what looks alike is copied wrong. The first half are letters.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Makes references. Two processes that have the same key make the same ones.
///
/// ```
/// use keepmum::ReferenceKey;
///
/// let key = ReferenceKey::new(b"thirty-two bytes that nobody has");
/// let reference = key.reference("stripe-api-key", b"correct horse");
/// assert!(reference.as_str().starts_with("SECRETREF_stripe_api_key_"));
/// assert_eq!(reference, key.reference("stripe-api-key", b"correct horse"));
/// assert_ne!(reference, key.reference("stripe-api-key", b"battery staple"));
/// ```
#[derive(Clone)]
pub struct ReferenceKey(Hmac<Sha256>);

impl ReferenceKey {
    /// A key of any length; 32 random bytes are right. Who has it can tell whether a guessed value is the one behind a
    /// reference.
    pub fn new(key: &[u8]) -> Self {
        let key = Zeroizing::new(key.to_vec());
        Self(Hmac::new_from_slice(&key).expect("HMAC takes keys of any length"))
    }

    /// A hash under the key, in which nothing is yet.
    #[cfg(feature = "sweep")]
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }

    /// What stands for `value`, which is called `name`.
    pub fn reference(&self, name: &str, value: &[u8]) -> Reference {
        let mut text = PREFIX.to_vec();
        text.extend(plain(name));
        text.push(b'_');
        let mut mac = self.0.clone();
        mac.update(&text);
        mac.update(value);
        let hash = mac.finalize().into_bytes();
        let bits = u64::from_be_bytes(std::array::from_fn(|at| hash[at]));
        text.push(ALPHABET[(bits >> 60) as usize]);
        text.extend((0..TAG - 3).map(|at| ALPHABET[(bits >> (55 - 5 * at) & 31) as usize]));
        text.extend(checksum(&text));
        Reference(String::from_utf8(text).expect("letters, digits and underscores"))
    }
}

impl fmt::Debug for ReferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceKey").finish_non_exhaustive()
    }
}

/// What stands for a value in a prompt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What bytes are that may be a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// They begin with one of so many bytes.
    Whole(usize),
    /// They are the beginning of one.
    Part,
    /// They do not begin with one, and never will.
    No,
}

/// Reads what `bytes` begin with.
pub(crate) fn read(bytes: &[u8]) -> Reads {
    let shared = bytes.len().min(PREFIX.len());
    if bytes[..shared] != PREFIX[..shared] {
        return Reads::No;
    }
    let Some(rest) = bytes.get(PREFIX.len()..) else { return Reads::Part };
    let in_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    let name = rest.iter().position(|byte| !in_name(byte)).unwrap_or(rest.len());
    if name > LONGEST_NAME + 1 {
        return Reads::No;
    }
    let tag = &rest[name..rest.len().min(name + TAG)];
    if !tag.iter().all(|byte| ALPHABET.contains(byte)) {
        return Reads::No;
    }
    if !tag.is_empty() && (name < 2 || rest[name - 1] != b'_') {
        return Reads::No;
    }
    if tag.len() < TAG {
        return Reads::Part;
    }
    let len = PREFIX.len() + name + TAG;
    let right = checksum(&bytes[..len - 2]) == bytes[len - 2..len];
    if right { Reads::Whole(len) } else { Reads::No }
}

/// How long the reference is that `text` begins with.
pub(crate) fn len(text: &[u8]) -> Option<usize> {
    match read(text) {
        Reads::Whole(len) => Some(len),
        Reads::Part | Reads::No => None,
    }
}

/// A name as it stands in references: lower case, all else is `_`, but not at the ends.
fn plain(name: &str) -> Vec<u8> {
    let bytes = name.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => byte.to_ascii_lowercase(),
        _ => b'_',
    });
    let mut plain: Vec<u8> = bytes.skip_while(|&byte| byte == b'_').take(LONGEST_NAME).collect();
    while plain.last() == Some(&b'_') {
        plain.pop();
    }
    if plain.is_empty() { b"secret".to_vec() } else { plain }
}

/// CRC-10 (x¹⁰ + x⁹ + x⁵ + x⁴ + x + 1): it tells every change within ten bits that stand together, so every single character.
fn checksum(text: &[u8]) -> [u8; 2] {
    let crc = text.iter().fold(0u16, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 2, |crc, _| {
            let shifted = crc << 1;
            (if crc & 0x200 == 0 { shifted } else { shifted ^ 0x233 }) & 0x3ff
        })
    });
    [ALPHABET[usize::from(crc >> 5)], ALPHABET[usize::from(crc & 31)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> Vec<u8> {
        let key = ReferenceKey::new(b"a key for tests");
        key.reference(name, b"correct horse").as_str().as_bytes().to_vec()
    }

    #[test]
    fn a_reference_ends_where_it_ends() {
        for name in ["db", "stripe-api-key", "-Ä-", "a2", &"x-".repeat(60)] {
            let made = made(name);
            assert!(made.len() <= LONGEST_REFERENCE);
            for behind in ["", "abc", "ABC", "_", "\"", "SECRETREF_"] {
                let text = [&made, behind.as_bytes()].concat();
                assert_eq!(read(&text), Reads::Whole(made.len()), "{name} before {behind}");
            }
            for len in 0..made.len() {
                assert_eq!(read(&made[..len]), Reads::Part, "{len} bytes of {name}");
            }
        }
    }

    #[test]
    fn one_damaged_character_is_told() {
        let made = made("stripe-api-key");
        for at in 0..made.len() {
            for byte in (0..=255).filter(|&byte| byte != made[at]) {
                let mut damaged = made.clone();
                damaged[at] = byte;
                assert_ne!(read(&damaged), Reads::Whole(made.len()), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn what_is_no_reference_never_becomes_one() {
        for text in ["secretref_", "SECRETREF_K", "SECRETREF_db-", "SECRETREF__", "SECRETREF_dbK"] {
            let is_underscore = text.ends_with("__");
            assert_eq!(read(text.as_bytes()) == Reads::Part, is_underscore, "{text}");
        }
        assert_eq!(read(format!("SECRETREF_{}", "x".repeat(42)).as_bytes()), Reads::No);
    }
}
