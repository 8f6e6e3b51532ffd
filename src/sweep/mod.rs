//! Files at rest without secrets: transcripts, histories, memory files, notes and logs that lie on a disk already.
//!
//! ```text
//!   file ▸ kind (lines, JSON, text) ▸ look: each line, the document, a stream ▸ visit: kept, changed, left
//! ```
//!
//! What is decided here is what becomes of the bytes of one file. Bytes are read and handed on in order, so that a file of
//! any size takes little memory; who visits them writes the new file, shows a diff, or only learns whether there is
//! something to do. A file keeps its lines: as many as before, and each that was JSON still is.
//!
//! ```
//! use std::path::Path;
//! use keepmum::sweep::{Change, Kind, Left, Sweeper, Visit};
//! use keepmum::{Redactor, ReferenceKey};
//!
//! struct New(Vec<u8>);
//!
//! impl Visit for New {
//!     fn kept(&mut self, bytes: &[u8]) {
//!         self.0.extend_from_slice(bytes);
//!     }
//!
//!     fn changed(&mut self, change: &Change<'_>) {
//!         self.0.extend_from_slice(change.with);
//!     }
//!
//!     fn left(&mut self, left: &Left<'_>) {
//!         println!("{} stays in {}", left.name, left.place);
//!     }
//! }
//!
//! let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
//! let sweeper = Sweeper::new(redactor, ReferenceKey::new(b"thirty-two bytes that nobody has"));
//! let mut new = New(Vec::new());
//! let mut file = &b"{\"a\":\"pw: correct horse\"}\n{\"b\":1}\n"[..];
//! let swept = sweeper.sweep(Path::new("session.jsonl"), &mut file, &mut new)?;
//! assert_eq!((swept.kind, swept.changed), (Kind::Lines, 1));
//! assert!(new.0.starts_with(b"{\"a\":\"pw: SECRETREF_db_"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agents;
mod bytes;
#[cfg(feature = "sqlite")]
mod database;
mod error;
mod fingerprint;
mod homes;
mod journal;
mod kind;
mod lines;
mod sweeper;
mod text;
mod utf16;
mod visit;

pub use agents::{Agent, Place, agents};
#[cfg(feature = "sqlite")]
pub use database::{Apply, Database, Row};
pub use error::SweepError;
pub use fingerprint::{Fingerprinting, Print};
pub use homes::is_home;
pub use journal::{Announced, Entry, Journal, Known, State, Undo, Undone};
pub use kind::{Kind, is_database};
pub use sweeper::{Sweeper, Swept};
pub use visit::{Change, Left, Stays, Visit};
