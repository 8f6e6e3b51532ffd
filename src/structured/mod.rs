//! Redaction that leaves structure as it is.
//!
//! ```text
//!   source ▸ reader (grammar, escapes) ▸ text ▸ the one stream ▸ cuts ┐
//!              └──────────── marks: where strings and escapes are ────┴▸ splicer ▸ sink
//! ```

#[cfg(feature = "prompt")]
mod decoded;
mod escape;
mod grammar;
mod json;
mod malformed;
mod reader;
mod splicer;

#[cfg(feature = "prompt")]
pub(crate) use decoded::Decoded;
pub use json::JsonStream;
pub use malformed::Malformed;
