//! AWS Secrets Manager.
//!
//! Credentials and region come from where the SDK looks for them: environment, profile, web identity, container, instance.
//! Profiles that need a login in a browser are used through `credential_process`.

mod failure;
mod reference;

pub use reference::resolve;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use serde::Deserialize;

use super::declared::{self, Opens};
use super::endpoint::endpoint;
use super::names::Names;
use super::{Fetched, Source, SourceError, blocking, document};
use crate::Secret;
use crate::source::failure::Failure;

/// How long one request may take, with what the SDK tries again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Secrets Manager as `keepmum.toml` declares it.
///
/// ```
/// # use keepmum::source::aws::Config;
/// let config: Config = toml::from_str(
///     r#"
///     region = "eu-central-1"
///     names = ["shared/smtp"]
///     prefixes = ["prod/app/"]
///     tags = { team = "payments" }
///     "#,
/// )?;
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Config {
    /// The region; without it the environment's or the profile's.
    pub region: Option<String>,
    /// The profile; without it `AWS_PROFILE`, then `default`.
    pub profile: Option<String>,
    /// Another URL to ask; without it `AWS_ENDPOINT_URL`.
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// Names or ARNs of secrets.
    pub names: Vec<String>,
    /// Beginnings of names.
    pub prefixes: Vec<String>,
    /// Tags that a secret has all of. With prefixes, it must have both.
    pub tags: BTreeMap<String, String>,
}

/// A Secrets Manager. Of every secret the current value is read and, if there is one, the previous.
///
/// The text of a JSON object is a secret, and so is each of its leaves, called `name-key`.
///
/// ```no_run
/// use keepmum::source::{Source, aws::Aws};
///
/// let mut aws = Aws::new(toml::from_str("names = ['prod/db']")?)?;
/// for secret in aws.fetch()?.secrets {
///     assert!(secret.name().starts_with("prod-db"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Aws {
    names: Names,
    config: Config,
}

/// Which value of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Current,
    Previous,
}

impl Stage {
    fn label(self) -> &'static str {
        match self {
            Stage::Current => "AWSCURRENT",
            Stage::Previous => "AWSPREVIOUS",
        }
    }
}

impl Aws {
    /// What `config` declares. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// It names nothing.
    pub fn new(config: Config) -> Result<Self, SourceError> {
        Self::with(Names::bare("aws"), config)
    }

    /// Calls the source `name`, and its secrets `name.SECRET`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    fn with(names: Names, config: Config) -> Result<Self, SourceError> {
        if config.names.is_empty() && config.prefixes.is_empty() && config.tags.is_empty() {
            return Err(SourceError::malformed(
                names.source(),
                "none of `names`, `prefixes` and `tags`",
            ));
        }
        Ok(Self { names, config })
    }

    async fn read(&self) -> Result<Fetched, SourceError> {
        let client = client(&self.config).await;
        let mut secrets = Vec::new();
        for name in &self.config.names {
            let current = value(&client, name, Stage::Current).await;
            let current = current.map_err(|failure| failure.at(self.names.source(), name))?;
            secrets.extend(self.parts(name, current)?);
            secrets.extend(self.optional(&client, name, Stage::Previous).await?);
        }
        for name in self.listed(&client).await? {
            // A secret that was made without a value has none to hide yet.
            secrets.extend(self.optional(&client, &name, Stage::Current).await?);
            secrets.extend(self.optional(&client, &name, Stage::Previous).await?);
        }
        Ok(Fetched::new(secrets))
    }

    /// The value at a stage that need not be there.
    async fn optional(
        &self,
        client: &Client,
        id: &str,
        stage: Stage,
    ) -> Result<Vec<Secret>, SourceError> {
        match value(client, id, stage).await {
            Ok(answer) => self.parts(id, answer),
            Err(failure) if failure.is_missing() => Ok(Vec::new()),
            Err(failure) => Err(failure.at(self.names.source(), id)),
        }
    }

    fn parts(&self, id: &str, answer: GetSecretValueOutput) -> Result<Vec<Secret>, SourceError> {
        let name = answer.name.unwrap_or_else(|| id.to_owned());
        match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => Ok(document::leaves_and_whole(&self.names, &name, text)),
            (None, Some(binary)) => {
                Ok(document::leaves_and_whole(&self.names, &name, binary.into_inner()))
            }
            (None, None) => Err(Failure::answer().at(self.names.source(), id)),
        }
    }

    /// Names of the secrets with one of the prefixes and all of the tags.
    async fn listed(&self, client: &Client) -> Result<Vec<String>, SourceError> {
        let Config { prefixes, tags, .. } = &self.config;
        let mut found = Vec::new();
        if prefixes.is_empty() && !tags.is_empty() {
            self.list(client, None, &mut found).await?;
        }
        for prefix in prefixes {
            self.list(client, Some(prefix), &mut found).await?;
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn list(
        &self,
        client: &Client,
        prefix: Option<&str>,
        found: &mut Vec<String>,
    ) -> Result<(), SourceError> {
        let mut asked = client.list_secrets();
        if let Some(prefix) = prefix {
            asked = asked.filters(filter(FilterNameStringType::Name, prefix));
        }
        if let Some(key) = self.config.tags.keys().next() {
            asked = asked.filters(filter(FilterNameStringType::TagKey, key));
        }
        let mut pages = asked.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| failure::of(error).at(self.names.source(), "ListSecrets"))?;
            let chosen = page.secret_list().iter().filter(|entry| self.is_chosen(entry));
            found.extend(chosen.filter_map(|entry| entry.name()).map(str::to_owned));
        }
        Ok(())
    }

    /// The filters of the service are made for searching and let more through.
    fn is_chosen(&self, entry: &SecretListEntry) -> bool {
        let Config { names, prefixes, tags, .. } = &self.config;
        let name = entry.name().unwrap_or("");
        let has = |key: &String, value: &String| {
            entry.tags().iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value))
        };
        (prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())))
            && tags.iter().all(|(key, value)| has(key, value))
            && !names.iter().any(|named| named == name)
    }
}

impl Source for Aws {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        blocking::run(self.names.source(), async || self.read().await)
    }
}

impl Opens for Config {
    fn kind(&self) -> &'static str {
        "aws"
    }

    fn refresh(&self) -> Option<Duration> {
        Some(declared::OF_VAULTS)
    }

    fn open(&self, place: &declared::Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Aws::with(place.names("aws"), self.clone())?))
    }
}

/// A client, with credentials found anew: a read is rare, and they change.
async fn client(config: &Config) -> Client {
    let patience = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(patience);
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &config.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    Client::new(&loader.load().await)
}

async fn value(client: &Client, id: &str, stage: Stage) -> Result<GetSecretValueOutput, Failure> {
    let asked = client.get_secret_value().secret_id(id).version_stage(stage.label());
    asked.send().await.map_err(failure::of)
}

fn filter(key: FilterNameStringType, value: &str) -> Filter {
    Filter::builder().key(key).values(value).build()
}
