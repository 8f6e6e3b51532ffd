//! Redaction that leaves structure as it is.
//!
//! ```text
//!   source ▸ reader (grammar, escapes) ▸ text ▸ the one stream ▸ cuts ┐
//!              └──────────── marks: where strings and escapes are ────┴▸ splicer ▸ sink
//! ```

mod escape;
mod grammar;
mod json;
mod malformed;
mod reader;
mod splicer;

pub use json::JsonStream;
pub use malformed::Malformed;
