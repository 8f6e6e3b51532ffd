//! Variables of the process's environment.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::declared::{Opens, Place};
use super::names::Names;
use super::{Fetched, Source, SourceError};

/// Variables whose names match one of some globs as a whole.
///
/// ```
/// use keepmum::source::{Environment, Source};
///
/// let mut source = Environment::new(["*_TOKEN", "DATABASE_URL"])?;
/// assert_eq!(source.name(), "environment");
/// let names: Vec<_> = source.fetch()?.secrets.iter().map(|secret| secret.name().to_owned()).collect();
/// assert!(!names.contains(&"PATH".to_owned()));
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Environment {
    names: Names,
    globs: GlobSet,
}

impl Environment {
    /// Names of variables whose values are secrets.
    pub const USUAL: &[&str] = &[
        "*_TOKEN",
        "*_SECRET",
        "*_PASSWORD",
        "*_PASSWD",
        "*_PASSPHRASE",
        "*_API_KEY",
        "*_APIKEY",
        "*_ACCESS_KEY",
        "*_SECRET_KEY",
        "*_PRIVATE_KEY",
        "*_CREDENTIALS",
        "*_AUTH",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "API_KEY",
        "DATABASE_URL",
    ];

    /// Secrets are called as their variables are.
    ///
    /// # Errors
    ///
    /// One of `globs` is none.
    pub fn new<G: AsRef<str>>(globs: impl IntoIterator<Item = G>) -> Result<Self, SourceError> {
        Self::with(Names::bare("environment"), globs)
    }

    fn with<G: AsRef<str>>(
        names: Names,
        globs: impl IntoIterator<Item = G>,
    ) -> Result<Self, SourceError> {
        let refused = |error: globset::Error| SourceError::malformed(names.source(), error);
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(Glob::new(glob.as_ref()).map_err(refused)?);
        }
        let globs = set.build().map_err(refused)?;
        Ok(Self { names, globs })
    }

    /// Calls the source `name`, and its secrets `name.VARIABLE`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }
}

impl Source for Environment {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let chosen = std::env::vars_os().filter(|(name, _)| self.globs.is_match(Path::new(name)));
        let secrets = chosen.map(|(name, value)| {
            self.names.secret(&name.to_string_lossy(), value.into_encoded_bytes())
        });
        Ok(Fetched::new(secrets.collect()))
    }
}

/// Keys of `kind = "environment"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    /// Globs; the usual names if there are none.
    variables: Option<Vec<String>>,
}

impl Keys {
    pub(super) fn new(globs: Vec<String>) -> Self {
        Self { variables: Some(globs) }
    }
}

impl Opens for Keys {
    fn kind(&self) -> &'static str {
        "environment"
    }

    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let names = place.names("environment");
        Ok(Box::new(match &self.variables {
            Some(globs) => Environment::with(names, globs)?,
            None => Environment::with(names, Environment::USUAL)?,
        }))
    }
}
