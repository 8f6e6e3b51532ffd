//! Which environment a source belongs to.

use serde::Deserialize;

use super::{Declared, SourceError};

/// Who may read a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Scope {
    /// Every process.
    #[default]
    Everywhere,
    /// Processes that name one of these environments.
    Environments(Vec<String>),
}

impl Scope {
    /// Whether a process that named `environment` may read it.
    pub fn admits(&self, environment: Option<&str>) -> bool {
        match self {
            Scope::Everywhere => true,
            Scope::Environments(own) => {
                environment.is_some_and(|named| own.iter().any(|one| one == named))
            }
        }
    }
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "environment: write a name or a list of names")]
enum Written {
    One(String),
    Several(Vec<String>),
}

impl TryFrom<Written> for Scope {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let names = match written {
            Written::One(name) => vec![name],
            Written::Several(names) => names,
        };
        if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
            return Err("environment: it names none; leave the key out for a source of everybody");
        }
        Ok(Scope::Environments(names))
    }
}

/// The sources of a process that names `environment`; no other is opened.
///
/// ```
/// use keepmum::source::{Declared, in_scope};
///
/// let declared = vec![
///     Declared::env_file(".env.production").belonging_to(["production"]),
///     Declared::env_file(".env.dev").belonging_to(["dev"]),
/// ];
/// assert_eq!(in_scope(declared.clone(), Some("dev"))?.len(), 1);
/// assert!(in_scope(declared, None).is_err());
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
///
/// # Errors
///
/// There are sources of environments and none was named, or one that has no source: with fewer secrets than were meant,
/// some would pass. Or two sources of it have one name.
pub fn in_scope(
    declared: Vec<Declared>,
    environment: Option<&str>,
) -> Result<Vec<Declared>, SourceError> {
    let mut known: Vec<&str> = declared
        .iter()
        .flat_map(|source| match source.scope() {
            Scope::Everywhere => &[],
            Scope::Environments(names) => names.as_slice(),
        })
        .map(String::as_str)
        .collect();
    known.sort_unstable();
    known.dedup();
    if !known.is_empty() && !environment.is_some_and(|named| known.contains(&named)) {
        return Err(unnamed(&declared, environment, &known.join(", ")));
    }
    let own: Vec<_> =
        declared.into_iter().filter(|source| source.scope().admits(environment)).collect();
    distinct(&own)?;
    Ok(own)
}

fn unnamed(declared: &[Declared], environment: Option<&str>, known: &str) -> SourceError {
    let scoped = declared.iter().find(|source| *source.scope() != Scope::Everywhere);
    let source = scoped.map_or("", Declared::name);
    match environment {
        Some(named) => {
            let why = format!("no source belongs to the environment `{named}`; known are {known}");
            SourceError::missing(source, why)
        }
        None => {
            let why = format!("belongs to an environment and none was named; known are {known}");
            SourceError::denied(source, why)
        }
    }
}

/// Two sources with one name could not be told apart in a placeholder.
fn distinct(own: &[Declared]) -> Result<(), SourceError> {
    let named: Vec<&str> =
        own.iter().filter(|source| source.is_named()).map(Declared::name).collect();
    let twice = named.iter().enumerate().find(|(at, name)| named[..*at].contains(name));
    twice.map_or(Ok(()), |(_, name)| Err(SourceError::malformed(name, "is declared twice")))
}
