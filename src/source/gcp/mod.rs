//! Google Cloud Secret Manager.
//!
//! Credentials are the application's default ones. An endpoint of plain HTTP is a stand-in and is sent none.

mod failure;
mod reference;

pub use reference::resolve;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::paginator::ItemPaginator;
use google_cloud_gax::retry_policy::{Aip194Strict, RetryPolicyExt};
use google_cloud_secretmanager_v1::client::SecretManagerService;
use google_cloud_secretmanager_v1::model::secret_version::State;
use serde::Deserialize;

use super::declared::{self, Opens};
use super::endpoint::endpoint;
use super::names::Names;
use super::{Fetched, Source, SourceError, blocking, document};
use crate::Secret;
use crate::source::failure::Failure;

/// How long one attempt of a request may take, and how many there are: whoever keeps secrets fresh asks again anyway.
const PATIENCE: Duration = Duration::from_secs(15);
const ATTEMPTS: u32 = 3;

/// A Secret Manager as `keepmum.toml` declares it.
///
/// ```
/// # use keepmum::source::gcp::Config;
/// let config: Config = toml::from_str(
///     r#"
///     project = "acme-prod"
///     names = ["db-password"]
///     labels = { team = "payments" }
///     versions = 2
///     "#,
/// )?;
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// The project's id or number.
    pub project: String,
    /// Where regional secrets live, such as `europe-west3`.
    pub location: Option<String>,
    /// Another URL to ask; without it `CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER`, which `gcloud` knows too.
    #[serde(default, deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// Names of secrets.
    #[serde(default)]
    pub names: Vec<String>,
    /// Labels that a secret has all of.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// How many enabled versions are read, from the newest; without it all.
    pub versions: Option<NonZeroUsize>,
}

/// A Secret Manager. Of every secret the enabled versions are read.
///
/// The text of a JSON object is a secret, and so is each of its leaves, called `name-key`.
///
/// ```no_run
/// use keepmum::source::{Source, gcp::Gcp};
///
/// let config = toml::from_str("project = 'acme-prod'\nnames = ['db-password']")?;
/// for secret in Gcp::new(config)?.fetch()?.secrets {
///     assert!(secret.name().starts_with("db-password"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Gcp {
    names: Names,
    config: Config,
}

impl Gcp {
    /// What `config` declares. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// It names nothing.
    pub fn new(config: Config) -> Result<Self, SourceError> {
        Self::with(Names::bare("gcp"), config)
    }

    /// Calls the source `name`, and its secrets `name.SECRET`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    fn with(names: Names, config: Config) -> Result<Self, SourceError> {
        if config.names.is_empty() && config.labels.is_empty() {
            return Err(SourceError::malformed(names.source(), "none of `names` and `labels`"));
        }
        Ok(Self { names, config })
    }

    async fn read(&self) -> Result<Fetched, SourceError> {
        let Config { location, endpoint, .. } = &self.config;
        let client = client(self.names.source(), endpoint.as_deref(), location.as_deref()).await?;
        let mut secrets = Vec::new();
        for name in &self.config.names {
            let found = self.versions(&client, name).await?;
            if found.is_empty() {
                return Err(Failure::Missing.at(self.names.source(), name));
            }
            secrets.extend(found);
        }
        for name in self.labelled(&client).await? {
            secrets.extend(self.versions(&client, &name).await?);
        }
        Ok(Fetched::new(secrets))
    }

    fn parent(&self) -> String {
        let Config { project, location, .. } = &self.config;
        match location {
            Some(location) => format!("projects/{project}/locations/{location}"),
            None => format!("projects/{project}"),
        }
    }

    /// The enabled versions of `name`, the newest first.
    async fn versions(
        &self,
        client: &SecretManagerService,
        name: &str,
    ) -> Result<Vec<Secret>, SourceError> {
        let failed = |error| failure::of(&error).at(self.names.source(), name);
        let parent = format!("{}/secrets/{name}", self.parent());
        let listed = client.list_secret_versions().set_parent(parent).set_filter("state:ENABLED");
        let mut listed = listed.by_item();
        let most = self.config.versions.map_or(usize::MAX, NonZeroUsize::get);
        let mut enabled = Vec::new();
        while enabled.len() < most
            && let Some(version) = listed.next().await
        {
            let version = version.map_err(failed)?;
            if version.state == State::Enabled {
                enabled.push(version.name);
            }
        }
        let mut secrets = Vec::new();
        for version in enabled {
            let value = access(client, &version)
                .await
                .map_err(|failure| failure.at(self.names.source(), name))?;
            secrets.extend(document::leaves_and_whole(&self.names, name, value));
        }
        Ok(secrets)
    }

    /// Names of the secrets that have all of the labels and are not named.
    async fn labelled(&self, client: &SecretManagerService) -> Result<Vec<String>, SourceError> {
        let Config { names, labels, .. } = &self.config;
        if labels.is_empty() {
            return Ok(Vec::new());
        }
        let filter: Vec<String> =
            labels.iter().map(|(key, value)| format!("labels.{key}={value}")).collect();
        let listed = client.list_secrets().set_parent(self.parent());
        let mut listed = listed.set_filter(filter.join(" AND ")).by_item();
        let mut found = Vec::new();
        while let Some(secret) = listed.next().await {
            let secret =
                secret.map_err(|error| failure::of(&error).at(self.names.source(), "its list"))?;
            let name = secret.name.rsplit('/').next().unwrap_or_default().to_owned();
            // The filter is for searching: `=` there can match more than the same.
            let is_chosen = labels.iter().all(|(key, value)| secret.labels.get(key) == Some(value));
            if is_chosen && !names.contains(&name) {
                found.push(name);
            }
        }
        Ok(found)
    }
}

impl Source for Gcp {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        blocking::run(self.names.source(), async || self.read().await)
    }
}

impl Opens for Config {
    fn kind(&self) -> &'static str {
        "gcp"
    }

    fn refresh(&self) -> Option<Duration> {
        Some(declared::OF_VAULTS)
    }

    fn open(&self, place: &declared::Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Gcp::with(place.names("gcp"), self.clone())?))
    }
}

/// A client, with credentials found anew: a read is rare, and they change.
async fn client(
    source: &str,
    endpoint: Option<&str>,
    location: Option<&str>,
) -> Result<SecretManagerService, SourceError> {
    let set = std::env::var("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER");
    let regional = |location| format!("https://secretmanager.{location}.rep.googleapis.com");
    let endpoint = endpoint.map(str::to_owned);
    let endpoint = endpoint.or(set.ok().filter(|url| !url.is_empty()));
    let endpoint = endpoint.or(location.map(regional));
    let mut builder = SecretManagerService::builder()
        .with_attempt_timeout(PATIENCE)
        .with_retry_policy(Aip194Strict.with_attempt_limit(ATTEMPTS));
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint);
        if endpoint.starts_with("http://") {
            builder = builder.with_credentials(anonymous::Builder::new().build());
        }
    }
    builder.build().await.map_err(|error| failure::of_client(&error).at(source, "its client"))
}

async fn access(client: &SecretManagerService, version: &str) -> Result<Vec<u8>, Failure> {
    let answer = client.access_secret_version().set_name(version).send().await;
    let payload =
        answer.map_err(|error| failure::of(&error))?.payload.ok_or_else(Failure::answer)?;
    Ok(payload.data.into())
}
