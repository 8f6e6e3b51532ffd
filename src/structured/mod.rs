//! Redaction that leaves structure as it is.
//!
//! ```text
//!   source ▸ reader (grammar, escapes) ▸ text ▸ the one stream ▸ cuts ┐
//!              └──────────── marks: where strings and escapes are ────┴▸ splicer ▸ sink
//! ```
//!
//! Forms whose values stand with their lengths are looked through as the text that the same data is in JSON, with its strings
//! decoded:
//!
//! ```text
//!   source ▸ walk ▸ text ▸ the one engine ▸ cuts ┐
//!              └──── leaves: where strings and numbers are, in both ──┴▸ edits, lengths ▸ splice
//! ```

#[cfg(feature = "columns")]
mod column;
#[cfg(any(feature = "prompt", feature = "msgpack", feature = "protobuf"))]
mod cut;
#[cfg(feature = "prompt")]
mod decoded;
#[cfg(feature = "prompt")]
mod document;
#[cfg(any(feature = "prompt", feature = "msgpack", feature = "protobuf"))]
mod edit;
mod escape;
mod grammar;
mod json;
#[cfg(any(feature = "msgpack", feature = "protobuf"))]
mod leaves;
mod malformed;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "protobuf")]
mod protobuf;
mod reader;
#[cfg(any(feature = "msgpack", feature = "protobuf"))]
mod scratch;
mod splicer;
mod text;
#[cfg(feature = "prompt")]
mod tree;
mod wiped;

#[cfg(feature = "prompt")]
pub(crate) use cut::{Cut, Cuts};
#[cfg(feature = "prompt")]
pub(crate) use decoded::Decoded;
#[cfg(feature = "prompt")]
pub(crate) use document::Document;
#[cfg(feature = "prompt")]
pub(crate) use edit::{Edit, splice};
pub use json::JsonStream;
pub use malformed::Malformed;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
#[cfg(feature = "protobuf")]
pub use protobuf::Protobuf;
#[cfg(feature = "sweep")]
pub(crate) use reader::is_json;
#[cfg(feature = "prompt")]
pub(crate) use tree::{Kind, Node, NodeId};
