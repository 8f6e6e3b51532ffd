//! `.env` files. Every value is a secret, so errors tell a place and nothing of what stands there.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::rc::Rc;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::declared::{Opens, Place};
use super::names::Names;
use super::{Fetched, Source, SourceError, bytes};
use crate::Secret;

/// Every value of a `.env` file.
///
/// A value with `$` or `\` in it is also looked for as it is written: other readers of such files expand neither, and
/// what their program then prints is the text.
///
/// ```
/// use keepmum::source::{EnvFile, Source};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join(".env");
/// std::fs::write(&path, "DB_PASSWORD='correct horse'\n")?;
/// let fetched = EnvFile::new(&path).named("dev").fetch()?;
/// assert_eq!(fetched.secrets[0].name(), "dev.DB_PASSWORD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EnvFile {
    names: Names,
    path: PathBuf,
}

impl EnvFile {
    /// Secrets are called as their variables are, and the source as the file is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { names: Names::bare(path.display().to_string()), path }
    }

    /// Calls the source `name`, and its secrets `name.VARIABLE`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names = Names::prefixed(name);
        self
    }

    /// Its variables in order, with their values, as a program gets them that is started with the file. Of two with one
    /// name the later counts.
    ///
    /// # Errors
    ///
    /// As for [`fetch`](Source::fetch).
    pub fn variables(&self) -> Result<Vec<(String, Zeroizing<String>)>, SourceError> {
        let mut variables = Vec::new();
        self.each(|name, value, _| variables.push((name, value)))?;
        Ok(variables)
    }

    fn each(&self, each: impl FnMut(String, Zeroizing<String>, Seen)) -> Result<(), SourceError> {
        let refused = |error| SourceError::io(self.name(), &self.path, &error);
        let file = File::open(&self.path).map_err(refused)?;
        let text = bytes::read(file, bytes::MOST).map_err(refused)?;
        let place = |line| format!("{}:{line}", self.path.display());
        pairs(&self.names, &text, &place, each)
    }
}

impl Source for EnvFile {
    fn name(&self) -> &str {
        self.names.source()
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let mut secrets = Vec::new();
        self.each(|name, value, seen| known(&self.names, &name, &value, &seen, &mut secrets))?;
        Ok(Fetched::new(secrets))
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }
}

/// Keys of `kind = "env-file"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    path: PathBuf,
}

impl Keys {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Opens for Keys {
    fn kind(&self) -> &'static str {
        "env-file"
    }

    fn open(&self, place: &Place<'_>) -> Result<Box<dyn Source>, SourceError> {
        let path = place.path(&self.path);
        Ok(Box::new(EnvFile { names: place.names(path.display()), path }))
    }
}

/// The secrets of a text in the format of `.env` files; `place` names a line of it.
pub(super) fn secrets(
    names: &Names,
    text: &[u8],
    place: &dyn Fn(usize) -> String,
) -> Result<Vec<Secret>, SourceError> {
    let mut secrets = Vec::new();
    pairs(names, text, place, |name, value, seen| {
        known(names, &name, &value, &seen, &mut secrets);
    })?;
    Ok(secrets)
}

/// Adds a value, and how it is written if others could read it so.
fn known(names: &Names, name: &str, value: &str, seen: &Seen, secrets: &mut Vec<Secret>) {
    let written = seen.value().filter(|written| **written != value);
    secrets.extend(written.map(|written| names.secret(name, written.as_bytes())));
    secrets.push(names.secret(name, value));
}

/// Gives each name and value of `text`, and what stands there.
fn pairs(
    names: &Names,
    text: &[u8],
    place: &dyn Fn(usize) -> String,
    mut each: impl FnMut(String, Zeroizing<String>, Seen),
) -> Result<(), SourceError> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = Lines { text, rest: &[], seen: Rc::clone(&seen) };
    for pair in dotenvy::Iter::new(lines) {
        let seen = seen.borrow_mut().next();
        let Ok((name, value)) = pair else {
            let why = format!("{}: not NAME=VALUE", place(seen.first_line()));
            return Err(SourceError::malformed(names.source(), why));
        };
        each(name, Zeroizing::new(value), seen);
    }
    Ok(())
}

/// Gives one line at a read, so that what was read is what the parser has taken.
struct Lines<'a> {
    text: &'a [u8],
    /// Of the line that was begun.
    rest: &'a [u8],
    seen: Rc<RefCell<Seen>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let end = memchr::memchr(b'\n', self.text).map_or(self.text.len(), |at| at + 1);
            (self.rest, self.text) = self.text.split_at(end);
            self.seen.borrow_mut().add(self.rest);
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

/// The lines that were read for one pair, with the blank lines and comments before it.
#[derive(Default)]
struct Seen {
    text: Zeroizing<Vec<u8>>,
    // Lines read before `text`.
    before: usize,
}

impl Seen {
    fn add(&mut self, line: &[u8]) {
        let mut text = Zeroizing::new(Vec::with_capacity(self.text.len() + line.len()));
        text.extend_from_slice(&self.text);
        text.extend_from_slice(line);
        self.text = text;
    }

    /// What was seen since the last call.
    fn next(&mut self) -> Seen {
        let text = std::mem::take(&mut self.text);
        let before = self.before;
        self.before += text.iter().filter(|&&byte| byte == b'\n').count();
        Seen { text, before }
    }

    /// How many lines stand before the pair.
    fn skipped(&self) -> usize {
        let blank = |line: &&[u8]| matches!(line.trim_ascii().first(), None | Some(b'#'));
        self.text.split(|&byte| byte == b'\n').take_while(blank).count()
    }

    /// The pair's line in the file, counted from 1.
    fn first_line(&self) -> usize {
        self.before + self.skipped() + 1
    }

    /// The value as it is written, without the quotes around it, if a reader could take it otherwise.
    fn value(&self) -> Option<Zeroizing<String>> {
        let skipped: usize = self
            .text
            .split_inclusive(|&byte| byte == b'\n')
            .take(self.skipped())
            .map(<[u8]>::len)
            .sum();
        let pair = std::str::from_utf8(&self.text[skipped..]).ok()?;
        let (_, value) = pair.split_once('=')?;
        let value = value.trim();
        let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = inside('"').or_else(|| inside('\'')).unwrap_or(value);
        value.contains(['$', '\\']).then(|| Zeroizing::new(value.to_owned()))
    }
}
