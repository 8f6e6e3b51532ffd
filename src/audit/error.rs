//! Why an audit log cannot be written or trusted.

use std::fmt;
use std::io;
use std::path::Path;

/// An audit log could not be opened, written or read, or its chain is broken.
///
/// Opaque; its text names the file and the line, and quotes nothing that stands there.
#[derive(Debug)]
pub struct AuditError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Io,
    Busy,
    Damaged,
}

impl AuditError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self { kind: Kind::Io, message: format!("{}: {error}", path.display()) }
    }

    pub(super) fn busy(path: &Path) -> Self {
        let why = "another process writes this audit log";
        Self { kind: Kind::Busy, message: format!("{}: {why}", path.display()) }
    }

    pub(super) fn failed_before(path: &Path) -> Self {
        let why = "an earlier row could not be written, so none is written after it";
        Self { kind: Kind::Io, message: format!("{}: {why}", path.display()) }
    }

    pub(super) fn damaged(path: &Path, line: u64, why: impl fmt::Display) -> Self {
        Self { kind: Kind::Damaged, message: format!("{}:{line}: {why}", path.display()) }
    }

    pub(super) fn damaged_end(path: &Path, why: impl fmt::Display) -> Self {
        let hint = "`keepmum audit verify` tells more";
        let message = format!("{}: the last row: {why}; {hint}", path.display());
        Self { kind: Kind::Damaged, message }
    }

    pub(super) fn not_there(why: impl fmt::Display) -> Self {
        Self { kind: Kind::Damaged, message: why.to_string() }
    }

    /// Whether reading or writing failed.
    pub fn is_io(&self) -> bool {
        self.kind == Kind::Io
    }

    /// Whether another process has the log.
    pub fn is_busy(&self) -> bool {
        self.kind == Kind::Busy
    }

    /// Whether the chain is broken.
    pub fn is_damaged(&self) -> bool {
        self.kind == Kind::Damaged
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AuditError {}
