//! A gitleaks configuration as it is written, and joined with those that it extends.
//!
//! Source: the README of gitleaks, "Configuration", and its `config/config.go` of 2026.

use serde::Deserialize;

use super::Extended;
use crate::error::BuildError;

/// How many files can be extended one by another, as in gitleaks.
const DEEPEST: usize = 2;

/// Gives the text of the file that `[extend] path` of the first place names.
pub(super) type Load<'a> = &'a mut dyn FnMut(&str, &str) -> Result<Extended, String>;

/// A configuration, its bases joined in.
pub(super) struct Config {
    pub(super) rules: Vec<Source>,
    pub(super) allowlists: Vec<Allow>,
    /// The ids that it disables of gitleaks' default rules, if it extends them.
    pub(super) defaults: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    extend: Extend,
    #[serde(default)]
    rules: Vec<Source>,
    #[serde(alias = "allowList")]
    allowlist: Option<Allow>,
    #[serde(default)]
    allowlists: Vec<Allow>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extend {
    path: Option<String>,
    url: Option<String>,
    use_default: bool,
    disabled_rules: Vec<String>,
}

/// A rule.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    pub(super) id: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) regex: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) secret_group: u32,
    pub(super) entropy: Option<f32>,
    #[serde(alias = "allowList")]
    pub(super) allowlist: Option<Allow>,
    #[serde(default)]
    pub(super) allowlists: Vec<Allow>,
    #[serde(default)]
    pub(super) required: Vec<toml::Table>,
    #[serde(default)]
    pub(super) skip_report: bool,
}

/// An allowlist.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Allow {
    pub(super) description: String,
    pub(super) regexes: Vec<String>,
    #[serde(alias = "stopWords")]
    pub(super) stopwords: Vec<String>,
    pub(super) paths: Vec<String>,
    pub(super) commits: Vec<String>,
    pub(super) regex_target: String,
    pub(super) condition: String,
    pub(super) target_rules: Vec<String>,
}

impl Config {
    /// Reads `toml` and what it extends.
    pub(super) fn read(
        place: &str,
        toml: &str,
        load: Load<'_>,
        notices: &mut Vec<String>,
    ) -> Result<Self, BuildError> {
        Reader { chain: vec![place.to_owned()], load, notices }.config(toml)
    }

    /// The configuration over `base`: rules of one id become one, allowlists add up.
    fn over(mut self, base: Config, disabled: &[String]) -> (Self, Vec<String>) {
        let unknown = |id: &&String| {
            base.defaults.is_none() && !base.rules.iter().any(|rule| rule.id == **id)
        };
        let notices = disabled
            .iter()
            .filter(unknown)
            .map(|id| format!("disabledRules: the file that is extended has no rule `{id}`"));
        let notices = notices.collect();
        self.defaults = base.defaults.map(|mut ids| {
            ids.extend_from_slice(disabled);
            ids
        });
        for rule in base.rules.into_iter().filter(|rule| !disabled.contains(&rule.id)) {
            match self.rules.iter_mut().find(|own| own.id == rule.id) {
                Some(own) => *own = std::mem::take(own).over(rule),
                None => self.rules.push(rule),
            }
        }
        self.allowlists.extend(base.allowlists);
        (self, notices)
    }
}

impl Source {
    /// What it says goes before what `base` says.
    fn over(self, base: Source) -> Source {
        let lists = base.allows().into_iter().chain(self.allows()).collect();
        Source {
            id: self.id,
            description: if self.description.is_empty() {
                base.description
            } else {
                self.description
            },
            regex: self.regex.or(base.regex),
            path: self.path.or(base.path),
            secret_group: if self.secret_group == 0 {
                base.secret_group
            } else {
                self.secret_group
            },
            entropy: self.entropy.filter(|&least| least != 0.0).or(base.entropy),
            allowlist: None,
            allowlists: lists,
            required: base.required,
            skip_report: base.skip_report,
        }
    }

    /// Its allowlists, of either spelling.
    pub(super) fn allows(&self) -> Vec<Allow> {
        self.allowlist.iter().chain(&self.allowlists).cloned().collect()
    }
}

struct Reader<'a> {
    /// The places from the first file to the one that is read.
    chain: Vec<String>,
    load: Load<'a>,
    notices: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn place(&self) -> String {
        self.chain.last().cloned().unwrap_or_default()
    }

    fn refused(&self, why: impl std::fmt::Display) -> BuildError {
        BuildError::rule_file(self.place(), why)
    }

    fn notice(&mut self, note: impl std::fmt::Display) {
        self.notices.push(format!("{}: {note}", self.place()));
    }

    fn config(&mut self, toml: &str) -> Result<Config, BuildError> {
        let file: File = toml::from_str(toml).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + toml[..span.start].matches('\n').count());
            BuildError::rule_file(format_args!("{}:{line}", self.place()), error.message())
        })?;
        let mut rules: Vec<Source> = Vec::new();
        for rule in file.rules {
            // Of two rules with one id the later counts.
            rules.retain(|earlier| earlier.id != rule.id);
            rules.push(rule);
        }
        let allowlists = file.allowlist.into_iter().chain(file.allowlists).collect();
        self.extended(Config { rules, allowlists, defaults: None }, file.extend)
    }

    fn extended(&mut self, mut config: Config, extend: Extend) -> Result<Config, BuildError> {
        if extend.url.is_some() {
            self.notice("[extend] url is not followed");
        }
        match extend.path {
            Some(_) if extend.use_default => {
                Err(self.refused("[extend] cannot have both path and useDefault"))
            }
            Some(path) => {
                let base = self.base(&path)?;
                let (config, notices) = config.over(base, &extend.disabled_rules);
                notices.iter().for_each(|note| self.notice(note));
                Ok(config)
            }
            None => {
                if !extend.use_default && !extend.disabled_rules.is_empty() {
                    self.notice("disabledRules: nothing is extended");
                }
                config.defaults = extend.use_default.then_some(extend.disabled_rules);
                Ok(config)
            }
        }
    }

    /// The file that `[extend] path` names.
    fn base(&mut self, path: &str) -> Result<Config, BuildError> {
        if self.chain.len() > DEEPEST {
            return Err(self.refused(format_args!(
                "[extend] path `{path}`: at most {DEEPEST} files can be extended one by another"
            )));
        }
        let place = self.place();
        let base = (self.load)(&place, path)
            .map_err(|why| self.refused(format_args!("[extend] path `{path}`: {why}")))?;
        if self.chain.contains(&base.place) {
            return Err(self.refused(format_args!("[extend] path `{path}`: it extends itself")));
        }
        self.notice(format_args!(
            "[extend] path `{path}` is looked for beside this file, not in the working folder"
        ));
        self.chain.push(base.place);
        let config = self.config(&base.toml);
        self.chain.pop();
        config
    }
}
