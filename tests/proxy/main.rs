//! The gateway, between scripted upstreams and clients on loopback ports.
//!
//! Where do I add a test? What becomes of a request: `requests.rs`; of a reply: `replies.rs`. Who may come in: `door.rs`. How
//! much and how long, and how it ends: `limits.rs`. The program: `program.rs`. The status page, in a browser: `page.rs`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![expect(clippy::print_stderr, reason = "one that is skipped says why")]

mod door;
mod harness;
mod limits;
mod page;
mod program;
mod replies;
mod requests;
