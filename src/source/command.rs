//! Any program that prints secrets.

use std::time::Duration;

use serde::Deserialize;

use super::declared::{Opens, Place, Written};
use super::names::Names;
use super::program::{Program, TIMEOUT};
use super::{Fetched, Source, SourceError, env_file, leaves};
use crate::Secret;

/// What a program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// A JSON object: each string and each number in it is a secret, called by its path.
    Json,
    /// Lines of `NAME=VALUE`, as in a `.env` file.
    Dotenv,
    /// One value. A line end behind it does not belong to it.
    Value,
}

/// A program that prints secrets.
///
/// It is started without a shell, with an empty input and the environment of this process. It is ended, with everything
/// that it has started, when it takes too long. An error tells its name and its exit status and nothing of what it said.
///
/// ```
/// # #[cfg(unix)] {
/// use keepmum::source::{Command, Format, Source};
///
/// let mut source = Command::new("printf", ["DB_PASSWORD=%s", "battery"], Format::Dotenv).named("app");
/// assert_eq!(source.fetch()?.secrets[0].name(), "app.DB_PASSWORD");
/// # }
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Command {
    names: Names,
    program: Program,
    format: Format,
}

impl Command {
    /// The program is looked for in `PATH` unless it is a path. Source and secret are called as it is.
    pub fn new<A: Into<String>>(
        program: &str,
        arguments: impl IntoIterator<Item = A>,
        format: Format,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into);
        let program = Program::new(program).arguments::<String>(arguments);
        Self { names: Names::bare(program.name()), program, format }
    }

    /// Calls the source `name`, and its secrets `name.PATH`; a single value is called `name`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    /// How long it may take.
    ///
    /// ### Default
    ///
    /// 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.program.timeout = timeout;
        self
    }

    /// How many bytes it may print.
    ///
    /// ### Default
    ///
    /// 16 MiB.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.program.most = bytes;
        self
    }

    fn secrets(&self, printed: &[u8]) -> Result<Vec<Secret>, SourceError> {
        match self.format {
            Format::Json => leaves::secrets(&self.names, printed),
            Format::Dotenv => {
                env_file::secrets(&self.names, printed, &|line| format!("output line {line}"))
            }
            Format::Value => {
                let value = printed.strip_suffix(b"\n").unwrap_or(printed);
                let value = value.strip_suffix(b"\r").unwrap_or(value);
                if value.is_empty() {
                    return Err(SourceError::missing(self.name(), "no value was printed"));
                }
                Ok(vec![self.names.only(&self.program.name(), value)])
            }
        }
    }
}

impl Source for Command {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let printed = self.program.run(self.name())?;
        Ok(Fetched::new(self.secrets(&printed)?))
    }
}

/// Keys of `kind = "command"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    argv: Argv,
    format: Format,
    timeout: Option<Written>,
}

/// A program and its arguments.
#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Argv {
    program: String,
    arguments: Vec<String>,
}

impl TryFrom<Vec<String>> for Argv {
    type Error = &'static str;

    fn try_from(mut argv: Vec<String>) -> Result<Self, Self::Error> {
        if argv.first().is_none_or(String::is_empty) {
            return Err("argv: name a program");
        }
        let arguments = argv.split_off(1);
        Ok(Self { program: argv.remove(0), arguments })
    }
}

impl std::fmt::Debug for Argv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with {} arguments", self.program, self.arguments.len())
    }
}

impl Opens for Keys {
    fn kind(&self) -> &'static str {
        "command"
    }

    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let mut program = Program::new(&self.argv.program).arguments(&self.argv.arguments);
        program.timeout = self.timeout.map_or(TIMEOUT, |written| written.0);
        let names = place.names(program.name());
        let program = program.relative_to(|path| place.path(path));
        Ok(Box::new(Command { names, program, format: self.format }))
    }
}
