//! The arguments. Help, man page and completions come from here.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueHint};
use keepmum::Replacement;
use serde::Deserialize;

use super::messages::Color;

const EXAMPLES: &str = "\
Examples:
  app 2>&1 | keepmum                                  redact a log on its way
  keepmum --env-file .env app.log                     redact a file, and the values of .env in it
  keepmum --report findings.jsonl *.log > clean.log   redact files, and report what was found

Precedence:
  The command line goes before keepmum.toml, which goes before the defaults. Lists (rules, globs, env files, secrets) add up.
  Without --config, ./keepmum.toml is read if it is there, or else keepmum/keepmum.toml in the user's configuration folder.

Exit codes:
  0    done; also when the reader of the output went away
  2    bad arguments, configuration, rule or secret source
  3    input cannot be read or output cannot be written
  70   internal error; nothing that was held back left
  130  SIGINT, 143 SIGTERM: the input so far was redacted and written";

/// Keeps secrets out of what passes through: reads standard input or files, writes them redacted to standard output.
///
/// Finds known values exactly (from the environment, .env files, mounted secrets) and over 280 kinds of tokens by rule.
/// Bytes that are not secret pass unchanged and at once.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// Files to redact, in order; `-` or none is standard input; one called like a command is given as ./config
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Configuration file
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,

    /// Further rules, as TOML; one with a built-in id takes its place
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,

    /// Variables of the environment whose values are secrets; without globs those whose names say so
    #[arg(long, value_name = "GLOB,…", num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub(crate) secrets_from_env: Option<Vec<String>>,

    /// A .env file: every value is a secret
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,

    /// A file that holds one secret, or a folder of such files
    #[arg(long, value_name = "[NAME=]PATH")]
    pub(crate) secrets_file: Vec<String>,

    /// What stands in place of a secret: named, fingerprint, fixed:TEXT, mask, partial or remove
    #[arg(long, value_name = "HOW")]
    pub(crate) replacement: Option<Replacement>,

    /// File with the key of fingerprints
    #[arg(long, value_name = "FILE")]
    pub(crate) fingerprint_key_file: Option<PathBuf>,

    /// Only known secrets, no rules
    #[arg(long)]
    pub(crate) only_known: bool,

    /// Print a summary to standard error at the end
    #[arg(long)]
    pub(crate) stats: bool,

    /// Write what was found as JSON lines: names and places, never values
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// Files to redact at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,

    /// After how many milliseconds of silence a beginning of a possible secret of under 8 bytes is shown, or `off`
    #[arg(long, value_name = "MS")]
    pub(crate) idle_release: Option<Idle>,

    /// When to colour messages; NO_COLOR is obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// When held bytes are shown although they are not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) enum Idle {
    Never,
    After(u32),
}

impl std::str::FromStr for Idle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Idle::Never);
        }
        text.parse().map(Idle::After).map_err(|_| "use a number of milliseconds, or off".to_owned())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// About the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read configuration, rules and secrets, and say what is in force or what is wrong
    Check {
        /// The file; by default the one that would be read
        file: Option<PathBuf>,
    },
}
