#![doc = include_str!("../README.md")]

mod allow;
#[cfg(feature = "audit")]
pub mod audit;
mod check;
#[cfg(feature = "config")]
pub mod config;
mod detect;
mod error;
mod finding;
mod guard;
#[cfg(feature = "hook")]
pub mod hook;
mod limits;
#[cfg(feature = "memory")]
pub mod memory;
mod names;
#[cfg(any(feature = "net", feature = "request"))]
mod net;
mod observer;
#[cfg(feature = "otel")]
pub mod otel;
#[cfg(feature = "prompt")]
pub mod prompt;
#[cfg(feature = "proxy")]
pub mod proxy;
mod redactor;
mod replace;
pub mod rule;
mod scan;
mod secret;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "sources")]
pub mod source;
mod span;
#[cfg(feature = "store")]
pub mod store;
mod stream;
pub mod structured;
#[cfg(feature = "tracing")]
pub mod subscriber;
#[cfg(feature = "sweep")]
pub mod sweep;

pub use allow::Allowlist;
pub use check::Check;
pub use error::BuildError;
pub use finding::{Finding, Fingerprint, Origin};
pub use guard::Guard;
pub use limits::Limits;
pub use names::Names;
pub use observer::{Observer, Surface};
pub use redactor::{Redactor, RedactorBuilder, Warning};
pub use replace::{Reference, ReferenceKey, Replacement};
pub use rule::{Confidence, Left, Rule};
pub use secret::{Collision, Occurrences, Secret, collisions};
#[cfg(feature = "sealed")]
pub use secret::{Refusal, SealedKey, SealedSet};
pub use span::Span;
#[cfg(feature = "tokio")]
pub use stream::{AsyncReader, AsyncWriter, Decoder, Encoded, Encoder, RedactedStream, Segments};
pub use stream::{Discard, Observe, Reader, Sink, Stream, Unrelated, Writer};
