//! What stands before clients of HTTP, whichever client that is: adapters only take requests apart and put them together.
//!
//! ```text
//!   request ▸ hosts ▸ collect ▸ decode ▸ redact ▸ the same bytes, or new ones, or a refusal as a response
//!   reply   ▸ frames, as they come ▸ restore, if anything may be ▸ frames
//! ```

#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod collect;
mod exit;
mod hosts;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod restored;

#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(super) use collect::refusal;
pub use exit::Exit;
pub use hosts::Hosts;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub use restored::Restored;
#[cfg(feature = "tower")]
pub(super) use restored::in_bytes;
