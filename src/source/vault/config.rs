//! How a vault is declared.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::SourceError;
use crate::source::bytes;
use crate::source::endpoint::endpoint;

/// Where a service account's token lies in a pod.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// No token is longer.
const LONGEST: usize = 64 << 10;

/// A vault as `keepmum.toml` declares it.
///
/// ```
/// # use keepmum::source::vault::Config;
/// let config: Config = toml::from_str(
///     r#"
///     address = "https://vault.example:8200"
///     paths = ["secret/app/db", "secret/shared/", "database/creds/app"]
///     auth = { method = "approle", role-id = "app", secret-id-file = "/run/secrets/secret-id" }
///     "#,
/// )?;
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// Its URL; without it `VAULT_ADDR`.
    #[serde(default, deserialize_with = "endpoint")]
    pub address: Option<String>,
    /// The namespace; without it `VAULT_NAMESPACE`.
    pub namespace: Option<String>,
    /// Certificates of authorities to trust beside the system's, as PEM; without it `VAULT_CACERT`.
    pub ca_file: Option<PathBuf>,
    /// How to log in.
    #[serde(default)]
    pub auth: Auth,
    /// What is read, as `vault kv get` and `vault read` take it: `secret/app`, `database/creds/app`. A path that ends in
    /// `/` stands for every secret under it.
    pub paths: Vec<String>,
}

/// How to log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "method")]
#[non_exhaustive]
pub enum Auth {
    /// A token.
    #[serde(rename_all = "kebab-case")]
    Token {
        /// The file that holds it; without it `VAULT_TOKEN`, then `~/.vault-token`.
        #[serde(default)]
        file: Option<PathBuf>,
    },
    /// An AppRole.
    #[serde(rename_all = "kebab-case")]
    Approle {
        /// Which role.
        role_id: String,
        /// The file that holds the secret id.
        secret_id_file: PathBuf,
        /// Where the method is mounted, under `auth/`.
        #[serde(default = "approle")]
        mount: String,
    },
    /// A service account of Kubernetes.
    #[serde(rename_all = "kebab-case")]
    Kubernetes {
        /// Which role.
        role: String,
        /// The file that holds the service account's token.
        #[serde(default = "service_account")]
        jwt_file: PathBuf,
        /// Where the method is mounted, under `auth/`.
        #[serde(default = "kubernetes")]
        mount: String,
    },
}

impl Config {
    /// Every file that it names.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let credential = match &mut self.auth {
            Auth::Token { file } => file.as_mut(),
            Auth::Approle { secret_id_file: file, .. }
            | Auth::Kubernetes { jwt_file: file, .. } => Some(file),
        };
        credential.into_iter().chain(&mut self.ca_file)
    }
}

impl Default for Auth {
    fn default() -> Self {
        Auth::Token { file: None }
    }
}

fn approle() -> String {
    "approle".to_owned()
}

fn kubernetes() -> String {
    "kubernetes".to_owned()
}

fn service_account() -> PathBuf {
    PathBuf::from(SERVICE_ACCOUNT)
}

/// Where a vault is and how it is spoken to.
pub(super) struct Connection {
    /// Without user information and without a path.
    pub(super) address: Url,
    /// What stands before every path: `v1`, or `prefix/v1` behind a proxy.
    pub(super) version: String,
    pub(super) namespace: Option<String>,
    pub(super) ca_file: Option<String>,
}

impl Connection {
    pub(super) fn new(
        source: &str,
        address: Option<&str>,
        namespace: Option<&str>,
        ca_file: Option<&PathBuf>,
    ) -> Result<Self, SourceError> {
        let malformed = |why: &str| SourceError::malformed(source, why);
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let address = address.map(str::to_owned).or_else(|| variable("VAULT_ADDR"));
        let address =
            address.ok_or_else(|| malformed("no address: set `address` or VAULT_ADDR"))?;
        let mut address = Url::parse(&address).map_err(|_| malformed("its address is no URL"))?;
        if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
            return Err(malformed("its address is not one of http or https"));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(malformed("its address must not hold a user or a password"));
        }
        let version = format!("{}/v1", address.path().trim_end_matches('/'));
        let version = version.trim_start_matches('/').to_owned();
        address.set_path("");
        address.set_query(None);
        address.set_fragment(None);
        let namespace = namespace.map(str::to_owned).or_else(|| variable("VAULT_NAMESPACE"));
        if namespace.as_deref().is_some_and(|text| !is_printable(text)) {
            return Err(malformed("its namespace holds what no namespace has"));
        }
        let ca_file = ca_file.map(|path| path.display().to_string());
        let ca_file = ca_file.or_else(|| variable("VAULT_CACERT"));
        Ok(Self { address, version, namespace, ca_file })
    }
}

/// Whether `text` may stand in a header.
pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// The credential in `path`, without the line end that editors leave.
pub(super) fn credential(source: &str, path: &Path) -> Result<Zeroizing<String>, SourceError> {
    let read = File::open(path).and_then(|file| bytes::read(file, LONGEST));
    let value = read.map_err(|error| SourceError::io(source, path, &error))?;
    let text = std::str::from_utf8(value.trim_ascii()).ok().filter(|text| !text.is_empty());
    match text.filter(|text| is_printable(text)) {
        Some(text) => Ok(Zeroizing::new(text.to_owned())),
        None => {
            let why = format_args!("{}: holds no credential", path.display());
            Err(SourceError::malformed(source, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(address: &str) -> Result<Connection, SourceError> {
        Connection::new("demo", Some(address), None, None)
    }

    #[test]
    fn an_address_may_have_a_path_and_nothing_to_hide() {
        let plain = connection("http://127.0.0.1:8200").expect("plain");
        assert_eq!((plain.address.as_str(), &*plain.version), ("http://127.0.0.1:8200/", "v1"));
        let behind = connection("https://proxy.example/vault/").expect("behind a proxy");
        assert_eq!(
            (behind.address.as_str(), &*behind.version),
            ("https://proxy.example/", "vault/v1")
        );
        for bad in ["ftp://host", "nothing", "http://user:zebra@host", "unix:/run/vault"] {
            let error = connection(bad).err().expect(bad).to_string();
            assert!(!error.contains("zebra"), "{error}");
        }
    }

    #[test]
    fn a_declaration_is_strict() {
        let parsed = |text: &str| toml::from_str::<Config>(text);
        assert!(parsed("paths = ['secret/app']").is_ok());
        assert!(parsed("paths = []\nadress = 'x'").is_err());
        let error = parsed("paths = []\naddress = 'http://user:zebra@host'").expect_err("a user");
        assert!(!error.message().contains("zebra"), "{error}");
        assert!(parsed("paths = []\nauth = { method = 'approle', role-id = 'r' }").is_err());
        let auth = "paths = []\nauth = { method = 'kubernetes', role = 'app' }";
        let Ok(Config { auth: Auth::Kubernetes { mount, jwt_file, .. }, .. }) = parsed(auth) else {
            panic!("a service account");
        };
        assert_eq!((mount.as_str(), jwt_file), ("kubernetes", service_account()));
    }
}
