//! Arguments and configuration file, merged and proved good.

use std::path::{Path, PathBuf};
use std::time::Duration;

use keepmum::{Allowlist, Limits, Redactor, RedactorBuilder, Replacement, Secret};

use super::args::{Args, Idle};
use super::config::{Config, FromEnv, IdleValue};
use super::exit::Failure;
use super::sources;

/// After this long a short beginning of a possible secret is shown.
const IDLE: Duration = Duration::from_millis(100);

/// What the filter needs to know.
pub(crate) struct Settings {
    pub(crate) redactor: Redactor,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) stats: bool,
    pub(crate) jobs: usize,
    /// None: never.
    pub(crate) idle: Option<Duration>,
    pub(crate) warnings: Vec<String>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) rule_count: usize,
    pub(crate) secret_count: usize,
    pub(crate) replacement: Replacement,
}

impl Settings {
    /// The one place where anything of it is refused.
    pub(crate) fn new(args: &Args, file: Option<&Path>) -> Result<Self, Failure> {
        let path =
            file.map(Path::to_owned).or_else(|| args.config.clone()).or_else(|| usual_config(args));
        let config = path.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        let replacement = replacement(args, &config)?;
        let secrets = secrets(args, &config)?;
        let secret_count = secrets.len();
        let mut builder =
            Redactor::builder().limits(limits(&config)).replacement(replacement.clone());
        if !(args.only_known || config.only_known) {
            builder = builder.builtin_rules();
        }
        builder = with_rules(builder, config.rules.iter().chain(&args.rules))?;
        builder = secrets.into_iter().try_fold(builder, RedactorBuilder::known)?;
        builder = with_choices(builder, args, &config)?;
        let warnings = builder.warnings().iter().map(ToString::to_string).collect();
        let rule_count = builder.rule_count();
        Ok(Self {
            redactor: builder.build()?,
            files: args.files.clone(),
            report: args.report.clone().or(config.report),
            stats: args.stats || config.stats,
            jobs: usize::from(args.jobs),
            idle: idle(args.idle_release, config.idle_release)?,
            warnings,
            config: path,
            rule_count,
            secret_count,
            replacement,
        })
    }
}

fn usual_config(args: &Args) -> Option<PathBuf> {
    if args.no_config {
        return None;
    }
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
    let user = home.map(|home| home.join("keepmum/keepmum.toml"));
    [Some(PathBuf::from("keepmum.toml")), user].into_iter().flatten().find(|path| path.is_file())
}

fn replacement(args: &Args, config: &Config) -> Result<Replacement, Failure> {
    let written = config
        .replacement
        .as_deref()
        .map(|text| parse_replacement("replacement", text))
        .transpose()?;
    Ok(args.replacement.clone().or(written).unwrap_or_default())
}

fn parse_replacement(key: &str, text: &str) -> Result<Replacement, Failure> {
    text.parse().map_err(|why| Failure::usage(format_args!("`{key}`: {why}")))
}

fn limits(config: &Config) -> Limits {
    let usual = Limits::default();
    Limits {
        held: config.limits.held.unwrap_or(usual.held),
        judged: config.limits.judged.unwrap_or(usual.judged),
        ..usual
    }
}

fn secrets(args: &Args, config: &Config) -> Result<Vec<Secret>, Failure> {
    let usual = || sources::USUAL.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
    let globs = match (&args.secrets_from_env, &config.secrets_from_env) {
        (Some(globs), _) | (None, Some(FromEnv::Globs(globs))) if !globs.is_empty() => {
            globs.clone()
        }
        (Some(_), _) | (None, Some(FromEnv::Usual(true))) => usual(),
        _ => Vec::new(),
    };
    let mut secrets = sources::environment(&globs)?;
    for path in config.env_file.iter().chain(&args.env_file) {
        secrets.extend(sources::env_file(path)?);
    }
    for (name, path) in &config.secrets_file {
        secrets.extend(sources::mounted(Some(name), path)?);
    }
    for given in &args.secrets_file {
        let (name, path) = match given.split_once('=') {
            Some((name, path)) => (Some(name), path),
            None => (None, given.as_str()),
        };
        secrets.extend(sources::mounted(name, Path::new(path))?);
    }
    Ok(secrets)
}

fn with_rules<'a>(
    builder: RedactorBuilder,
    mut files: impl Iterator<Item = &'a PathBuf>,
) -> Result<RedactorBuilder, Failure> {
    files.try_fold(builder, |builder, path| {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format_args!("{place}: {error}")))?;
        Ok(builder.rules_toml(&place, &text)?)
    })
}

fn with_choices(
    mut builder: RedactorBuilder,
    args: &Args,
    config: &Config,
) -> Result<RedactorBuilder, Failure> {
    for (name, text) in &config.replacements {
        builder = builder.replacement_for(name, parse_replacement(name, text)?);
    }
    let mut allow = Allowlist::new();
    for entry in &config.allow.values {
        allow.value(entry.value.as_str(), &entry.reason);
    }
    for entry in &config.allow.patterns {
        allow.pattern(&entry.pattern, &entry.reason)?;
    }
    builder = builder.allow(allow);
    if let Some(path) = args.fingerprint_key_file.as_ref().or(config.fingerprint_key_file.as_ref())
    {
        let key = std::fs::read(path)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
        builder = builder.fingerprint_key(key.trim_ascii());
    }
    Ok(builder)
}

fn idle(given: Option<Idle>, written: Option<IdleValue>) -> Result<Option<Duration>, Failure> {
    let idle = match (given, written) {
        (Some(idle), _) => idle,
        (None, Some(IdleValue::Milliseconds(milliseconds))) => Idle::After(milliseconds),
        (None, Some(IdleValue::Word(word))) => {
            word.parse().map_err(|why| Failure::usage(format_args!("`idle-release`: {why}")))?
        }
        (None, None) => return Ok(Some(IDLE)),
    };
    Ok(match idle {
        Idle::Never => None,
        Idle::After(milliseconds) => Some(Duration::from_millis(milliseconds.into())),
    })
}
