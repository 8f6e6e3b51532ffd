//! 1Password, by its command line program `op`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::declared::{Opens, Place, Written};
use super::names::Names;
use super::program::{Program, TIMEOUT};
use super::{Fetched, Source, SourceError};
use crate::Secret;

/// How often it is asked again unless an entry says otherwise. Its smallest limit is a thousand reads an hour.
const REFRESH: Duration = Duration::from_secs(15 * 60);

/// Which fields of an item are secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fields {
    /// Passwords and other concealed fields, keys of one-time passwords, private SSH keys.
    #[default]
    Concealed,
    /// All: names of users, addresses, notes too.
    All,
}

/// A vault, an item, or references to fields of 1Password, read by `op`.
///
/// `op` has to be signed in already, or to find a service account's token in the environment: it is asked without a
/// terminal. It is only ever asked for `item list`, `item get` and `read`. Attached files are not read, unless a reference
/// names one.
///
/// Secrets are called by item, section and field, or as their reference is: what is renamed in 1Password has another name
/// here.
///
/// ```
/// use keepmum::source::{OnePassword, Source};
///
/// let source = OnePassword::references(["op://production/db/password"])?.named("op");
/// assert_eq!(source.name(), "op");
/// assert!(OnePassword::references(["production/db/password"]).is_err());
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OnePassword {
    names: Names,
    what: What,
    fields: Fields,
    op: Program,
    account: Option<String>,
}

/// What is read.
#[derive(Debug, Clone)]
enum What {
    Vault(String),
    Item { item: String, vault: Option<String> },
    References(Vec<String>),
}

impl OnePassword {
    /// All items of a vault, by its name or id; archived ones are left out.
    pub fn vault(vault: &str) -> Self {
        Self::new(What::Vault(vault.to_owned()))
    }

    /// One item, by its title or id.
    pub fn item(item: &str, vault: Option<&str>) -> Self {
        let vault = vault.map(str::to_owned);
        Self::new(What::Item { item: item.to_owned(), vault })
    }

    /// Fields and attached files, as `op://vault/item/section/field`.
    ///
    /// # Errors
    ///
    /// One of them does not begin with `op://`.
    pub fn references<R: Into<String>>(
        references: impl IntoIterator<Item = R>,
    ) -> Result<Self, SourceError> {
        let references: Vec<String> = references.into_iter().map(Into::into).collect();
        if references.iter().all(|reference| reference.starts_with("op://")) {
            return Ok(Self::new(What::References(references)));
        }
        Err(SourceError::malformed("1password", "a reference begins with op://"))
    }

    fn new(what: What) -> Self {
        let names = Names::bare("1password");
        Self { names, what, fields: Fields::default(), op: Program::new("op"), account: None }
    }

    /// Calls the source `name`, and its secrets `name.ITEM.FIELD`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    /// Which fields of items are secrets. What a reference names is one in any case.
    ///
    /// ### Default
    ///
    /// [`Fields::Concealed`].
    #[must_use]
    pub fn fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// The account, if `op` knows several.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Where `op` is.
    ///
    /// ### Default
    ///
    /// It is looked for in `PATH`.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.op = self.op.at(path);
        self
    }

    /// How long one call of `op` may take.
    ///
    /// ### Default
    ///
    /// 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.op.timeout = timeout;
        self
    }

    fn run(&self, arguments: &[&str]) -> Result<Zeroizing<Vec<u8>>, SourceError> {
        let account = self.account.iter().flat_map(|account| ["--account", account.as_str()]);
        let op = self.op.clone().arguments(arguments.iter().copied().chain(account));
        op.run(self.name())
    }

    fn all(&self, vault: &str) -> Result<Vec<Secret>, SourceError> {
        let printed = self.run(&["item", "list", "--vault", vault, "--format", "json"])?;
        let items: Vec<Listed> = self.parsed(&printed)?;
        let mut secrets = Vec::new();
        for item in items {
            secrets.extend(self.one(&item.id, Some(vault))?);
        }
        Ok(secrets)
    }

    fn one(&self, item: &str, vault: Option<&str>) -> Result<Vec<Secret>, SourceError> {
        if item.starts_with('-') {
            return Err(SourceError::malformed(self.name(), "an item's name begins with `-`"));
        }
        let vault = vault.into_iter().flat_map(|vault| ["--vault", vault]);
        let mut ask: Vec<&str> = ["item", "get", item, "--format", "json"].to_vec();
        ask.extend(vault);
        let mut printed = self.run(&ask)?;
        if is_concealed(&printed) {
            ask.push("--reveal");
            printed = self.run(&ask)?;
        }
        if is_concealed(&printed) {
            return Err(SourceError::denied(self.name(), "`op` conceals the values"));
        }
        let item: Item = self.parsed(&printed)?;
        Ok(item.secrets(&self.names, self.fields))
    }

    fn read(&self, reference: &str) -> Result<Secret, SourceError> {
        let mut value = self.run(&["read", reference, "--no-newline"])?;
        let path = reference.trim_start_matches("op://");
        let path = path.split('?').next().unwrap_or(path).replace('/', ".");
        Ok(self.names.secret(&path, std::mem::take(&mut *value)))
    }

    fn parsed<'a, T: Deserialize<'a>>(&self, printed: &'a [u8]) -> Result<T, SourceError> {
        // A parser's error can quote what it read.
        serde_json::from_slice(printed).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let why = format!("`op` printed something unknown (line {line}, column {column})");
            SourceError::malformed(self.name(), why)
        })
    }
}

/// From 2.30 on `op` writes this in place of values unless `--reveal` is said, which older ones do not know.
fn is_concealed(printed: &[u8]) -> bool {
    memchr::memmem::find(printed, b"[use 'op item get ").is_some()
}

impl Source for OnePassword {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let secrets = match &self.what {
            What::Vault(vault) => self.all(vault),
            What::Item { item, vault } => self.one(item, vault.as_deref()),
            What::References(references) => {
                references.iter().map(|reference| self.read(reference)).collect()
            }
        };
        secrets.map(Fetched::new)
    }
}

/// An entry of `op item list`.
#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// What `op item get` prints.
#[derive(Deserialize)]
struct Item {
    title: String,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    id: String,
    #[serde(default)]
    label: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    value: Option<Zeroizing<String>>,
    section: Option<Section>,
    ssh_formats: Option<SshFormats>,
}

#[derive(Deserialize)]
struct Section {
    #[serde(default)]
    label: String,
}

/// A private key once more, as OpenSSH writes it.
#[derive(Deserialize)]
struct SshFormats {
    openssh: Option<SshFormat>,
}

#[derive(Deserialize)]
struct SshFormat {
    value: Option<Zeroizing<String>>,
}

impl Item {
    fn secrets(self, names: &Names, fields: Fields) -> Vec<Secret> {
        let chosen = |field: &Field| fields == Fields::All || field.is_concealed();
        let title = self.title;
        let fields = self.fields.into_iter().filter(chosen);
        fields.flat_map(|field| field.secrets(names, &title)).collect()
    }
}

impl Field {
    fn is_concealed(&self) -> bool {
        matches!(self.kind.as_str(), "CONCEALED" | "OTP" | "SSHKEY") || self.purpose == "PASSWORD"
    }

    fn secrets(self, names: &Names, title: &str) -> Vec<Secret> {
        let label = if self.label.is_empty() { self.id } else { self.label };
        let path = match self.section.filter(|section| !section.label.is_empty()) {
            Some(section) => format!("{title}.{}.{label}", section.label),
            None => format!("{title}.{label}"),
        };
        // An empty field is one that was never filled in.
        let value = self.value.filter(|value| !value.is_empty());
        let key = value.as_ref().and_then(|value| otp_key(value));
        let key = key.map(|key| names.secret(&format!("{path}.key"), key));
        let openssh = self.ssh_formats.and_then(|formats| formats.openssh?.value);
        let openssh = openssh.map(|key| names.secret(&format!("{path}.openssh"), key.as_bytes()));
        let own = value.map(|value| names.secret(&path, value.as_bytes()));
        own.into_iter().chain(key).chain(openssh).collect()
    }
}

/// The key inside `otpauth://totp/…?secret=KEY&…`: whoever has it makes the one-time passwords.
fn otp_key(value: &str) -> Option<&str> {
    let (_, query) = value.strip_prefix("otpauth://")?.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("secret="))
}

/// Keys of `kind = "1password"`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Entry")]
pub(super) struct Keys(OnePassword);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    vault: Option<String>,
    item: Option<String>,
    references: Option<Vec<String>>,
    #[serde(default)]
    fields: Fields,
    account: Option<String>,
    program: Option<PathBuf>,
    timeout: Option<Written>,
}

impl TryFrom<Entry> for Keys {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        let mut source = match (entry.vault, entry.item, entry.references) {
            (Some(vault), None, None) => OnePassword::vault(&vault),
            (vault, Some(item), None) => OnePassword::item(&item, vault.as_deref()),
            (None, None, Some(references)) if !references.is_empty() => {
                OnePassword::references(references).map_err(|_| "a reference begins with op://")?
            }
            _ => return Err("give a vault, an item or references"),
        };
        source = source.fields(entry.fields);
        source.account = entry.account;
        if let Some(program) = entry.program {
            source = source.program(program);
        }
        Ok(Self(source.timeout(entry.timeout.map_or(TIMEOUT, |written| written.0))))
    }
}

impl Opens for Keys {
    fn kind(&self) -> &'static str {
        "1password"
    }

    fn refresh(&self) -> Option<Duration> {
        Some(REFRESH)
    }

    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let mut source = self.0.clone();
        source.names = place.names("1password");
        source.op = source.op.relative_to(|path| place.path(path));
        Ok(Box::new(source))
    }
}
