//! A client with a token, and the token of a login kept alive.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use vaultrs::api::AuthInfo;
use vaultrs::auth::{approle, kubernetes};
use vaultrs::client::{Client, VaultClient, VaultClientSettingsBuilder};
use zeroize::Zeroizing;

use super::SourceError;
use super::config::{Auth, Connection, credential, is_printable};
use super::failure;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A token that was given for a login.
pub(super) struct Login {
    token: Zeroizing<String>,
    is_renewable: bool,
    /// How long it was valid when it was new. None: without an end.
    first: Option<Duration>,
    until: Option<Instant>,
}

impl Login {
    fn new(mut given: AuthInfo) -> Self {
        let first = Some(Duration::from_secs(given.lease_duration)).filter(|ttl| !ttl.is_zero());
        Self {
            token: Zeroizing::new(std::mem::take(&mut given.client_token)),
            is_renewable: given.renewable,
            first,
            until: first.map(|ttl| Instant::now() + ttl),
        }
    }

    /// How long it is still valid. None: without an end.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Whether more than half of its time is left.
    fn is_fresh(&self) -> bool {
        match (self.rest(), self.first) {
            (Some(rest), Some(first)) => rest > first / 2,
            _ => true,
        }
    }

    /// Asks for more time, and says whether it was given enough of it to go on.
    async fn renew(&mut self, client: &VaultClient) -> bool {
        if self.is_renewable
            && self.until.is_some()
            && let Ok(given) = client.renew(None).await
        {
            self.until = Some(Instant::now() + Duration::from_secs(given.lease_duration));
        }
        self.is_fresh()
    }
}

/// A client without a token.
pub(super) fn client(source: &str, to: &Connection) -> Result<VaultClient, SourceError> {
    let settings = VaultClientSettingsBuilder::default()
        .address(&to.address)
        .ca_certs(to.ca_file.iter().cloned().collect::<Vec<_>>())
        .timeout(Some(PATIENCE))
        .token("")
        .verify(true)
        .namespace(to.namespace.clone())
        .build()
        .map_err(|_| SourceError::malformed(source, "its settings do not fit together"))?;
    let mut client = VaultClient::new(settings)
        .map_err(|error| failure::of(&error).at(source, to.address.as_str()))?;
    client.middle.version.clone_from(&to.version);
    Ok(client)
}

/// Gives `client` the token of `login`, and says whether that has time enough to go on.
pub(super) async fn keep(client: &mut VaultClient, login: &mut Login) -> bool {
    client.set_token(&login.token);
    let is_kept = login.renew(client).await;
    if !is_kept {
        client.set_token("");
    }
    is_kept
}

/// Gives `client` a token: the one that was given, or that of a login, which is returned.
pub(super) async fn open(
    source: &str,
    client: &mut VaultClient,
    auth: &Auth,
) -> Result<Option<Login>, SourceError> {
    let given = match auth {
        Auth::Token { file } => {
            client.set_token(&token(source, file.as_ref())?);
            return Ok(None);
        }
        Auth::Approle { role_id, secret_id_file, mount } => {
            let secret_id = credential(source, secret_id_file)?;
            approle::login(client, mount, role_id, &secret_id).await
        }
        Auth::Kubernetes { role, jwt_file, mount } => {
            let jwt = credential(source, jwt_file)?;
            kubernetes::login(client, mount, role, &jwt).await
        }
    };
    let place = format!("auth/{}", mount(auth));
    let given = given.map_err(|error| failure::of_login(&error).at(source, &place))?;
    let login = Login::new(given);
    client.set_token(&login.token);
    Ok(Some(login))
}

fn mount(auth: &Auth) -> &str {
    match auth {
        Auth::Token { .. } => "token",
        Auth::Approle { mount, .. } | Auth::Kubernetes { mount, .. } => mount,
    }
}

/// The token in `file`, in `VAULT_TOKEN` or in `~/.vault-token`.
fn token(source: &str, file: Option<&PathBuf>) -> Result<Zeroizing<String>, SourceError> {
    if let Some(file) = file {
        return credential(source, file);
    }
    let set = std::env::var("VAULT_TOKEN").map(Zeroizing::new).unwrap_or_default();
    if !set.is_empty() {
        if !is_printable(&set) {
            return Err(SourceError::malformed(source, "VAULT_TOKEN holds what no token has"));
        }
        return Ok(set);
    }
    let home = std::env::home_dir().map(|home| home.join(".vault-token"));
    match home.filter(|path| path.exists()) {
        Some(path) => credential(source, &path),
        None => Err(SourceError::denied(source, "no token: set VAULT_TOKEN or `auth`")),
    }
}
