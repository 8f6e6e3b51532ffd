//! Arguments and the table `[hook]`, merged and proved good.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueHint};
use keepmum::ReferenceKey;
use keepmum::config::Config;
use keepmum::hook::{Agent, Scope};
use keepmum::prompt::{Mode, read_key, usual_key};
use serde::Deserialize;

use super::given;
use crate::cli::args::{Args, AuditArgs};
use crate::cli::config::{File, Keys};
use crate::cli::duration::Time;
use crate::cli::exit::Failure;
use crate::cli::settings::in_force;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct HookArgs {
    /// The agent whose event stands on standard input: claude-code, codex, gemini, copilot or cursor
    #[arg(long, value_name = "AGENT")]
    pub(crate) agent: Option<Agent>,

    /// The event, for agents that do not say it
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Option<String>,

    /// How long it may take before it is refused [5s]; less than the agent waits
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<Time>,

    /// File with the key of references, as for the gateway
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,

    #[command(subcommand)]
    pub(crate) command: Option<HookCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Add the hook to an agent's settings, after showing what changes
    ///
    /// Nothing else in the file changes. The command gets the options of rules and secrets that stand here, and the configuration:
    /// that of --config, or the user's own; never one that merely lies in the working folder. Exit code 1: it was not to be
    /// changed, or nobody could be asked.
    Install(SettingsArgs),
    /// Take it out again
    Uninstall(SettingsArgs),
    /// Tell where it is installed, what is weakened there, and what keeps it from running
    Status {
        /// One agent only
        #[arg(long, value_name = "AGENT")]
        agent: Option<Agent>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    /// The agent: claude-code, codex, gemini, copilot or cursor
    #[arg(long, value_name = "AGENT")]
    pub(crate) agent: Agent,

    /// In the user's own settings, which is the default
    #[arg(long, conflicts_with = "project")]
    pub(crate) user: bool,

    /// In the settings of the project in the working folder
    #[arg(long)]
    pub(crate) project: bool,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl SettingsArgs {
    pub(super) fn scope(&self) -> Scope {
        if self.project { Scope::Project } else { Scope::User }
    }
}

/// The table `[hook]` of `keepmum.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Table {
    key_file: Option<PathBuf>,
    /// Globs over names. Of several that match, the longest counts: a table has no order.
    modes: BTreeMap<String, Mode>,
}

impl Table {
    /// Makes its paths relative to `folder`.
    pub(crate) fn relative_to(&mut self, folder: &Path) {
        self.key_file = self.key_file.take().map(|path| folder.join(path));
    }
}

/// What is in force.
pub(super) struct Options {
    key_file: Option<PathBuf>,
    pub(super) modes: Vec<(String, Mode)>,
    pub(super) config: Config,
    pub(super) keys: Keys,
}

impl Options {
    /// The one place where anything of it is refused.
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let given = given(args);
        let File { config, mut keys, .. } = in_force(args, None)?;
        let table = std::mem::take(&mut keys.hook);
        #[cfg(feature = "proxy")]
        let shared = keys.proxy.key_file().map(Path::to_owned);
        #[cfg(not(feature = "proxy"))]
        let shared = None;
        let mut modes: Vec<_> = table.modes.into_iter().collect();
        modes.sort_by_key(|(glob, _)| Reverse(glob.len()));
        Ok(Self {
            key_file: given.key_file.clone().or(table.key_file).or(shared),
            modes,
            config,
            keys,
        })
    }

    /// The key of references: of the hook, else of the gateway, else that of the user.
    pub(super) fn key(&self) -> Result<ReferenceKey, Failure> {
        Ok(self.key_file.as_deref().map_or_else(usual_key, read_key)?)
    }
}
