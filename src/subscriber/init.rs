//! The common case in one line.

use std::fmt;

use tracing_core::{Dispatch, dispatcher};
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{fmt::layer, registry};

use super::{RedactMakeWriter, Redacting, set_panic_hook};
use crate::source::{Environment, SourceError};
use crate::store::{Policy, SecretStore, StoreError};
use crate::{BuildError, Guard, Redactor};

/// Sets up logging for the process as `tracing_subscriber::fmt::init()` does, without secrets: lines on standard output,
/// filtered by `RUST_LOG` (`info` if it is not set), with records of `log`, and panics on standard error.
///
/// What is redacted: what the built-in rules know, and the values of the environment's variables that
/// [`Environment::USUAL`] names. For secrets from elsewhere, see [`init_with`].
///
/// ```no_run
/// keepmum::subscriber::init();
/// ```
///
/// # Panics
///
/// As [`try_init`] fails.
pub fn init() {
    if let Err(error) = try_init() {
        panic!("logging cannot be set up: {error}");
    }
}

/// As [`init`].
///
/// # Errors
///
/// The process has a subscriber or a logger already, or a value in the environment makes no set of secrets.
pub fn try_init() -> Result<(), InitError> {
    let redactor = Redactor::builder().builtin_rules().build()?;
    let environment = Environment::new(Environment::USUAL)?;
    let store = SecretStore::builder(redactor).source(Box::new(environment), Policy::new());
    init_with(store.open()?)
}

/// As [`init`], with a redactor or a store of one's own.
///
/// ```no_run
/// use keepmum::Redactor;
///
/// let redactor = Redactor::builder().builtin_rules().secret("db", "correct horse battery")?;
/// keepmum::subscriber::init_with(redactor.build()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The process has a subscriber or a logger already.
pub fn init_with(guard: impl Into<Guard>) -> Result<(), InitError> {
    let guard = guard.into();
    let filter =
        EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let lines = layer().with_writer(RedactMakeWriter::new(std::io::stdout, guard.clone()));
    let subscriber = Redacting::new(registry().with(filter).with(lines), guard.clone());
    dispatcher::set_global_default(Dispatch::new(subscriber)).map_err(|_| Kind::Subscriber)?;
    let level = LevelFilter::current().as_log();
    LogTracer::builder().with_max_level(level).init().map_err(|_| Kind::Logger)?;
    set_panic_hook(guard);
    Ok(())
}

/// Why logging was not set up. Opaque; its text holds no secret.
#[derive(Debug)]
pub struct InitError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Subscriber,
    Logger,
    Build(BuildError),
    Store(StoreError),
}

impl InitError {
    /// Whether the process had a subscriber or a logger already.
    pub fn is_taken(&self) -> bool {
        matches!(self.kind, Kind::Subscriber | Kind::Logger)
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Subscriber => f.write_str("the process has a subscriber of `tracing` already"),
            Kind::Logger => f.write_str("the process has a logger of `log` already"),
            Kind::Build(error) => error.fmt(f),
            Kind::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InitError {}

impl From<Kind> for InitError {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl From<BuildError> for InitError {
    fn from(error: BuildError) -> Self {
        Kind::Build(error).into()
    }
}

impl From<StoreError> for InitError {
    fn from(error: StoreError) -> Self {
        Kind::Store(error).into()
    }
}

impl From<SourceError> for InitError {
    fn from(error: SourceError) -> Self {
        StoreError::from(error).into()
    }
}
