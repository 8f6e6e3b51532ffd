//! Where secrets live: adapters that read them.
//!
//! A [`Source`] is asked again and again, by whoever keeps a set of secrets fresh; it blocks while it reads, and reads
//! with the least rights: nothing here ever writes to a vault. What it says when it fails names places and never values.
//!
//! A source is made in code, or from an entry of `keepmum.toml` ([`Declared`]), which adds what it is called, whom it
//! belongs to and how long it stays fresh. Secrets of a source with a name are called `source.path`, so that a placeholder
//! tells where its value lives.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(any(feature = "vault", feature = "aws", feature = "gcp"))]
mod blocking;
mod bytes;
mod command;
mod declared;
#[cfg(any(feature = "vault", feature = "aws", feature = "gcp"))]
mod document;
#[cfg(any(feature = "vault", feature = "aws", feature = "gcp"))]
mod endpoint;
mod env_file;
mod environment;
mod error;
#[cfg(any(feature = "vault", feature = "aws", feature = "gcp"))]
mod failure;
mod files;
#[cfg(feature = "gcp")]
pub mod gcp;
mod leaves;
mod names;
mod one_password;
mod program;
mod reference;
mod scope;
#[cfg(feature = "vault")]
pub mod vault;

pub use command::{Command, Format};
pub use declared::Declared;
pub use env_file::EnvFile;
pub use environment::Environment;
pub use error::SourceError;
pub use files::Files;
pub use one_password::{Fields, OnePassword};
pub use reference::{Reference, Scheme};
pub use scope::{Scope, in_scope};

use std::path::PathBuf;
use std::time::Duration;

use crate::Secret;

/// A place that secrets are read from.
///
/// ```
/// use keepmum::Secret;
/// use keepmum::source::{Fetched, Source, SourceError};
///
/// struct Fixed;
///
/// impl Source for Fixed {
///     fn name(&self) -> &str {
///         "fixed"
///     }
///
///     fn fetch(&mut self) -> Result<Fetched, SourceError> {
///         Ok(Fetched::new(vec![Secret::new("db-password", "correct horse")]))
///     }
/// }
///
/// assert_eq!(Fixed.fetch()?.secrets.len(), 1);
/// # Ok::<(), SourceError>(())
/// ```
pub trait Source: Send {
    /// What it is called in reports and messages.
    fn name(&self) -> &str;

    /// Reads every secret of it, as they are now.
    ///
    /// # Errors
    ///
    /// It cannot be reached, refuses, or holds something else than was said. All or nothing: a set with a hole in it
    /// would let a secret pass.
    fn fetch(&mut self) -> Result<Fetched, SourceError>;

    /// Files and folders whose change means that it should be read again. Links on the way to them, and in the folders,
    /// are followed by who watches.
    fn watched(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// What a source gave.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Fetched {
    /// The secrets, each with its name.
    pub secrets: Vec<Secret>,
    /// How long they are valid, if the source says so: they are read again before.
    pub lease: Option<Duration>,
}

impl Fetched {
    /// Secrets that are valid until they are read again.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets, lease: None }
    }

    /// Says how long they are valid.
    #[must_use]
    pub fn leased(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }
}
