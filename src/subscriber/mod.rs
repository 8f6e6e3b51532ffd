//! `tracing` without secrets.

mod gather;
mod redacted_error;
mod redacting;
mod rewrite;
mod scratch;
mod unstable;

pub use redacting::Redacting;
