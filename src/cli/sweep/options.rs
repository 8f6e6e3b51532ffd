//! The arguments of `keepmum sweep` and `keepmum watch`.

#[cfg(not(feature = "proxy"))]
use std::path::Path;
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
#[cfg(not(feature = "proxy"))]
use serde::Deserialize;

use crate::cli::args::AuditArgs;
use crate::cli::duration::Time;
use crate::cli::size::Size;

const CODES: &str = "\
Exit codes:
  0    nothing is left to do: there was no secret, or all were replaced
  1    secrets are there still: --dry-run found some, or they stand where nothing may change
  2    bad arguments, configuration, rule or secret source
  3    a file could not be swept; the others were
  70   internal error
  130  SIGINT, 143 SIGTERM: each file is the old one or the new one";

#[derive(Debug, clap::Args)]
#[command(after_help = CODES)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) places: PlaceArgs,

    #[command(flatten)]
    pub(crate) how: HowArgs,

    /// Show what would change, and change nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Print where agents keep things, and whether they are there
    #[arg(long)]
    pub(crate) list: bool,

    /// Put back what a sweep took, as far as the values are known: its journal
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ["dry_run", "list"], value_hint = ValueHint::FilePath)]
    pub(crate) undo: Option<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: SweepFormat,

    /// Files at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,

    /// Take files too that were changed in the last minute
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "SIGTERM and SIGINT end it in order; SIGHUP has the sources of secrets read again."
)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) places: PlaceArgs,

    #[command(flatten)]
    pub(crate) how: HowArgs,

    /// How long a file has to be quiet before it is swept
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) quiet: Time,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,
}

/// Of the table `[proxy]` of `keepmum.toml` the key of references.
#[cfg(not(feature = "proxy"))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct KeyTable {
    key_file: Option<PathBuf>,
}

#[cfg(not(feature = "proxy"))]
impl KeyTable {
    /// Makes its path relative to `folder`.
    pub(crate) fn relative_to(&mut self, folder: &Path) {
        self.key_file.iter_mut().for_each(|path| *path = folder.join(&*path));
    }

    pub(crate) fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }
}

/// What is swept.
#[derive(Debug, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Files and folders
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Where agents keep what they wrote down; of all that are known, or of those that are named
    #[arg(long, value_name = "NAME,…", num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub(crate) agents: Option<Vec<String>>,

    /// Also what ignore files leave out
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

/// How it is swept.
#[derive(Debug, clap::Args)]
pub(crate) struct HowArgs {
    /// Put [REDACTED:name] in place of a secret, not a reference
    #[arg(long)]
    pub(crate) named: bool,

    /// File with the key of references, at least 32 bytes; by default the gateway's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key_file: Option<PathBuf>,

    /// Longest line or document of JSON, which is held whole
    #[arg(long, value_name = "SIZE", default_value = "64M")]
    pub(crate) longest: Size,

    /// Write into files that have more than one name; a crash in between leaves half of both
    #[arg(long)]
    pub(crate) in_place: bool,

    /// Let files that were changed have the time of now
    #[arg(long)]
    pub(crate) touch: bool,

    /// Folder of the journals; by default keepmum/sweeps in the user's state folder
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) journals: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SweepFormat {
    /// Lines for people; of --dry-run a diff without values.
    #[default]
    Text,
    /// JSON lines.
    Json,
}
