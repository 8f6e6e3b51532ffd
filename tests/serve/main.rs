//! Stages, between scripted senders and upstreams on loopback ports.
//!
//! Where do I add a test? What becomes of a request over HTTP: `http.rs`; of a call of Vector: `vector.rs`; of OTLP, without its
//! SDK: `otlp.rs` (with it: `tests/inside`). Upstreams that are down, slow or stalled: `upstream.rs`. How much and how long, and
//! how it ends: `limits.rs`. TLS: `tls.rs`. The program, also killed: `program.rs`. Connections that are passed through: `forward.rs`,
//! `syslog.rs`; the program between them, killed or held up: `killed.rs`; log daemons on both sides: `peers.rs`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![expect(clippy::print_stderr, reason = "one that is skipped says why")]

mod connections;
mod forward;
mod grpc;
mod harness;
mod http;
mod killed;
mod limits;
mod otlp;
mod peers;
mod program;
mod syslog;
mod tls;
mod upstream;
mod vector;
