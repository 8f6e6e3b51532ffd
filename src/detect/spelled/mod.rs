//! Known values that are spelled with escapes: `p%40ss`, `p\u0040ss`, `p&#64;ss`, `p` and a colour code and `@ss`.
//!
//! Which character is escaped, and how, is the writer's choice, so such spellings have no list. They are read instead: a
//! candidate decodes what stands before it, one [`Unit`] at a time, and compares what that stands for with the forms of
//! the index. A secret is found from every position from which some [`Spelling`] of the text begins with one of its forms.
//!
//! - Where the first escape comes among the first [`LOOKBACK`] bytes, the escape itself shows the place: every start
//!   before it is tried ([`Starts`] rules out most by the first four bytes).
//! - Where it comes later, the candidate of the plain value is there already and becomes one of these.
//!
//! Encodings are read one at a time, each once or twice over; base64 whose letters are escaped is found too, for its letters
//! are a form. What is not: other mixtures, such as JSON in a URL.

mod backslash;
mod candidate;
mod control;
mod entity;
mod percent;
mod reading;
mod spelling;
mod starts;
mod unit;
mod wrap;

pub(crate) use candidate::{Found, Spelled};
pub(crate) use reading::Reading;
pub(crate) use spelling::{
    LONGEST_UNIT, Spelling, escapes_at, introducers, introduces, is_mere, may_introduce,
};
pub(crate) use starts::Starts;
pub(crate) use unit::Unit;

/// How many bytes before the first escape a value can begin without having shown itself. The heads and the probes of
/// plain values see no more than this.
pub(crate) const LOOKBACK: usize = 16;
