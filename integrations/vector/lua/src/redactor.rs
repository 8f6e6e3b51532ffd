//! The object that Lua holds.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use keepmum::config::Config;
use keepmum::store::SecretStore;
use keepmum::{Guard, Surface};
use mlua::{Error, Lua, Result, String, Table, UserData, UserDataMethods, Value};

use crate::caught::caught;
use crate::event;

/// What metrics call calls from Lua.
const SURFACE: Surface = Surface::new("lua");

/// Warnings that are kept for who asks for them, at most.
const MOST: usize = 100;

/// Secrets and rules, as `keepmum.toml` says, kept fresh.
pub(crate) struct Redactor {
    store: SecretStore,
    guard: Guard,
    warnings: Arc<Mutex<Vec<std::string::String>>>,
}

impl Redactor {
    /// Of `{config = "/path/to/keepmum.toml"}`; without `config` the built-in rules alone.
    pub(crate) fn new(options: &Table) -> Result<Self> {
        caught(|| {
            let config = match path(options)? {
                Some(path) => Config::read(path).map_err(Error::runtime)?,
                None => Config::default(),
            };
            let warnings = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&warnings);
            let store = config.open(move |warning| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.len() < MOST {
                    told.push(warning.to_owned());
                }
            });
            let store = store.map_err(Error::runtime)?;
            Ok(Self { guard: Guard::from(store.clone()), store, warnings })
        })
    }
}

/// A mistyped option would be a wish that comes to nothing.
fn path(options: &Table) -> Result<Option<PathBuf>> {
    let mut path = None;
    for pair in options.pairs::<String, Value>() {
        match pair? {
            (key, Value::String(given)) if key == "config" => {
                path = Some(PathBuf::from(&*given.to_str()?));
            }
            (key, _) if key == "config" => return Err(Error::runtime("config: use a path")),
            (key, _) => {
                let key = key.to_string_lossy();
                return Err(Error::runtime(format!("unknown option `{key}`; known is config")));
            }
        }
    }
    Ok(path)
}

impl UserData for Redactor {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("redact", |lua, this, text: String| redact(lua, this, text));
        methods.add_method("redact_event", |lua, this, event: Table| {
            caught(|| event::redact(lua, &this.store.redactor(), &event))?;
            Ok(event)
        });
        methods.add_method("warnings", |_, this, ()| {
            let mut told = this.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(std::mem::take(&mut *told))
        });
    }
}

/// `text` without secrets; itself if there are none.
fn redact(lua: &Lua, this: &Redactor, text: String) -> Result<String> {
    caught(|| {
        let redacted = match this.guard.redact(SURFACE, &text.as_bytes()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(lua.create_string(redacted)?),
        };
        Ok(redacted.unwrap_or(text))
    })
}
