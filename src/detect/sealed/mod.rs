//! Secrets of sealed sets: of their forms nothing is known but a fingerprint of the first bytes, the length and a hash.
//!
//! 1. Every position of the input whose eight bytes have the fingerprint of a form begins a candidate.
//! 2. A candidate hashes what it reads. Where a form would end, the hashes are compared; the longest form that is there
//!    is what is redacted.
//!
//! So nothing refutes a candidate before its longest form would end, and positions with fewer than eight bytes behind
//! them are undecided. What the plain set lets go on its way, this one holds until it can tell.

mod index;
mod live;

pub(crate) use index::{Sealed, SealedBuilder};
pub(crate) use live::SealedLive;
