//! What can be told in an audit log.

use serde::{Deserialize, Serialize};

#[cfg(feature = "sources")]
use crate::secret::{Kept, kept};
#[cfg(feature = "sources")]
use crate::source::{Fetched, SourceError};
use crate::{Finding, Fingerprint, Origin};

/// One thing that happened. Names, places and counts: there is no field for a value.
///
/// ```
/// use keepmum::audit::Row;
///
/// let row = Row::Expired { secret: "db-password".to_owned(), generation: 3 };
/// let line = serde_json::to_string(&row)?;
/// assert_eq!(line, r#"{"event":"expired","secret":"db-password","generation":3}"#);
/// assert_eq!(serde_json::from_str::<Row>(&line)?, row);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Row {
    /// A source was asked for a secret.
    Retrieval {
        /// Which source.
        source: String,
        /// The secret's name; none if the source failed before it named any.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        secret: Option<String>,
        /// How it went.
        outcome: Outcome,
        /// The generation of the set that it came into; none if it came into none.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        generation: Option<u64>,
    },
    /// A secret has a new value. The old one stays covered for a time.
    Rotation {
        /// The secret's name.
        secret: String,
        /// The generation that brought the new value.
        generation: u64,
    },
    /// An old value is no longer looked for.
    Expired {
        /// The secret's name.
        secret: String,
        /// The generation that brought the value which is gone.
        generation: u64,
    },
    /// Something was redacted.
    Redaction {
        /// Where: `filter`, `run`, or what else redacts.
        surface: String,
        /// The file or stream, where the surface has several.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        input: Option<String>,
        /// Whether `name` is a secret's or a rule's, or a limit was crossed.
        origin: Origin,
        /// The secret's name or the rule's id.
        name: String,
        /// The keyed hash of the value, if it has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        fingerprint: Option<Fingerprint>,
        /// Offset in the input, of the first if there are several.
        offset: u64,
        /// How many of this name and fingerprint the row stands for.
        count: u64,
    },
    /// The last line of the log was not whole, as after a power failure. It had not been recorded, and was cut off.
    Recovered {
        /// How many bytes were cut off.
        bytes: u64,
    },
}

/// How asking a source went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The value was read and is looked for.
    Read,
    /// The value was read and is not looked for: it is empty, too short, or a common word.
    Refused,
    /// The source could not be reached.
    Unavailable,
    /// The source refused.
    Denied,
    /// What was asked for is not there.
    Missing,
    /// What is there is something else than was declared.
    Malformed,
}

#[cfg(feature = "sources")]
impl From<&SourceError> for Outcome {
    fn from(error: &SourceError) -> Self {
        match error {
            error if error.is_denied() => Outcome::Denied,
            error if error.is_missing() => Outcome::Missing,
            error if error.is_malformed() => Outcome::Malformed,
            _ => Outcome::Unavailable,
        }
    }
}

impl Row {
    /// Rows for what a source gave, or did not, for the set of secrets called `generation`.
    ///
    /// ```
    /// use keepmum::Secret;
    /// use keepmum::audit::{Outcome, Row};
    /// use keepmum::source::Fetched;
    ///
    /// let fetched = Fetched::new(vec![Secret::new("db", "correct horse"), Secret::new("pin", "12")]);
    /// let rows = Row::retrieved("vault", Ok(&fetched), 1);
    /// assert!(matches!(rows[0], Row::Retrieval { outcome: Outcome::Read, .. }));
    /// assert!(matches!(rows[1], Row::Retrieval { outcome: Outcome::Refused, .. }));
    /// ```
    #[cfg(feature = "sources")]
    pub fn retrieved(
        source: &str,
        fetched: Result<&Fetched, &SourceError>,
        generation: u64,
    ) -> Vec<Row> {
        let source = source.to_owned();
        match fetched {
            Ok(fetched) => fetched
                .secrets
                .iter()
                .map(|secret| Row::Retrieval {
                    source: source.clone(),
                    secret: Some(secret.name().to_owned()),
                    outcome: match kept(secret) {
                        Kept::Yes => Outcome::Read,
                        Kept::Empty | Kept::Short | Kept::Common => Outcome::Refused,
                    },
                    generation: Some(generation),
                })
                .collect(),
            Err(error) => vec![Row::Retrieval {
                source,
                secret: None,
                outcome: Outcome::from(error),
                generation: None,
            }],
        }
    }

    /// Rows for what was found in one piece of an input: one for each name and fingerprint, in order, so that a flood of
    /// one secret is one row with a count.
    ///
    /// ```
    /// use keepmum::Redactor;
    /// use keepmum::audit::Row;
    ///
    /// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
    /// let found = redactor.find(b"correct horse, correct horse");
    /// let rows = Row::redactions("filter", Some("app.log"), &found);
    /// assert!(matches!(rows[..], [Row::Redaction { offset: 0, count: 2, .. }]));
    /// # Ok::<(), keepmum::BuildError>(())
    /// ```
    pub fn redactions<'a>(
        surface: &str,
        input: Option<&str>,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Vec<Row> {
        let mut rows: Vec<(Row, &Finding)> = Vec::new();
        for finding in findings {
            let same = |first: &Finding| {
                first.name() == finding.name()
                    && first.origin() == finding.origin()
                    && first.fingerprint() == finding.fingerprint()
            };
            match rows.iter_mut().find(|(_, first)| same(first)) {
                Some((Row::Redaction { count, .. }, _)) => *count += 1,
                _ => rows.push((Self::redaction(surface, input, finding), finding)),
            }
        }
        rows.into_iter().map(|(row, _)| row).collect()
    }

    fn redaction(surface: &str, input: Option<&str>, finding: &Finding) -> Row {
        Row::Redaction {
            surface: surface.to_owned(),
            input: input.map(str::to_owned),
            origin: finding.origin(),
            name: finding.name().to_owned(),
            fingerprint: finding.fingerprint(),
            offset: finding.span().start(),
            count: 1,
        }
    }
}
