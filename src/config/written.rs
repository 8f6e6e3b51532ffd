//! `keepmum.toml` as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::settings::Trust;
use super::{Config, Profile};
use crate::source::{Declared, Environment};
use crate::{Allowlist, Limits, Replacement, Rule};

/// The variable that names the environment of a process.
const ENVIRONMENT: &str = "KEEPMUM_ENVIRONMENT";

/// The file's keys; they are named as the program's options are.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Written {
    rules: Vec<PathBuf>,
    gitleaks: Vec<PathBuf>,
    profile: Profile,
    only_known: bool,
    disable: Vec<String>,
    rule: Vec<Rule>,
    secrets_from_env: FromEnv,
    env_file: Vec<PathBuf>,
    secrets_file: BTreeMap<String, PathBuf>,
    sealed: Vec<PathBuf>,
    sealed_key_file: Option<PathBuf>,
    source: Vec<Declared>,
    environment: Option<String>,
    replacement: How,
    replacements: BTreeMap<String, How>,
    fingerprint_key_file: Option<PathBuf>,
    allow: Allow,
    limits: LimitValues,
    /// Keys of the program and its surfaces, which read them for themselves. Here it is only known that there are such.
    #[serde(rename = "json")]
    _json: IgnoredAny,
    #[serde(rename = "stats")]
    _stats: IgnoredAny,
    #[serde(rename = "report")]
    _report: IgnoredAny,
    #[serde(rename = "audit")]
    _audit: IgnoredAny,
    #[serde(rename = "audit-max-size")]
    _audit_max_size: IgnoredAny,
    #[serde(rename = "audit-keep")]
    _audit_keep: IgnoredAny,
    #[serde(rename = "audit-optional")]
    _audit_optional: IgnoredAny,
    #[serde(rename = "idle-release")]
    _idle_release: IgnoredAny,
    #[serde(rename = "proxy")]
    _proxy: IgnoredAny,
    #[serde(rename = "hook")]
    _hook: IgnoredAny,
    #[serde(rename = "serve")]
    _serve: IgnoredAny,
    #[serde(rename = "restore")]
    _restore: IgnoredAny,
}

impl Written {
    /// What it says where it stands.
    pub(super) fn config(self, place: &Path, folder: &Path) -> Config {
        let inside = |path: PathBuf| folder.join(path);
        let all = |paths: Vec<PathBuf>| paths.into_iter().map(inside).collect();
        let file = |(name, path): (String, PathBuf)| Declared::files(inside(path)).named(&name);
        let variable = std::env::var(ENVIRONMENT).ok().filter(|name| !name.is_empty());
        Config {
            rules: all(self.rules),
            gitleaks: all(self.gitleaks),
            profile: self.profile,
            only_known: self.only_known,
            disable: self.disable,
            rule: self.rule,
            secrets_from_env: self.secrets_from_env.0,
            env_file: all(self.env_file),
            secrets_file: self.secrets_file.into_iter().map(file).collect(),
            sealed: all(self.sealed),
            sealed_key_file: self.sealed_key_file.map(inside),
            source: self.source.into_iter().map(|source| source.relative_to(folder)).collect(),
            environment: variable.or(self.environment),
            replacement: self.replacement.0,
            replacements: self.replacements.into_iter().map(|(name, how)| (name, how.0)).collect(),
            fingerprint_key_file: self.fingerprint_key_file.map(inside),
            allow: self.allow.0,
            limits: self.limits.limits(),
            place: place.to_owned(),
            trust: Trust::Named,
        }
    }
}

/// A replacement as the option writes it.
#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
struct How(Replacement);

impl TryFrom<String> for How {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(How)
    }
}

/// `true` for the usual names, or globs. Empty: none.
#[derive(Default, Deserialize)]
#[serde(try_from = "toml::Value")]
struct FromEnv(Vec<String>);

impl TryFrom<toml::Value> for FromEnv {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let usual = || Environment::USUAL.iter().map(|glob| (*glob).to_owned()).collect();
        match value {
            toml::Value::Boolean(true) => Ok(Self(usual())),
            toml::Value::Boolean(false) => Ok(Self(Vec::new())),
            value => value.try_into().map(Self).map_err(|_| "use true, false or globs"),
        }
    }
}

/// Exceptions, each with its reason.
#[derive(Default, Deserialize)]
#[serde(try_from = "Exceptions")]
struct Allow(Allowlist);

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Exceptions {
    values: Vec<AllowedValue>,
    patterns: Vec<AllowedPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedValue {
    value: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedPattern {
    pattern: String,
    reason: String,
}

impl TryFrom<Exceptions> for Allow {
    type Error = crate::BuildError;

    fn try_from(written: Exceptions) -> Result<Self, Self::Error> {
        let mut allow = Allowlist::new();
        for entry in written.values {
            allow.value(entry.value, &entry.reason);
        }
        for entry in &written.patterns {
            allow.pattern(&entry.pattern, &entry.reason)?;
        }
        Ok(Self(allow))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitValues {
    held: Option<usize>,
    judged: Option<usize>,
}

impl LimitValues {
    fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            held: self.held.unwrap_or(usual.held),
            judged: self.judged.unwrap_or(usual.judged),
            ..usual
        }
    }
}
