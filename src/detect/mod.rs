//! Code that turns candidates into matches: one detector for patterns, one for runs of a class, one for known
//! values.

pub(crate) mod literal;
pub(crate) mod pattern;
pub(crate) mod run;
