//! `keepmum.toml` as it is written.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use keepmum::Replacement;
use keepmum::source::Declared;
use serde::Deserialize;

use super::args::{Idle, Profile};
use super::exit::Failure;
use super::size::Size;

/// The file that is read in the working folder when none is named.
pub(crate) const LOCAL: &str = "keepmum.toml";

/// Who chose a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The caller named it, or it is the user's own.
    #[default]
    Named,
    /// It lies in the working folder, perhaps as a part of somebody else's repository. It may choose rules and name files;
    /// what it runs, or which server it sends a token to, is for the caller to allow.
    Found,
}

/// The file's keys; they are named as the options are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    #[serde(skip)]
    pub(crate) trust: Trust,
    pub(crate) rules: Vec<PathBuf>,
    pub(crate) gitleaks: Vec<PathBuf>,
    pub(crate) profile: Option<Profile>,
    /// Ids of rules, or vendors.
    pub(crate) disable: Vec<String>,
    /// Rules in the format of rule files.
    pub(crate) rule: Vec<keepmum::Rule>,
    pub(crate) secrets_from_env: Option<FromEnv>,
    pub(crate) env_file: Vec<PathBuf>,
    pub(crate) secrets_file: BTreeMap<String, PathBuf>,
    pub(crate) sealed: Vec<PathBuf>,
    pub(crate) sealed_key_file: Option<PathBuf>,
    /// Sources of secrets.
    pub(crate) source: Vec<Declared>,
    /// The environment of who reads this file.
    pub(crate) environment: Option<String>,
    pub(crate) replacement: Option<How>,
    pub(crate) replacements: BTreeMap<String, How>,
    pub(crate) fingerprint_key_file: Option<PathBuf>,
    pub(crate) only_known: bool,
    pub(crate) json: bool,
    pub(crate) stats: bool,
    pub(crate) report: Option<PathBuf>,
    pub(crate) audit: Option<PathBuf>,
    pub(crate) audit_max_size: Option<Size>,
    pub(crate) audit_keep: Option<NonZeroU16>,
    pub(crate) audit_optional: bool,
    pub(crate) idle_release: Option<Idle>,
    pub(crate) allow: Allow,
    pub(crate) limits: LimitValues,
    #[cfg(feature = "proxy")]
    pub(crate) proxy: super::proxy::Table,
    #[cfg(feature = "serve")]
    pub(crate) serve: super::serve::Table,
    /// Where values may come back in tool calls.
    #[cfg(feature = "proxy")]
    pub(crate) restore: Vec<keepmum::prompt::RestoreRule>,
}

/// A replacement as the option writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct How(pub(crate) Replacement);

impl TryFrom<String> for How {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(How)
    }
}

/// `true` for the usual names, or globs. Empty: none.
#[derive(Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) enum FromEnv {
    No,
    Usual,
    Globs(Vec<String>),
}

impl TryFrom<toml::Value> for FromEnv {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        match value {
            toml::Value::Boolean(true) => Ok(FromEnv::Usual),
            toml::Value::Boolean(false) => Ok(FromEnv::No),
            value => value.try_into().map(FromEnv::Globs).map_err(|_| "use true, false or globs"),
        }
    }
}

impl TryFrom<toml::Value> for Idle {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let number = value.as_integer().map(|number| number.to_string());
        number.as_deref().or(value.as_str()).unwrap_or("").parse()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Allow {
    pub(crate) values: Vec<AllowedValue>,
    pub(crate) patterns: Vec<AllowedPattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedValue {
    pub(crate) value: String,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedPattern {
    pub(crate) pattern: String,
    pub(crate) reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitValues {
    pub(crate) held: Option<usize>,
    pub(crate) judged: Option<usize>,
}

impl Config {
    /// Reads `path`; relative paths in it are relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
        let mut config: Config = toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..before]).count();
            Failure::usage(format_args!(
                "{}:{line}: {}",
                path.display(),
                explained(error.message())
            ))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = config
            .rules
            .iter_mut()
            .chain(&mut config.gitleaks)
            .chain(&mut config.env_file)
            .chain(&mut config.sealed)
            .chain(&mut config.sealed_key_file)
            .chain(config.secrets_file.values_mut());
        let outputs = config.report.iter_mut().chain(&mut config.audit);
        for path in paths.chain(&mut config.fingerprint_key_file).chain(outputs) {
            *path = folder.join(&*path);
        }
        #[cfg(feature = "proxy")]
        config.proxy.relative_to(folder);
        #[cfg(feature = "serve")]
        config.serve.relative_to(folder);
        let relative = |source: Declared| source.relative_to(folder);
        config.source = config.source.into_iter().map(relative).collect();
        Ok(config)
    }
}

/// An unknown key, with the nearest right one; any other message without the text that it quotes.
fn explained(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some((unknown, known)), true) =
        (quoted.split_first(), message.starts_with("unknown field"))
    else {
        return unquoted(message);
    };
    let nearest = known.iter().max_by(|a, b| {
        strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b))
    });
    match nearest.filter(|key| strsim::jaro_winkler(unknown, key) > 0.7) {
        Some(key) => format!("unknown key `{unknown}`, did you mean `{key}`?"),
        None => format!("unknown key `{unknown}`; known are {}", known.join(", ")),
    }
}

/// What stands in the file at the wrong place can be a secret.
fn unquoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) if message.starts_with("invalid") && from < to => {
            format!("{}…{}", &message[..from], &message[to + 1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_met_with_the_nearest() {
        let error = toml::from_str::<Config>("replacment = 'mask'").expect_err("unknown");
        assert_eq!(
            explained(error.message()),
            "unknown key `replacment`, did you mean `replacement`?"
        );
    }

    #[test]
    fn no_mangled_file_panics_or_is_quoted() {
        let good = "replacement = 'mask'\nidle-release = 5\n[[allow.values]]\nvalue = 'zebra7'\nreason = 'x'\n";
        for at in 0..good.len() {
            for with in ["", "=", "[", "'", "\n", "zebra7"] {
                let text = [&good[..at], with, &good[at + 1..]].concat();
                if let Err(error) = toml::from_str::<Config>(&text) {
                    let said = explained(error.message());
                    assert!(
                        !said.contains("zebra7") || said.contains("unknown key"),
                        "{text}: {said}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_stands_at_the_wrong_place_is_not_quoted() {
        let error =
            toml::from_str::<Config>("allow.values = ['correct\"horse']").expect_err("a text");
        let said = explained(error.message());
        assert!(said.starts_with("invalid type") && !said.contains("horse"), "{said}");
    }
}
