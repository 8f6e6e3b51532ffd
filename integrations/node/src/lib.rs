//! keepmum for Node: what the modules of the package beside it are made of.
//!
//! ```text
//!   JavaScript ▸ entry (panics caught) ▸ Redactor, ByteStream, TextStream, Exit, Reply ▸ keepmum
//! ```
//!
//! Rules that hold for every function: a failure is an exception and never an output; no exception holds a value of a
//! secret; nothing is kept of what JavaScript hands over but copies of secrets, which are wiped.

mod entry;
mod error;
mod exit;
mod finding;
mod keys;
mod opening;
mod redactor;
mod stream;
mod text;
mod warn;
