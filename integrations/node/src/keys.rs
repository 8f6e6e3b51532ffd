//! What `keepmum.toml` says of requests: the keys that the gateway reads too.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

use keepmum::Guard;
use keepmum::prompt::{KeyPolicy, Mode, PreSend, RestoreRule, read_key, usual_key};
use serde::Deserialize;

use crate::error::{self, Kind, Result, failure};
use crate::opening::Opening;

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

/// Looks through requests as the redactor's configuration says, with its set of secrets. The key of references is in the file
/// `key_file`, or in the one that the configuration names, or is the user's own.
pub(crate) fn pre_send(
    opening: &Opening,
    guard: Guard,
    key_file: Option<PathBuf>,
) -> Result<PreSend> {
    let document = opening.document.as_ref();
    let keys = document.map_or(Ok(Keys::default()), |document| document.keys());
    let Keys { proxy, restore } = keys.map_err(error::config)?;
    if opening.found && (!restore.is_empty() || proxy.key_file.is_some()) {
        return Err(failure(
            Kind::Config,
            "keepmum.toml: [[restore]] and key-file say where values go; if you trust this file, name it",
        ));
    }
    let written = proxy.key_file.zip(document);
    let written = written.map(|(path, document)| document.folder().join(path));
    let key = key_file.or(written).map_or_else(usual_key, |path| read_key(&path));
    let key = key.map_err(|error| failure(Kind::Config, error))?;
    let mut modes: Vec<_> = proxy.modes.into_iter().collect();
    modes.sort_by_key(|(glob, _)| Reverse(glob.len()));
    let mut builder = PreSend::builder(guard, key).keys(proxy.keys);
    for (glob, mode) in &modes {
        builder = builder.mode(glob, *mode);
    }
    let builder = restore.into_iter().fold(builder, |all, rule| all.restore(rule));
    builder.build().map_err(|error| failure(Kind::Config, error))
}
