//! Arguments and configuration file, merged and proved good.

use std::fmt::Display;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keepmum::rule::Extended;
use keepmum::{
    Allowlist, Confidence, Limits, Redactor, RedactorBuilder, Replacement, Rule, Secret,
};

use super::args::{Args, Idle, Profile};
use super::audit::Audit;
use super::config::{Config, LOCAL, Trust};
use super::exit::Failure;
use super::fresh;
use super::messages::Color;
use super::passing::{Known, Shape};
use super::sealed;
use super::sources::{self, Opened};

/// After this long a short beginning of a possible secret is shown.
const IDLE: Duration = Duration::from_millis(100);

/// What the filter needs to know.
pub(crate) struct Settings {
    pub(crate) known: Known,
    pub(crate) shape: Shape,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) audit: Option<Arc<Audit>>,
    pub(crate) stats: bool,
    pub(crate) jobs: usize,
    /// None: never.
    pub(crate) idle: Option<Duration>,
    pub(crate) color: Color,
    pub(crate) warnings: Vec<String>,
    /// Differences in meaning of imported rules.
    pub(crate) notices: Vec<String>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) rule_count: usize,
    pub(crate) secret_count: usize,
    pub(crate) sealed_count: usize,
    pub(crate) replacement: Replacement,
}

impl Settings {
    /// For what runs once.
    pub(crate) fn new(args: &Args, file: Option<&Path>) -> Result<Self, Failure> {
        let (path, config) = config(args, file)?;
        let (read, unread) = sources::read(sources::opened(args, &config)?, None)?;
        let mut settings = Self::with(args, path, &config, sources::secrets(read))?;
        settings.warnings.splice(..0, unread);
        Ok(settings)
    }

    /// For what runs on: with an audit log, if one is named, with sources that are kept fresh, if one can rotate, and with
    /// more secrets: `more` gives them for the files of variables.
    pub(crate) fn audited(
        args: &Args,
        more: impl FnOnce(&[&PathBuf], Option<&Audit>) -> Result<Vec<Secret>, Failure>,
    ) -> Result<Self, Failure> {
        let (path, config) = config(args, None)?;
        let audit = Audit::open(args.audit(), &config, args.color)?.map(Arc::new);
        let opened = sources::opened(args, &config)?;
        let fresh = opened.iter().any(Opened::can_rotate);
        let (kept, once) = if fresh { (opened, Vec::new()) } else { (Vec::new(), opened) };
        let (read, unread) = sources::read(once, audit.as_deref())?;
        let mut secrets = sources::secrets(read);
        let files: Vec<&PathBuf> = config.env_file.iter().chain(&args.env_file).collect();
        secrets.extend(more(&files, audit.as_deref())?);
        let fixed = if fresh { secrets.clone() } else { Vec::new() };
        let mut settings = Self::with(args, path, &config, secrets)?;
        if fresh {
            let redactor = settings.known.redactor();
            settings.known = fresh::known(redactor, fixed, kept, audit.clone(), args.color)?;
        }
        settings.audit = audit;
        settings.warnings.splice(..0, unread);
        Ok(settings)
    }

    /// As [`audited`](Self::audited), with every source in a store, also those that stay as they are.
    #[cfg(any(feature = "proxy", feature = "serve"))]
    pub(crate) fn kept(args: &Args) -> Result<Self, Failure> {
        let (path, config) = config(args, None)?;
        let audit = Audit::open(args.audit(), &config, args.color)?.map(Arc::new);
        let sources = sources::opened(args, &config)?;
        let mut settings = Self::with(args, path, &config, Vec::new())?;
        let redactor = settings.known.redactor();
        settings.known = fresh::known(redactor, Vec::new(), sources, audit.clone(), args.color)?;
        settings.audit = audit;
        Ok(settings)
    }

    /// For what is asked about the rules alone: no source is opened.
    pub(crate) fn without_secrets(args: &Args) -> Result<Self, Failure> {
        let (path, config) = config(args, None)?;
        Self::with(args, path, &config, Vec::new())
    }

    /// The one place where anything of it is refused.
    fn with(
        args: &Args,
        path: Option<PathBuf>,
        config: &Config,
        secrets: Vec<Secret>,
    ) -> Result<Self, Failure> {
        let replacement = replacement(args, config);
        let secret_count = secrets.len();
        let (builder, notices) = builder(args, config, secrets)?;
        let key = args.sealed_key_file.as_deref().or(config.sealed_key_file.as_deref());
        let files = config.sealed.iter().chain(&args.sealed);
        let (builder, sealed_count) = sealed::with(builder, files, key)?;
        let builder = builder.replacement(replacement.clone());
        let builder = with_allowed(builder, path.as_deref(), config)?;
        Ok(Self {
            files: args.files.clone(),
            shape: if args.output().json || config.json { Shape::Json } else { Shape::Bytes },
            report: args.output().report.clone().or_else(|| config.report.clone()),
            audit: None,
            stats: args.output().stats || config.stats,
            jobs: usize::from(args.jobs),
            idle: idle(args.output().idle_release.or(config.idle_release)),
            color: args.color,
            warnings: warnings(args, config, &builder, &notices),
            notices,
            rules: builder.rules().cloned().collect(),
            config: path,
            rule_count: builder.rule_count(),
            secret_count,
            sealed_count,
            replacement,
            known: Known::Fixed(builder.build()?),
        })
    }
}

/// The configuration that is in force, and where it stands.
pub(crate) fn config(
    args: &Args,
    file: Option<&Path>,
) -> Result<(Option<PathBuf>, Config), Failure> {
    let named = file.map(Path::to_owned).or_else(|| args.config.clone());
    let found = named.is_none();
    let path = named.or_else(|| usual_config(args));
    let mut config = path.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    if found && path.as_deref() == Some(Path::new(LOCAL)) {
        config.trust = Trust::Found;
    }
    Ok((path, config))
}

/// The sources of secrets that are in force, each with how it was declared: opened, not read. Those of another
/// environment are not even opened.
pub(crate) fn declared_sources(args: &Args) -> Result<Vec<Opened>, Failure> {
    let (_, config) = config(args, None)?;
    sources::opened(args, &config)
}

fn builder(
    args: &Args,
    config: &Config,
    secrets: Vec<Secret>,
) -> Result<(RedactorBuilder, Vec<String>), Failure> {
    let mut builder = Redactor::builder().limits(limits(config));
    let profile = args.profile.or(config.profile).unwrap_or_default();
    if !(args.only_known || config.only_known || profile == Profile::KnownOnly) {
        builder = builder.builtin_rules();
    }
    if profile == Profile::Paranoid && !(args.only_known || config.only_known) {
        builder = builder.paranoid_rules();
    }
    if profile == Profile::Precise {
        builder = builder.prove_rules().retain_rules(|rule| rule.confidence >= Confidence::Medium);
    }
    builder = without_disabled(builder, &config.disable)?;
    let (mut builder, notices) =
        with_gitleaks(builder, config.gitleaks.iter().chain(&args.gitleaks))?;
    builder = with_rules(builder, config.rules.iter().chain(&args.rules))?;
    builder = config.rule.iter().cloned().fold(builder, RedactorBuilder::rule);
    if profile == Profile::Precise {
        builder = builder.prove_rules();
    }
    builder = secrets.into_iter().try_fold(builder, RedactorBuilder::known)?;
    for (name, how) in &config.replacements {
        builder = builder.replacement_for(name, how.0.clone());
    }
    match key_file(args, config) {
        Some(path) => Ok((builder.fingerprint_key(key(path)?), notices)),
        None => Ok((builder, notices)),
    }
}

/// Leaves out rules by id or vendor. One that names nothing is a mistake, not a wish that came true.
fn without_disabled(
    builder: RedactorBuilder,
    disable: &[String],
) -> Result<RedactorBuilder, Failure> {
    disable.iter().try_fold(builder, |builder, name| {
        let named = |rule: &Rule| rule.id == *name || rule.vendor.eq_ignore_ascii_case(name);
        let before = builder.rule_count();
        let builder = builder.retain_rules(|rule| !named(rule));
        if builder.rule_count() == before && before > 0 {
            return Err(Failure::usage(format_args!("disable: no rule or vendor `{name}`")));
        }
        Ok(builder)
    })
}

fn with_gitleaks<'a>(
    builder: RedactorBuilder,
    mut files: impl Iterator<Item = &'a PathBuf>,
) -> Result<(RedactorBuilder, Vec<String>), Failure> {
    files.try_fold((builder, Vec::new()), |(builder, mut all), path| {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format_args!("{place}: {error}")))?;
        let (builder, notices) = builder.gitleaks_toml_with(&place, &text, &mut extended)?;
        all.extend(notices);
        Ok((builder, all))
    })
}

/// The file that `[extend] path` of the configuration at `place` names: relative to that one.
fn extended(place: &str, path: &str) -> Result<Extended, String> {
    let path = Path::new(place).parent().unwrap_or(Path::new("")).join(path);
    let toml = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    Ok(Extended { place: plain(&path).display().to_string(), toml })
}

/// `path` without `.` and `..`, as it is written: two spellings of one path are one file, so that a circle is noticed.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}

fn warnings(
    args: &Args,
    config: &Config,
    builder: &RedactorBuilder,
    notices: &[String],
) -> Vec<String> {
    let mut warnings: Vec<String> = builder.warnings().iter().map(ToString::to_string).collect();
    if !notices.is_empty() {
        let count = notices.len();
        let points = if count == 1 { "point" } else { "points" };
        warnings.push(format!(
            "imported rules differ in {count} {points}; `keepmum config check` lists them"
        ));
    }
    if replacement(args, config) == Replacement::Fingerprint && key_file(args, config).is_none() {
        warnings.push("no --fingerprint-key-file: nothing gets a fingerprint".to_owned());
    }
    warnings
}

fn key_file<'a>(args: &'a Args, config: &'a Config) -> Option<&'a Path> {
    args.output().fingerprint_key_file.as_deref().or(config.fingerprint_key_file.as_deref())
}

/// The key of fingerprints. An empty one would make them a plain hash, which can be guessed.
fn key(path: &Path) -> Result<Vec<u8>, Failure> {
    let refused = |why: &dyn Display| Failure::usage(format_args!("{}: {why}", path.display()));
    let key = std::fs::read(path).map_err(|error| refused(&error))?;
    match key.trim_ascii() {
        [] => Err(refused(&"holds no key")),
        key => Ok(key.to_vec()),
    }
}

fn usual_config(args: &Args) -> Option<PathBuf> {
    if args.no_config {
        return None;
    }
    let folder = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let home =
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    let user = home.map(|home| home.join("keepmum/keepmum.toml"));
    [Some(PathBuf::from(LOCAL)), user].into_iter().flatten().find(|path| path.is_file())
}

fn replacement(args: &Args, config: &Config) -> Replacement {
    let written = config.replacement.as_ref().map(|how| &how.0);
    args.output().replacement.as_ref().or(written).cloned().unwrap_or_default()
}

fn limits(config: &Config) -> Limits {
    let usual = Limits::default();
    Limits {
        held: config.limits.held.unwrap_or(usual.held),
        judged: config.limits.judged.unwrap_or(usual.judged),
        ..usual
    }
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

fn with_allowed(
    builder: RedactorBuilder,
    path: Option<&Path>,
    config: &Config,
) -> Result<RedactorBuilder, Failure> {
    let mut allow = Allowlist::new();
    for entry in &config.allow.values {
        allow.value(entry.value.as_str(), &entry.reason);
    }
    for entry in &config.allow.patterns {
        allow.pattern(&entry.pattern, &entry.reason).map_err(|error| {
            let place = path.unwrap_or(Path::new("keepmum.toml")).display();
            Failure::usage(format_args!("{place}: {error}"))
        })?;
    }
    Ok(builder.allow(allow))
}

fn idle(idle: Option<Idle>) -> Option<Duration> {
    match idle {
        None => Some(IDLE),
        Some(Idle::Never) => None,
        Some(Idle::After(milliseconds)) => Some(Duration::from_millis(milliseconds.into())),
    }
}
