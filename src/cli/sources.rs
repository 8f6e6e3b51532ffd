//! Sources of known secrets, read once.

use std::time::Instant;

use keepmum::Secret;
use keepmum::config::Opened;
use keepmum::source::{Declared, Fetched, Source, SourceError};

use super::args::Args;
use super::audit::Audit;
use super::exit::Failure;
use super::settings::in_force;

/// What one source held.
pub(crate) struct Read {
    pub(crate) declared: Declared,
    pub(crate) source: String,
    pub(crate) fetched: Fetched,
    pub(crate) at: Instant,
}

/// Reads the sources that are in force. Those of another environment are not even opened.
pub(crate) fn read_declared(args: &Args) -> Result<(Vec<Read>, Vec<String>), Failure> {
    read(in_force(args, None)?.config.sources()?, None)
}

/// Reads them all. What an optional source says instead is a warning.
pub(crate) fn read(
    sources: Vec<Opened>,
    audit: Option<&Audit>,
) -> Result<(Vec<Read>, Vec<String>), Failure> {
    let (mut all, mut warnings) = (Vec::new(), Vec::new());
    for Opened { declared, mut source, .. } in sources {
        match read_one(&declared, &mut *source, audit)? {
            Ok(fetched) => {
                let source = source.name().to_owned();
                all.push(Read { declared, source, fetched, at: Instant::now() });
            }
            Err(error) => warnings.push(format!("{error}; going on without it")),
        }
    }
    Ok((all, warnings))
}

/// What it holds, or none and the reason if it is optional.
fn read_one(
    declared: &Declared,
    source: &mut dyn Source,
    audit: Option<&Audit>,
) -> Result<Result<Fetched, SourceError>, Failure> {
    let fetched = source.fetch();
    if let Some(audit) = audit {
        audit.retrieved(source.name(), fetched.as_ref())?;
    }
    match fetched {
        Err(error) if !declared.is_optional() => Err(error.into()),
        read => Ok(read),
    }
}

/// The secrets of all of them.
pub(crate) fn secrets(read: Vec<Read>) -> Vec<Secret> {
    read.into_iter().flat_map(|read| read.fetched.secrets).collect()
}
