//! `tracing` without secrets, whichever layers sit below.
//!
//! A layer only observes: it cannot change what others see. So [`Redacting`] wraps the finished subscriber, and
//! [`RedactMakeWriter`] what formatters write.
//!
//! ```text
//!   event, span ▸ gather (name=value …) ▸ sift ▸ nothing: as it is ────────▸ EnvFilter, fmt, JSON, OpenTelemetry, …
//!                                           └──▸ found: a new set of values ▸   └▸ formatted ▸ RedactMakeWriter ▸ out
//! ```
//!
//! [`init`] sets up the common case. With layers of one's own it is one line more:
//!
//! ```
//! use keepmum::{Redactor, subscriber::{RedactingExt as _, set_panic_hook}};
//! use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, registry};
//!
//! let redactor = Redactor::builder().builtin_rules().secret("db", "correct horse battery")?.build()?;
//! let subscriber = registry()
//!     .with(EnvFilter::new("info"))
//!     .with(fmt::layer())
//!     .redacting(redactor.clone());
//! // subscriber.init();
//! set_panic_hook(redactor);
//! # drop(subscriber);
//! # Ok::<(), keepmum::BuildError>(())
//! ```
//!
//! With a [`SecretStore`](crate::store::SecretStore) in the redactor's place, secrets change and the subscriber stays.
//!
//! # What stays out of reach
//!
//! Names of fields and spans, targets, files: they are constants of the program ([`RedactMakeWriter`] redacts them in
//! formatted output). Secrets of which two fields or two events hold one half each (in one line, the writer sees them whole).
//! What a layer logs itself, past the subscriber; a subscriber that `with_default` puts in this one's place. What a value
//! prints for `{:#?}` and not for `{:?}`. `println!`, other processes, and C libraries: for those, `keepmum run`.

mod gather;
mod init;
mod make_writer;
mod panic;
mod redacted_error;
mod redacting;
mod rewrite;
mod scratch;
mod unstable;

pub use init::{InitError, init, init_with, try_init};
pub use make_writer::{RedactMakeWriter, RedactWriter};
pub use panic::{PanicReport, redact_payload, set_panic_hook, set_panic_hook_with};
pub use redacting::{Redacting, RedactingExt};
