//! What is configured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{ConfigError, Document, Opened, Prepared, Profile};
use crate::source::{Declared, in_scope};
use crate::store::SecretStore;
use crate::{Allowlist, Limits, Replacement, Rule, Secret};

/// What a `keepmum.toml` says. Its fields are called as the keys are, and can be changed before they come into force: lists
/// grow, the rest is replaced.
///
/// ```
/// use keepmum::config::Config;
///
/// let mut config = Config::parse("keepmum.toml", "disable = ['github-pat']\n")?;
/// config.disable.push("stripe".to_owned());
/// let redactor = config.prepare(Vec::new())?.builder.build()?;
///
/// let error = Config::parse("keepmum.toml", "disabel = []").unwrap_err();
/// assert_eq!(error.to_string(), "keepmum.toml:1: unknown key `disabel`, did you mean `disable`?");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// Files of further rules.
    pub rules: Vec<PathBuf>,
    /// Configurations of gitleaks.
    pub gitleaks: Vec<PathBuf>,
    /// Which rules are in force.
    pub profile: Profile,
    /// No built-in rules, whatever the profile.
    pub only_known: bool,
    /// Ids of built-in rules, or vendors, that are left out.
    pub disable: Vec<String>,
    /// Further rules.
    pub rule: Vec<Rule>,
    /// Globs over the variables whose values are secrets.
    pub secrets_from_env: Vec<String>,
    /// `.env` files, whose values are secrets.
    pub env_file: Vec<PathBuf>,
    /// Files that hold a secret each, and folders of such.
    pub secrets_file: Vec<Declared>,
    /// Sealed sets.
    pub sealed: Vec<PathBuf>,
    /// The file with their key.
    pub sealed_key_file: Option<PathBuf>,
    /// Sources of secrets.
    pub source: Vec<Declared>,
    /// The environment of this process: no source of another one is opened. From a file it is what the variable
    /// `KEEPMUM_ENVIRONMENT` says, or else the file.
    pub environment: Option<String>,
    /// What stands in place of a secret.
    pub replacement: Replacement,
    /// The same for single names of secrets and ids of rules.
    pub replacements: BTreeMap<String, Replacement>,
    /// The file with the key of fingerprints.
    pub fingerprint_key_file: Option<PathBuf>,
    /// Exceptions for matches of rules.
    pub allow: Allowlist,
    /// Capacities of the engine.
    pub limits: Limits,
    pub(super) place: PathBuf,
    pub(super) trust: Trust,
}

/// Who chose a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Trust {
    /// The caller named it, or it is the user's own.
    #[default]
    Named,
    /// It lay where the process happened to be.
    Found,
}

impl Config {
    /// Reads the file at `path`; relative paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// As [`Document::read`] and [`Document::config`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Document::read(path.as_ref())?.config()
    }

    /// Reads a text. `place` names it in errors, and paths in it are relative to the folder of `place`.
    ///
    /// # Errors
    ///
    /// As [`Document::config`].
    pub fn parse(place: impl Into<PathBuf>, text: &str) -> Result<Self, ConfigError> {
        Document::new(place, text).config()
    }

    /// Says that nobody named the file: it lies in the working folder, perhaps as a part of somebody else's repository. It
    /// may choose rules and name files; a source that runs a program, or sends a token to a server, is refused.
    ///
    /// ### Default
    ///
    /// The file is the caller's own choice, and may do what the caller may.
    #[must_use]
    pub fn found(mut self) -> Self {
        self.trust = Trust::Found;
        self
    }

    /// The redactor's parts: rules, replacements, sealed sets, and `secrets`. Sources are not asked; for what they give see
    /// [`sources`](Self::sources) and [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// A file that is named cannot be read, a rule is refused, `disable` names nothing.
    pub fn prepare(&self, secrets: Vec<Secret>) -> Result<Prepared, ConfigError> {
        Prepared::new(self, secrets)
    }

    /// The sources of this process's environment, opened and not yet read. Those of other environments are not opened.
    ///
    /// # Errors
    ///
    /// The environment is not named or has no source, the keys of a source do not fit together, or the file is not trusted
    /// with one.
    pub fn sources(&self) -> Result<Vec<Opened>, ConfigError> {
        let scoped = in_scope(self.source.clone(), self.environment.as_deref())
            .map_err(|error| ConfigError::environment(&error))?;
        if self.trust == Trust::Found {
            scoped.iter().try_for_each(|source| self.stays_inside(source))?;
        }
        let lists = self.lists().into_iter().map(Opened::once);
        lists.chain(scoped.into_iter().map(Opened::again)).collect()
    }

    /// All of it, in force: asks every source, and keeps asking. `warn` is told what somebody should look at, now and later
    /// on, from whichever thread it happens in; the texts hold names and never values.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare), [`sources`](Self::sources) and [`StoreBuilder::open`](crate::store::StoreBuilder::open).
    pub fn open(
        &self,
        warn: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<SecretStore, ConfigError> {
        let Prepared { builder, warnings, .. } = self.prepare(Vec::new())?;
        warnings.iter().for_each(|warning| warn(warning));
        let store = SecretStore::builder(builder.build()?).observer(move |event| {
            if event.is_warning() {
                warn(&event.to_string());
            }
        });
        Ok(self.sources()?.into_iter().fold(store, |store, opened| opened.kept_by(store)).open()?)
    }

    /// The sources that are named by keys of their own.
    fn lists(&self) -> Vec<Declared> {
        let globs = &self.secrets_from_env;
        let variables = (!globs.is_empty()).then(|| Declared::environment(globs.clone()));
        let files = self.env_file.iter().map(Declared::env_file);
        variables.into_iter().chain(files).chain(self.secrets_file.iter().cloned()).collect()
    }

    /// Refuses a source that runs a program or asks a server.
    fn stays_inside(&self, source: &Declared) -> Result<(), ConfigError> {
        if matches!(source.kind(), "environment" | "env-file" | "file") {
            return Ok(());
        }
        Err(ConfigError::untrusted(self.place.display(), source.name()))
    }
}
