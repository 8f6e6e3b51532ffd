//! HashiCorp Vault and OpenBao: keys and values of both versions, and what engines make for a time.
//!
//! Nothing is written. Reading a path of an engine such as `database` makes a user there, which is what the path is for;
//! its lease is renewed as long as the vault allows, and then a new one is read.

mod config;
mod failure;
mod lease;
mod place;
mod reference;
mod session;

pub use config::{Auth, Config};
pub use reference::resolve;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use vaultrs::api::kv1::responses::GetSecretResponse;
use vaultrs::client::VaultClient;
use zeroize::Zeroizing;

use super::declared::{self, Opens};
use super::names::Names;
use super::{Fetched, Source, SourceError, blocking, document, leaves};
use crate::Secret;
use config::Connection;
use lease::{Kind, Lease};
use place::{Engine, Place};
use session::Login;

/// A vault. Each leaf of a secret is one of its own, called `path-field`.
///
/// A token of a login is kept between reads and renewed; one that was given is used as it is.
///
/// ```no_run
/// use keepmum::source::{Source, vault::Vault};
///
/// let config = toml::from_str("paths = ['secret/app/']")?;
/// let mut vault = Vault::new(config)?;
/// for secret in vault.fetch()?.secrets {
///     assert!(secret.name().starts_with("secret-app-"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Vault {
    names: Names,
    connection: Connection,
    auth: Auth,
    paths: Vec<String>,
    login: Option<Login>,
    /// By path.
    leases: BTreeMap<String, Lease>,
}

impl Vault {
    /// The vault that `config` declares, with what it leaves out taken from the environment. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// There is no address, or one that is no URL, or no path.
    pub fn new(config: Config) -> Result<Self, SourceError> {
        Self::with(Names::bare("vault"), config)
    }

    /// Calls the source `name`, and its secrets `name.path-field`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    fn with(names: Names, config: Config) -> Result<Self, SourceError> {
        let Config { address, namespace, ca_file, auth, paths } = config;
        let name = names.source();
        if paths.is_empty() {
            return Err(SourceError::malformed(name, "no `paths` to read"));
        }
        let connection =
            Connection::new(name, address.as_deref(), namespace.as_deref(), ca_file.as_ref())?;
        Ok(Self { names, connection, auth, paths, login: None, leases: BTreeMap::new() })
    }

    /// Reads everything, with a new login if the one that was kept is no longer taken.
    async fn read(&mut self) -> Result<Fetched, SourceError> {
        let was_kept = self.login.is_some();
        match self.read_once().await {
            Err(error) if error.is_denied() && was_kept => {
                self.forget();
                self.read_once().await
            }
            result => result,
        }
    }

    /// What was made for a login ends with it.
    fn forget(&mut self) {
        self.login = None;
        self.leases.clear();
    }

    /// A client with a token.
    async fn client(&mut self) -> Result<VaultClient, SourceError> {
        let mut client = session::client(self.names.source(), &self.connection)?;
        if let Some(login) = &mut self.login {
            if session::keep(&mut client, login).await {
                return Ok(client);
            }
            self.forget();
        }
        self.login = session::open(self.names.source(), &mut client, &self.auth).await?;
        Ok(client)
    }

    async fn read_once(&mut self) -> Result<Fetched, SourceError> {
        let client = self.client().await?;
        let mut secrets = Vec::new();
        for path in self.paths.clone() {
            secrets.extend(self.read_path(&client, &path).await?);
        }
        let fetched = Fetched::new(secrets);
        Ok(match self.lease() {
            Some(lease) => fetched.leased(lease),
            None => fetched,
        })
    }

    async fn read_path(
        &mut self,
        client: &VaultClient,
        path: &str,
    ) -> Result<Vec<Secret>, SourceError> {
        if let Some(lease) = self.leases.get_mut(path)
            && lease.renew(client).await
        {
            return Ok(lease.secrets.clone());
        }
        let place = Place::find(self.names.source(), client, path).await?;
        if path.ends_with('/') {
            return self.read_under(client, &place).await;
        }
        let answer =
            place.read(client).await.map_err(|failure| failure.at(self.names.source(), path))?;
        Ok(match place.engine {
            Engine::Kv1 | Engine::Kv2 => self.leaves(&place.path(), &answer.data)?,
            Engine::Other => self.keep(path, answer)?,
        })
    }

    async fn read_under(
        &self,
        client: &VaultClient,
        folder: &Place,
    ) -> Result<Vec<Secret>, SourceError> {
        if folder.engine == Engine::Other {
            let why = format_args!("{}: only keys and values are read by prefix", folder.path());
            return Err(SourceError::malformed(self.names.source(), why));
        }
        let places = folder.under(client).await;
        let mut secrets = Vec::new();
        for place in places.map_err(|failure| failure.at(self.names.source(), &folder.path()))? {
            match place.read(client).await {
                Ok(answer) => {
                    secrets.extend(self.leaves(&place.path(), &answer.data)?);
                }
                // Its newest version is deleted, and so nothing that is in use.
                Err(failure) if failure.is_missing() => {}
                Err(failure) => return Err(failure.at(self.names.source(), &place.path())),
            }
        }
        Ok(secrets)
    }

    /// The secrets of an engine that made them, remembered with their lease.
    fn keep(&mut self, path: &str, answer: GetSecretResponse) -> Result<Vec<Secret>, SourceError> {
        let GetSecretResponse { mut data, lease_id, lease_duration, renewable, .. } = answer;
        // A static role has no lease and tells its time among the fields.
        let ttl = data["ttl"].as_u64().or(u64::try_from(lease_duration).ok());
        // Texts alone: beside them stand numbers that tell times.
        if let Some(fields) = data.as_object_mut() {
            fields.retain(|_, value| !value.is_number());
        }
        let secrets = self.leaves(path, &data)?;
        if let Some(first) = ttl.filter(|ttl| *ttl > 0).map(Duration::from_secs) {
            let until = Instant::now() + first;
            let kind = match (lease_id.is_empty(), renewable) {
                (true, _) => Kind::Shared,
                (false, true) => Kind::Renewable(lease_id),
                (false, false) => Kind::Made,
            };
            let lease = Lease { kind, first, until, secrets: secrets.clone() };
            self.leases.insert(path.to_owned(), lease);
        }
        Ok(secrets)
    }

    fn leaves(&self, path: &str, document: &Value) -> Result<Vec<Secret>, SourceError> {
        let json = Zeroizing::new(document.to_string());
        leaves::below(&self.names, &format!("{path}-"), json.as_bytes())
    }

    /// How long all of it is valid. What was made for a token ends with the token.
    fn lease(&self) -> Option<Duration> {
        let leases = self.leases.values().map(Lease::rest).min()?;
        let login = self.login.as_ref().and_then(Login::rest);
        Some(login.map_or(leases, |login| login.min(leases)))
    }
}

impl Source for Vault {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let name = self.names.source().to_owned();
        blocking::run(&name, async || self.read().await)
    }
}

impl Opens for Config {
    fn kind(&self) -> &'static str {
        "vault"
    }

    fn refresh(&self) -> Option<Duration> {
        Some(declared::OF_VAULTS)
    }

    fn open(&self, place: &declared::Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let mut config = self.clone();
        for path in config.files() {
            *path = place.path(path);
        }
        Ok(Box::new(Vault::with(place.names("vault"), config)?))
    }
}
