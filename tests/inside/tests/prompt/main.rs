//! Requests that are looked through in the process that sends them: what servers see of them, and what clients are told.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod aws;
mod function;
mod guard;
mod packed;
mod reqwest;
mod server;
mod tower;
