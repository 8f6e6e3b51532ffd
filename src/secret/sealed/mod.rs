//! Sealed sets: what it takes to find secrets, without the secrets.
//!
//! Of each form there is its length, a fingerprint of its first bytes that shows where it may stand ([`Anchor`]), and a
//! keyed hash that tells whether it does. What a file of them reveals stands in `docs/sealed.md`.

mod anchor;
mod file;
mod hex;
mod key;
mod refusal;
mod set;
mod strength;

pub(crate) use anchor::{ANCHOR, Anchor};
pub use key::SealedKey;
pub use refusal::Refusal;
pub use set::SealedSet;
pub(crate) use set::{Hash, SealedForm, first_half};
