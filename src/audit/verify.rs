//! Whether a log is what was written.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::chain::{self, Hash, Head, LONGEST, Link};
use super::error::AuditError;

/// A chain without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    first: u64,
    head: Head,
}

impl Verified {
    /// The number of the first row in the files; over 1 if older files were not given or are gone.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// How many rows the files hold.
    pub fn rows(&self) -> u64 {
        self.head.number - (self.first - 1)
    }

    /// The last row's number and hash.
    pub fn head(&self) -> Head {
        self.head
    }
}

/// Reads the files of one log, in whatever order they are given, and checks that each row is as it was written and
/// follows the one before it. With a `remembered` head the row that it names has to be there, too: that shows an end that
/// was cut off, and a chain that was written anew.
///
/// # Errors
///
/// A file cannot be read, or the chain is broken: the error names the line.
pub fn verify(
    files: &[impl AsRef<Path>],
    remembered: Option<Head>,
) -> Result<Verified, AuditError> {
    let mut chain = Chain { first: 1, head: Head::default(), remembered, state: State::Empty };
    for path in in_order(files)? {
        let mut lines = Lines::open(path)?;
        while let Some(link) = lines.next()? {
            chain.follow(link).map_err(|why| lines.damaged(why))?;
        }
    }
    chain.ended()
}

/// The files that hold rows, by their first.
fn in_order(files: &[impl AsRef<Path>]) -> Result<Vec<&Path>, AuditError> {
    let mut begun = Vec::new();
    for path in files.iter().map(AsRef::as_ref) {
        if let Some(link) = Lines::open(path)?.next()? {
            begun.push((link.head.number(), path));
        }
    }
    begun.sort_by_key(|(number, _)| *number);
    Ok(begun.into_iter().map(|(_, path)| path).collect())
}

/// What was read so far.
struct Chain {
    first: u64,
    head: Head,
    remembered: Option<Head>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Begun,
}

impl Chain {
    fn follow(&mut self, link: Link) -> Result<(), &'static str> {
        let number = link.head.number;
        if self.state == State::Empty {
            self.begin(&link)?;
        }
        if number != self.head.number + 1 || link.previous != self.head.hash {
            return Err(
                "the row does not follow the one before it: rows were removed, inserted or moved",
            );
        }
        self.head = link.head;
        self.compare()
    }

    /// The first row stands for what was before it.
    fn begin(&mut self, link: &Link) -> Result<(), &'static str> {
        self.first = link.head.number;
        let before = self.first.checked_sub(1).ok_or("rows are counted from 1")?;
        if before == 0 && link.previous != Hash::default() {
            return Err("the first row of all follows another");
        }
        self.head = Head { number: before, hash: link.previous };
        self.state = State::Begun;
        self.compare()
    }

    fn compare(&self) -> Result<(), &'static str> {
        let same = |head: Head| head.number == self.head.number;
        match self.remembered.filter(|head| same(*head)) {
            Some(head) if head != self.head => {
                Err("the chain is not the one whose head was remembered: it was written anew")
            }
            _ => Ok(()),
        }
    }

    fn ended(self) -> Result<Verified, AuditError> {
        let (first, last) = (self.first, self.head.number);
        match self.remembered.map(|head| head.number) {
            Some(row) if row > last => Err(AuditError::not_there(format_args!(
                "the log ends at row {last} and the remembered head is row {row}: the end was cut off"
            ))),
            Some(row) if row + 1 < first => Err(AuditError::not_there(format_args!(
                "the log begins at row {first} and the remembered head is row {row}: give the files before"
            ))),
            _ => Ok(Verified { first, head: self.head }),
        }
    }
}

/// The lines of one file.
struct Lines<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, AuditError> {
        let file = File::open(path).map_err(|error| AuditError::io(path, &error))?;
        Ok(Self { path, reader: BufReader::new(file), line: Vec::new(), number: 0 })
    }

    fn next(&mut self) -> Result<Option<Link>, AuditError> {
        self.line.clear();
        self.number += 1;
        let mut bounded = self.reader.by_ref().take(LONGEST as u64 + 1);
        let read = bounded.read_until(b'\n', &mut self.line);
        match read.map_err(|error| AuditError::io(self.path, &error))? {
            0 => Ok(None),
            _ => match self.line.strip_suffix(b"\n") {
                Some(line) => chain::link(line).map(Some).map_err(|why| self.damaged(why)),
                None => Err(self.damaged("the row is not whole")),
            },
        }
    }

    fn damaged(&self, why: &str) -> AuditError {
        AuditError::damaged(self.path, self.number, why)
    }
}
