//! What `keepmum.toml` says of requests: the keys that the gateway reads too.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use keepmum::ReferenceKey;
use keepmum::prompt::{KeyPolicy, Mode, PreSend, RestoreRule, read_key, usual_key};
use pyo3::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;

use crate::error::{self, ConfigError};
use crate::opening::{Opened, Opening};

/// The keys, which stand beside those of others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys {
    proxy: Table,
    restore: Vec<RestoreRule>,
}

/// What of the gateway's table is not about the gateway.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Table {
    /// Globs over names. Of several that match, the longest counts: a table has no order.
    modes: BTreeMap<String, Mode>,
    keys: KeyPolicy,
    key_file: Option<PathBuf>,
}

/// What is done about requests.
pub(crate) struct Requests {
    key: ReferenceKey,
    modes: Vec<(String, Mode)>,
    keys: KeyPolicy,
    restore: Vec<RestoreRule>,
}

impl Requests {
    /// Reads it where the redactor's configuration stands. The key of references is in the file `key_file`, or in the one
    /// that the configuration names, or is the user's own.
    pub(crate) fn read(opening: &Opening, key_file: Option<PathBuf>) -> PyResult<Self> {
        let document = opening.document.as_ref();
        let keys = document.map_or(Ok(Keys::default()), |document| document.keys());
        let Keys { proxy, restore } = keys.map_err(error::config)?;
        if opening.found && (!restore.is_empty() || proxy.key_file.is_some()) {
            return Err(ConfigError::new_err(
                "keepmum.toml: [[restore]] and key-file say where values go; if you trust this file, name it",
            ));
        }
        let written = proxy.key_file.zip(document);
        let written = written.map(|(path, document)| document.folder().join(path));
        let key = key_file.or(written).map_or_else(usual_key, |path| read_key(&path));
        let mut modes: Vec<_> = proxy.modes.into_iter().collect();
        modes.sort_by_key(|(glob, _)| Reverse(glob.len()));
        let key = key.map_err(|error| ConfigError::new_err(error.to_string()))?;
        Ok(Self { key, modes, keys: proxy.keys, restore })
    }

    /// Looks through requests with what is in force.
    pub(crate) fn pre_send(&self, opened: &Opened) -> PyResult<PreSend> {
        let mut builder = PreSend::builder(opened.guard.clone(), self.key.clone()).keys(self.keys);
        for (glob, mode) in &self.modes {
            builder = builder.mode(glob, *mode);
        }
        let builder = self.restore.iter().cloned().fold(builder, |all, rule| all.restore(rule));
        builder.build().map_err(|error| ConfigError::new_err(error.to_string()))
    }
}
