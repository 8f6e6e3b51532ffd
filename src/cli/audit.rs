//! The audit log of the program: opened, written, and verified.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use keepmum::Finding;
use keepmum::audit::{AuditError, Head, Log, Options, Row, verify};
use keepmum::source::{Fetched, SourceError};
use keepmum::store::Event;

use super::args::AuditArgs;
use super::config::Keys;
use super::exit::{Exit, Failure};
use super::messages::{Color, Kind, say};

/// The generation of secrets that are read once, at the start.
const FIRST: u64 = 1;

/// An audit log, and what happens when it cannot be written.
pub(crate) struct Audit {
    log: Log,
    lost: Lost,
}

/// When rows are lost.
enum Lost {
    /// The program stops.
    Never,
    /// It goes on; whether that was said.
    Told(AtomicBool, Color),
}

impl Audit {
    /// The log that arguments or configuration name. One that is optional and cannot be opened is none.
    pub(crate) fn open(
        args: &AuditArgs,
        keys: &Keys,
        color: Color,
    ) -> Result<Option<Self>, Failure> {
        Self::opened(args, keys, color, |path: &PathBuf, options| Log::open(path, options))
    }

    /// The same, waiting for another process that has it, but no longer than `until`.
    #[cfg(feature = "hook")]
    pub(crate) fn open_until(
        args: &AuditArgs,
        keys: &Keys,
        color: Color,
        until: std::time::Instant,
    ) -> Result<Option<Self>, Failure> {
        let wait = std::time::Duration::from_millis(2);
        Self::opened(args, keys, color, |path: &PathBuf, options| {
            loop {
                match Log::open(path, options) {
                    Err(error) if error.is_busy() && std::time::Instant::now() + wait < until => {
                        std::thread::sleep(wait);
                    }
                    opened => return opened,
                }
            }
        })
    }

    fn opened(
        args: &AuditArgs,
        keys: &Keys,
        color: Color,
        open: impl Fn(&PathBuf, Options) -> Result<Log, AuditError>,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = args.audit.as_ref().or(keys.audit.as_ref()) else { return Ok(None) };
        let usual = Options::default();
        let size = args.audit_max_size.or(keys.audit_max_size);
        let options = Options {
            max_size: size.map_or(usual.max_size, |size| size.0),
            keep: args.audit_keep.or(keys.audit_keep).unwrap_or(usual.keep),
        };
        let optional = args.audit_optional || keys.audit_optional;
        match open(path, options) {
            Ok(log) if optional => {
                Ok(Some(Self { log, lost: Lost::Told(AtomicBool::new(false), color) }))
            }
            Ok(log) => Ok(Some(Self { log, lost: Lost::Never })),
            Err(error) if optional => {
                warn(color, &error);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Records what a source gave.
    pub(crate) fn retrieved(
        &self,
        source: &str,
        fetched: Result<&Fetched, &SourceError>,
    ) -> Result<(), Failure> {
        self.record(&Row::retrieved(source, fetched, FIRST))
    }

    /// Records what happened to a store.
    pub(crate) fn happened(&self, event: &Event) -> Result<(), Failure> {
        self.record(&event.rows())
    }

    /// Records what was found in one piece of `input`.
    pub(crate) fn redacted(
        &self,
        surface: &str,
        input: &str,
        found: &[(Finding, u64)],
    ) -> Result<(), Failure> {
        let findings = found.iter().map(|(finding, _)| finding);
        self.record(&Row::redactions(surface, Some(input), findings))
    }

    fn record(&self, rows: &[Row]) -> Result<(), Failure> {
        let Err(error) = self.log.record_all(rows) else { return Ok(()) };
        match &self.lost {
            Lost::Never => Err(error.into()),
            Lost::Told(told, color) => {
                if !told.swap(true, Ordering::Relaxed) {
                    warn(*color, &error);
                }
                Ok(())
            }
        }
    }
}

fn warn(color: Color, error: &AuditError) {
    say(color, Kind::Warning, &format!("audit log: {error}; going on without it"));
}

/// Checks a log: how it went, and what to print.
pub(crate) fn check(files: &[PathBuf], head: Option<Head>) -> Result<(Exit, String), Failure> {
    let verified = match verify(files, head) {
        Err(error) if error.is_damaged() => return Ok((Exit::Found, format!("bad: {error}\n"))),
        verified => verified?,
    };
    let (first, last) = (verified.first(), verified.head().number());
    let before = match first {
        1 => String::new(),
        _ => format!("rows before {first} are not in these files\n"),
    };
    let end = match head {
        Some(head) => format!("row {} is the one that was remembered\n", head.number()),
        None => "an end that was cut off shows only against a remembered head: --head\n".to_owned(),
    };
    let rows = match verified.rows() {
        0 => "good: no rows".to_owned(),
        _ => format!("good: rows {first} to {last} follow one another"),
    };
    Ok((Exit::Success, format!("{rows}\n{before}{end}head: {}\n", verified.head())))
}
