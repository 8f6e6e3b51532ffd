//! `[[source]]` entries of `keepmum.toml`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;

use super::names::Names;
use super::{Scope, Source, SourceError, command, env_file, environment, files, one_password};

/// How often vaults are asked. Their limits are thousands of reads a minute.
#[cfg(any(feature = "vault", feature = "aws", feature = "gcp"))]
pub(super) const OF_VAULTS: Duration = Duration::from_secs(5 * 60);

/// Keys that every kind has.
const COMMON: &[&str] = &["kind", "name", "environment", "optional", "refresh", "overlap"];

/// A source as it is declared: where it is, whom it belongs to and how it is kept fresh.
///
/// ```
/// use std::time::Duration;
/// use keepmum::source::Declared;
///
/// let declared: Declared = toml::from_str(
///     "kind = 'env-file'\nname = 'dev'\npath = '.env'\nenvironment = 'dev'\nrefresh = '5m'",
/// )?;
/// assert_eq!(declared.name(), "dev");
/// assert!(declared.scope().admits(Some("dev")) && !declared.scope().admits(Some("production")));
/// assert_eq!(declared.refresh(), Some(Duration::from_secs(300)));
/// assert!(toml::from_str::<Declared>("kind = 'env-file'\nname = 'dev'\npth = '.env'").is_err());
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub struct Declared {
    common: Common,
    keys: Arc<dyn Opens>,
    folder: PathBuf,
}

/// What an adapter reads from an entry, besides the common keys.
///
/// A `Debug` of it must not show what could hold a secret.
pub(super) trait Opens: fmt::Debug + Send + Sync {
    /// What the kind is called in an entry.
    fn kind(&self) -> &'static str;

    /// After how long it is read again if the entry does not say. A vault tells nobody that a value was rotated.
    fn refresh(&self) -> Option<Duration> {
        None
    }

    /// Makes the source. Proves what can be proved without reading it.
    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError>;
}

/// What an entry's keys do not tell.
pub(super) struct Place<'a> {
    name: Option<&'a str>,
    folder: &'a Path,
}

impl Place<'_> {
    /// What the source and its secrets are called; `usual` is for a source without a name.
    pub(super) fn names(&self, usual: impl fmt::Display) -> Names {
        self.name.map_or_else(|| Names::bare(usual.to_string()), Names::prefixed)
    }

    /// A path of an entry: relative to the folder of the file that it stands in.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Common {
    name: Option<Name>,
    environment: Scope,
    optional: bool,
    refresh: Option<Written>,
    overlap: Option<Written>,
}

/// Letters, digits, `_`, `-` and `.`: what stays as it is in a placeholder.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            return Err("name: use up to 32 letters, digits, `_`, `-` and `.`");
        }
        Ok(Self(name))
    }
}

/// A duration as people write it, `5m` or `1h 30m`, longer than none.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Written(pub(super) Duration);

impl TryFrom<String> for Written {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match humantime::parse_duration(&text) {
            Ok(duration) if !duration.is_zero() => Ok(Self(duration)),
            _ => Err("write a duration as 90s, 5m, 24h or 7d"),
        }
    }
}

impl Declared {
    /// Variables whose names match one of `globs`.
    pub fn environment<G: Into<String>>(globs: impl IntoIterator<Item = G>) -> Self {
        let variables = globs.into_iter().map(Into::into).collect();
        Self::new(environment::Keys::new(variables))
    }

    /// A `.env` file.
    pub fn env_file(path: impl Into<PathBuf>) -> Self {
        Self::new(env_file::Keys::new(path))
    }

    /// A file that holds one secret, or a folder of such files.
    pub fn files(path: impl Into<PathBuf>) -> Self {
        Self::new(files::Keys::new(path))
    }

    fn new(keys: impl Opens + 'static) -> Self {
        Self { common: Common::default(), keys: Arc::new(keys), folder: PathBuf::new() }
    }

    /// Calls the source `name`, and its secrets `name.PATH`.
    ///
    /// ### Default
    ///
    /// In code none: secrets are called by their path alone. In `keepmum.toml` each source has a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.common.name = Some(Name(name.to_owned()));
        self
    }

    /// Lets only processes of these environments read it.
    #[must_use]
    pub fn belonging_to<E: Into<String>>(
        mut self,
        environments: impl IntoIterator<Item = E>,
    ) -> Self {
        let names = environments.into_iter().map(Into::into).collect();
        self.common.environment = Scope::Environments(names);
        self
    }

    /// Makes relative paths relative to `folder`.
    ///
    /// ### Default
    ///
    /// The working folder.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// Makes the source; reads nothing of it.
    ///
    /// # Errors
    ///
    /// Its keys do not fit together.
    pub fn open(&self) -> Result<Box<dyn Source>, SourceError> {
        let name = self.common.name.as_ref().map(|name| name.0.as_str());
        self.keys.open(&Place { name, folder: &self.folder })
    }

    /// What the source is called; its kind if it was given no name.
    pub fn name(&self) -> &str {
        self.common.name.as_ref().map_or(self.kind(), |name| &name.0)
    }

    /// Whether it was given a name.
    pub(super) fn is_named(&self) -> bool {
        self.common.name.is_some()
    }

    /// `environment`, `env-file`, `file` and so on.
    pub fn kind(&self) -> &str {
        self.keys.kind()
    }

    /// Who may read it.
    pub fn scope(&self) -> &Scope {
        &self.common.environment
    }

    /// Whether a process may start without it.
    pub fn is_optional(&self) -> bool {
        self.common.optional
    }

    /// After how long it is to be read again, if that was said.
    pub fn refresh(&self) -> Option<Duration> {
        self.common.refresh.map(|written| written.0).or_else(|| self.keys.refresh())
    }

    /// How long old values stay covered after a rotation, if that was said.
    pub fn overlap(&self) -> Option<Duration> {
        self.common.overlap.map(|written| written.0)
    }
}

impl TryFrom<Table> for Declared {
    type Error = String;

    fn try_from(mut own: Table) -> Result<Self, String> {
        let written = own.remove("kind").ok_or("missing field `kind`")?;
        let written = written.as_str().ok_or("kind: write it as a string")?.to_owned();
        let mut common = Table::new();
        for key in COMMON {
            common.extend(own.remove(*key).map(|value| ((*key).to_owned(), value)));
        }
        let common: Common = common.try_into().map_err(|error| said(&error))?;
        if common.name.is_none() {
            return Err("missing field `name`".to_owned());
        }
        let keys = keys(&written, own)?;
        Ok(Self { common, keys, folder: PathBuf::new() })
    }
}

/// The keys of the kind that is called `kind`.
fn keys(kind: &str, own: Table) -> Result<Arc<dyn Opens>, String> {
    match kind {
        "environment" => read::<environment::Keys>(own),
        "env-file" => read::<env_file::Keys>(own),
        "file" => read::<files::Keys>(own),
        "command" => read::<command::Keys>(own),
        "1password" => read::<one_password::Keys>(own),
        #[cfg(feature = "vault")]
        "vault" => read::<super::vault::Config>(own),
        #[cfg(feature = "aws")]
        "aws" => read::<super::aws::Config>(own),
        #[cfg(feature = "gcp")]
        "gcp" => read::<super::gcp::Config>(own),
        #[cfg(not(all(feature = "vault", feature = "aws", feature = "gcp")))]
        "vault" | "aws" | "gcp" => Err(absent(kind)),
        _ => Err("kind: use environment, env-file, file, command, 1password, vault, aws or gcp"
            .to_owned()),
    }
}

fn read<K: Opens + DeserializeOwned + 'static>(own: Table) -> Result<Arc<dyn Opens>, String> {
    let keys: K = own.try_into().map_err(|error| said(&error))?;
    Ok(Arc::new(keys))
}

#[cfg(not(all(feature = "vault", feature = "aws", feature = "gcp")))]
fn absent(feature: &str) -> String {
    format!("kind `{feature}` is not built in; build with the feature `{feature}`")
}

/// The message, with the common keys among those that could have been meant.
fn said(error: &toml::de::Error) -> String {
    let message = error.message();
    if !message.starts_with("unknown field") {
        return message.to_owned();
    }
    let mut said = message.to_owned();
    for key in COMMON.iter().map(|key| format!("`{key}`")) {
        if !message.contains(&key) {
            said.extend([", ", &key]);
        }
    }
    said
}
