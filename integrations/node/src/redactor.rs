//! The redactor: made of a configuration, shared, kept fresh.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use keepmum::store::SecretStore;
use keepmum::structured::JsonStream;
use keepmum::{Guard, Names, Surface};
use napi::JsString;
use napi::bindgen_prelude::{Buffer, BufferSlice, Function};
use napi_derive::napi;

use crate::entry::caught;
use crate::error::{self, Result};
use crate::finding::Finding;
use crate::opening::{Opening, secret};
use crate::text::{self, Text, is_lossy};
use crate::warn::Warn;

/// What metrics call calls from Node.
const SURFACE: Surface = Surface::new("node");

/// What a redactor is made of.
#[napi(object, object_to_js = false)]
pub struct Options {
    pub config: Option<String>,
    pub toml: Option<String>,
    pub secrets: Vec<(String, Buffer)>,
    pub rules: Vec<String>,
    pub profile: Option<String>,
    pub disable: Vec<String>,
    pub replacement: Option<String>,
    pub hide: Vec<String>,
}

/// Secrets and rules in force. `redactor.js` adds what is written in JavaScript.
#[napi]
pub struct Redactor {
    pub(crate) opening: Opening,
    pub(crate) store: SecretStore,
    pub(crate) guard: Guard,
    names: Names,
    warn: Arc<Warn>,
}

#[napi]
impl Redactor {
    #[napi(constructor)]
    pub fn new(options: Options, warn: Function<'_, String, ()>) -> Result<Self> {
        let warn = Arc::new(Warn::new(&warn)?);
        caught(|| {
            let Options { config, toml, secrets, hide, .. } = &options;
            let opening = Opening::new(config.as_ref().map(PathBuf::from), toml.clone())?;
            let opening = opening.with(&options)?;
            let secrets = secrets.iter().map(|(name, value)| secret(name, value));
            let store = opening.open(secrets.collect::<Result<_>>()?, Arc::clone(&warn))?;
            Ok(Self {
                opening,
                guard: Guard::from(store.clone()),
                store,
                names: hide.iter().fold(Names::default(), |names, name| names.with(name)),
                warn: Arc::clone(&warn),
            })
        })?
    }

    /// What there was to tell while it was made.
    #[napi]
    pub fn warnings(&self) -> Vec<String> {
        self.warn.early()
    }

    /// A text without secrets; none if it is clean.
    #[napi]
    pub fn redact_text(&self, input: JsString<'_>) -> Result<Option<Text>> {
        self.text(input, |bytes| Ok(self.guard.redact(SURFACE, bytes)))
    }

    /// Bytes without secrets; none if they are clean.
    #[napi]
    pub fn redact_bytes(&self, input: BufferSlice<'_>) -> Result<Option<Buffer>> {
        let new = caught(|| self.guard.redact(SURFACE, &input))?;
        Ok(owned(new).map(Buffer::from))
    }

    /// JSON, or lines of it, as text, without secrets; none if it is clean.
    #[napi]
    pub fn redact_json_text(&self, input: JsString<'_>) -> Result<Option<Text>> {
        self.text(input, |bytes| self.json(bytes))
    }

    /// The same as bytes.
    #[napi]
    pub fn redact_json_bytes(&self, input: BufferSlice<'_>) -> Result<Option<Buffer>> {
        let new = caught(|| self.json(&input))??;
        Ok(owned(new).map(Buffer::from))
    }

    /// The value of a field, whose name can tell what it is, without secrets; none if it is clean.
    #[napi]
    pub fn redact_field_text(&self, name: String, input: JsString<'_>) -> Result<Option<Text>> {
        self.text(input, |bytes| Ok(self.field(&name, bytes)))
    }

    /// Whether the value of a field of that name is hidden, whatever it is.
    #[napi]
    pub fn hides(&self, name: String) -> bool {
        self.names.tells(&name)
    }

    /// What would be redacted of a text.
    #[napi]
    pub fn find_text(&self, input: JsString<'_>) -> Result<Vec<Finding>> {
        let utf8 = input.into_utf8().map_err(error::host)?;
        let found = caught(|| self.store.redactor().find(utf8.as_slice()))?;
        Ok(found.iter().map(|found| Finding::in_text(found, utf8.as_slice())).collect())
    }

    /// What would be redacted of bytes.
    #[napi]
    pub fn find_bytes(&self, input: BufferSlice<'_>) -> Result<Vec<Finding>> {
        let found = caught(|| self.store.redactor().find(&input))?;
        Ok(found.iter().map(Finding::new).collect())
    }

    /// Covers one more secret, for good.
    #[napi]
    pub fn add_secret_bytes(&self, name: String, value: BufferSlice<'_>) -> Result<()> {
        caught(|| self.store.add(secret(&name, &value)?).map_err(error::secret))?
    }

    /// Has every source of secrets read again, now.
    #[napi]
    pub fn refresh(&self) -> Result<()> {
        caught(|| self.store.refresh_now())
    }
}

impl Redactor {
    /// Looks through a text as UTF-8, which the host makes fastest. Only if something was found it matters that halves of
    /// surrogate pairs, which have none, stay: that is looked through once more.
    fn text(
        &self,
        input: JsString<'_>,
        look: impl Fn(&[u8]) -> Result<Cow<'_, [u8]>>,
    ) -> Result<Option<Text>> {
        let utf8 = input.into_utf8().map_err(error::host)?;
        let Some(new) = caught(|| look(utf8.as_slice()).map(owned))?? else { return Ok(None) };
        if !is_lossy(utf8.as_slice()) {
            return Ok(Some(text::text(new)));
        }
        let exact = text::bytes(input)?;
        let new = caught(|| look(&exact).map(Cow::into_owned))??;
        Ok(Some(text::text(new)))
    }

    /// The value of a field, in which halves of surrogate pairs may stand: what the name tells is told of the rest.
    fn field<'a>(&self, name: &str, value: &'a [u8]) -> Cow<'a, [u8]> {
        let named = |text: &str| match self.guard.redact_field(SURFACE, &self.names, name, text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Some(Cow::Owned(new.into_bytes())),
        };
        if let Ok(text) = std::str::from_utf8(value) {
            return named(text).unwrap_or(Cow::Borrowed(value));
        }
        let alone = self.guard.redact(SURFACE, value);
        named(&String::from_utf8_lossy(&alone)).unwrap_or(alone)
    }

    fn json<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        let mut stream = JsonStream::lines(self.store.redactor(), Vec::new());
        stream.push(bytes).map_err(error::limit)?;
        let new = stream.finish().map_err(error::limit)?;
        Ok(if new == bytes { Cow::Borrowed(bytes) } else { Cow::Owned(new) })
    }
}

/// What is new; none if nothing is.
fn owned(new: Cow<'_, [u8]>) -> Option<Vec<u8>> {
    match new {
        Cow::Borrowed(_) => None,
        Cow::Owned(new) => Some(new),
    }
}
