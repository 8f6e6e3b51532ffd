//! What happens to a store as rows of an audit log.

use super::error::StoreError;
use super::event::Event;
use crate::audit::{AuditError, Log, Outcome, Row};

/// The source of secrets that were added by hand.
const BY_HAND: &str = "by-hand";

impl Event {
    /// The rows of an audit log that tell of it: none of what is no retrieval, rotation or end of a value.
    pub fn rows(&self) -> Vec<Row> {
        match self {
            Self::Retrieved { source, secrets, uncovered, generation } => {
                let read = secrets.iter().map(|secret| (secret, Outcome::Read, Some(*generation)));
                let refused = uncovered.iter().map(|secret| (secret, Outcome::Refused, None));
                let row = |(secret, outcome, generation): (&String, _, _)| {
                    retrieval(source, Some(secret), outcome, generation)
                };
                read.chain(refused).map(row).collect()
            }
            Self::Added { secret, generation } => {
                vec![retrieval(BY_HAND, Some(secret), Outcome::Read, Some(*generation))]
            }
            Self::Failed { source, error, .. } => {
                vec![retrieval(source, None, outcome(error), None)]
            }
            Self::Rotated { added, retired, generation, .. } => {
                let replaced = added.iter().filter(|secret| retired.contains(secret));
                let row = |secret: &String| Row::Rotation {
                    secret: secret.clone(),
                    generation: *generation,
                };
                replaced.map(row).collect()
            }
            Self::Expired { secret, since, .. } => {
                vec![Row::Expired { secret: secret.clone(), generation: *since }]
            }
            Self::Recovered { .. } | Self::Uncovered { .. } | Self::Unwatched { .. } => Vec::new(),
        }
    }

    /// Records its rows in `log`; they are on the disk when this returns.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use keepmum::audit::{Log, Options, verify};
    /// use keepmum::{Redactor, Secret, store::SecretStore};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("audit.jsonl");
    /// let log = Arc::new(Log::open(&path, Options::default())?);
    /// let audit = Arc::clone(&log);
    /// let store = SecretStore::builder(Redactor::builder().build()?)
    ///     .observer(move |event| event.record(&audit).expect("the disk is not full"))
    ///     .open()?;
    /// store.add(Secret::new("db-password", "correct horse"))?;
    /// assert_eq!(log.head().number(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Log::record_all`].
    pub fn record(&self, log: &Log) -> Result<(), AuditError> {
        log.record_all(&self.rows())
    }
}

fn retrieval(
    source: &str,
    secret: Option<&String>,
    outcome: Outcome,
    generation: Option<u64>,
) -> Row {
    Row::Retrieval { source: source.to_owned(), secret: secret.cloned(), outcome, generation }
}

/// What could not be made into a set was read, and is not looked for.
fn outcome(error: &StoreError) -> Outcome {
    error.as_source().map_or(Outcome::Refused, Outcome::from)
}
