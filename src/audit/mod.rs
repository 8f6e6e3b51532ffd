//! Rows of what was read and what was redacted, in a file that shows when somebody changed it.
//!
//! A [`Log`] appends a [`Row`] as a line of JSON. Each line holds the hash of the line before it, so that a changed,
//! removed, moved or inserted line breaks the chain, which [`verify`] finds. No row has a place for a value.
//!
//! ```
//! use keepmum::audit::{Log, Options, Outcome, Row, verify};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("audit.jsonl");
//! let log = Log::open(&path, Options::default())?;
//! log.record(&Row::Retrieval {
//!     source: "vault".to_owned(),
//!     secret: Some("db-password".to_owned()),
//!     outcome: Outcome::Read,
//!     generation: Some(1),
//! })?;
//! let head = log.head();
//!
//! let verified = verify(&[&path], Some(head))?;
//! assert_eq!((verified.rows(), verified.head()), (1, head));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever can write the file can also compute a whole new chain, or cut off its end: both are seen only against a
//! [`Head`] that was remembered elsewhere.

mod chain;
mod error;
mod log;
mod rotation;
mod row;
mod verify;

pub use chain::Head;
pub use error::AuditError;
pub use log::{Log, Options};
pub use row::{Outcome, Row};
pub use verify::{Verified, verify};
