//! Code that turns candidates into matches: one detector for patterns, one for known values.

pub(crate) mod literal;
pub(crate) mod pattern;
