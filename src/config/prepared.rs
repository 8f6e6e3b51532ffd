//! From a configuration to a redactor.

use std::path::Path;

use super::{Config, ConfigError, Profile, imports, sealed};
use crate::{Confidence, Redactor, RedactorBuilder, Replacement, Rule, Secret};

/// What a [`Config`] comes to, and what should be told of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// Rules, secrets, replacements, exceptions and limits.
    pub builder: RedactorBuilder,
    /// What somebody should look at: secrets that are not looked for, wishes that come to nothing.
    pub warnings: Vec<String>,
    /// What means something else here in imported rules.
    pub notices: Vec<String>,
    /// How many secrets the sealed sets hold.
    pub sealed: usize,
}

impl Prepared {
    /// The one place where anything of it is refused.
    pub(super) fn new(config: &Config, secrets: Vec<Secret>) -> Result<Self, ConfigError> {
        let (builder, notices) = with_rules(config)?;
        let builder = secrets.into_iter().try_fold(builder, RedactorBuilder::known)?;
        let builder = with_replacements(builder, config)?;
        let key = config.sealed_key_file.as_deref();
        let (builder, sealed) = sealed::with(builder, &config.sealed, key)?;
        let builder = builder.allow(config.allow.clone());
        Ok(Self { warnings: warnings(config, &builder, notices.len()), builder, notices, sealed })
    }
}

fn with_rules(config: &Config) -> Result<(RedactorBuilder, Vec<String>), ConfigError> {
    let (profile, only_known) = (config.profile, config.only_known);
    let mut builder = Redactor::builder().limits(config.limits.clone());
    if !(only_known || profile == Profile::KnownOnly) {
        builder = builder.builtin_rules();
    }
    if profile == Profile::Paranoid && !only_known {
        builder = builder.paranoid_rules();
    }
    if profile == Profile::Precise {
        builder = builder.prove_rules().retain_rules(|rule| rule.confidence >= Confidence::Medium);
    }
    builder = without_disabled(builder, &config.disable)?;
    let (mut builder, notices) = imports::with_gitleaks(builder, &config.gitleaks)?;
    builder = imports::with_rules(builder, &config.rules)?;
    builder = config.rule.iter().cloned().fold(builder, RedactorBuilder::rule);
    if profile == Profile::Precise {
        builder = builder.prove_rules();
    }
    Ok((builder, notices))
}

/// Leaves out rules by id or vendor. One that names nothing is a mistake, not a wish that came true.
fn without_disabled(
    builder: RedactorBuilder,
    disable: &[String],
) -> Result<RedactorBuilder, ConfigError> {
    disable.iter().try_fold(builder, |builder, name| {
        let named = |rule: &Rule| rule.id == *name || rule.vendor.eq_ignore_ascii_case(name);
        let before = builder.rule_count();
        let builder = builder.retain_rules(|rule| !named(rule));
        if builder.rule_count() == before && before > 0 {
            return Err(ConfigError::at("disable", format_args!("no rule or vendor `{name}`")));
        }
        Ok(builder)
    })
}

fn with_replacements(
    builder: RedactorBuilder,
    config: &Config,
) -> Result<RedactorBuilder, ConfigError> {
    let mut builder = builder.replacement(config.replacement.clone());
    for (name, how) in &config.replacements {
        builder = builder.replacement_for(name, how.clone());
    }
    match &config.fingerprint_key_file {
        Some(path) => Ok(builder.fingerprint_key(fingerprint_key(path)?)),
        None => Ok(builder),
    }
}

/// The key of fingerprints. An empty one would make them a plain hash, which can be guessed.
fn fingerprint_key(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let key = std::fs::read(path).map_err(|error| ConfigError::at(path.display(), error))?;
    match key.trim_ascii() {
        [] => Err(ConfigError::at(path.display(), "holds no key")),
        key => Ok(key.to_vec()),
    }
}

fn warnings(config: &Config, builder: &RedactorBuilder, notices: usize) -> Vec<String> {
    let mut warnings: Vec<String> = builder.warnings().iter().map(ToString::to_string).collect();
    if notices > 0 {
        let points = if notices == 1 { "point" } else { "points" };
        warnings.push(format!(
            "imported rules differ in {notices} {points}; `keepmum config check` lists them"
        ));
    }
    if config.replacement == Replacement::Fingerprint && config.fingerprint_key_file.is_none() {
        warnings.push("no fingerprint-key-file: nothing gets a fingerprint".to_owned());
    }
    warnings
}
