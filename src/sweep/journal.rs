//! What a sweep has done, so that what is known elsewhere can be put back. No value stands in it.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::error::SweepError;
use super::fingerprint::{Fingerprinting, Print};
use super::visit::Change;
use crate::prompt::state_folder;
use crate::{ReferenceKey, Secret};

/// Spans in one row.
const SPANS: usize = 1000;

/// How many levels of JSON in strings a value is looked for in, when it is put back.
const LEVELS: usize = 4;

/// A journal being written: lines of JSON, for its owner alone.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// None until there is something to write down: a sweep that changes nothing leaves no journal.
    written: Mutex<Option<(File, u64)>>,
}

/// One file's rows in the making.
#[derive(Debug)]
pub struct Entry<'a> {
    journal: &'a Journal,
    /// Its number in the journal.
    file: u64,
    spans: Vec<Spanned>,
    /// How many there were.
    count: u64,
}

/// A file of which a journal says that it is about to be another one.
#[derive(Debug)]
pub struct Announced<'a> {
    journal: &'a Journal,
    file: u64,
}

/// A row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Row {
    /// Spans of a file that is not done.
    Spans { file: u64, spans: Vec<Spanned> },
    /// A file that is about to take the old one's place. Rows of spans without this one were given up.
    File {
        file: u64,
        time: String,
        path: PathBuf,
        before: State,
        after: State,
        /// How many spans it has. Journals had it not always.
        #[serde(default)]
        spans: Option<u64>,
    },
    /// The old file has kept its place.
    Kept { file: u64 },
}

/// A span that was changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spanned {
    /// Offset in the file as it was.
    at: u64,
    /// How long it was.
    was: u64,
    /// How long what stands there now is.
    now: u64,
    name: String,
    print: Print,
}

/// A file at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    length: u64,
    print: Print,
}

impl State {
    /// How long it was.
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl From<Fingerprinting> for State {
    fn from(of: Fingerprinting) -> Self {
        Self { length: of.length(), print: of.finish() }
    }
}

impl Journal {
    /// A journal of its own in `folder`, or in the folder that this user's journals are in: `keepmum/sweeps` in the one that
    /// `XDG_STATE_HOME` names, else in `~/.local/state`. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// There is no such folder.
    pub fn new(folder: Option<&Path>) -> io::Result<Self> {
        let nowhere = || io::Error::other("neither XDG_STATE_HOME nor HOME is set");
        let usual = || Some(state_folder()?.join("sweeps"));
        let folder = folder.map(Path::to_owned).or_else(usual).ok_or_else(nowhere)?;
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let name = format!("{}-{}.jsonl", time.replace(':', ""), std::process::id());
        Ok(Self { path: folder.join(name), written: Mutex::default() })
    }

    /// Where it is, if anything was written down.
    pub fn path(&self) -> Option<&Path> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.as_ref().map(|_| &*self.path)
    }

    /// Begins with another file.
    ///
    /// # Errors
    ///
    /// The journal cannot be created.
    pub fn begin(&self) -> io::Result<Entry<'_>> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_none() {
            *written = Some((self.create()?, 0));
        }
        let (_, files) = written.as_mut().expect("it was created");
        *files += 1;
        Ok(Entry { journal: self, file: *files, spans: Vec::new(), count: 0 })
    }

    fn create(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(&self.path)
    }

    fn write(&self, row: &Row) -> io::Result<()> {
        let mut line = serde_json::to_vec(row).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, _) = written.as_mut().expect("an entry was begun");
        let length = file.metadata()?.len();
        let sync = || if matches!(row, Row::Spans { .. }) { Ok(()) } else { file.sync_all() };
        // A part of a row would be one with the next.
        (&*file).write_all(&line).and_then(|()| sync()).inspect_err(|_| drop(file.set_len(length)))
    }
}

impl<'a> Entry<'a> {
    /// Notes a change, in order.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub fn add(&mut self, change: &Change<'_>) -> io::Result<()> {
        self.count += 1;
        self.spans.push(Spanned {
            at: change.span.start(),
            was: change.span.len(),
            now: change.with.len() as u64,
            name: change.name().to_owned(),
            print: change.print,
        });
        if self.spans.len() < SPANS { Ok(()) } else { self.flush() }
    }

    /// Notes that the file is about to be another one. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub fn end(mut self, path: &Path, before: State, after: State) -> io::Result<Announced<'a>> {
        self.flush()?;
        let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let (file, path, spans) = (self.file, path.to_owned(), Some(self.count));
        self.journal.write(&Row::File { file, time, path, before, after, spans })?;
        Ok(Announced { journal: self.journal, file })
    }

    fn flush(&mut self) -> io::Result<()> {
        let spans = std::mem::take(&mut self.spans);
        self.journal.write(&Row::Spans { file: self.file, spans })
    }
}

impl Announced<'_> {
    /// Notes that the file is the old one still.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub fn revoke(self) -> io::Result<()> {
        self.journal.write(&Row::Kept { file: self.file })
    }
}

/// A file as a journal has it, to be put back.
#[derive(Debug)]
pub struct Undo {
    file: u64,
    path: PathBuf,
    after: State,
    spans: Vec<Spanned>,
    /// Whether all its spans are there.
    whole: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undone {
    /// How many values stand where they stood.
    pub restored: u64,
    /// The names of those that no source knows any more.
    pub gone: Vec<String>,
}

impl Undo {
    /// The files of the journal at `path`, the last ones first.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no journal.
    pub fn read(path: &Path) -> io::Result<Vec<Self>> {
        let mut reader = BufReader::new(File::open(path)?);
        let (mut read, mut line) = (Rows::default(), Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 {
            match serde_json::from_slice(&line) {
                Ok(row) => read.add(row),
                // It breaks off in a row, so what that announces was not done.
                Err(_) if !line.ends_with(b"\n") => break,
                Err(_) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no journal"));
                }
            }
            line.clear();
        }
        read.files.reverse();
        Ok(read.files)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether `file` still begins as the sweep left it. What was appended since does not matter.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn is_as_left(&self, file: &mut impl Read, key: &ReferenceKey) -> io::Result<bool> {
        let mut print = Fingerprinting::of_file(key);
        let mut rest = file.take(self.after.length);
        let mut chunk = vec![0; 64 << 10];
        loop {
            match rest.read(&mut chunk)? {
                0 => break,
                read => print.update(&chunk[..read]),
            }
        }
        Ok(State::from(print) == self.after)
    }

    /// Writes `file` with the values that are `known`.
    ///
    /// # Errors
    ///
    /// One of them cannot be read or written, or `file` ends too early.
    pub fn apply(
        &self,
        known: &Known,
        file: &mut impl Read,
        out: &mut impl Write,
    ) -> Result<Undone, SweepError> {
        if !self.whole {
            return Err(SweepError::refused(
                "not all that was changed in it stands in the journal",
            ));
        }
        let mut undone = Undone::default();
        let mut before = 0;
        for span in &self.spans {
            copy(file, out, span.at - before)?;
            before = span.at + span.was;
            match known.0.get(&span.print) {
                Some(secret) => {
                    copy(file, &mut io::sink(), span.now)?;
                    out.write_all(secret.expose())?;
                    undone.restored += 1;
                }
                None => {
                    copy(file, out, span.now)?;
                    undone.gone.push(span.name.clone());
                }
            }
        }
        io::copy(file, out)?;
        Ok(undone)
    }
}

/// What was read of a journal.
#[derive(Default)]
struct Rows {
    /// Of files that are not done.
    spans: HashMap<u64, Vec<Spanned>>,
    files: Vec<Undo>,
}

impl Rows {
    fn add(&mut self, row: Row) {
        match row {
            Row::Spans { file, spans } => self.spans.entry(file).or_default().extend(spans),
            Row::File { file, path, after, spans: count, .. } => {
                let spans = self.spans.remove(&file).unwrap_or_default();
                let whole = count.is_none_or(|count| count == spans.len() as u64);
                self.files.push(Undo { file, path, after, spans, whole });
            }
            Row::Kept { file } => self.files.retain(|undo| undo.file != file),
        }
    }
}

fn copy(from: &mut impl Read, to: &mut impl Write, length: u64) -> Result<(), SweepError> {
    if io::copy(&mut from.take(length), to)? == length {
        return Ok(());
    }
    Err(SweepError::refused("it ends too early"))
}

/// Values by their hashes, in the spellings in which they can be put back: as they are, and in strings of JSON.
pub struct Known(HashMap<Print, Secret>);

impl Known {
    /// Of the secrets that are known now.
    pub fn new(secrets: &[Secret], key: &ReferenceKey) -> Self {
        let mut known = HashMap::new();
        for secret in secrets {
            for value in [secret.expose(), secret.expose().trim_ascii()] {
                let mut spelled = Secret::new(secret.name(), value);
                for _ in 0..=LEVELS {
                    let print = Print::of_value(key, spelled.expose());
                    let inside = in_json(spelled.expose());
                    known.insert(print, spelled);
                    spelled = Secret::new(secret.name(), inside);
                }
            }
        }
        Self(known)
    }
}

/// A value as it stands in a string of JSON.
fn in_json(value: &[u8]) -> Vec<u8> {
    let mut quoted = serde_json::to_vec(&String::from_utf8_lossy(value)).expect("a string");
    quoted.pop();
    quoted.remove(0);
    quoted
}
