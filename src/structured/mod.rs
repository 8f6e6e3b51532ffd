//! Redaction that leaves structure as it is.
//!
//! ```text
//!   source ▸ reader (grammar, escapes) ▸ text ▸ the one stream ▸ cuts ┐
//!              └──────────── marks: where strings and escapes are ────┴▸ splicer ▸ sink
//! ```

#[cfg(feature = "prompt")]
mod decoded;
#[cfg(feature = "prompt")]
mod document;
mod escape;
mod grammar;
mod json;
mod malformed;
mod reader;
mod splicer;
mod text;
#[cfg(feature = "prompt")]
mod tree;
mod wiped;

#[cfg(feature = "prompt")]
pub(crate) use decoded::Decoded;
#[cfg(feature = "prompt")]
pub(crate) use document::{Document, Edit, splice};
pub use json::JsonStream;
pub use malformed::Malformed;
#[cfg(feature = "prompt")]
pub(crate) use tree::{Kind, Node, NodeId};
