//! What is told of one file. No value gets here.

use std::collections::BTreeMap;

use keepmum::sweep::{Change, Left, Stays};
use keepmum::{Finding, Origin};
use serde_json::json;

use super::options::SweepFormat;

/// A finding at its line.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) origin: Option<Origin>,
    /// What became of it.
    pub(super) treatment: &'static str,
    /// In which field, of one that stays; in which column of a database.
    pub(super) place: Option<String>,
}

/// The treatment of what is another thing now.
const REPLACED: &str = "replaced";

/// How much is noted of what is replaced. Files can have millions of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// How often each name was.
    Counts,
    /// Each one, with its place.
    Rows,
}

impl Detail {
    /// What a form of output and an audit log need.
    pub(super) fn of(format: SweepFormat, audited: bool) -> Self {
        if audited || format == SweepFormat::Json { Self::Rows } else { Self::Counts }
    }
}

/// Counts lines, and takes notes.
pub(super) struct Noted {
    detail: Detail,
    /// Line ends so far.
    lines: u64,
    names: BTreeMap<String, u64>,
    pub(super) rows: Vec<Row>,
    /// For the audit log.
    pub(super) findings: Vec<Finding>,
    pub(super) changed: u64,
}

impl Noted {
    pub(super) fn new(detail: Detail) -> Self {
        let (names, rows, findings) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { detail, lines: 0, names, rows, findings, changed: 0 }
    }

    pub(super) fn line(&self) -> u64 {
        self.lines + 1
    }

    pub(super) fn kept(&mut self, bytes: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
    }

    pub(super) fn changed(&mut self, change: &Change<'_>) {
        self.changed += 1;
        if let Some(finding) = change.finding {
            self.replaced(finding, self.line(), None);
        }
        self.kept(change.with);
    }

    fn replaced(&mut self, finding: &Finding, line: u64, place: Option<String>) {
        match self.names.get_mut(finding.name()) {
            Some(count) => *count += 1,
            None => drop(self.names.insert(finding.name().to_owned(), 1)),
        }
        if self.detail == Detail::Rows {
            self.findings.push(finding.clone());
            let (name, origin) = (finding.name().to_owned(), Some(finding.origin()));
            self.rows.push(Row { line, name, origin, treatment: REPLACED, place });
        }
    }

    pub(super) fn left(&mut self, left: &Left<'_>) {
        self.rows.push(Row {
            line: self.line(),
            name: left.name.to_owned(),
            origin: None,
            treatment: left.stays.as_str(),
            place: Some(left.place.to_owned()),
        });
    }

    /// What was found in a value of a database.
    #[cfg(feature = "sqlite")]
    pub(super) fn row(&mut self, row: &keepmum::sweep::Row) {
        if row.replaced.is_empty() && row.left.is_empty() {
            self.names.insert(row.place.clone(), 1);
        }
        for finding in &row.replaced {
            self.replaced(finding, 0, Some(row.place.clone()));
        }
        for (name, place, stays) in &row.left {
            self.rows.push(Row {
                line: 0,
                name: name.clone(),
                origin: None,
                treatment: stays.as_str(),
                place: Some(place.clone()),
            });
        }
    }

    /// What would be replaced in a database, and where: it has no lines to show.
    #[cfg(feature = "sqlite")]
    pub(super) fn places(&self) -> String {
        let rows = self.rows.iter().filter(|row| row.is_replaced());
        let place = |row: &Row| row.place.clone().unwrap_or_default();
        rows.map(|row| format!("-{}: {}\n", place(row), row.name)).collect()
    }

    /// How many secrets stay where nothing may change.
    pub(super) fn fixed(&self) -> usize {
        self.rows.iter().filter(|row| row.treatment == Stays::Fixed.as_str()).count()
    }

    /// `2 of db, 1 of stripe-api-key`.
    pub(super) fn names(&self) -> String {
        let all = self.names.iter().map(|(name, count)| format!("{count} of {name}"));
        let all: Vec<_> = all.collect();
        all.join(", ")
    }
}

impl Row {
    pub(super) fn is_replaced(&self) -> bool {
        self.treatment == REPLACED
    }

    pub(super) fn json(&self, path: &str) -> String {
        let row = json!({
            "file": path,
            // A database has none.
            "line": (self.line > 0).then_some(self.line),
            "rule": self.name,
            "kind": self.origin.map(Origin::as_str),
            "treatment": self.treatment,
            "place": self.place,
        });
        format!("{row}\n")
    }
}
