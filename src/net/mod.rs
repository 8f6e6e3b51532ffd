//! What a gateway and a stage are made of: listeners, TLS, HTTP on both sides, compressed bodies.

#[cfg(feature = "net")]
mod accept;
#[cfg(feature = "net")]
pub(crate) mod body;
#[cfg(feature = "net")]
mod client;
pub(crate) mod coding;
#[cfg(feature = "serve")]
mod dial;
#[cfg(feature = "net")]
pub(crate) mod headers;
#[cfg(feature = "net")]
pub(crate) mod media;
#[cfg(feature = "net")]
mod problem;
#[cfg(feature = "net")]
mod server;
#[cfg(feature = "net")]
pub(crate) mod tls;

#[cfg(feature = "net")]
pub(crate) use accept::{Accept, Stream};
#[cfg(feature = "proxy")]
pub(crate) use client::is_timeout;
#[cfg(feature = "net")]
pub(crate) use client::{Pool, Speaks, pool};
#[cfg(feature = "serve")]
pub(crate) use dial::{Dialled, dial};
#[cfg(feature = "net")]
pub(crate) use problem::Problem;
#[cfg(feature = "net")]
pub(crate) use server::Server;
