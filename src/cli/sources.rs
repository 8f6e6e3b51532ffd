//! Sources of known secrets: those of the options and those of `keepmum.toml`, opened in one way.

use std::path::Path;
use std::time::Instant;

use keepmum::Secret;
use keepmum::source::{Declared, Environment, Fetched, Source, SourceError, in_scope};
use keepmum::store::Policy;

use super::args::Args;
use super::audit::Audit;
use super::config::{Config, FromEnv, LOCAL, Trust};
use super::exit::Failure;

/// The variable that names the environment of a process.
const ENVIRONMENT: &str = "KEEPMUM_ENVIRONMENT";

/// A source and how it was declared.
pub(crate) struct Opened {
    pub(crate) declared: Declared,
    pub(crate) source: Box<dyn Source>,
    written: Written,
}

/// Where a source is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// By an option, or the key that is called as it is: read at the start.
    AsOption,
    /// By a `[[source]]` entry.
    AsEntry,
}

impl Opened {
    /// Whether it can hold something else later. The environment of a process stays as it is.
    pub(crate) fn can_rotate(&self) -> bool {
        self.written == Written::AsEntry && self.declared.kind() != "environment"
    }

    /// How a store keeps it.
    pub(crate) fn policy(&self) -> Policy {
        let policy = Policy::new();
        let policy = if self.declared.is_optional() { policy.optional() } else { policy };
        let policy = self.declared.refresh().into_iter().fold(policy, Policy::refresh);
        self.declared.overlap().into_iter().fold(policy, Policy::overlap)
    }

    /// What it holds, or none and the reason if it is optional.
    fn read(&mut self, audit: Option<&Audit>) -> Result<Result<Fetched, SourceError>, Failure> {
        let fetched = self.source.fetch();
        if let Some(audit) = audit {
            audit.retrieved(self.source.name(), fetched.as_ref())?;
        }
        match fetched {
            Err(error) if !self.declared.is_optional() => Err(error.into()),
            read => Ok(read),
        }
    }
}

/// What one source held.
pub(crate) struct Read {
    pub(crate) declared: Declared,
    pub(crate) source: String,
    pub(crate) fetched: Fetched,
    pub(crate) at: Instant,
}

/// The sources of this process's environment, opened and not yet read. Those of other environments are not opened.
pub(crate) fn opened(args: &Args, config: &Config) -> Result<Vec<Opened>, Failure> {
    let environment = environment(args, config);
    let scoped = in_scope(config.source.clone(), environment.as_deref()).map_err(|error| {
        Failure::usage(format_args!(
            "{error}; name it by --environment, {ENVIRONMENT} or in keepmum.toml"
        ))
    })?;
    if config.trust == Trust::Found {
        scoped.iter().try_for_each(stays_inside)?;
    }
    let open = |(declared, written): (Declared, _)| {
        let source = declared.open()?;
        Ok(Opened { declared, source, written })
    };
    let options = of_options(args, config).into_iter().map(|one| (one, Written::AsOption));
    let entries = scoped.into_iter().map(|one| (one, Written::AsEntry));
    options.chain(entries).map(open).collect()
}

/// Refuses a source that runs a program or asks a server.
fn stays_inside(source: &Declared) -> Result<(), Failure> {
    if matches!(source.kind(), "environment" | "env-file" | "file") {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "{LOCAL}: source `{}` runs a program or asks a server; if you trust this file, name it: --config {LOCAL}",
        source.name()
    )))
}

/// Reads them all. What an optional source says instead is a warning.
pub(crate) fn read(
    sources: Vec<Opened>,
    audit: Option<&Audit>,
) -> Result<(Vec<Read>, Vec<String>), Failure> {
    let (mut all, mut warnings) = (Vec::new(), Vec::new());
    for mut opened in sources {
        match opened.read(audit)? {
            Ok(fetched) => {
                let source = opened.source.name().to_owned();
                all.push(Read { declared: opened.declared, source, fetched, at: Instant::now() });
            }
            Err(error) => warnings.push(format!("{error}; going on without it")),
        }
    }
    Ok((all, warnings))
}

/// The secrets of all of them.
pub(crate) fn secrets(read: Vec<Read>) -> Vec<Secret> {
    read.into_iter().flat_map(|read| read.fetched.secrets).collect()
}

fn environment(args: &Args, config: &Config) -> Option<String> {
    let variable = || std::env::var(ENVIRONMENT).ok();
    let named = args.environment.clone().or_else(variable).filter(|name| !name.is_empty());
    named.or_else(|| config.environment.clone())
}

/// What the options name, and the keys that are called as they are.
fn of_options(args: &Args, config: &Config) -> Vec<Declared> {
    let globs = globs(args, config);
    let mut all = Vec::new();
    if !globs.is_empty() {
        all.push(Declared::environment(globs));
    }
    all.extend(config.env_file.iter().chain(&args.env_file).map(Declared::env_file));
    let named = |name: &str, path: &Path| Declared::files(path).named(name);
    all.extend(config.secrets_file.iter().map(|(name, path)| named(name, path)));
    all.extend(args.secrets_file.iter().map(|given| match given.split_once('=') {
        Some((name, path)) => named(name, Path::new(path)),
        None => Declared::files(given),
    }));
    all
}

/// Names of variables, from both places.
fn globs(args: &Args, config: &Config) -> Vec<String> {
    let usual = || Environment::USUAL.iter().map(|glob| (*glob).to_owned());
    let mut globs: Vec<String> = match &config.secrets_from_env {
        Some(FromEnv::Usual) => usual().collect(),
        Some(FromEnv::Globs(globs)) => globs.clone(),
        Some(FromEnv::No) | None => Vec::new(),
    };
    if let Some(given) = &args.secrets_from_env {
        // An empty one comes from `="$GLOBS"` with nothing in it.
        let given: Vec<_> = given.iter().filter(|glob| !glob.is_empty()).cloned().collect();
        if given.is_empty() { globs.extend(usual()) } else { globs.extend(given) }
    }
    globs
}
