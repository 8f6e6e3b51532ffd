//! Arguments and configuration file, merged and proved good.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keepmum::config::{Config, Opened, Prepared};
use keepmum::rule::AutomatonCache;
use keepmum::source::{Declared, Environment};
use keepmum::{RedactorBuilder, Replacement, Rule, Secret};

use super::args::{Args, Idle};
use super::audit::Audit;
use super::config::File;
use super::exit::Failure;
use super::fresh;
use super::messages::Color;
use super::passing::{Known, Shape};
use super::sources;

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
    pub(crate) config: Option<PathBuf>,
    pub(crate) rule_count: usize,
    pub(crate) secret_count: usize,
    pub(crate) sealed_count: usize,
    pub(crate) replacement: Replacement,
}

impl Settings {
    /// For what runs once.
    pub(crate) fn new(args: &Args, file: Option<&Path>) -> Result<Self, Failure> {
        let file = in_force(args, file)?;
        let (read, unread) = sources::read(file.config.sources()?, None)?;
        let mut settings = Self::with(args, file, sources::secrets(read), None)?;
        settings.warnings.splice(..0, unread);
        Ok(settings)
    }

    /// For what runs on: with an audit log, if one is named, with sources that are kept fresh, if one can rotate, and with
    /// more secrets: `more` gives them for the files of variables.
    pub(crate) fn audited(
        args: &Args,
        more: impl FnOnce(&[PathBuf], Option<&Audit>) -> Result<Vec<Secret>, Failure>,
    ) -> Result<Self, Failure> {
        let file = in_force(args, None)?;
        let audit = Audit::open(args.audit(), &file.keys, args.color)?.map(Arc::new);
        let opened = file.config.sources()?;
        let fresh = opened.iter().any(Opened::can_rotate);
        let (kept, once) = if fresh { (opened, Vec::new()) } else { (Vec::new(), opened) };
        let (read, unread) = sources::read(once, audit.as_deref())?;
        let mut secrets = sources::secrets(read);
        secrets.extend(more(&file.config.env_file, audit.as_deref())?);
        let fixed = if fresh { secrets.clone() } else { Vec::new() };
        let mut settings = Self::with(args, file, secrets, None)?;
        if fresh {
            let redactor = settings.known.redactor();
            settings.known = fresh::known(redactor, fixed, kept, audit.clone(), args.color)?;
        }
        settings.audit = audit;
        settings.warnings.splice(..0, unread);
        Ok(settings)
    }

    /// As [`audited`](Self::audited), with every source in a store, also those that stay as they are.
    #[cfg(any(feature = "proxy", feature = "serve", feature = "sweep"))]
    pub(crate) fn kept(args: &Args) -> Result<Self, Failure> {
        let file = in_force(args, None)?;
        let audit = Audit::open(args.audit(), &file.keys, args.color)?.map(Arc::new);
        let sources = file.config.sources()?;
        let mut settings = Self::with(args, file, Vec::new(), None)?;
        let redactor = settings.known.redactor();
        settings.known = fresh::known(redactor, Vec::new(), sources, audit.clone(), args.color)?;
        settings.audit = audit;
        Ok(settings)
    }

    /// As [`new`](Self::new), with a configuration that was read before, and with automata that were kept; also gives the
    /// secrets.
    #[cfg(feature = "hook")]
    pub(crate) fn with_secrets(
        args: &Args,
        config: &Config,
        automata: Option<Arc<dyn AutomatonCache>>,
    ) -> Result<(Self, Vec<Secret>), Failure> {
        let (read, unread) = sources::read(config.sources()?, None)?;
        let secrets = sources::secrets(read);
        let file = File { config: config.clone(), ..File::default() };
        let mut settings = Self::with(args, file, secrets.clone(), automata)?;
        settings.warnings.splice(..0, unread);
        Ok((settings, secrets))
    }

    /// For what is asked about the rules alone: no source is opened.
    pub(crate) fn without_secrets(args: &Args) -> Result<Self, Failure> {
        Self::with(args, in_force(args, None)?, Vec::new(), None)
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.known.redactor().rules().cloned().collect()
    }

    fn with(
        args: &Args,
        file: File,
        secrets: Vec<Secret>,
        automata: Option<Arc<dyn AutomatonCache>>,
    ) -> Result<Self, Failure> {
        let File { path, config, keys, .. } = file;
        let output = args.output();
        let secret_count = secrets.len();
        if !config.sealed.is_empty() && config.sealed_key_file.is_none() {
            return Err(Failure::usage("--sealed needs --sealed-key-file"));
        }
        let Prepared { builder, warnings, notices, sealed, .. } = config.prepare(secrets)?;
        let builder = automata.into_iter().fold(builder, RedactorBuilder::automaton_cache);
        Ok(Self {
            files: args.files.clone(),
            shape: if output.json || keys.json { Shape::Json } else { Shape::Bytes },
            report: output.report.clone().or(keys.report),
            audit: None,
            stats: output.stats || keys.stats,
            jobs: usize::from(args.jobs),
            idle: idle(output.idle_release.or(keys.idle_release)),
            color: args.color,
            warnings,
            notices,
            config: path,
            rule_count: builder.rule_count(),
            secret_count,
            sealed_count: sealed,
            replacement: config.replacement,
            known: Known::Fixed(builder.build()?),
        })
    }
}

/// The configuration that is in force: that of the file, with the arguments laid over it.
pub(crate) fn in_force(args: &Args, file: Option<&Path>) -> Result<File, Failure> {
    let mut file = File::in_force(args, file)?;
    lay_over(&mut file.config, args);
    Ok(file)
}

/// The command line goes before the file; lists add up.
fn lay_over(config: &mut Config, args: &Args) {
    config.rules.extend_from_slice(&args.rules);
    config.gitleaks.extend_from_slice(&args.gitleaks);
    config.secrets_from_env.extend(globs(args));
    config.env_file.extend_from_slice(&args.env_file);
    config.secrets_file.extend(args.secrets_file.iter().map(|given| secrets_file(given)));
    config.sealed.extend_from_slice(&args.sealed);
    config.only_known |= args.only_known;
    let replace = |written: &mut Option<PathBuf>, given: &Option<PathBuf>| {
        *written = given.clone().or(written.take());
    };
    replace(&mut config.sealed_key_file, &args.sealed_key_file);
    replace(&mut config.fingerprint_key_file, &args.output().fingerprint_key_file);
    if let Some(profile) = args.profile {
        config.profile = profile.into();
    }
    if let Some(replacement) = &args.output().replacement {
        config.replacement = replacement.clone();
    }
    if let Some(name) = args.environment.as_ref().filter(|name| !name.is_empty()) {
        config.environment = Some(name.clone());
    }
}

/// Names of variables. An empty one comes from `="$GLOBS"` with nothing in it.
fn globs(args: &Args) -> Vec<String> {
    let Some(given) = &args.secrets_from_env else { return Vec::new() };
    let given: Vec<_> = given.iter().filter(|glob| !glob.is_empty()).cloned().collect();
    let usual = || Environment::USUAL.iter().map(|glob| (*glob).to_owned()).collect();
    if given.is_empty() { usual() } else { given }
}

fn secrets_file(given: &str) -> Declared {
    match given.split_once('=') {
        Some((name, path)) => Declared::files(path).named(name),
        None => Declared::files(given),
    }
}

fn idle(idle: Option<Idle>) -> Option<Duration> {
    match idle {
        None => Some(IDLE),
        Some(Idle::Never) => None,
        Some(Idle::After(milliseconds)) => Some(Duration::from_millis(milliseconds.into())),
    }
}
