//! From what Python asks for to a store that is kept fresh.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use keepmum::config::{Config, Document, Profile, Usual};
use keepmum::store::SecretStore;
use keepmum::{Guard, Redactor, Replacement, Secret};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as Unknown;

use crate::apart::Apart;
use crate::error::{self, ConfigError};
use crate::warn::Warn;

/// What a redactor is made of, so that it can be made again.
pub(crate) struct Opening {
    /// The file, if there is one.
    pub(crate) document: Option<Document>,
    /// Whether it lay in the working folder and nobody named it.
    pub(crate) found: bool,
    pub(crate) config: Config,
    /// Secrets that stay, also those that came later. Locked only by who has the interpreter: nobody else has it locked when a
    /// process is forked off.
    secrets: Mutex<Vec<Secret>>,
    pub(crate) warn: Arc<Warn>,
}

/// What is in force. Whoever holds something that was made of it holds it too, and lets go of it last.
pub(crate) struct Opened {
    pub(crate) guard: Guard,
    pub(crate) store: Apart<SecretStore>,
}

impl Opening {
    /// The file at `path`, the text `toml`, or the file at a usual place.
    pub(crate) fn new(path: Option<PathBuf>, toml: Option<&str>, warn: Warn) -> PyResult<Self> {
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
        Ok(Self { document, found, config, secrets: Mutex::default(), warn: Arc::new(warn) })
    }

    /// Says more than the file.
    pub(crate) fn with(
        mut self,
        rules: Vec<PathBuf>,
        profile: Option<&str>,
        disable: Vec<String>,
        replacement: Option<&str>,
    ) -> PyResult<Self> {
        self.config.rules.extend(rules);
        self.config.disable.extend(disable);
        if let Some(profile) = profile {
            let read = Profile::deserialize(profile.into_deserializer());
            self.config.profile =
                read.map_err(|why: Unknown| ConfigError::new_err(why.to_string()))?;
        }
        if let Some(replacement) = replacement {
            let read: Result<Replacement, String> = replacement.parse();
            self.config.replacement = read.map_err(ConfigError::new_err)?;
        }
        Ok(self)
    }

    /// Adds a secret that stays.
    pub(crate) fn add(&self, _: Python<'_>, secret: Secret) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(secret);
    }

    /// The secrets that stay.
    pub(crate) fn secrets(&self, _: Python<'_>) -> Vec<Secret> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether something of it is read again, by a thread of its own.
    pub(crate) fn rotates(&self) -> bool {
        !self.config.source.is_empty()
            || !self.config.env_file.is_empty()
            || !self.config.secrets_file.is_empty()
    }

    /// Asks every source, and covers `secrets` too.
    pub(crate) fn open(&self, secrets: Vec<Secret>) -> PyResult<Opened> {
        let warn = Arc::clone(&self.warn);
        let store = self.config.open(move |text| warn.tell(text)).map_err(error::config)?;
        for secret in secrets {
            store.add(secret).map_err(error::secret)?;
        }
        Ok(Opened { guard: Guard::from(store.clone()), store: Apart::new(store) })
    }
}

/// A secret that is looked for.
///
/// # Errors
///
/// Its value is no text and no bytes, or would be found everywhere.
pub(crate) fn secret(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Secret> {
    let secret = match value.cast::<PyString>() {
        Ok(text) => Secret::new(name, text.to_str()?),
        Err(_) => match value.cast::<PyBytes>() {
            Ok(bytes) => Secret::new(name, bytes.as_bytes()),
            Err(_) => {
                return Err(error::secret(format_args!("secret `{name}` is no str and no bytes")));
            }
        },
    };
    let alone = Redactor::builder().known(secret.clone()).map_err(error::secret)?;
    alone.warnings().first().map_or(Ok(()), |warning| Err(error::secret(warning)))?;
    Ok(secret)
}
