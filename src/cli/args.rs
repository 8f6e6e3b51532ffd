//! The arguments. Help, man page and completions come from here.

use std::ffi::OsString;
use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use keepmum::Replacement;
use keepmum::audit::Head;
use serde::Deserialize;

use super::messages::Color;
use super::size::Size;

/// Options of every command that looks for something.
const RULES: &str = "Rules and secrets";

/// Options of the audit log.
const AUDIT: &str = "Audit";

const EXAMPLES: &str = "\
Examples:
  app 2>&1 | keepmum                                  redact a log on its way
  keepmum --env-file .env app.log                     redact a file, and the values of .env in it
  keepmum --environment production < app.log          with the [[source]] entries of keepmum.toml
  keepmum --report findings.jsonl *.log > clean.log   redact files, and report what was found
  keepmum run --env-file prod.env -- ./server         start a program with its secrets, and redact what it prints

Precedence:
  The command line goes before keepmum.toml, which goes before the defaults. Lists (rules, globs, env files, secrets) add up.
  Without --config, ./keepmum.toml is read if it is there, or else keepmum/keepmum.toml in the user's configuration folder;
  hook reads the latter alone.

Rotation:
  A source of a [[source]] entry is read again when its file changes, its lease nears its end, `refresh` has passed, or on
  SIGHUP; running inputs go over to the new values. Old ones stay covered for `overlap` (24h), or 5 minutes beyond a lease.
  A source that is down at the start refuses it unless `optional = true`; one that is down later takes nothing away.

Exit codes:
  0    done; also when the reader of the output went away
  1    scan found a secret, sweep left one, enroll refused one, rules test a bad example, rules explain a match,
       secrets check a bad value, audit verify a bad row
  2    bad arguments, configuration, rule or secret source; hook: refused, where the agent knows it by that
  3    input cannot be read, or output, report or audit log cannot be written
  70   internal error; nothing that was held back left
  130  SIGINT, 143 SIGTERM: the input so far was redacted and written
  run ends as its program does: with its code, or 128 and its signal; 127 if it is not found, 126 if it cannot be started";

/// Keeps secrets out of what passes through: reads standard input or files, writes them redacted to standard output.
///
/// Finds known values exactly (from the environment, .env files, mounted secrets, programs, 1Password) and over 400 kinds of tokens by rule.
/// Bytes that are not secret pass unchanged and at once.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// Files to redact, in order; `-` or none is standard input; one called like a command is given as ./config
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Configuration file
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config", global = true, help_heading = RULES)]
    pub(crate) no_config: bool,

    /// Further rules, as TOML; one with a built-in id takes its place
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) rules: Vec<PathBuf>,

    /// A gitleaks configuration, as it is; `keepmum config check` tells what means something else here
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) gitleaks: Vec<PathBuf>,

    /// Which rules are in force
    #[arg(long, value_enum, global = true, help_heading = RULES)]
    pub(crate) profile: Option<Profile>,

    /// Variables of the environment whose values are secrets; without globs those whose names say so
    #[arg(
        long, value_name = "GLOB,…", num_args = 0.., require_equals = true, value_delimiter = ',', global = true,
        help_heading = RULES
    )]
    pub(crate) secrets_from_env: Option<Vec<String>>,

    /// A .env file: every value is a secret
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) env_file: Vec<PathBuf>,

    /// A file that holds one secret, or a folder of such files
    #[arg(long, value_name = "[NAME=]PATH", global = true, help_heading = RULES)]
    pub(crate) secrets_file: Vec<String>,

    /// A sealed set, as `keepmum enroll` writes it: its secrets are found, and nobody here knows them
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) sealed: Vec<PathBuf>,

    /// File with the key of the sealed sets
    #[arg(long, value_name = "FILE", global = true, help_heading = RULES)]
    pub(crate) sealed_key_file: Option<PathBuf>,

    /// The environment of this process, else KEEPMUM_ENVIRONMENT: no source of another one is opened
    #[arg(long, value_name = "NAME", global = true, help_heading = RULES)]
    pub(crate) environment: Option<String>,

    /// Only known secrets, no rules
    #[arg(long, global = true, help_heading = RULES)]
    pub(crate) only_known: bool,

    /// Files to redact at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// When to colour messages; NO_COLOR is obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

impl Args {
    /// Of the command that redacts.
    pub(crate) fn output(&self) -> &OutputArgs {
        match &self.command {
            Some(Command::Run(run)) => &run.output,
            _ => &self.output,
        }
    }

    /// Of the command that runs on.
    pub(crate) fn audit(&self) -> &AuditArgs {
        match &self.command {
            #[cfg(feature = "proxy")]
            Some(Command::Proxy(proxy)) => &proxy.audit,
            #[cfg(feature = "hook")]
            Some(Command::Hook(hook)) => &hook.audit,
            #[cfg(feature = "serve")]
            Some(Command::Serve(serve)) => &serve.audit,
            #[cfg(feature = "sweep")]
            Some(Command::Sweep(sweep)) => &sweep.audit,
            #[cfg(feature = "sweep")]
            Some(Command::Watch(watch)) => &watch.audit,
            _ => &self.output().audit,
        }
    }
}

/// What becomes of what was found: options of the filter and of `run`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct OutputArgs {
    /// What stands in place of a secret: named, fingerprint, fixed:TEXT, mask, partial or remove
    #[arg(long, value_name = "HOW")]
    pub(crate) replacement: Option<Replacement>,

    /// File with the key of fingerprints
    #[arg(long, value_name = "FILE")]
    pub(crate) fingerprint_key_file: Option<PathBuf>,

    /// Inputs are JSON or lines of it, and so is the output: strings are looked through as what they say, numbers that hold a
    /// secret become strings; a line that is no JSON is text
    #[arg(long)]
    pub(crate) json: bool,

    /// Print a summary to standard error at the end
    #[arg(long)]
    pub(crate) stats: bool,

    /// Write what was found as JSON lines: names and places, never values
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// After how many milliseconds of silence a beginning of a possible secret of under 8 bytes is shown, or `off`
    #[arg(long, value_name = "MS")]
    pub(crate) idle_release: Option<Idle>,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,
}

/// The audit log: options of what runs on.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct AuditArgs {
    /// Append what was read and redacted to an audit log: names and places, never values; `keepmum audit verify` checks it
    #[arg(long, value_name = "FILE", help_heading = AUDIT)]
    pub(crate) audit: Option<PathBuf>,

    /// Size at which the audit log begins a new file, such as 64M
    #[arg(long, value_name = "SIZE", help_heading = AUDIT)]
    pub(crate) audit_max_size: Option<Size>,

    /// How many full files of the audit log stay
    #[arg(long, value_name = "N", help_heading = AUDIT)]
    pub(crate) audit_keep: Option<NonZeroU16>,

    /// Go on, with a warning, when the audit log cannot be written; without it the program stops
    #[arg(long, help_heading = AUDIT)]
    pub(crate) audit_optional: bool,
}

/// How many rules are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// None: only known secrets.
    KnownOnly,
    /// Those of medium and high confidence; a token that has a checksum or a known structure only if that is right.
    Precise,
    /// All that know a form or a telling name.
    Balanced,
    /// Also whatever looks random, wherever it stands: ids and hashes too.
    Paranoid,
}

impl From<Profile> for keepmum::config::Profile {
    fn from(given: Profile) -> Self {
        match given {
            Profile::KnownOnly => Self::KnownOnly,
            Profile::Precise => Self::Precise,
            Profile::Balanced => Self::Balanced,
            Profile::Paranoid => Self::Paranoid,
        }
    }
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
    /// Report secrets in files, and rewrite nothing
    ///
    /// Exit code 0: none, 1: some, 2: an error, such as a file that cannot be read. Ignore files are obeyed, binary
    /// files skipped, links not followed.
    Scan(ScanArgs),
    /// Write a sealed set of the known secrets: it redacts them where they must not be known
    ///
    /// Of each form of a secret the file holds its length, 24 bits of a fingerprint of its first eight bytes, and a keyed
    /// hash. Secrets that could be guessed are refused. Exit code 1: some were.
    Enroll(EnrollArgs),
    /// Start a program, with its secrets in its environment, and redact what it prints
    ///
    /// Standard output and standard error are redacted each for itself. Variables, also those of --env-file, whose value
    /// begins with vault:, aws:, gcp:, op:// or file: get the value that it names, which is then a known secret. Signals
    /// are passed on, and the exit status is the program's.
    Run(RunArgs),
    /// Look through requests to language models and Slack on their way
    ///
    /// A gateway on this machine: programs are told its address instead of the provider's, and requests go on with
    /// references in place of secrets. What must not be changed is refused, and was never sent. Exit code 1: --check found
    /// a secret that got out.
    #[cfg(feature = "proxy")]
    Proxy(Box<super::proxy::ProxyArgs>),
    /// Answer an event of a coding agent, or install the hook that does
    ///
    /// Reads the event as JSON and answers in the agent's own contract: what a tool gets and gives back has references in place of
    /// secrets, prompts and files with secrets are refused, and so is whatever cannot be looked through. Exit code 2: refused.
    #[cfg(feature = "hook")]
    Hook(Box<super::hook::HookArgs>),
    /// Stand between log shippers: what one sends to the next passes through without secrets
    ///
    /// Each stage has one listener and one upstream, and keeps nothing: a sender is told that a request arrived once the
    /// upstream has said so. What cannot be looked through is refused. Exit code 1: --check found an upstream that cannot be
    /// reached.
    #[cfg(feature = "serve")]
    Serve(Box<super::serve::ServeArgs>),
    /// Take secrets out of files on the disk: transcripts, histories, memory files, notes
    ///
    /// A file is replaced as a whole, with as many lines as before; what is signed and ids stay as they are. Files like .env
    /// and keys, in which secrets are at home, stay unless they are named. A reference stands in place of a secret, the same
    /// that the gateway puts there.
    #[cfg(feature = "sweep")]
    Sweep(Box<super::sweep::SweepArgs>),
    /// Take secrets out of files as they grow
    ///
    /// Sweeps what is there, and then each file once it was quiet for a while. What another process has open for writing
    /// waits until it is closed.
    #[cfg(feature = "sweep")]
    Watch(Box<super::sweep::WatchArgs>),
    /// About audit logs
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// About the rules in force
    Rules {
        /// How to print
        #[arg(long, value_enum, default_value_t, global = true)]
        format: Format,
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// About the known secrets: names and places, never values
    Secrets {
        /// How to print
        #[arg(long, value_enum, default_value_t, global = true)]
        format: Format,
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Give the program a terminal of its own: colours and width stay, what it writes to both outputs is one stream
    #[arg(long)]
    pub(crate) pty: bool,

    /// Variables that are passed on as they are, though their value looks like a reference
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) as_is: Vec<String>,

    /// How many milliseconds others may hold the output open after the program has ended
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) linger: u32,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no row was changed, removed, moved or inserted
    ///
    /// Prints the head of the chain. An end that was cut off shows only against a head that was remembered elsewhere.
    Verify {
        /// A head that was printed before; its row has to be there
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<Head>,
        /// The files of one log, in any order
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ScanArgs {
    /// Files and folders, `-` is standard input; by default the working folder
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ScanFormat,

    /// Scan what git has staged, as a check before a commit
    #[arg(long)]
    pub(crate) staged: bool,

    /// Binary files too
    #[arg(long)]
    pub(crate) binary: bool,

    /// Also what ignore files leave out
    #[arg(long)]
    pub(crate) no_ignore: bool,

    /// An image of a container as an archive (OCI, or of `docker save`): its layers in order, its environment, labels and history
    #[cfg(feature = "image")]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "staged"], value_hint = ValueHint::FilePath)]
    pub(crate) image: Option<PathBuf>,

    /// Most bytes of an image's layer once it is decompressed
    #[cfg(feature = "image")]
    #[arg(long, value_name = "SIZE", default_value = "16G", requires = "image")]
    pub(crate) longest: Size,

    /// Accepted findings, which are not reported again; their paths are relative to the working folder
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write all findings to a baseline and accept them
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EnrollArgs {
    /// File with the key: 64 hex digits
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,

    /// Draw a new key and write the file with it, for its owner alone; a file that is there stays
    #[arg(long)]
    pub(crate) new_key: bool,

    /// Where the set is written
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON lines.
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// A line each: place, rule, length.
    #[default]
    Text,
    /// JSON lines.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules: id, confidence, description
    List,
    /// Show one rule
    Show {
        /// Its id
        id: String,
    },
    /// Run the examples of a file of rules
    Test {
        /// The file
        file: PathBuf,
    },
    /// Tell which rules match in a text, and which check accepts or rejects what they found
    Explain {
        /// The text
        text: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// List them: name, source, number of forms, generation, age, next refresh
    List,
    /// Tell which cannot be looked for and which collide, and how often each would be found in a sample
    ///
    /// Exit code 0: all are good, 1: a value is empty, short or common, the same as another or inside of one.
    Check {
        /// A log to count in; `-` is standard input
        #[arg(value_hint = ValueHint::FilePath)]
        sample: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read configuration, rules and secrets, and say what is in force or what is wrong
    Check {
        /// The file; by default the one that would be read
        file: Option<PathBuf>,
    },
}
