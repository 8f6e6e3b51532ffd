//! The configuration that is in force, and what of it the program alone reads.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use keepmum::config::{Config, Document, Usual};
use serde::Deserialize;

use super::args::{Args, Idle};
use super::exit::Failure;
use super::size::Size;

/// The file that is read in the working folder when none is named.
pub(crate) const LOCAL: &str = Usual::NAME;

/// Who chose a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The caller named it, or it is the user's own.
    #[default]
    Named,
    /// It lies in the working folder, perhaps as a part of somebody else's repository. It may choose rules and name files;
    /// what it runs, or which server it sends a token to, is for the caller to allow.
    Found,
}

/// A configuration file, or none.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) path: Option<PathBuf>,
    #[cfg_attr(
        not(any(feature = "proxy", feature = "serve", feature = "sweep")),
        expect(dead_code, reason = "only what sends something, or makes references, asks")
    )]
    pub(crate) trust: Trust,
    /// What every host of the library takes from it.
    pub(crate) config: Config,
    pub(crate) keys: Keys,
}

/// The keys of the program; they are named as the options are. `keepmum::config` knows their names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Keys {
    pub(crate) json: bool,
    pub(crate) stats: bool,
    pub(crate) report: Option<PathBuf>,
    pub(crate) audit: Option<PathBuf>,
    pub(crate) audit_max_size: Option<Size>,
    pub(crate) audit_keep: Option<NonZeroU16>,
    pub(crate) audit_optional: bool,
    pub(crate) idle_release: Option<Idle>,
    #[cfg(feature = "proxy")]
    pub(crate) proxy: super::proxy::Table,
    #[cfg(feature = "hook")]
    pub(crate) hook: super::hook::Table,
    /// Where there is no gateway, of its table the key alone: files have the references that prompts have.
    #[cfg(all(feature = "sweep", not(feature = "proxy")))]
    pub(crate) proxy: super::sweep::KeyTable,
    #[cfg(feature = "serve")]
    pub(crate) serve: super::serve::Table,
    /// Where values may come back in tool calls.
    #[cfg(any(feature = "proxy", feature = "hook"))]
    pub(crate) restore: Vec<keepmum::prompt::RestoreRule>,
}

impl TryFrom<toml::Value> for Idle {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let number = value.as_integer().map(|number| number.to_string());
        number.as_deref().or(value.as_str()).unwrap_or("").parse()
    }
}

impl Keys {
    /// Makes its paths relative to `folder`.
    fn relative_to(mut self, folder: &Path) -> Self {
        for path in self.report.iter_mut().chain(&mut self.audit) {
            *path = folder.join(&*path);
        }
        #[cfg(any(feature = "proxy", feature = "sweep"))]
        self.proxy.relative_to(folder);
        #[cfg(feature = "hook")]
        self.hook.relative_to(folder);
        #[cfg(feature = "serve")]
        self.serve.relative_to(folder);
        self
    }
}

impl File {
    /// `file`, or the one that the arguments name, or the one that lies at a usual place.
    pub(crate) fn in_force(args: &Args, file: Option<&Path>) -> Result<Self, Failure> {
        let named = file.map(Path::to_owned).or_else(|| args.config.clone());
        let usual = if named.is_some() || args.no_config { None } else { Usual::find() };
        let found = matches!(usual, Some(Usual::Here(_)));
        let Some(path) = named.or_else(|| usual.map(|usual| usual.path().to_owned())) else {
            return Ok(Self::default());
        };
        let document = Document::read(&path)?;
        let (config, keys) = (document.config()?, document.keys::<Keys>()?);
        let keys = keys.relative_to(document.folder());
        let (trust, config) =
            if found { (Trust::Found, config.found()) } else { (Trust::Named, config) };
        Ok(Self { path: Some(path), trust, config, keys })
    }
}
