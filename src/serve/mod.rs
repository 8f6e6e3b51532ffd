//! Stages between log shippers: what one sends to the next passes through without secrets.
//!
//! ```text
//!   sink ▸ listener ▸ whole request ▸ decode ▸ look: redact ▸ account ▸ encode ▸ upstream
//!   sink ◂ the upstream's own reply ◂──────────────────────────────────────────────┘
//! ```
//!
//! A stage has one listener and one upstream, and speaks one [`Protocol`]. It keeps nothing: a request is acknowledged once the
//! upstream has acknowledged it, and what fails is told so that the sender sends it again. The sender's buffers are the
//! buffers.
//!
//! A request is read whole before a byte of it is sent. What cannot be looked through (another media type, damaged data, more
//! than may be) is refused, never passed on.
//!
//! ```no_run
//! use keepmum::serve::{Serve, Stage};
//! use keepmum::{Guard, Redactor};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::from(Redactor::builder().builtin_rules().build()?);
//! let stage: Stage = "http:127.0.0.1:8080=http://127.0.0.1:8081".parse()?;
//! let serve = Serve::builder(guard).stage(stage).build()?;
//! serve.bind().await?.run(std::future::ready(())).await; // until the future is done
//! # Ok(())
//! # }
//! ```

mod body;
mod budget;
mod builder;
mod check;
mod counts;
mod error;
mod fault;
mod forward;
mod grpc;
mod http;
mod incoming;
mod lane;
mod limits;
mod link;
mod look;
mod otlp;
mod running;
mod stage;
mod status;
mod syslog;
mod through;
mod told;
mod upstream;

pub use builder::{Serve, ServeBuilder};
pub use check::Checked;
pub use error::ServeError;
pub use limits::ServeLimits;
pub use look::Account;
pub use running::Bound;
pub use stage::{Compression, Protocol, Stage};
pub use syslog::Framing;
pub use told::Told;
