//! The subscriber around all layers, its writer, and panics.
//!
//! Where do I add a test? What a layer sees of a value: `values.rs`. That a part of the ecosystem keeps working around and
//! below: `stack.rs`. Formatted output: `writer.rs`. Secrets that change, and many threads: `rotation.rs`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod alone;
mod init;
mod panics;
mod pinned;
mod rotation;
mod seen;
mod stack;
mod values;
mod writer;
