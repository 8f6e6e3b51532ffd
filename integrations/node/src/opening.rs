//! From what JavaScript asks for to a store that is kept fresh.

use std::path::PathBuf;
use std::sync::Arc;

use keepmum::config::{Config, Document, Profile, Usual};
use keepmum::store::SecretStore;
use keepmum::{Redactor, Replacement, Secret};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as Unknown;

use crate::error::{self, Kind, Result, failure};
use crate::redactor::Options;
use crate::warn::Warn;

/// What a redactor is made of.
pub(crate) struct Opening {
    /// The file, if there is one.
    pub(crate) document: Option<Document>,
    /// Whether it lay in the working folder and nobody named it.
    pub(crate) found: bool,
    config: Config,
}

impl Opening {
    /// The file at `path`, the text `toml`, or the file at a usual place.
    pub(crate) fn new(path: Option<PathBuf>, toml: Option<String>) -> Result<Self> {
        let usual = if path.is_some() || toml.is_some() { None } else { Usual::find() };
        let found = matches!(usual, Some(Usual::Here(_)));
        let path = path.or_else(|| usual.map(|usual| usual.path().to_owned()));
        let document = match (path, toml) {
            (Some(path), _) => Some(Document::read(&path).map_err(error::config)?),
            (None, Some(toml)) => Some(Document::new("configuration", toml)),
            (None, None) => None,
        };
        let config = document.as_ref().map_or(Ok(Config::default()), Document::config);
        let config = config.map_err(error::config)?;
        let config = if found { config.found() } else { config };
        Ok(Self { document, found, config })
    }

    /// Says more than the file.
    pub(crate) fn with(mut self, options: &Options) -> Result<Self> {
        self.config.rules.extend(options.rules.iter().map(PathBuf::from));
        self.config.disable.extend_from_slice(&options.disable);
        if let Some(profile) = &options.profile {
            let read = Profile::deserialize(profile.as_str().into_deserializer());
            self.config.profile = read.map_err(|why: Unknown| failure(Kind::Config, why))?;
        }
        if let Some(replacement) = &options.replacement {
            let read: std::result::Result<Replacement, String> = replacement.parse();
            self.config.replacement = read.map_err(|why| failure(Kind::Config, why))?;
        }
        Ok(self)
    }

    /// Asks every source, and covers `secrets` too.
    pub(crate) fn open(&self, secrets: Vec<Secret>, warn: Arc<Warn>) -> Result<SecretStore> {
        let store = self.config.open(move |text| warn.tell(text)).map_err(error::config)?;
        for secret in secrets {
            store.add(secret).map_err(error::secret)?;
        }
        Ok(store)
    }
}

/// A secret that is looked for.
///
/// # Errors
///
/// Its value would be found everywhere.
pub(crate) fn secret(name: &str, value: &[u8]) -> Result<Secret> {
    let secret = Secret::new(name, value);
    let alone = Redactor::builder().known(secret.clone()).map_err(error::secret)?;
    alone.warnings().first().map_or(Ok(()), |warning| Err(error::secret(warning)))?;
    Ok(secret)
}
