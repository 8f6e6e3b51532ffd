//! Code that turns candidates into matches: one detector for patterns, one for runs of a class, one for known
//! values, one for known values that are spelled with escapes, and one for those of sealed sets.

pub(crate) mod literal;
pub(crate) mod pattern;
pub(crate) mod run;
#[cfg(feature = "sealed")]
pub(crate) mod sealed;
pub(crate) mod spelled;
