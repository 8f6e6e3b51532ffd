//! What stands before clients of HTTP, whichever client that is: adapters only take requests apart and put them together.
//!
//! ```text
//!   request ▸ hosts ▸ collect ▸ decode ▸ redact ▸ the same bytes, or new ones, or a refusal as a response
//!   reply   ▸ frames, as they come ▸ restore, if anything may be ▸ frames
//! ```

mod exit;
mod hosts;
mod restored;

pub(super) use exit::{Exit, refusal};
pub use hosts::Hosts;
pub use restored::Restored;
#[cfg(feature = "tower")]
pub(super) use restored::in_bytes;
