//! `keepmum.toml` as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::exit::Failure;

/// The file's keys; they are named as the options are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    pub(crate) rules: Vec<PathBuf>,
    pub(crate) secrets_from_env: Option<FromEnv>,
    pub(crate) env_file: Vec<PathBuf>,
    pub(crate) secrets_file: BTreeMap<String, PathBuf>,
    pub(crate) replacement: Option<String>,
    pub(crate) replacements: BTreeMap<String, String>,
    pub(crate) fingerprint_key_file: Option<PathBuf>,
    pub(crate) only_known: bool,
    pub(crate) stats: bool,
    pub(crate) report: Option<PathBuf>,
    pub(crate) idle_release: Option<IdleValue>,
    pub(crate) allow: Allow,
    pub(crate) limits: LimitValues,
}

/// `true` for the usual names, or globs.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum FromEnv {
    Usual(bool),
    Globs(Vec<String>),
}

/// Milliseconds or `"off"`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum IdleValue {
    Milliseconds(u32),
    Word(String),
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
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
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
            .chain(&mut config.env_file)
            .chain(config.secrets_file.values_mut());
        for path in paths.chain(&mut config.fingerprint_key_file).chain(&mut config.report) {
            *path = folder.join(&*path);
        }
        Ok(config)
    }
}

/// An unknown key, with the nearest right one.
fn explained(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some((unknown, known)), true) =
        (quoted.split_first(), message.starts_with("unknown field"))
    else {
        return message.to_owned();
    };
    let nearest = known.iter().max_by(|a, b| {
        strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b))
    });
    match nearest.filter(|key| strsim::jaro_winkler(unknown, key) > 0.7) {
        Some(key) => format!("unknown key `{unknown}`, did you mean `{key}`?"),
        None => format!("unknown key `{unknown}`; known are {}", known.join(", ")),
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
}
