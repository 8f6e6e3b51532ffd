//! Known values: an index of all their forms, and the candidates in it.
//!
//! - Few values: a window of each is one more head of the rules' prefilter.
//! - Many values: a probe every few bytes (`tier`) whose hits are looked up in a sorted list.
//! - Values of under eight bytes (`short`) count at word boundaries only.
//! - Values that begin again inside themselves (`walk`) are matched by a failure function, or time would not be linear.
//!
//! A hit is a range of the sorted list: all values that share the bytes seen so far. Reading on narrows the range until
//! one value is left, is complete, or is refuted; a candidate that runs out of bytes waits for more.

mod index;
mod sorted;
mod tier;
mod walk;

pub(crate) use index::{EARLY, Index, IndexBuilder, Source};
pub(crate) use sorted::{Live, Progress};
pub(crate) use walk::WalkStep;

/// Index of a known secret, in the order in which they were given.
pub(crate) type SecretId = u32;
