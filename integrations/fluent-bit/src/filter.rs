//! The filter itself.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use keepmum::Names;
use keepmum::config::Config;
use keepmum::store::SecretStore;
use keepmum::structured::MessagePack;

use crate::abi::{Filter, Host, Level};
use crate::mistyped;
use crate::options::{self, Options};

/// One `[FILTER]` section.
pub(crate) struct Keepmum {
    store: SecretStore,
    form: MessagePack,
    /// None for all.
    tags: Option<GlobSet>,
}

impl Filter for Keepmum {
    fn new(options: &impl Options, host: Host) -> Result<Self, String> {
        mistyped::refuse(options)?;
        let config = options::required(options, c"config")?;
        let hide = names(&options::list(options, c"hide")?);
        let skip = names(&options::list(options, c"skip")?);
        let tags = match &options::list(options, c"tags")?[..] {
            [] => None,
            tags => Some(globs(tags)?),
        };
        let refused = |error| format!("option `config`: {error}");
        let config = Config::read(&config).map_err(refused)?;
        let store = config.open(move |warning| host.log(Level::Warning, warning));
        let store = store.map_err(refused)?;
        Ok(Self { store, form: MessagePack::new().hide(hide).skip(skip), tags })
    }

    fn filter<'a>(&self, tag: &[u8], chunk: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
        let tag = Path::new(OsStr::from_bytes(tag));
        if self.tags.as_ref().is_some_and(|tags| !tags.is_match(tag)) {
            return Ok(Cow::Borrowed(chunk));
        }
        let redacted = self.form.redact(&self.store.redactor(), chunk, &mut |_| {});
        redacted.map_err(|error| error.to_string())
    }
}

/// Names of fields; `default` stands for those that the library knows.
fn names(list: &[String]) -> Names {
    let known = list.iter().any(|name| name == "default");
    let names = if known { Names::default() } else { Names::none() };
    list.iter().filter(|name| *name != "default").fold(names, |names, name| names.with(name))
}

fn globs(list: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in list {
        set.add(Glob::new(glob).map_err(|error| format!("option `tags`: {error}"))?);
    }
    set.build().map_err(|error| format!("option `tags`: {error}"))
}
