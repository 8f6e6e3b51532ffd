//! A gateway on this machine: requests to language models and Slack leave without secrets, whatever program sends them.
//!
//! ```text
//!   client ▸ door ▸ route ▸ whole body ▸ decode ▸ look: redact, refuse ▸ upstream
//!   client ◂ reply, as it comes ◂ restore, where a rule allows it ◂──────────┘
//! ```
//!
//! A request is read whole before a byte of it is sent: one that is refused was never on its way. Replies are passed on as
//! they come.
//!
//! ```
//! use keepmum::prompt::PreSend;
//! use keepmum::proxy::Proxy;
//! use keepmum::{Guard, Redactor, ReferenceKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::from(Redactor::builder().builtin_rules().build()?);
//! let key = ReferenceKey::new(b"thirty-two bytes that nobody has");
//! let proxy = Proxy::builder(PreSend::builder(guard, key).build()?)
//!     .upstream("local", "http://127.0.0.1:8000/v1")?
//!     .build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! proxy.serve(listener, std::future::ready(())).await?; // until the future is done
//! # Ok(())
//! # }
//! ```

mod body;
mod builder;
mod check;
mod door;
mod error;
mod fault;
mod limits;
mod look;
mod query;
mod reply;
mod request;
mod route;
mod status;
mod upstream;

pub use builder::{Proxy, ProxyBuilder};
pub use check::{Checked, check};
pub use error::ProxyError;
pub use limits::ProxyLimits;
pub use look::Account;
