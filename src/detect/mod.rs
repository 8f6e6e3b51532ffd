//! Code that turns candidates into matches: one detector for patterns, one for runs of a class, one for known
//! values and one for known values that are spelled with escapes.

pub(crate) mod literal;
pub(crate) mod pattern;
pub(crate) mod run;
pub(crate) mod spelled;
